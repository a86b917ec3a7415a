#include "insight/dates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

/* Wed 2024-01-31 10:20, the day of the table in spec/insights.md 1.3. */
static const char wednesday[] = "2024-01-31T10:20:00";

static int64_t at(const struct zone *zone, const char *iso)
{
	struct date_text d;
	struct fault f;

	assert_true(date_read(iso, "test", &d, &f));
	return d.form == DATE_INSTANT ? d.us : zone_instant_us(zone, d.us);
}

struct range_case {
	const char *date_from, *date_to; /* NULL: absent */
	const char *interval;
	const char *from, *to; /* as an API would write them; NULL: see fault */
	const char *fault;
	bool is_explicit;
	int week_start_day;
	const char *zone, *now; /* NULL: UTC, Wednesday */
};

static void check_range(const struct range_case *c)
{
	struct zone *zone;
	struct date_place place = {.week_start_day = c->week_start_day};
	struct date_request request;
	struct date_range range = {.interval = INTERVAL_DAY};
	struct fault f = {.kind = FAULT_NONE};
	enum interval interval = INTERVAL_DAY;
	json_t *query = json_pack("{s:{s:s?, s:s?, s:b}}", "dateRange", "date_from", c->date_from,
		"date_to", c->date_to, "explicitDate", c->is_explicit);
	bool fine;

	print_message("%s .. %s by %s in %s\n", c->date_from ? c->date_from : "null",
		c->date_to ? c->date_to : "null", c->interval ? c->interval : "day",
		c->zone ? c->zone : "UTC");
	assert_true(zone_open(c->zone ? c->zone : "UTC", &zone, &f));
	place.zone = zone;
	place.now_us = at(zone, c->now ? c->now : wednesday);
	if (c->interval) {
		assert_true(interval_lookup(c->interval, &interval));
	}
	fine = dates_read(query, &request, &f) &&
	       dates_resolve(&request, interval, &place, INT64_MAX, &range, &f);
	if (c->fault) {
		assert_false(fine);
		assert_int_equal(f.kind, FAULT_DATE);
		assert_string_equal(f.detail, c->fault);
	} else {
		g_autofree char *from = NULL;
		g_autofree char *to = NULL;

		if (!fine) {
			fail_msg("%s", f.detail);
		}
		from = zone_instant_text(zone, range.from_us);
		to = zone_instant_text(zone, range.to_us);
		assert_string_equal(from, c->from);
		assert_string_equal(to, c->to);
	}
	json_decref(query);
	zone_close(zone);
}

#define END_OF_31 "2024-01-31T23:59:59.999999Z"

#define CASE(first, last, every, begin, end, ...)                                                  \
	{                                                                                          \
		.date_from = first, .date_to = last, .interval = every, .from = begin, .to = end,  \
		__VA_ARGS__                                                                        \
	}

