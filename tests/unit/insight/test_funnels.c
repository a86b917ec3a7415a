#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static struct computed db;

/* 2024-01-31 10:20 UTC */
static const struct insight_env env = {
	.project_id = 1, .timezone = "UTC", .now_us = 1706696400000000LL};

/* "u a 0 Chrome": person u did a at minute 0 of 2024-01-10 with that browser, in group g<u>. */
static void happened(const char *lines)
{
	g_auto(GStrv) list = g_strsplit(lines, ";", 0);
	g_autoptr(GString) sql =
		g_string_new("DELETE FROM events; INSERT INTO events (project_id, uuid, event,"
			     " distinct_id, person_id, timestamp, properties, group_0) VALUES "
			     "(2, gen_random_uuid(), 'a', 'x', gen_random_uuid(),"
			     " '2024-01-10Z', '{}', ''), (2, gen_random_uuid(), 'b', 'x',"
			     " gen_random_uuid(), '2024-01-10Z', '{}', '')");

	for (char **line = list; *line; line++) {
		g_auto(GStrv) word = g_strsplit(g_strstrip(*line), " ", 0);

		assert_true(g_strv_length(word) >= 3);
		g_string_append_printf(sql,
			", (1, '00000000-0000-0000-0000-%012d', '%s', 'd%s', md5('%s')::uuid,"
			" '2024-01-10Z'::timestamptz + %s * interval '1 minute',"
			" jsonb_build_object('browser', nullif('%s', '')), 'g%s')",
			(int)(line - list), word[1], word[0], word[0], word[2],
			word[3] ? word[3] : "", word[0]);
	}
	computed_run(&db, sql->str);
}

static int start(void **state)
{
	(void)state;
	computed_start(&db);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	computed_stop(&db);
	return 0;
}

#define STEP(name) "{\"kind\": \"EventsNode\", \"event\": \"" name "\"}"
#define OPTIONAL(name)                                                                             \
	"{\"kind\": \"EventsNode\", \"event\": \"" name "\", \"optionalInFunnel\": true}"
#define QUERY(steps, filter, rest)                                                                 \
	"{\"kind\": \"FunnelsQuery\", \"dateRange\": {\"date_from\": \"2024-01-10\", \"date_to\":" \
	" \"2024-01-12\"}, \"series\": [" steps "], \"funnelsFilter\": {" filter "}" rest "}"
#define AB STEP("a") ", " STEP("b")
#define ABC AB ", " STEP("c")
#define WITHOUT(name, from, to)                                                                    \
	"\"exclusions\": [{\"kind\": \"EventsNode\", \"event\": \"" name                           \
	"\", \"funnelFromStep\": " #from ", \"funnelToStep\": " #to "}]"
#define BY_BROWSER(how) "\"breakdownAttributionType\": \"" how "\""
#define BROWSER ", \"breakdownFilter\": {\"breakdown\": \"browser\"}"

static void append_steps(GString *text, const json_t *steps)
{
	const json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		const json_t *mean = json_object_get(step, "average_conversion_time");
		const json_t *median = json_object_get(step, "median_conversion_time");

		g_string_append_printf(text, "%s%" JSON_INTEGER_FORMAT, i ? " " : "",
			json_integer_value(json_object_get(step, "count")));
		if (json_is_real(mean)) {
			g_string_append_printf(text, "(%g,%g)", json_real_value(mean) / 60,
				json_real_value(median) / 60);
		}
	}
}

/* "3 2(5,5) 1(2,2)": counts, and of later steps mean and median minutes; with a breakdown
 * "Chrome: 3 …; Other: …". */
static char *text_of(const json_t *result)
{
	GString *text = g_string_new(NULL);
	const json_t *results = json_object_get(result, "results"), *item;
	size_t i;

	if (json_is_object(results)) {
		g_autofree char *all = json_write(results);

		return g_string_free(g_string_append(text, all), FALSE);
	}
	if (!json_is_array(json_array_get(results, 0)) && json_array_size(results) > 0 &&
		json_object_get(json_array_get(results, 0), "order")) {
		append_steps(text, results);
		return g_string_free(text, FALSE);
	}
	json_array_foreach(results, i, item)
	{
		const json_t *holder = json_is_array(item) ? json_array_get(item, 0) : item;
		const json_t *value = json_object_get(holder, "breakdown_value");
		const json_t *number;
		size_t j;

		g_string_append_printf(text, "%s%s:", i ? "; " : "",
			json_is_array(value) ? json_string_value(json_array_get(value, 0)) : "");
		if (json_is_array(item)) {
			g_string_append_c(text, ' ');
			append_steps(text, item);
		}
		json_array_foreach(json_object_get(item, "data"), j, number)
		{
			g_string_append_printf(text, " %g", json_real_value(number));
		}
	}
	return g_string_free(text, FALSE);
}

