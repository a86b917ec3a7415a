#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>

static struct computed db;

/* 2024-11-01 18:00 UTC */
static struct insight_env env = {.project_id = 1, .timezone = "UTC", .now_us = 1730484000000000LL};

/* u is the last digit of the person, g the organization.  9 has no row in persons, "new" none in
 * groups. */
static const char visits[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, group_0)"
	" SELECT p, gen_random_uuid(), e, 'd' || u,"
	" ('00000000-0000-0000-0000-00000000000' || u)::uuid, t::timestamptz, g FROM (VALUES"
	" (1, 'visit', 1, '2023-12-01 00:00:00Z', ''),"
	" (1, 'visit', 1, '2024-01-01 00:00:00Z', 'acme'),"
	" (1, 'visit', 1, '2024-01-02 12:00:00Z', 'acme'),"
	" (1, 'visit', 1, '2024-01-02 13:00:00Z', 'new'),"
	" (1, 'visit', 1, '2024-01-04 12:00:00Z', ''),"
	" (1, 'visit', 2, '2024-01-02 23:45:00Z', 'acme'),"
	" (1, 'visit', 3, '2024-01-03 00:00:00Z', 'new'),"
	" (1, 'visit', 3, '2024-01-04 23:59:59.999999Z', ''),"
	" (1, 'visit', 3, '2024-01-05 00:00:00Z', ''),"
	" (1, 'visit', 4, '2024-01-01 12:00:00Z', ''),"
	" (1, 'visit', 4, '2024-01-04 12:00:00Z', ''),"
	" (1, 'visit', 9, '2024-01-03 12:00:00Z', ''),"
	" (1, 'buy', 1, '2024-01-03 12:00:00Z', ''),"
	" (1, 'spring', 1, '2024-03-31 00:30:00Z', ''),"
	" (1, 'spring', 1, '2024-03-31 01:30:00Z', ''),"
	" (1, 'autumn', 1, '2024-10-27 00:30:00Z', ''),"
	" (1, 'autumn', 1, '2024-10-27 01:30:00Z', ''),"
	" (2, 'visit', 1, '2024-01-03 12:00:00Z', '')"
	") AS v (p, e, u, t, g);"
	"INSERT INTO persons (project_id, id, created_at)"
	" SELECT p, ('00000000-0000-0000-0000-00000000000' || u)::uuid, t::timestamptz FROM"
	" (VALUES (1, 1, '2024-01-01 00:00:00Z'), (1, 2, '2024-01-02 23:30:00Z'),"
	" (1, 3, '2023-06-01 00:00:00Z'), (1, 4, '2024-01-04 12:00:00Z'),"
	" (2, 9, '2024-01-03 12:00:00Z')) AS v (p, u, t);"
	"INSERT INTO groups (project_id, group_type_index, group_key, created_at) VALUES"
	" (1, 0, 'acme', '2024-01-02 01:00:00Z'), (1, 1, 'new', '2024-01-03 01:00:00Z')";

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

#define VISITS "{\"kind\": \"EventsNode\", \"event\": \"visit\"}"
#define BETWEEN(from, to, series, rest)                                                            \
	"{\"kind\": \"LifecycleQuery\", \"dateRange\": {\"date_from\": \"" from                    \
	"\", \"date_to\": \"" to "\"}, \"series\": [" series "]" rest "}"
#define QUERY(series, rest) BETWEEN("2024-01-02", "2024-01-04", series, rest)
#define SHOW(list) ", \"lifecycleFilter\": {\"toggledLifecycles\": [" list "]}"

/* "new: 1 0 1 = 2; …" */
static char *lines_of(const json_t *result)
{
	GString *text = g_string_new(NULL);
	const json_t *item, *number;
	size_t i, j;

	json_array_foreach(json_get_array(result, "results"), i, item)
	{
		g_string_append_printf(
			text, "%s%s:", i ? "; " : "", json_get_text(item, "status", "?"));
		json_array_foreach(json_object_get(item, "data"), j, number)
		{
			assert_true(json_is_real(number));
			g_string_append_printf(text, " %g", json_real_value(number));
		}
		g_string_append_printf(
			text, " = %g", json_real_value(json_object_get(item, "count")));
	}
	return g_string_free(text, FALSE);
}