/* clang-format off */
static const struct range_case table_of_the_spec[] = {
	CASE(NULL, NULL, NULL, "2024-01-24T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("", "", NULL, "2024-01-24T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-7d", NULL, NULL, "2024-01-24T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("7d", NULL, NULL, "2024-01-24T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("dStart", NULL, NULL, "2024-01-31T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-0d", NULL, NULL, "2024-01-31T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-1dStart", "-1dEnd", NULL, "2024-01-30T00:00:00Z", "2024-01-30T23:59:59.999999Z", .fault = NULL),
	CASE("-24h", NULL, NULL, "2024-01-30T10:20:00Z", END_OF_31, .fault = NULL),
	CASE("-24h", NULL, "hour", "2024-01-30T10:20:00Z", "2024-01-31T10:59:59.999999Z", .fault = NULL),
	CASE("-24h", NULL, "week", "2024-01-28T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("wStart", NULL, NULL, "2024-01-28T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("wStart", NULL, NULL, "2024-01-29T00:00:00Z", END_OF_31, .week_start_day = 1),
	CASE("-1wStart", "-1wEnd", NULL, "2024-01-21T00:00:00Z", "2024-01-27T23:59:59.999999Z", .fault = NULL),
	CASE("-1wStart", "-1wEnd", NULL, "2024-01-22T00:00:00Z", "2024-01-28T23:59:59.999999Z", .week_start_day = 1),
	CASE("mStart", NULL, NULL, "2024-01-01T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-1mStart", "-1mEnd", NULL, "2023-12-01T00:00:00Z", "2023-12-31T23:59:59.999999Z", .fault = NULL),
	CASE("qStart", NULL, NULL, "2024-01-01T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-1qStart", "-1qEnd", NULL, "2023-10-01T00:00:00Z", "2023-12-31T23:59:59.999999Z", .fault = NULL),
	CASE("yStart", NULL, NULL, "2024-01-01T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-1yStart", "-1yEnd", NULL, "2023-01-01T00:00:00Z", "2023-12-31T23:59:59.999999Z", .fault = NULL),
	CASE("-30d", NULL, NULL, "2024-01-01T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-90d", NULL, NULL, "2023-11-02T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-180d", NULL, NULL, "2023-08-04T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-1y", NULL, NULL, "2023-01-31T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-2w", NULL, NULL, "2024-01-17T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-1q", NULL, NULL, "2023-11-01T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-3m", NULL, NULL, "2023-10-31T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-2m", NULL, NULL, "2023-11-30T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-11m", NULL, NULL, "2023-02-28T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-30M", NULL, "minute", "2024-01-31T09:50:00Z", "2024-01-31T10:20:59.999999Z", .fault = NULL),
	CASE("-90s", NULL, "minute", "2024-01-31T10:18:00Z", "2024-01-31T10:20:59.999999Z", .fault = NULL),
	CASE("-90s", NULL, "hour", "2024-01-31T10:18:30Z", "2024-01-31T10:59:59.999999Z", .fault = NULL),
	CASE("hStart", "hEnd", "minute", "2024-01-31T10:00:00Z", "2024-01-31T10:59:59.999999Z", .fault = NULL),
	CASE("-1MStart", "-1MEnd", "minute", "2024-01-31T10:19:00Z", "2024-01-31T10:19:59.999999Z", .fault = NULL),
	CASE("-3d", "-1d", NULL, "2024-01-28T00:00:00Z", "2024-01-30T23:59:59.999999Z", .fault = NULL),
	CASE("-3d", "-1d", "hour", "2024-01-28T00:00:00Z", "2024-01-30T10:59:59.999999Z", .fault = NULL),
};

static const struct range_case rounding[] = {
	CASE("2024-01-10", NULL, "week", "2024-01-07T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("2024-01-10", NULL, "week", "2024-01-08T00:00:00Z", END_OF_31, .week_start_day = 1),
	CASE("2024-01-10", NULL, "month", "2024-01-01T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-7d", NULL, "month", "2024-01-01T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-7d", NULL, "quarter", "2024-01-01T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-400d", NULL, "quarter", "2022-10-01T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-7d", NULL, "year", "2024-01-01T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-3y", "2023-05-05", "year", "2021-01-01T00:00:00Z", "2023-05-05T23:59:59.999999Z", .fault = NULL),
	CASE("-24h", NULL, "year", "2024-01-01T00:00:00Z", END_OF_31, .fault = NULL),
	CASE("-90s", NULL, "second", "2024-01-31T10:18:30Z", "2024-01-31T10:20:00.999999Z", .fault = NULL),
	CASE("2024-01-10T08:15:30.5", "2024-01-10T08:16", "second", "2024-01-10T08:15:30Z", "2024-01-10T08:16:00.999999Z", .fault = NULL),
	CASE("2024-01-10T08:15:30.5", "2024-01-10", "second", "2024-01-10T08:15:30Z", "2024-01-10T23:59:59.999999Z", .fault = NULL),
	CASE("-7d", NULL, "hour", "2024-01-24T00:00:00Z", "2024-01-31T10:59:59.999999Z", .fault = NULL),
	CASE("2024-01-10", "2024-01-12", NULL, "2024-01-10T00:00:00Z", "2024-01-12T23:59:59.999999Z", .fault = NULL),
	CASE("2024-01-10", "2024-01-12", "hour", "2024-01-10T00:00:00Z", "2024-01-12T23:59:59.999999Z", .fault = NULL),
	CASE("2024-01-10T08:15", "2024-01-12 09:45:10", "hour", "2024-01-10T08:00:00Z", "2024-01-12T09:59:59.999999Z", .fault = NULL),
	CASE("2024-01-10T08:15:30.5", "2024-01-12 09:45", "day", "2024-01-10T00:00:00Z", "2024-01-12T23:59:59.999999Z", .fault = NULL),
	CASE("2024-01-10T08:15:30.123456Z", "2024-01-10T08:20:00Z", "minute", "2024-01-10T08:15:00Z", "2024-01-10T08:20:59.999999Z", .fault = NULL),
	CASE("2024-01-10T08:15:30.123456Z", "2024-01-12T01:00:00+02:00", NULL, "2024-01-10T08:15:30.123456Z", "2024-01-11T23:00:00Z", .is_explicit = true),
	CASE("2024-01-10T08:15:30.1234567890Z", NULL, NULL, NULL, NULL, .fault = "dateRange.date_from: '2024-01-10T08:15:30.1234567890Z' is not a date"),
	CASE("-7d", NULL, NULL, "2024-01-24T10:20:00Z", "2024-01-31T10:20:00Z", .is_explicit = true),
	CASE("2024-01-10", "2024-01-12", NULL, "2024-01-10T00:00:00Z", "2024-01-12T23:59:59.999999Z", .is_explicit = true),
	CASE("mStart", "-1dEnd", "week", "2024-01-01T00:00:00Z", "2024-01-30T23:59:59.999999Z", .is_explicit = true),
};

static const struct range_case mistakes[] = {
	{"yesterday", .fault = "dateRange.date_from: 'yesterday' is not a date"},
	{"2024-02-30", .fault = "dateRange.date_from: '2024-02-30' is not a date"},
	{"2023-02-29", .fault = "dateRange.date_from: '2023-02-29' is not a date"},
	{"2024-13-01", .fault = "dateRange.date_from: '2024-13-01' is not a date"},
	{"2024-1-1", .fault = "dateRange.date_from: '2024-1-1' is not a date"},
	{"2024-01-01T24:00", .fault = "dateRange.date_from: '2024-01-01T24:00' is not a date"},
	{"2024-01-01T10:60", .fault = "dateRange.date_from: '2024-01-01T10:60' is not a date"},
	{"2024-01-01T10:00+25:00", .fault = "dateRange.date_from: '2024-01-01T10:00+25:00' is not a date"},
	{"2024-01-01 ", .fault = "dateRange.date_from: '2024-01-01 ' is not a date"},
	{"-7x", .fault = "dateRange.date_from: '-7x' is not a date"},
	{"-7D", .fault = "dateRange.date_from: '-7D' is not a date"},
	{"d", .fault = "dateRange.date_from: 'd' is not a date"},
	{"-", .fault = "dateRange.date_from: '-' is not a date"},
	{"-7dstart", .fault = "dateRange.date_from: '-7dstart' is not a date"},
	{"--7d", .fault = "dateRange.date_from: '--7d' is not a date"},
	{"-99999999999999999999d", .fault = "dateRange.date_from: '-99999999999999999999d' is not a date"},
	{"-7d", "never", .fault = "dateRange.date_to: 'never' is not a date"},
	{"-7d", "all", .fault = "dateRange.date_to: 'all' can only be where a range begins"},
	{"-100y", .fault = "dateRange.date_from: '-100y' lies outside the years 1970 to 2200"},
	{"-9999999y", .fault = "dateRange.date_from: '-9999999y' lies outside the years 1970 to 2200"},
	{"-9999999h", .fault = "dateRange.date_from: '-9999999h' lies outside the years 1970 to 2200"},
	{"1969-12-31", .fault = "dateRange.date_from: '1969-12-31' lies outside the years 1970 to 2200"},
	{"-7d", "2201-01-01", .fault = "dateRange.date_to: '2201-01-01' lies outside the years 1970 to 2200"},
	{"2024-01-20", "2024-01-10", .fault = "dateRange: date_from '2024-01-20' is after date_to '2024-01-10'"},
	{NULL, "2024-01-10", .fault = "dateRange: date_from '-7d' is after date_to '2024-01-10'"},
	{"2024-02-10", NULL, .fault = "dateRange: date_from '2024-02-10' is after date_to 'now'"},
	{"ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää", .fault = "dateRange.date_from: 'ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää...' is not a date"},
};

/* The clock of each zone around its changes. */
static const struct range_case zones[] = {
	{"-7d", .from = "2024-03-24T00:00:00+01:00", .to = "2024-03-31T23:59:59.999999+02:00", .zone = "Europe/Berlin", .now = "2024-03-31T12:00:00"},
	{"dStart", .from = "2024-10-27T00:00:00+02:00", .to = "2024-10-27T23:59:59.999999+01:00", .zone = "Europe/Berlin", .now = "2024-10-27T12:00:00"},
	/* 24 hours before 12:00 on the day of 25 hours are 13:00, for an hour was lived twice */
	CASE("-24h", NULL, "hour", "2024-10-26T13:00:00+02:00", "2024-10-27T12:59:59.999999+01:00", .zone = "Europe/Berlin", .now = "2024-10-27T12:00:00"),
	CASE("-24h", NULL, "hour", "2024-03-09T11:00:00-05:00", "2024-03-10T12:59:59.999999-04:00", .zone = "America/New_York", .now = "2024-03-10T12:00:00"),
	CASE("-1d", NULL, "hour", "2024-03-09T00:00:00-05:00", "2024-03-10T12:59:59.999999-04:00", .zone = "America/New_York", .now = "2024-03-10T12:00:00"),
	/* 02:30 was skipped that night: the moment of the jump stands for it */
	{"2024-03-10T02:30", "2024-03-10T04:00", .is_explicit = true, .from = "2024-03-10T03:00:00-04:00", .to = "2024-03-10T04:00:00-04:00", .zone = "America/New_York", .now = "2024-03-12T12:00:00"},
	/* 01:30 was shown twice: the first is meant */
	{"2024-11-03T01:30", "2024-11-03T04:00", .is_explicit = true, .from = "2024-11-03T01:30:00-04:00", .to = "2024-11-03T04:00:00-05:00", .zone = "America/New_York", .now = "2024-11-12T12:00:00"},
	{"dStart", .from = "2024-01-31T00:00:00+05:45", .to = "2024-01-31T23:59:59.999999+05:45", .zone = "Asia/Kathmandu"},
	CASE("-24h", NULL, "hour", "2024-01-30T10:20:00+05:45", "2024-01-31T10:59:59.999999+05:45", .zone = "Asia/Kathmandu"),
	/* Samoa had no 30th of December 2011 */
	{"2011-12-29", "2011-12-31", .from = "2011-12-29T00:00:00-10:00", .to = "2011-12-31T23:59:59.999999+14:00", .zone = "Pacific/Apia", .now = "2012-01-15T00:00:00"},
	{"2011-12-30", "2011-12-30", .from = "2011-12-31T00:00:00+14:00", .to = "2011-12-30T23:59:59.999999-10:00", .fault = "dateRange: date_from '2011-12-30' is after date_to '2011-12-30'", .zone = "Pacific/Apia", .now = "2012-01-15T00:00:00"},
	/* Brazil's days began at one o'clock where its summer did */
	{"2018-11-04", "2018-11-04", .from = "2018-11-04T01:00:00-02:00", .to = "2018-11-04T23:59:59.999999-02:00", .zone = "America/Sao_Paulo", .now = "2018-11-20T00:00:00"},
	{"2018-02-17", "2018-02-17", .from = "2018-02-17T00:00:00-02:00", .to = "2018-02-17T23:59:59.999999-03:00", .zone = "America/Sao_Paulo", .now = "2018-11-20T00:00:00"},
	{"2024-01-30T23:00:00Z", "2024-01-30T23:30:00Z", .from = "2024-01-31T00:00:00+01:00", .to = "2024-01-31T23:59:59.999999+01:00", .zone = "Europe/Berlin"},
};
/* clang-format on */

static void the_table_of_the_spec_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table_of_the_spec); i++) {
		check_range(&table_of_the_spec[i]);
	}
}

static void ends_are_rounded_to_the_interval_unless_they_are_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rounding); i++) {
		check_range(&rounding[i]);
	}
}

