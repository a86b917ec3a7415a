/* Lists of events, persons and groups over hand-made rows: each query beside the answer that was
 * worked out by hand. */
#include "insight/kind.h"
#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static struct computed db;

/* 2024-01-31 12:00 UTC, 13:00 in Berlin */
static const struct insight_env env = {.project_id = 1,
	.timezone = "Europe/Berlin",
	.week_start_day = 1,
	.now_us = 1706702400000000LL};

/* Events 1 to 7 of people 1, 2, 3; of 3 there is no row.  Project 2 has the same ids. */
static const char rows[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, properties,"
	" group_0) SELECT p, ('10000000-0000-0000-0000-00000000000' || n)::uuid, e, 'd' || u,"
	" ('00000000-0000-0000-0000-00000000000' || u)::uuid, t::timestamptz, x::jsonb, g FROM (VALUES"
	" (1, 1, 'view', 1, '2024-01-31 10:00:00Z', '{\"n\": 1, \"b\": \"Chrome\", \"$current_url\": \"/a\", \"$lib\": \"web\"}', 'acme'),"
	" (1, 2, 'view', 2, '2024-01-31 09:00:00.25Z', '{\"n\": 10, \"b\": \"Safari\", \"$screen_name\": \"Home\"}', ''),"
	" (1, 3, 'buy',  3, '2024-01-31 08:00:00Z', '{\"n\": \"9\", \"b\": \"Chrome\"}', ''),"
	" (1, 4, 'buy',  1, '2024-01-31 08:00:00Z', '{\"n\": 2.5, \"b\": \"\", \"tags\": [1, \"x\"]}', 'acme'),"
	" (1, 5, 'view', 2, '2024-01-30 12:00:00Z', '{\"n\": 3}', 'beta'),"
	" (1, 6, 'open', 1, '2024-01-10 23:30:00Z', '{\"b\": null}', ''),"
	" (1, 7, 'open', 1, '2024-02-01 00:00:00Z', '{\"big\": 100000000000000000000, \"small\": 7}', ''),"
	" (2, 8, 'view', 1, '2024-01-31 11:00:00Z', '{\"n\": 100, \"b\": \"Opera\"}', 'acme')"
	") AS v (p, n, e, u, t, x, g);"
	"INSERT INTO persons (project_id, id, properties, created_at)"
	" SELECT p, ('00000000-0000-0000-0000-00000000000' || u)::uuid, x::jsonb, t::timestamptz FROM (VALUES"
	" (1, 1, '{\"email\": \"ann@a.io\", \"age\": 30}', '2024-01-01 00:00:00Z'),"
	" (1, 2, '{\"name\": \"50% Bob\", \"age\": 9}', '2024-01-02 00:00:00Z'),"
	" (1, 4, '{}', '2024-01-02 00:00:00Z'),"
	" (2, 3, '{\"email\": \"theirs@a.io\"}', '2024-01-03 00:00:00Z')) AS v (p, u, x, t);"
	"INSERT INTO person_distinct_ids (project_id, distinct_id, person_id)"
	" SELECT p, d, ('00000000-0000-0000-0000-00000000000' || u)::uuid FROM (VALUES"
	" (1, 'd1', 1), (1, 'Zoe', 1), (1, 'd2', 2), (2, 'other', 1), (2, 'd4', 4)) AS v (p, d, u);"
	"INSERT INTO groups (project_id, group_type_index, group_key, properties, created_at) VALUES"
	" (1, 0, 'acme', '{\"name\": \"Acme Inc\", \"size\": 12}', '2024-01-01Z'),"
	" (1, 0, 'beta', '{\"size\": \"7\"}', '2024-01-02Z'), (1, 0, 'Zeta', '{\"name\": \"\"}', '2024-01-02Z'),"
	" (1, 1, 'x', '{}', '2024-01-03Z'), (2, 0, 'gamma', '{}', '2024-01-03Z');"
	"INSERT INTO actions (id, project_id, name, steps) VALUES"
	" (1, 1, 'Bought', '[{\"event\": \"buy\"}, {\"event\": \"open\"}]'), (2, 2, 'Foreign', '[{\"event\": \"view\"}]');"
	"INSERT INTO cohorts (id, project_id, name, is_static, filters) VALUES (1, 1, 'List', true, NULL),"
	" (2, 1, 'Viewers', false, '{\"properties\": {\"type\": \"AND\", \"values\": [{\"type\": \"behavioral\","
	" \"value\": \"performed_event\", \"key\": \"view\", \"event_type\": \"events\", \"time_value\": 30, \"time_interval\": \"day\","
	" \"event_filters\": [{\"key\": \"n\", \"operator\": \"gt\", \"value\": 2}]},"
	" {\"type\": \"person\", \"key\": \"age\", \"operator\": \"is_set\"}]}}');"
	"INSERT INTO cohort_people (project_id, cohort_id, person_id) VALUES"
	" (1, 1, '00000000-0000-0000-0000-000000000001'), (1, 1, '00000000-0000-0000-0000-000000000004')";

static int start(void **state)
{
	(void)state;
	computed_start(&db);
	computed_run(&db, rows);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	computed_stop(&db);
	return 0;
}

struct case_of {
	const char *query, *expected;
};

/* Every member that is expected is there and the same; others may be there too. */
static void check_member(const json_t *result, const json_t *expected, const char *query)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)expected, key, value)
	{
		const json_t *got = json_object_get(result, key);
		g_autofree char *text = got ? json_write(got) : g_strdup("nothing");
		g_autofree char *wanted = json_write(value);

		if (!got || strcmp(text, wanted) != 0) {
			fail_msg("%s\n%s\ngot    %s\nwanted %s", query, key, text, wanted);
		}
	}
}

