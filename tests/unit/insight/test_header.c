#include "insight/insight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

/* 2024-01-31 10:20 UTC */
static const struct insight_env env = {
	.project_id = 1, .timezone = "UTC", .now_us = 1706696400000000LL};

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_DECODE_ANY, &error);

	if (!value) {
		fail_msg("%s in %s", error.text, text);
	}
	return value;
}

static void periods_read_as_people_say_them(void **state)
{
	static const struct {
		const char *from, *to, *text;
	} cases[] = {
		{"-1h", NULL, "Last hour"},
		{"-24h", NULL, "Last 24 hours"},
		{"-48h", NULL, "Last 48 hours"},
		{"dStart", NULL, "Today"},
		{"-1dStart", "-1dEnd", "Yesterday"},
		{"-7d", NULL, "Last 7 days"},
		{"-14d", NULL, "Last 14 days"},
		{"-30d", NULL, "Last 30 days"},
		{"-90d", NULL, "Last 90 days"},
		{"-180d", NULL, "Last 180 days"},
		{"wStart", NULL, "This week"},
		{"mStart", NULL, "This month"},
		{"yStart", NULL, "Year to date"},
		{"-1wStart", "-1wEnd", "Last week"},
		{"-1mStart", "-1mEnd", "Last month"},
		{"all", NULL, "All time"},
		{"2024-01-01", "2024-01-20", "January 1, 2024 - January 20, 2024"},
		{"2024-01-01", "2024-01-01", "January 1, 2024"},
		{"2009-03-22T10:00:00Z", "2026-12-31", "March 22, 2009 - December 31, 2026"},
		{"2024-01-24", NULL, "Last 7 days"},
		{"2024-01-30", NULL, "Last 1 day"},
		{"2024-01-31", NULL, "Today"},
		{"-3m", NULL, "Last 3 months"},
		{"-1y", NULL, "Last 1 year"},
		{"-2q", NULL, "Last 2 quarters"},
		{"-30M", NULL, "Last 30 minutes"},
		{"-14d", "-7d", "January 17, 2024 - January 24, 2024"},
		{"-1dStart", NULL, "January 30, 2024 - January 31, 2024"},
		{NULL, NULL, "Last 7 days"},
		{NULL, "2024-01-30", "January 24, 2024 - January 30, 2024"},
		{"yesterday", NULL, ""},
		{"2024-01-20", "2024-01-10", ""},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *query = json_pack("{s:s, s:{s:s, s:{s:s?, s:s?}}}", "kind",
			"InsightVizNode", "source", "kind", "TrendsQuery", "dateRange", "date_from",
			cases[i].from, "date_to", cases[i].to);
		g_autofree char *text = insight_period_text(query, &env);

		assert_string_equal(text, cases[i].text);
		json_decref(query);
	}
}

static void only_what_has_a_period_shows_one(void **state)
{
	static const struct {
		const char *query, *text;
	} cases[] = {
		{"{\"kind\": \"TrendsQuery\"}", "Last 7 days"},
		{"{\"kind\": \"FunnelsQuery\", \"dateRange\": null}", "Last 7 days"},
		{"{\"kind\": \"RetentionQuery\"}", ""},
		{"{\"kind\": \"HogQLQuery\"}", ""},
		{"{}", ""},
		{"null", ""},
		{"[1]", ""},
		{"{\"kind\": \"TrendsQuery\", \"dateRange\": 7}", ""},
	};
	struct insight_env nowhere = env;
	json_t *query = parse("{\"kind\": \"TrendsQuery\"}");
	g_autofree char *none = NULL;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *one = parse(cases[i].query);
		g_autofree char *text = insight_period_text(one, &env);

		assert_string_equal(text, cases[i].text);
		json_decref(one);
	}
	nowhere.timezone = "Mars/Olympus";
	none = insight_period_text(query, &nowhere);
	assert_string_equal(none, "");
	json_decref(query);
}