static void check(const char *query_text, const char *expected)
{
	json_t *query = computed_json(query_text);
	json_t *result = computed_result(&db, query, &env);
	json_t *as_owner = computed_as_owner(&db, query, &env);
	g_autofree char *got = text_of(result);

	if (strcmp(got, expected) != 0) {
		print_message("%s\n", query_text);
	}
	assert_string_equal(got, expected);
	/* Row-level security must not be what keeps the other project's events out. */
	assert_true(json_equal(result, as_owner));
	json_decref(query);
	json_decref(result);
	json_decref(as_owner);
}

static void steps_are_written_as_the_api_writes_them(void **state)
{
	static const char query_text[] =
		QUERY("{\"kind\": \"EventsNode\", \"event\": \"a\"}, {\"kind\": \"EventsNode\","
		      " \"event\": \"b\", \"custom_name\": \"Signed up\", \"name\": \"bee\"}",
			"", "");
	static const char expected[] =
		"{\"results\":[{\"action_id\":\"a\",\"name\":\"a\",\"custom_name\":null,\"order\":0,"
		"\"type\":\"events\",\"people\":[],\"count\":2,\"average_conversion_time\":null,"
		"\"median_conversion_time\":null},{\"action_id\":\"b\",\"name\":\"bee\","
		"\"custom_name\":\"Signed up\",\"order\":1,\"type\":\"events\",\"people\":[],"
		"\"count\":1,\"average_conversion_time\":90.0,\"median_conversion_time\":90.0}],"
		"\"hasMore\":false,\"resolved_date_range\":{\"date_from\":\"2024-01-10T00:00:00Z\","
		"\"date_to\":\"2024-01-12T23:59:59.999999Z\"}}";
	json_t *query = computed_json(query_text), *result;
	g_autofree char *got = NULL;

	(void)state;
	happened("1 a 0; 1 b 1.5; 2 a 5");
	result = computed_result(&db, query, &env);
	got = json_write(result);
	assert_string_equal(got, expected);
	json_decref(query);
	json_decref(result);
}

static void nobody_is_a_funnel_of_zeros(void **state)
{
	(void)state;
	happened("1 z 0");
	check(QUERY(AB, "", ""), "0 0");
	check(QUERY(AB, "", BROWSER), "");
	check(QUERY(AB, "\"funnelVizType\": \"trends\"", ""), ": 0 0 0");
	check(QUERY(AB, "\"funnelVizType\": \"time_to_convert\"", ""),
		"{\"bins\":[],\"average_conversion_time\":null,\"median_conversion_time\":null}");
}

static void the_window_runs_from_the_first_step(void **state)
{
	(void)state;
	happened("1 a 0; 1 b 6; 1 c 11; 2 a 0; 2 b 10; 3 b 0; 3 a 1; 3 c 2");
	check(QUERY(ABC, "\"funnelWindowInterval\": 10, \"funnelWindowIntervalUnit\": \"minute\"",
		      ""),
		"3 2(8,8) 0");
	check(QUERY(ABC, "\"funnelWindowInterval\": 11, \"funnelWindowIntervalUnit\": \"minute\"",
		      ""),
		"3 2(8,8) 1(5,5)");
	check(QUERY(ABC, "\"funnelWindowInterval\": 599, \"funnelWindowIntervalUnit\": \"second\"",
		      ""),
		"3 1(6,6) 0");
}

static void a_later_start_takes_over(void **state)
{
	(void)state;
	/* 0 is too early for 12, 3 is not; the times are those of the later start */
	happened("1 a 0; 1 a 3; 1 b 12; 2 a 0; 2 b 1; 2 a 2; 2 b 3; 2 b 9");
	check(QUERY(AB, "\"funnelWindowInterval\": 10, \"funnelWindowIntervalUnit\": \"minute\"",
		      ""),
		"2 2(5,5)");
	/* who did not come to the end is timed by the latest chain that got as far */
	happened("1 a 0; 1 b 1; 1 a 2; 1 b 7; 1 a 9");
	check(QUERY(ABC, "", ""), "1 1(5,5) 0");
}

