#include "tests/unit/insight/lines.h"

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

/* Three days of visits by four people.  u is the last digit of the person; browser "" and an absent
 * one are the same to a breakdown, a filter tells them apart. */
static const char visits[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, properties)"
	" SELECT p, gen_random_uuid(), e, 'd' || u,"
	" ('00000000-0000-0000-0000-00000000000' || u)::uuid, t::timestamptz, x::jsonb FROM (VALUES"
	" (1, 'visit', 1, '2024-01-01 00:00:00Z', '{\"browser\": \"Chrome\", \"n\": 1, \"ok\": true}'),"
	" (1, 'visit', 1, '2024-01-01 10:00:00Z', '{\"browser\": \"Chrome\", \"n\": 2.5, \"ok\": false}'),"
	" (1, 'visit', 2, '2024-01-01 23:59:59.999999Z', '{\"browser\": \"Safari\", \"n\": \"10\"}'),"
	" (1, 'visit', 1, '2024-01-02 12:00:00Z', '{\"browser\": \"Firefox\", \"n\": -3}'),"
	" (1, 'visit', 3, '2024-01-03 00:00:00Z', '{\"browser\": \"\", \"n\": \"many\"}'),"
	" (1, 'visit', 4, '2024-01-03 09:00:00Z', '{\"n\": null}'),"
	" (1, 'visit', 4, '2024-01-03 09:30:00Z', '{\"browser\": \"Chrome\", \"n\": 1e3}'),"
	" (1, 'visit', 2, '2023-12-31 23:59:59.999999Z', '{\"browser\": \"Edge\"}'),"
	" (1, 'visit', 2, '2024-01-04 00:00:00Z', '{\"browser\": \"Edge\"}'),"
	" (1, 'buy', 2, '2024-01-02 13:00:00Z', '{\"browser\": \"Safari\", \"n\": 7}'),"
	" (2, 'visit', 9, '2024-01-02 12:00:00Z', '{\"browser\": \"Opera\"}'),"
	" (2, 'visit', 8, '2024-01-02 12:00:00Z', '{\"browser\": \"Opera\"}')"
	") AS v (p, e, u, t, x);"
	"INSERT INTO persons (project_id, id, properties, created_at) VALUES"
	" (1, '00000000-0000-0000-0000-000000000001', '{\"plan\": \"paid\"}', now()),"
	" (1, '00000000-0000-0000-0000-000000000002', '{\"plan\": \"free\"}', now()),"
	" (2, '00000000-0000-0000-0000-000000000003', '{\"plan\": \"paid\"}', now())";

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

#define QUERY(series, rest)                                                                         \
	"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"-2d\"}, \"series\": [" series \
	"]" rest "}"
#define VISITS "{\"kind\": \"EventsNode\", \"event\": \"visit\"}"
#define VISITORS "{\"kind\": \"EventsNode\", \"event\": \"visit\", \"math\": \"dau\"}"
#define BY_BROWSER ", \"breakdownFilter\": {\"breakdown\": \"browser\"}"
#define DISPLAY(name) ", \"trendsFilter\": {\"display\": \"" name "\"}"

