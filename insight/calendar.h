/* The calendar of a wall clock: microseconds since 1970 as a clock on the wall shows them, with no
 * idea of time zones (zone.h has that).
 *
 * To add an interval, add its enumerator, its line in calendar.c's table and its cases. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* From the shortest to the longest. */
enum interval {
	INTERVAL_SECOND,
	INTERVAL_MINUTE,
	INTERVAL_HOUR,
	INTERVAL_DAY,
	INTERVAL_WEEK,
	INTERVAL_MONTH,
	INTERVAL_QUARTER,
	INTERVAL_YEAR
};

/* What a date can be cut to: intervals and the further units of the date language. */
enum calendar_unit {
	UNIT_SECOND,
	UNIT_MINUTE,
	UNIT_HOUR,
	UNIT_DAY,
	UNIT_WEEK,
	UNIT_MONTH,
	UNIT_QUARTER,
	UNIT_YEAR
};

enum { US_PER_MS = 1000, US_PER_SECOND = 1000000 };
static const int64_t us_per_minute = 60LL * US_PER_SECOND;
static const int64_t us_per_hour = 3600LL * US_PER_SECOND;
static const int64_t us_per_day = 86400LL * US_PER_SECOND;

struct calendar_date {
	int year, month, day; /* 1970, 1 to 12, 1 to 31 */
	int hour, minute, second, us;
};

struct calendar_date calendar_split(int64_t wall_us);
int64_t calendar_join(const struct calendar_date *d);
bool calendar_is_date(int year, int month, int day);

/* The start of the unit that holds wall_us, and of the one after.  Weeks begin on Sunday (0) or
 * Monday (1). */
int64_t calendar_floor(int64_t wall_us, enum calendar_unit unit, int week_start_day);
int64_t calendar_next(int64_t wall_us, enum calendar_unit unit, int week_start_day);
/* Keeps the time of day; the 31st becomes the last day of a shorter month. */
int64_t calendar_add_months(int64_t wall_us, int64_t months);

/* So many units later, or earlier where count is below 0, on the same clock. */
int64_t calendar_add(int64_t wall_us, enum calendar_unit unit, int64_t count);

const char *calendar_month_name(int month); /* "January" */

/* "hour" to INTERVAL_HOUR; false for a name that is none of ours. */
bool interval_lookup(const char *name, enum interval *out);
const char *interval_name(enum interval interval);
enum calendar_unit interval_unit(enum interval interval);