static void one_event_is_one_step(void **state)
{
	(void)state;
	happened("1 a 0; 2 a 0; 2 a 1; 3 a 0; 3 a 0");
	check(QUERY(STEP("a") ", " STEP("a"), "", ""), "3 2(0.5,0.5)");
	check(QUERY("{\"kind\": \"EventsNode\", \"event\": null}, " STEP("a"), "", ""),
		"3 2(0.5,0.5)");
}

static void events_of_an_instant_favour_the_order(void **state)
{
	(void)state;
	happened("1 c 0; 1 b 0; 1 a 0");
	check(QUERY(ABC, "", ""), "1 1(0,0) 1(0,0)");
	check(QUERY(ABC, "\"funnelOrderType\": \"strict\"", ""), "1 1(0,0) 1(0,0)");
}

static void strict_steps_follow_at_once(void **state)
{
	(void)state;
	happened(
		"1 a 0; 1 b 1; 2 a 0; 2 z 1; 2 b 2; 3 a 0; 3 a 1; 3 b 4; 4 a 0; 4 z 1; 4 a 2; 4 b 7");
	check(QUERY(AB, "\"funnelOrderType\": \"strict\"", ""), "4 3(3,3)");
}

static void unordered_steps_complete_in_any_order(void **state)
{
	(void)state;
	happened("1 c 0; 1 a 2; 1 b 5; 2 b 0; 2 b 1; 3 a 0; 3 b 30");
	check(QUERY(ABC,
		      "\"funnelOrderType\": \"unordered\", \"funnelWindowInterval\": 10,"
		      " \"funnelWindowIntervalUnit\": \"minute\"",
		      ""),
		"3 1(2,2) 1(3,3)");
	check(QUERY(ABC, "\"funnelOrderType\": \"unordered\"", ""), "3 2(16,16) 1(3,3)");
}

static void excluded_events_void_a_chain(void **state)
{
	(void)state;
	/* 1 is void and gone, 2 comes again, 3 is excluded only after the steps, 4 at the instants
	 * of the steps, 5 after the window and 6 before the end of it */
	happened("1 a 0; 1 x 1; 1 b 2; 2 a 0; 2 x 1; 2 a 2; 2 b 5; 3 a 0; 3 b 1; 3 x 2;"
		 "4 a 0; 4 x 0; 4 x 5; 4 b 5; 5 a 0; 5 x 11; 6 a 0; 6 x 10");
	check(QUERY(AB,
		      WITHOUT("x", 0, 1) ", \"funnelWindowInterval\": 10,"
					 " \"funnelWindowIntervalUnit\": \"minute\"",
		      ""),
		"4 3(3,3)");
	happened(
		"1 a 0; 1 x 1; 1 b 2; 1 c 3; 2 a 0; 2 b 1; 2 x 2; 2 c 3; 3 a 0; 3 b 1; 3 c 2; 3 x 3;"
		"4 a 0; 4 x 1");
	check(QUERY(ABC, WITHOUT("x", 1, 2), ""), "3 2(1.5,1.5) 2(1,1)");
	check(QUERY(ABC, WITHOUT("x", 0, 2) ", \"funnelOrderType\": \"unordered\"", ""),
		"3 2(1,1) 1(1,1)");
}

static void optional_steps_are_skipped(void **state)
{
	(void)state;
	happened("1 a 0; 1 c 4; 2 a 0; 2 b 1; 2 c 3; 3 a 0; 3 b 1; 4 a 0");
	check(QUERY(STEP("a") ", " OPTIONAL("b") ", " STEP("c"), "", ""), "4 2(1,1) 2(3,3)");
	check(QUERY(STEP("a") ", " OPTIONAL("b") ", " STEP("c"), "\"funnelOrderType\": \"strict\"",
		      ""),
		"4 2(1,1) 2(3,3)");
}

static void breakdowns_take_the_value_from_where_it_is_asked_for(void **state)
{
	(void)state;
	happened("1 a 0 Chrome; 1 b 1 Safari; 2 a 0; 2 b 1 Chrome; 3 a 0 Safari; 4 a 5; "
		 "5 a 0 Chrome; 5 a 1 Safari; 5 b 3 Safari");
	check(QUERY(AB, BY_BROWSER("first_touch"), BROWSER),
		"Chrome: 3 3(1.33333,1); Safari: 1 0; $$_posthog_breakdown_null_$$: 1 0");
	check(QUERY(AB, BY_BROWSER("last_touch"), BROWSER),
		"Safari: 3 2(1.5,1.5); Chrome: 1 1(1,1); $$_posthog_breakdown_null_$$: 1 0");
	check(QUERY(AB, BY_BROWSER("all_events"), BROWSER),
		"Safari: 2 1(2,2); Chrome: 2 0; $$_posthog_breakdown_null_$$: 2 0");
	check(QUERY(AB, BY_BROWSER("step") ", \"breakdownAttributionValue\": 1", BROWSER),
		"Safari: 2 2(1.5,1.5); Chrome: 1 1(1,1); $$_posthog_breakdown_null_$$: 2 0");
	check(QUERY(AB, BY_BROWSER("step") ", \"breakdownAttributionValue\": 0", BROWSER),
		"Safari: 2 1(2,2); $$_posthog_breakdown_null_$$: 2 1(1,1); Chrome: 1 1(1,1)");
}