static void check_lines(const char *query_text, const char *expected)
{
	lines_check(&db, &env, query_text, expected);
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

static void a_time_series_is_written_as_the_api_writes_it(void **state)
{
	(void)state;
	/* spec/insights.md 3.1 */
	check_json(QUERY(VISITORS, ""),
		"{\"results\":[{\"action\":{\"id\":\"visit\",\"type\":\"events\",\"order\":0,"
		"\"name\":\"visit\",\"custom_name\":null,\"math\":\"dau\",\"math_property\":null,"
		"\"math_hogql\":null,\"math_group_type_index\":null,\"properties\":{},"
		"\"days\":[\"2024-01-01T00:00:00Z\",\"2024-01-02T00:00:00Z\","
		"\"2024-01-03T00:00:00Z\"]},\"label\":\"visit\",\"count\":5.0,"
		"\"data\":[2.0,1.0,2.0],\"labels\":[\"1-Jan-2024\",\"2-Jan-2024\",\"3-Jan-2024\"],"
		"\"days\":[\"2024-01-01\",\"2024-01-02\",\"2024-01-03\"],\"filter\":{}}],"
		"\"hasMore\":false,\"resolved_date_range\":{\"date_from\":"
		"\"2024-01-01T00:00:00Z\",\"date_to\":\"2024-01-03T23:59:59.999999Z\"}}");
}

static void a_total_is_written_as_the_api_writes_it(void **state)
{
	(void)state;
	/* spec/insights.md 3.2 */
	check_json(QUERY("{\"event\": \"buy\", \"properties\": [{\"key\": \"n\", \"value\": 7}]}",
			   BY_BROWSER DISPLAY("ActionsPie")),
		"{\"results\":[{\"action\":{\"id\":\"buy\",\"type\":\"events\",\"order\":0,"
		"\"name\":\"buy\",\"custom_name\":null,\"math\":\"total\",\"math_property\":null,"
		"\"math_hogql\":null,\"math_group_type_index\":null,"
		"\"properties\":[{\"key\":\"n\",\"value\":7}],"
		"\"days\":[\"2024-01-01T00:00:00Z\",\"2024-01-02T00:00:00Z\","
		"\"2024-01-03T00:00:00Z\"]},\"label\":\"Safari\",\"aggregated_value\":1.0,"
		"\"count\":0,\"data\":[],\"labels\":[],"
		"\"days\":[\"2024-01-01\",\"2024-01-02\",\"2024-01-03\"],"
		"\"breakdown_value\":\"Safari\",\"filter\":{}}],\"hasMore\":false,"
		"\"resolved_date_range\":{\"date_from\":\"2024-01-01T00:00:00Z\","
		"\"date_to\":\"2024-01-03T23:59:59.999999Z\"}}");
}

/* clang-format off */
static const struct {
	const char *query, *lines;
} counted[] = {
	{QUERY(VISITS, ""), "visit: 3 1 3 = 7"},
	{QUERY(VISITORS, ""), "visit: 2 1 2 = 5"},
	{QUERY("{\"event\": null}", ""), "All events: 3 2 3 = 8"},
	{QUERY("{\"event\": \"\", \"math\": \"dau\"}", ""), "All events: 2 2 2 = 6"},
	{QUERY("{\"event\": \"nothing\"}", ""), "nothing: 0 0 0 = 0"},
	{QUERY("{\"event\": \"nothing\"}", BY_BROWSER), ""},
	{QUERY("{\"event\": \"nothing\"}", DISPLAY("BoldNumber")), "nothing: = 0"},
	{QUERY(VISITS ", {\"event\": \"buy\", \"custom_name\": \"Bought\"}, " VISITORS, ""), "visit: 3 1 3 = 7; Bought: 0 1 0 = 1; visit: 2 1 2 = 5"},
	{QUERY("{\"event\": \"visit\", \"name\": \"Visit\", \"properties\": [{\"key\": \"browser\", \"value\": \"Chrome\"}]}", ""), "Visit: 2 0 1 = 3"},
	{QUERY("{\"event\": \"visit\", \"properties\": [{\"key\": \"browser\", \"value\": \"Chrome\"}], \"fixedProperties\": [{\"key\": \"ok\", \"value\": true}]}", ""), "visit: 1 0 0 = 1"},
	{QUERY("{\"event\": null}", ", \"properties\": [{\"key\": \"browser\", \"value\": \"Safari\"}]"), "All events: 1 1 0 = 2"},
	/* intervals */
	{QUERY(VISITS, ", \"interval\": \"month\""), "visit: 7 = 7"},
	{"{\"kind\": \"TrendsQuery\", \"interval\": \"month\", \"dateRange\": {\"date_from\": \"2023-12-05\", \"date_to\": \"2024-01-31\"}, \"series\": [" VISITS "]}", "visit: 1 8 = 9"},
	{"{\"kind\": \"TrendsQuery\", \"interval\": \"week\", \"dateRange\": {\"date_from\": \"2024-01-03\", \"date_to\": \"2024-01-09\"}, \"series\": [" VISITS "]}", "visit: 9 0 = 9"},
	{"{\"kind\": \"TrendsQuery\", \"interval\": \"hour\", \"dateRange\": {\"date_from\": \"2024-01-03T08:00\", \"date_to\": \"2024-01-03T10:00\"}, \"series\": [" VISITS "]}", "visit: 0 2 0 = 2"},
	{"{\"kind\": \"TrendsQuery\", \"interval\": \"minute\", \"dateRange\": {\"date_from\": \"2024-01-03T09:29\", \"date_to\": \"2024-01-03T09:31\"}, \"series\": [" VISITS "]}", "visit: 0 1 0 = 1"},
	{"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"2024-01-03T09:10\", \"date_to\": \"2024-01-03T09:40\", \"explicitDate\": true}, \"series\": [" VISITS "]}", "visit: 1 = 1"},
	{"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"all\", \"date_to\": \"2024-01-04\"}, \"series\": [" VISITS "]}", "visit: 1 3 1 3 1 = 9"},
	{"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"all\", \"date_to\": \"2024-01-04\"}, \"series\": [{\"event\": \"buy\"}]}", "buy: 1 0 0 = 1"},
	{"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"all\", \"date_to\": \"2024-01-04\"}, \"series\": [{\"event\": \"buy\"}, {\"event\": null}]}", "buy: 0 0 1 0 0 = 1; All events: 1 3 2 3 1 = 10"},
	{"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"all\", \"date_to\": \"2024-01-04\"}, \"series\": [{\"event\": \"nothing\"}]}", "nothing: 0 0 0 0 0 0 0 0 0 = 0"},
	/* displays */
	{QUERY(VISITS, DISPLAY("BoldNumber")), "visit: = 7"},
	{QUERY(VISITORS, DISPLAY("BoldNumber")), "visit: = 4"},
	{QUERY(VISITORS, ", \"interval\": \"month\"" DISPLAY("BoldNumber")), "visit: = 4"},
	{QUERY(VISITS, DISPLAY("ActionsLineGraphCumulative")), "visit: 3 4 7 = 7"},
	{QUERY(VISITORS, DISPLAY("ActionsLineGraphCumulative")), "visit: 2 2 4 = 4"},
	{QUERY(VISITS, ", \"trendsFilter\": {\"smoothingIntervals\": 2}"), "visit: 3 2 2 = 7"},
	{QUERY(VISITS, ", \"trendsFilter\": {\"smoothingIntervals\": 28}"), "visit: 3 2 2 = 7"},
	/* breakdowns: Chrome 3, none 2, Firefox 1, Safari 1 */
	{QUERY(VISITS, BY_BROWSER), "Chrome: 2 0 1 = 3; Firefox: 0 1 0 = 1; Safari: 1 0 0 = 1; None (i.e. no value): 0 0 2 = 2"},
	{QUERY(VISITS, ", \"breakdownFilter\": {\"breakdowns\": [{\"property\": \"browser\", \"type\": \"event\"}]}"), "Chrome: 2 0 1 = 3; Firefox: 0 1 0 = 1; Safari: 1 0 0 = 1; None (i.e. no value): 0 0 2 = 2"},
	{QUERY(VISITORS, BY_BROWSER), "Chrome: 1 0 1 = 2; Firefox: 0 1 0 = 1; Safari: 1 0 0 = 1; None (i.e. no value): 0 0 2 = 2"},
	{QUERY(VISITS, ", \"breakdownFilter\": {\"breakdown\": \"browser\", \"breakdown_limit\": 3}"), "Chrome: 2 0 1 = 3; Firefox: 0 1 0 = 1; None (i.e. no value): 0 0 2 = 2; Other (i.e. all remaining values): 1 0 0 = 1"},
	{QUERY(VISITS, ", \"breakdownFilter\": {\"breakdown\": \"browser\", \"breakdown_limit\": 1}"), "Chrome: 2 0 1 = 3; Other (i.e. all remaining values): 1 1 2 = 4"},
	{QUERY(VISITS, ", \"breakdownFilter\": {\"breakdown\": \"browser\", \"breakdown_limit\": 1, \"breakdown_hide_other_aggregation\": true}"), "Chrome: 2 0 1 = 3"},
	/* Firefox and none are as many: none gives way */
	{QUERY(VISITS, ", \"breakdownFilter\": {\"breakdown\": \"browser\", \"breakdown_limit\": 1}, \"properties\": [{\"key\": \"n\", \"value\": [\"many\", -3]}]"), "Firefox: 0 1 0 = 1; Other (i.e. all remaining values): 0 0 1 = 1"},
	{QUERY(VISITS, BY_BROWSER DISPLAY("ActionsBarValue")), "Chrome: = 3; Firefox: = 1; Safari: = 1; None (i.e. no value): = 2"},
	{QUERY(VISITORS, ", \"breakdownFilter\": {\"breakdown\": \"browser\", \"breakdown_limit\": 2}" DISPLAY("ActionsTable")), "Chrome: = 2; None (i.e. no value): = 2; Other (i.e. all remaining values): = 2"},
	{QUERY(VISITORS, BY_BROWSER DISPLAY("ActionsLineGraphCumulative")), "Chrome: 1 1 2 = 2; Firefox: 0 1 1 = 1; Safari: 1 1 1 = 1; None (i.e. no value): 0 0 2 = 2"},
	{QUERY(VISITS ", {\"event\": \"buy\"}", BY_BROWSER), "visit - Chrome: 2 0 1 = 3; visit - Firefox: 0 1 0 = 1; visit - Safari: 1 0 0 = 1; visit - None (i.e. no value): 0 0 2 = 2; buy - Safari: 0 1 0 = 1"},
	{QUERY(VISITS, ", \"breakdownFilter\": {\"breakdown\": \"ok\"}"), "false: 1 0 0 = 1; true: 1 0 0 = 1; None (i.e. no value): 1 1 3 = 5"},
	{QUERY(VISITS, ", \"breakdownFilter\": {\"breakdown\": \"n\"}"), "-3: 0 1 0 = 1; 1: 1 0 0 = 1; 10: 1 0 0 = 1; 1000: 0 0 1 = 1; 2.5: 1 0 0 = 1; many: 0 0 1 = 1; None (i.e. no value): 0 0 1 = 1"},
	{QUERY(VISITS, ", \"breakdownFilter\": {\"breakdown\": \"plan\", \"breakdown_type\": \"person\"}"), "paid: 2 1 0 = 3; free: 1 0 0 = 1; None (i.e. no value): 0 0 3 = 3"},
	{QUERY(VISITS, ", \"breakdownFilter\": {}"), "visit: 3 1 3 = 7"},
	{QUERY(VISITS, ", \"breakdownFilter\": {\"breakdown\": null}"), "visit: 3 1 3 = 7"},
	/* compare: the first of January follows 2023-12-31 */
	{QUERY(VISITS, ", \"compareFilter\": {\"compare\": true}"), "visit current: 3 1 3 = 7; visit previous: 0 1 3 = 4"},
	{QUERY(VISITS, ", \"compareFilter\": {\"compare\": true, \"compare_to\": \"-1d\"}"), "visit current: 3 1 3 = 7; visit previous: 1 3 1 = 5"},
	{QUERY(VISITS, ", \"compareFilter\": {\"compare\": true, \"compare_to\": \"-1d\"}" DISPLAY("BoldNumber")), "visit current: = 7; visit previous: = 5"},
	{QUERY(VISITS, ", \"compareFilter\": {\"compare\": true, \"compare_to\": \"-1y\"}" BY_BROWSER), "Chrome current: 2 0 1 = 3; Firefox current: 0 1 0 = 1; Safari current: 1 0 0 = 1; None (i.e. no value) current: 0 0 2 = 2"},
	{QUERY(VISITS, ", \"compareFilter\": {\"compare\": false}"), "visit: 3 1 3 = 7"},
	/* wrappers */
	{"{\"kind\": \"InsightVizNode\", \"source\": " QUERY(VISITS, "") "}", "visit: 3 1 3 = 7"},
};
/* clang-format on */

static void series_count_what_happened(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(counted); i++) {
		check_lines(counted[i].query, counted[i].lines);
	}
}

