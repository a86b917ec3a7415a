#include "insight/buckets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

struct bucket_case {
	const char *zone, *from, *to;
	enum interval interval;
	int week_start_day;
	size_t count;
	const char *some[8]; /* "index day|label|instant" */
};

/* clang-format off */
static const struct bucket_case cases[] = {
	{"UTC", "2024-01-24", "2024-01-31", INTERVAL_DAY, 0, 8, {
		"0 2024-01-24|24-Jan-2024|2024-01-24T00:00:00Z", "7 2024-01-31|31-Jan-2024|2024-01-31T00:00:00Z"}},
	{"UTC", "2024-01-01", "2024-01-03", INTERVAL_HOUR, 0, 72, {
		"62 2024-01-03 14:00:00|3-Jan 14:00|2024-01-03T14:00:00Z"}},
	{"UTC", "2023-11-15", "2024-02-01", INTERVAL_MONTH, 0, 4, {
		"0 2023-11-01|Nov 2023|2023-11-01T00:00:00Z", "3 2024-02-01|Feb 2024|2024-02-01T00:00:00Z"}},
	/* weeks are clipped to the range */
	{"UTC", "2024-01-03", "2024-01-14", INTERVAL_WEEK, 0, 3, {
		"0 2023-12-31|3-Jan-2024 - 6-Jan-2024|2023-12-31T00:00:00Z",
		"1 2024-01-07|7-Jan-2024 - 13-Jan-2024|2024-01-07T00:00:00Z",
		"2 2024-01-14|14-Jan-2024|2024-01-14T00:00:00Z"}},
	{"UTC", "2024-01-03", "2024-01-14", INTERVAL_WEEK, 1, 2, {
		"0 2024-01-01|3-Jan-2024 - 7-Jan-2024|2024-01-01T00:00:00Z",
		"1 2024-01-08|8-Jan-2024 - 14-Jan-2024|2024-01-08T00:00:00Z"}},
	/* the day of 23 hours has 23, the day of 25 has 24, one of them of two hours */
	{"Europe/Berlin", "2024-03-31", "2024-03-31", INTERVAL_HOUR, 0, 23, {
		"1 2024-03-31 01:00:00|31-Mar 01:00|2024-03-31T01:00:00+01:00",
		"2 2024-03-31 03:00:00|31-Mar 03:00|2024-03-31T03:00:00+02:00"}},
	{"Europe/Berlin", "2024-10-27", "2024-10-27", INTERVAL_HOUR, 0, 24, {
		"2 2024-10-27 02:00:00|27-Oct 02:00|2024-10-27T02:00:00+02:00",
		"3 2024-10-27 03:00:00|27-Oct 03:00|2024-10-27T03:00:00+01:00"}},
	{"Europe/Berlin", "2024-10-26", "2024-10-28", INTERVAL_DAY, 0, 3, {
		"1 2024-10-27|27-Oct-2024|2024-10-27T00:00:00+02:00",
		"2 2024-10-28|28-Oct-2024|2024-10-28T00:00:00+01:00"}},
	{"America/New_York", "2024-03-10", "2024-03-10", INTERVAL_HOUR, 0, 23, {
		"2 2024-03-10 03:00:00|10-Mar 03:00|2024-03-10T03:00:00-04:00"}},
	{"America/New_York", "2024-11-03", "2024-11-03", INTERVAL_HOUR, 0, 24, {
		"1 2024-11-03 01:00:00|3-Nov 01:00|2024-11-03T01:00:00-04:00"}},
	{"America/New_York", "2024-11-03", "2024-11-03", INTERVAL_MINUTE, 0, 1440, {NULL}},
	{"Asia/Kathmandu", "2024-01-31", "2024-01-31", INTERVAL_HOUR, 0, 24, {
		"0 2024-01-31 00:00:00|31-Jan 00:00|2024-01-31T00:00:00+05:45"}},
	/* no 30th of December */
	{"Pacific/Apia", "2011-12-28", "2012-01-01", INTERVAL_DAY, 0, 4, {
		"1 2011-12-29|29-Dec-2011|2011-12-29T00:00:00-10:00",
		"2 2011-12-31|31-Dec-2011|2011-12-31T00:00:00+14:00"}},
	{"Pacific/Apia", "2011-12-29", "2011-12-31", INTERVAL_HOUR, 0, 48, {
		"23 2011-12-29 23:00:00|29-Dec 23:00|2011-12-29T23:00:00-10:00",
		"24 2011-12-31 00:00:00|31-Dec 00:00|2011-12-31T00:00:00+14:00"}},
	/* a day that begins at one o'clock, one whose last hour is lived twice */
	{"America/Sao_Paulo", "2018-11-03", "2018-11-05", INTERVAL_DAY, 0, 3, {
		"1 2018-11-04|4-Nov-2018|2018-11-04T01:00:00-02:00"}},
	{"America/Sao_Paulo", "2018-11-04", "2018-11-04", INTERVAL_HOUR, 0, 23, {
		"0 2018-11-04 01:00:00|4-Nov 01:00|2018-11-04T01:00:00-02:00"}},
	{"America/Sao_Paulo", "2018-02-17", "2018-02-18", INTERVAL_HOUR, 0, 48, {
		"23 2018-02-17 23:00:00|17-Feb 23:00|2018-02-17T23:00:00-02:00",
		"24 2018-02-18 00:00:00|18-Feb 00:00|2018-02-18T00:00:00-03:00"}},
	/* half an hour back: 01:30 to 02:00 twice, in one bucket */
	{"Australia/Lord_Howe", "2024-04-07", "2024-04-07", INTERVAL_HOUR, 0, 24, {NULL}},
	/* two hours back: 01 and 02 come, and come again */
	{"Antarctica/Troll", "2024-10-27", "2024-10-27", INTERVAL_HOUR, 0, 24, {
		"1 2024-10-27 01:00:00|27-Oct 01:00|2024-10-27T01:00:00+02:00"}},
	/* quarters and years begin on the first of theirs, whatever of them is asked for */
	{"UTC", "2023-11-15", "2024-07-01", INTERVAL_QUARTER, 0, 4, {
		"0 2023-10-01|Q4 2023|2023-10-01T00:00:00Z", "1 2024-01-01|Q1 2024|2024-01-01T00:00:00Z",
		"3 2024-07-01|Q3 2024|2024-07-01T00:00:00Z"}},
	{"Europe/Berlin", "2024-02-10", "2024-12-31", INTERVAL_QUARTER, 1, 4, {
		"0 2024-01-01|Q1 2024|2024-01-01T00:00:00+01:00", "1 2024-04-01|Q2 2024|2024-04-01T00:00:00+02:00",
		"3 2024-10-01|Q4 2024|2024-10-01T00:00:00+02:00"}},
	{"Pacific/Apia", "2011-12-31", "2013-01-01", INTERVAL_YEAR, 0, 3, {
		"0 2011-01-01|2011|2011-01-01T00:00:00-10:00", "1 2012-01-01|2012|2012-01-01T00:00:00+14:00",
		"2 2013-01-01|2013|2013-01-01T00:00:00+14:00"}},
	{"Australia/Lord_Howe", "2024-04-07", "2024-10-06", INTERVAL_YEAR, 0, 1, {
		"0 2024-01-01|2024|2024-01-01T00:00:00+11:00"}},
	{"Africa/Casablanca", "2024-02-01", "2024-04-30", INTERVAL_WEEK, 1, 14, {NULL}},
};
/* clang-format on */

