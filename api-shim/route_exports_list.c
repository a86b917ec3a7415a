/* GET …/exports — the caller's own exports, newest first (spec/exports.md 2.5).
 *
 * A limit has no most, so a long page is fetched in slices and ends early, with a next link that
 * goes on where it ended, before it grows past what memory should hold.  Clients poll this, often
 * many at a time with one key: those who ask the very same together are answered together. */
#include "api-shim/api.h"
#include "api-shim/caller.h"
#include "api-shim/export_json.h"
#include "api-shim/page.h"
#include "api-shim/route.h"
#include "api-shim/sharing.h"
#include "lib/base/clock.h"
#include "render/format.h"

enum { SLICE_ROWS = 100, PAGE_BYTES_MAX = 8 * 1024 * 1024 };

struct listing {
	struct request *r;
	struct page page;
	struct export_filter filter;
	struct question *question; /* when it is this one that asks for all */
	GString *results;
	int64_t shown;
};

static void destroy(void *work)
{
	struct listing *l = work;

	if (l->results) {
		g_string_free(l->results, TRUE);
	}
	g_free(l);
}

static void on_answered(void *arg, const void *answer, const struct fault *f)
{
	struct listing *l = arg;
	GBytes *json = (GBytes *)(uintptr_t)answer;

	if (f) {
		answer_fault(l->r, f);
	} else {
		answer_json_bytes(l->r, 200, json);
	}
}

static void finish(struct listing *l, int64_t total)
{
	GString *json = g_string_sized_new(l->results->len + 512);
	g_autoptr(GBytes) bytes = NULL;

	g_string_append_c(json, '{');
	page_add(json, l->r, l->r->api->config->site_url, &l->page, l->shown, total);
	g_string_append(json, ",\"results\":[");
	g_string_append_len(json, l->results->str, (gssize)l->results->len);
	g_string_append(json, "]}");
	bytes = g_string_free_to_bytes(json);
	question_answered(l->question, bytes, NULL);
}

static void on_rows(void *arg, const struct export_row *rows, size_t count, int64_t total,
	const struct fault *f);

static void fetch(struct listing *l)
{
	l->filter.limit = MIN(l->page.limit - l->shown, SLICE_ROWS);
	l->filter.offset = l->page.offset + l->shown;
	exports_list(l->r->api->store, &l->filter, on_rows, l);
}

static void on_rows(void *arg, const struct export_row *rows, size_t count, int64_t total,
	const struct fault *f)
{
	struct listing *l = arg;
	int64_t now_us = clock_wall_us();

	if (f) {
		question_answered(l->question, NULL, f);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (l->results->len > 0) {
			g_string_append_c(l->results, ',');
		}
		export_json_add(l->results, &rows[i], now_us);
	}
	l->shown += (int64_t)count;
	if (count == (size_t)l->filter.limit && l->shown < l->page.limit &&
		l->page.offset + l->shown < total && l->results->len < PAGE_BYTES_MAX) {
		fetch(l);
	} else {
		finish(l, total);
	}
}

static void ask_rows(struct question *q, void *arg)
{
	struct listing *l = arg;

	l->question = q;
	l->results = g_string_sized_new(4096);
	fetch(l);
}

void route_exports_list(struct request *r)
{
	g_autofree char *site = request_site(r, r->api->config->site_url);
	g_autofree char *question = NULL;
	struct listing *l = g_new0(struct listing, 1);
	const char *format = pairs_value(&r->query, "export_format");

	l->r = r;
	l->page = page_of(&r->query);
	l->filter.project_id = r->project_id;
	l->filter.user_id = r->caller->user_id;
	l->filter.format = format && format_of_mime(format) ? format : NULL;
	l->filter.session_recording_id = pairs_value(&r->query, "session_recording_id");
	l->filter.context_path = pairs_value(&r->query, "context_path");
	r->work = l;
	r->work_destroy = destroy;
	/* All that the answer depends on: whose rows, which of them, and what links repeat. */
	question = g_strdup_printf("list %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s%s?%s",
		r->caller->user_id, r->project_id, site, r->path, r->query_text);
	sharing_ask(r->api->sharing, question, ask_rows, on_answered, l);
}