static void what_is_no_date_is_named_with_its_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
		check_range(&mistakes[i]);
	}
}

static void days_are_those_of_the_project(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(zones); i++) {
		check_range(&zones[i]);
	}
}

static void a_date_of_another_type_is_refused(void **state)
{
	json_t *query = json_pack("{s:{s:i}}", "dateRange", "date_from", 7);
	json_t *list = json_pack("{s:[]}", "dateRange");
	struct date_request request;
	struct fault f;

	(void)state;
	assert_false(dates_read(query, &request, &f));
	assert_int_equal(f.kind, FAULT_DATE);
	assert_string_equal(f.detail, "dateRange.date_from is not a text");
	assert_false(dates_read(list, &request, &f));
	assert_int_equal(f.kind, FAULT_QUERY);
	json_decref(query);
	json_decref(list);
}

static void unknown_zones_are_refused(void **state)
{
	static const char *const names[] = {"Mars/Olympus", "", "/etc/passwd", "../../etc/passwd",
		"+02:00", "EST5EDT,M3.2.0,M11.1.0", "Europe/Berlin\n", "Europe", ":UTC"};
	static const char *const known[] = {
		"UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "GMT0", "Asia/Kathmandu"};
	struct zone *zone;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (zone_open(names[i], &zone, &f)) {
			fail_msg("'%s' was taken for a zone", names[i]);
		}
		assert_int_equal(f.kind, FAULT_INPUT);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		if (!zone_open(known[i], &zone, &f)) {
			fail_msg("%s", f.detail);
		}
		zone_close(zone);
	}
}

