/* How trends are split by breakdowns, put together by formulas, and shown in other shapes, by hand
 * (spec/insights.md 2.2.6 to 2.2.13, 3.1 to 3.4). */
#include "tests/unit/insight/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>

static struct computed db;

/* 2024-01-03 18:00 UTC, a Wednesday */
static const struct insight_env env = {
	.project_id = 1, .timezone = "UTC", .now_us = 1704304800000000LL};

static const char events[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, properties,"
	" group_0) SELECT p, gen_random_uuid(), e, 'd' || u,"
	" ('00000000-0000-0000-0000-00000000000' || u)::uuid, t::timestamptz, x::jsonb,"
	" CASE WHEN u = 1 THEN 'acme' ELSE '' END FROM (VALUES"
	" (1, 'see', 1, '2024-01-01 08:00Z', '{\"os\": \"Mac\", \"url\": \"/a/\", \"n\": 0, \"$session_id\": \"s1\"}'),"
	" (1, 'see', 1, '2024-01-01 09:00Z', '{\"os\": \"Mac\", \"url\": \"/a\", \"n\": 4, \"$session_id\": \"s1\"}'),"
	" (1, 'see', 2, '2024-01-02 08:00Z', '{\"os\": \"Win\", \"url\": \"/a?#\", \"n\": 10, \"$session_id\": \"s2\"}'),"
	" (1, 'see', 2, '2024-01-02 10:00Z', '{\"os\": \"Lin\", \"url\": \"/\", \"n\": 5, \"$session_id\": \"s2\"}'),"
	" (1, 'see', 3, '2024-01-03 08:30Z', '{\"os\": \"\", \"url\": \"\", \"n\": \"many\"}'),"
	" (1, 'see', 3, '2024-01-03 08:45Z', '{\"os\": \"Lin\", \"n\": 6}'),"
	" (1, 'buy', 1, '2024-01-01 10:00Z', '{\"os\": \"Mac\", \"n\": 2}'),"
	" (1, 'buy', 2, '2024-01-03 10:00Z', '{\"os\": \"Lin\", \"n\": 3}'),"
	" (1, 'buy', 2, '2024-01-03 10:00Z', '{\"os\": \"BSD\", \"n\": 3}'),"
	" (2, 'see', 9, '2024-01-02 12:00Z', '{\"os\": \"Amiga\", \"n\": 99}'),"
	" (2, 'buy', 9, '2024-01-02 12:00Z', '{\"os\": \"Amiga\", \"n\": 99}')"
	") AS v (p, e, u, t, x);"
	"INSERT INTO groups (project_id, group_type_index, group_key, properties) VALUES"
	" (1, 0, 'acme', '{\"tier\": \"gold\"}'), (2, 0, '', '{\"tier\": \"lead\"}');"
	"INSERT INTO cohorts (id, project_id, name, is_static, filters) VALUES"
	" (5, 1, 'Chosen', true, NULL), (6, 1, 'Late buyers', false, '{\"properties\": {\"type\": \"OR\","
	" \"values\": [{\"type\": \"behavioral\", \"value\": \"performed_event\", \"key\": \"buy\","
	" \"event_type\": \"events\", \"time_value\": 1, \"time_interval\": \"day\"}]}}'),"
	" (7, 2, 'Not ours', true, NULL);"
	"INSERT INTO cohort_people (project_id, cohort_id, person_id) VALUES"
	" (1, 5, '00000000-0000-0000-0000-000000000001'), (1, 5, '00000000-0000-0000-0000-000000000003'),"
	" (2, 7, '00000000-0000-0000-0000-000000000002')";

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

#define QUERY(series, rest)                                                                         \
	"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"-2d\"}, \"series\": [" series \
	"]" rest "}"
#define SEE "{\"event\": \"see\"}"
#define BUY "{\"event\": \"buy\"}"
#define SEE_OF(math) "{\"event\": \"see\", \"math\": \"" math "\", \"math_property\": \"n\"}"
#define BY(text) ", \"breakdownFilter\": {" text "}"
#define BY_PARTS(text) BY("\"breakdowns\": [" text "]")
#define BY_OS(limit) BY("\"breakdown\": \"os\", \"breakdown_limit\": " limit)
#define FORMULA(text) ", \"trendsFilter\": {\"formula\": \"" text "\"}"
#define COHORTS(list) BY("\"breakdown_type\": \"cohort\", \"breakdown\": " list)

/* clang-format off */
static const struct {
	const char *query, *lines;
} counted[] = {
	/* what does not add up is counted again for what remains: the mean of 0, 4 and 10 */
	{QUERY(SEE, BY_OS("2")), "Lin: 0 1 1 = 2; Mac: 2 0 0 = 2; Other (i.e. all remaining values): 0 1 1 = 2"},
	{QUERY(SEE_OF("avg"), BY_OS("1")), "Lin: 0 5 6 = 11; Other (i.e. all remaining values): 2 10 0 = 12"},
	{QUERY(SEE_OF("sum"), BY_OS("1")), "Lin: 0 5 6 = 11; Other (i.e. all remaining values): 4 10 0 = 14"},
	{QUERY(SEE_OF("median"), BY("\"breakdown\": \"os\", \"breakdown_limit\": 1") ", \"trendsFilter\": {\"display\": \"ActionsPie\"}"), "Win: = 10; Other (i.e. all remaining values): = 4.5"},
	/* person 2 is of two values on the 2nd: once or twice in what remains */
	{QUERY("{\"event\": \"see\", \"math\": \"dau\"}", BY("\"breakdown\": \"os\", \"breakdown_limit\": 1")), "Lin: 0 1 1 = 2; Other (i.e. all remaining values): 1 1 1 = 3"},
	{QUERY("{\"event\": null, \"math\": \"max_count_per_actor\"}", BY("\"breakdown\": \"url\", \"breakdown_limit\": 1")), "None (i.e. no value): 1 0 2 = 3; Other (i.e. all remaining values): 2 2 0 = 4"},
	/* a session of two values that remain has one length */
	{QUERY("{\"event\": \"see\", \"math\": \"avg\", \"math_property\": \"$session_duration\"}", BY("\"breakdown\": \"os\", \"breakdown_limit\": 1")), "Lin: 0 7200 0 = 7200; Other (i.e. all remaining values): 3600 7200 0 = 10800"},
	/* several */
	{QUERY(SEE, BY_PARTS("{\"property\": \"os\"}, {\"property\": \"url\", \"normalize_url\": true}")), "Mac::/a: 2 0 0 = 2; Lin::/: 0 1 0 = 1; Win::/a: 0 1 0 = 1; None (i.e. no value)::None (i.e. no value): 0 0 1 = 1; Lin::None (i.e. no value): 0 0 1 = 1"},
	{QUERY(SEE, BY("\"breakdown\": [\"os\", \"n\"], \"breakdown_limit\": 1")), "Lin::5: 0 1 0 = 1; Other (i.e. all remaining values)::Other (i.e. all remaining values): 2 1 2 = 5"},
	{QUERY(SEE, BY("\"breakdown\": [\"os\"], \"breakdown_limit\": 1")), "Lin: 0 1 1 = 2; Other (i.e. all remaining values): 2 1 1 = 4"},
	/* 0 to 10: an end belongs to the bin it begins, the last one to the last */
	{QUERY(SEE, BY_PARTS("{\"property\": \"n\", \"histogram_bin_count\": 2}")), "[5,10]: 0 2 1 = 3; [0,5]: 2 0 0 = 2; None (i.e. no value): 0 0 1 = 1"},
	{QUERY(SEE, BY("\"breakdown\": \"n\", \"breakdown_histogram_bin_count\": 3")), "[3.33333333333333,6.66666666666667]: 1 1 1 = 3; [0,3.33333333333333]: 1 0 0 = 1; [6.66666666666667,10]: 0 1 0 = 1; None (i.e. no value): 0 0 1 = 1"},
	{QUERY("{\"event\": \"see\", \"properties\": [{\"key\": \"n\", \"value\": 5}]}", BY_PARTS("{\"property\": \"n\", \"histogram_bin_count\": 2}")), "[5,5]: 0 1 0 = 1"},
	/* whose they are */
	{QUERY(SEE, BY("\"breakdown\": \"tier\", \"breakdown_type\": \"group\", \"breakdown_group_type_index\": 0")), "gold: 2 0 0 = 2; None (i.e. no value): 0 2 2 = 4"},
	{QUERY("{\"event\": null}", BY("\"breakdown\": \"event\", \"breakdown_type\": \"event_metadata\"")), "see: 2 2 2 = 6; buy: 1 0 2 = 3"},
	{QUERY(SEE, BY("\"breakdown\": \"$session_duration\", \"breakdown_type\": \"session\"")), "3600: 2 0 0 = 2; 7200: 0 2 0 = 2; None (i.e. no value): 0 0 2 = 2"},
	{QUERY(SEE, BY("\"breakdown\": \"upper(properties.os)\", \"breakdown_type\": \"hogql\", \"breakdown_limit\": 1")), "LIN: 0 1 1 = 2; Other (i.e. all remaining values): 2 1 1 = 4"},
	/* cohorts stand in the order of the query, with nothing in them too */
	{QUERY(SEE, COHORTS("[\"all\", 5, 6]")), "all users: 2 2 2 = 6; Chosen: 2 0 2 = 4; Late buyers: 0 2 0 = 2"},
	{QUERY(SEE ", " BUY, COHORTS("5")), "see - Chosen: 2 0 2 = 4; buy - Chosen: 1 0 0 = 1"},
	{QUERY("{\"event\": \"see\", \"math\": \"first_time_for_user\"}", BY_PARTS("{\"property\": 5, \"type\": \"cohort\"}")), "Chosen: 1 0 1 = 2"},
	{QUERY(SEE ", " BUY, COHORTS("[5, \"all\"]") FORMULA("B / A * 100")), "Chosen: 50 0 0 = 50; all users: 50 0 100 = 150"},
	/* formulas */
	{QUERY(SEE ", " BUY, FORMULA("B / A * 100")), "Formula (B / A * 100): 50 0 100 = 150"},
	{QUERY(SEE ", " BUY, ", \"trendsFilter\": {\"formula\": \"B / A\", \"display\": \"BoldNumber\"}"), "Formula (B / A): = 0.5"},
	{QUERY(SEE ", " BUY, ", \"trendsFilter\": {\"formula\": \"A + B\", \"display\": \"ActionsLineGraphCumulative\"}"), "Formula (A + B): 3 5 9 = 9"},
	{QUERY(SEE ", " BUY, ", \"trendsFilter\": {\"formula\": \"A\", \"formulas\": [\"B\", \"A-B\"]}"), "Formula (B): 1 0 2 = 3; Formula (A-B): 1 2 0 = 3"},
	{QUERY(SEE ", " BUY, ", \"trendsFilter\": {\"formulaNodes\": [{\"formula\": \"a+b\", \"custom_name\": \"Both\"}]}"), "Both: 3 2 4 = 9"},
	{QUERY(SEE ", " BUY, FORMULA("A - B") ", \"compareFilter\": {\"compare\": true, \"compare_to\": \"-1d\"}"), "Formula (A - B) current: 1 2 0 = 3; Formula (A - B) previous: 0 1 2 = 3"},
	/* Lin, with three in all, keeps its place in both series; BSD is in what remains of both */
	{QUERY(SEE ", " BUY, FORMULA("A + 10 * B") BY_OS("2")), "Formula (A + 10 * B): 0 1 11 = 12; Formula (A + 10 * B): 12 0 0 = 12; Formula (A + 10 * B): 0 1 11 = 12"},
	/* shapes */
	{QUERY(SEE ", " BUY, ", \"trendsFilter\": {\"display\": \"SlopeGraph\", \"smoothingIntervals\": 2}, \"compareFilter\": {\"compare\": true}"), "see: 2 2 = 4; buy: 1 2 = 3"},
};
/* clang-format on */

static void lines_are_split_and_put_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(counted); i++) {
		lines_check(&db, &env, counted[i].query, counted[i].lines);
	}
}

