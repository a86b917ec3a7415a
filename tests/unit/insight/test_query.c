#include "insight/insight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

/* 2024-01-31 10:20 UTC */
static const struct insight_env env = {
	.project_id = 42, .timezone = "UTC", .now_us = 1706696400000000LL};

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_DECODE_ANY, &error);

	if (!value) {
		fail_msg("%s in %s", error.text, text);
	}
	return value;
}

#define TRENDS(rest)                                                                                  \
	"{\"kind\": \"TrendsQuery\", \"series\": [{\"kind\": \"EventsNode\", \"event\": \"e\"}]" rest \
	"}"
#define SERIES(rest)                                                                                \
	"{\"kind\": \"TrendsQuery\", \"series\": [{\"kind\": \"EventsNode\", \"event\": \"e\"" rest \
	"}]}"

/* clang-format off */
static const struct {
	const char *query;
	enum fault_kind kind;
	const char *detail;
} mistakes[] = {
	{"[]", FAULT_QUERY, "the query is not an object"},
	{"{}", FAULT_QUERY, "Unknown query kind ''"},
	{"{\"kind\": 7}", FAULT_QUERY, "Unknown query kind ''"},
	{"{\"kind\": \"DropQuery\"}", FAULT_QUERY, "Unknown query kind 'DropQuery'"},
	{"{\"kind\": \"FunnelsQuery\"}", FAULT_QUERY, "series: a funnel has 2 to 30 steps, not 0"},
	{"{\"kind\": \"HogQLQuery\"}", FAULT_QUERY, "query is not a text"},
	{"{\"kind\": \"HogQLQuery\", \"query\": \"SELECT x\"}", FAULT_QUERY, "query: 1:8: 'x' is not a column"},
	{"{\"kind\": \"HogQLQuery\", \"query\": \"SELECT 1\", \"variables\": []}", FAULT_QUERY, "variables is not an object"},
	{"{\"kind\": \"HogQLQuery\", \"query\": \"SELECT 1\", \"filters\": {\"properties\": [5]}}", FAULT_QUERY, "filters.properties[0]: not a property filter"},
	{"{\"kind\": \"SavedInsightNode\"}", FAULT_QUERY, "shortId: a saved insight is called by a text"},
	{"{\"kind\": \"SavedInsightNode\", \"shortId\": \"x\"}", FAULT_UNSUPPORTED, "A query of kind 'SavedInsightNode' is not computed here"},
	{"{\"kind\": \"InsightVizNode\"}", FAULT_QUERY, "source: there is no query in it"},
	{"{\"kind\": \"InsightVizNode\", \"source\": []}", FAULT_QUERY, "source: there is no query in it"},
	{"{\"kind\": \"InsightVizNode\", \"source\": {\"kind\": \"SessionsQuery\"}}", FAULT_UNSUPPORTED, "A query of kind 'SessionsQuery' is not computed here"},
	{"{\"kind\": \"TrendsQuery\"}", FAULT_QUERY, "series: a query needs at least one"},
	{"{\"kind\": \"TrendsQuery\", \"series\": []}", FAULT_QUERY, "series: a query needs at least one"},
	{"{\"kind\": \"TrendsQuery\", \"series\": {}}", FAULT_QUERY, "series: a query needs at least one"},
	{"{\"kind\": \"TrendsQuery\", \"series\": [7]}", FAULT_QUERY, "series[0].kind is missing"},
	{"{\"kind\": \"TrendsQuery\", \"series\": [{\"kind\": \"ActionsNode\"}]}", FAULT_QUERY, "series[0].id: an action has a whole number above 0"},
	{"{\"kind\": \"TrendsQuery\", \"series\": [{\"kind\": \"Node\"}]}", FAULT_QUERY, "series[0].kind: 'Node' is not a kind of series"},
	{SERIES(", \"event\": 7"), FAULT_QUERY, "series[0].event is not a text"},
	{SERIES(", \"math\": \"sum\""), FAULT_QUERY, "series[0].math_property: 'sum' needs the name of a property"},
	{SERIES(", \"math\": \"p90\", \"math_property\": \"n\", \"math_property_type\": \"group_properties\""), FAULT_UNSUPPORTED, "series[0].math_property_type: 'group_properties' is not computed here"},
	{SERIES(", \"math\": \"p90\", \"math_property\": \"n\", \"math_property_type\": 7"), FAULT_QUERY, "series[0].math_property_type is not a text"},
	{SERIES(", \"math\": \"avg\", \"math_property\": \"$pageview_count\", \"math_property_type\": \"session_properties\""), FAULT_UNSUPPORTED, "series[0].math_property: '$pageview_count' of a session is not computed here"},
	{SERIES(", \"math\": \"sum\", \"math_property\": \"n\", \"math_property_revenue_currency\": {\"static\": \"EUR\"}"), FAULT_UNSUPPORTED, "series[0].math_property_revenue_currency: currencies are not computed here"},
	{SERIES(", \"math\": \"unique_group\""), FAULT_QUERY, "series[0].math_group_type_index is not a whole number from 0 to 4"},
	{SERIES(", \"math\": \"unique_group\", \"math_group_type_index\": 5"), FAULT_QUERY, "series[0].math_group_type_index is not a whole number from 0 to 4"},
	{SERIES(", \"math\": \"magic\""), FAULT_QUERY, "series[0].math: 'magic' is not a math"},
	{SERIES(", \"math\": \"hogql\""), FAULT_QUERY, "series[0].math_hogql is not a text"},
	{SERIES(", \"math\": \"hogql\", \"math_hogql\": \"event\""), FAULT_QUERY, "series[0].math_hogql: 1:1: there is no aggregate in it, such as count() or sum(properties.amount)"},
	{SERIES(", \"math\": 7"), FAULT_QUERY, "series[0].math is not a text"},
	{SERIES(", \"math_multiplier\": \"7\""), FAULT_QUERY, "series[0].math_multiplier is not a number from 0.000001 to 1000000"},
	{SERIES(", \"math_multiplier\": 1e7"), FAULT_QUERY, "series[0].math_multiplier is not a number from 0.000001 to 1000000"},
	{SERIES(", \"properties\": [7]"), FAULT_QUERY, "series[0].properties[0]: not a property filter"},
	{SERIES(", \"fixedProperties\": [{\"key\": \"k\", \"operator\": \"like\", \"value\": 1}]"), FAULT_QUERY, "series[0].fixedProperties[0].operator: 'like' is not an operator"},
	{TRENDS(", \"properties\": [{\"key\": \"k\", \"type\": \"planet\", \"value\": 1}]"), FAULT_QUERY, "properties[0].type: 'planet' is not a type of property"},
	{TRENDS(", \"properties\": [{\"key\": \"k\", \"operator\": \"semver_gt\", \"value\": \"1.x\"}]"), FAULT_QUERY, "properties[0].value: '1.x' is not a version"},
	{TRENDS(", \"properties\": [{\"key\": 7, \"value\": 1}]"), FAULT_QUERY, "properties[0].key is not a text"},
	{TRENDS(", \"properties\": [{\"value\": 1}]"), FAULT_QUERY, "properties[0].key is missing"},
	{TRENDS(", \"properties\": \"x\""), FAULT_QUERY, "properties: not a property filter"},
	{TRENDS(", \"properties\": {\"type\": \"XOR\", \"values\": []}"), FAULT_QUERY, "properties.type: 'XOR' is neither AND nor OR"},
	{TRENDS(", \"properties\": {\"type\": \"AND\", \"values\": [{\"type\": \"OR\", \"values\": [{\"key\": \"a\", \"value\": 1}, {\"key\": \"b\", \"operator\": \"gt\", \"value\": \"many\"}]}]}"), FAULT_QUERY, "properties.values[0].values[1].value: 'many' is not a number"},
	{TRENDS(", \"properties\": [{\"key\": \"k\", \"operator\": \"between\", \"value\": [1]}]"), FAULT_QUERY, "properties[0].value: 'between' takes two numbers"},
	{TRENDS(", \"properties\": [{\"key\": \"k\", \"operator\": \"gt\", \"value\": [1, 2]}]"), FAULT_QUERY, "properties[0].value: 'gt' takes one number"},
	{TRENDS(", \"properties\": [{\"key\": \"k\", \"operator\": \"lt\", \"value\": \"1e9999\"}]"), FAULT_QUERY, "properties[0].value: '1e9999' is not a number"},
	{TRENDS(", \"properties\": [{\"key\": \"k\", \"operator\": \"is_date_before\", \"value\": \"2024-02-30\"}]"), FAULT_DATE, "properties[0].value: '2024-02-30' is not a date"},
	{TRENDS(", \"interval\": \"fortnight\""), FAULT_QUERY, "interval: 'fortnight' is not an interval"},
	{TRENDS(", \"interval\": \"decade\""), FAULT_QUERY, "interval: 'decade' is not an interval"},
	{TRENDS(", \"interval\": 7"), FAULT_QUERY, "interval is not a text"},
	{TRENDS(", \"dateRange\": {\"date_from\": \"yesterday\"}"), FAULT_DATE, "dateRange.date_from: 'yesterday' is not a date"},
	{TRENDS(", \"interval\": \"minute\", \"dateRange\": {\"date_from\": \"-30d\"}"), FAULT_TOO_LARGE, "dateRange has 43821 intervals of one minute, more than 10000 (max_buckets); take a longer interval or a shorter range"},
	{TRENDS(", \"trendsFilter\": []"), FAULT_QUERY, "trendsFilter is not an object"},
	{TRENDS(", \"trendsFilter\": {\"display\": \"Spiral\"}"), FAULT_QUERY, "trendsFilter.display: 'Spiral' is not a display"},
	{TRENDS(", \"trendsFilter\": {\"display\": \"TwoDimensionalHeatmap\"}"), FAULT_UNSUPPORTED, "trendsFilter.display: 'TwoDimensionalHeatmap' is for SQL insights only"},
	{TRENDS(", \"trendsFilter\": {\"display\": \"BoxPlot\"}"), FAULT_QUERY, "series[0].math_property: 'BoxPlot' needs the name of a property"},
	{TRENDS(", \"trendsFilter\": {\"display\": \"BoxPlot\"}, \"breakdownFilter\": {\"breakdown\": \"a\"}"), FAULT_UNSUPPORTED, "breakdownFilter: a BoxPlot with a breakdown is not computed here"},
	{TRENDS(", \"trendsFilter\": {\"display\": \"CalendarHeatmap\", \"formula\": \"A\"}"), FAULT_UNSUPPORTED, "trendsFilter.formula: a CalendarHeatmap of a formula is not computed here"},
	{"{\"kind\": \"TrendsQuery\", \"trendsFilter\": {\"display\": \"CalendarHeatmap\"}, \"series\": [{\"event\": \"e\", \"math\": \"unique_session\"}]}", FAULT_UNSUPPORTED, "series[0].math: a heat map of 'unique_session' is not computed here"},
	{"{\"kind\": \"CalendarHeatmapQuery\", \"series\": [{\"event\": \"e\", \"math\": \"weekly_active\"}]}", FAULT_UNSUPPORTED, "series[0].math: a heat map of 'weekly_active' is not computed here"},
	{"{\"kind\": \"CalendarHeatmapQuery\", \"series\": [{\"event\": \"e\"}], \"conversionGoal\": {\"actionId\": 1}}", FAULT_UNSUPPORTED, "conversionGoal: conversions are not computed here"},
	{TRENDS(", \"trendsFilter\": {\"formula\": \"A/B\"}"), FAULT_QUERY, "trendsFilter.formula: at 3: there is no series B"},
	{TRENDS(", \"trendsFilter\": {\"formula\": 7}"), FAULT_QUERY, "trendsFilter.formula: a formula is a text"},
	{TRENDS(", \"trendsFilter\": {\"formulas\": [\"A\", \"A +\"]}"), FAULT_QUERY, "trendsFilter.formulas[1]: at 4: the formula ends where a value should be"},
	{TRENDS(", \"trendsFilter\": {\"formulas\": \"A\"}"), FAULT_QUERY, "trendsFilter.formulas is not a list"},
	{TRENDS(", \"trendsFilter\": {\"formulaNodes\": [{\"custom_name\": \"A\"}]}"), FAULT_QUERY, "trendsFilter.formulaNodes[0]: a formula is a text"},
	{TRENDS(", \"trendsFilter\": {\"smoothingIntervals\": 0}"), FAULT_QUERY, "trendsFilter.smoothingIntervals: 0 is not a whole number from 1 to 1000"},
	{TRENDS(", \"samplingFactor\": 0"), FAULT_QUERY, "samplingFactor is not a number above 0 and not above 1"},
	{TRENDS(", \"samplingFactor\": 1.5"), FAULT_QUERY, "samplingFactor is not a number above 0 and not above 1"},
	{TRENDS(", \"aggregation_group_type_index\": 5"), FAULT_QUERY, "aggregation_group_type_index is not a whole number from 0 to 4"},
	{TRENDS(", \"breakdownFilter\": []"), FAULT_QUERY, "breakdownFilter is not an object"},
	{TRENDS(", \"breakdownFilter\": {\"breakdown\": 7}"), FAULT_QUERY, "breakdownFilter.breakdown is not the name of a property"},
	{TRENDS(", \"breakdownFilter\": {\"breakdown\": \"a\", \"breakdown_limit\": 0}"), FAULT_QUERY, "breakdownFilter.breakdown_limit: 0 is not a whole number from 1 to 1000"},
	{TRENDS(", \"breakdownFilter\": {\"breakdown\": \"a\", \"breakdown_limit\": 1001}"), FAULT_QUERY, "breakdownFilter.breakdown_limit: 1001 is not a whole number from 1 to 1000"},
	{TRENDS(", \"breakdownFilter\": {\"breakdowns\": {}}"), FAULT_QUERY, "breakdownFilter.breakdowns is not a list"},
	{TRENDS(", \"breakdownFilter\": {\"breakdowns\": [7]}"), FAULT_QUERY, "breakdownFilter.breakdowns[0] is not an object"},
	{TRENDS(", \"breakdownFilter\": {\"breakdowns\": [{\"property\": \"a\"}, {\"property\": \"b\", \"type\": \"group\"}]}"), FAULT_QUERY, "breakdownFilter.breakdowns[1].group_type_index is not a whole number from 0 to 4"},
	{TRENDS(", \"breakdownFilter\": {\"breakdowns\": [{\"property\": \"a\"}, {\"property\": \"all\", \"type\": \"cohort\"}]}"), FAULT_UNSUPPORTED, "breakdownFilter.breakdowns[1].type: cohorts beside other breakdowns are not computed here"},
	{TRENDS(", \"breakdownFilter\": {\"breakdowns\": [{\"property\": \"a\"}, {\"property\": \"b\"}, {\"property\": \"c\"}, {\"property\": \"d\"}]}"), FAULT_QUERY, "breakdownFilter.breakdowns: 4 are more than 3"},
	{TRENDS(", \"breakdownFilter\": {\"breakdowns\": [{\"property\": \"a\", \"histogram_bin_count\": 501}]}"), FAULT_QUERY, "breakdownFilter.breakdowns[0].histogram_bin_count: 501 is not a whole number from 1 to 500"},
	{TRENDS(", \"breakdownFilter\": {\"breakdown\": \"a\", \"breakdown_type\": 7}"), FAULT_QUERY, "breakdownFilter.breakdown_type is not a text"},
	{TRENDS(", \"breakdownFilter\": {\"breakdown\": [\"a\"], \"breakdown_type\": \"cohort\"}"), FAULT_QUERY, "breakdownFilter.breakdown: a cohort is a whole number above 0 or \"all\""},
	{TRENDS(", \"breakdownFilter\": {\"breakdown\": \"a\", \"breakdown_type\": \"revenue_analytics\"}"), FAULT_UNSUPPORTED, "breakdownFilter.breakdown_type: properties of type 'revenue_analytics' are not computed here"},
	{TRENDS(", \"compareFilter\": {\"compare\": true, \"compare_to\": \"soon\"}"), FAULT_DATE, "compareFilter.compare_to: 'soon' is not a date"},
	{TRENDS(", \"compareFilter\": {\"compare\": true, \"compare_to\": 7}"), FAULT_DATE, "compareFilter.compare_to is not a text"},
};
/* clang-format on */

