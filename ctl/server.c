#include "ctl/server.h"

#include "lib/base/require.h"
#include "lib/http/http.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

enum { ASK_LIMIT_MS = 30000, FETCH_LIMIT_MS = 30 * 60 * 1000 };
static const size_t fetch_max_bytes = (size_t)2 * 1024 * 1024 * 1024;

struct server {
	uv_loop_t loop;
	struct http_client *client;
	char *base, *authorization;
};

/* One request under way, on the stack of whoever waits for it. */
struct errand {
	bool is_over, ok;
	struct server_answer *answer;
	char *location; /* of a redirect */
	struct output *to;
	struct fault *f;
};

bool server_open(const char *url, const char *key, struct server **out, struct fault *f)
{
	struct server *s;

	if (!g_str_has_prefix(url, "http://") && !g_str_has_prefix(url, "https://")) {
		return fault_set(f, FAULT_INPUT, "the address must begin with http:// or https://");
	}
	for (const char *c = key; *c; c++) {
		if (!g_ascii_isgraph(*c)) {
			return fault_set(f, FAULT_INPUT,
				"the key holds a character that no key has, perhaps a space");
		}
	}
	s = g_new0(struct server, 1);
	REQUIRE(uv_loop_init(&s->loop) == 0);
	s->client = http_client_open(&s->loop);
	s->base = g_strdup(url);
	while (g_str_has_suffix(s->base, "/")) {
		s->base[strlen(s->base) - 1] = '\0';
	}
	s->authorization = g_strdup_printf("Authorization: Bearer %s", key);
	*out = s;
	return true;
}

void server_close(struct server *s)
{
	if (!s) {
		return;
	}
	http_client_close(s->client);
	(void)uv_run(&s->loop, UV_RUN_DEFAULT);
	REQUIRE(uv_loop_close(&s->loop) == 0);
	g_free(s->base);
	g_free(s->authorization);
	g_free(s);
}

static void on_answer(void *arg, const struct http_answer *a, const struct fault *f)
{
	struct errand *e = arg;
	const char *after, *location;
	struct fault no_json;

	e->is_over = true;
	if (f) {
		(void)fault_pass(e->f, f);
		return;
	}
	e->ok = true;
	e->answer->status = a->status;
	after = http_answer_header(a, "retry-after");
	e->answer->retry_after_s = after ? g_ascii_strtoll(after, NULL, 10) : 0;
	location = http_answer_header(a, "location");
	e->location = g_strdup(location);
	if (a->length > 0 &&
		!json_read(a->body, a->length, &json_stored_limits, &e->answer->body, &no_json)) {
		e->answer->body = NULL;
	}
}

static bool on_piece(void *arg, const void *bytes, size_t length, struct fault *f)
{
	struct errand *e = arg;

	e->answer->bytes += (int64_t)length;
	return output_write(e->to, bytes, length, f);
}

/* Waits on the loop, which holds nothing but this request. */
static bool run(struct server *s, const struct http_request *r, struct errand *e)
{
	(void)http_ask(s->client, r, on_answer, e);
	while (!e->is_over) {
		(void)uv_run(&s->loop, UV_RUN_ONCE);
	}
	return e->ok;
}

bool server_ask(struct server *s, const char *method, const char *path, const json_t *body,
	unsigned wait_s, struct server_answer *a, struct fault *f)
{
	g_autofree char *url = g_strconcat(s->base, path, NULL);
	g_autofree char *prefer = g_strdup_printf("Prefer: wait=%u", wait_s);
	g_autofree char *text = body ? json_write(body) : NULL;
	const char *const headers[] = {s->authorization, "Accept: application/json",
		body ? "Content-Type: application/json" : prefer, prefer, NULL};
	const struct http_request r = {.method = method,
		.url = url,
		.headers = headers,
		.body = text,
		.body_length = text ? strlen(text) : 0,
		.limit_ms = ASK_LIMIT_MS + wait_s * 1000,
		.patience_s = wait_s,
		.max_bytes = json_stored_limits.bytes};
	struct errand e = {.answer = a, .f = f};
	bool ok;

	*a = (struct server_answer){0};
	ok = run(s, &r, &e);
	g_free(e.location);
	return ok;
}

bool server_fetch(struct server *s, const char *path, struct output *to, struct server_answer *a,
	struct fault *f)
{
	g_autofree char *url = g_strconcat(s->base, path, NULL);
	g_autofree char *location = NULL;
	const char *const headers[] = {s->authorization, NULL};
	struct http_request r = {.method = "GET",
		.url = url,
		.headers = headers,
		.limit_ms = FETCH_LIMIT_MS,
		.max_bytes = fetch_max_bytes,
		.piece = on_piece};
	struct errand e = {.answer = a, .to = to, .f = f};
	bool ok;

	*a = (struct server_answer){0};
	ok = run(s, &r, &e);
	location = e.location;
	if (!ok || a->status < 301 || a->status > 308 || !location) {
		return ok;
	}
	/* Where the file is kept takes its own signature in the address, and would refuse a key. */
	json_decref(a->body);
	*a = (struct server_answer){0};
	e = (struct errand){.answer = a, .to = to, .f = f};
	r.headers = NULL;
	if (location[0] == '/') {
		g_autofree char *relative = location;

		location = g_strconcat(s->base, relative, NULL);
	}
	r.url = location;
	ok = run(s, &r, &e);
	g_free(e.location);
	return ok;
}

static void on_time(void *arg)
{
	*(bool *)arg = true;
}

void server_pause(struct server *s, uint64_t ms)
{
	bool is_over = false;
	struct timer *t = timer_create_on(&s->loop, on_time, &is_over);

	timer_start(t, ms, 0);
	while (!is_over) {
		(void)uv_run(&s->loop, UV_RUN_ONCE);
	}
	timer_destroy(t);
}