static void all_begins_with_the_day_of_the_earliest_event(void **state)
{
	json_t *query = json_pack("{s:{s:s}}", "dateRange", "date_from", "all");
	struct date_place place = {.week_start_day = 0};
	struct zone *zone;
	struct date_request request;
	struct date_range range;
	struct fault f;
	struct {
		const char *earliest, *from;
		enum interval interval;
	} cases[] = {
		{"2020-05-05T23:30:00Z", "2020-05-06T00:00:00+02:00", INTERVAL_DAY},
		{"2020-05-05T23:30:00Z", "2020-05-01T00:00:00+02:00", INTERVAL_MONTH},
		{NULL, "2024-01-24T00:00:00+01:00", INTERVAL_DAY},
		/* an event of the future does not turn the range around */
		{"2030-01-01T00:00:00Z", "2024-01-31T00:00:00+01:00", INTERVAL_DAY},
		{"1903-01-01T00:00:00Z", "1970-01-01T00:00:00+01:00", INTERVAL_DAY},
	};

	(void)state;
	assert_true(zone_open("Europe/Berlin", &zone, &f));
	place.zone = zone;
	place.now_us = at(zone, wednesday);
	assert_true(dates_read(query, &request, &f));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t earliest = cases[i].earliest ? at(zone, cases[i].earliest) : INT64_MAX;
		g_autofree char *from = NULL;

		assert_true(
			dates_resolve(&request, cases[i].interval, &place, earliest, &range, &f));
		from = zone_instant_text(zone, range.from_us);
		assert_string_equal(from, cases[i].from);
	}
	json_decref(query);
	zone_close(zone);
}