static void hidden_values_are_said_to_exist(void **state)
{
	json_t *hidden = computed_json(QUERY(VISITS,
		", \"breakdownFilter\": {\"breakdown\": \"browser\","
		" \"breakdown_limit\": 1, \"breakdown_hide_other_aggregation\": true}"));
	json_t *all = computed_json(QUERY(VISITS, BY_BROWSER));
	json_t *result = computed_result(&db, hidden, &env);

	(void)state;
	assert_true(json_is_true(json_object_get(result, "hasMore")));
	json_decref(result);
	result = computed_result(&db, all, &env);
	assert_true(json_is_false(json_object_get(result, "hasMore")));
	json_decref(result);
	json_decref(hidden);
	json_decref(all);
}

static void none_and_other_keep_their_keys(void **state)
{
	json_t *query = computed_json(QUERY(VISITS,
		", \"breakdownFilter\": {\"breakdown\": \"browser\", \"breakdown_limit\": 2}"));
	json_t *result = computed_result(&db, query, &env);
	const json_t *items = json_object_get(result, "results");

	(void)state;
	assert_int_equal(json_array_size(items), 3);
	assert_string_equal(
		json_get_text(json_array_get(items, 0), "breakdown_value", ""), "Chrome");
	assert_string_equal(json_get_text(json_array_get(items, 1), "breakdown_value", ""),
		"$$_posthog_breakdown_null_$$");
	assert_string_equal(json_get_text(json_array_get(items, 2), "breakdown_value", ""),
		"$$_posthog_breakdown_other_$$");
	json_decref(result);
	json_decref(query);
}