static void check(const struct case_of *c, const struct insight_env *where)
{
	json_t *query = computed_json(c->query);
	json_t *expected = computed_json(c->expected);
	json_t *result = computed_result(&db, query, where);
	json_t *as_owner = computed_as_owner(&db, query, where);

	check_member(result, expected, c->query);
	/* Row-level security must not be what keeps the other project's rows out. */
	assert_true(json_equal(result, as_owner));
	json_decref(query);
	json_decref(expected);
	json_decref(result);
	json_decref(as_owner);
}

#define CHECK_ALL(cases)                                                                           \
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {                                         \
		check(&(cases)[i], &env);                                                          \
	}

#define EVENTS(rest) "{\"kind\": \"EventsQuery\", \"select\": [\"uuid\"]" rest "}"
#define OF(select, rest) "{\"kind\": \"EventsQuery\", \"select\": [" select "]" rest "}"
#define U(n) "[\"10000000-0000-0000-0000-00000000000" #n "\"]"
#define ROWS(list) "{\"results\": [" list "]}"
#define P(n) "00000000-0000-0000-0000-00000000000" #n

static void events_are_chosen(void **state)
{
	static const struct case_of cases[] = {
		/* the last 24 hours to the microsecond: what happened exactly then is not after it
		 */
		{EVENTS(""), ROWS(U(1) "," U(2) "," U(4) "," U(3))},
		{EVENTS(", \"after\": \"\", \"before\": null"),
			ROWS(U(1) "," U(2) "," U(4) "," U(3))},
		{EVENTS(", \"after\": \"all\""),
			ROWS(U(1) "," U(2) "," U(4) "," U(3) "," U(5) "," U(6))},
		{EVENTS(", \"after\": \"all\", \"before\": \"2025-01-01\", \"limit\": 1"),
			ROWS(U(7))},
		/* the 11th begins at 23:00 UTC in Berlin */
		{EVENTS(", \"after\": \"2024-01-11\", \"before\": \"2024-01-12\""), ROWS(U(6))},
		{EVENTS(", \"after\": \"2024-01-11 00:30\", \"before\": \"2024-01-12\""), ROWS("")},
		{EVENTS(", \"after\": \"2024-01-10T23:29:59Z\", \"before\": \"2024-01-11T00:30:01+01:00\""),
			ROWS(U(6))},
		{EVENTS(", \"after\": \"-1d\", \"before\": \"dStart\""), ROWS(U(5))},
		{EVENTS(", \"event\": \"buy\""), ROWS(U(4) "," U(3))},
		{EVENTS(", \"event\": null"), ROWS(U(1) "," U(2) "," U(4) "," U(3))},
		{EVENTS(", \"events\": [\"buy\", \"open\"], \"after\": \"all\""),
			ROWS(U(4) "," U(3) "," U(6))},
		{EVENTS(", \"events\": []"), ROWS(U(1) "," U(2) "," U(4) "," U(3))},
		{EVENTS(", \"actionId\": 1, \"after\": \"all\""), ROWS(U(4) "," U(3) "," U(6))},
		{EVENTS(", \"personId\": \"" P(1) "\""), ROWS(U(1) "," U(4))},
		{EVENTS(", \"where\": [\"event = 'view'\", \"properties.n > 1\"]"), ROWS(U(2))},
		{EVENTS(", \"where\": []"), ROWS(U(1) "," U(2) "," U(4) "," U(3))},
		{EVENTS(", \"properties\": [{\"key\": \"b\", \"value\": \"Chrome\"}],"
			" \"fixedProperties\": [{\"key\": \"n\", \"value\": 5, \"operator\": \"gt\"}]"),
			ROWS(U(3))},
		{EVENTS(", \"properties\": [{\"key\": \"age\", \"type\": \"person\", \"value\": 10, \"operator\": \"lt\"}]"),
			ROWS(U(2))},
		{EVENTS(", \"properties\": [{\"key\": \"id\", \"type\": \"cohort\", \"value\": 2}]"),
			ROWS(U(2))},
		{EVENTS(", \"properties\": [{\"key\": \"id\", \"type\": \"cohort\", \"value\": 1}]"),
			ROWS(U(1) "," U(4))},
		{EVENTS(", \"properties\": [{\"key\": \"size\", \"type\": \"group\", \"group_type_index\": 0, \"value\": 12}]"),
			ROWS(U(1) "," U(4))},
		{EVENTS(", \"properties\": [{\"type\": \"hogql\", \"key\": \"person.properties.age = 9\"}]"),
			ROWS(U(2))},
		{EVENTS(", \"limit\": 2"),
			"{\"results\": [" U(1) "," U(
				2) "], \"hasMore\": true, \"limit\": 2, \"offset\": 0}"},
		{EVENTS(", \"limit\": 2, \"offset\": 2"),
			"{\"results\": [" U(4) "," U(
				3) "], \"hasMore\": false, \"limit\": 2, \"offset\": 2}"},
		{EVENTS(", \"offset\": 9"),
			"{\"results\": [], \"hasMore\": false, \"limit\": 100, \"offset\": 9}"},
		{EVENTS(", \"limit\": 0"), "{\"limit\": 100}"},
		{EVENTS(", \"limit\": 70000"), "{\"limit\": 50000}"},
	};

	(void)state;
	CHECK_ALL(cases)
}

