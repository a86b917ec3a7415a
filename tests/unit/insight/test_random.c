/* Random queries over the demo's events and over made-up ones around changes of the clock, each
 * compared with the slow count of brute.c.
 *
 * INSIGHT_SEED repeats a run, INSIGHT_CASES makes it longer. */
#include "tests/unit/insight/brute.h"
#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <string.h>

enum { DEMO_PROJECT = 1, MADE_PROJECT = 2, DEFAULT_CASES = 300 };

static struct computed db;
static GPtrArray *demo, *made;
static GRand *dice;

static void free_event(gpointer data)
{
	struct brute_event *e = data;

	g_free(e->name);
	g_free(e->person);
	json_decref(e->properties);
	g_free(e);
}

static const char demo_table[] =
	"CREATE UNLOGGED TABLE raw (uuid uuid, event text, distinct_id text, at timestamptz,"
	" properties jsonb, group_0 text, group_1 text)";
static const char demo_copy[] =
	"COPY raw FROM STDIN WITH (FORMAT csv, HEADER, FORCE_NOT_NULL (group_0, group_1))";
static const char demo_events[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, properties,"
	" group_0, group_1) SELECT 1, uuid, event, distinct_id, md5(distinct_id)::uuid, at,"
	" properties, group_0, group_1 FROM raw; DROP TABLE raw; ANALYZE events";

static void load_demo(void)
{
	char program[] = "zcat", file[] = SOURCE_DIR "/deploy/demo/oss_events.csv.gz";
	char *argv[] = {program, file, NULL};
	g_autofree char *csv = NULL;
	int status = -1;
	struct fault f;

	assert_true(g_spawn_sync(
		NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &csv, NULL, &status, NULL));
	assert_int_equal(status, 0);
	computed_run(&db, demo_table);
	assert_true(pg_wait_copy_begin(db.wait, demo_copy, &f));
	assert_true(pg_wait_copy_add(db.wait, csv, strlen(csv), &f));
	assert_true(pg_wait_copy_end(db.wait, &f));
	computed_run(&db, demo_events);
}

/* Few people, few values, and instants that crowd around the changes of several clocks: ties,
 * empty texts, nulls and absent properties are common. */
static const char made_events[] =
	"SELECT setseed(0.5);"
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, properties)"
	" SELECT 2, gen_random_uuid(), (ARRAY['a', 'b', 'c'])[1 + floor(random() * 3)], 'd',"
	" md5(floor(random() * 9)::text)::uuid,"
	" base + floor(random() * 240) * interval '30 minutes' - interval '60 hours'"
	" + floor(random() * 2) * interval '999999 microseconds',"
	" (ARRAY['{\"x\": \"one\", \"n\": 1}', '{\"x\": \"Two\", \"n\": 20}', '{\"x\": \"\"}', '{\"x\": null}', '{}',"
	" '{\"x\": true, \"n\": 3}', '{\"x\": 12}', '{\"x\": \"12\", \"n\": -4}', '{\"x\": \"\xc3\xa9t\xc3\xa9\"}'])"
	"[1 + floor(random() * 9)]::jsonb"
	" FROM unnest(ARRAY['2024-03-31 01:00Z', '2024-10-27 01:00Z', '2024-03-10 07:00Z',"
	" '2024-11-03 06:00Z', '2011-12-30 10:00Z', '2018-02-18 02:00Z', '2018-11-04 03:00Z',"
	" '2024-01-01 00:00Z']::timestamptz[]) AS base, generate_series(1, 250)";

static GPtrArray *fetch(int64_t project)
{
	GPtrArray *events = g_ptr_array_new_with_free_func(free_event);
	struct sql *sql = sql_create();
	const struct rows *rows;
	struct fault f;

	sql_add(sql, "SELECT (extract(epoch FROM timestamp) * 1000000)::bigint, event, person_id,"
		     " properties FROM events WHERE project_id = ");
	sql_param_int(sql, project);
	sql_add(sql, " ORDER BY timestamp");
	assert_true(pg_wait_query(db.wait, sql, &rows, &f));
	for (size_t i = 0; i < rows->row_count; i++) {
		struct brute_event *e = g_new0(struct brute_event, 1);

		e->us = rows_int(rows, i, 0, 0);
		e->name = g_strdup(rows_text(rows, i, 1));
		e->person = g_strdup(rows_text(rows, i, 2));
		e->properties = json_loads(rows_text(rows, i, 3), 0, NULL);
		assert_non_null(e->properties);
		g_ptr_array_add(events, e);
	}
	return events;
}

static int start(void **state)
{
	(void)state;
	computed_start(&db);
	load_demo();
	computed_run(&db, made_events);
	demo = fetch(DEMO_PROJECT);
	made = fetch(MADE_PROJECT);
	assert_int_equal(demo->len, 24600);
	assert_int_equal(made->len, 2000);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	g_ptr_array_unref(demo);
	g_ptr_array_unref(made);
	computed_stop(&db);
	return 0;
}