static int64_t wall_of(const char *day)
{
	struct date_text d;
	struct fault f;

	assert_true(date_read(day, "test", &d, &f));
	return d.us;
}

static void open_range(
	const struct bucket_case *c, const struct zone *zone, struct date_range *range)
{
	range->interval = c->interval;
	range->from_us = zone_instant_us(zone, wall_of(c->from));
	range->to_us = zone_instant_us(zone, wall_of(c->to) + us_per_day) - 1;
}

static const char *text_at(const json_t *list, size_t i)
{
	return json_string_value(json_array_get(list, i));
}

/* Every instant of the range lies in the bucket whose text its clock shows. */
static void check_instants(
	const struct bucket_case *c, const struct buckets *b, const struct date_range *range)
{
	g_autoptr(GTimeZone) tz = g_time_zone_new_identifier(c->zone);
	size_t cut = 0;

	for (int64_t us = range->from_us; us <= range->to_us; us += 600LL * US_PER_SECOND) {
		g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(us / US_PER_SECOND);
		g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, tz);
		struct calendar_date shown;
		int weekday = g_date_time_get_day_of_week(local) % 7;

		while (cut + 1 < b->cut_count && b->cuts[cut + 1] <= us) {
			cut++;
		}
		assert_true(b->cuts[cut] <= us);
		shown = calendar_split(b->walls[b->cut_buckets[cut]]);
		if (c->interval == INTERVAL_YEAR) {
			assert_int_equal(shown.year, g_date_time_get_year(local));
		} else if (c->interval == INTERVAL_QUARTER) {
			assert_int_equal(shown.year, g_date_time_get_year(local));
			assert_true(shown.month <= g_date_time_get_month(local));
			assert_true(g_date_time_get_month(local) < shown.month + 3);
		} else if (c->interval == INTERVAL_MONTH) {
			assert_int_equal(shown.month, g_date_time_get_month(local));
		} else if (c->interval == INTERVAL_WEEK) {
			g_autoptr(GDateTime) first = g_date_time_add_days(
				local, -((weekday - c->week_start_day + 7) % 7));

			assert_int_equal(shown.day, g_date_time_get_day_of_month(first));
		} else {
			assert_int_equal(shown.day, g_date_time_get_day_of_month(local));
		}
		if (c->interval == INTERVAL_HOUR || c->interval == INTERVAL_MINUTE) {
			assert_int_equal(shown.hour, g_date_time_get_hour(local));
		}
		if (c->interval == INTERVAL_MINUTE) {
			assert_int_equal(shown.minute, g_date_time_get_minute(local));
		}
	}
}