static void values_past_the_limit_are_one(void **state)
{
	(void)state;
	happened("1 a 0 A; 1 b 1; 2 a 0 B; 2 b 3; 3 a 0 C; 3 b 5; 4 a 0 A; 4 b 1; 5 a 0 D");
	check(QUERY(AB, "",
		      ", \"breakdownFilter\": {\"breakdown\": \"browser\", \"breakdown_limit\": 2}"),
		"A: 2 2(1,1); B: 1 1(3,3); $$_posthog_breakdown_other_$$: 2 1(5,5)");
}

static void trends_are_rates_of_those_who_entered(void **state)
{
	(void)state;
	/* 1 enters on two days and comes through from both, 2 only from the second */
	happened("1 a 0; 1 a 1500; 1 b 1501; 2 a 0; 2 a 2880; 2 b 2890; 3 a 1; 4 a 2880");
	check(QUERY(AB,
		      "\"funnelVizType\": \"trends\", \"funnelWindowInterval\": 30,"
		      " \"funnelWindowIntervalUnit\": \"hour\"",
		      ""),
		": 33.33 100 50");
	happened("1 a 0; 1 b 1500; 1 c 1501; 2 a 0; 2 b 10");
	check(QUERY(ABC, "\"funnelVizType\": \"trends\", \"funnelFromStep\": 1", ""), ": 0 100 0");
}

static void times_to_convert_are_in_bins(void **state)
{
	(void)state;
	/* 8 people: 2 bins; 0 to 7 minutes: width ceil(420 / 2) = 210 */
	happened(
		"1 a 0; 1 b 0; 2 a 0; 2 b 1; 3 a 0; 3 b 2; 4 a 0; 4 b 3; 5 a 0; 5 b 4; 6 a 0; 6 b 5;"
		"7 a 0; 7 b 6; 8 a 0; 8 b 7; 9 a 0");
	check(QUERY(AB, "\"funnelVizType\": \"time_to_convert\"", ""),
		"{\"bins\":[[0,4],[210,3],[420,1]],\"average_conversion_time\":210.0,"
		"\"median_conversion_time\":210.0}");
	check(QUERY(AB, "\"funnelVizType\": \"time_to_convert\", \"binCount\": 1", ""),
		"{\"bins\":[[0,7],[420,1]],\"average_conversion_time\":210.0,"
		"\"median_conversion_time\":210.0}");
	happened("1 a 0; 1 b 1; 2 a 0; 2 b 1");
	check(QUERY(AB, "\"funnelVizType\": \"time_to_convert\"", ""),
		"{\"bins\":[[60,2],[120,0],[180,0]],\"average_conversion_time\":60.0,"
		"\"median_conversion_time\":60.0}");
}

static void first_times_look_at_all_history(void **state)
{
	(void)state;
	/* 1 did it before the range; the first time of 3 does not match */
	happened("1 a -1000; 1 a 0; 1 b 1; 2 a 0; 2 b 3; 2 a 4; 3 a 0 Safari; 3 a 1 Chrome; 3 b 2");
	check(QUERY("{\"event\": \"a\", \"math\": \"first_time_for_user\"}, " STEP("b"), "", ""),
		"2 2(2.5,2.5)");
	check(QUERY("{\"event\": \"a\", \"math\": \"first_time_for_user\", \"properties\":"
		    " [{\"key\": \"browser\", \"value\": \"Chrome\"}]}, " STEP("b"),
		      "", ""),
		"0 0");
	check(QUERY("{\"event\": \"a\", \"math\": \"first_time_for_user_with_filters\","
		    " \"properties\": [{\"key\": \"browser\", \"value\": \"Chrome\"}]}, " STEP("b"),
		      "", ""),
		"1 1(1,1)");
}

