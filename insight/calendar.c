#include "insight/calendar.h"

#include <glib.h>
#include <string.h>

static const struct {
	const char *name;
	enum calendar_unit unit;
} intervals[] = {
	[INTERVAL_SECOND] = {"second", UNIT_SECOND},
	[INTERVAL_MINUTE] = {"minute", UNIT_MINUTE},
	[INTERVAL_HOUR] = {"hour", UNIT_HOUR},
	[INTERVAL_DAY] = {"day", UNIT_DAY},
	[INTERVAL_WEEK] = {"week", UNIT_WEEK},
	[INTERVAL_MONTH] = {"month", UNIT_MONTH},
	[INTERVAL_QUARTER] = {"quarter", UNIT_QUARTER},
	[INTERVAL_YEAR] = {"year", UNIT_YEAR},
};

static const char *const month_names[] = {"January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December"};

static int64_t divide_down(int64_t a, int64_t b)
{
	int64_t q = a / b;

	return a % b < 0 ? q - 1 : q;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar.  Years run from March, so that the
 * leap day is the last of its year; 719468 days lie between 0000-03-01 and 1970-01-01. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = divide_down(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

static void date_of(int64_t days, struct calendar_date *d)
{
	int64_t z = days + 719468;
	int64_t era = divide_down(z, 146097);
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	d->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	d->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	d->year = (int)(yoe + era * 400 + (d->month <= 2 ? 1 : 0));
}

struct calendar_date calendar_split(int64_t wall_us)
{
	int64_t days = divide_down(wall_us, us_per_day);
	int64_t rest = wall_us - days * us_per_day;
	struct calendar_date d = {.year = 0};

	date_of(days, &d);
	d.hour = (int)(rest / us_per_hour);
	d.minute = (int)(rest / us_per_minute % 60);
	d.second = (int)(rest / US_PER_SECOND % 60);
	d.us = (int)(rest % US_PER_SECOND);
	return d;
}

int64_t calendar_join(const struct calendar_date *d)
{
	return days_of(d->year, d->month, d->day) * us_per_day + d->hour * us_per_hour +
	       d->minute * us_per_minute + (int64_t)d->second * US_PER_SECOND + d->us;
}

bool calendar_is_date(int year, int month, int day)
{
	return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
	       g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
}

static int64_t floor_to_month(int64_t wall_us, int months)
{
	struct calendar_date d = calendar_split(wall_us);

	return days_of(d.year, (d.month - 1) / months * months + 1, 1) * us_per_day;
}

static int64_t floor_to_week(int64_t wall_us, int week_start_day)
{
	int64_t days = divide_down(wall_us, us_per_day);
	/* 1970-01-01 was a Thursday, the fourth day after a Sunday. */
	int64_t since_sunday = (days % 7 + 7 + 4) % 7;
	int64_t since_start = (since_sunday - week_start_day + 7) % 7;

	return (days - since_start) * us_per_day;
}

static int64_t floor_to(int64_t wall_us, int64_t length)
{
	return divide_down(wall_us, length) * length;
}

int64_t calendar_floor(int64_t wall_us, enum calendar_unit unit, int week_start_day)
{
	switch (unit) {
	case UNIT_SECOND:
		return floor_to(wall_us, US_PER_SECOND);
	case UNIT_MINUTE:
		return floor_to(wall_us, us_per_minute);
	case UNIT_HOUR:
		return floor_to(wall_us, us_per_hour);
	case UNIT_DAY:
		return floor_to(wall_us, us_per_day);
	case UNIT_WEEK:
		return floor_to_week(wall_us, week_start_day);
	case UNIT_MONTH:
		return floor_to_month(wall_us, 1);
	case UNIT_QUARTER:
		return floor_to_month(wall_us, 3);
	case UNIT_YEAR:
		return floor_to_month(wall_us, 12);
	}
	return wall_us;
}

int64_t calendar_next(int64_t wall_us, enum calendar_unit unit, int week_start_day)
{
	return calendar_add(calendar_floor(wall_us, unit, week_start_day), unit, 1);
}

int64_t calendar_add_months(int64_t wall_us, int64_t months)
{
	struct calendar_date d = calendar_split(wall_us);
	int64_t total = (int64_t)d.year * 12 + d.month - 1 + months;

	d.year = (int)divide_down(total, 12);
	d.month = (int)(total - (int64_t)d.year * 12) + 1;
	while (d.day > 28 && !calendar_is_date(d.year, d.month, d.day)) {
		d.day--;
	}
	return calendar_join(&d);
}

int64_t calendar_add(int64_t wall_us, enum calendar_unit unit, int64_t count)
{
	switch (unit) {
	case UNIT_SECOND:
		return wall_us + count * US_PER_SECOND;
	case UNIT_MINUTE:
		return wall_us + count * us_per_minute;
	case UNIT_HOUR:
		return wall_us + count * us_per_hour;
	case UNIT_DAY:
		return wall_us + count * us_per_day;
	case UNIT_WEEK:
		return wall_us + count * 7 * us_per_day;
	case UNIT_MONTH:
		return calendar_add_months(wall_us, count);
	case UNIT_QUARTER:
		return calendar_add_months(wall_us, count * 3);
	case UNIT_YEAR:
		return calendar_add_months(wall_us, count * 12);
	}
	return wall_us;
}

const char *calendar_month_name(int month)
{
	return month_names[month - 1];
}

bool interval_lookup(const char *name, enum interval *out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(intervals); i++) {
		if (strcmp(intervals[i].name, name) == 0) {
			*out = (enum interval)i;
			return true;
		}
	}
	return false;
}

const char *interval_name(enum interval interval)
{
	return intervals[interval].name;
}

enum calendar_unit interval_unit(enum interval interval)
{
	return intervals[interval].unit;
}
