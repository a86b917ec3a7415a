#include "render/result.h"

#include <glib.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_DECODE_ANY, &error);

	if (!value) {
		fail_msg("%s: %s", text, error.text);
	}
	return value;
}

static struct result *read_at(const char *query_text, const char *result_text, int64_t now_us)
{
	struct result_env env = {theme_named("light"), "UTC", now_us};
	struct fault f = {.kind = FAULT_NONE};
	struct result *r = NULL;
	json_t *query = parse(query_text);
	json_t *result = parse(result_text);

	if (!result_read(query, result, &env, &r, &f)) {
		fail_msg("%s: %s", result_text, f.detail);
	}
	json_decref(query);
	json_decref(result);
	return r;
}

static struct result *read_result(const char *query, const char *result)
{
	return read_at(query, result, 0);
}

static void expect_fault(const char *result_text, enum fault_kind kind, const char *says)
{
	struct result_env env = {theme_named("light"), "UTC", 0};
	struct fault f = {.kind = FAULT_NONE};
	struct result *r = NULL;
	json_t *result = parse(result_text);

	if (result_read(NULL, result, &env, &r, &f) || f.kind != kind || !strstr(f.detail, says)) {
		fail_msg("%s: \"%s\" does not say \"%s\"", result_text, f.detail, says);
	}
	assert_null(r);
	json_decref(result);
}

static const char trends[] = "{\"kind\":\"TrendsQuery\"}";

static void every_way_a_list_arrives_is_read(void **state)
{
	static const char *const texts[] = {
		"{\"results\":[{\"label\":\"a\",\"data\":[1,2.5],\"days\":[\"2024-01-01\",\"2024-01-02\"]}]}",
		"{\"result\":[{\"label\":\"a\",\"data\":[1,2.5],\"days\":[\"2024-01-01\",\"2024-01-02\"]}]}",
		"{\"results\":null,\"result\":[{\"label\":\"a\",\"data\":[1,2.5],\"days\":[\"2024-01-01\",\"2024-01-02\"]}]}",
		"[{\"label\":\"a\",\"data\":[1,2.5],\"days\":[\"2024-01-01\",\"2024-01-02\"]}]",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct result *r = read_result(trends, texts[i]);

		assert_int_equal(r->series_count, 1);
		assert_int_equal(r->bucket_count, 2);
		assert_string_equal(r->series[0].label, "a");
		assert_true(r->series[0].values[1] == 2.5);
		assert_string_equal(r->days[1], "2024-01-02");
		assert_string_equal(r->labels[1], "2024-01-02");
		assert_true(r->has_data);
		assert_true(isnan(r->series[0].aggregated));
		result_destroy(r);
	}
}

