#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>

static struct computed db;

/* 2024-01-03 18:00 UTC */
static const struct insight_env env = {
	.project_id = 1, .timezone = "UTC", .now_us = 1704304800000000LL};

/* u is the last digit of the person, g its organization. */
static const char visits[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, group_0)"
	" SELECT p, gen_random_uuid(), e, 'd' || u,"
	" ('00000000-0000-0000-0000-00000000000' || u)::uuid, t::timestamptz, g FROM (VALUES"
	" (1, 'visit', 2, '2023-12-31 23:59:59.999999Z', 'acme'),"
	" (1, 'visit', 1, '2024-01-01 00:00:00Z', 'acme'),"
	" (1, 'visit', 1, '2024-01-01 10:00:00Z', 'acme'),"
	" (1, 'visit', 2, '2024-01-01 23:59:59.999999Z', 'acme'),"
	" (1, 'visit', 1, '2024-01-02 12:00:00Z', ''),"
	" (1, 'visit', 3, '2024-01-03 00:00:00Z', 'acme'),"
	" (1, 'visit', 4, '2024-01-03 09:00:00Z', 'beta'),"
	" (1, 'visit', 4, '2024-01-03 09:30:00Z', 'beta'),"
	" (1, 'visit', 2, '2024-01-04 00:00:00Z', 'acme'),"
	" (1, 'buy', 2, '2024-01-02 13:00:00Z', ''),"
	" (2, 'visit', 9, '2024-01-02 12:00:00Z', 'other')"
	") AS v (p, e, u, t, g)";

static int start(void **state)
{
	(void)state;
	computed_start(&db);
	computed_run(&db, visits);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	computed_stop(&db);
	return 0;
}

#define QUERY(series, rest)                                                                             \
	"{\"kind\": \"StickinessQuery\", \"dateRange\": {\"date_from\": \"-2d\"}, \"series\": [" series \
	"]" rest "}"
#define VISITS "{\"kind\": \"EventsNode\", \"event\": \"visit\"}"
#define FILTER(rest) ", \"stickinessFilter\": {" rest "}"
#define CRITERIA(operator, value)                                                                  \
	FILTER("\"stickinessCriteria\": {\"operator\": \"" operator"\", \"value\": " value "}")

/* "label: 3 1 0 = 4; …" */
static char *lines_of(const json_t *result)
{
	GString *text = g_string_new(NULL);
	const json_t *item, *number;
	size_t i, j;

	json_array_foreach(json_get_array(result, "results"), i, item)
	{
		const char *compare = json_get_text(item, "compare_label", NULL);

		g_string_append_printf(text, "%s%s%s%s:", i ? "; " : "",
			json_get_text(item, "label", "?"), compare ? " " : "",
			compare ? compare : "");
		assert_int_equal(json_array_size(json_object_get(item, "data")),
			json_array_size(json_object_get(item, "labels")));
		json_array_foreach(json_object_get(item, "data"), j, number)
		{
			assert_true(json_is_integer(number));
			g_string_append_printf(
				text, " %" JSON_INTEGER_FORMAT, json_integer_value(number));
		}
		g_string_append_printf(text, " = %" JSON_INTEGER_FORMAT,
			json_integer_value(json_object_get(item, "count")));
	}
	return g_string_free(text, FALSE);
}

