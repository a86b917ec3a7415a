/* GET …/exports — the caller's own exports, newest first (spec/exports.md 2.5).
 *
 * A limit has no most, so a long page is fetched in slices and ends early, with a next link that
 * goes on where it ended, before it grows past what memory should hold. */
#include "api-shim/api.h"
#include "api-shim/caller.h"
#include "api-shim/export_json.h"
#include "api-shim/page.h"
#include "api-shim/route.h"
#include "lib/base/clock.h"
#include "render/format.h"

enum { SLICE_ROWS = 100, PAGE_BYTES_MAX = 8 * 1024 * 1024 };

struct listing {
	struct request *r;
	struct page page;
	struct export_filter filter;
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

static void finish(struct listing *l, int64_t total)
{
	GString *json = g_string_sized_new(l->results->len + 512);

	g_string_append_c(json, '{');
	page_add(json, l->r, l->r->api->config->site_url, &l->page, l->shown, total);
	g_string_append(json, ",\"results\":[");
	g_string_append_len(json, l->results->str, (gssize)l->results->len);
	g_string_append(json, "]}");
	answer_json(l->r, 200, json);
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
		answer_fault(l->r, f);
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

void route_exports_list(struct request *r)
{
	struct listing *l = g_new0(struct listing, 1);
	const char *format = pairs_value(&r->query, "export_format");

	l->r = r;
	l->page = page_of(&r->query);
	l->results = g_string_sized_new(4096);
	l->filter.project_id = r->project_id;
	l->filter.user_id = r->caller->user_id;
	l->filter.format = format && format_of_mime(format) ? format : NULL;
	l->filter.session_recording_id = pairs_value(&r->query, "session_recording_id");
	l->filter.context_path = pairs_value(&r->query, "context_path");
	r->work = l;
	r->work_destroy = destroy;
	fetch(l);
}