static void what_is_wrong_with_a_query_is_said_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
		json_t *query = parse(mistakes[i].query);
		struct insight_run *run = NULL;
		struct fault f = {.kind = FAULT_NONE};

		print_message("%s\n", mistakes[i].query);
		assert_false(insight_begin(query, &env, &run, &f));
		assert_null(run);
		assert_string_equal(f.detail, mistakes[i].detail);
		assert_string_equal(fault_name(f.kind), fault_name(mistakes[i].kind));
		json_decref(query);
	}
}

static json_t *with_series(size_t count)
{
	json_t *series = json_array();

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(series, json_pack("{s:s}", "event", "e"));
	}
	return json_pack("{s:s, s:o}", "kind", "TrendsQuery", "series", series);
}

static json_t *with_filters(size_t count)
{
	json_t *query = with_series(1), *filters = json_array();

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(filters, json_pack("{s:s, s:i}", "key", "k", "value", 1));
	}
	json_object_set_new(query, "properties", filters);
	return query;
}

static json_t *with_groups(size_t depth)
{
	json_t *query = with_series(1);
	json_t *filter = json_pack("{s:s, s:i}", "key", "k", "value", 1);

	for (size_t i = 0; i < depth; i++) {
		filter = json_pack("{s:s, s:[o]}", "type", "OR", "values", filter);
	}
	json_object_set_new(query, "properties", filter);
	return query;
}