static void comparing_shows_both_windows(void **state)
{
	json_t *query = computed_json(QUERY(VISITS, ", \"compareFilter\": {\"compare\": true}"));
	json_t *result = computed_result(&db, query, &env);
	const json_t *before = json_object_get(result, "resolved_compare_date_range");
	const json_t *items = json_object_get(result, "results");
	const json_t *days = json_object_get(json_array_get(items, 1), "days");

	(void)state;
	assert_string_equal(json_get_text(before, "date_from", ""), "2023-12-30T00:00:00Z");
	assert_string_equal(json_get_text(before, "date_to", ""), "2024-01-01T23:59:59.999999Z");
	assert_true(json_is_true(json_object_get(json_array_get(items, 0), "compare")));
	assert_string_equal(json_string_value(json_array_get(days, 0)), "2023-12-30");
	json_decref(result);
	json_decref(query);
}

static void test_accounts_are_left_out_when_asked(void **state)
{
	json_t *filters = computed_json(
		"[{\"key\": \"browser\", \"operator\": \"is_not\", \"value\": \"Chrome\"}]");
	struct insight_env with = env;
	json_t *query = computed_json(QUERY(VISITS, ", \"filterTestAccounts\": true"));
	json_t *plain = computed_json(QUERY(VISITS, ""));
	json_t *result;
	g_autofree char *without = NULL;
	g_autofree char *all = NULL;

	(void)state;
	with.test_account_filters = filters;
	result = computed_result(&db, query, &with);
	without = lines_of(result);
	assert_string_equal(without, "visit: 1 1 2 = 4");
	json_decref(result);
	result = computed_result(&db, plain, &with);
	all = lines_of(result);
	assert_string_equal(all, "visit: 3 1 3 = 7");
	json_decref(result);
	json_decref(filters);
	json_decref(query);
	json_decref(plain);
}