static int below(int limit)
{
	return g_rand_int_range(dice, 0, limit);
}

static const char *pick(const char *const *texts, int count)
{
	return texts[below(count)];
}

#define PICK(texts) pick(texts, (int)G_N_ELEMENTS(texts))

static json_t *random_series(bool is_demo)
{
	static const char *const demo_names[] = {"commit", "tests changed", "merge",
		"build changed", "docs changed", "revert", "nothing"};
	static const char *const made_names[] = {"a", "b", "c", "nothing"};
	json_t *list = json_array();

	for (int i = below(4) ? 1 : 1 + below(3); i > 0; i--) {
		const char *name = is_demo ? PICK(demo_names) : PICK(made_names);

		json_array_append_new(
			list, json_pack("{s:s, s:s?, s:s}", "kind", "EventsNode", "event",
				      below(5) ? name : NULL, "math", below(2) ? "total" : "dau"));
	}
	return list;
}

static json_t *random_filter(bool is_demo)
{
	static const char *const subsystems[] = {"src", "(root)", "tests", "docs", "deps", "SRC"};
	static const char *const xs[] = {"one", "Two", "", "true", "12", "\xc3\xa9t\xc3\xa9"};
	static const char *const parts[] = {"S", "o", "1", "", "\xc3\x89", "%"};
	const char *key = is_demo ? "subsystem" : "x", *number = is_demo ? "insertions" : "n";
	const char *value = is_demo ? PICK(subsystems) : PICK(xs);

	switch (below(8)) {
	case 0:
		return json_pack("{s:s, s:s}", "key", key, "operator", "is_set");
	case 1:
		return json_pack("{s:s, s:s}", "key", key, "operator", "is_not_set");
	case 2:
		return json_pack(
			"{s:s, s:s, s:[s]}", "key", key, "operator", "exact", "value", value);
	case 3:
		return json_pack("{s:s, s:s, s:[s, s]}", "key", key, "operator", "is_not", "value",
			value, is_demo ? PICK(subsystems) : PICK(xs));
	case 4:
		return json_pack("{s:s, s:s, s:s}", "key", key, "operator", "icontains", "value",
			PICK(parts));
	case 5:
		return json_pack(
			"{s:s, s:s, s:i}", "key", number, "operator", "gt", "value", below(30) - 5);
	case 6:
		return json_pack("{s:s, s:s, s:[i, f]}", "key", number, "operator", "between",
			"value", below(10) - 5, below(100) + 0.5);
	default:
		return json_pack("{s:s, s:s, s:[s, s]}", "key", is_demo ? "is_fix" : "x",
			"operator", "exact", "value", "true", value);
	}
}

static void random_days(bool is_demo, const char *interval, char *first, char *last, size_t size)
{
	static const char *const changes[] = {"2024-03-31", "2024-10-27", "2024-03-10",
		"2024-11-03", "2011-12-31", "2018-02-18", "2018-11-04", "2024-01-01"};
	int days = strcmp(interval, "hour") == 0   ? 1 + below(20)
		   : strcmp(interval, "day") == 0  ? 1 + below(200)
		   : strcmp(interval, "week") == 0 ? 1 + below(1000)
						   : 1 + below(4000);
	GDate date;

	g_date_clear(&date, 1);
	if (is_demo) {
		g_date_set_dmy(&date, 1, G_DATE_JANUARY, 2009);
		g_date_add_days(&date, (guint)below(6000));
	} else {
		g_date_set_parse(&date, PICK(changes));
		g_date_subtract_days(&date, (guint)below(4));
		days = strcmp(interval, "hour") == 0 ? 1 + below(6) : days / 4 + 1;
	}
	(void)g_date_strftime(first, size, "%Y-%m-%d", &date);
	g_date_add_days(&date, (guint)days - 1);
	(void)g_date_strftime(last, size, "%Y-%m-%d", &date);
	/* A day that Samoa did not have is no end of a range. */
	if (strcmp(first, "2011-12-30") == 0) {
		(void)g_strlcpy(first, "2011-12-29", size);
	}
	if (strcmp(last, "2011-12-30") == 0) {
		(void)g_strlcpy(last, "2011-12-31", size);
	}
}

static json_t *query_json(const struct brute_query *q)
{
	json_t *query = json_pack("{s:s, s:s, s:{s:s, s:s}, s:O, s:O, s:{s:s, s:i}}", "kind",
		"TrendsQuery", "interval", q->interval, "dateRange", "date_from", q->first,
		"date_to", q->last, "series", q->series, "properties", q->filters, "trendsFilter",
		"display",
		q->is_total        ? "ActionsBarValue"
		: q->is_cumulative ? "ActionsLineGraphCumulative"
				   : "ActionsBar",
		"smoothingIntervals", q->smoothing);

	if (q->breakdown) {
		json_object_set_new(query, "breakdownFilter",
			json_pack("{s:s, s:i, s:b}", "breakdown", q->breakdown, "breakdown_limit",
				q->limit, "breakdown_hide_other_aggregation", q->hides_other));
	}
	return query;
}