static void buckets_are_what_the_clock_on_the_wall_shows(void **state)
{
	struct fault f;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct bucket_case *c = &cases[i];
		struct zone *zone;
		struct date_place place = {.week_start_day = c->week_start_day};
		struct date_range range;
		struct buckets *b;
		json_t *days, *labels, *instants;
		g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

		print_message(
			"%s %s .. %s by %s\n", c->zone, c->from, c->to, interval_name(c->interval));
		assert_true(zone_open(c->zone, &zone, &f));
		place.zone = zone;
		open_range(c, zone, &range);
		assert_true(buckets_create(&range, &place, 10000, &b, &f));
		assert_int_equal(b->count, c->count);
		days = buckets_days(b);
		labels = buckets_labels(b, &range, zone);
		instants = buckets_instants(b, zone);
		for (size_t j = 0; j < G_N_ELEMENTS(c->some) && c->some[j]; j++) {
			char *rest;
			size_t at = (size_t)g_ascii_strtoull(c->some[j], &rest, 10);
			g_autofree char *got = g_strdup_printf("%s|%s|%s", text_at(days, at),
				text_at(labels, at), text_at(instants, at));

			assert_string_equal(got, rest + 1);
		}
		for (size_t j = 0; j < b->count; j++) {
			/* GHashTable is not const; the texts are only read. */
			gpointer day = (gpointer)(uintptr_t)text_at(days, j);

			assert_true(g_hash_table_add(seen, day));
		}
		check_instants(c, b, &range);
		json_decref(days);
		json_decref(labels);
		json_decref(instants);
		buckets_destroy(b);
		zone_close(zone);
	}
}

static void a_cut_is_a_bucket_unless_the_clock_goes_back_over_one(void **state)
{
	static const struct {
		const char *zone, *day;
		enum interval interval;
		bool is_plain;
	} clocks[] = {
		{"Europe/Berlin", "2024-10-27", INTERVAL_HOUR, true},
		{"Europe/Berlin", "2024-10-27", INTERVAL_MINUTE, false},
		{"Antarctica/Troll", "2024-10-27", INTERVAL_HOUR, false},
		{"America/St_Johns", "2010-11-07", INTERVAL_DAY, true},
	};
	struct fault f;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(clocks); i++) {
		struct bucket_case c = {.zone = clocks[i].zone,
			.from = clocks[i].day,
			.to = clocks[i].day,
			.interval = clocks[i].interval};
		struct zone *zone;
		struct date_place place = {.week_start_day = 0};
		struct date_range range;
		struct buckets *b;

		assert_true(zone_open(c.zone, &zone, &f));
		place.zone = zone;
		open_range(&c, zone, &range);
		assert_true(buckets_create(&range, &place, 10000, &b, &f));
		assert_int_equal(b->is_plain, clocks[i].is_plain);
		buckets_destroy(b);
		zone_close(zone);
	}
}

/* Every second around a change of the clock, which has no bucket for those it skips and one for
 * those it shows twice. */