static void an_hour_that_comes_twice_is_one_bucket(void **state)
{
	static const struct {
		const char *interval, *zone;
		int at;
		double number;
		size_t count;
	} cases[] = {
		{"hour", "Europe/Berlin", 2, 2, 24},
		{"day", "Europe/Berlin", 0, 3, 1},
		{"minute", "Europe/Berlin", 150, 2, 1440},
		{"hour", "Antarctica/Troll", 2, 3, 24},
	};

	(void)state;
	/* 00:30, 01:30 and 02:30 UTC: in Berlin 02:30 twice and 03:30, in Troll 02:30, 01:30 and
	 * 02:30 */
	computed_run(&db,
		"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp)"
		" SELECT 1, gen_random_uuid(), 'night', 'd' || n, gen_random_uuid(),"
		" '2024-10-27 00:30Z'::timestamptz + n * interval '1 hour'"
		" FROM generate_series(0, 2) AS n");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct insight_env there = env;
		json_t *query = json_pack("{s:s, s:s, s:{s:s, s:s}, s:[{s:s, s:s}]}", "kind",
			"TrendsQuery", "interval", cases[i].interval, "dateRange", "date_from",
			"2024-10-27", "date_to", "2024-10-27", "series", "event", "night", "math",
			"dau");
		json_t *result;
		const json_t *data;

		there.timezone = cases[i].zone;
		there.now_us = 1735689600000000LL;
		result = computed_result(&db, query, &there);
		data = json_object_get(
			json_array_get(json_object_get(result, "results"), 0), "data");
		assert_int_equal(json_array_size(data), cases[i].count);
		if (strcmp(cases[i].zone, "Antarctica/Troll") == 0) {
			assert_true(json_real_value(json_array_get(data, 1)) == 1);
			assert_true(json_real_value(json_array_get(data, 2)) == 2);
		} else {
			assert_true(json_real_value(json_array_get(data, (size_t)cases[i].at)) ==
				    cases[i].number);
		}
		json_decref(result);
		json_decref(query);
	}
}

/* A thing per row; x holds one JSON value each, by its number. */
static const char things[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, properties)"
	" SELECT 1, gen_random_uuid(), 'thing', n::text, gen_random_uuid(),"
	" '2024-01-02 12:00Z', CASE WHEN x IS NULL THEN jsonb_build_object('n', n)"
	" ELSE jsonb_build_object('n', n, 'x', x::jsonb) END FROM (VALUES"
	" (1, NULL), (2, 'null'), (3, '\"\"'), (4, '\"abc\"'), (5, '\"ABC d\"'), (6, 'true'), (7, 'false'),"
	" (8, '10'), (9, '10.0'), (10, '\"10\"'), (11, '-2.5e3'), (12, '\"1e400\"'), (13, '[1, 2]'),"
	" (14, '{\"a\": 1}'), (15, '\"2024-01-15\"'), (16, '\"2024-01-15T23:30:00+02:00\"'),"
	" (17, '\"2024-02-30\"'), (18, '1705276800'), (19, '1705276800000'), (20, '\"50%\"'),"
	" (21, '\"a_c\"'), (22, '\"\\\\\\\\\"'), (23, '\"it''s \\\"x\\\"\"'), (24, '\"2024-01-15 10:00:00.5\"'),"
	" (25, '\"12abc\"'), (26, '\"{a,b}\"'), (27, '\"\\u00c4rger\"'), (28, '\"true\"'), (29, '\"2024-13-45\"')"
	") AS v (n, x)";

