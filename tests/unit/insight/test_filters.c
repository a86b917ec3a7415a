/* Filters about people, groups, sessions, versions and cohorts; actions and groups of nodes as
 * series: each says which of a handful of events it keeps. */
#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

static struct computed db;

/* 2024-01-31 12:00 UTC */
static const struct insight_env env = {
	.project_id = 1, .timezone = "UTC", .now_us = 1706702400000000LL};

/* Events n = 1 to 9 of people 1 to 4; person 4 has no row.  Project 2 has the same ids. */
static const char rows[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, properties,"
	" group_0, group_1)"
	" SELECT p, gen_random_uuid(), e, 'd' || u,"
	" ('00000000-0000-0000-0000-00000000000' || u)::uuid, t::timestamptz,"
	" x::jsonb || jsonb_build_object('n', n), g0, g1 FROM (VALUES"
	" (1, 1, 'view', 1, '2024-01-30 10:00:00Z', '{\"v\": \"1.2.3\", \"$session_id\": \"s1\", \"$current_url\": \"https://a.io/pricing\"}', 'acme', ''),"
	" (1, 2, 'view', 1, '2024-01-30 10:01:30Z', '{\"v\": \"1.10.0\", \"$session_id\": \"s1\", \"$current_url\": \"https://a.io/docs?x=1\"}', 'acme', 'x'),"
	" (1, 3, 'buy',  2, '2024-01-30 11:00:00Z', '{\"v\": \"v2.0.0-rc.1\", \"$session_id\": \"s2\"}', 'umbrella', ''),"
	" (1, 4, 'buy',  2, '2024-01-30 12:00:00Z', '{\"v\": \"2\", \"$session_id\": \"\"}', '', 'x'),"
	" (1, 5, 'view', 3, '2024-01-30 13:00:00Z', '{\"v\": \"0.2.9\"}', 'gone', ''),"
	" (1, 6, 'view', 3, '2024-01-30 14:00:00Z', '{\"v\": \"newest\"}', '', ''),"
	" (1, 7, 'view', 4, '2024-01-30 15:00:00Z', '{\"v\": \"1.2.3+build7\", \"$current_url\": \"http://A.io/Pricing/x\"}', '', ''),"
	" (1, 8, 'open', 4, '2024-01-30 16:00:00Z', '{}', 'acme', ''),"
	" (1, 9, 'open', 1, '2023-12-01 00:00:00Z', '{}', '', ''),"
	" (2, 1, 'buy',  1, '2024-01-30 10:00:00Z', '{}', '', ''),"
	" (2, 1, 'buy',  3, '2024-01-30 10:00:00Z', '{}', '', '')"
	") AS v (p, n, e, u, t, x, g0, g1);"
	"INSERT INTO persons (project_id, id, properties, created_at)"
	" SELECT p, ('00000000-0000-0000-0000-00000000000' || u)::uuid, x::jsonb, '2024-01-01Z' FROM"
	" (VALUES (1, 1, '{\"plan\": \"paid\", \"age\": 30}'), (1, 2, '{\"plan\": \"free\", \"age\": \"41\"}'),"
	" (1, 3, '{}'), (2, 4, '{\"plan\": \"paid\"}')) AS v (p, u, x);"
	"INSERT INTO groups (project_id, group_type_index, group_key, properties) VALUES"
	" (1, 0, 'acme', '{\"size\": 12}'), (1, 0, 'umbrella', '{}'), (1, 1, 'x', '{\"size\": 900}'),"
	" (2, 0, 'gone', '{\"size\": 12}');"
	"ANALYZE";

static const char definitions[] =
	"INSERT INTO actions (id, project_id, name, steps, deleted) VALUES"
	" (1, 1, 'Interest', '[{\"event\": \"view\", \"url\": \"pricing\"}, {\"event\": \"buy\","
	" \"properties\": [{\"key\": \"v\", \"value\": \"2\"}]}]', false),"
	" (2, 2, 'Foreign', '[{\"event\": \"view\"}]', false), (3, 1, 'Gone', '[{\"event\": \"view\"}]', true),"
	" (4, 1, 'Exactly', '[{\"url\": \"https://a.io/pricing\", \"url_matching\": \"exact\"}]', false),"
	" (5, 1, 'By pattern', '[{\"url\": \"docs.x=[0-9]$\", \"url_matching\": \"regex\"}]', false),"
	" (6, 1, 'Click', '[{\"event\": \"$autocapture\", \"selector\": \"#x\"}]', false);"
	"INSERT INTO cohorts (id, project_id, name, is_static, filters) VALUES"
	" (1, 1, 'List', true, NULL),"
	" (2, 1, 'Paid', false, '{\"properties\": {\"type\": \"OR\", \"values\": [{\"type\": \"AND\", \"values\":"
	" [{\"type\": \"person\", \"key\": \"plan\", \"value\": \"paid\"}]}]}}'),"
	" (3, 1, 'Bought', false, '{\"properties\": {\"type\": \"AND\", \"values\": [{\"type\": \"behavioral\","
	" \"value\": \"performed_event\", \"key\": \"buy\", \"event_type\": \"events\", \"time_value\": 30, \"time_interval\": \"day\"}]}}'),"
	" (4, 1, 'Viewed twice, not listed', false, '{\"properties\": {\"type\": \"AND\", \"values\":"
	" [{\"type\": \"behavioral\", \"value\": \"performed_event_multiple\", \"key\": \"view\", \"event_type\": \"events\","
	" \"time_value\": 1, \"time_interval\": \"week\", \"operator\": \"gte\", \"operator_value\": 2},"
	" {\"type\": \"cohort\", \"key\": \"id\", \"value\": 1, \"negation\": true}]}}'),"
	" (5, 1, 'Itself', false, '{\"properties\": {\"type\": \"AND\", \"values\": [{\"type\": \"cohort\", \"key\": \"id\", \"value\": 5}]}}'),"
	" (6, 1, 'Opened first', false, '{\"properties\": {\"type\": \"AND\", \"values\": [{\"type\": \"behavioral\","
	" \"value\": \"performed_event_first_time\", \"key\": \"open\", \"event_type\": \"events\", \"time_value\": 30, \"time_interval\": \"day\"}]}}'),"
	" (7, 1, 'Stopped', false, '{\"properties\": {\"type\": \"AND\", \"values\": [{\"type\": \"behavioral\","
	" \"value\": \"stopped_performing_event\", \"key\": \"open\", \"event_type\": \"events\", \"explicit_datetime\": \"2023-11-01\","
	" \"seq_time_value\": 2, \"seq_time_interval\": \"week\"}]}}'),"
	" (8, 1, 'By action', false, '{\"properties\": {\"type\": \"AND\", \"values\": [{\"type\": \"behavioral\","
	" \"value\": \"performed_event\", \"key\": 1, \"event_type\": \"actions\", \"time_value\": 2, \"time_interval\": \"day\","
	" \"event_filters\": [{\"key\": \"n\", \"operator\": \"lt\", \"value\": 4}]}]}}'),"
	" (9, 1, 'Regular', false, '{\"properties\": {\"type\": \"AND\", \"values\": [{\"type\": \"behavioral\","
	" \"value\": \"performed_event_regularly\", \"key\": \"open\", \"event_type\": \"events\"}]}}'),"
	" (10, 2, 'Foreign', true, NULL), (11, 1, 'Unwritten', false, NULL),"
	" (12, 1, 'Not paid', false, '{\"properties\": {\"type\": \"OR\", \"values\": [{\"type\": \"person\", \"key\": \"plan\","
	" \"value\": \"paid\", \"negation\": true}]}}');"
	"INSERT INTO cohort_people (project_id, cohort_id, person_id) VALUES"
	" (1, 1, '00000000-0000-0000-0000-000000000003'), (2, 10, '00000000-0000-0000-0000-000000000001')";

static int start(void **state)
{
	(void)state;
	computed_start(&db);
	computed_run(&db, rows);
	computed_run(&db, definitions);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	computed_stop(&db);
	return 0;
}

/* The n of the events that are counted: "1 2 7". */
static char *counted(const json_t *result)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const json_t *item;
	size_t i;

	for (int n = 1; n <= 9; n++) {
		json_array_foreach(json_get_array(result, "results"), i, item)
		{
			const char *value = json_get_text(item, "breakdown_value", "");

			if (strtol(value, NULL, 10) == n) {
				g_string_append_printf(text, "%s%d", text->len ? " " : "", n);
			}
		}
	}
	return g_strdup(text->str);
}