/* clang-format off */
static const struct {
	const char *query, *kind, *name;
} names[] = {
	{"{\"kind\": \"TrendsQuery\", \"series\": [{\"event\": \"$pageview\"}]}", "Trends", "$pageview count"},
	{"{\"kind\": \"InsightVizNode\", \"source\": {\"kind\": \"TrendsQuery\", \"series\": [{\"event\": \"$pageview\", \"math\": \"dau\"}]}}", "Trends", "$pageview unique users"},
	{"{\"kind\": \"TrendsQuery\", \"series\": [{\"event\": \"a\"}, {\"event\": null, \"math\": \"dau\"}]}", "Trends", "a count & All events unique users"},
	{"{\"kind\": \"TrendsQuery\", \"series\": [{\"event\": \"a\", \"name\": \"A\", \"custom_name\": \"Mine\"}], \"breakdownFilter\": {\"breakdown\": \"$browser\"}}", "Trends", "Mine count by $browser"},
	{"{\"kind\": \"TrendsQuery\", \"series\": [{\"event\": \"a\", \"math\": \"p90\"}], \"breakdownFilter\": {\"breakdowns\": [{\"property\": \"$os\"}]}}", "Trends", "a 90th percentile by $os"},
	{"{\"kind\": \"TrendsQuery\", \"series\": []}", "Trends", "Trends"},
	{"{\"kind\": \"FunnelsQuery\", \"series\": [{\"event\": \"$pageview\"}, {\"event\": \"sign_up\"}]}", "Funnel", "$pageview \xe2\x86\x92 sign_up user conversion rate"},
	{"{\"kind\": \"RetentionQuery\", \"retentionFilter\": {\"targetEntity\": {\"id\": \"a\"}}}", "Retention", "Retention of users based on doing a and returning with $pageview"},
	{"{\"kind\": \"PathsQuery\"}", "User paths", "User paths"},
	{"{\"kind\": \"StickinessQuery\", \"series\": [{\"event\": \"a\"}]}", "Stickiness", "User stickiness based on a"},
	{"{\"kind\": \"LifecycleQuery\", \"series\": [{\"event\": \"a\"}]}", "Lifecycle", "User lifecycle based on a"},
	{"{\"kind\": \"DataVisualizationNode\", \"source\": {\"kind\": \"HogQLQuery\"}}", "SQL", "SQL"},
	{"{\"kind\": \"DataTableNode\", \"source\": {\"kind\": \"EventsQuery\"}}", "Events", "Events"},
	{"{\"kind\": \"Something\"}", "Insight", "Insight"},
	{"{\"kind\": \"InsightVizNode\"}", "Insight", "Insight"},
	{"7", "Insight", "Insight"},
};
/* clang-format on */

static void kinds_and_nameless_insights_have_a_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		json_t *query = parse(names[i].query);
		g_autofree char *name = insight_derived_name(query);

		assert_string_equal(insight_kind_text(query), names[i].kind);
		assert_string_equal(name, names[i].name);
		json_decref(query);
	}
}

