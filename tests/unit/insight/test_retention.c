#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static struct computed db;

/* 2024-01-03 18:00 UTC, a Wednesday */
static const struct insight_env env = {
	.project_id = 1, .timezone = "UTC", .now_us = 1704304800000000LL};

/* Who does what on which days of January; u is the last digit of the person.
 *
 *        Dec 20   Jan 1             Jan 2            Jan 3
 *   1             visit, visit      visit            visit
 *   2             visit             buy              -
 *   3    visit    -                 visit            visit, buy 10
 *   4             -                 visit (other)    buy 5
 *   5             visit (other)     visit            visit */
static const char events[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, group_0,"
	" properties) SELECT p, gen_random_uuid(), e, 'd' || u,"
	" ('00000000-0000-0000-0000-00000000000' || u)::uuid, t::timestamptz, g, x::jsonb FROM (VALUES"
	" (1, 'visit', 1, '2024-01-01 00:00:00Z', 'g', '{\"from\": \"ad\"}'),"
	" (1, 'visit', 1, '2024-01-01 20:00:00Z', 'g', '{\"from\": \"ad\"}'),"
	" (1, 'visit', 1, '2024-01-02 12:00:00Z', 'h', '{\"from\": \"mail\"}'),"
	" (1, 'visit', 1, '2024-01-03 01:00:00Z', '', '{\"from\": \"mail\"}'),"
	" (1, 'visit', 2, '2024-01-01 23:59:59.999999Z', 'g', '{\"from\": \"ad\"}'),"
	" (1, 'buy', 2, '2024-01-02 13:00:00Z', '', '{\"price\": \"many\"}'),"
	" (1, 'visit', 3, '2023-12-20 10:00:00Z', '', '{\"from\": \"mail\"}'),"
	" (1, 'visit', 3, '2024-01-02 10:00:00Z', '', '{\"from\": \"mail\"}'),"
	" (1, 'visit', 3, '2024-01-03 09:59:00Z', '', '{}'),"
	" (1, 'buy', 3, '2024-01-03 10:00:00Z', '', '{\"price\": 10}'),"
	" (1, 'visit', 4, '2024-01-02 09:00:00Z', '', '{\"from\": \"other\"}'),"
	" (1, 'buy', 4, '2024-01-03 08:00:00Z', '', '{\"price\": \"5\"}'),"
	" (1, 'visit', 5, '2024-01-01 09:00:00Z', '', '{\"from\": \"other\"}'),"
	" (1, 'visit', 5, '2024-01-02 09:00:00Z', '', '{\"from\": \"mail\"}'),"
	" (1, 'visit', 5, '2024-01-03 09:00:00Z', '', '{\"from\": \"mail\"}'),"
	" (2, 'visit', 9, '2024-01-02 12:00:00Z', '', '{}'),"
	" (2, 'visit', 9, '2024-01-03 12:00:00Z', '', '{}')"
	") AS v (p, e, u, t, g, x)";

static int start(void **state)
{
	(void)state;
	computed_start(&db);
	computed_run(&db, events);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	computed_stop(&db);
	return 0;
}

#define VISIT "{\"id\": \"visit\", \"name\": \"visit\", \"type\": \"events\"}"
#define BUY "{\"id\": \"buy\", \"type\": \"events\"}"
#define NOT_OTHER                                                                                  \
	"{\"id\": \"visit\", \"type\": \"events\", \"properties\": [{\"key\": \"from\","           \
	" \"operator\": \"is_not\", \"value\": \"other\"}]}"
#define QUERY(target, returning, filter, rest)                                                     \
	"{\"kind\": \"RetentionQuery\", \"retentionFilter\": {\"targetEntity\": " target           \
	", \"returningEntity\": " returning ", \"totalIntervals\": 3" filter "}" rest "}"
#define TYPE(name) ", \"retentionType\": \"retention_" name "\""
#define BY_FROM ", \"breakdownFilter\": {\"breakdown\": \"from\"}"

/* "3 2 1 / 4 3 / 3", with "ad: " where a value begins and "=5" behind a number with a sum. */
static char *rows_of(const json_t *result)
{
	GString *text = g_string_new(NULL);
	const json_t *item, *cell;
	const char *before = "";
	size_t i, j;

	json_array_foreach(json_get_array(result, "results"), i, item)
	{
		const char *value = json_get_text(item, "breakdown_value", "");

		g_string_append(text, i ? " / " : "");
		if (strcmp(value, before) != 0) {
			g_string_append_printf(text, "%s: ", value);
		}
		before = value;
		json_array_foreach(json_object_get(item, "values"), j, cell)
		{
			const json_t *sum = json_object_get(cell, "aggregation_value");

			assert_true(json_is_integer(json_object_get(cell, "count")));
			g_string_append_printf(text, "%s%" JSON_INTEGER_FORMAT, j ? " " : "",
				json_get_int(cell, "count", -1));
			if (sum) {
				assert_true(json_is_real(sum));
				g_string_append_printf(text, "=%g", json_real_value(sum));
			}
		}
	}
	return g_string_free(text, FALSE);
}

static void check_rows_at(
	const struct insight_env *place, const char *query_text, const char *expected)
{
	json_t *query = computed_json(query_text);
	json_t *result = computed_result(&db, query, place);
	json_t *as_owner = computed_as_owner(&db, query, place);
	g_autofree char *got = rows_of(result);

	print_message("%s\n", query_text);
	assert_string_equal(got, expected);
	/* Row-level security must not be what keeps the other project's events out. */
	assert_true(json_equal(result, as_owner));
	json_decref(query);
	json_decref(result);
	json_decref(as_owner);
}

static void check_rows(const char *query_text, const char *expected)
{
	check_rows_at(&env, query_text, expected);
}

static void check_json_at(
	const struct insight_env *place, const char *query_text, const char *expected_text)
{
	json_t *query = computed_json(query_text);
	json_t *expected = computed_json(expected_text);
	json_t *result = computed_result(&db, query, place);
	g_autofree char *got = json_write(result);
	g_autofree char *wanted = json_write(expected);

	assert_string_equal(got, wanted);
	json_decref(query);
	json_decref(expected);
	json_decref(result);
}

static void a_table_is_written_as_the_api_writes_it(void **state)
{
	struct insight_env berlin = env;

	(void)state;
	berlin.timezone = "Europe/Berlin";
	/* Cells of the future are not there.  In Berlin the second person's visit is on the 2nd. */
	check_json_at(&berlin, QUERY(VISIT, VISIT, "", ""),
		"{\"results\": ["
		"{\"label\": \"Day 0\", \"date\": \"2024-01-01T00:00:00+01:00\", \"breakdown_value\": null, \"values\": ["
		"{\"count\": 2, \"label\": \"Day 0\"}, {\"count\": 2, \"label\": \"Day 1\"}, {\"count\": 2, \"label\": \"Day 2\"}]},"
		"{\"label\": \"Day 1\", \"date\": \"2024-01-02T00:00:00+01:00\", \"breakdown_value\": null, \"values\": ["
		"{\"count\": 5, \"label\": \"Day 0\"}, {\"count\": 3, \"label\": \"Day 1\"}]},"
		"{\"label\": \"Day 2\", \"date\": \"2024-01-03T00:00:00+01:00\", \"breakdown_value\": null, \"values\": ["
		"{\"count\": 3, \"label\": \"Day 0\"}]}],"
		" \"resolved_date_range\": {\"date_from\": \"2024-01-01T00:00:00+01:00\","
		" \"date_to\": \"2024-01-03T23:59:59.999999+01:00\"}}");
}

static void starts_are_told_apart_by_type(void **state)
{
	(void)state;
	/* recurring: 1 2 5 | 1 3 4 5 | 1 3 5 */
	check_rows(QUERY(VISIT, VISIT, "", ""), "3 2 2 / 4 3 / 3");
	check_rows(QUERY(VISIT, VISIT, TYPE("recurring"), ""), "3 2 2 / 4 3 / 3");
	check_rows(QUERY(VISIT, BUY, "", ""), "3 1 0 / 4 2 / 3");
	/* first time: 1 2 5 | 4 | none, for 3 came in December */
	check_rows(QUERY(VISIT, VISIT, TYPE("first_time"), ""), "3 2 2 / 1 0 / 0");
	check_rows(QUERY(VISIT, BUY, TYPE("first_time"), ""), "3 1 0 / 1 1 / 0");
	/* The first that is not "other": 5's is on the second day. */
	check_rows(QUERY(NOT_OTHER, VISIT, TYPE("first_time"), ""), "2 1 1 / 1 1 / 0");
	/* The first at all is "other" for 4 and 5, who then never start. */
	check_rows(QUERY(NOT_OTHER, VISIT, TYPE("first_ever_occurrence"), ""), "2 1 1 / 0 0 / 0");
	/* filters of the query are filters too, and hold for those who return */
	check_rows(QUERY(VISIT, VISIT, TYPE("first_ever_occurrence"),
			   ", \"properties\": [{\"key\": \"from\", \"operator\": \"is_not\","
			   " \"value\": \"other\"}]"),
		"2 1 1 / 0 0 / 0");
	check_rows(QUERY(VISIT, VISIT, TYPE("first_time"),
			   ", \"properties\": [{\"key\": \"from\", \"operator\": \"is_not\","
			   " \"value\": \"other\"}]"),
		"2 1 1 / 1 1 / 0");
}

static void columns_are_cumulative_or_brackets(void **state)
{
	(void)state;
	/* of 1 2 5, who bought on the 2nd or later: 2; of 1 3 4 5: 3 4 */
	check_rows(QUERY(VISIT, BUY, ", \"cumulative\": true", ""), "3 1 0 / 4 2 / 3");
	check_rows(QUERY(VISIT, VISIT, ", \"cumulative\": true", ""), "3 2 2 / 4 3 / 3");
	check_rows(QUERY(BUY, VISIT, ", \"cumulative\": true", ""), "0 0 0 / 1 0 / 2");
	check_rows(QUERY(VISIT, "{\"type\": \"events\"}", ", \"retentionCustomBrackets\": [2]", ""),
		"3 3 / 4 4 / 3");
	check_json_at(&env,
		"{\"kind\": \"RetentionQuery\", \"retentionFilter\": {\"period\": \"Week\","
		" \"totalIntervals\": 4, \"retentionCustomBrackets\": [1, 3, 7],"
		" \"targetEntity\": " VISIT ", \"returningEntity\": " VISIT "}}",
		"{\"results\": ["
		"{\"label\": \"Week 0\", \"date\": \"2023-12-10T00:00:00Z\", \"breakdown_value\": null, \"values\": ["
		"{\"count\": 0, \"label\": \"Week 0\"}, {\"count\": 0, \"label\": \"Week 1\"}, {\"count\": 0, \"label\": \"Weeks 2-4\"}]},"
		"{\"label\": \"Week 1\", \"date\": \"2023-12-17T00:00:00Z\", \"breakdown_value\": null, \"values\": ["
		"{\"count\": 1, \"label\": \"Week 0\"}, {\"count\": 0, \"label\": \"Week 1\"}, {\"count\": 1, \"label\": \"Weeks 2-4\"}]},"
		"{\"label\": \"Week 2\", \"date\": \"2023-12-24T00:00:00Z\", \"breakdown_value\": null, \"values\": ["
		"{\"count\": 0, \"label\": \"Week 0\"}, {\"count\": 0, \"label\": \"Week 1\"}]},"
		"{\"label\": \"Week 3\", \"date\": \"2023-12-31T00:00:00Z\", \"breakdown_value\": null, \"values\": ["
		"{\"count\": 5, \"label\": \"Week 0\"}]}],"
		" \"resolved_date_range\": {\"date_from\": \"2023-12-10T00:00:00Z\","
		" \"date_to\": \"2024-01-03T23:59:59.999999Z\"}}");
}

static void the_end_of_the_range_fixes_the_last_cohort(void **state)
{
	(void)state;
	check_rows(
		QUERY(VISIT, VISIT, "",
			", \"dateRange\": {\"date_from\": \"-90d\", \"date_to\": \"2024-01-02\"}"),
		"0 0 0 / 3 2 / 4");
	check_rows(QUERY(VISIT, VISIT, "", ", \"dateRange\": {\"date_to\": \"-1d\"}"),
		"0 0 0 / 3 2 / 4");
	check_rows(QUERY(VISIT, VISIT, "", ", \"dateRange\": {\"excludeIncompletePeriods\": true}"),
		"0 0 0 / 3 2 / 4");
	/* Hours; 20:00 is the last one. */
	check_rows(QUERY(VISIT, VISIT, ", \"period\": \"Hour\"",
			   ", \"dateRange\": {\"date_to\": \"2024-01-03 10:20\"}"),
		"0 0 0 / 2 0 / 0");
	check_rows(QUERY(VISIT, VISIT, ", \"period\": \"Month\"", ""), "0 0 0 / 1 1 / 5");
}

static void an_interval_needs_so_many_events(void **state)
{
	(void)state;
	check_rows(QUERY(VISIT, VISIT, ", \"minimumOccurrences\": 2", ""), "1 0 0 / 0 0 / 0");
	/* Of any event, 3 does two things on the last day. */
	check_rows(QUERY(VISIT, "{\"type\": \"events\"}",
			   ", \"minimumOccurrences\": 2" TYPE("first_time"), ""),
		"3 0 0 / 1 0 / 0");
	check_rows(QUERY("{\"type\": \"events\"}", "{\"type\": \"events\"}",
			   ", \"minimumOccurrences\": 2", ""),
		"1 0 0 / 0 0 / 1");
}

static void windows_roll_from_the_own_start(void **state)
{
	(void)state;
	/* From 00:00: 12:00 on the 2nd and 01:00 on the 3rd are one and two days later.  From
	 * 09:00: exactly one and two days later.  From the last microsecond of the 1st: a visit
	 * 13 hours later is none. */
	check_rows(QUERY(VISIT, "{\"type\": \"events\"}",
			   ", \"timeWindowMode\": \"24_hour_windows\"", ""),
		"3 2 2 / 4 2 / 3");
	check_rows(QUERY(VISIT, BUY, ", \"timeWindowMode\": \"24_hour_windows\"", ""),
		"3 0 0 / 4 1 / 3");
	check_rows(QUERY(VISIT, BUY, ", \"timeWindowMode\": \"24_hour_windows\"" TYPE("first_time"),
			   ""),
		"3 0 0 / 1 0 / 0");
}

static void properties_of_returning_events_are_aggregated(void **state)
{
	(void)state;
	/* 2 bought for "many"; 3 for 10 and 4 for 5 on the last day. */
	check_rows(
		QUERY(VISIT, BUY,
			", \"aggregationType\": \"sum\", \"aggregationProperty\": \"price\"", ""),
		"3=0 1=0 0=0 / 4=0 2=15 / 3=10");
	check_rows(
		QUERY(VISIT, BUY,
			", \"aggregationType\": \"avg\", \"aggregationProperty\": \"price\"", ""),
		"3=0 1=0 0=0 / 4=0 2=7.5 / 3=10");
	check_rows(QUERY(VISIT, BUY,
			   ", \"aggregationType\": \"sum\", \"aggregationProperty\": \"price\","
			   " \"timeWindowMode\": \"24_hour_windows\"",
			   ""),
		"3=0 0=0 0=0 / 4=5 1=10 / 3=10");
}

static void a_cohort_is_split_by_how_it_started(void **state)
{
	(void)state;
	/* The value is the first one's; who returns, returns by whatever value.  ad: 1 2; other: 5
	 * then 4; mail: 1 3 5 on the 2nd, 1 5 on the 3rd; none: 3 on the 3rd */
	check_rows(QUERY(VISIT, VISIT, "", BY_FROM),
		"mail: 0 0 0 / 3 3 / 2 / ad: 2 1 1 / 0 0 / 0 / other: 1 1 1 / 1 0 / 0"
		" / $$_posthog_breakdown_null_$$: 0 0 0 / 0 0 / 1");
	check_rows(QUERY(VISIT, VISIT, TYPE("first_time"), BY_FROM),
		"ad: 2 1 1 / 0 0 / 0 / other: 1 1 1 / 1 0 / 0");
	check_rows(
		QUERY(VISIT, VISIT, "",
			", \"breakdownFilter\": {\"breakdown\": \"from\", \"breakdown_limit\": 1}"),
		"mail: 0 0 0 / 3 3 / 2 / $$_posthog_breakdown_other_$$: 3 2 2 / 1 0 / 1");
	check_rows(
		QUERY(VISIT, VISIT, "",
			", \"breakdownFilter\": {\"breakdown\": \"from\", \"breakdown_limit\": 1,"
			" \"breakdown_hide_other_aggregation\": true}"),
		"mail: 0 0 0 / 3 3 / 2");
	check_rows(QUERY("{\"id\": \"nothing\", \"type\": \"events\"}", VISIT, "", BY_FROM), "");
}

static void groups_are_counted(void **state)
{
	(void)state;
	check_rows(QUERY(VISIT, VISIT, "", ", \"aggregation_group_type_index\": 0"),
		"1 0 0 / 1 0 / 0");
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *query;
		enum fault_kind kind;
		const char *detail;
	} cases[] = {
		{"{\"kind\": \"RetentionQuery\", \"retentionFilter\": 5}", FAULT_QUERY,
			"retentionFilter is not an object"},
		{QUERY("5", VISIT, "", ""), FAULT_QUERY,
			"retentionFilter.targetEntity is not an object"},
		{QUERY(VISIT, "{\"id\": 5, \"type\": \"events\"}", "", ""), FAULT_QUERY,
			"retentionFilter.returningEntity.id is not a text"},
		{QUERY(VISIT,
			 "{\"id\": \"a\", \"properties\": [{\"key\": \"k\", \"operator\": \"like\", \"value\": 1}]}",
			 "", ""),
			FAULT_QUERY,
			"retentionFilter.returningEntity.properties[0].operator: 'like' is not an operator"},
		{QUERY(VISIT, VISIT, ", \"period\": \"Year\"", ""), FAULT_QUERY,
			"retentionFilter.period: 'Year' is not Hour, Day, Week or Month"},
		{QUERY(VISIT, VISIT, ", \"retentionType\": \"x\"", ""), FAULT_QUERY,
			"retentionFilter.retentionType: 'x' is not a type of retention"},
		{QUERY(VISIT, VISIT, ", \"timeWindowMode\": 1", ""), FAULT_QUERY,
			"retentionFilter.timeWindowMode is not a text"},
		{QUERY(VISIT, VISIT, ", \"minimumOccurrences\": 0", ""), FAULT_QUERY,
			"retentionFilter.minimumOccurrences: 0 is not a whole number from 1 to 1000000"},
		{QUERY(VISIT, VISIT, ", \"aggregationType\": \"sum\"", ""), FAULT_QUERY,
			"retentionFilter.aggregationProperty: 'sum' needs the name of a property"},
		{QUERY(VISIT, VISIT, ", \"retentionCustomBrackets\": [1, 0]", ""), FAULT_QUERY,
			"retentionFilter.retentionCustomBrackets[1] is not a whole number from 1 to 1000"},
		{"{\"kind\": \"RetentionQuery\", \"retentionFilter\": {\"totalIntervals\": 63}}",
			FAULT_QUERY,
			"retentionFilter.totalIntervals: 63 is not a whole number from 1 to 62"},
		{QUERY(VISIT, VISIT, ", \"period\": \"Month\"",
			 ", \"dateRange\": {\"date_to\": \"1970-02-01\"}"),
			FAULT_DATE,
			"dateRange.date_to: 3 intervals of one month before it begin before the year 1970"},
	};
	struct fault f;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *query = computed_json(cases[i].query), *result = NULL;

		print_message("%s\n", cases[i].query);
		assert_false(computed_try(&db, query, &env, &result, &f));
		assert_string_equal(f.detail, cases[i].detail);
		assert_int_equal(f.kind, cases[i].kind);
		json_decref(query);
	}
}