static json_t *results_of(const char *query_text)
{
	json_t *query = computed_json(query_text);
	json_t *result = computed_result(&db, query, &env);
	json_t *results = json_incref(json_object_get(result, "results"));

	json_decref(query);
	json_decref(result);
	return results;
}

static void check_results(const char *query, const char *expected_text)
{
	json_t *results = results_of(query), *expected = computed_json(expected_text);
	g_autofree char *got = json_write(results);
	g_autofree char *wanted = json_write(expected);

	assert_string_equal(got, wanted);
	json_decref(results);
	json_decref(expected);
}

static void check_member(const char *query, size_t index, const char *key, const char *expected)
{
	json_t *results = results_of(query);
	const json_t *member = json_object_get(json_array_get(results, index), key);
	g_autofree char *got = member ? json_write(member) : g_strdup("nothing");

	assert_string_equal(got, expected);
	json_decref(results);
}

static void values_have_keys(void **state)
{
	(void)state;
	check_member(QUERY(SEE, COHORTS("[\"all\", \"5\"]")), 0, "breakdown_value", "\"all\"");
	check_member(QUERY(SEE, COHORTS("[\"all\", \"5\"]")), 1, "breakdown_value", "5");
	check_member(QUERY(SEE, BY("\"breakdown\": [\"os\", \"url\"]")), 0, "breakdown_value",
		"[\"Lin\",\"/\"]");
	check_member(QUERY(SEE, BY("\"breakdown\": [\"os\", \"url\"]")), 4, "breakdown_value",
		"[\"$$_posthog_breakdown_null_$$\",\"$$_posthog_breakdown_null_$$\"]");
	check_member(
		QUERY(SEE, BY_OS("1")), 1, "breakdown_value", "\"$$_posthog_breakdown_other_$$\"");
	check_member(QUERY(SEE ", " BUY, FORMULA("A") BY_OS("2")), 0, "breakdown_value", "\"Lin\"");
	check_member(QUERY(SEE, FORMULA("A")), 0, "action", "null");
	check_member(QUERY(SEE, FORMULA("A")), 0, "breakdown_value", "nothing");
	check_member(QUERY(SEE, ", \"trendsFilter\": {\"display\": \"SlopeGraph\"}"), 0,
		"incomplete_end", "true");
	check_member(QUERY(SEE, ", \"trendsFilter\": {\"display\": \"SlopeGraph\"}"), 0, "labels",
		"[\"1-Jan-2024\",\"3-Jan-2024\"]");
}