/* clang-format off */
static const struct {
	const char *query, *filters, *overrides, *expected;
} overlays[] = {
	{"{\"kind\": \"TrendsQuery\"}", "null", "null", "{\"kind\": \"TrendsQuery\"}"},
	{"{\"kind\": \"TrendsQuery\"}", "{}", "{\"date_from\": null, \"properties\": []}", "{\"kind\": \"TrendsQuery\"}"},
	{"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"-7d\", \"date_to\": \"-1d\"}}",
		"{\"date_from\": \"-30d\"}", "null",
		"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"-30d\", \"date_to\": null}}"},
	{"{\"kind\": \"TrendsQuery\"}", "{\"date_from\": \"-30d\"}", "{\"date_from\": \"2024-01-01\", \"date_to\": \"2024-01-05\"}",
		"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"2024-01-01\", \"date_to\": \"2024-01-05\"}}"},
	{"{\"kind\": \"TrendsQuery\", \"properties\": [{\"key\": \"a\"}]}", "{\"properties\": [{\"key\": \"b\"}]}", "{\"properties\": [{\"key\": \"c\"}]}",
		"{\"kind\": \"TrendsQuery\", \"properties\": [{\"key\": \"a\"}, {\"key\": \"b\"}, {\"key\": \"c\"}]}"},
	{"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"-7d\", \"date_to\": null}, \"properties\": [{\"key\": \"a\", \"value\": [1]}]}",
		"{\"date_from\": \"-7d\", \"properties\": [{\"value\": [1], \"key\": \"a\"}]}", "null",
		"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"-7d\", \"date_to\": null}, \"properties\": [{\"key\": \"a\", \"value\": [1]}]}"},
	{"{\"kind\": \"TrendsQuery\", \"properties\": {\"type\": \"OR\", \"values\": []}}", "{\"properties\": [{\"key\": \"b\"}]}", "null",
		"{\"kind\": \"TrendsQuery\", \"properties\": {\"type\": \"AND\", \"values\": [{\"type\": \"OR\", \"values\": []}, {\"type\": \"AND\", \"values\": [{\"key\": \"b\"}]}]}}"},
	{"{\"kind\": \"InsightVizNode\", \"source\": {\"kind\": \"TrendsQuery\"}}", "{\"breakdown_filter\": {\"breakdown\": \"x\"}}", "null",
		"{\"kind\": \"InsightVizNode\", \"source\": {\"kind\": \"TrendsQuery\", \"breakdownFilter\": {\"breakdown\": \"x\"}}}"},
	{"{\"kind\": \"LifecycleQuery\"}", "{\"breakdown_filter\": {\"breakdown\": \"x\"}}", "null", "{\"kind\": \"LifecycleQuery\"}"},
	{"{\"kind\": \"DataVisualizationNode\", \"source\": {\"kind\": \"HogQLQuery\"}}", "{\"date_from\": \"-1d\"}", "null",
		"{\"kind\": \"DataVisualizationNode\", \"source\": {\"kind\": \"HogQLQuery\", \"filters\": {\"dateRange\": {\"date_from\": \"-1d\", \"date_to\": null}}}}"},
	{"{\"kind\": \"EventsQuery\"}", "{\"date_from\": \"-1d\", \"properties\": [{\"key\": \"b\"}]}", "null",
		"{\"kind\": \"EventsQuery\", \"after\": \"-1d\", \"properties\": [{\"key\": \"b\"}]}"},
	{"{\"kind\": \"InsightVizNode\"}", "{\"date_from\": \"-1d\"}", "null", "{\"kind\": \"InsightVizNode\"}"},
	{"[]", "{\"date_from\": \"-1d\"}", "7", "[]"},
};
/* clang-format on */

static void filters_of_dashboard_and_tile_lie_on_top(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(overlays); i++) {
		json_t *query = parse(overlays[i].query), *before = json_deep_copy(query);
		json_t *filters = parse(overlays[i].filters);
		json_t *overrides = parse(overlays[i].overrides);
		json_t *expected = parse(overlays[i].expected);
		json_t *got = insight_with_filters(query, filters, overrides);

		if (!json_equal(got, expected)) {
			fail_msg("%zu: %s", i, json_write(got));
		}
		assert_true(json_equal(query, before));
		json_decref(got);
		got = insight_with_filters(query, NULL, NULL);
		assert_true(json_equal(query, got));
		json_decref(got);
		json_decref(query);
		json_decref(before);
		json_decref(filters);
		json_decref(overrides);
		json_decref(expected);
	}
}