/* clang-format off */
static const struct {
	const char *filter;
	const char *matches; /* numbers of things */
} claims[] = {
	{"{\"key\": \"x\", \"value\": \"abc\"}", "4"},
	{"{\"key\": \"x\", \"operator\": \"exact\", \"value\": [\"abc\", \"ABC d\", \"nothing\"]}", "4 5"},
	{"{\"key\": \"x\", \"value\": \"\"}", "3"},
	{"{\"key\": \"x\", \"value\": true}", "6 28"},
	{"{\"key\": \"x\", \"value\": \"true\"}", "6 28"},
	{"{\"key\": \"x\", \"value\": [false]}", "7"},
	{"{\"key\": \"x\", \"value\": 10}", "8 10"},
	{"{\"key\": \"x\", \"value\": 10.0}", "8 10"},
	{"{\"key\": \"x\", \"value\": \"10.0\"}", "9"},
	{"{\"key\": \"x\", \"value\": -2500}", "11"},
	{"{\"key\": \"x\", \"value\": \"[1, 2]\"}", "13"},
	{"{\"key\": \"x\", \"value\": \"it's \\\"x\\\"\"}", "23"},
	{"{\"key\": \"x\", \"value\": \"\\\\\\\\\"}", "22"},
	{"{\"key\": \"x\", \"value\": \"{a,b}\"}", "26"},
	{"{\"key\": \"x\", \"operator\": \"in\", \"value\": [\"abc\", \"{a,b}\"]}", "4 26"},
	/* no value where one is needed: always true */
	{"{\"key\": \"x\", \"value\": null}", "*"},
	{"{\"key\": \"x\", \"value\": []}", "*"},
	{"{\"key\": \"x\", \"operator\": \"gt\"}", "*"},
	{"{\"key\": \"x\", \"operator\": \"gt\", \"value\": \"\"}", "*"},
	{"{}", "*"},
	{"{\"type\": \"OR\", \"values\": [{\"key\": \"x\", \"value\": \"abc\"}, {\"key\": \"x\"}]}", "*"},
	{"{\"type\": \"AND\", \"values\": [{\"key\": \"x\", \"value\": \"abc\"}, {\"key\": \"x\"}]}", "4"},
	{"{\"type\": \"OR\", \"values\": []}", "*"},
	{"{\"key\": \"x\", \"operator\": \"is_set\"}", "3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29"},
	{"{\"key\": \"x\", \"operator\": \"is_not_set\"}", "1 2"},
	{"{\"key\": \"x\", \"operator\": \"is_not\", \"value\": \"abc\"}", "*-4"},
	{"{\"key\": \"x\", \"operator\": \"not_in\", \"value\": [\"abc\", true]}", "*-4-6-28"},
	{"{\"key\": \"x\", \"operator\": \"icontains\", \"value\": \"AbC\"}", "4 5 25"},
	{"{\"key\": \"x\", \"operator\": \"icontains\", \"value\": \"%\"}", "20"},
	{"{\"key\": \"x\", \"operator\": \"icontains\", \"value\": \"a_c\"}", "21"},
	{"{\"key\": \"x\", \"operator\": \"icontains\", \"value\": \"\\\\\"}", "22"},
	{"{\"key\": \"x\", \"operator\": \"icontains\", \"value\": \"\xc3\xa4RG\"}", "27"},
	{"{\"key\": \"x\", \"operator\": \"icontains\", \"value\": [\"abc\", \"_c\"]}", "4 5 21 25"},
	{"{\"key\": \"x\", \"operator\": \"not_icontains\", \"value\": [\"abc\", \"_c\"]}", "*-4-5-21-25"},
	{"{\"key\": \"x\", \"operator\": \"regex\", \"value\": \"^[a-c]+$\"}", "4"},
	{"{\"key\": \"x\", \"operator\": \"not_regex\", \"value\": \"^[a-c]+$\"}", "*-4"},
	{"{\"key\": \"x\", \"operator\": \"gt\", \"value\": 9}", "8 9 10 12 18 19"},
	{"{\"key\": \"x\", \"operator\": \"gte\", \"value\": \"10\"}", "8 9 10 12 18 19"},
	{"{\"key\": \"x\", \"operator\": \"min\", \"value\": [10]}", "8 9 10 12 18 19"},
	{"{\"key\": \"x\", \"operator\": \"lt\", \"value\": 10}", "11"},
	{"{\"key\": \"x\", \"operator\": \"lte\", \"value\": 10}", "8 9 10 11"},
	{"{\"key\": \"x\", \"operator\": \"max\", \"value\": 10.0}", "8 9 10 11"},
	{"{\"key\": \"x\", \"operator\": \"between\", \"value\": [-2500, 10]}", "8 9 10 11"},
	{"{\"key\": \"x\", \"operator\": \"not_between\", \"value\": [0, 10]}", "11 12 18 19"},
	/* 1705276800 is 2024-01-15 00:00 UTC */
	{"{\"key\": \"x\", \"operator\": \"is_date_exact\", \"value\": \"2024-01-15\"}", "15 16 18 19 24"},
	{"{\"key\": \"x\", \"operator\": \"is_date_before\", \"value\": \"2024-01-15\"}", ""},
	{"{\"key\": \"x\", \"operator\": \"is_date_before\", \"value\": \"2024-01-15T00:00:01Z\"}", "15 18 19"},
	{"{\"key\": \"x\", \"operator\": \"is_date_after\", \"value\": \"2024-01-15T10:00:00Z\"}", "16 24"},
	{"{\"key\": \"x\", \"operator\": \"is_date_after\", \"value\": \"2024-01-14\"}", "15 16 18 19 24"},
	{"{\"key\": \"x\", \"operator\": \"is_date_after\", \"value\": \"-30d\"}", "15 16 18 19 24"},
	{"{\"type\": \"OR\", \"values\": [{\"key\": \"x\", \"value\": \"abc\"}, {\"type\": \"AND\", \"values\": [{\"key\": \"n\", \"operator\": \"gt\", \"value\": 26}, {\"key\": \"n\", \"operator\": \"lt\", \"value\": 29}]}]}", "4 27 28"},
	{"{\"key\": \"plan\", \"type\": \"person\", \"operator\": \"is_not_set\"}", "*"},
};
/* clang-format on */