/* clang-format off */
static const struct {
	const char *query, *lines;
} counted[] = {
	{QUERY(VISITS, ""), "visit: 3 1 0 = 4"},
	{QUERY("{\"event\": \"visit\", \"math\": \"dau\", \"custom_name\": \"Came\"}", ""), "Came: 3 1 0 = 4"},
	{QUERY("{\"event\": null}", ""), "All events: 2 2 0 = 4"},
	{QUERY("{\"event\": \"nothing\"}, " VISITS, ""), "nothing: 0 0 0 = 0; visit: 3 1 0 = 4"},
	{QUERY(VISITS, FILTER("\"computedAs\": \"cumulative\"")), "visit: 4 1 0 = 5"},
	/* acme came on two days, beta on one */
	{QUERY("{\"event\": \"visit\", \"math\": \"unique_group\", \"math_group_type_index\": 0}, " VISITS, ""), "visit: 1 1 0 = 2; visit: 3 1 0 = 4"},
	{QUERY(VISITS, ", \"aggregation_group_type_index\": 0"), "visit: 1 1 0 = 2"},
	{QUERY(VISITS, CRITERIA("gte", "2")), "visit: 2 0 0 = 2"},
	{QUERY(VISITS, CRITERIA("exact", "1")), "visit: 3 0 0 = 3"},
	{QUERY(VISITS, CRITERIA("lte", "1")), "visit: 3 0 0 = 3"},
	{QUERY(VISITS, CRITERIA("gte", "0")), "visit: 3 1 0 = 4"},
	{QUERY(VISITS, ", \"intervalCount\": 2"), "visit: 4 0 = 4"},
	{QUERY(VISITS, ", \"intervalCount\": 2" CRITERIA("gte", "2")), "visit: 2 0 = 2"},
	{QUERY(VISITS, ", \"intervalCount\": 10000"), "visit: 4 = 4"},
	{QUERY(VISITS, ", \"interval\": \"month\""), "visit: 4 = 4"},
	{QUERY(VISITS, ", \"properties\": [{\"key\": \"x\", \"value\": 1}]"), "visit: 0 0 0 = 0"},
	{QUERY(VISITS, ", \"compareFilter\": {\"compare\": true}"), "visit current: 3 1 0 = 4; visit previous: 1 1 0 = 2"},
	{"{\"kind\": \"StickinessQuery\", \"dateRange\": {\"date_from\": \"all\", \"date_to\": \"2024-01-04\"}, \"series\": [" VISITS "]}", "visit: 2 1 1 0 0 = 4"},
	{"{\"kind\": \"StickinessQuery\", \"dateRange\": {\"date_from\": \"all\", \"date_to\": \"2024-01-04\"}, \"series\": [{\"event\": \"buy\"}]}", "buy: 1 0 0 = 1"},
};
/* clang-format on */

static void actors_are_counted_by_their_intervals(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(counted); i++) {
		json_t *query = computed_json(counted[i].query);
		json_t *result = computed_result(&db, query, &env);
		json_t *as_owner = computed_as_owner(&db, query, &env);
		g_autofree char *got = lines_of(result);

		print_message("%s\n", counted[i].query);
		assert_string_equal(got, counted[i].lines);
		/* Row-level security must not be what keeps the other project's events out. */
		assert_true(json_equal(result, as_owner));
		json_decref(query);
		json_decref(result);
		json_decref(as_owner);
	}
}

static void check_json(const char *query_text, const char *expected_text)
{
	json_t *query = computed_json(query_text);
	json_t *expected = computed_json(expected_text);
	json_t *result = computed_result(&db, query, &env);
	g_autofree char *got = json_write(result);
	g_autofree char *wanted = json_write(expected);

	assert_string_equal(got, wanted);
	json_decref(query);
	json_decref(expected);
	json_decref(result);
}

static void stickiness_is_written_as_the_api_writes_it(void **state)
{
	(void)state;
	/* spec/insights.md 3.10 */
	check_json(QUERY(VISITS, ""),
		"{\"results\":[{\"action\":{\"order\":0,\"type\":\"events\",\"name\":\"visit\","
		"\"id\":\"visit\"},\"label\":\"visit\",\"count\":4,\"data\":[3,1,0],"
		"\"days\":[1,2,3],\"labels\":[\"1 day\",\"2 days\",\"3 days\"]}],"
		"\"resolved_date_range\":{\"date_from\":\"2024-01-01T00:00:00Z\","
		"\"date_to\":\"2024-01-03T23:59:59.999999Z\"}}");
	check_json("{\"kind\": \"StickinessQuery\", \"interval\": \"week\", \"dateRange\":"
		   " {\"date_from\": \"2023-12-24\", \"date_to\": \"2024-01-03\"}, \"series\":"
		   " [" VISITS "]" FILTER("\"computedAs\": \"cumulative\"") "}",
		"{\"results\":[{\"action\":{\"order\":0,\"type\":\"events\",\"name\":\"visit\","
		"\"id\":\"visit\"},\"label\":\"visit\",\"count\":4,\"data\":[4,0],"
		"\"days\":[1,2],\"labels\":[\"1 week or more\",\"2 weeks or more\"]}],"
		"\"resolved_date_range\":{\"date_from\":\"2023-12-24T00:00:00Z\","
		"\"date_to\":\"2024-01-03T23:59:59.999999Z\"}}");
}

