#include "insight/dates.h"

#include "insight/brief.h"

#include <glib.h>
#include <string.h>

enum {
	DAYS_PER_WEEK = 7,
	DAYS_PER_QUARTER = 13 * 7,
	/* So many days, and so many of anything longer, leave the years that are allowed. */
	MOST_UNITS = 366 * (DATES_LAST_YEAR - DATES_FIRST_YEAR)
};

static const struct date_text last_seven_days = {
	.form = DATE_RELATIVE, .number = 7, .unit = UNIT_DAY};

static bool keeps_the_hour(const struct date_text *d)
{
	return d->form == DATE_RELATIVE && d->position == DATE_AS_IT_IS && d->unit <= UNIT_HOUR;
}

static int64_t amount_us(const struct date_text *d)
{
	switch (d->unit) {
	case UNIT_SECOND:
		return d->number * US_PER_SECOND;
	case UNIT_MINUTE:
		return d->number * us_per_minute;
	case UNIT_HOUR:
		return d->number * us_per_hour;
	case UNIT_DAY:
		return d->number * us_per_day;
	case UNIT_WEEK:
		return d->number * us_per_day * DAYS_PER_WEEK;
	case UNIT_QUARTER:
		return d->number * us_per_day * DAYS_PER_QUARTER;
	case UNIT_MONTH:
	case UNIT_YEAR:
		break;
	}
	return 0;
}

/* Hours pass on the clock of the world, days and longer on the one on the wall. */
static int64_t wall_back(
	const struct date_place *place, int64_t instant_us, const struct date_text *amount)
{
	if (amount->unit <= UNIT_HOUR) {
		return zone_wall_us(place->zone, instant_us - amount_us(amount));
	}
	if (amount->unit == UNIT_MONTH || amount->unit == UNIT_YEAR) {
		return calendar_add_months(zone_wall_us(place->zone, instant_us),
			-amount->number * (amount->unit == UNIT_YEAR ? 12 : 1));
	}
	return zone_wall_us(place->zone, instant_us) - amount_us(amount);
}

static int64_t back(
	const struct date_place *place, int64_t instant_us, const struct date_text *amount)
{
	if (amount->unit <= UNIT_HOUR) {
		return instant_us - amount_us(amount);
	}
	return zone_instant_us(place->zone, wall_back(place, instant_us, amount));
}

static int64_t start_of(const struct date_place *place, int64_t wall_us, enum calendar_unit unit)
{
	return zone_instant_us(place->zone, calendar_floor(wall_us, unit, place->week_start_day));
}

static int64_t end_of(const struct date_place *place, int64_t wall_us, enum calendar_unit unit)
{
	return zone_instant_us(place->zone, calendar_next(wall_us, unit, place->week_start_day)) -
	       1;
}

/* Before any rounding to buckets. */
static int64_t resolve(const struct date_text *d, const struct date_place *place)
{
	int64_t wall_us;

	switch (d->form) {
	case DATE_DAY:
	case DATE_TIME:
		return zone_instant_us(place->zone, d->us);
	case DATE_INSTANT:
		return d->us;
	case DATE_RELATIVE:
		break;
	case DATE_ABSENT:
	case DATE_ALL:
		return place->now_us;
	}
	if (d->unit >= UNIT_DAY && d->number > MOST_UNITS) {
		return INT64_MIN;
	}
	wall_us = wall_back(place, place->now_us, d);
	switch (d->position) {
	case DATE_AT_START:
		return start_of(place, wall_us, d->unit);
	case DATE_AT_END:
		return end_of(place, wall_us, d->unit);
	case DATE_AS_IT_IS:
		break;
	}
	return back(place, place->now_us, d);
}

static bool check_year(const struct date_place *place, int64_t instant_us, const char *text,
	const char *field, struct fault *f)
{
	char shown[BRIEF_BYTES];
	int year = instant_us == INT64_MIN
			   ? 0
			   : calendar_split(zone_wall_us(place->zone, instant_us)).year;

	if (year < DATES_FIRST_YEAR || year > DATES_LAST_YEAR) {
		return fault_set(f, FAULT_DATE, "%s: '%s' lies outside the years %d to %d", field,
			brief(text, shown), DATES_FIRST_YEAR, DATES_LAST_YEAR);
	}
	return true;
}

