/* The days of a result as dates: which bucket is still open, what an x axis writes under each
 * (spec/insights.md 3, 5.4).
 *
 * A bucket text is local to the project's time zone, "2024-01-03" or "2024-01-03 14:00:00", or an
 * instant with its own offset.  What is neither has no date, and its label is shown as it is. */
#pragma once
#include "render/result.h"

struct bucket {
	int year, month, day, hour, minute, second;
};

/* False when the text is no date.  Offsets are dropped: the text says what the clock showed. */
bool bucket_parse(const char *text, struct bucket *out);
/* now_us lies in the bucket that begins at `text`. */
bool bucket_is_open(
	const char *text, enum interval interval, const char *zone_name, int64_t now_us);

/* How an x axis names buckets.  Level 0 names as many as the rules allow; each level above names
 * fewer, at rounder places, for a caller on whose axis the last ones did not fit. */
struct bucket_texts {
	char **texts; /* [count]; NULL where nothing is written */
	size_t count;
	bool has_coarser; /* the next level names fewer */
};
struct bucket_texts bucket_texts_create(const struct result *r, size_t level);
void bucket_texts_destroy(struct bucket_texts *t);