static json_t *with_values(size_t count)
{
	json_t *query = with_series(1), *values = json_array();

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(values, json_integer((json_int_t)i));
	}
	json_object_set_new(
		query, "properties", json_pack("[{s:s, s:o}]", "key", "k", "value", values));
	return query;
}

static void limits_hold_and_are_named(void **state)
{
	static const struct {
		json_t *(*make)(size_t);
		size_t limit;
		const char *detail;
	} limits[] = {
		{with_series, 26, "series: 27 are more than 26"},
		{with_filters, 100, "properties[100]: a query takes at most 100 property filters"},
		{with_groups, 8, "groups of filters are nested deeper than 8"},
		{with_values, 1000, "properties[0].value: 1001 values are more than 1000"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
		json_t *most = limits[i].make(limits[i].limit);
		json_t *more = limits[i].make(limits[i].limit + 1);
		struct insight_run *run;
		struct fault f = {.kind = FAULT_NONE};

		if (!insight_begin(most, &env, &run, &f)) {
			fail_msg("%s", f.detail);
		}
		insight_end(run);
		assert_false(insight_begin(more, &env, &run, &f));
		assert_int_equal(f.kind, FAULT_QUERY);
		if (!strstr(f.detail, limits[i].detail)) {
			fail_msg("%s", f.detail);
		}
		json_decref(most);
		json_decref(more);
	}
}

static void an_unknown_zone_is_said(void **state)
{
	struct insight_env nowhere = env;
	json_t *query = with_series(1);
	struct insight_run *run;
	struct fault f;

	(void)state;
	nowhere.timezone = "Mars/Olympus";
	assert_false(insight_begin(query, &nowhere, &run, &f));
	assert_int_equal(f.kind, FAULT_INPUT);
	assert_string_equal(f.detail, "the time zone 'Mars/Olympus' is not known");
	json_decref(query);
}

/* One marker wherever a query holds a text; none may be in the statement, all in its values. */
static void no_text_of_a_query_is_in_the_text_of_a_statement(void **state)
{
	static const char *const markers[] = {"MARKER", "'; DROP TABLE events; --MARKER",
		"\\'MARKER\"", "$1MARKER", "%sMARKER%n", "MARKER\xe2\x80\x99", "{MARKER}",
		"/*MARKER*/", "MARKER\n", "--MARKER"};
	static const char *const operators[] = {"exact", "is_not", "icontains", "not_icontains",
		"regex", "not_regex", "is_set", "is_not_set", "in", "not_in"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(markers); i++) {
		const char *m = markers[i];
		json_t *filters = json_array();
		json_t *query;
		struct insight_run *run;
		struct sql *sql;
		struct fault f;
		int held = 0;

		for (size_t j = 0; j < G_N_ELEMENTS(operators); j++) {
			json_array_append_new(
				filters, json_pack("{s:s, s:s, s:s, s:[s, {s:s}]}", "key", m,
						 "type", j % 2 ? "event" : "person", "operator",
						 operators[j], "value", m, "k", m));
		}
		query = json_pack("{s:s, s:[{s:s, s:s, s:s, s:s, s:O}], s:{s:s}, s:O, s:{s:s}}",
			"kind", "TrendsQuery", "series", "kind", "EventsNode", "event", m,
			"custom_name", m, "name", m, "properties", filters, "breakdownFilter",
			"breakdown", m, "properties", filters, "dateRange", "date_from", "-7d");
		if (!insight_begin(query, &env, &run, &f) || !insight_next(run, &sql, &f)) {
			fail_msg("%s", f.detail);
		}
		assert_null(strstr(sql_text(sql), "MARKER"));
		assert_null(strstr(sql_text(sql), "DROP"));
		for (int j = 0; j < sql_param_count(sql); j++) {
			held += strstr(sql_param_values(sql)[j], "MARKER") != NULL;
		}
		/* 20 names, 16 of them with values, an event, a breakdown */
		assert_int_equal(held, 38);
		assert_non_null(strstr(sql_text(sql), "events.project_id = $"));
		sql_destroy(sql);
		insight_end(run);
		json_decref(filters);
		json_decref(query);
	}
}

static void the_same_query_makes_the_same_statement(void **state)
{
	json_t *query = with_filters(3);
	g_autofree char *first = NULL;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct insight_run *run;
		struct sql *sql;
		struct fault f;

		assert_true(insight_begin(query, &env, &run, &f));
		assert_true(insight_next(run, &sql, &f));
		if (first) {
			assert_string_equal(first, sql_text(sql));
		} else {
			first = g_strdup(sql_text(sql));
		}
		sql_destroy(sql);
		insight_end(run);
	}
	json_decref(query);
}

