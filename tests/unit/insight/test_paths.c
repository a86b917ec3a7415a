#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static struct computed db;

/* 2024-01-03 18:00 UTC */
static const struct insight_env env = {
	.project_id = 1, .timezone = "UTC", .now_us = 1704304800000000LL};

/* u is the last digit of the person, v the item.  Between 10:00:50 and 10:30:49 lie 1799 seconds,
 * and 1800 from there to 11:00:49. */
static const char visits[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, properties,"
	" group_1) SELECT p, ('10000000-0000-0000-0000-00000000000' || n)::uuid, e, 'd' || u,"
	" ('00000000-0000-0000-0000-00000000000' || u)::uuid, ('2024-01-02 ' || t)::timestamptz,"
	" jsonb_build_object(CASE e WHEN '$screen' THEN '$screen_name' ELSE '$current_url' END, i),"
	" 'acme' FROM (VALUES"
	" (1, '0', '$pageview', 1, '10:00:00Z', '/home'),"
	" (1, '1', '$pageview', 1, '10:00:10Z', '/pricing'),"
	" (1, '2', '$pageview', 1, '10:00:20Z', '/pricing/'),"
	" (1, '3', '$pageview', 1, '10:00:50Z', '/signup/'),"
	" (1, '4', '$pageview', 1, '10:30:49Z', '/home'),"
	" (1, '5', '$pageview', 1, '11:00:49Z', '/docs'),"
	" (1, '6', 'bought', 1, '11:01:00Z', '/docs'),"
	" (1, '7', '$screen', 1, '11:01:10Z', 'Main/'),"
	" (1, '8', '$autocapture', 1, '11:01:15Z', '/docs'),"
	" (1, '9', '$pageview', 1, '11:01:20Z', NULL),"
	" (1, 'a', '$pageview', 2, '12:00:00Z', '/home'),"
	" (1, 'b', '$pageview', 2, '12:00:30Z', '/pricing'),"
	/* at once: their ids say which came first */
	" (3, 'd', '$pageview', 1, '12:00:00Z', '/second'),"
	" (3, 'c', '$pageview', 1, '12:00:00Z', '/first'),"
	" (3, 'e', '$pageview', 1, '12:00:00.5Z', '/'),"
	" (3, 'f', '$pageview', 1, '12:00:00.500001Z', ''),"
	" (2, '0', '$pageview', 1, '10:00:05Z', '/elsewhere')"
	") AS v (p, n, e, u, t, i)";

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

#define QUERY(filter)                                                                              \
	"{\"kind\": \"PathsQuery\", \"pathsFilter\": {" filter                                     \
	"}, \"dateRange\": {\"date_from\": \"-2d\"}}"
#define PAGES "\"includeEventTypes\": [\"$pageview\"]"

/* from the pricing, 10:00:10 and 12:00:30, to the purchase, which only the first person makes */
#define STEPS                                                                                      \
	"{\"event\": \"$pageview\", \"properties\": [{\"key\": \"$current_url\","                  \
	" \"value\": \"/pricing\"}]}, {\"event\": \"bought\"}"
#define AROUND(type, step, steps, rest)                                                             \
	"{\"kind\": \"PathsQuery\", \"dateRange\": {\"date_from\": \"-2d\"},"                       \
	" \"funnelPathsFilter\": {\"funnelPathType\": \"" type "\", \"funnelStep\": " step          \
	", \"funnelSource\": {\"kind\": \"FunnelsQuery\", \"dateRange\": {\"date_from\": \"all\"}," \
	" \"series\": [" steps "]" rest "}}}"

/* "1_/home>2_/pricing 2 20000; …" */
static char *edges_of(const json_t *result)
{
	GString *text = g_string_new(NULL);
	const json_t *edge;
	size_t i;

	json_array_foreach(json_get_array(result, "results"), i, edge)
	{
		const json_t *ms = json_object_get(edge, "average_conversion_time");

		assert_true(json_is_integer(json_object_get(edge, "value")));
		assert_true(json_is_real(ms));
		g_string_append_printf(text, "%s%s>%s %d %g", i ? "; " : "",
			json_get_text(edge, "source", "?"), json_get_text(edge, "target", "?"),
			(int)json_get_int(edge, "value", -1), json_real_value(ms));
	}
	return g_string_free(text, FALSE);
}

/* clang-format off */
static const struct {
	const char *query, *edges;
} counted[] = {
	{QUERY(""), "1_/home>2_/pricing 2 20000; 1_/docs>2_bought 1 11000; 2_/pricing>3_/signup 1 40000; 2_bought>3_Main/ 1 10000; 3_/signup>4_/home 1 1.799e+06"},
	{"{\"kind\": \"PathsQuery\", \"dateRange\": {\"date_from\": \"all\"}}", "1_/home>2_/pricing 2 20000; 1_/docs>2_bought 1 11000; 2_/pricing>3_/signup 1 40000; 2_bought>3_Main/ 1 10000; 3_/signup>4_/home 1 1.799e+06"},
	{"{\"kind\": \"PathsQuery\", \"dateRange\": {\"date_from\": \"2024-01-01\", \"date_to\": \"2024-01-01\"}}", ""},
	{QUERY("\"includeEventTypes\": []"), "1_/home>2_/pricing 2 20000; 1_/docs>2_bought 1 11000; 2_/pricing>3_/signup 1 40000; 2_bought>3_Main/ 1 10000; 3_/signup>4_/home 1 1.799e+06"},
	{QUERY(PAGES), "1_/home>2_/pricing 2 20000; 2_/pricing>3_/signup 1 40000; 3_/signup>4_/home 1 1.799e+06"},
	{QUERY("\"includeEventTypes\": [\"custom_event\", \"$screen\"]"), "1_bought>2_Main/ 1 10000"},
	/* every event has an item then; of pages only where they are asked for too */
	{QUERY("\"includeEventTypes\": [\"hogql\"], \"stepLimit\": 3"), "1_$pageview>2_bought 1 11000; 2_bought>3_$screen 1 10000"},
	{QUERY("\"includeEventTypes\": [\"hogql\", \"$pageview\"], \"pathsHogQLExpression\": \"concat(event, '!')\", \"startPoint\": \"bought!\""), "1_bought!>2_$screen! 1 10000; 2_$screen!>3_$autocapture! 1 5000"},
	{QUERY("\"pathsHogQLExpression\": \"wrong(\", \"endPoint\": \"bought\""), "1_/docs>2_bought 1 11000"},
	{QUERY(PAGES ", \"stepLimit\": 3"), "1_/home>2_/pricing 2 20000; 2_/pricing>3_/signup 1 40000"},
	{QUERY(PAGES ", \"stepLimit\": 1"), ""},
	{QUERY("\"edgeLimit\": 2"), "1_/home>2_/pricing 2 20000; 1_/docs>2_bought 1 11000"},
	{QUERY("\"minEdgeWeight\": 2"), "1_/home>2_/pricing 2 20000"},
	/* what only led on from the edge that is too heavy goes with it */
	{QUERY("\"maxEdgeWeight\": 1"), "1_/docs>2_bought 1 11000; 2_bought>3_Main/ 1 10000"},
	{QUERY("\"maxEdgeWeight\": 1, \"edgeLimit\": 1"), ""},
	{QUERY("\"startPoint\": \"/pricing\""), "1_/pricing>2_/signup 1 40000; 2_/signup>3_/home 1 1.799e+06"},
	{QUERY("\"startPoint\": \"/home\", \"stepLimit\": 2"), "1_/home>2_/pricing 2 20000"},
	{QUERY("\"startPoint\": \"/nowhere\""), ""},
	{QUERY("\"endPoint\": \"/signup\""), "1_/home>2_/pricing 1 10000; 2_/pricing>3_/signup 1 40000"},
	{QUERY("\"endPoint\": \"/signup\", \"stepLimit\": 2"), "1_/pricing>2_/signup 1 40000"},
	/* the first time that it is reached ends the way */
	{QUERY("\"endPoint\": \"/home\""), ""},
	{QUERY("\"startPoint\": \"/home\", \"endPoint\": \"/signup\""), "1_/home>2_/pricing 1 10000; 2_/pricing>3_/signup 1 40000"},
	{QUERY("\"startPoint\": \"/pricing\", \"endPoint\": \"/home\""), "1_/pricing>2_/signup 1 40000; 2_/signup>3_/home 1 1.799e+06"},
	{QUERY("\"startPoint\": \"/home\", \"endPoint\": \"/signup\", \"stepLimit\": 2"), "1_/home>2_... 1 10000; 2_...>3_/signup 1 40000"},
	{QUERY("\"startPoint\": \"/signup\", \"endPoint\": \"/pricing\""), ""},
	{QUERY("\"startPoint\": \"/home\", \"endPoint\": \"/home\""), ""},
	{QUERY(PAGES ", \"excludeEvents\": [\"/pricing\", \"/nowhere\"]"), "1_/home>2_/signup 1 50000; 2_/signup>3_/home 1 1.799e+06"},
	{QUERY(PAGES ", \"pathGroupings\": [\"/p*g\", \"/*i*\", \"_home\", \"/h.me\"]"), "1_/home>2_/p*g 2 20000; 2_/p*g>3_/*i* 1 40000; 3_/*i*>4_/home 1 1.799e+06"},
	/* what is grouped into one item follows itself */
	{QUERY(PAGES ", \"pathGroupings\": [\"/*i*\"]"), "1_/home>2_/*i* 2 20000; 2_/*i*>3_/home 1 1.839e+06"},
	{QUERY(PAGES ", \"pathGroupings\": [\"/*i*\"], \"excludeEvents\": [\"/*i*\"]"), ""},
	{QUERY(PAGES ", \"pathGroupings\": [\"/x/*\"], \"localPathCleaningFilters\": [{\"regex\": \"^/(h[a-z]*)\", \"alias\": \"/x/\\\\1/\"}, {\"alias\": \"nothing\"}, {\"regex\": \"i.*\", \"alias\": \"i\\\\&\"}]"), "1_/x/*>2_/pri\\& 2 20000; 2_/pri\\&>3_/si\\& 1 40000; 3_/si\\&>4_/x/* 1 1.799e+06"},
	{QUERY(PAGES ", \"pathReplacements\": [{\"regex\": \"r|i\", \"alias\": \"\"}], \"stepLimit\": 2"), "1_/home>2_/pcng 2 20000"},
	{QUERY(PAGES ", \"pathReplacements\": false, \"stepLimit\": 2"), "1_/home>2_/pricing 2 20000"},
	/* an item that nothing is left of is none */
	{QUERY(PAGES ", \"localPathCleaningFilters\": [{\"regex\": \"/pricing\"}], \"stepLimit\": 2"), "1_/home>2_/signup 1 50000"},
	/* around a funnel's steps, which belong to the way */
	{AROUND("funnel_path_before_step", "1", STEPS, ""), "1_/home>2_/pricing 2 20000"},
	{AROUND("funnel_path_after_step", "1", STEPS, ""), "1_/docs>2_bought 1 11000; 1_/pricing>2_/signup 1 40000; 2_/signup>3_/home 1 1.799e+06; 2_bought>3_Main/ 1 10000"},
	{AROUND("funnel_path_after_step", "2", STEPS, ""), "1_bought>2_Main/ 1 10000"},
	{AROUND("funnel_path_between_steps", "2", STEPS, ""), "1_/docs>2_bought 1 11000; 1_/pricing>2_/signup 1 40000; 2_/signup>3_/home 1 1.799e+06"},
	{AROUND("funnel_path_before_step", "-2", STEPS, ""), "1_/home>2_/pricing 1 30000"},
	{AROUND("funnel_path_after_step", "-2", STEPS, ""), ""},
	{AROUND("funnel_path_after_step", "1", STEPS, ", \"funnelsFilter\": {\"funnelOrderType\": \"unordered\"}, \"breakdownFilter\": {\"breakdown\": \"x\"}"), "1_/docs>2_bought 1 11000; 1_/pricing>2_/signup 1 40000; 2_/signup>3_/home 1 1.799e+06; 2_bought>3_Main/ 1 10000"},
	{AROUND("funnel_path_after_step", "1", STEPS, ", \"funnelsFilter\": {\"funnelWindowInterval\": 1, \"funnelWindowIntervalUnit\": \"hour\"}"), "1_/docs>2_bought 1 11000; 1_/pricing>2_/signup 1 40000; 2_/signup>3_/home 1 1.799e+06; 2_bought>3_Main/ 1 10000"},
	/* of the organization there is one long way */
	{"{\"kind\": \"PathsQuery\", \"aggregation_group_type_index\": 1, \"pathsFilter\": {\"endPoint\": \"bought\"}, \"dateRange\": {\"date_from\": \"-2d\"}}", "1_/docs>2_bought 1 11000"},
	{"{\"kind\": \"PathsQuery\", \"properties\": [{\"key\": \"$current_url\", \"operator\": \"icontains\", \"value\": \"g\"}]}", "1_/pricing>2_/signup 1 40000"},
};
/* clang-format on */

static char *computed_edges(const char *query_text, int64_t project)
{
	struct insight_env at = env;
	json_t *query = computed_json(query_text);
	json_t *result, *as_owner;
	char *got;

	at.project_id = project;
	result = computed_result(&db, query, &at);
	as_owner = computed_as_owner(&db, query, &at);
	got = edges_of(result);
	/* Row-level security must not be what keeps the other project's events out. */
	assert_true(json_equal(result, as_owner));
	json_decref(query);
	json_decref(result);
	json_decref(as_owner);
	return got;
}

static void ways_are_counted_edge_by_edge(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(counted); i++) {
		g_autofree char *got = computed_edges(counted[i].query, 1);

		print_message("%s\n", counted[i].query);
		assert_string_equal(got, counted[i].edges);
	}
}