/* clang-format off */
static const struct {
	const char *query;
	enum fault_kind kind;
	const char *detail;
} mistakes[] = {
	{QUERY("", ""), FAULT_QUERY, "series: a query needs at least one"},
	{QUERY("7", ""), FAULT_QUERY, "series[0].kind is missing"},
	{QUERY(VISITS ", {\"event\": \"a\", \"math\": \"sum\"}", ""), FAULT_UNSUPPORTED, "series[1].math: 'sum' is not computed here in a query that counts actors"},
	{QUERY("{\"math\": 7}", ""), FAULT_QUERY, "series[0].math is not a text"},
	{QUERY("{\"math_multiplier\": 7}", ""), FAULT_UNSUPPORTED, "series[0].math_multiplier is not computed here"},
	{QUERY("{\"math\": \"unique_group\"}", ""), FAULT_QUERY, "series[0].math_group_type_index is not a whole number from 0 to 4"},
	{QUERY("{\"math\": \"unique_group\", \"math_group_type_index\": 5}", ""), FAULT_QUERY, "series[0].math_group_type_index is not a whole number from 0 to 4"},
	{QUERY(VISITS, ", \"intervalCount\": 0"), FAULT_QUERY, "intervalCount is not a whole number from 1 to 10000"},
	{QUERY(VISITS, ", \"intervalCount\": \"2\""), FAULT_QUERY, "intervalCount is not a whole number from 1 to 10000"},
	{QUERY(VISITS, ", \"stickinessFilter\": []"), FAULT_QUERY, "stickinessFilter is not an object"},
	{QUERY(VISITS, FILTER("\"computedAs\": \"both\"")), FAULT_QUERY, "stickinessFilter.computedAs: 'both' is neither cumulative nor non_cumulative"},
	{QUERY(VISITS, FILTER("\"computedAs\": 7")), FAULT_QUERY, "stickinessFilter.computedAs is not a text"},
	{QUERY(VISITS, FILTER("\"stickinessCriteria\": 7")), FAULT_QUERY, "stickinessFilter.stickinessCriteria is not an object"},
	{QUERY(VISITS, CRITERIA("gt", "1")), FAULT_QUERY, "stickinessFilter.stickinessCriteria.operator: 'gt' is none of gte, lte, exact"},
	{QUERY(VISITS, CRITERIA("gte", "-1")), FAULT_QUERY, "stickinessFilter.stickinessCriteria.value is not a whole number from 0"},
	{QUERY(VISITS, CRITERIA("gte", "1.5")), FAULT_QUERY, "stickinessFilter.stickinessCriteria.value is not a whole number from 0"},
};
/* clang-format on */

static void mistakes_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
		json_t *query = computed_json(mistakes[i].query);
		struct insight_run *run = NULL;
		struct fault f = {.kind = FAULT_NONE};

		print_message("%s\n", mistakes[i].query);
		assert_false(insight_begin(query, &env, &run, &f));
		assert_string_equal(f.detail, mistakes[i].detail);
		assert_string_equal(fault_name(f.kind), fault_name(mistakes[i].kind));
		json_decref(query);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(actors_are_counted_by_their_intervals),
		cmocka_unit_test(stickiness_is_written_as_the_api_writes_it),
		cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