static void a_run_may_end_at_any_moment(void **state)
{
	json_t *query = parse(TRENDS(", \"dateRange\": {\"date_from\": \"all\"}"));
	static const char *const earliest[] = {"1704067200000000"};
	const struct rows rows = {.row_count = 1, .column_count = 1, .cells = earliest};

	(void)state;
	for (int steps = 0; steps < 4; steps++) {
		struct insight_run *run;
		struct sql *sql;
		struct fault f;

		assert_true(insight_begin(query, &env, &run, &f));
		if (steps > 0) {
			assert_true(insight_next(run, &sql, &f));
			assert_non_null(strstr(sql_text(sql), "LATERAL"));
			sql_destroy(sql);
		}
		if (steps > 1) {
			assert_true(insight_feed(run, &rows, &f));
		}
		if (steps > 2) {
			assert_true(insight_next(run, &sql, &f));
			assert_non_null(strstr(sql_text(sql), "width_bucket"));
			sql_destroy(sql);
		}
		insight_end(run);
	}
	insight_end(NULL);
	json_decref(query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_with_a_query_is_said_with_its_place),
		cmocka_unit_test(limits_hold_and_are_named),
		cmocka_unit_test(an_unknown_zone_is_said),
		cmocka_unit_test(no_text_of_a_query_is_in_the_text_of_a_statement),
		cmocka_unit_test(the_same_query_makes_the_same_statement),
		cmocka_unit_test(a_run_may_end_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
