/* Trends counted the slow way: straight over an array of events, by GLib's clock, with texts for
 * buckets and hash tables for people.  It shares no line with insight/.
 *
 * It knows what random queries need: absolute days, total and dau, a few operators. */
#pragma once
#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct brute_event {
	int64_t us;
	char *name, *person;
	json_t *properties;
};

struct brute_query {
	const char *zone, *interval;
	const char *first, *last; /* days, both whole */
	int week_start_day;
	json_t *series; /* [{event, math}] */
	json_t *filters; /* [{key, operator, value}], all must hold */
	const char *breakdown; /* NULL: none */
	int limit;
	bool hides_other, is_total, is_cumulative;
	int smoothing;
};

/* [{"label", "key", "days", "numbers"}], in the order of a result; key null without breakdown. */
json_t *brute_results(const GPtrArray *events, const struct brute_query *q);