/* The part of a result that the slow count makes too. */
static json_t *comparable(const json_t *result)
{
	json_t *list = json_array();
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(result, "results"), i, item)
	{
		json_t *total = json_object_get(item, "aggregated_value");
		json_t *key = json_object_get(item, "breakdown_value");
		json_t *numbers = total ? json_pack("[O]", total)
					: json_incref(json_object_get(item, "data"));

		json_array_append_new(
			list, json_pack("{s:O, s:O?, s:O, s:o}", "label",
				      json_object_get(item, "label"), "key", key, "days",
				      json_object_get(item, "days"), "numbers", numbers));
		if (!key) {
			json_object_set_new(json_array_get(list, i), "key", json_null());
		}
	}
	return list;
}

static double sum_of(const json_t *results)
{
	const json_t *item, *number;
	size_t i, j;
	double sum = 0;

	json_array_foreach(results, i, item)
	{
		json_array_foreach(json_object_get(item, "numbers"), j, number)
		{
			sum += json_real_value(number);
		}
	}
	return sum;
}

static bool check_one(guint32 seed)
{
	static const char *const zones[] = {"UTC", "Europe/Berlin", "America/New_York",
		"Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo", "Australia/Lord_Howe"};
	static const char *const intervals[] = {"hour", "day", "week", "month"};
	static const char *const demo_keys[] = {
		"subsystem", "is_fix", "project", "files_changed", "nothing"};
	static const char *const made_keys[] = {"x", "n"};
	bool is_demo;
	char first[16], last[16];
	struct brute_query q;
	struct insight_env env;
	json_t *query, *result, *got, *wanted;
	bool any;

	g_rand_set_seed(dice, seed);
	is_demo = below(2);
	q = (struct brute_query){.zone = PICK(zones),
		.interval = PICK(intervals),
		.week_start_day = below(2),
		.first = first,
		.last = last,
		.series = random_series(is_demo),
		.filters = json_array(),
		.limit = 1 + below(below(2) ? 4 : 40),
		.hides_other = below(4) == 0,
		.smoothing = below(4) ? 1 : 2 + below(8)};
	random_days(is_demo, q.interval, first, last, sizeof first);
	for (int i = below(3); i > 0; i--) {
		json_array_append_new(q.filters, random_filter(is_demo));
	}
	if (below(2)) {
		q.breakdown = is_demo ? PICK(demo_keys) : PICK(made_keys);
	}
	q.is_total = below(5) == 0;
	q.is_cumulative = !q.is_total && below(5) == 0;
	env = (struct insight_env){.project_id = is_demo ? DEMO_PROJECT : MADE_PROJECT,
		.timezone = q.zone,
		.week_start_day = q.week_start_day,
		.now_us = 1800000000000000LL};
	query = query_json(&q);
	result = computed_result(&db, query, &env);
	got = comparable(result);
	wanted = brute_results(is_demo ? demo : made, &q);
	any = sum_of(wanted) > 0;
	if (!json_equal(got, wanted)) {
		g_autofree char *query_text = json_write(query);
		g_autofree char *got_text = json_write(got);
		g_autofree char *wanted_text = json_write(wanted);

		g_printerr("INSIGHT_SEED=%" PRIu32 " %s week from %d\n%s\ngot    %s\nwanted %s\n",
			seed, q.zone, q.week_start_day, query_text, got_text, wanted_text);
		fail_msg("seed %" PRIu32, seed);
	}
	json_decref(q.series);
	json_decref(q.filters);
	json_decref(query);
	json_decref(result);
	json_decref(got);
	json_decref(wanted);
	return any;
}

static void random_queries_agree_with_a_slow_count(void **state)
{
	const char *seed_text = g_getenv("INSIGHT_SEED"), *cases_text = g_getenv("INSIGHT_CASES");
	guint32 seed = seed_text ? (guint32)g_ascii_strtoull(seed_text, NULL, 10) : g_random_int();
	guint cases = cases_text ? (guint)g_ascii_strtoull(cases_text, NULL, 10) : DEFAULT_CASES;
	guint counted = 0;

	(void)state;
	dice = g_rand_new();
	if (seed_text && !cases_text) {
		cases = 1;
	}
	print_message("INSIGHT_SEED=%" PRIu32 " and %u more\n", seed, cases - 1);
	for (guint i = 0; i < cases; i++) {
		counted += check_one(seed + i);
	}
	/* A test over empty results would prove nothing. */
	print_message("%u of %u queries counted something\n", counted, cases);
	assert_true(cases < 50 || counted > cases / 3);
	g_rand_free(dice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_queries_agree_with_a_slow_count),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