static void many_cohorts_fit(void **state)
{
	json_t *query = computed_json(
		"{\"kind\": \"RetentionQuery\", \"retentionFilter\": {"
		"\"targetEntity\": " VISIT ", \"returningEntity\": {\"type\": \"events\"},"
		" \"cumulative\": true, \"totalIntervals\": 62}}");
	json_t *result = computed_result(&db, query, &env);
	const json_t *rows = json_object_get(result, "results");
	g_autofree char *december = json_write(json_object_get(json_array_get(rows, 47), "values"));

	(void)state;
	assert_int_equal(json_array_size(rows), 62);
	assert_int_equal(json_array_size(json_object_get(json_array_get(rows, 0), "values")), 62);
	/* the third person's visit of December, and all days up to their last */
	assert_true(g_str_has_prefix(
		december, "[{\"count\":1,\"label\":\"Day 0\"},{\"count\":1,\"label\":\"Day 1\"}"));
	assert_true(g_str_has_suffix(december, "{\"count\":1,\"label\":\"Day 14\"}]"));
	json_decref(query);
	json_decref(result);
}

static void a_clock_that_skips_an_hour_has_as_many_cohorts(void **state)
{
	struct insight_env berlin = env;
	json_t *query = computed_json(
		"{\"kind\": \"RetentionQuery\", \"retentionFilter\": {\"period\": \"Hour\","
		" \"totalIntervals\": 3}, \"dateRange\": {\"date_to\": \"2024-03-31 03:10\"}}");
	json_t *result, *rows;

	(void)state;
	berlin.timezone = "Europe/Berlin";
	result = computed_result(&db, query, &berlin);
	rows = json_object_get(result, "results");
	assert_int_equal(json_array_size(rows), 3);
	assert_string_equal(
		json_get_text(json_array_get(rows, 0), "date", ""), "2024-03-31T00:00:00+01:00");
	assert_string_equal(
		json_get_text(json_array_get(rows, 2), "date", ""), "2024-03-31T03:00:00+02:00");
	json_decref(query);
	json_decref(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_written_as_the_api_writes_it),
		cmocka_unit_test(starts_are_told_apart_by_type),
		cmocka_unit_test(columns_are_cumulative_or_brackets),
		cmocka_unit_test(the_end_of_the_range_fixes_the_last_cohort),
		cmocka_unit_test(an_interval_needs_so_many_events),
		cmocka_unit_test(windows_roll_from_the_own_start),
		cmocka_unit_test(properties_of_returning_events_are_aggregated),
		cmocka_unit_test(a_cohort_is_split_by_how_it_started),
		cmocka_unit_test(groups_are_counted),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(many_cohorts_fit),
		cmocka_unit_test(a_clock_that_skips_an_hour_has_as_many_cohorts),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