struct previous_case {
	const char *date_from, *date_to, *interval, *compare_to, *from, *to, *now;
	int64_t buckets;
};

/* clang-format off */
static const struct previous_case previous[] = {
	/* 8 points, moved by 7 days, so that both windows have 8 */
	{"-7d", NULL, "day", NULL, "2024-01-17T00:00:00Z", "2024-01-24T23:59:59.999999Z", NULL, 8},
	{"-24h", NULL, "hour", NULL, "2024-01-29T10:20:00Z", "2024-01-30T10:59:59.999999Z", NULL, 25},
	{"-7d", NULL, "hour", NULL, "2024-01-17T00:00:00Z", "2024-01-24T10:59:59.999999Z", NULL, 179},
	{"-1m", NULL, "day", NULL, "2023-11-30T00:00:00Z", "2023-12-31T23:59:59.999999Z", NULL, 32},
	{"-90d", NULL, "week", NULL, "2023-07-30T00:00:00Z", "2023-11-01T23:59:59.999999Z", NULL, 14},
	{"-6m", NULL, "month", NULL, "2023-01-01T00:00:00Z", "2023-07-31T23:59:59.999999Z", NULL, 7},
	/* five quarters move by four, for the one that is running is shared */
	{"-1y", NULL, "quarter", NULL, "2022-01-01T00:00:00Z", "2023-01-31T23:59:59.999999Z", NULL, 5},
	{"-2y", NULL, "year", NULL, "2020-01-01T00:00:00Z", "2022-01-31T23:59:59.999999Z", NULL, 3},
	{"-90s", NULL, "second", NULL, "2024-01-31T10:17:00Z", "2024-01-31T10:18:30.999999Z", NULL, 91},
	/* fixed ends: the window right before */
	{"2023-07-01", "2023-12-31", "quarter", NULL, "2023-01-01T00:00:00Z", "2023-06-30T23:59:59.999999Z", NULL, 2},
	{"2022-01-01", "2023-12-31", "year", NULL, "2020-01-01T00:00:00Z", "2021-12-31T23:59:59.999999Z", NULL, 2},
	{"2024-01-01", "2024-01-07", "day", NULL, "2023-12-25T00:00:00Z", "2023-12-31T23:59:59.999999Z", NULL, 7},
	{"2023-11-01", "2024-01-31", "month", NULL, "2023-08-01T00:00:00Z", "2023-10-31T23:59:59.999999Z", NULL, 3},
	{"-1dStart", "-1dEnd", "hour", NULL, "2024-01-29T00:00:00Z", "2024-01-29T23:59:59.999999Z", NULL, 24},
	{"2024-01-10T08:00", "2024-01-10T09:59", "hour", NULL, "2024-01-10T06:00:00Z", "2024-01-10T07:59:59.999999Z", NULL, 2},
	/* calendar units */
	{"dStart", NULL, "hour", NULL, "2024-01-30T00:00:00Z", "2024-01-30T10:59:59.999999Z", NULL, 11},
	{"-0d", NULL, "day", NULL, "2024-01-30T00:00:00Z", "2024-01-30T23:59:59.999999Z", NULL, 1},
	{"wStart", NULL, "day", NULL, "2024-01-21T00:00:00Z", "2024-01-24T23:59:59.999999Z", NULL, 4},
	{"mStart", NULL, "day", NULL, "2023-12-01T00:00:00Z", "2023-12-31T23:59:59.999999Z", NULL, 31},
	{"mStart", NULL, "day", NULL, "2024-02-01T00:00:00Z", "2024-02-15T23:59:59.999999Z", "2024-03-15T10:00:00", 15},
	{"mStart", NULL, "day", NULL, "2024-02-01T00:00:00Z", "2024-02-29T23:59:59.999999Z", "2024-03-31T10:00:00", 31},
	{"qStart", NULL, "month", NULL, "2023-10-01T00:00:00Z", "2023-10-31T23:59:59.999999Z", NULL, 1},
	{"yStart", NULL, "month", NULL, "2023-01-01T00:00:00Z", "2023-01-31T23:59:59.999999Z", NULL, 1},
	{"-1mStart", "-1mEnd", "day", NULL, "2023-11-01T00:00:00Z", "2023-11-30T23:59:59.999999Z", NULL, 31},
	{"-3mStart", "-1mEnd", "day", NULL, "2023-07-01T00:00:00Z", "2023-09-30T23:59:59.999999Z", NULL, 92},
	/* an amount */
	{"-7d", NULL, "day", "-1y", "2023-01-24T00:00:00Z", "2023-01-31T23:59:59.999999Z", NULL, 8},
	{"-7d", NULL, "day", "-14d", "2024-01-10T00:00:00Z", "2024-01-17T23:59:59.999999Z", NULL, 8},
	{"-24h", NULL, "hour", "-30h", "2024-01-29T04:20:00Z", "2024-01-30T04:59:59.999999Z", NULL, 25},
};
/* clang-format on */