static void events_are_ordered(void **state)
{
	static const struct case_of cases[] = {
		{EVENTS(", \"orderBy\": [\"timestamp\"]"), ROWS(U(3) "," U(4) "," U(2) "," U(1))},
		{EVENTS(", \"orderBy\": [\"timestamp ASC\"]"),
			ROWS(U(3) "," U(4) "," U(2) "," U(1))},
		{EVENTS(", \"orderBy\": [\"timestamp DESC\"]"),
			ROWS(U(1) "," U(2) "," U(4) "," U(3))},
		/* numbers by their size, whichever way they are written; ties by id */
		{EVENTS(", \"orderBy\": [\"properties.n DESC\"]"),
			ROWS(U(2) "," U(3) "," U(4) "," U(1))},
		{EVENTS(", \"orderBy\": [\"properties.b DESC\", \"event\"]"),
			ROWS(U(2) "," U(3) "," U(1) "," U(4))},
		{EVENTS(", \"orderBy\": [\"person\"]"), ROWS(U(1) "," U(4) "," U(2) "," U(3))},
		{OF("\"event AS what\", \"properties.n -- N\"",
			 ", \"orderBy\": [\"what\", \"properties.n DESC\"]"),
			ROWS("[\"buy\",\"9\"],[\"buy\",\"2.5\"],[\"view\",\"10\"],[\"view\",\"1\"]")},
		{OF("\"properties.n\"",
			 ", \"orderBy\": [\"length(properties.n) DESC, properties.n\"]"),
			ROWS("[\"2.5\"],[\"10\"],[\"1\"],[\"9\"]")},
	};

	(void)state;
	CHECK_ALL(cases)
}

#define URL_COLUMN "coalesce(properties.$current_url, properties.$screen_name) -- Url / Screen"
#define WHOLE_EVENT_1                                                                                 \
	"{\"uuid\":\"10000000-0000-0000-0000-000000000001\",\"event\":\"view\",\"properties\":"       \
	"{\"b\":\"Chrome\",\"n\":1,\"$lib\":\"web\",\"$current_url\":\"/a\"},\"timestamp\":"          \
	"\"2024-01-31T11:00:00+01:00\",\"team_id\":1,\"distinct_id\":\"d1\",\"elements_chain\":\"\"," \
	"\"created_at\":null}"
#define PERSON_1                                                                                   \
	"{\"uuid\":\"" P(1) "\",\"created_at\":\"2024-01-01T01:00:00+01:00\",\"properties\":"      \
			    "{\"age\":30,\"email\":\"ann@a.io\"},\"distinct_id\":\"d1\"}"

static void events_have_the_columns_that_are_selected(void **state)
{
	static const struct case_of cases[] = {
		{"{\"kind\": \"EventsQuery\", \"limit\": 1}",
			"{\"columns\": [\"*\", \"event\", \"person\", \"" URL_COLUMN
			"\", \"properties.$lib\", \"timestamp\"],"
			" \"types\": [\"Tuple\", \"String\", \"Tuple\", \"Nullable(String)\", \"Nullable(String)\", \"DateTime64(6)\"],"
			" \"results\": [[" WHOLE_EVENT_1 ", \"view\", " PERSON_1
			", \"/a\", \"web\", \"2024-01-31T11:00:00+01:00\"]],"
			" \"hasMore\": true, \"limit\": 1, \"offset\": 0}"},
		{OF("\"person\", \"" URL_COLUMN
		    "\", \"properties.tags\", \"person_display_name -- Who\"",
			 ", \"event\": \"buy\""),
			ROWS("[{\"uuid\":\"" P(
				1) "\",\"created_at\":\"2024-01-01T01:00:00+01:00\",\"properties\":{\"age\":30,\"email\":\"ann@a.io\"},"
				   "\"distinct_id\":\"d1\"},null,\"[1, \\\"x\\\"]\",{\"display_name\":\"ann@a.io\",\"id\":\"" P(
					   1) "\",\"distinct_id\":\"d1\"}],"
					      "[{\"distinct_id\":\"d3\"},null,null,{\"display_name\":\"d3\",\"id\":\"" P(
						      3) "\",\"distinct_id\":\"d3\"}]")},
		{OF("\"event -- What\", \" person -- Who \", \"person.properties.age\", \"group_0.properties.size\", \"properties.n * 2 AS m\"",
			 ", \"limit\": 1"),
			"{\"columns\": [\"event -- What\", \" person -- Who \", \"person.properties.age\", \"group_0.properties.size\", \"properties.n * 2 AS m\"],"
			" \"results\": [[\"view\"," PERSON_1 ",\"30\",\"12\",2.0]]}"},
		/* a column that is called like one of the event's own */
		{OF("\"upper(event) AS event\", \"*\"", ", \"limit\": 1"),
			"{\"results\": [[\"VIEW\", " WHOLE_EVENT_1 "]]}"},
		{OF("\"1\", \"'x'\", \"true\", \"null\", \"toDate(timestamp)\", \"[1, 2]\", \"timestamp\"",
			 ", \"offset\": 1, \"limit\": 1"),
			ROWS("[1,\"x\",true,null,\"2024-01-31\",[1,2],\"2024-01-31T10:00:00.250000+01:00\"]")},
		{OF("\"row_number() OVER (ORDER BY timestamp) AS r\", \"uuid\"",
			 ", \"event\": \"view\", \"orderBy\": [\"r\"]"),
			ROWS("[1,\"10000000-0000-0000-0000-000000000002\"],[2,\"10000000-0000-0000-0000-000000000001\"]")},
		{OF("\"properties\"",
			 ", \"after\": \"all\", \"before\": \"2025-01-01\", \"limit\": 1"),
			ROWS("[{\"big\":1e+20,\"small\":7}]")},
		{OF("\"(SELECT count() FROM events)\"", ", \"limit\": 1"), ROWS("[7]")},
	};

	(void)state;
	CHECK_ALL(cases)
}

