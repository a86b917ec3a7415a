#include "api-shim/answer.h"

#include "api-shim/refusal.h"
#include "api-shim/request.h"
#include "lib/base/log.h"
#include "lib/base/require.h"

#include <string.h>

enum { RETRY_AFTER_S = 5 };

void answer_header(struct request *r, const char *name, const char *fmt, ...)
{
	struct answer *a = &r->answer;
	g_autofree char *value = NULL;
	va_list args;

	va_start(args, fmt);
	value = g_strdup_vprintf(fmt, args);
	va_end(args);
	for (const char *c = value; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f) {
			return;
		}
	}
	REQUIRE(a->header_count < ANSWER_HEADERS_MAX);
	a->headers[a->header_count].name = name;
	a->headers[a->header_count++].value = g_steal_pointer(&value);
}

void answer_drop_headers(struct request *r)
{
	struct answer *a = &r->answer;

	while (a->header_count > 0) {
		g_free(a->headers[--a->header_count].value);
	}
}

static void complete(struct request *r, int status)
{
	REQUIRE(r->answer.status == 0);
	answer_header(r, "X-Content-Type-Options", "nosniff");
	answer_header(r, "X-Request-Id", "%s", r->id);
	r->answer.status = status;
	r->wire->answered(r->wire);
}

void answer_json_bytes(struct request *r, int status, GBytes *json)
{
	answer_header(r, "Content-Type", "application/json");
	answer_header(r, "Cache-Control", "no-store");
	r->answer.body = g_bytes_ref(json);
	complete(r, status);
}

void answer_json(struct request *r, int status, GString *json)
{
	g_autoptr(GBytes) bytes = g_string_free_to_bytes(json);

	answer_json_bytes(r, status, bytes);
}

void answer_source(struct request *r, const struct answer_source *source)
{
	r->answer.source = *source;
	complete(r, 200);
}

void answer_nothing(struct request *r, int status)
{
	complete(r, status);
}

void answer_refusal(struct request *r, struct refusal *why)
{
	GString *json = g_string_sized_new(160);
	int status = why->status;

	g_string_append_printf(
		json, "{\"type\":\"%s\",\"code\":\"%s\",\"detail\":", why->type, why->code);
	answer_add_text(json, why->detail);
	g_string_append(json, ",\"attr\":");
	if (why->attr) {
		answer_add_text(json, why->attr);
	} else {
		g_string_append(json, "null");
	}
	g_string_append_c(json, '}');
	if (status == 401) {
		answer_header(r, "WWW-Authenticate", "Bearer");
	}
	refusal_finish(why);
	answer_json(r, status, json);
}

static bool will_pass(enum fault_kind kind)
{
	return fault_retry(kind) != FAULT_RETRY_NEVER || fault_http_status(kind) == 504 ||
	       kind == FAULT_CANCELED;
}

void answer_unavailable(struct request *r)
{
	struct refusal why = {0};

	answer_header(r, "Retry-After", "%d", RETRY_AFTER_S);
	(void)refuse(&why, PROBLEM_UNAVAILABLE);
	answer_refusal(r, &why);
}

void answer_fault(struct request *r, const struct fault *f)
{
	struct refusal why = {0};

	if (will_pass(f->kind)) {
		log_line(LOG_WARN, "http", 0, "%s %s [%s]: %s", r->method_name, r->path, r->id,
			f->detail);
		answer_unavailable(r);
		return;
	}
	log_line(LOG_ERROR, "http", 0, "%s %s [%s]: %s: %s", r->method_name, r->path, r->id,
		fault_name(f->kind), f->detail);
	(void)refuse(&why, PROBLEM_CRASHED);
	answer_refusal(r, &why);
}

void answer_finish(struct answer *a)
{
	while (a->header_count > 0) {
		g_free(a->headers[--a->header_count].value);
	}
	if (a->body) {
		g_bytes_unref(a->body);
	}
	if (a->source.destroy) {
		a->source.destroy(a->source.arg);
	}
	memset(a, 0, sizeof *a);
}

void answer_add_text(GString *json, const char *text)
{
	const char *from = text;

	g_string_append_c(json, '"');
	for (const char *c = text; *c; c++) {
		unsigned char byte = (unsigned char)*c;

		if (byte >= 0x20 && byte != '"' && byte != '\\') {
			continue;
		}
		g_string_append_len(json, from, c - from);
		from = c + 1;
		if (byte == '"' || byte == '\\') {
			g_string_append_c(json, '\\');
			g_string_append_c(json, *c);
		} else if (byte == '\n') {
			g_string_append(json, "\\n");
		} else {
			g_string_append_printf(json, "\\u%04x", byte);
		}
	}
	g_string_append(json, from);
	g_string_append_c(json, '"');
}
