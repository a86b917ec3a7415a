#include "render/bucket.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void dates_and_times_are_read_and_nothing_else_is(void **state)
{
	static const char *const good[] = {"2024-01-03", "2024-02-29", "2024-01-03 14:00:00",
		"2024-01-03 14:00", "2024-01-03T14:00:00Z", "2024-01-03T14:00:00+02:00",
		"2024-01-03T14:00:00.123456Z"};
	static const char *const bad[] = {"", "1", "3-Jan-2024", "2024-13-01", "2024-02-30",
		"2023-02-29", "2024-1-3", "0000-01-01", "2024-01-03 25:00:00", "2024-01-03 14",
		"2024-01-03 14:61:00", "2024-01-03x", "20240103", "2024-01-03 ", "٢٠٢٤-٠١-٠٣"};
	struct bucket b;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		assert_true(bucket_parse(good[i], &b));
		assert_int_equal(b.year, 2024);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		if (bucket_parse(bad[i], &b)) {
			fail_msg("\"%s\" is taken for a date", bad[i]);
		}
	}
}

static int64_t us(const char *iso)
{
	g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(iso, NULL);

	assert_non_null(at);
	return g_date_time_to_unix(at) * G_USEC_PER_SEC;
}

static void a_bucket_is_open_from_its_start_to_before_its_end(void **state)
{
	static const struct {
		const char *text;
		enum interval interval;
		bool open;
		const char *timezone, *now;
	} cases[] = {
		{"2024-01-03", INTERVAL_DAY, true, "UTC", "2024-01-03T00:00:00Z"},
		{"2024-01-03", INTERVAL_DAY, true, "UTC", "2024-01-03T23:59:59Z"},
		{"2024-01-03", INTERVAL_DAY, false, "UTC", "2024-01-04T00:00:00Z"},
		{"2024-01-03", INTERVAL_DAY, false, "UTC", "2024-01-02T23:59:59Z"},
		{"2024-01-03", INTERVAL_DAY, true, "America/New_York", "2024-01-04T04:59:59Z"},
		{"2024-01-03", INTERVAL_DAY, false, "America/New_York", "2024-01-03T04:59:59Z"},
		{"2024-01-03", INTERVAL_DAY, true, "No/Such_Zone", "2024-01-03T12:00:00Z"},
		{"2024-01-01", INTERVAL_WEEK, true, "UTC", "2024-01-07T23:00:00Z"},
		{"2024-01-01", INTERVAL_WEEK, false, "UTC", "2024-01-08T00:00:00Z"},
		{"2024-02-01", INTERVAL_MONTH, true, "UTC", "2024-02-29T23:00:00Z"},
		{"2024-02-01", INTERVAL_MONTH, false, "UTC", "2024-03-01T00:00:00Z"},
		{"2024-01-03 14:00:00", INTERVAL_HOUR, true, "UTC", "2024-01-03T14:59:00Z"},
		{"2024-01-03 14:00:00", INTERVAL_HOUR, false, "UTC", "2024-01-03T15:00:00Z"},
		{"2024-01-03 14:05:00", INTERVAL_MINUTE, true, "UTC", "2024-01-03T14:05:30Z"},
		{"2024-01-03T14:00:00Z", INTERVAL_HOUR, true, "Asia/Tokyo", "2024-01-03T14:30:00Z"},
		{"2024-01-03T14:00:00+02:00", INTERVAL_HOUR, true, "Asia/Tokyo",
			"2024-01-03T12:30:00Z"},
		/* The day on which clocks go forward has 23 hours. */
		{"2024-03-31", INTERVAL_DAY, true, "Europe/Berlin", "2024-03-31T21:59:59Z"},
		{"2024-03-31", INTERVAL_DAY, false, "Europe/Berlin", "2024-03-31T22:00:00Z"},
		{"3", INTERVAL_DAY, false, "UTC", "2024-01-03T12:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		if (bucket_is_open(cases[i].text, cases[i].interval, cases[i].timezone,
			    us(cases[i].now)) != cases[i].open) {
			fail_msg("%s in %s at %s", cases[i].text, cases[i].timezone, cases[i].now);
		}
	}
	assert_false(bucket_is_open("1970-01-01", INTERVAL_DAY, "UTC", 0));
}

/* Buckets from `start`, one interval after another. */
static struct result buckets(const char *start, enum interval interval, size_t count)
{
	struct result r = {.interval = interval, .bucket_count = count};
	g_autofree char *iso = g_strconcat(start, start[10] ? "Z" : "T00:00:00Z", NULL);
	g_autoptr(GDateTime) first = g_date_time_new_from_iso8601(iso, NULL);

