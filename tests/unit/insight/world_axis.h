/* Days, hours, weeks and months by GLib's clock, and ranges of dates: the calendar of a slow count
 * (spec/insights.md 1.3).
 *
 * A bucket is called by its text, "2024-03-31" or "2024-03-31 02:00:00" for an hour: what the
 * clock on the wall shows, cut off.  So an hour that is lived twice is one bucket. */
#pragma once
#include "tests/unit/insight/world.h"

/* A range as a query says it, "2024-03-31" or "2024-03-31 10:20:00". */
struct world_dates {
	char from[WORLD_BUCKET], to[WORLD_BUCKET];
};

/* From the bucket that holds the beginning to the one that holds the end; both ends belong to the
 * range.  The last bucket of weeks and months may be cut short by the end. */
struct world_axis {
	const struct world *world;
	const char *interval; /* hour, day, week, month */
	int64_t from_us, to_us;
	GPtrArray *days; /* texts of the buckets, in their order */
	GHashTable *places; /* text to its place + 1 */
};

/* Absolute, hits the world's events most of the time, and no longer than a result should be. */
void world_random_dates(
	GRand *dice, const struct world *w, const char *interval, struct world_dates *out);
json_t *world_date_range(const struct world_dates *dates); /* {"date_from", "date_to"} */

void world_axis_open(struct world_axis *a, const struct world *w, const struct world_dates *dates,
	const char *interval);
void world_axis_close(struct world_axis *a);
/* Which bucket, or -1 outside of the range. */
int world_axis_place(const struct world_axis *a, const struct world_event *e);
json_t *world_axis_days(const struct world_axis *a); /* a list of the texts */

/* The wall of an instant, and the instant at which a day begins. */
void world_wall(const struct world *w, int64_t us, char out[WORLD_WALL]);
int64_t world_day_start(const struct world *w, const char *day);
/* The bucket that a wall's text lies in. */
void world_bucket(
	const struct world *w, const char *wall, const char *interval, char out[WORLD_BUCKET]);
/* So many days, weeks or months after (before) a bucket, by the calendar: the day itself may be
 * one that the zone never had. */
void world_bucket_step(const char *bucket, const char *interval, int count, char out[WORLD_BUCKET]);
/* False only for 2011-12-30 in Samoa. */
bool world_has_day(const struct world *w, const char *day);