static bool should_match(const char *matches, int n)
{
	g_autofree char *word = g_strdup_printf("%d", n);
	bool except = matches[0] == '*';
	g_auto(GStrv) words = g_strsplit(except ? matches + 1 : matches, except ? "-" : " ", -1);

	return g_strv_contains((const char *const *)words, word) != except;
}

static void filters_hold_for_values_of_every_type(void **state)
{
	(void)state;
	computed_run(&db, things);
	for (size_t i = 0; i < G_N_ELEMENTS(claims); i++) {
		json_t *filter = computed_json(claims[i].filter);
		json_t *query = json_pack("{s:s, s:{s:s}, s:[{s:s}], s:{s:s, s:i}, s:{s:s, s:[O]}}",
			"kind", "TrendsQuery", "dateRange", "date_from", "-2d", "series", "event",
			"thing", "breakdownFilter", "breakdown", "n", "breakdown_limit", 100,
			"properties", "type", "AND", "values", filter);
		json_t *result = computed_result(&db, query, &env);
		const json_t *item;
		bool found[30] = {false};
		size_t j;

		print_message("%s\n", claims[i].filter);
		json_array_foreach(json_object_get(result, "results"), j, item)
		{
			gint64 n = g_ascii_strtoll(
				json_get_text(item, "breakdown_value", ""), NULL, 10);

			assert_in_range(n, 1, 29);
			found[n] = true;
		}
		for (int n = 1; n <= 29; n++) {
			if (found[n] != should_match(claims[i].matches, n)) {
				fail_msg("thing %d", n);
			}
		}
		json_decref(filter);
		json_decref(query);
		json_decref(result);
	}
}

static void persons_are_those_of_the_project(void **state)
{
	(void)state;
	check_lines(QUERY(VISITS, ", \"properties\": [{\"key\": \"plan\", \"type\": \"person\","
				  " \"value\": \"paid\"}]"),
		"visit: 2 1 0 = 3");
	check_lines(QUERY(VISITS, ", \"properties\": [{\"key\": \"plan\", \"type\": \"person\","
				  " \"operator\": \"is_not\", \"value\": \"paid\"}]"),
		"visit: 1 0 3 = 4");
}