static void aggregates_group_by_the_other_columns(void **state)
{
	static const struct case_of cases[] = {
		{OF("\"count()\"", ""),
			"{\"types\": [\"UInt64\"], \"results\": [[4]], \"hasMore\": false}"},
		{OF("\"event\", \"count()\"", ", \"after\": \"all\""),
			ROWS("[\"view\",3],[\"buy\",2],[\"open\",1]")},
		/* ties by what is grouped */
		{OF("\"event\", \"count()\"", ""), ROWS("[\"buy\",2],[\"view\",2]")},
		{OF("\"event\", \"sum(properties.n) AS s\", \"count()\"", ", \"orderBy\": [\"s\"]"),
			ROWS("[\"view\",11.0,2],[\"buy\",11.5,2]")},
		{OF("\"event\", \"max(properties.n)\"", ""),
			ROWS("[\"view\",\"10\"],[\"buy\",\"9\"]")},
		{OF("\"event\", \"count() / 2\"",
			 ", \"where\": [\"count() > 2\"], \"after\": \"all\""),
			ROWS("[\"view\",1.5]")},
		{OF("\"event\"", ", \"where\": [\"count() > 2\"], \"after\": \"all\""),
			ROWS("[\"view\"]")},
		{OF("\"event\"", ", \"orderBy\": [\"count() DESC\"], \"after\": \"all\""),
			ROWS("[\"view\"],[\"buy\"],[\"open\"]")},
		{OF("\"properties.b\", \"uniq(person_id)\", \"'k'\"", ""),
			ROWS("[\"Chrome\",2,\"k\"],[\"\",1,\"k\"],[\"Safari\",1,\"k\"]")},
		{OF("\"person\", \"count()\"", ", \"event\": \"view\", \"after\": \"-1h\""),
			ROWS("")},
		{OF("\"person\", \"count()\"", ", \"event\": \"buy\""),
			ROWS("[" PERSON_1 ",1],[{\"distinct_id\":\"d3\"},1]")},
		{OF("\"event\", \"count()\"", ", \"after\": \"all\", \"limit\": 1, \"offset\": 1"),
			"{\"results\": [[\"buy\",2]], \"hasMore\": true}"},
	};

	(void)state;
	CHECK_ALL(cases)
}

#define PERSON(n, at, properties, ids)                                                             \
	"{\"id\":\"" P(n) "\",\"created_at\":\"" at "\",\"properties\":" properties                \
			  ",\"distinct_ids\":" ids "}"
#define ANN                                                                                        \
	PERSON(1, "2024-01-01T01:00:00+01:00", "{\"age\":30,\"email\":\"ann@a.io\"}",              \
		"[\"Zoe\",\"d1\"]")
#define NOBODY PERSON(4, "2024-01-02T01:00:00+01:00", "{}", "[]")
#define ACTORS(rest) "{\"kind\": \"ActorsQuery\", \"select\": [\"id\"]" rest "}"
#define I(n) "[\"" P(n) "\"]"

static void persons_are_listed(void **state)
{
	static const struct case_of cases[] = {
		{"{\"kind\": \"ActorsQuery\", \"limit\": 1}",
			"{\"columns\": [\"person\", \"id\", \"created_at\"], \"types\": [\"Tuple\", \"UUID\", \"DateTime64(6)\"],"
			" \"results\": [[" NOBODY ", \"" P(
				4) "\", \"2024-01-02T01:00:00+01:00\"]],"
				   " \"hasMore\": true, \"limit\": 1, \"offset\": 0, \"missing_actors_count\": 0}"},
		{"{\"kind\": \"ActorsQuery\", \"select\": [\"person\", \"person.$delete\", \"properties.age\", \"person_display_name\"], \"offset\": 2}",
			"{\"columns\": [\"person\", \"properties.age\", \"person_display_name\"],"
			" \"results\": [[" ANN
			", \"30\", {\"display_name\":\"ann@a.io\",\"id\":\"" P(
				1) "\"}]], \"hasMore\": false}"},
		{ACTORS(""), ROWS(I(4) "," I(2) "," I(1))},
		{ACTORS(", \"orderBy\": [\"created_at\"]"), ROWS(I(1) "," I(2) "," I(4))},
		{ACTORS(", \"orderBy\": [\"properties.age ASC\"]"), ROWS(I(2) "," I(1) "," I(4))},
		/* "0000…4" before "50% Bob" before "ann@a.io" */
		{ACTORS(", \"orderBy\": [\"person\"]"), ROWS(I(4) "," I(2) "," I(1))},
		{ACTORS(", \"search\": \"ANN@\""), ROWS(I(1))},
		{ACTORS(", \"search\": \"50% b\""), ROWS(I(2))},
		{ACTORS(", \"search\": \"_\""), ROWS("")},
		{ACTORS(", \"search\": \"zo\""), ROWS(I(1))},
		{ACTORS(", \"search\": \"000004\""), ROWS(I(4))},
		{ACTORS(", \"search\": \"other\""), ROWS("")},
		{ACTORS(", \"search\": \"\""), ROWS(I(4) "," I(2) "," I(1))},
		{ACTORS(", \"properties\": [{\"key\": \"age\", \"type\": \"person\", \"operator\": \"gt\", \"value\": 9}]"),
			ROWS(I(1))},
		{ACTORS(", \"properties\": [{\"key\": \"age\", \"operator\": \"is_not\", \"value\": 9}]"),
			ROWS(I(4) "," I(1))},
		{ACTORS(", \"properties\": {\"type\": \"OR\", \"values\": [{\"key\": \"age\", \"value\": 9}, {\"key\": \"email\", \"operator\": \"is_set\"}]}"),
			ROWS(I(2) "," I(1))},
		{ACTORS(", \"fixedProperties\": [{\"type\": \"hogql\", \"key\": \"properties.age > 10\"}]"),
			ROWS(I(1))},
		{ACTORS(", \"properties\": [{\"type\": \"cohort\", \"key\": \"id\", \"value\": 1}]"),
			ROWS(I(4) "," I(1))},
		{ACTORS(", \"properties\": [{\"type\": \"cohort\", \"key\": \"id\", \"value\": 2}]"),
			ROWS(I(2))},
		{ACTORS(", \"properties\": [{\"type\": \"cohort\", \"key\": \"id\", \"value\": 2, \"operator\": \"not_in\"}]"),
			ROWS(I(4) "," I(1))},
		{"{\"kind\": \"ActorsQuery\", \"select\": [\"count()\"]}", ROWS("[3]")},
		{"{\"kind\": \"ActorsQuery\", \"select\": [\"person.properties.email IS NULL AS e\", \"count()\"]}",
			ROWS("[true,2],[false,1]")},
		{"{\"kind\": \"PersonsNode\", \"distinctId\": \"Zoe\"}",
			"{\"results\": [{\"id\":\"" P(
				1) "\",\"name\":\"ann@a.io\",\"distinct_ids\":[\"Zoe\",\"d1\"],\"properties\":"
				   "{\"age\":30,\"email\":\"ann@a.io\"},\"created_at\":\"2024-01-01T01:00:00+01:00\",\"uuid\":\"" P(
					   1) "\"}],"
					      " \"hasMore\": false, \"limit\": 100, \"offset\": 0}"},
		{"{\"kind\": \"PersonsNode\", \"cohort\": 1, \"limit\": 1, \"select\": [\"nothing\"]}",
			"{\"results\": [{\"id\":\"" P(4) "\",\"name\":\"" P(
				4) "\",\"distinct_ids\":[],\"properties\":{},"
				   "\"created_at\":\"2024-01-02T01:00:00+01:00\",\"uuid\":\"" P(
					   4) "\"}], \"hasMore\": true}"},
		{"{\"kind\": \"PersonsNode\", \"search\": \"nobody\"}", ROWS("")},
	};

	(void)state;
	CHECK_ALL(cases)
}

