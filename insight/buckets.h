/* The buckets of a range: stretches of the project's wall clock, in order, without gaps
 * (spec/insights.md 1.3, 3).
 *
 * A bucket is what the clock shows cut to the interval.  An hour that the clock skips has no
 * bucket; one that it shows twice is one bucket of two hours, so its days occur once each.
 * Databases are given the instants (`cuts`) rather than a zone: every instant from cuts[i] on, up
 * to the next, belongs to bucket cut_buckets[i]. */
#pragma once
#include "insight/dates.h"

struct buckets {
	enum interval interval;
	size_t count;
	int64_t *walls; /* [count] what the clock shows at the start */
	int64_t *starts; /* [count] the first instant */
	size_t cut_count;
	int64_t *cuts; /* [cut_count] ascending instants */
	unsigned *cut_buckets; /* [cut_count] from 0 */
	bool is_plain; /* cut i begins bucket i */
};

/* FAULT_TOO_LARGE past max_count, before any memory is taken. */
bool buckets_create(const struct date_range *range, const struct date_place *place,
	int64_t max_count, struct buckets **out, struct fault *f) MUST_CHECK;
void buckets_destroy(struct buckets *b); /* NULL is fine */

/* Lists of texts; the caller owns them.  `range` clips the weeks that reach over its ends. */
json_t *buckets_days(const struct buckets *b);
json_t *buckets_labels(
	const struct buckets *b, const struct date_range *range, const struct zone *zone);
json_t *buckets_instants(const struct buckets *b, const struct zone *zone);
