/* What each math of a series counts, by hand (spec/insights.md 2.2). */
#include "tests/unit/insight/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>

static struct computed db;

/* 2024-01-31 18:00 UTC */
static const struct insight_env env = {
	.project_id = 1, .timezone = "UTC", .now_us = 1706724000000000LL};

/* u is the last digit of the person.  A session of person 1 lasts ten minutes over midnight; one
 * of person 2 is a single event. */
static const char events[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, properties,"
	" group_0, group_1) SELECT p, gen_random_uuid(), e, 'd' || u,"
	" ('00000000-0000-0000-0000-00000000000' || u)::uuid, t::timestamptz, x::jsonb, g,"
	" CASE WHEN u = 1 THEN '' ELSE 'team' END FROM (VALUES"
	" (1, 'go', 1, '2024-01-01 23:55Z', '{\"n\": 1, \"k\": \"a\", \"$session_id\": \"s1\"}', 'acme'),"
	" (1, 'go', 1, '2024-01-02 00:05Z', '{\"n\": 2, \"k\": \"b\", \"$session_id\": \"s1\"}', 'acme'),"
	" (1, 'go', 2, '2024-01-02 12:00Z', '{\"n\": \"30\", \"k\": \"b\", \"$session_id\": \"s2\"}', 'umbrella'),"
	" (1, 'go', 2, '2024-01-02 13:00Z', '{\"n\": \"x\", \"k\": \"c\", \"$session_id\": \"\"}', ''),"
	" (1, 'go', 3, '2024-01-03 08:00Z', '{\"n\": -4.5, \"k\": \"c\"}', 'acme'),"
	" (1, 'go', 1, '2024-01-09 08:00Z', '{\"n\": 1e300, \"k\": \"a\"}', 'acme'),"
	" (1, 'go', 1, '2024-01-10 08:00Z', '{\"n\": \"1e400\"}', 'acme'),"
	" (1, 'first', 1, '2023-12-20 08:00Z', '{\"k\": \"a\"}', ''),"
	" (1, 'first', 1, '2024-01-02 08:00Z', '{\"k\": \"b\"}', ''),"
	" (1, 'first', 2, '2024-01-02 09:00Z', '{\"k\": \"a\"}', ''),"
	" (1, 'first', 2, '2024-01-03 09:00Z', '{\"k\": \"b\"}', ''),"
	" (1, 'first', 3, '2024-01-03 10:00Z', '{\"k\": \"b\"}', ''),"
	" (1, 'first', 3, '2024-01-03 10:00Z', '{\"k\": \"c\"}', ''),"
	" (2, 'go', 9, '2024-01-02 12:00Z', '{\"n\": 1000, \"k\": \"z\"}', 'other'),"
	" (2, 'first', 9, '2024-01-02 12:00Z', '{\"k\": \"z\"}', 'other')"
	") AS v (p, e, u, t, x, g);"
	"INSERT INTO persons (project_id, id, properties, created_at) VALUES"
	" (1, '00000000-0000-0000-0000-000000000001', '{\"age\": 20}', now()),"
	" (1, '00000000-0000-0000-0000-000000000002', '{\"age\": \"40\"}', now()),"
	" (2, '00000000-0000-0000-0000-000000000003', '{\"age\": 60}', now())";

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

#define QUERY(days, series, rest)                                                                  \
	"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"2024-01-01\","               \
	" \"date_to\": \"2024-01-" days "\"}, \"series\": [" series "]" rest "}"
#define GO(math) "{\"event\": \"go\", \"math\": \"" math "\", \"math_property\": \"n\"}"
#define GO_OF(math, type, key)                                                                     \
	"{\"event\": \"go\", \"math\": \"" math "\", \"math_property_type\": \"" type              \
	"_properties\", \"math_property\": \"" key "\"}"
#define FIRST(math, rest) "{\"event\": \"first\", \"math\": \"" math "\"" rest "}"
#define K_IS(value) "\"properties\": [{\"key\": \"k\", \"value\": \"" value "\"}]"
#define TOTAL ", \"trendsFilter\": {\"display\": \"BoldNumber\"}"
#define CUMULATIVE ", \"trendsFilter\": {\"display\": \"ActionsLineGraphCumulative\"}"
#define BY_K(limit) ", \"breakdownFilter\": {\"breakdown\": \"k\", \"breakdown_limit\": " limit "}"

/* clang-format off */
static const struct {
	const char *query, *lines;
} counted[] = {
	/* of a property: what is no number, or none that a sum could take, is left out */
	{QUERY("03", GO("sum"), ""), "go: 1 32 -4.5 = 28.5"},
	{QUERY("03", GO("avg"), ""), "go: 1 16 -4.5 = 12.5"},
	{QUERY("03", GO("min"), ""), "go: 1 2 -4.5 = -1.5"},
	{QUERY("03", GO("max"), ""), "go: 1 30 -4.5 = 26.5"},
	{QUERY("03", GO("median"), ""), "go: 1 16 -4.5 = 12.5"},
	{QUERY("03", GO("p75"), ""), "go: 1 23 -4.5 = 19.5"},
	{QUERY("03", GO("p90"), TOTAL), "go: = 21.6"},
	{QUERY("10", GO("max"), TOTAL), "go: = 30"},
	{QUERY("03", "{\"event\": \"go\", \"math\": \"min\", \"math_property\": \"n\", \"math_multiplier\": -2}", ""), "go: -2 -60 9 = -53"},
	{QUERY("03", "{\"event\": \"go\", \"math_multiplier\": 0.5}", ""), "go: 0.5 1.5 0.5 = 2.5"},
	{QUERY("03", GO_OF("avg", "person", "age"), ""), "go: 20 33.3333 0 = 53.3333"},
	/* a session of 600 seconds is there on both days, once each */
	{QUERY("03", GO_OF("avg", "session", "$session_duration"), ""), "go: 600 300 0 = 900"},
	{QUERY("03", "{\"event\": \"go\", \"math\": \"sum\", \"math_property\": \"$session_duration\"}", TOTAL), "go: = 600"},
	/* how often someone does it, of those who do */
	{QUERY("03", GO("avg_count_per_actor"), ""), "go: 1 1.5 1 = 3.5"},
	{QUERY("03", GO("max_count_per_actor"), TOTAL), "go: = 2"},
	{QUERY("03", GO("p75_count_per_actor"), ""), "go: 1 1.75 1 = 3.75"},
	/* the empty session is none */
	{QUERY("03", GO("unique_session"), ""), "go: 1 2 0 = 3"},
	{QUERY("03", GO("unique_session"), TOTAL), "go: = 2"},
	{QUERY("03", "{\"event\": \"go\", \"math\": \"unique_group\", \"math_group_type_index\": 0}", ""), "go: 1 2 1 = 4"},
	{QUERY("03", "{\"event\": \"go\", \"math\": \"unique_group\", \"math_group_type_index\": 0}", CUMULATIVE), "go: 1 2 2 = 2"},
	{QUERY("03", GO("dau"), ", \"aggregation_group_type_index\": 0"), "go: 1 2 1 = 4"},
	{QUERY("03", GO("total"), ", \"aggregation_group_type_index\": 1"), "go: 0 2 1 = 3"},
	/* 7 days that end with the day: person 1 was there on the 2nd, and is again on the 9th */
	{QUERY("10", GO("weekly_active"), ""), "go: 1 2 3 3 3 3 3 3 2 1 = 24"},
	{QUERY("10", GO("weekly_active"), BY_K("1")), "b: 0 2 2 2 2 2 2 2 0 0 = 14; Other (i.e. all remaining values): 1 2 3 3 3 3 3 2 2 2 = 24"},
	{QUERY("10", GO("weekly_active"), TOTAL), "go: = 1"},
	{QUERY("10", GO("weekly_active"), ", \"interval\": \"week\""), "go: 3 1 = 4"},
	{QUERY("10", GO("monthly_active"), ", \"interval\": \"week\""), "go: 0 3 = 3"},
	{QUERY("02", GO("weekly_active"), ", \"interval\": \"month\""), "go: 1 = 1"},
	{QUERY("10", GO("monthly_active"), TOTAL), "go: = 3"},
	{"{\"kind\": \"TrendsQuery\", \"interval\": \"hour\", \"dateRange\": {\"date_from\": \"2024-01-01T23:00\", \"date_to\": \"2024-01-02T01:00\"}, \"series\": [" GO("weekly_active") "]}", "go: 1 1 1 = 3"},
	/* person 1 did it before, person 3 twice in the same instant */
	{QUERY("03", FIRST("first_time_for_user", ""), ""), "first: 0 1 1 = 2"},
	{QUERY("03", FIRST("first_time_for_user", ", " K_IS("b")), ""), "first: 0 0 1 = 1"},
	{QUERY("03", FIRST("first_time_for_user", ""), ", " K_IS("b")), "first: 0 0 1 = 1"},
	{QUERY("03", FIRST("first_matching_event_for_user", ", " K_IS("b")), ""), "first: 0 1 2 = 3"},
	{QUERY("03", FIRST("first_matching_event_for_user", ", " K_IS("a")), ""), "first: 0 1 0 = 1"},
	{QUERY("03", FIRST("first_time_for_user", ""), BY_K("5")), "a: 0 1 0 = 1; b: 0 0 1 = 1"},
	{QUERY("03", FIRST("first_time_for_user", ""), TOTAL), "first: = 2"},
	{QUERY("03", FIRST("first_time_for_user", ""), CUMULATIVE), "first: 0 1 2 = 2"},
	{QUERY("03", FIRST("first_time_for_user", ""), ", \"compareFilter\": {\"compare\": true, \"compare_to\": \"-12d\"}"), "first current: 0 1 1 = 2; first previous: 1 0 0 = 1"},
	/* of one's own */
	{QUERY("03", "{\"event\": \"go\", \"math\": \"hogql\", \"math_hogql\": \"count() + 1\"}", ""), "go: 2 4 2 = 8"},
	{QUERY("03", "{\"event\": \"go\", \"math\": \"hogql\", \"math_hogql\": \"count(DISTINCT person_id)\"}", BY_K("1")), "b: 0 2 0 = 2; Other (i.e. all remaining values): 1 1 1 = 3"},
};
/* clang-format on */

static void every_math_counts_what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(counted); i++) {
		lines_check(&db, &env, counted[i].query, counted[i].lines);
	}
}