#define BEHIND(source) ACTORS(", \"source\": " source)
#define TREND(part, rest)                                                                                                \
	BEHIND("{\"kind\": \"InsightActorsQuery\"" part                                                                  \
	       ", \"source\": {\"kind\": \"TrendsQuery\","                                                               \
	       " \"dateRange\": {\"date_from\": \"-7d\"}, \"series\": [{\"kind\": \"EventsNode\", \"event\": \"view\"}," \
	       " {\"kind\": \"EventsNode\", \"event\": \"buy\"}]" rest "}}")
#define BY_B ", \"breakdownFilter\": {\"breakdown\": \"b\"}"

static void persons_are_behind_results(void **state)
{
	static const struct case_of cases[] = {
		{TREND("", ""), "{\"results\": [" I(2) "," I(1) "], \"missing_actors_count\": 0}"},
		{TREND(", \"series\": 1", ""),
			"{\"results\": [" I(1) "], \"missing_actors_count\": 1}"},
		{TREND(", \"day\": \"2024-01-30\"", ""), ROWS(I(2))},
		{TREND(", \"day\": \"2024-01-31\"", ""), ROWS(I(2) "," I(1))},
		{TREND(", \"day\": \"2024-01-29\"", ""), ROWS("")},
		{TREND(", \"day\": \"2020-01-29\"", ""), ROWS("")},
		{TREND(", \"day\": \"2024-01-31 11:00:00\"", ", \"interval\": \"hour\""),
			ROWS(I(1))},
		{TREND(", \"day\": \"2024-01-31\", \"breakdown\": \"Safari\"", BY_B), ROWS(I(2))},
		{TREND(", \"breakdown\": \"$$_posthog_breakdown_null_$$\"", BY_B), ROWS(I(2))},
		{TREND(", \"breakdown\": [\"Chrome\", 1]",
			 ", \"breakdownFilter\": {\"breakdowns\": [{\"property\": \"b\"}, {\"property\": \"n\"}]}"),
			ROWS(I(1))},
		{TREND(", \"breakdown\": \"Chrome\"", ""), ROWS(I(2) "," I(1))},
		{TREND(", \"compare\": \"previous\"", ", \"compareFilter\": {\"compare\": true}"),
			ROWS("")},
		{TREND("", ", \"properties\": [{\"key\": \"n\", \"value\": 10}]"), ROWS(I(2))},
		{"{\"kind\": \"ActorsQuery\", \"select\": [\"id\", \"event_count\", \"properties.age\"], \"orderBy\": [\"event_count DESC\"],"
		 " \"source\": {\"kind\": \"InsightActorsQuery\", \"source\": {\"kind\": \"InsightVizNode\", \"source\": {\"kind\": \"TrendsQuery\","
		 " \"dateRange\": {\"date_from\": \"all\"}, \"series\": [{\"kind\": \"ActionsNode\", \"id\": 1}]}}}}",
			"{\"results\": [[\"" P(1) "\",2,\"30\"]], \"missing_actors_count\": 1}"},
		{BEHIND("{\"kind\": \"HogQLQuery\", \"query\": \"SELECT person_id FROM events WHERE event = 'buy'\"}"),
			"{\"results\": [" I(1) "], \"missing_actors_count\": 1}"},
		{BEHIND("{\"kind\": \"HogQLQuery\", \"query\": \"SELECT event, person_id FROM events WHERE {filters}\","
			" \"filters\": {\"properties\": [{\"key\": \"b\", \"value\": \"Safari\"}]}}"),
			ROWS(I(2))},
		{BEHIND("{\"kind\": \"HogQLQuery\", \"query\": \"SELECT id FROM persons WHERE properties.age < 20\"}"),
			ROWS(I(2))},
	};

	(void)state;
	CHECK_ALL(cases)
}