static void seconds_are_what_the_clock_on_the_wall_shows(void **state)
{
	static const struct {
		const char *zone, *from;
		size_t minutes, count;
		bool is_plain;
		const char *some[3];
	} clocks[] = {
		{"UTC", "2024-01-03T13:59:58Z", 1, 60, true,
			{"0 2024-01-03 13:59:58|3-Jan 13:59:58|2024-01-03T13:59:58Z",
				"2 2024-01-03 14:00:00|3-Jan 14:00:00|2024-01-03T14:00:00Z"}},
		{"Europe/Berlin", "2024-03-31T00:59:00Z", 2, 120, true,
			{"59 2024-03-31 01:59:59|31-Mar 01:59:59|2024-03-31T01:59:59+01:00",
				"60 2024-03-31 03:00:00|31-Mar 03:00:00|2024-03-31T03:00:00+02:00"}},
		/* 02:59 to 03:00, and 02:00 to 02:01 again */
		{"Europe/Berlin", "2024-10-27T00:59:00Z", 62, 3660, false,
			{"0 2024-10-27 02:00:00|27-Oct 02:00:00|2024-10-27T02:00:00+01:00",
				"3659 2024-10-27 03:00:59|27-Oct 03:00:59|2024-10-27T03:00:59+01:00"}},
		{"Australia/Lord_Howe", "2024-04-06T14:59:00Z", 2, 120, false,
			{"60 2024-04-07 01:59:00|7-Apr 01:59:00|2024-04-07T01:59:00+11:00"}},
	};
	struct fault f;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(clocks); i++) {
		struct zone *zone;
		struct date_place place = {.week_start_day = 0};
		struct date_range range = {.interval = INTERVAL_SECOND};
		struct date_text from;
		struct buckets *b;
		json_t *days, *labels, *instants;
		g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

		print_message("%s from %s\n", clocks[i].zone, clocks[i].from);
		assert_true(zone_open(clocks[i].zone, &zone, &f));
		place.zone = zone;
		assert_true(date_read(clocks[i].from, "test", &from, &f));
		range.from_us = from.us;
		range.to_us = from.us + (int64_t)clocks[i].minutes * us_per_minute - 1;
		assert_true(buckets_create(&range, &place, 10000, &b, &f));
		days = buckets_days(b);
		labels = buckets_labels(b, &range, zone);
		instants = buckets_instants(b, zone);
		for (size_t j = 0; j < G_N_ELEMENTS(clocks[i].some) && clocks[i].some[j]; j++) {
			char *rest;
			size_t at = (size_t)g_ascii_strtoull(clocks[i].some[j], &rest, 10);
			g_autofree char *got = g_strdup_printf("%s|%s|%s", text_at(days, at),
				text_at(labels, at), text_at(instants, at));

			assert_string_equal(got, rest + 1);
		}
		for (size_t j = 0; j < b->count; j++) {
			/* GHashTable is not const; the texts are only read. */
			assert_true(g_hash_table_add(seen, (gpointer)(uintptr_t)text_at(days, j)));
		}
		assert_int_equal(b->count, clocks[i].count);
		assert_int_equal(b->is_plain, clocks[i].is_plain);
		json_decref(days);
		json_decref(labels);
		json_decref(instants);
		buckets_destroy(b);
		zone_close(zone);
	}
}

static void too_many_buckets_are_refused_before_they_are_made(void **state)
{
	struct zone *zone;
	struct date_place place = {.week_start_day = 0};
	struct bucket_case c = {
		.from = "1970-01-01", .to = "2200-12-31", .interval = INTERVAL_MINUTE};
	struct date_range range;
	struct buckets *b = NULL;
	struct fault f;

	(void)state;
	assert_true(zone_open("UTC", &zone, &f));
	place.zone = zone;
	open_range(&c, zone, &range);
	assert_false(buckets_create(&range, &place, 10000, &b, &f));
	assert_int_equal(f.kind, FAULT_TOO_LARGE);
	assert_non_null(strstr(f.detail, "121494240"));
	assert_non_null(strstr(f.detail, "10000"));
	assert_non_null(strstr(f.detail, "max_buckets"));
	c.from = "2024-01-01";
	c.to = "2024-01-10";
	c.interval = INTERVAL_DAY;
	open_range(&c, zone, &range);
	assert_false(buckets_create(&range, &place, 9, &b, &f));
	assert_null(b);
	assert_true(buckets_create(&range, &place, 10, &b, &f));
	assert_int_equal(b->count, 10);
	buckets_destroy(b);
	zone_close(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_are_what_the_clock_on_the_wall_shows),
		cmocka_unit_test(a_cut_is_a_bucket_unless_the_clock_goes_back_over_one),
		cmocka_unit_test(seconds_are_what_the_clock_on_the_wall_shows),
		cmocka_unit_test(too_many_buckets_are_refused_before_they_are_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
