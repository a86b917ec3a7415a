/* GET /livez, /readyz, /healthz — for who starts, stops and balances processes.
 *
 * livez: the loop turns.  readyz: creates and reads can be answered, so Postgres is there and no
 * one has asked us to stop.  Redis away is told but does not make us unready: creates answer 201
 * all the same.  healthz says both and never refuses. */
#include "api-shim/api.h"
#include "api-shim/route.h"

struct health {
	bool postgres, redis, has_redis, draining;
};

static struct health measure(const struct api *api)
{
	return (struct health){
		.postgres = pg_pool_is_ready(api->store->pool),
		.redis = queue_is_ready(api->queue),
		.has_redis = *api->config->redis_url != '\0',
		.draining = api->draining,
	};
}

static void add_check(GString *json, const char *name, bool fine, const char *otherwise)
{
	g_string_append_printf(json, "%s\"%s\":\"%s\"", json->str[json->len - 1] == '{' ? "" : ",",
		name, fine ? "ok" : otherwise);
}

static void answer_health(struct request *r, const struct health *h, int status)
{
	GString *json = g_string_new(NULL);
	bool ready = h->postgres && !h->draining;

	g_string_append_printf(json, "{\"status\":\"%s\",\"ready\":%s,\"checks\":{",
		!ready                      ? "unavailable"
		: h->has_redis && !h->redis ? "degraded"
					    : "ok",
		ready ? "true" : "false");
	add_check(json, "postgres", h->postgres, "unreachable: requests are answered 503");
	add_check(json, "redis", h->redis,
		h->has_redis ? "unreachable: exports start within seconds rather than at once"
			     : "not set up: exports start within seconds rather than at once");
	add_check(json, "process", !h->draining, "stopping");
	g_string_append(json, "}}");
	answer_json(r, status, json);
}

void route_livez(struct request *r)
{
	answer_json(r, 200, g_string_new("{\"http\":true}"));
}

void route_readyz(struct request *r)
{
	struct health h = measure(r->api);

	answer_health(r, &h, h.postgres && !h.draining ? 200 : 503);
}

void route_healthz(struct request *r)
{
	struct health h = measure(r->api);

	answer_health(r, &h, 200);
}