static void a_wrong_shape_names_the_member_that_is_wrong(void **state)
{
	static const struct {
		const char *result, *says;
	} cases[] = {
		{"null", "the result is null"},
		{"5", "the result is a number"},
		{"{}", "result is missing, not a list"},
		{"{\"result\":null}", "result is null, not a list"},
		{"{\"results\":{\"bins\":[]}}", "results is an object, not a list"},
		{"{\"results\":\"x\"}", "results is a text, not a list"},
		{"[5]", "results[0] is a number, not an object"},
		{"[{\"data\":[1]},[1]]", "results[1] is a list, not an object"},
		{"[{\"label\":7}]", "results[0].label is a number, not a text"},
		{"[{\"label\":\"a\",\"data\":7}]", "results[0].data is a number, not a list"},
		{"[{\"data\":[1,2,\"3\"]}]", "results[0].data[2] is a text, not a number"},
		{"[{\"data\":[1]},{\"data\":[1,2,3,{}]}]",
			"results[1].data[3] is an object, not a number"},
		{"[{\"data\":[true]}]", "results[0].data[0] is a boolean, not a number"},
		{"[{\"data\":[1],\"days\":5}]", "results[0].days is a number, not a list"},
		{"[{\"data\":[1],\"days\":[null]}]", "results[0].days[0] is null, not a text"},
		{"[{\"data\":[1],\"labels\":{}}]", "results[0].labels is an object, not a list"},
		{"[{\"data\":[1],\"labels\":[[]]}]", "results[0].labels[0] is a list, not a text"},
		{"[{\"aggregated_value\":\"5\"}]",
			"results[0].aggregated_value is a text, not a number"},
		{"[{\"count\":[]}]", "results[0].count is a list, not a number"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		expect_fault(cases[i].result, FAULT_CORRUPT, cases[i].says);
	}
}

static char *many(size_t series, size_t points)
{
	GString *text = g_string_new("[");

	for (size_t i = 0; i < series; i++) {
		g_string_append(text, i > 0 ? ",{\"data\":[" : "{\"data\":[");
		for (size_t p = 0; p < points; p++) {
			g_string_append(text, p > 0 ? ",1" : "1");
		}
		g_string_append(text, "]}");
	}
	g_string_append_c(text, ']');
	return g_string_free(text, FALSE);
}

static void a_chart_past_its_budget_names_the_limit(void **state)
{
	g_autofree char *series = many(1001, 1);
	g_autofree char *points = many(1, 100001);
	g_autofree char *both = many(1000, 101);
	g_autofree char *just = many(1000, 100);
	struct result *r;

	(void)state;
	expect_fault(series, FAULT_TOO_LARGE, "limit of 1000 series");
	expect_fault(points, FAULT_TOO_LARGE, "limit of 100000 points");
	expect_fault(both, FAULT_TOO_LARGE, "limit of 100000 points");
	r = read_result(trends, just);
	assert_int_equal(r->series_count, 1000);
	result_destroy(r);
}

static void what_is_missing_is_a_gap_and_what_is_too_much_is_dropped(void **state)
{
	struct result *r = read_result(trends,
		"[{\"data\":[1,null,3],\"days\":[\"2024-01-01\",\"2024-01-02\",\"2024-01-03\"]},"
		"{\"data\":[7]},{\"data\":[1,2,3,4,5]},{\"data\":null}]");

	(void)state;
	assert_int_equal(r->bucket_count, 3);
	assert_true(isnan(r->series[0].values[1]));
	assert_true(r->series[1].values[0] == 7 && isnan(r->series[1].values[2]));
	assert_true(r->series[2].values[2] == 3);
	assert_true(isnan(r->series[3].values[0]));
	assert_string_equal(r->series[3].label, "Series #4");
	result_destroy(r);
}

static void no_series_and_zeros_are_no_data(void **state)
{
	struct result *none = read_result(trends, "[]");
	struct result *zeros = read_result(trends, "[{\"data\":[0,0.0,null]}]");
	struct result *negative = read_result(trends, "[{\"data\":[0,-2]}]");
	struct result *big = read_result(
		"{\"kind\":\"TrendsQuery\",\"trendsFilter\":{\"display\":\"BoldNumber\"}}",
		"[{\"data\":[],\"aggregated_value\":0}]");

	(void)state;
	assert_int_equal(none->series_count, 0);
	assert_false(none->has_data);
	assert_false(zeros->has_data);
	assert_true(negative->has_data);
	/* A number that says 0 is an answer. */
	assert_true(big->has_data);
	result_destroy(none);
	result_destroy(zeros);
	result_destroy(negative);
	result_destroy(big);
}

static void labels_say_event_value_and_period(void **state)
{
	static const struct {
		const char *query, *result, *labels;
	} cases[] = {
		{"{\"kind\":\"TrendsQuery\"}", "[{\"label\":\"$pageview\",\"data\":[1]}]",
			"$pageview"},
		{"{\"kind\":\"TrendsQuery\"}",
			"[{\"label\":\"x\",\"action\":{\"name\":\"x\",\"custom_name\":\"Visits\"},\"data\":[1]}]",
			"Visits"},
		{"{\"kind\":\"TrendsQuery\",\"breakdownFilter\":{\"breakdown\":\"b\"}}",
			"[{\"label\":\"Chrome\",\"action\":{\"name\":\"x\",\"order\":0},\"breakdown_value\":\"Chrome\",\"data\":[1]},"
			"{\"label\":\"y\",\"action\":{\"name\":\"x\",\"order\":0},\"breakdown_value\":\"$$_posthog_breakdown_other_$$\",\"data\":[1]},"
			"{\"label\":\"z\",\"action\":{\"name\":\"x\",\"order\":0},\"breakdown_value\":\"$$_posthog_breakdown_null_$$\",\"data\":[1]},"
			"{\"label\":\"n\",\"action\":{\"name\":\"x\",\"order\":0},\"breakdown_value\":null,\"data\":[1]},"
			"{\"label\":\"e\",\"action\":{\"name\":\"x\",\"order\":0},\"breakdown_value\":\"\",\"data\":[1]},"
			"{\"label\":\"5\",\"action\":{\"name\":\"x\",\"order\":0},\"breakdown_value\":5,\"data\":[1]},"
			"{\"label\":\"t\",\"action\":{\"name\":\"x\",\"order\":0},\"breakdown_value\":true,\"data\":[1]}]",
			"Chrome|Other (i.e. all remaining values)|None (i.e. no value)|None (i.e. no "
			"value)|(empty string)|5|true"},
		{"{\"kind\":\"TrendsQuery\"}",
			"[{\"label\":\"l\",\"action\":{\"name\":\"x\",\"order\":0},\"breakdown_value\":[\"Chrome\",\"DE\"],\"data\":[1]},"
			"{\"label\":\"l\",\"action\":{\"name\":\"y\",\"custom_name\":\"Y!\",\"order\":1},\"breakdown_value\":[\"Safari\",null],\"data\":[1]}]",
			"x - Chrome::DE|Y! - Safari::None (i.e. no value)"},
		{"{\"kind\":\"TrendsQuery\",\"breakdownFilter\":{\"breakdown\":[1,2],\"breakdown_type\":\"cohort\"}}",
			"[{\"label\":\"Power users\",\"breakdown_value\":1,\"data\":[1]},"
			"{\"label\":\"all users\",\"breakdown_value\":\"all\",\"data\":[1]}]",
			"Power users|all users"},
		{"{\"kind\":\"TrendsQuery\"}",
			"[{\"label\":\"a\",\"compare\":true,\"compare_label\":\"current\",\"data\":[1]},"
			"{\"label\":\"a\",\"compare\":true,\"compare_label\":\"previous\",\"data\":[1]}]",
			"a - current|a - previous"},
		{"{\"kind\":\"TrendsQuery\"}",
			"[{\"label\":\"Formula (A/B)\",\"action\":null,\"data\":[1]}]",
			"Formula (A/B)"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct result *r = read_result(cases[i].query, cases[i].result);
		GString *labels = g_string_new(NULL);

		for (size_t s = 0; s < r->series_count; s++) {
			g_string_append_printf(
				labels, "%s%s", s > 0 ? "|" : "", r->series[s].label);
		}
		assert_string_equal(labels->str, cases[i].labels);
		g_string_free(labels, TRUE);
		result_destroy(r);
	}
}

static void expect_color(const struct series *s, const char *hex)
{
	struct color wanted = color_of_hex(hex);

	if (fabs(s->color.r - wanted.r) + fabs(s->color.g - wanted.g) +
			fabs(s->color.b - wanted.b) + fabs(s->color.a - wanted.a) >
		0.01) {
		fail_msg("%s has not the colour %s", s->label, hex);
	}
}

static void colours_follow_rank_and_periods_share_them(void **state)
{
	struct result *r = read_result(trends,
		"[{\"label\":\"a\",\"compare\":true,\"compare_label\":\"current\",\"data\":[1]},"
		"{\"label\":\"b\",\"compare\":true,\"compare_label\":\"current\",\"data\":[1]},"
		"{\"label\":\"a\",\"compare\":true,\"compare_label\":\"previous\",\"data\":[1]},"
		"{\"label\":\"b\",\"compare\":true,\"compare_label\":\"previous\",\"data\":[1]}]");
	g_autofree char *sixteen = many(16, 1);
	struct result *again = read_result(trends, sixteen);

	(void)state;
	expect_color(&r->series[0], "#1d4aff");
	expect_color(&r->series[1], "#621da6");
	expect_color(&r->series[2], "#1d4aff80");
	expect_color(&r->series[3], "#621da680");
	assert_true(r->compares && r->series[3].previous && !r->series[1].previous);
	result_destroy(r);
	/* The palette begins anew after fifteen. */
	expect_color(&again->series[14], "#30d5c8");
	expect_color(&again->series[15], "#1d4aff");
	result_destroy(again);
}

static void customizations_are_found_by_value_and_by_position(void **state)
{
	static const char result[] =
		"[{\"label\":\"Chrome\",\"action\":{\"name\":\"x\",\"order\":0},\"breakdown_value\":\"Chrome\",\"data\":[1]},"
		"{\"label\":\"Safari\",\"action\":{\"name\":\"x\",\"order\":0},\"breakdown_value\":\"Safari\",\"data\":[1]}]";
	static const struct {
		const char *filter, *first, *second;
		bool first_hidden, second_hidden;
	} cases[] = {
		{"{}", "#1d4aff", "#621da6", false, false},
		{"{\"resultCustomizations\":{\"Safari\":{\"color\":\"preset-5\"}}}", "#1d4aff",
			"#f14f58", false, false},
		{"{\"resultCustomizations\":{\"{\\\"series\\\":0,\\\"breakdown_value\\\":[\\\"Safari\\\"]}\":"
		 "{\"color\":\"preset-5\",\"hidden\":true}}}",
			"#1d4aff", "#f14f58", false, true},
		{"{\"resultCustomizationBy\":\"position\",\"resultCustomizations\":{\"0\":{\"color\":\"#00ff00\"}}}",
			"#00ff00", "#621da6", false, false},
		{"{\"resultCustomizationBy\":\"position\",\"resultCustomizations\":{\"1\":{\"hidden\":true}}}",
			"#1d4aff", "#621da6", false, true},
		{"{\"resultCustomizations\":{\"Chrome\":{\"color\":\"no colour\"}}}", "#1d4aff",
			"#621da6", false, false},
		{"{\"resultCustomizations\":{\"Chrome\":5}}", "#1d4aff", "#621da6", false, false},
		{"{\"hiddenLegendIndexes\":[0,7,\"x\"]}", "#1d4aff", "#621da6", true, false},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *query = g_strdup_printf(
			"{\"kind\":\"TrendsQuery\",\"trendsFilter\":%s}", cases[i].filter);
		struct result *r = read_result(query, result);

		expect_color(&r->series[0], cases[i].first);
		expect_color(&r->series[1], cases[i].second);
		assert_int_equal(r->series[0].hidden, cases[i].first_hidden);
		assert_int_equal(r->series[1].hidden, cases[i].second_hidden);
		result_destroy(r);
	}
}

static void lifecycles_have_their_colours_and_can_be_switched_off(void **state)
{
	struct result *r = read_result(
		"{\"kind\":\"LifecycleQuery\",\"lifecycleFilter\":{\"toggledLifecycles\":[\"new\",\"dormant\"]}}",
		"[{\"label\":\"n\",\"status\":\"new\",\"data\":[1]},{\"label\":\"r\",\"status\":\"returning\",\"data\":[1]},"
		"{\"label\":\"d\",\"status\":\"dormant\",\"data\":[-1]}]");

	(void)state;
	expect_color(&r->series[0], "#1d4aff");
	expect_color(&r->series[1], "#388600");
	expect_color(&r->series[2], "#db3707");
	assert_true(!r->series[0].hidden && r->series[1].hidden && !r->series[2].hidden);
	result_destroy(r);
}

static void the_last_bucket_is_open_while_now_is_in_it(void **state)
{
	static const char result[] =
		"[{\"label\":\"a\",\"data\":[1,2],\"days\":[\"2024-01-01\",\"2024-01-02\"]}]";
	const int64_t noon = INT64_C(1704196800) * 1000000; /* 2024-01-02 12:00 UTC */
	struct result *open = read_at(trends, result, noon);
	struct result *closed = read_at(trends, result, noon + INT64_C(86400) * 1000000);
	struct result *untold = read_at(trends, result, 0);

	(void)state;
	assert_true(open->last_is_open);
	assert_false(closed->last_is_open);
	assert_false(untold->last_is_open);
	result_destroy(open);
	result_destroy(closed);
	result_destroy(untold);
}

static void total_values_have_no_buckets(void **state)
{
	struct result *r = read_result(trends,
		"{\"results\":[{\"label\":\"DE\",\"breakdown_value\":\"DE\",\"aggregated_value\":120.0,"
		"\"data\":[],\"count\":0,\"days\":[\"2024-01-01\",\"2024-01-02\"],\"labels\":[]},"
		"{\"label\":\"US\",\"breakdown_value\":\"US\",\"aggregated_value\":300,\"data\":[],\"count\":0}]}");

	(void)state;
	assert_int_equal(r->bucket_count, 0);
	assert_true(r->series[1].aggregated == 300);
	assert_true(r->has_data);
	result_destroy(r);
}

static void buckets_are_those_of_the_current_period(void **state)
{
	struct result *r = read_result(trends,
		"[{\"label\":\"a\",\"compare\":true,\"compare_label\":\"previous\",\"data\":[1,2,3],"
		"\"days\":[\"2023-12-01\",\"2023-12-02\",\"2023-12-03\"]},"
		"{\"label\":\"a\",\"compare\":true,\"compare_label\":\"current\",\"data\":[5,6],"
		"\"days\":[\"2024-01-01\",\"2024-01-02\"],\"labels\":[\"1-Jan\",\"2-Jan\"]}]");

	(void)state;
	assert_int_equal(r->bucket_count, 2);
	assert_string_equal(r->days[0], "2024-01-01");
	assert_string_equal(r->labels[1], "2-Jan");
	assert_true(r->series[0].values[1] == 2);
	result_destroy(r);
}

static void stickiness_counts_its_days_with_numbers(void **state)
{
	struct result *r = read_result("{\"kind\":\"StickinessQuery\"}",
		"[{\"label\":\"a\",\"count\":70,\"data\":[50,15,5],\"days\":[1,2,3],"
		"\"labels\":[\"1 day\",\"2 days\",\"3 days\"]}]");

	(void)state;
	assert_string_equal(r->days[2], "3");
	assert_string_equal(r->labels[2], "3 days");
	result_destroy(r);
}

static void a_query_is_found_under_its_wrappers(void **state)
{
	json_t *wrapped =
		parse("{\"kind\":\"InsightVizNode\",\"source\":{\"kind\":\"TrendsQuery\","
		      "\"interval\":\"week\",\"trendsFilter\":{\"display\":\"ActionsPie\"}}}");
	json_t *bare = parse("{\"kind\":\"ActorsQuery\",\"source\":{\"kind\":\"X\"}}");
	json_t *empty = parse("{\"kind\":\"InsightVizNode\"}");
	json_t *text = parse("\"x\"");

	(void)state;
	assert_string_equal(query_kind(wrapped), "TrendsQuery");
	assert_string_equal(query_display(wrapped), "ActionsPie");
	assert_string_equal(query_kind(bare), "ActorsQuery");
	assert_string_equal(query_display(bare), "ActionsLineGraph");
	assert_string_equal(query_kind(empty), "");
	assert_null(query_unwrap(empty));
	assert_string_equal(query_kind(text), "");
	assert_string_equal(query_kind(NULL), "");
	assert_null(query_filter(NULL));
	json_decref(wrapped);
	json_decref(bare);
	json_decref(empty);
	json_decref(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_a_list_arrives_is_read),
		cmocka_unit_test(a_wrong_shape_names_the_member_that_is_wrong),
		cmocka_unit_test(a_chart_past_its_budget_names_the_limit),
		cmocka_unit_test(what_is_missing_is_a_gap_and_what_is_too_much_is_dropped),
		cmocka_unit_test(no_series_and_zeros_are_no_data),
		cmocka_unit_test(labels_say_event_value_and_period),
		cmocka_unit_test(colours_follow_rank_and_periods_share_them),
		cmocka_unit_test(customizations_are_found_by_value_and_by_position),
		cmocka_unit_test(lifecycles_have_their_colours_and_can_be_switched_off),
		cmocka_unit_test(the_last_bucket_is_open_while_now_is_in_it),
		cmocka_unit_test(total_values_have_no_buckets),
		cmocka_unit_test(buckets_are_those_of_the_current_period),
		cmocka_unit_test(stickiness_counts_its_days_with_numbers),
		cmocka_unit_test(a_query_is_found_under_its_wrappers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