static void a_box_shows_how_values_are_spread(void **state)
{
	(void)state;
	check_results(QUERY(SEE_OF("total"), ", \"trendsFilter\": {\"display\": \"BoxPlot\"},"
					     " \"compareFilter\": {\"compare\": true}"),
		"[{\"min\":0.0,\"p25\":1.0,\"median\":2.0,\"p75\":3.0,\"max\":4.0,\"mean\":2.0,"
		"\"series_index\":0,\"series_label\":\"see - n\",\"day\":\"2024-01-01\","
		"\"label\":\"1-Jan-2024\"},"
		"{\"min\":5.0,\"p25\":6.25,\"median\":7.5,\"p75\":8.75,\"max\":10.0,\"mean\":7.5,"
		"\"series_index\":0,\"series_label\":\"see - n\",\"day\":\"2024-01-02\","
		"\"label\":\"2-Jan-2024\"},"
		"{\"min\":6.0,\"p25\":6.0,\"median\":6.0,\"p75\":6.0,\"max\":6.0,\"mean\":6.0,"
		"\"series_index\":0,\"series_label\":\"see - n\",\"day\":\"2024-01-03\","
		"\"label\":\"3-Jan-2024\"}]");
}

/* 1 January 2024 is a Monday. */
#define HEAT                                                                                       \
	"{\"data\":[{\"row\":1,\"column\":8,\"value\":1},{\"row\":1,\"column\":9,\"value\":1},"    \
	"{\"row\":2,\"column\":8,\"value\":1},{\"row\":2,\"column\":10,\"value\":1},"              \
	"{\"row\":3,\"column\":8,\"value\":2}],\"rowAggregations\":[{\"row\":1,\"value\":2},"      \
	"{\"row\":2,\"value\":2},{\"row\":3,\"value\":2}],\"columnAggregations\":"                 \
	"[{\"column\":8,\"value\":4},{\"column\":9,\"value\":1},{\"column\":10,\"value\":1}],"     \
	"\"allAggregations\":6}"