static int64_t round_from(const struct date_request *request, enum interval interval,
	const struct date_place *place, int64_t from_us)
{
	bool fine = interval == INTERVAL_HOUR || interval == INTERVAL_DAY;
	const struct date_text *d = &request->from;
	int64_t wall_us;

	if (request->is_explicit || (keeps_the_hour(d) && fine)) {
		return from_us;
	}
	wall_us = zone_wall_us(place->zone, from_us);
	if (d->form == DATE_RELATIVE && !keeps_the_hour(d) && d->unit >= UNIT_DAY) {
		wall_us = calendar_floor(wall_us, UNIT_DAY, place->week_start_day);
	}
	return start_of(place, wall_us, interval_unit(interval));
}

static int64_t round_to(const struct date_request *request, enum interval interval,
	const struct date_place *place, int64_t to_us)
{
	int64_t wall_us = zone_wall_us(place->zone, to_us);

	/* By its own name rather than by its instant: where the clock skipped a whole day, that day
	 * ends when the one before it does. */
	if (request->to.form == DATE_DAY) {
		return end_of(place, request->to.us, UNIT_DAY);
	}
	if (request->is_explicit) {
		return to_us;
	}
	return end_of(place, wall_us, MIN(interval_unit(interval), UNIT_DAY));
}

static int64_t resolve_all(const struct date_place *place, int64_t earliest_us, int64_t to_us)
{
	int64_t first_us = start_of(place, 0, UNIT_DAY);

	if (earliest_us == INT64_MAX) {
		earliest_us = resolve(&last_seven_days, place);
	}
	earliest_us = CLAMP(earliest_us, first_us, MAX(first_us, to_us));
	return start_of(place, zone_wall_us(place->zone, earliest_us), UNIT_DAY);
}

bool dates_resolve(const struct date_request *request, enum interval interval,
	const struct date_place *place, int64_t earliest_us, struct date_range *out,
	struct fault *f)
{
	const char *from_text = request->from_text ? request->from_text : "-7d";
	const char *to_text = request->to_text ? request->to_text : "now";
	char from_shown[BRIEF_BYTES], to_shown[BRIEF_BYTES];
	int64_t to_us = resolve(&request->to, place);
	int64_t from_us = request->from.form == DATE_ALL ? resolve_all(place, earliest_us, to_us)
							 : resolve(&request->from, place);

	if (!check_year(place, from_us, from_text, "dateRange.date_from", f) ||
		!check_year(place, to_us, to_text, "dateRange.date_to", f)) {
		return false;
	}
	out->interval = interval;
	out->from_us = round_from(request, interval, place, from_us);
	out->to_us = round_to(request, interval, place, to_us);
	if (out->from_us > out->to_us) {
		return fault_set(f, FAULT_DATE, "dateRange: date_from '%s' is after date_to '%s'",
			brief(from_text, from_shown), brief(to_text, to_shown));
	}
	return true;
}

bool date_span(const struct date_text *date, const char *text, const char *field,
	const struct date_place *place, int64_t *first_us, int64_t *last_us, struct fault *f)
{
	bool whole_day = date->form == DATE_DAY ||
			 (date->form == DATE_RELATIVE && date->position == DATE_AS_IT_IS &&
				 date->unit >= UNIT_DAY);
	int64_t at = resolve(date, place), wall_us;

	if (!check_year(place, at, text, field, f)) {
		return false;
	}
	wall_us = zone_wall_us(place->zone, at);
	*first_us = whole_day ? start_of(place, wall_us, UNIT_DAY) : at;
	*last_us = whole_day ? end_of(place, wall_us, UNIT_DAY) : at;
	return true;
}

/* Both ends keep their place on the wall.  The end is moved as the instant after it, so that the
 * last day of a month stays the last day of a month. */
static void move_back(const struct date_place *place, const struct date_range *range,
	const struct date_text *amount, struct date_range *out)
{
	*out = *range;
	out->from_us = back(place, range->from_us, amount);
	out->to_us = back(place, range->to_us + 1, amount) - 1;
}

static struct date_text amount_of(int64_t number, enum calendar_unit unit)
{
	return (struct date_text){.form = DATE_RELATIVE, .number = MAX(number, 1), .unit = unit};
}