/* Which people are in a sample is for their distinct ids to say: the MD5 of d1 begins with 99,
 * those of d2 and d3 with b2 and e5; 0.625 is a0 of 100. */
static void a_sample_stands_for_all(void **state)
{
	static const char *const lines[][2] = {
		{QUERY("02", GO("total"), ", \"samplingFactor\": 0.625"), "go: 1.6 1.6 = 3.2"},
		{QUERY("02", GO("dau"), ", \"samplingFactor\": 0.625"), "go: 1.6 1.6 = 3.2"},
		{QUERY("02", GO("sum"), ", \"samplingFactor\": 0.625"), "go: 1.6 3.2 = 4.8"},
		{QUERY("02", GO("avg"), ", \"samplingFactor\": 0.625"), "go: 1 2 = 3"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		lines_check(&db, &env, lines[i][0], lines[i][1]);
	}
}

/* Samoa had no 30th of December in 2011: seven days that end with the 3rd of January begin with
 * the 28th all the same. */
static void days_that_never_were_count_as_days(void **state)
{
	struct insight_env samoa = env;

	(void)state;
	samoa.timezone = "Pacific/Apia";
	computed_run(&db,
		"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp)"
		" VALUES (1, gen_random_uuid(), 'samoa', 'd', gen_random_uuid(), '2011-12-28 22:00Z')");
	/* the 28th there */
	lines_check(&db, &samoa,
		"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"2011-12-27\", \"date_to\":"
		" \"2012-01-05\"}, \"series\": [{\"event\": \"samoa\", \"math\": \"weekly_active\"}]}",
		"samoa: 0 1 1 1 1 1 1 0 0 = 6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_math_counts_what_it_says),
		cmocka_unit_test(a_sample_stands_for_all),
		cmocka_unit_test(days_that_never_were_count_as_days),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
