#include "api-shim/health.h"

#include "api-shim/api.h"
#include "api-shim/request.h"
#include "lib/base/clock.h"

enum { PATIENCE_MS = 3000 };

void health_watch(struct api *api)
{
	if (pg_pool_is_ready(api->store->pool)) {
		api->postgres_away_since_ms = 0;
	} else if (api->postgres_away_since_ms == 0) {
		api->postgres_away_since_ms = clock_elapsed_ms();
	}
}

bool health_is_outage(const struct api *api)
{
	return api->postgres_away_since_ms != 0 &&
	       clock_elapsed_ms() - api->postgres_away_since_ms > PATIENCE_MS &&
	       !pg_pool_is_ready(api->store->pool);
}

struct health health_of(const struct api *api)
{
	return (struct health){
		.postgres = pg_pool_is_ready(api->store->pool),
		.redis = queue_is_ready(api->queue),
		.has_redis = *api->config->redis_url != '\0',
		.draining = api->draining,
	};
}

bool health_is_ready(const struct health *h)
{
	return h->postgres && !h->draining;
}

static const char *status_of(const struct health *h)
{
	if (!health_is_ready(h)) {
		return "unavailable";
	}
	return h->has_redis && !h->redis ? "degraded" : "ok";
}

static void add_check(GString *json, const char *name, bool fine, const char *otherwise)
{
	g_string_append_printf(json, "%s\"%s\":\"%s\"", json->str[json->len - 1] == '{' ? "" : ",",
		name, fine ? "ok" : otherwise);
}

void health_answer(struct request *r, const struct health *h, int status)
{
	GString *json = g_string_new(NULL);

	g_string_append_printf(json, "{\"status\":\"%s\",\"ready\":%s,\"checks\":{", status_of(h),
		health_is_ready(h) ? "true" : "false");
	add_check(json, "postgres", h->postgres, "unreachable: requests are answered 503");
	add_check(json, "redis", h->redis,
		h->has_redis ? "unreachable: exports start within seconds rather than at once"
			     : "not set up: exports start within seconds rather than at once");
	add_check(json, "process", !h->draining, "stopping");
	g_string_append(json, "}}");
	answer_json(r, status, json);
}