#define GROUPS(rest) "{\"kind\": \"GroupsQuery\", \"group_type_index\": 0" rest "}"
#define KEYS(rest) GROUPS(", \"select\": [\"key\"]" rest)

static void groups_are_listed(void **state)
{
	static const struct case_of cases[] = {
		{GROUPS(""),
			"{\"columns\": [\"group_name\", \"key\", \"created_at\"], \"types\": [\"String\", \"String\", \"DateTime64(6)\"],"
			" \"results\": [[\"beta\",\"beta\",\"2024-01-02T01:00:00+01:00\"],[\"Zeta\",\"Zeta\",\"2024-01-02T01:00:00+01:00\"],"
			"[\"Acme Inc\",\"acme\",\"2024-01-01T01:00:00+01:00\"]], \"hasMore\": false, \"limit\": 100, \"offset\": 0}"},
		{KEYS(", \"orderBy\": [\"group_name\"]"), ROWS("[\"acme\"],[\"Zeta\"],[\"beta\"]")},
		{KEYS(", \"orderBy\": [\"created_at ASC\"]"),
			ROWS("[\"acme\"],[\"Zeta\"],[\"beta\"]")},
		{KEYS(", \"orderBy\": [\"properties.size\"]"),
			ROWS("[\"beta\"],[\"acme\"],[\"Zeta\"]")},
		{KEYS(", \"search\": \"inc\""), ROWS("[\"acme\"]")},
		{KEYS(", \"search\": \"ETA\""), ROWS("[\"beta\"],[\"Zeta\"]")},
		{KEYS(", \"limit\": 1, \"offset\": 1"),
			"{\"results\": [[\"Zeta\"]], \"hasMore\": true}"},
		{KEYS(", \"properties\": [{\"key\": \"size\", \"type\": \"group\", \"group_type_index\": 0, \"operator\": \"gt\", \"value\": 7}]"),
			ROWS("[\"acme\"]")},
		{KEYS(", \"properties\": [{\"type\": \"hogql\", \"key\": \"properties.size = 7 OR key = 'Zeta'\"}]"),
			ROWS("[\"beta\"],[\"Zeta\"]")},
		{"{\"kind\": \"GroupsQuery\", \"group_type_index\": 1, \"select\": [\"key\", \"index\"]}",
			ROWS("[\"x\",1]")},
	};

	(void)state;
	CHECK_ALL(cases)
}