static void the_previous_period_is_as_long_and_before(void **state)
{
	struct zone *zone;
	struct fault f;

	(void)state;
	assert_true(zone_open("UTC", &zone, &f));
	for (size_t i = 0; i < G_N_ELEMENTS(previous); i++) {
		const struct previous_case *c = &previous[i];
		struct date_place place = {
			.zone = zone, .now_us = at(zone, c->now ? c->now : wednesday)};
		json_t *query = json_pack("{s:{s:s, s:s?}}", "dateRange", "date_from", c->date_from,
			"date_to", c->date_to);
		struct date_request request;
		struct date_range range, before;
		enum interval interval = INTERVAL_DAY;
		g_autofree char *from = NULL;
		g_autofree char *to = NULL;

		print_message("before %s by %s\n", c->date_from, c->interval);
		assert_true(interval_lookup(c->interval, &interval));
		assert_true(dates_read(query, &request, &f));
		assert_true(dates_resolve(&request, interval, &place, 0, &range, &f));
		if (!dates_previous(
			    &request, &range, &place, c->buckets, c->compare_to, &before, &f)) {
			fail_msg("%s", f.detail);
		}
		from = zone_instant_text(zone, before.from_us);
		to = zone_instant_text(zone, before.to_us);
		assert_string_equal(from, c->from);
		assert_string_equal(to, c->to);
		json_decref(query);
	}
	zone_close(zone);
}