static void names_of_properties_are_never_syntax(void **state)
{
	static const char *const hostile[] = {"'; DROP TABLE events; --", "a\"b", "a\\b", "a'b",
		"$1", "%s%n", "", "\xe2\x80\x99", "{a,b}", "$browser", "a b\tc\nd", "*/ --",
		"\xf0\x9f\x98\x80", "::text", "properties"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
		const char *name = hostile[i];
		json_t *query = json_pack("{s:s, s:{s:s}, s:[{s:s, s:s}], s:[{s:s, s:s}], s:{s:s}}",
			"kind", "TrendsQuery", "dateRange", "date_from", "-2d", "series", "event",
			name, "name", name, "properties", "key", name, "value", name,
			"breakdownFilter", "breakdown", name);
		json_t *properties = json_pack("{s:s}", name, name);
		struct sql *sql = sql_create();
		const struct rows *rows;
		struct fault f;
		json_t *result;
		const json_t *item;
		g_autofree char *text = json_write(properties);

		sql_add(sql, "INSERT INTO events (project_id, uuid, event, distinct_id, person_id,"
			     " timestamp, properties) VALUES (1, gen_random_uuid(), ");
		sql_param_text(sql, name);
		sql_add(sql, ", 'd', gen_random_uuid(), '2024-01-02 12:00Z', ");
		sql_param_as(sql, text, "jsonb");
		sql_add(sql, ")");
		assert_true(pg_wait_query(db.wait, sql, &rows, &f));
		result = computed_result(&db, query, &env);
		item = json_array_get(json_object_get(result, "results"), 0);
		assert_non_null(item);
		if (*name) {
			assert_string_equal(json_get_text(item, "breakdown_value", ""), name);
			assert_true(json_real_value(json_object_get(item, "count")) == 1);
		}
		json_decref(properties);
		json_decref(result);
		json_decref(query);
	}
	assert_true(private_postgres_number(&db.server, "SELECT count(*) FROM events") > 20);
}

static void a_bad_regex_is_the_fault_of_the_query(void **state)
{
	json_t *query = computed_json(
		QUERY(VISITS, ", \"properties\": [{\"key\": \"browser\", \"operator\": \"regex\","
			      " \"value\": \"(\"}]"));
	json_t *result;
	struct fault f;

	(void)state;
	assert_false(computed_try(&db, query, &env, &result, &f));
	assert_int_equal(f.kind, FAULT_QUERY);
	json_decref(query);
}

static void a_result_of_too_many_numbers_is_refused(void **state)
{
	json_t *query = computed_json(
		"{\"kind\": \"TrendsQuery\", \"interval\": \"hour\", \"dateRange\": {\"date_from\":"
		" \"2024-01-01\", \"date_to\": \"2024-12-31\"}, \"series\": [{\"event\": \"crowd\"}],"
		" \"breakdownFilter\": {\"breakdown\": \"x\", \"breakdown_limit\": 200}}");
	json_t *result;
	struct fault f;

	(void)state;
	computed_run(&db,
		"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp,"
		" properties) SELECT 1, gen_random_uuid(), 'crowd', 'd', gen_random_uuid(),"
		" '2024-01-02 12:00Z', jsonb_build_object('x', n) FROM generate_series(1, 200) AS n");
	assert_false(computed_try(&db, query, &env, &result, &f));
	assert_int_equal(f.kind, FAULT_TOO_LARGE);
	assert_non_null(strstr(f.detail, "1000000"));
	json_decref(query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_series_is_written_as_the_api_writes_it),
		cmocka_unit_test(a_total_is_written_as_the_api_writes_it),
		cmocka_unit_test(series_count_what_happened),
		cmocka_unit_test(hidden_values_are_said_to_exist),
		cmocka_unit_test(none_and_other_keep_their_keys),
		cmocka_unit_test(comparing_shows_both_windows),
		cmocka_unit_test(test_accounts_are_left_out_when_asked),
		cmocka_unit_test(persons_are_those_of_the_project),
		cmocka_unit_test(an_hour_that_comes_twice_is_one_bucket),
		cmocka_unit_test(filters_hold_for_values_of_every_type),
		cmocka_unit_test(names_of_properties_are_never_syntax),
		cmocka_unit_test(a_bad_regex_is_the_fault_of_the_query),
		cmocka_unit_test(a_result_of_too_many_numbers_is_refused),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