/* clang-format off */
static const struct {
	const char *zone, *query, *lines;
} counted[] = {
	/* The fourth person came before it was made, so is dormant, and new later. */
	{"UTC", QUERY(VISITS, ""), "new: 1 0 1 = 2; returning: 1 0 1 = 2; resurrecting: 0 1 1 = 2; dormant: -1 -2 0 = -3"},
	{"UTC", QUERY("{\"event\": \"visit\", \"math\": \"dau\"}", SHOW("\"dormant\", \"new\"")), "new: 1 0 1 = 2; dormant: -1 -2 0 = -3"},
	{"UTC", QUERY(VISITS, SHOW("")), ""},
	{"UTC", QUERY("{\"event\": \"nothing\"}", SHOW("\"new\"")), "new: 0 0 0 = 0"},
	/* with "buy" the first person has no pause */
	{"UTC", QUERY("{\"event\": null}", ""), "new: 1 0 1 = 2; returning: 1 1 2 = 4; resurrecting: 0 1 0 = 1; dormant: -1 -1 0 = -2"},
	/* acme was made and came on the second, as "new" did, which nobody made */
	{"UTC", QUERY(VISITS, ", \"aggregation_group_type_index\": 0"), "new: 1 0 0 = 1; returning: 0 1 0 = 1; resurrecting: 1 0 0 = 1; dormant: 0 -1 -1 = -2"},
	{"UTC", QUERY("{\"event\": \"visit\", \"math\": \"unique_group\", \"math_group_type_index\": 0}", SHOW("\"new\"")), "new: 1 0 0 = 1"},
	/* a range that begins within a bucket counts all of that bucket */
	{"UTC", "{\"kind\": \"LifecycleQuery\", \"dateRange\": {\"date_from\": \"2024-01-02T12:30\", \"date_to\": \"2024-01-02T13:30\", \"explicitDate\": true}, \"series\": [" VISITS "]}", "new: 0 = 0; returning: 1 = 1; resurrecting: 0 = 0; dormant: -1 = -1"},
	{"UTC", BETWEEN("2024-01-01", "2024-02-29", VISITS, ", \"interval\": \"month\""), "new: 3 0 = 3; returning: 0 0 = 0; resurrecting: 1 0 = 1; dormant: 0 -4 = -4"},
	{"UTC", BETWEEN("2023-12-01", "2024-01-31", VISITS, ", \"interval\": \"month\""), "new: 0 3 = 3; returning: 0 0 = 0; resurrecting: 1 1 = 2; dormant: 0 0 = 0"},
	/* Sunday the 31st to Saturday the 6th, cut short on Tuesday: new and made on Thursday all the same */
	{"UTC", BETWEEN("2023-12-31", "2024-01-02", VISITS, ", \"interval\": \"week\""), "new: 3 = 3; returning: 0 = 0; resurrecting: 0 = 0; dormant: 0 = 0"},
	{"UTC", BETWEEN("all", "2024-01-04", "{\"event\": \"buy\"}", ""), "new: 0 0 = 0; returning: 0 0 = 0; resurrecting: 1 0 = 1; dormant: 0 -1 = -1"},
	/* 01:30 and 03:30 are neighbours on the day that has no 02:30 … */
	{"Europe/Berlin", BETWEEN("2024-03-31T01:00", "2024-03-31T04:00", "{\"event\": \"spring\"}", ", \"interval\": \"hour\""), "new: 0 0 0 = 0; returning: 0 1 0 = 1; resurrecting: 1 0 0 = 1; dormant: 0 0 -1 = -1"},
	/* … and 02:30 is one hour on the day that has it twice. */
	{"Europe/Berlin", BETWEEN("2024-10-27T01:00", "2024-10-27T04:00", "{\"event\": \"autumn\"}", ", \"interval\": \"hour\""), "new: 0 0 0 0 = 0; returning: 0 0 0 0 = 0; resurrecting: 0 1 0 0 = 1; dormant: 0 0 -1 0 = -1"},
};
/* clang-format on */

