/* Days for maths about the people of the last 7 or 30 days (spec/insights.md 2.2.1).
 *
 * Days are numbered from 1, by the calendar: one that a zone skipped has a number too.  The first
 * is so long before the first bucket that the longest stretch fits. */
#pragma once
#include "insight/window.h"

enum { ACTIVITY_LONGEST = 30 };

struct activity {
	struct buckets *days; /* NULL: not needed */
	int64_t first_wall; /* midnight of day 1 */
	unsigned day_count;
	unsigned *bucket_days; /* [bucket count] the day that a bucket begins on */
	size_t bucket_count;
};

/* Of the window's buckets; of a total, one bucket that is the last day.  Finish *out in either
 * case. */
bool activity_open(const struct window *w, bool is_total, const struct kind_context *c,
	struct activity *out, struct fault *f) MUST_CHECK;
void activity_finish(struct activity *a);

/* When the first stretch of so many days begins. */
int64_t activity_from_us(const struct activity *a, int days, const struct zone *zone);
/* For each day, and one more, how many buckets begin on it or later; g_free() it. */
unsigned *activity_weights(const struct activity *a);
/* From how many more there are each day to how many there are in each bucket; g_free() it. */
double *activity_numbers(const struct activity *a, const double *changes);