static const struct {
	const char *query;
	enum fault_kind kind;
	const char *says;
} refused[] = {
	{OF("\"event\", \"uuid\", \"foo(1)\"", ""), FAULT_QUERY,
		"select[2]: 1:1: 'foo' is not a function"},
	{OF("\"event\", \"properties.\"", ""), FAULT_QUERY, "select[1]: 1:12: "},
	{OF("\"nothing\"", ""), FAULT_QUERY, "select[0]: 1:1: 'nothing' is not a column"},
	{OF("1", ""), FAULT_QUERY, "select[0] is not a text"},
	{"{\"kind\": \"EventsQuery\", \"select\": \"event\"}", FAULT_QUERY, "select is not a list"},
	{OF("\"*\", \"person.$delete\"", ""), FAULT_QUERY,
		"select[1]: 1:1: '$delete' is not a column"},
	{OF("\"event, uuid\"", ""), FAULT_QUERY, "select[0]: 1:6: "},
	{OF("\"properties.a + count()\"", ""), FAULT_QUERY,
		"select[0]: 1:1: 'a' is neither grouped by nor inside of an aggregate"},
	{OF("\"upper(arrayJoin(['a']))\"", ""), FAULT_UNSUPPORTED,
		"select[0]: 1:1: arrayJoin inside of another value is not computed here"},
	{OF("\"(1, 2)\"", ""), FAULT_UNSUPPORTED,
		"select[0]: 1:1: a column that is a list is not computed here"},
	{OF("\"a AS b\", \"b AS a\"", ""), FAULT_QUERY, "select[0]: "},
	{EVENTS(", \"orderBy\": [\"timestamp\", \"event SIDEWAYS\"]"), FAULT_QUERY,
		"orderBy[1]: 1:7: "},
	{EVENTS(", \"orderBy\": [\"nothing DESC\"]"), FAULT_QUERY,
		"orderBy[0]: 1:1: 'nothing' is not a column"},
	{EVENTS(", \"orderBy\": \"timestamp\""), FAULT_QUERY, "orderBy is not a list"},
	{OF("\"event\", \"count()\"", ", \"orderBy\": [\"timestamp\"]"), FAULT_QUERY,
		"orderBy[0]: 1:1: 'timestamp' is neither grouped by"},
	{OF("\"event\"", ", \"where\": [\"true\", \"count() > properties.n\"]"), FAULT_QUERY,
		"where[1]: 1:11: 'n' is neither grouped by"},
	{EVENTS(", \"where\": [\"true\", \"event\"]"), FAULT_QUERY,
		"where[1]: 1:1: a text stands where a condition is expected"},
	{EVENTS(", \"where\": [\"timestamp > 'soon'\"]"), FAULT_DATE,
		"where[0]: 1:13: 'soon' is not a date"},
	{EVENTS(", \"where\": [\"x = {filters}\"]"), FAULT_QUERY, "where[0]: 1:"},
	{EVENTS(", \"limit\": -1"), FAULT_QUERY,
		"limit is not a whole number from 0 to 2147483647"},
	{EVENTS(", \"limit\": \"10\""), FAULT_QUERY, "limit is not a whole number"},
	{EVENTS(", \"offset\": 1.5"), FAULT_QUERY, "offset is not a whole number"},
	{EVENTS(", \"after\": \"soon\""), FAULT_DATE, "after: 'soon' is not a date"},
	{EVENTS(", \"before\": 7"), FAULT_QUERY, "before is not a text"},
	{EVENTS(", \"before\": \"all\""), FAULT_DATE, "before: "},
	{EVENTS(", \"event\": 7"), FAULT_QUERY, "event is not a text"},
	{EVENTS(", \"events\": \"view\""), FAULT_QUERY, "events is not a list"},
	{EVENTS(", \"events\": [null]"), FAULT_QUERY, "events[0] is not a text"},
	{EVENTS(", \"actionId\": 2"), FAULT_QUERY, "actionId: "},
	{EVENTS(", \"actionId\": 9"), FAULT_QUERY, "actionId: "},
	{EVENTS(", \"personId\": \"1; DROP\""), FAULT_QUERY,
		"personId: '1; DROP' is not the id of a person"},
	{EVENTS(", \"properties\": [{\"key\": \"a\", \"operator\": \"like\"}]"), FAULT_QUERY,
		"properties[0].operator: 'like' is not an operator"},
	{EVENTS(", \"source\": {\"kind\": \"FunnelsQuery\"}"), FAULT_UNSUPPORTED,
		"source: the events of another query are not listed here"},
	{ACTORS(", \"search\": 1"), FAULT_QUERY, "search is not a text"},
	{ACTORS(", \"properties\": [{\"key\": \"a\", \"type\": \"event\", \"value\": 1}]"),
		FAULT_UNSUPPORTED,
		"properties[0].type: of a person, properties of type 'event' are not computed here"},
	{ACTORS(", \"properties\": [{\"type\": \"hogql\", \"key\": \"event = 'a'\"}]"), FAULT_QUERY,
		"properties[0].key: 1:1: 'event' is not a column"},
	{ACTORS(", \"source\": 7"), FAULT_QUERY, "source is not an object"},
	{BEHIND("{\"kind\": \"InsightActorsQuery\", \"source\": {\"kind\": \"FunnelsQuery\"}}"),
		FAULT_UNSUPPORTED,
		"source.source: the people of a query of kind 'FunnelsQuery' are not listed here"},
	{BEHIND("{\"kind\": \"InsightActorsQuery\", \"source\": {\"kind\": \"DropQuery\"}}"),
		FAULT_QUERY, "source.source.kind: Unknown query kind 'DropQuery'"},
	{BEHIND("{\"kind\": \"InsightActorsQuery\"}"), FAULT_QUERY,
		"source.source.kind: Unknown query kind ''"},
	{BEHIND("{\"kind\": \"ActorsQuery\"}"), FAULT_UNSUPPORTED,
		"source: the people of a query of kind 'ActorsQuery'"},
	{TREND(", \"series\": 2", ""), FAULT_QUERY, "source.series is not the number of a series"},
	{TREND(", \"day\": \"soon\"", ""), FAULT_DATE, "source.day: 'soon' is not a date"},
	{TREND(", \"compare\": \"later\"", ""), FAULT_QUERY,
		"source.compare: 'later' is neither current nor previous"},
	{TREND(", \"breakdown\": \"$$_posthog_breakdown_other_$$\"", BY_B), FAULT_UNSUPPORTED,
		"source.breakdown: the people behind all other values"},
	{TREND(", \"breakdown\": \"1\"",
		 ", \"breakdownFilter\": {\"breakdown\": [1], \"breakdown_type\": \"cohort\"}"),
		FAULT_UNSUPPORTED, "source.source.breakdownFilter.breakdown: "},
	{TREND("", ", \"interval\": \"soon\""), FAULT_QUERY,
		"source.source.interval: 'soon' is not an interval"},
	{TREND("", ", \"aggregation_group_type_index\": 0"), FAULT_UNSUPPORTED,
		"source.source.aggregation_group_type_index: groups are not listed here"},
	{BEHIND("{\"kind\": \"HogQLQuery\", \"query\": \"SELECT event FROM events\"}"),
		FAULT_UNSUPPORTED,
		"source.query: its first column is a text, not the id of a person"},
	{BEHIND("{\"kind\": \"HogQLQuery\", \"query\": \"SELECT x FROM events\"}"), FAULT_QUERY,
		"source.query: 1:8: 'x' is not a column"},
	{"{\"kind\": \"PersonsNode\", \"cohort\": 7}", FAULT_QUERY,
		"cohort: there is no such cohort"},
	{"{\"kind\": \"PersonsNode\", \"cohort\": \"x\"}", FAULT_QUERY,
		"cohort is not a whole number above 0"},
	{"{\"kind\": \"GroupsQuery\"}", FAULT_QUERY,
		"group_type_index is not a whole number from 0 to 4"},
	{GROUPS(", \"select\": [\"person\"]"), FAULT_QUERY,
		"select[0]: 1:1: 'person' is not a column"},
	{GROUPS(", \"properties\": [{\"key\": \"a\", \"type\": \"person\", \"value\": 1}]"),
		FAULT_UNSUPPORTED, "properties[0].type: of a group, "},
	{GROUPS(", \"properties\": [{\"key\": \"a\", \"type\": \"group\", \"group_type_index\": 1, \"value\": 1}]"),
		FAULT_QUERY, "properties[0].group_type_index: the rows are groups of type 0"},
	{GROUPS(", \"properties\": [{\"key\": \"id\", \"type\": \"cohort\", \"value\": 1}]"),
		FAULT_QUERY, "properties[0].type: a group is in no cohort"},
};