static void actors_are_new_return_and_stay_away(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(counted); i++) {
		json_t *query = computed_json(counted[i].query);
		json_t *result, *as_owner;
		g_autofree char *got = NULL;

		env.timezone = counted[i].zone;
		result = computed_result(&db, query, &env);
		as_owner = computed_as_owner(&db, query, &env);
		got = lines_of(result);
		print_message("%s\n", counted[i].query);
		assert_string_equal(got, counted[i].lines);
		/* Row-level security must not be what keeps the other project's rows out. */
		assert_true(json_equal(result, as_owner));
		json_decref(query);
		json_decref(result);
		json_decref(as_owner);
	}
	env.timezone = "UTC";
}

static void a_lifecycle_is_written_as_the_api_writes_it(void **state)
{
	json_t *query = computed_json(BETWEEN("2024-01-02", "2024-01-03",
		"{\"event\": \"visit\", \"custom_name\": \"Came\"}", SHOW("\"new\", \"dormant\"")));
	json_t *result = computed_result(&db, query, &env);
	g_autofree char *got = json_write(result);

	(void)state;
	/* spec/insights.md 3.11 */
	assert_string_equal(got,
		"{\"results\":[{\"label\":\"Came - new\",\"status\":\"new\",\"data\":[1.0,0.0],"
		"\"count\":1.0,\"days\":[\"2024-01-02\",\"2024-01-03\"],"
		"\"labels\":[\"2-Jan-2024\",\"3-Jan-2024\"],"
		"\"action\":{\"id\":\"visit\",\"order\":0,\"custom_name\":\"Came\"}},"
		"{\"label\":\"Came - dormant\",\"status\":\"dormant\",\"data\":[-1.0,-2.0],"
		"\"count\":-3.0,\"days\":[\"2024-01-02\",\"2024-01-03\"],"
		"\"labels\":[\"2-Jan-2024\",\"3-Jan-2024\"],"
		"\"action\":{\"id\":\"visit\",\"order\":0,\"custom_name\":\"Came\"}}],"
		"\"resolved_date_range\":{\"date_from\":\"2024-01-02T00:00:00Z\","
		"\"date_to\":\"2024-01-03T23:59:59.999999Z\"}}");
	json_decref(query);
	json_decref(result);
}

/* clang-format off */
static const struct {
	const char *query;
	enum fault_kind kind;
	const char *detail;
} mistakes[] = {
	{QUERY("", ""), FAULT_QUERY, "series: a lifecycle has exactly one, not 0"},
	{QUERY(VISITS ", " VISITS, ""), FAULT_QUERY, "series: a lifecycle has exactly one, not 2"},
	{QUERY("{\"math\": \"sum\"}", ""), FAULT_UNSUPPORTED, "series[0].math: 'sum' is not computed here in a query that counts actors"},
	{QUERY("{\"event\": 7}", ""), FAULT_QUERY, "series[0].event is not a text"},
	{QUERY(VISITS, ", \"lifecycleFilter\": 7"), FAULT_QUERY, "lifecycleFilter is not an object"},
	{QUERY(VISITS, ", \"lifecycleFilter\": {\"toggledLifecycles\": \"new\"}"), FAULT_QUERY, "lifecycleFilter.toggledLifecycles is not a list"},
	{QUERY(VISITS, SHOW("\"new\", \"old\"")), FAULT_QUERY, "lifecycleFilter.toggledLifecycles[1]: 'old' is none of new, returning, resurrecting, dormant"},
	{QUERY(VISITS, SHOW("7")), FAULT_QUERY, "lifecycleFilter.toggledLifecycles[0]: '' is none of new, returning, resurrecting, dormant"},
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
		cmocka_unit_test(actors_are_new_return_and_stay_away),
		cmocka_unit_test(a_lifecycle_is_written_as_the_api_writes_it),
		cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