/* A quarter of a calendar is three months, not the thirteen weeks of "-1q". */
static struct date_text amount_of_buckets(int64_t count, enum interval interval)
{
	if (interval == INTERVAL_QUARTER) {
		return amount_of(MAX(count, 1) * 3, UNIT_MONTH);
	}
	return amount_of(count, interval_unit(interval));
}

static int64_t days_between(const struct date_place *place, int64_t from_us, int64_t to_us)
{
	int64_t from = calendar_floor(zone_wall_us(place->zone, from_us), UNIT_DAY, 0);
	int64_t to = calendar_floor(zone_wall_us(place->zone, to_us), UNIT_DAY, 0);

	return (to - from) / us_per_day;
}

/* The least number of units that reach past the range's end. */
static struct date_text whole_units(
	const struct date_place *place, const struct date_range *range, enum calendar_unit unit)
{
	int64_t from_us = zone_wall_us(place->zone, range->from_us);
	int64_t end_us = zone_wall_us(place->zone, range->to_us);
	int64_t start_us = calendar_floor(from_us, unit, place->week_start_day);
	struct date_text amount = {.form = DATE_RELATIVE, .unit = unit};

	if (unit <= UNIT_WEEK) {
		int64_t length = calendar_next(start_us, unit, place->week_start_day) - start_us;

		amount.number = MAX(end_us - start_us, 0) / length + 1;
	} else {
		for (int64_t us = start_us; us <= end_us; amount.number++) {
			us = calendar_next(us, unit, place->week_start_day);
		}
	}
	if (unit == UNIT_QUARTER) {
		amount.unit = UNIT_MONTH;
		amount.number *= 3;
	}
	return amount;
}

static bool is_whole_days(const struct date_place *place, const struct date_range *range)
{
	int64_t from = zone_wall_us(place->zone, range->from_us);
	int64_t to = zone_wall_us(place->zone, range->to_us);

	return start_of(place, from, UNIT_DAY) == range->from_us &&
	       end_of(place, to, UNIT_DAY) == range->to_us;
}

/* How far back "the previous period" lies.  A rolling range ends in a bucket that is still
 * filling, which the previous window shares with the first of this one: 8 points of "-7d" move
 * by 7 days.  A range with a fixed end moves by all of its buckets. */
static struct date_text previous_amount(const struct date_request *request,
	const struct date_range *range, const struct date_place *place, int64_t bucket_count)
{
	const struct date_text *from = &request->from;
	bool rolls = from->form == DATE_RELATIVE && from->position == DATE_AS_IT_IS &&
		     request->to.form == DATE_ABSENT;
	int64_t days = days_between(place, range->from_us, range->to_us);

	if (from->form == DATE_RELATIVE && from->position == DATE_AT_START) {
		return whole_units(place, range, from->unit);
	}
	if (range->interval > INTERVAL_DAY) {
		return amount_of_buckets(rolls ? bucket_count - 1 : bucket_count, range->interval);
	}
	if (rolls && from->unit <= UNIT_HOUR) {
		return amount_of(from->number, from->unit);
	}
	if (rolls) {
		return amount_of(days, UNIT_DAY);
	}
	if (is_whole_days(place, range)) {
		return amount_of(days + 1, UNIT_DAY);
	}
	return amount_of((range->to_us - range->from_us) / US_PER_SECOND + 1, UNIT_SECOND);
}

bool dates_previous(const struct date_request *request, const struct date_range *range,
	const struct date_place *place, int64_t bucket_count, const char *compare_to,
	struct date_range *out, struct fault *f)
{
	static const char field[] = "compareFilter.compare_to";
	struct date_text amount;
	char shown[BRIEF_BYTES];

	if (!compare_to) {
		amount = previous_amount(request, range, place, bucket_count);
	} else if (!date_read(compare_to, field, &amount, f)) {
		return false;
	} else if (amount.form != DATE_RELATIVE || amount.position != DATE_AS_IT_IS ||
		   amount.number == 0) {
		return fault_set(f, FAULT_DATE, "%s: '%s' is not an amount of time such as -1y",
			field, brief(compare_to, shown));
	} else if (amount.unit >= UNIT_DAY && amount.number > MOST_UNITS) {
		return check_year(place, INT64_MIN, compare_to, field, f);
	}
	move_back(place, range, &amount, out);
	return check_year(
		place, out->from_us, compare_to ? compare_to : "the previous period", field, f);
}