static void groups_and_properties_are_actors_too(void **state)
{
	(void)state;
	happened("1 a 0 S; 2 b 1 S; 3 a 0");
	check(QUERY(AB, "", ""), "2 0");
	check(QUERY(AB, "", ", \"aggregation_group_type_index\": 0"), "2 0");
	check(QUERY(AB, "\"funnelAggregateByHogQL\": \"properties.browser\"", ""), "1 1(1,1)");
}

static const struct {
	const char *query, *detail;
} refused[] = {
	{QUERY(STEP("a"), "", ""), "series: a funnel has 2 to 30 steps, not 1"},
	{QUERY(AB, "\"funnelWindowInterval\": 0", ""),
		"funnelsFilter.funnelWindowInterval: 0 is not a whole number from 1 to 100000"},
	{QUERY(AB, "\"funnelWindowIntervalUnit\": \"year\"", ""),
		"funnelsFilter.funnelWindowIntervalUnit: 'year' is none of its values"},
	{QUERY(ABC, "\"funnelFromStep\": 2, \"funnelToStep\": 1", ""),
		"funnelsFilter.funnelToStep: step 1 does not come after funnelFromStep 2"},
	{QUERY(AB, "\"funnelToStep\": 2", ""),
		"funnelsFilter.funnelToStep: 2 is not a whole number from 0 to 1"},
	{QUERY(AB, WITHOUT("x", 1, 1), ""),
		"funnelsFilter.exclusions[0].funnelToStep: step 1 does not come after funnelFromStep 1"},
	{QUERY(AB, WITHOUT("x", 0, 2), ""),
		"funnelsFilter.exclusions[0].funnelToStep is not a whole number from 0 to 1"},
	{QUERY(AB, WITHOUT("x", 0, 1) ", \"funnelOrderType\": \"strict\"", ""),
		"funnelsFilter.exclusions: between steps that follow each other at once is nothing to exclude"},
	{QUERY(ABC, WITHOUT("x", 0, 1) ", \"funnelOrderType\": \"unordered\"", ""),
		"funnelsFilter.exclusions[0].funnelFromStep: steps in any order are excluded from all of them only"},
	{QUERY(OPTIONAL("a") ", " STEP("b"), "", ""),
		"series[0].optionalInFunnel: the first step is never optional"},
	{QUERY(STEP("a") ", " OPTIONAL("b"), "\"funnelOrderType\": \"unordered\"", ""),
		"series[1].optionalInFunnel: a step without a place in an order cannot be optional"},
	{QUERY(STEP("a") ", " OPTIONAL("b"), "\"funnelVizType\": \"trends\"", ""),
		"series[1].optionalInFunnel: steps are optional in the view of steps only"},
	{QUERY(AB, "\"binCount\": 91", ""),
		"funnelsFilter.binCount: 91 is not a whole number from 1 to 90"},
	{QUERY(AB, "\"funnelVizType\": \"flow\"", ""),
		"funnelsFilter.funnelVizType: 'flow' is not computed here"},
	{QUERY(AB, BY_BROWSER("step") ", \"breakdownAttributionValue\": 2", BROWSER),
		"funnelsFilter.breakdownAttributionValue: 2 is not a whole number from 0 to 1"},
};

static void what_cannot_be_is_refused_by_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		json_t *query = computed_json(refused[i].query);
		struct insight_run *run;
		struct fault f;

		assert_false(insight_begin(query, &env, &run, &f));
		assert_string_equal(f.detail, refused[i].detail);
		json_decref(query);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_written_as_the_api_writes_them),
		cmocka_unit_test(nobody_is_a_funnel_of_zeros),
		cmocka_unit_test(the_window_runs_from_the_first_step),
		cmocka_unit_test(a_later_start_takes_over),
		cmocka_unit_test(one_event_is_one_step),
		cmocka_unit_test(events_of_an_instant_favour_the_order),
		cmocka_unit_test(strict_steps_follow_at_once),
		cmocka_unit_test(unordered_steps_complete_in_any_order),
		cmocka_unit_test(excluded_events_void_a_chain),
		cmocka_unit_test(optional_steps_are_skipped),
		cmocka_unit_test(breakdowns_take_the_value_from_where_it_is_asked_for),
		cmocka_unit_test(values_past_the_limit_are_one),
		cmocka_unit_test(trends_are_rates_of_those_who_entered),
		cmocka_unit_test(times_to_convert_are_in_bins),
		cmocka_unit_test(first_times_look_at_all_history),
		cmocka_unit_test(groups_and_properties_are_actors_too),
		cmocka_unit_test(what_cannot_be_is_refused_by_its_place),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