/* clang-format off */
static const struct {
	const char *query, *variables, *expected;
} variable_cases[] = {
	{"{\"kind\": \"HogQLQuery\", \"variables\": {\"a\": {\"code_name\": \"x\", \"variableId\": \"a\", \"value\": 1},"
	 " \"b\": {\"code_name\": \"y\", \"variableId\": \"b\", \"value\": 2}}}",
		"{\"a\": {\"code_name\": \"z\", \"variableId\": \"q\", \"value\": [3], \"isNull\": true}, \"c\": {\"value\": 4}, \"b\": 7}",
		"{\"kind\": \"HogQLQuery\", \"variables\": {\"a\": {\"code_name\": \"x\", \"variableId\": \"a\", \"value\": [3],"
		" \"isNull\": true}, \"b\": {\"code_name\": \"y\", \"variableId\": \"b\", \"value\": 2}}}"},
	/* What was null is not when the other says nothing of it; wrappers are looked through. */
	{"{\"kind\": \"DataVisualizationNode\", \"source\": {\"kind\": \"HogQLQuery\", \"variables\":"
	 " {\"a\": {\"code_name\": \"x\", \"isNull\": true}}}}", "{\"a\": {\"value\": 0}}",
		"{\"kind\": \"DataVisualizationNode\", \"source\": {\"kind\": \"HogQLQuery\", \"variables\":"
		" {\"a\": {\"code_name\": \"x\", \"value\": 0}}}}"},
	{"{\"kind\": \"HogQLQuery\"}", "{\"a\": {\"value\": 0}}", "{\"kind\": \"HogQLQuery\"}"},
	{"{\"kind\": \"HogQLQuery\", \"variables\": [1]}", "{\"a\": {\"value\": 0}}",
		"{\"kind\": \"HogQLQuery\", \"variables\": [1]}"},
	{"{\"kind\": \"HogQLQuery\", \"variables\": {\"a\": {\"value\": 1}}}", "[7]",
		"{\"kind\": \"HogQLQuery\", \"variables\": {\"a\": {\"value\": 1}}}"},
	{"[]", "{\"a\": {\"value\": 0}}", "[]"},
};
/* clang-format on */

static void variables_take_other_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(variable_cases); i++) {
		json_t *query = parse(variable_cases[i].query), *before = json_deep_copy(query);
		json_t *variables = parse(variable_cases[i].variables);
		json_t *expected = parse(variable_cases[i].expected);
		json_t *got = insight_with_variables(query, variables);

		if (!json_equal(got, expected)) {
			fail_msg("%zu: %s", i, json_write(got));
		}
		assert_true(json_equal(query, before));
		json_decref(got);
		got = insight_with_variables(query, NULL);
		assert_true(json_equal(query, got));
		json_decref(got);
		json_decref(query);
		json_decref(before);
		json_decref(variables);
		json_decref(expected);
	}
}

static void a_saved_insight_is_called_by_its_short_id(void **state)
{
	static const struct {
		const char *query, *id;
	} cases[] = {
		{"{\"kind\": \"SavedInsightNode\", \"shortId\": \"abc\"}", "abc"},
		{"{\"kind\": \"InsightVizNode\", \"source\": {\"kind\": \"SavedInsightNode\", "
		 "\"shortId\": \"abc\"}}",
			"abc"},
		{"{\"kind\": \"SavedInsightNode\", \"shortId\": 7}", NULL},
		{"{\"kind\": \"TrendsQuery\", \"shortId\": \"abc\"}", NULL},
		{"[]", NULL},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *query = parse(cases[i].query);

		if (g_strcmp0(insight_saved_id(query), cases[i].id) != 0) {
			fail_msg("%s: %s", cases[i].query, insight_saved_id(query));
		}
		json_decref(query);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(periods_read_as_people_say_them),
		cmocka_unit_test(only_what_has_a_period_shows_one),
		cmocka_unit_test(kinds_and_nameless_insights_have_a_name),
		cmocka_unit_test(filters_of_dashboard_and_tile_lie_on_top),
		cmocka_unit_test(variables_take_other_values),
		cmocka_unit_test(a_saved_insight_is_called_by_its_short_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