static void compare_to_takes_an_amount_of_time(void **state)
{
	static const char *const wrong[] = {
		"2024-01-01", "mStart", "all", "soon", "-0d", "-9999999y", "-300y"};
	struct zone *zone;
	struct fault f;
	struct date_request request;
	struct date_range range, before;
	json_t *query = json_object();

	(void)state;
	assert_true(zone_open("UTC", &zone, &f));
	assert_true(dates_read(query, &request, &f));
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		struct date_place place = {.zone = zone, .now_us = at(zone, wednesday)};

		assert_true(dates_resolve(&request, INTERVAL_DAY, &place, 0, &range, &f));
		assert_false(dates_previous(&request, &range, &place, 8, wrong[i], &before, &f));
		assert_int_equal(f.kind, FAULT_DATE);
		assert_non_null(strstr(f.detail, "compareFilter.compare_to"));
		assert_non_null(strstr(f.detail, wrong[i]));
	}
	json_decref(query);
	zone_close(zone);
}

/* Every instant of a day of change, to the clock and back, against GLib's own reading of it. */
static void the_clock_reads_as_the_system_reads_it(void **state)
{
	static const char *const names[] = {"Europe/Berlin", "America/New_York", "Asia/Kathmandu",
		"Pacific/Apia", "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll",
		"Australia/Lord_Howe", "Africa/Casablanca"};
	struct zone *zone;
	struct fault f;

	(void)state;
	for (size_t n = 0; n < G_N_ELEMENTS(names); n++) {
		g_autoptr(GTimeZone) tz = g_time_zone_new_identifier(names[n]);
		int64_t change = at(NULL, "1999-01-01T00:00:00Z");
		int64_t end = at(NULL, "2027-01-01T00:00:00Z");
		int changes = 0;

		assert_true(zone_open(names[n], &zone, &f));
		while ((change = zone_next_change_us(zone, change, end)) != INT64_MAX) {
			changes++;
			for (int64_t us = change - us_per_day; us < change + us_per_day;
				us += 600LL * US_PER_SECOND) {
				g_autoptr(GDateTime) utc =
					g_date_time_new_from_unix_utc(us / US_PER_SECOND);
				g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, tz);
				struct calendar_date d = calendar_split(zone_wall_us(zone, us));
				int64_t back = zone_instant_us(zone, zone_wall_us(zone, us));

				assert_int_equal(d.day, g_date_time_get_day_of_month(local));
				assert_int_equal(d.hour, g_date_time_get_hour(local));
				assert_int_equal(d.minute, g_date_time_get_minute(local));
				assert_true(back <= us);
				assert_true(zone_wall_us(zone, back) == zone_wall_us(zone, us));
			}
		}
		print_message("%s changed %d times\n", names[n], changes);
		assert_true(strcmp(names[n], "Asia/Kathmandu") == 0 ? changes == 0 : changes > 4);
		zone_close(zone);
	}
}