static void events_of_one_moment_have_an_order(void **state)
{
	g_autofree char *got = computed_edges(QUERY(""), 3);

	(void)state;
	/* a page with an empty address is none, the root is one */
	assert_string_equal(got, "1_/first>2_/second 1 0; 2_/second>3_/ 1 500");
}

static void paths_are_written_as_the_api_writes_them(void **state)
{
	json_t *query = computed_json(QUERY("\"minEdgeWeight\": 2"));
	json_t *result = computed_result(&db, query, &env);
	g_autofree char *got = json_write(result);

	(void)state;
	/* spec/insights.md 3.9 */
	assert_string_equal(got,
		"{\"results\":[{\"source\":\"1_/home\",\"target\":\"2_/pricing\",\"value\":2,"
		"\"average_conversion_time\":20000.0}],\"resolved_date_range\":"
		"{\"date_from\":\"2024-01-01T00:00:00Z\",\"date_to\":"
		"\"2024-01-03T23:59:59.999999Z\"}}");
	json_decref(query);
	json_decref(result);
}

/* clang-format off */
static const struct {
	const char *query;
	enum fault_kind kind;
	const char *detail;
} mistakes[] = {
	{"{\"kind\": \"PathsQuery\", \"pathsFilter\": 7}", FAULT_QUERY, "pathsFilter is not an object"},
	{"{\"kind\": \"PathsQuery\", \"funnelPathsFilter\": [1]}", FAULT_QUERY, "funnelPathsFilter is not an object"},
	{AROUND("around", "1", STEPS, ""), FAULT_QUERY, "funnelPathsFilter.funnelPathType: 'around' is none of funnel_path_before_step, funnel_path_after_step, funnel_path_between_steps"},
	{AROUND("funnel_path_after_step", "3", STEPS, ""), FAULT_QUERY, "funnelPathsFilter.funnelStep is not the number of a step from 1 to 2, or from -2 for those who did not come to it"},
	{AROUND("funnel_path_after_step", "-1", STEPS, ""), FAULT_QUERY, "funnelPathsFilter.funnelStep is not the number of a step from 1 to 2, or from -2 for those who did not come to it"},
	{AROUND("funnel_path_between_steps", "1", STEPS, ""), FAULT_QUERY, "funnelPathsFilter.funnelStep is not the number of a step from 2 to 2"},
	{AROUND("funnel_path_after_step", "1", "{\"event\": \"a\"}", ""), FAULT_QUERY, "funnelPathsFilter.funnelSource.series: a funnel has 2 to 30 steps, not 1"},
	{AROUND("funnel_path_after_step", "1", STEPS, ", \"aggregation_group_type_index\": 1"), FAULT_UNSUPPORTED, "funnelPathsFilter.funnelSource.aggregation_group_type_index: paths of others than the funnel counts are not computed here"},
	{AROUND("funnel_path_after_step", "1", STEPS, ", \"funnelsFilter\": {\"funnelAggregateByHogQL\": \"event\"}"), FAULT_UNSUPPORTED, "funnelPathsFilter.funnelSource.funnelsFilter.funnelAggregateByHogQL: paths of what an expression tells apart are not computed here"},
	{AROUND("funnel_path_after_step", "1", STEPS, ", \"interval\": 7"), FAULT_QUERY, "funnelPathsFilter.funnelSource.interval is not a text"},
	{"{\"kind\": \"PathsQuery\", \"funnelPathsFilter\": {\"funnelPathType\": \"funnel_path_after_step\", \"funnelSource\": {}}}", FAULT_QUERY, "funnelPathsFilter.funnelSource is not a FunnelsQuery"},
	{QUERY("\"includeEventTypes\": 7"), FAULT_QUERY, "pathsFilter.includeEventTypes is not a list"},
	{QUERY("\"includeEventTypes\": [7]"), FAULT_QUERY, "pathsFilter.includeEventTypes[0] is not a text"},
	{QUERY("\"includeEventTypes\": [\"$screen\", \"$page\"]"), FAULT_QUERY, "pathsFilter.includeEventTypes[1]: '$page' is none of $pageview, $screen, custom_event, hogql"},
	{QUERY("\"includeEventTypes\": [\"hogql\"], \"pathsHogQLExpression\": 7"), FAULT_QUERY, "pathsFilter.pathsHogQLExpression is not a text"},
	{QUERY("\"includeEventTypes\": [\"hogql\"], \"pathsHogQLExpression\": \"foo(event)\""), FAULT_QUERY, "pathsFilter.pathsHogQLExpression: 1:1: 'foo' is not a function"},
	{QUERY("\"localPathCleaningFilters\": [{\"regex\": \"(\", \"alias\": \"\"}]"), FAULT_QUERY, "pathsFilter.localPathCleaningFilters[0].regex: '(' is not a regular expression: Error while compiling regular expression \xe2\x80\x98(\xe2\x80\x99 at char 1: missing terminating )"},
	{QUERY("\"stepLimit\": 0"), FAULT_QUERY, "pathsFilter.stepLimit is not a whole number from 1 to 100"},
	{QUERY("\"stepLimit\": 101"), FAULT_QUERY, "pathsFilter.stepLimit is not a whole number from 1 to 100"},
	{QUERY("\"edgeLimit\": \"5\""), FAULT_QUERY, "pathsFilter.edgeLimit is not a whole number from 1 to 5000"},
	{QUERY("\"minEdgeWeight\": -1"), FAULT_QUERY, "pathsFilter.minEdgeWeight is not a whole number from 0 to 2147483647"},
	{QUERY("\"startPoint\": 7"), FAULT_QUERY, "pathsFilter.startPoint is not a text"},
	{QUERY("\"excludeEvents\": \"x\""), FAULT_QUERY, "pathsFilter.excludeEvents is not a list"},
	{QUERY("\"pathGroupings\": [\"a\", 7]"), FAULT_QUERY, "pathsFilter.pathGroupings[1] is not a text"},
	{QUERY("\"localPathCleaningFilters\": [7]"), FAULT_QUERY, "pathsFilter.localPathCleaningFilters[0] is not a regex and an alias, both texts"},
	{QUERY("\"localPathCleaningFilters\": [{\"regex\": \"a\", \"alias\": 7}]"), FAULT_QUERY, "pathsFilter.localPathCleaningFilters[0] is not a regex and an alias, both texts"},
	{QUERY("\"pathReplacements\": true"), FAULT_UNSUPPORTED, "pathsFilter.pathReplacements: the rules of a project are not known here; name them in localPathCleaningFilters"},
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

static void rules_are_bounded(void **state)
{
	json_t *query = computed_json(QUERY("\"excludeEvents\": []"));
	json_t *list = json_object_get(json_object_get(query, "pathsFilter"), "excludeEvents");
	struct insight_run *run = NULL;
	struct fault f;

	(void)state;
	for (int i = 0; i < 101; i++) {
		json_array_append_new(list, json_sprintf("/%d", i));
	}
	assert_false(insight_begin(query, &env, &run, &f));
	assert_string_equal(f.detail, "pathsFilter.excludeEvents: 101 are more than 100");
	json_decref(query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways_are_counted_edge_by_edge),
		cmocka_unit_test(events_of_one_moment_have_an_order),
		cmocka_unit_test(paths_are_written_as_the_api_writes_them),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(rules_are_bounded),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