static void a_heat_map_counts_hours_of_the_week(void **state)
{
	static const char dau[] = "{\"event\": \"see\", \"math\": \"dau\"}";
	g_autofree char *people = g_strdup_printf(
		"{\"kind\": \"CalendarHeatmapQuery\", \"series\": [%s], \"dateRange\":"
		" {\"date_from\": \"all\"}}",
		dau);

	(void)state;
	check_results("{\"kind\": \"CalendarHeatmapQuery\", \"series\": [" SEE "],"
		      " \"dateRange\": {\"date_from\": \"-2d\"}}",
		HEAT);
	check_member(QUERY(SEE, ", \"trendsFilter\": {\"display\": \"CalendarHeatmap\"}"), 0,
		"calendar_heatmap_data", HEAT);
	check_member(QUERY(SEE, ", \"trendsFilter\": {\"display\": \"CalendarHeatmap\"}"), 0,
		"aggregated_value", "6");
	/* sessions count when they began, others when they happened; each person once */
	check_results(people,
		"{\"data\":[{\"row\":1,\"column\":8,\"value\":1},{\"row\":2,\"column\":8,\"value\":1},"
		"{\"row\":3,\"column\":8,\"value\":1}],\"rowAggregations\":[{\"row\":1,\"value\":1},"
		"{\"row\":2,\"value\":1},{\"row\":3,\"value\":1}],\"columnAggregations\":"
		"[{\"column\":8,\"value\":3}],\"allAggregations\":3}");
}

static void cohorts_are_those_of_the_project(void **state)
{
	json_t *query = computed_json(QUERY(SEE, COHORTS("7")));
	json_t *result;
	struct fault f;

	(void)state;
	assert_false(computed_try(&db, query, &env, &result, &f));
	assert_int_equal(f.kind, FAULT_QUERY);
	json_decref(query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_split_and_put_together),
		cmocka_unit_test(values_have_keys),
		cmocka_unit_test(a_box_shows_how_values_are_spread),
		cmocka_unit_test(a_heat_map_counts_hours_of_the_week),
		cmocka_unit_test(cohorts_are_those_of_the_project),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