static void what_is_wrong_is_said_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		json_t *query = computed_json(refused[i].query), *result = NULL;
		struct fault f = {.kind = FAULT_NONE};

		if (computed_try(&db, query, &env, &result, &f)) {
			fail_msg("%s was computed", refused[i].query);
		}
		if (f.kind != refused[i].kind || !g_str_has_prefix(f.detail, refused[i].says)) {
			fail_msg("%s\ngot    %s: %s\nwanted %s", refused[i].query,
				fault_name(f.kind), f.detail, refused[i].says);
		}
		json_decref(query);
	}
}

/* 60,000 events, two at a time at the same second, and 25,000 groups, three a day. */
static const char many[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, properties)"
	" SELECT 3, ('20000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'e', 'd',"
	" '00000000-0000-0000-0000-000000000001', '2024-01-20Z'::timestamptz + (n / 2) * interval '1 second',"
	" jsonb_build_object('n', n) FROM generate_series(1, 60000) AS n;"
	"INSERT INTO groups (project_id, group_type_index, group_key, created_at)"
	" SELECT 3, 0, chr(97 + n % 2 * -32) || n, '2024-01-20Z'::timestamptz + (n / 3) * interval '1 day'"
	" FROM generate_series(1, 25000) AS n; ANALYZE events; ANALYZE groups";

/* The numbers of the rows, one after another, as a query gives them. */
static json_t *numbers_of(const char *text, int max_rows, bool *has_more)
{
	struct insight_env where = env;
	json_t *query = computed_json(text), *result, *list;

	where.project_id = 3;
	where.max_rows = max_rows;
	result = computed_result(&db, query, &where);
	list = json_incref(json_object_get(result, "results"));
	*has_more = json_is_true(json_object_get(result, "hasMore"));
	json_decref(query);
	json_decref(result);
	return list;
}

static void check_numbers(
	const char *text, int max_rows, int first, int step, size_t count, bool more)
{
	bool has_more;
	json_t *list = numbers_of(text, max_rows, &has_more);
	const json_t *row;
	size_t i;

	print_message("%s\n", text);
	assert_int_equal(json_array_size(list), count);
	assert_int_equal(has_more, more);
	json_array_foreach(list, i, row)
	{
		assert_int_equal(json_number_value(json_array_get(row, 0)), first + step * (int)i);
	}
	json_decref(list);
}

#define MANY(rest)                                                                                   \
	"{\"kind\": \"EventsQuery\", \"select\": [\"toInt(properties.n)\"], \"after\": \"all\"" rest \
	"}"

static void a_long_list_comes_page_by_page(void **state)
{
	enum { ALL = 60000, EXPORT = ROWS_MAX_EXPORTED };

	(void)state;
	computed_run(&db, many);
	/* behind the key of the last row, ties across the edge of a page among them */
	check_numbers(MANY(", \"limit\": 50000"), 0, ALL, -1, 50000, true);
	check_numbers(MANY(", \"limit\": 10000"), 0, ALL, -1, 10000, true);
	check_numbers(MANY(", \"limit\": 15000, \"offset\": 45000"), 0, 15000, -1, 15000, false);
	check_numbers(MANY(", \"limit\": 14999, \"offset\": 45000"), 0, 15000, -1, 14999, true);
	check_numbers(MANY(", \"orderBy\": [\"timestamp\"]"), EXPORT, 1, 1, ALL, false);
	/* counted: by a number, by the id, by what is grouped */
	check_numbers(MANY(", \"offset\": 7, \"orderBy\": [\"properties.n DESC\"]"), 55000, 59993,
		-1, 55000, true);
	check_numbers(MANY(", \"orderBy\": [\"1 + 1\"]"), EXPORT, 1, 1, ALL, false);
	check_numbers(
		"{\"kind\": \"EventsQuery\", \"select\": [\"toInt(properties.n) AS k\", \"count()\"],"
		" \"after\": \"all\"}",
		EXPORT, 1, 1, ALL, false);
	/* an export takes what there is, whatever the query's limit */
	check_numbers(MANY(", \"limit\": 3"), EXPORT, ALL, -1, ALL, false);
	check_numbers(MANY(", \"limit\": 3"), 12000, ALL, -1, 12000, true);
	check_numbers(MANY(", \"limit\": 3"), 2000000000, ALL, -1, ALL, false);
}

static gint by_bytes(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void ties_of_texts_go_by_their_bytes(void **state)
{
	bool has_more;
	json_t *list =
		numbers_of("{\"kind\": \"GroupsQuery\", \"group_type_index\": 0, \"limit\": 50000,"
			   " \"select\": [\"key\", \"created_at\"]}",
			0, &has_more);
	GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);

	(void)state;
	assert_int_equal(json_array_size(list), 25000);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i), *before = json_array_get(list, i - 1);
		const char *key = json_string_value(json_array_get(row, 0));

		assert_true(g_hash_table_add(seen, (gpointer)(uintptr_t)key));
		if (i > 0) {
			const char *at = json_string_value(json_array_get(row, 1));
			const char *last_at = json_string_value(json_array_get(before, 1));
			const char *last = json_string_value(json_array_get(before, 0));
			int order = strncmp(last_at, at, strlen("2024-01-20"));

			assert_true(order > 0 || (order == 0 && by_bytes(&last, &key) > 0));
		}
	}
	g_hash_table_unref(seen);
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_chosen),
		cmocka_unit_test(events_are_ordered),
		cmocka_unit_test(events_have_the_columns_that_are_selected),
		cmocka_unit_test(aggregates_group_by_the_other_columns),
		cmocka_unit_test(persons_are_listed),
		cmocka_unit_test(persons_are_behind_results),
		cmocka_unit_test(groups_are_listed),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(a_long_list_comes_page_by_page),
		cmocka_unit_test(ties_of_texts_go_by_their_bytes),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