static void the_calendar_goes_through_every_day(void **state)
{
	GDate date;

	(void)state;
	g_date_clear(&date, 1);
	g_date_set_dmy(&date, 1, G_DATE_JANUARY, 1890);
	for (int64_t day = -29219; day < 84400; day++) {
		struct calendar_date d = calendar_split(day * us_per_day + 1);
		int since_sunday = (int)g_date_get_weekday(&date) % 7;

		assert_int_equal(d.year, g_date_get_year(&date));
		assert_int_equal(d.month, g_date_get_month(&date));
		assert_int_equal(d.day, g_date_get_day(&date));
		assert_int_equal(d.us, 1);
		assert_true(calendar_join(&d) == day * us_per_day + 1);
		assert_true(calendar_floor(day * us_per_day, UNIT_WEEK, 0) ==
			    (day - since_sunday) * us_per_day);
		assert_true(calendar_floor(day * us_per_day, UNIT_WEEK, 1) ==
			    (day - (since_sunday + 6) % 7) * us_per_day);
		g_date_add_days(&date, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_the_spec_holds),
		cmocka_unit_test(ends_are_rounded_to_the_interval_unless_they_are_exact),
		cmocka_unit_test(what_is_no_date_is_named_with_its_field),
		cmocka_unit_test(days_are_those_of_the_project),
		cmocka_unit_test(a_date_of_another_type_is_refused),
		cmocka_unit_test(unknown_zones_are_refused),
		cmocka_unit_test(all_begins_with_the_day_of_the_earliest_event),
		cmocka_unit_test(the_previous_period_is_as_long_and_before),
		cmocka_unit_test(compare_to_takes_an_amount_of_time),
		cmocka_unit_test(the_clock_reads_as_the_system_reads_it),
		cmocka_unit_test(the_calendar_goes_through_every_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