static json_t *query_of(const char *node, const char *filter)
{
	g_autofree char *text = g_strdup_printf(
		"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"-2d\"}, \"series\": [%s],"
		" \"breakdownFilter\": {\"breakdown\": \"n\"}, \"properties\": [%s],"
		" \"trendsFilter\": {\"display\": \"ActionsTable\"}}",
		node, filter);

	return computed_json(text);
}

static void check(const char *node, const char *filter, const char *expected)
{
	json_t *query = query_of(node, filter);
	json_t *result = computed_result(&db, query, &env);
	json_t *as_owner = computed_as_owner(&db, query, &env);
	g_autofree char *got = counted(result);

	print_message("%s %s\n", node, filter);
	assert_string_equal(got, expected);
	/* Row-level security must not be what keeps the other project's rows out. */
	assert_true(json_equal(result, as_owner));
	json_decref(query);
	json_decref(result);
	json_decref(as_owner);
}

static void filters_keep_what_they_say(void **state)
{
	static const struct {
		const char *filter, *expected;
	} cases[] = {
		{"", "1 2 3 4 5 6 7 8"},
		/* people: a missing one has no properties */
		{"{\"type\": \"person\", \"key\": \"plan\", \"value\": \"paid\"}", "1 2"},
		{"{\"type\": \"person\", \"key\": \"plan\", \"operator\": \"is_not\", \"value\": \"paid\"}",
			"3 4 5 6 7 8"},
		{"{\"type\": \"person\", \"key\": \"plan\", \"operator\": \"is_not_set\"}",
			"5 6 7 8"},
		{"{\"type\": \"person\", \"key\": \"plan\", \"operator\": \"is_set\"}", "1 2 3 4"},
		{"{\"type\": \"person\", \"key\": \"age\", \"operator\": \"gt\", \"value\": 35}",
			"3 4"},
		{"{\"type\": \"person\", \"key\": \"plan\", \"operator\": \"not_icontains\", \"value\": \"A\"}",
			"3 4 5 6 7 8"},
		/* groups */
		{"{\"type\": \"group\", \"group_type_index\": 0, \"key\": \"size\", \"value\": 12}",
			"1 2 8"},
		{"{\"type\": \"group\", \"group_type_index\": 1, \"key\": \"size\", \"operator\": \"gte\", \"value\": 900}",
			"2 4"},
		{"{\"type\": \"group\", \"group_type_index\": 0, \"key\": \"size\", \"operator\": \"is_not_set\"}",
			"3 4 5 6 7"},
		/* sessions: s1 takes 90 s, s2 none; an empty id is no session */
		{"{\"type\": \"session\", \"key\": \"$session_duration\", \"operator\": \"gt\", \"value\": 89}",
			"1 2"},
		{"{\"type\": \"session\", \"key\": \"$session_duration\", \"operator\": \"lt\", \"value\": 10}",
			"3"},
		{"{\"type\": \"session\", \"key\": \"$session_duration\", \"operator\": \"is_not_set\"}",
			"4 5 6 7 8"},
		{"{\"type\": \"session\", \"key\": \"$entry_current_url\", \"operator\": \"icontains\", \"value\": \"pricing\"}",
			"1 2"},
		{"{\"type\": \"event_metadata\", \"key\": \"event\", \"value\": \"buy\"}", "3 4"},
		{"{\"type\": \"event_metadata\", \"key\": \"distinct_id\", \"operator\": \"regex\", \"value\": \"^d[34]$\"}",
			"5 6 7 8"},
		{"{\"type\": \"event_metadata\", \"key\": \"timestamp\", \"operator\": \"is_date_after\", \"value\": \"2024-01-30T14:30:00Z\"}",
			"7 8"},
		{"{\"type\": \"empty\"}", "1 2 3 4 5 6 7 8"},
		{"{\"type\": \"hogql\", \"key\": \"properties.n > 5 or event = 'buy'\"}",
			"3 4 6 7 8"},
		{"{\"type\": \"hogql\", \"key\": \"person.properties.plan = 'paid' -- ours\"}",
			"1 2"},
		/* versions: parts are numbers, missing ones 0, a pre-release comes before its
		   release */
		{"{\"key\": \"v\", \"operator\": \"semver_eq\", \"value\": \"1.2.3\"}", "1 7"},
		{"{\"key\": \"v\", \"operator\": \"semver_neq\", \"value\": \"1.2.3\"}",
			"2 3 4 5 6 8"},
		{"{\"key\": \"v\", \"operator\": \"semver_gt\", \"value\": \"1.9\"}", "2 3 4"},
		{"{\"key\": \"v\", \"operator\": \"semver_gte\", \"value\": \"2.0.0\"}", "4"},
		{"{\"key\": \"v\", \"operator\": \"semver_lt\", \"value\": \"2.0.0\"}",
			"1 2 3 5 7"},
		{"{\"key\": \"v\", \"operator\": \"semver_lte\", \"value\": \"1.2.3\"}", "1 5 7"},
		{"{\"key\": \"v\", \"operator\": \"semver_caret\", \"value\": \"1.2.0\"}", "1 2 7"},
		{"{\"key\": \"v\", \"operator\": \"semver_caret\", \"value\": \"0.2.1\"}", "5"},
		{"{\"key\": \"v\", \"operator\": \"semver_tilde\", \"value\": \"1.2.1\"}", "1 7"},
		{"{\"key\": \"v\", \"operator\": \"semver_wildcard\", \"value\": \"1.*\"}",
			"1 2 7"},
		/* cohorts */
		{"{\"type\": \"cohort\", \"key\": \"id\", \"value\": 1}", "5 6"},
		{"{\"type\": \"cohort\", \"key\": \"id\", \"value\": 1, \"operator\": \"not_in\"}",
			"1 2 3 4 7 8"},
		{"{\"type\": \"cohort\", \"key\": \"id\", \"value\": \"2\"}", "1 2"},
		{"{\"type\": \"cohort\", \"key\": \"id\", \"value\": [1, 2]}", "1 2 5 6"},
		{"{\"type\": \"cohort\", \"key\": \"id\", \"value\": 3}", "3 4"},
		{"{\"type\": \"cohort\", \"key\": \"id\", \"value\": 4}", "1 2"},
		{"{\"type\": \"cohort\", \"key\": \"id\", \"value\": 6}", "7 8"},
		{"{\"type\": \"cohort\", \"key\": \"id\", \"value\": 7}", "1 2"},
		{"{\"type\": \"cohort\", \"key\": \"id\", \"value\": 8}", "1 2"},
		{"{\"type\": \"cohort\", \"key\": \"id\", \"value\": 12}", "3 4 5 6 7 8"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		check("{\"kind\": \"EventsNode\", \"event\": null}", cases[i].filter,
			cases[i].expected);
	}
}

static void actions_and_groups_of_nodes_are_any_of_their_parts(void **state)
{
	(void)state;
	check("{\"kind\": \"ActionsNode\", \"id\": 1}", "", "1 4 7");
	check("{\"kind\": \"ActionsNode\", \"id\": \"1\", \"properties\": [{\"key\": \"v\", \"value\": \"2\"}]}",
		"", "4");
	check("{\"kind\": \"ActionsNode\", \"id\": 4}", "", "1");
	check("{\"kind\": \"ActionsNode\", \"id\": 5}", "", "2");
	check("{\"kind\": \"GroupNode\", \"operator\": \"OR\", \"nodes\": [{\"kind\": \"EventsNode\", \"event\": \"open\"},"
	      " {\"kind\": \"ActionsNode\", \"id\": 1}, {\"kind\": \"EventsNode\", \"event\": \"buy\","
	      " \"properties\": [{\"key\": \"n\", \"value\": 3}]}]}",
		"", "1 3 4 7 8");
}

static void an_actions_name_is_its_label(void **state)
{
	json_t *query = computed_json(
		"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"-2d\"}, \"series\":"
		" [{\"kind\": \"ActionsNode\", \"id\": 1}]}");
	json_t *result = computed_result(&db, query, &env);
	const json_t *item = json_array_get(json_object_get(result, "results"), 0);
	const json_t *action = json_object_get(item, "action");

	(void)state;
	assert_string_equal(json_get_text(item, "label", ""), "Interest");
	assert_string_equal(json_get_text(action, "type", ""), "actions");
	assert_int_equal(json_get_int(action, "id", 0), 1);
	assert_string_equal(json_get_text(action, "name", ""), "Interest");
	json_decref(query);
	json_decref(result);
}

static void what_is_not_there_is_said_with_its_place(void **state)
{
	static const struct {
		const char *node, *filter;
		enum fault_kind kind;
		const char *detail;
	} cases[] = {
		{"{\"kind\": \"ActionsNode\", \"id\": 2}", "", FAULT_QUERY,
			"series[0].id: there is no action 2"},
		{"{\"kind\": \"ActionsNode\", \"id\": 3}", "", FAULT_QUERY,
			"series[0].id: there is no action 3"},
		{"{\"kind\": \"ActionsNode\", \"id\": 6}", "", FAULT_UNSUPPORTED,
			"series[0].id: action 6: steps[0].selector: steps about elements of a page are not computed here"},
		{"{\"kind\": \"GroupNode\", \"operator\": \"AND\", \"nodes\": [{\"kind\": \"EventsNode\"}]}",
			"", FAULT_UNSUPPORTED,
			"series[0].operator: nodes joined by 'AND' are not computed here"},
		{"{\"kind\": \"GroupNode\", \"nodes\": []}", "", FAULT_QUERY,
			"series[0].nodes: 0 are not 1 to 50"},
		{"{}", "{\"type\": \"cohort\", \"key\": \"id\", \"value\": 10}", FAULT_QUERY,
			"properties[0].value: there is no such cohort"},
		{"{}", "{\"type\": \"cohort\", \"key\": \"id\", \"value\": \"x\"}", FAULT_QUERY,
			"properties[0].value: a cohort has a whole number above 0"},
		{"{}", "{\"type\": \"cohort\", \"key\": \"id\", \"value\": 1, \"operator\": \"gt\"}",
			FAULT_QUERY, "properties[0].operator: 'gt' says nothing of a cohort"},
		{"{}", "{\"type\": \"cohort\", \"key\": \"id\", \"value\": 9}", FAULT_UNSUPPORTED,
			"properties[0].value: cohort 9: filters.properties.values[0].value: 'performed_event_regularly' is not computed here"},
		{"{}", "{\"type\": \"cohort\", \"key\": \"id\", \"value\": 11}", FAULT_QUERY,
			"properties[0].value: cohort 11: it has no filters"},
		{"{}", "{\"type\": \"group\", \"key\": \"size\", \"value\": 1}", FAULT_QUERY,
			"properties[0].group_type_index is not a whole number from 0 to 4"},
		{"{}", "{\"type\": \"session\", \"key\": \"$mood\", \"value\": 1}",
			FAULT_UNSUPPORTED,
			"properties[0].key: '$mood' of a session is not computed here"},
		{"{}", "{\"type\": \"hogql\", \"key\": \"nothing(1)\"}", FAULT_QUERY,
			"properties[0].key: 1:1: 'nothing' is not a function"},
		{"{}", "{\"type\": \"event_metadata\", \"key\": \"xmin\", \"value\": 1}",
			FAULT_QUERY, "properties[0].key: an event has no column 'xmin'"},
		{"{}", "{\"key\": \"v\", \"operator\": \"semver_wildcard\", \"value\": \"1.2\"}",
			FAULT_QUERY, "properties[0].value: '1.2' is not a version that ends in .*"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *query = query_of(cases[i].node, cases[i].filter);
		json_t *result;
		struct fault f;

		print_message("%s %s\n", cases[i].node, cases[i].filter);
		assert_false(computed_try(&db, query, &env, &result, &f));
		assert_string_equal(f.detail, cases[i].detail);
		assert_int_equal(f.kind, cases[i].kind);
		json_decref(query);
	}
}

static void cohorts_that_name_each_other_end(void **state)
{
	json_t *query = query_of("{}", "{\"type\": \"cohort\", \"key\": \"id\", \"value\": 5}");
	json_t *result;
	struct fault f;

	(void)state;
	assert_false(computed_try(&db, query, &env, &result, &f));
	assert_int_equal(f.kind, FAULT_QUERY);
	assert_non_null(strstr(f.detail, "cohorts name each other more than 5 deep"));
	json_decref(query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_keep_what_they_say),
		cmocka_unit_test(actions_and_groups_of_nodes_are_any_of_their_parts),
		cmocka_unit_test(an_actions_name_is_its_label),
		cmocka_unit_test(what_is_not_there_is_said_with_its_place),
		cmocka_unit_test(cohorts_that_name_each_other_end),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
