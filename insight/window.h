/* A stretch of time that is counted, and the buckets it is cut into: the range that was asked for,
 * or the one it is compared with (spec/insights.md 1.3, 2.2.9). */
#pragma once
#include "insight/scope.h"

/* A session is known by its events of the window and of three days before and after it. */
static const int64_t session_margin_us = 3 * 86400LL * 1000000LL;

struct window {
	struct date_range range;
	struct buckets *buckets; /* NULL: more than a total needs to list */
};

/* How a range is rounded and listed. */
enum window_use {
	WINDOW_OF_BUCKETS,
	WINDOW_OF_TOTAL /* its interval is ignored: weeks and months do not reach beyond the days
			   that were asked for, and too many buckets are left out, not refused */
};

/* compareFilter of a query. */
struct comparison_request {
	bool is_wanted;
	const char *to; /* "-1y"; NULL: the period before */
};

bool comparison_read(const json_t *query, const struct date_request *dates,
	struct comparison_request *out, struct fault *f) MUST_CHECK;

/* `earliest_us` counts when the range begins with all time.  Finish *out in either case. */
bool window_open(const struct scope *s, const struct kind_context *c, int64_t earliest_us,
	enum window_use use, struct window *out, struct fault *f) MUST_CHECK;
bool window_open_previous(const struct scope *s, const struct kind_context *c,
	const struct window *current, const char *compare_to, enum window_use use,
	struct window *out, struct fault *f) MUST_CHECK;
/* The last `count` buckets up to the range's end, wherever the range begins. */
bool window_open_last(const struct scope *s, const struct kind_context *c, int64_t count,
	struct window *out, struct fault *f) MUST_CHECK;
void window_finish(struct window *w);

/* When the first event happened that has one of the names, or any with NULL: one row, one column,
 * microseconds. */
struct sql *window_earliest_statement(const struct kind_context *c, const GPtrArray *names);
/* What its row says; INT64_MAX when there is none. */
bool window_earliest_feed(
	const struct rows *rows, int64_t *earliest_us, struct fault *f) MUST_CHECK;

/* {"date_from", "date_to"} as answers have it; the caller owns it. */
json_t *window_json(const struct window *w, const struct zone *zone);
