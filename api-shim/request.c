#include "api-shim/request.h"

#include "api-shim/body.h"
#include "api-shim/caller.h"
#include "lib/base/clock.h"
#include "lib/loop/loop.h"

#include <string.h>

enum { WAIT_MAX_S = 120 };

static enum request_method method_named(const char *name)
{
	static const char *const names[] = {
		[REQUEST_GET] = "GET",
		[REQUEST_HEAD] = "HEAD",
		[REQUEST_POST] = "POST",
		[REQUEST_PUT] = "PUT",
		[REQUEST_PATCH] = "PATCH",
		[REQUEST_DELETE] = "DELETE",
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(names[i], name) == 0) {
			return (enum request_method)i;
		}
	}
	return REQUEST_OTHER;
}

static void drop_segments(struct request *r)
{
	while (r->segment_count > 0) {
		g_free(r->segments[--r->segment_count]);
	}
}

static void split_path(struct request *r)
{
	const char *at = r->path;

	while (*at == '/') {
		const char *end = strchrnul(at + 1, '/');
		char *segment;

		if (at[1] == '\0') {
			return; /* the slash at the end */
		}
		segment = r->segment_count < REQUEST_SEGMENTS_MAX
				  ? pairs_decode(at + 1, (size_t)(end - at - 1), false)
				  : NULL;
		if (!segment) {
			break;
		}
		r->segments[r->segment_count++] = segment;
		at = end;
	}
	if (*at != '\0') {
		drop_segments(r);
	}
}

/* RFC 9112 3.2.2: a server takes the absolute form too. */
static const char *skip_authority(const char *target)
{
	if (g_ascii_strncasecmp(target, "http://", 7) == 0) {
		return strchrnul(target + 7, '/');
	}
	return target;
}

struct request *request_create(struct wire *wire, const char *method, const char *target)
{
	struct request *r = g_new0(struct request, 1);
	const char *mark;
	struct fault f = {0};

	r->wire = wire;
	r->arrived_at_ms = clock_elapsed_fine_ms();
	r->method_name = g_strdup(method);
	r->method = method_named(method);
	target = skip_authority(target);
	mark = strchrnul(target, '?');
	r->path = g_strndup(target, (gsize)(mark - target));
	r->query_text = g_strdup(*mark ? mark + 1 : "");
	split_path(r);
	if (!pairs_read(&r->query, r->query_text, strlen(r->query_text), &f)) {
		(void)refuse_with(&r->broken, PROBLEM_BAD_REQUEST, "%s", f.detail);
	}
	return r;
}

void request_destroy(struct request *r)
{
	if (!r) {
		return;
	}
	if (r->work_destroy) {
		r->work_destroy(r->work);
	}
	answer_finish(&r->answer);
	caller_destroy(r->caller);
	json_decref(r->form);
	refusal_finish(&r->form_refusal);
	refusal_finish(&r->broken);
	if (r->body) {
		g_string_free(r->body, TRUE);
	}
	pairs_finish(&r->query);
	drop_segments(r);
	g_free(r->query_text);
	g_free(r->path);
	g_free(r->method_name);
	g_free(r);
}

const char *request_header(const struct request *r, const char *name)
{
	return r->wire->header(r->wire, name);
}

static bool is_request_id(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if (!g_ascii_isalnum(text[i]) && !strchr("-_.:+/=", text[i])) {
			return false;
		}
	}
	return n > 0 && n <= REQUEST_ID_MAX;
}

void request_name(struct request *r)
{
	const char *sent = request_header(r, "X-Request-Id");
	uint64_t random[2];

	if (sent && is_request_id(sent)) {
		(void)g_strlcpy(r->id, sent, sizeof r->id);
		return;
	}
	random_bytes(random, sizeof random);
	(void)g_snprintf(r->id, sizeof r->id,
		"%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", random[0], random[1]);
}

json_t *request_form(struct request *r, size_t limit, struct refusal *why)
{
	if (!r->form_tried) {
		r->form_tried = true;
		r->form = body_read(request_header(r, "Content-Type"), r->body ? r->body->str : "",
			r->body ? r->body->len : 0, limit, &r->form_is_text, &r->form_refusal);
	}
	if (!r->form) {
		(void)refuse_copy(why, &r->form_refusal);
	}
	return r->form;
}

/* "wait=N" among preferences that may carry values and parameters of their own. */
unsigned request_wait_ms(const struct request *r, unsigned otherwise, bool *preferred)
{
	const char *header = request_header(r, "Prefer");
	g_auto(GStrv) preferences = header ? g_strsplit(header, ",", 32) : NULL;

	*preferred = false;
	for (char **p = preferences; p && *p; p++) {
		char *text;
		guint64 seconds;

		*strchrnul(*p, ';') = '\0';
		text = g_strstrip(*p);
		if (g_ascii_strncasecmp(text, "wait", 4) != 0) {
			continue;
		}
		text = g_strchug(text + 4);
		if (*text != '=') {
			continue;
		}
		text = g_strchug(text + 1);
		if (*text == '"') {
			text++;
			*strchrnul(text, '"') = '\0';
		}
		if (!*text || strspn(text, "0123456789") != strlen(text)) {
			continue;
		}
		seconds = g_ascii_strtoull(text, NULL, 10);
		*preferred = true;
		return (unsigned)MIN(seconds, WAIT_MAX_S) * 1000;
	}
	return otherwise;
}

static bool is_authority(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if (!g_ascii_isalnum(text[i]) && !strchr("-._:[]", text[i])) {
			return false;
		}
	}
	return n > 0 && n <= 255;
}

char *request_site(const struct request *r, const char *site_url)
{
	const char *host = request_header(r, "Host");

	if (site_url && *site_url) {
		size_t n = strlen(site_url);

		while (n > 0 && site_url[n - 1] == '/') {
			n--;
		}
		return g_strndup(site_url, n);
	}
	return g_strconcat("http://", host && is_authority(host) ? host : "localhost", NULL);
}