	assert_non_null(first);
	r.days = g_new0(char *, count + 1);
	r.labels = g_new0(char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		int n = (int)i;
		bool clock = interval == INTERVAL_HOUR || interval == INTERVAL_MINUTE;
		g_autoptr(GDateTime) at =
			interval == INTERVAL_MONTH  ? g_date_time_add_months(first, n)
			: interval == INTERVAL_WEEK ? g_date_time_add_weeks(first, n)
			: interval == INTERVAL_DAY  ? g_date_time_add_days(first, n)
			: interval == INTERVAL_HOUR ? g_date_time_add_hours(first, n)
						    : g_date_time_add_minutes(first, n);

		r.days[i] = g_date_time_format(at, clock ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d");
		r.labels[i] = g_strdup(r.days[i]);
	}
	return r;
}

static void free_buckets(struct result *r)
{
	g_strfreev(r->days);
	g_strfreev(r->labels);
}

static void expect_texts(const struct result *r, size_t level, const char *wanted)
{
	struct bucket_texts t = bucket_texts_create(r, level);
	GString *all = g_string_new(NULL);

	for (size_t i = 0; i < t.count; i++) {
		if (t.texts[i]) {
			g_string_append_printf(
				all, "%s%zu:%s", all->len > 0 ? " " : "", i, t.texts[i]);
		}
	}
	assert_string_equal(all->str, wanted);
	g_string_free(all, TRUE);
	bucket_texts_destroy(&t);
}

static void buckets_are_named_as_their_interval_and_span_ask(void **state)
{
	static const struct {
		const char *start;
		enum interval interval;
		size_t count, level;
		const char *texts;
	} cases[] = {
		{"2024-01-03", INTERVAL_DAY, 3, 0, "0:Jan 3 1:Jan 4 2:Jan 5"},
		{"2023-12-30", INTERVAL_DAY, 4, 0, "0:Dec 30 1:Dec 31 2:2024 3:Jan 2"},
		{"2024-01-31", INTERVAL_DAY, 3, 0, "0:Jan 31 1:February 2:Feb 2"},
		{"2024-01-03", INTERVAL_DAY, 7, 1, "0:Jan 3 2:Jan 5 4:Jan 7 6:Jan 9"},
		{"2024-01-01", INTERVAL_WEEK, 3, 0, "0:2024 1:Jan 8 2:Jan 15"},
		{"2023-11-01", INTERVAL_MONTH, 4, 0, "0:November 1:December 2:2024 3:February"},
		{"2023-11-01", INTERVAL_MONTH, 6, 1, "0:November 2:2024 4:March"},
		{"2020-01-01", INTERVAL_MONTH, 40, 0, "0:2020 12:2021 24:2022 36:2023"},
		{"2024-01-10", INTERVAL_DAY, 100, 0, "22:February 51:March 82:April"},
		{"2024-01-01", INTERVAL_WEEK, 15, 0, "0:2024 5:February 9:March 13:April"},
		{"2024-01-03 22:00:00", INTERVAL_HOUR, 3, 0, "0:22:00 1:23:00 2:Jan 4"},
		{"2024-01-03 00:00:00", INTERVAL_HOUR, 25, 0,
			"0:Jan 3 6:06:00 12:12:00 18:18:00 24:Jan 4"},
		{"2024-01-03 20:00:00", INTERVAL_HOUR, 60, 0,
			"4:Jan 4 16:12:00 28:Jan 5 40:12:00 52:Jan 6"},
		{"2024-01-03 00:00:00", INTERVAL_HOUR, 97, 0,
			"0:Jan 3 24:Jan 4 48:Jan 5 72:Jan 6 96:Jan 7"},
		{"2024-01-03 14:58:00", INTERVAL_MINUTE, 4, 0, "0:14:58 1:14:59 2:15:00 3:15:01"},
		{"2024-01-03 14:58:00", INTERVAL_MINUTE, 10, 2, "2:15:00 7:15:05"},
		{"2024-07-05", INTERVAL_MONTH, 1, 0, "0:July"},
		{"2024-01-03", INTERVAL_DAY, 0, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct result r = buckets(cases[i].start, cases[i].interval, cases[i].count);

		expect_texts(&r, cases[i].level, cases[i].texts);
		free_buckets(&r);
	}
}

static void what_is_no_date_shows_its_label(void **state)
{
	char days[3][8] = {"1", "2", "3"};
	char labels[3][8] = {"1 day", "2 days", "3 days"};
	char *day_list[] = {days[0], days[1], days[2], NULL};
	char *label_list[] = {labels[0], labels[1], labels[2], NULL};
	struct result r = {.days = day_list, .labels = label_list, .bucket_count = 3};

	(void)state;
	expect_texts(&r, 0, "0:1 day 1:2 days 2:3 days");
	expect_texts(&r, 1, "0:1 day 2:3 days");
}

static size_t count_texts(const struct bucket_texts *t)
{
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++) {
		count += t->texts[i] ? 1 : 0;
	}
	return count;
}

static void coarser_levels_end_and_never_name_more(void **state)
{
	static const enum interval intervals[] = {
		INTERVAL_MINUTE, INTERVAL_HOUR, INTERVAL_DAY, INTERVAL_WEEK, INTERVAL_MONTH};
	static const size_t counts[] = {1, 2, 24, 49, 100, 400, 1500};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(intervals); i++) {
		for (size_t c = 0; c < G_N_ELEMENTS(counts); c++) {
			struct result r = buckets("2021-03-05 07:00:00", intervals[i], counts[c]);
			size_t before = SIZE_MAX;
			bool more = true;
			size_t level;

			for (level = 0; more; level++) {
				struct bucket_texts t = bucket_texts_create(&r, level);

				assert_in_range(count_texts(&t), 1, before);
				before = count_texts(&t);
				more = t.has_coarser;
				bucket_texts_destroy(&t);
			}
			assert_in_range(level, 1, 20);
			free_buckets(&r);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_and_times_are_read_and_nothing_else_is),
		cmocka_unit_test(a_bucket_is_open_from_its_start_to_before_its_end),
		cmocka_unit_test(buckets_are_named_as_their_interval_and_span_ask),
		cmocka_unit_test(what_is_no_date_shows_its_label),
		cmocka_unit_test(coarser_levels_end_and_never_name_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
