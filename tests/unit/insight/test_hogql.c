/* HogQLQuery over hand-made events: every function beside what it gives, worked out by hand. */
#include "insight/expression.h"
#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static struct computed db;

/* 2024-01-03 18:00 UTC, which is 19:00 in Berlin */
static const struct insight_env env = {.project_id = 1,
	.timezone = "Europe/Berlin",
	.week_start_day = 1,
	.now_us = 1704304800000000LL};
static const struct insight_env env_sunday = {
	.project_id = 1, .timezone = "UTC", .week_start_day = 0, .now_us = 1704304800000000LL};

/* Six events of project 1; what happened at 23:30 UTC is of the next day in Berlin. */
static const char fixture[] =
	"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, properties,"
	" group_0) SELECT p, ('10000000-0000-0000-0000-00000000000' || n)::uuid, e, 'd' || u,"
	" ('00000000-0000-0000-0000-00000000000' || u)::uuid, t::timestamptz, x::jsonb, g FROM (VALUES"
	" (1, 1, 'visit', 1, '2024-01-01 10:00:00Z', '{\"browser\": \"Chrome\", \"n\": 1, \"ok\": true,"
	"   \"tags\": \"a,b\", \"when\": \"2024-01-02\", \"in\": {\"a\": {\"b\": 7}}}', 'acme'),"
	" (1, 2, 'visit', 1, '2024-01-01 23:30:00Z', '{\"browser\": \"Chrome\", \"n\": 2.5, \"ok\":"
	"   false}', 'acme'),"
	" (1, 3, 'visit', 2, '2024-01-02 12:15:30.25Z', '{\"browser\": \"Safari\", \"n\": \"10\"}', ''),"
	" (1, 4, 'visit', 3, '2024-01-03 00:00:00Z', '{\"browser\": \"\", \"n\": \"many\"}', ''),"
	" (1, 5, 'buy', 2, '2024-01-02 13:00:00Z', '{\"browser\": \"Safari\", \"n\": 7, \"it''s\":"
	"   \"q\"}', 'beta'),"
	" (1, 6, 'buy', 1, '2024-01-03 09:00:00Z', '{\"n\": 0, \"when\": \"2024-02-30\"}', ''),"
	" (2, 7, 'visit', 1, '2024-01-02 12:00:00Z', '{\"browser\": \"Opera\", \"n\": 100}', 'acme')"
	") AS v (p, n, e, u, t, x, g);"
	"INSERT INTO persons (project_id, id, properties, created_at) VALUES"
	" (1, '00000000-0000-0000-0000-000000000001', '{\"plan\": \"paid\"}', '2023-12-01 00:00:00Z'),"
	" (1, '00000000-0000-0000-0000-000000000002', '{\"plan\": \"free\"}', '2023-12-02 00:00:00Z'),"
	" (2, '00000000-0000-0000-0000-000000000003', '{\"plan\": \"theirs\"}', '2023-12-02 00:00:00Z');"
	"INSERT INTO groups (project_id, group_type_index, group_key, properties, created_at) VALUES"
	" (1, 0, 'acme', '{\"size\": 5}', '2023-12-01 00:00:00Z'),"
	" (2, 0, 'beta', '{\"size\": 9}', '2023-12-01 00:00:00Z');"
	"INSERT INTO person_distinct_ids VALUES"
	" (1, 'd1', '00000000-0000-0000-0000-000000000001'),"
	" (2, 'd9', '00000000-0000-0000-0000-000000000009')";

static int start(void **state)
{
	(void)state;
	computed_start(&db);
	computed_run(&db, fixture);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	computed_stop(&db);
	return 0;
}

struct hogql_case {
	const char *query, *expected; /* the results */
};

static json_t *query_of(const char *text)
{
	return json_pack("{s:s, s:s}", "kind", "HogQLQuery", "query", text);
}

static bool is_as_expected(const struct hogql_case *c, const struct insight_env *with)
{
	json_t *query = query_of(c->query), *expected = computed_json(c->expected);
	json_t *result = NULL, *as_owner;
	struct fault f;
	bool same;

	if (!computed_try(&db, query, with, &result, &f)) {
		print_error("%s: %s\n", c->query, f.detail);
		json_decref(query);
		json_decref(expected);
		return false;
	}
	same = json_equal(json_object_get(result, "results"), expected);
	if (!same) {
		g_autofree char *got = json_write(json_object_get(result, "results"));

		print_error("%s: %s, expected %s\n", c->query, got, c->expected);
	}
	/* Row-level security must not be what keeps the other project's rows out. */
	as_owner = computed_as_owner(&db, query, with);
	assert_true(json_equal(result, as_owner));
	json_decref(as_owner);
	json_decref(query);
	json_decref(expected);
	json_decref(result);
	return same;
}

static void check_all(const struct hogql_case *cases, size_t count, const struct insight_env *with)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		wrong += !is_as_expected(&cases[i], with);
	}
	assert_int_equal(wrong, 0);
}

/* Without a table: one row. */
static void check_values(
	const struct hogql_case *cases, size_t count, const struct insight_env *with)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		g_autofree char *query = g_strconcat("SELECT ", cases[i].query, NULL);
		g_autofree char *expected = g_strdup_printf("[[%s]]", cases[i].expected);
		struct hogql_case c = {query, expected};

		wrong += !is_as_expected(&c, with);
	}
	assert_int_equal(wrong, 0);
}

static void arithmetic(void **state)
{
	static const struct hogql_case cases[] = {
		{"1 + 2 * 3", "7"},
		{"(1 + 2) * 3", "9"},
		{"7 - 2 - 1", "4"},
		{"-2 + 5", "3"},
		{"- - 2", "2"},
		{"2 - -2", "4"},
		{"7 / 2", "3.5"},
		{"6 / 2", "3.0"},
		{"1 / 0", "null"},
		{"7 % 4", "3"},
		{"7 % 0", "null"},
		{"1.5 + 1", "2.5"},
		{".5 + 1e2", "100.5"},
		{"9223372036854775807 + 1", "9223372036854775808.0"},
		{"intDiv(7, 2)", "3"},
		{"intDiv(7, 0)", "null"},
		{"modulo(-7, 4)", "-3"},
		{"abs(-3)", "3"},
		{"abs(-3.5)", "3.5"},
		{"round(2.567, 2)", "2.57"},
		{"round(2.4)", "2.0"},
		{"floor(-1.5)", "-2.0"},
		{"ceil(1.2)", "2.0"},
		{"truncate(-1.7)", "-1.0"},
		{"sqrt(9)", "3.0"},
		{"sqrt(-1)", "null"},
		{"pow(2, 10)", "1024.0"},
		{"power(0, -1)", "null"},
		{"pow(-2, 0.5)", "null"},
		{"pow(-2, 3)", "-8.0"},
		{"pow(10, 1000)", "null"},
		{"exp(0)", "1.0"},
		{"exp(1000)", "null"},
		{"log(1)", "0.0"},
		{"log(0)", "null"},
		{"log2(8)", "3.0"},
		{"log10(1000)", "3.0"},
		{"greatest(1, 3, 2)", "3"},
		{"least(1.5, 3)", "1.5"},
	};

	(void)state;
	check_values(cases, G_N_ELEMENTS(cases), &env);
}

static void conditions(void **state)
{
	static const struct hogql_case cases[] = {
		{"1 = 1", "true"},
		{"1 == 2", "false"},
		{"1 != 2", "true"},
		{"1 <> 1", "false"},
		{"2 > 1 AND 2 >= 2 AND 1 < 2 AND 1 <= 0", "false"},
		{"false OR true AND false", "false"},
		{"NOT false AND true", "true"},
		{"not(true)", "false"},
		{"NULL = 1", "false"},
		{"NULL IS NULL", "true"},
		{"1 IS NOT NULL", "true"},
		{"NULL AND true", "null"},
		{"NULL OR true", "true"},
		{"3 BETWEEN 1 AND 3", "true"},
		{"3 NOT BETWEEN 1 AND 2", "true"},
		{"2 IN (1, 2)", "true"},
		{"2 NOT IN (1, 2)", "false"},
		{"'a' IN ('b')", "false"},
		{"1 IN ()", "false"},
		{"'abc' LIKE 'a%'", "true"},
		{"'abc' LIKE 'A%'", "false"},
		{"'abc' ILIKE 'A%'", "true"},
		{"'abc' NOT LIKE 'a_c'", "false"},
		{"'abc' NOT ILIKE 'x%'", "true"},
		{"'abc' =~ '^a.c$'", "true"},
		{"'abc' !~ 'd'", "true"},
		{"match('a1', '\\\\d')", "true"},
		{"'b' > 'a'", "true"},
		{"'a' > 'B'", "true"},
		{"1 < 2 ? 'yes' : 'no'", "\"yes\""},
		{"if(1 > 2, 1, 2.5)", "2.5"},
		{"multiIf(false, 'a', true, 'b', 'c')", "\"b\""},
		{"CASE WHEN false THEN 1 ELSE 2 END", "2"},
		{"CASE 2 WHEN 1 THEN 'one' WHEN 2 THEN 'two' END", "\"two\""},
		{"CASE WHEN false THEN 1 END", "null"},
		{"coalesce(NULL, 2)", "2"},
		{"ifNull(NULL, 'x')", "\"x\""},
		{"NULL ?? 3", "3"},
		{"nullIf(1, 1)", "null"},
		{"nullIf('a', 'b')", "\"a\""},
		{"isNull(1)", "false"},
		{"isNotNull(NULL)", "false"},
		{"1 = true", "true"},
		{"'1' = 1", "true"},
		{"'x' = 1", "false"},
		{"'x' != 1", "true"},
	};

	(void)state;
	check_values(cases, G_N_ELEMENTS(cases), &env);
}

static void texts(void **state)
{
	static const struct hogql_case cases[] = {
		{"lower('ABC')", "\"abc\""},
		{"UPPER('abc')", "\"ABC\""},
		{"trim('  a ')", "\"a\""},
		{"trimLeft('  a ')", "\"a \""},
		{"trimRight('  a ')", "\"  a\""},
		{"reverse('abc')", "\"cba\""},
		{"length('abc')", "3"},
		{"length('h\u00e9')", "3"},
		{"lengthUTF8('h\u00e9')", "2"},
		{"substring('hello', 2)", "\"ello\""},
		{"substring('hello', 2, 3)", "\"ell\""},
		{"substring('hello', -3, 2)", "\"ll\""},
		{"substring('hello', 2, -1)", "\"\""},
		{"replace('aXbX', 'X', '-')", "\"a-b-\""},
		{"replaceAll('aXbX', 'X', '')", "\"ab\""},
		{"replaceRegexpAll('a1b22', '[0-9]+', '#')", "\"a#b#\""},
		{"replaceRegexpOne('a1b22', '[0-9]+', '#')", "\"a#b22\""},
		{"splitByChar(',', 'a,b,c')", "[\"a\", \"b\", \"c\"]"},
		{"startsWith('hello', 'he')", "true"},
		{"endsWith('hello', 'lo')", "true"},
		{"endsWith('hello', '')", "true"},
		{"position('hello', 'l')", "3"},
		{"position('hello', 'z')", "0"},
		{"positionCaseInsensitive('heLLo', 'l')", "3"},
		{"concat('a', 'b', 1)", "\"ab1\""},
		{"concat('a', NULL)", "\"a\""},
		{"'a' || 'b' || 'c'", "\"abc\""},
		{"empty('')", "true"},
		{"notEmpty('a')", "true"},
		{"'it''s'", "\"it's\""},
		{"'it\\'s'", "\"it's\""},
		{"'a\\nb'", "\"a\\nb\""},
		{"'a -- b /* c */'", "\"a -- b /* c */\""},
		{"1 /* two */ + 2 -- three", "3"},
		{"toString(1.50)", "\"1.5\""},
		{"toString(true)", "\"true\""},
		{"toInt('12')", "12"},
		{"toInt('12.9')", "12"},
		{"toInt('x')", "null"},
		{"toInt('99999999999999999999')", "1e20"},
		{"toIntOrZero('x')", "0"},
		{"toFloat('1.5')", "1.5"},
		{"toFloat('1e400')", "null"},
		{"toFloatOrZero('')", "0.0"},
		{"toFloatOrDefault('x', 2.5)", "2.5"},
		{"toFloatOrDefault('x')", "0.0"},
		{"toIntOrDefault('x', 7)", "7"},
		{"toBool('true')", "true"},
		{"toBool('0')", "false"},
		{"toBool('maybe')", "null"},
	};

	(void)state;
	check_values(cases, G_N_ELEMENTS(cases), &env);
}

static void arrays(void **state)
{
	static const struct hogql_case cases[] = {
		{"[1, 2, 3]", "[1, 2, 3]"},
		{"[1, 2.5]", "[1.0, 2.5]"},
		{"['a', 'b']", "[\"a\", \"b\"]"},
		{"[]", "[]"},
		{"[9223372036854775807 + 1]", "[9.223372036854776e+18]"},
		{"[1, 2][2]", "2"},
		{"[1, 2][3]", "null"},
		{"has([1, 2], 2)", "true"},
		{"has(['a'], 'b')", "false"},
		{"length([1, 2])", "2"},
		{"empty([])", "true"},
		{"notEmpty(['a'])", "true"},
		{"arrayStringConcat(['a', 'b'], '-')", "\"a-b\""},
		{"[toDateTime('2024-01-01 00:00:00')]", "[\"2024-01-01T00:00:00+01:00\"]"},
	};

	(void)state;
	check_values(cases, G_N_ELEMENTS(cases), &env);
}

static void dates(void **state)
{
	static const struct hogql_case cases[] = {
		{"now()", "\"2024-01-03T19:00:00+01:00\""},
		{"today()", "\"2024-01-03\""},
		{"yesterday()", "\"2024-01-02\""},
		{"toDate('2024-01-31')", "\"2024-01-31\""},
		{"toDateTime('2024-01-31 10:20:30')", "\"2024-01-31T10:20:30+01:00\""},
		{"toDateTime('2024-01-31T10:20:30Z')", "\"2024-01-31T11:20:30+01:00\""},
		{"toDateTime(1704304800)", "\"2024-01-03T19:00:00+01:00\""},
		{"toStartOfDay(now())", "\"2024-01-03T00:00:00+01:00\""},
		{"toStartOfHour(toDateTime('2024-01-31 10:20:30'))",
			"\"2024-01-31T10:00:00+01:00\""},
		{"toStartOfMinute(toDateTime('2024-01-31 10:20:30'))",
			"\"2024-01-31T10:20:00+01:00\""},
		{"toStartOfFiveMinutes(toDateTime('2024-01-31 10:23:30'))",
			"\"2024-01-31T10:20:00+01:00\""},
		{"toStartOfFifteenMinutes(toDateTime('2024-01-31 10:20:30'))",
			"\"2024-01-31T10:15:00+01:00\""},
		{"toStartOfInterval(toDateTime('2024-01-31 10:28:30'), INTERVAL 10 MINUTE)",
			"\"2024-01-31T10:20:00+01:00\""},
		{"toStartOfInterval(toDateTime('2024-01-31 10:28:30'), INTERVAL 1 month)",
			"\"2024-01-01\""},
		{"toStartOfWeek(toDate('2024-01-07'))", "\"2024-01-01\""},
		{"toStartOfWeek(toDate('2024-01-07'), 0)", "\"2024-01-07\""},
		{"toMonday(toDate('2024-01-07'))", "\"2024-01-01\""},
		{"toStartOfMonth(toDate('2024-02-07'))", "\"2024-02-01\""},
		{"toStartOfQuarter(toDate('2024-06-07'))", "\"2024-04-01\""},
		{"toStartOfYear(toDate('2024-06-07'))", "\"2024-01-01\""},
		{"toLastDayOfMonth(toDate('2024-02-07'))", "\"2024-02-29\""},
		{"date_trunc('month', toDate('2024-06-07'))", "\"2024-06-01\""},
		{"dateTrunc('day', now())", "\"2024-01-03T00:00:00+01:00\""},
		{"toYear(now())", "2024"},
		{"toQuarter(toDate('2024-06-07'))", "2"},
		{"toMonth(toDate('2024-06-07'))", "6"},
		{"toDayOfMonth(toDate('2024-06-07'))", "7"},
		{"toDayOfWeek(toDate('2024-01-07'))", "7"},
		{"toDayOfYear(toDate('2024-02-01'))", "32"},
		{"toISOWeek(toDate('2024-01-08'))", "2"},
		{"toHour(now())", "19"},
		{"toMinute(toDateTime('2024-01-31 10:20:30'))", "20"},
		{"toSecond(toDateTime('2024-01-31 10:20:30'))", "30"},
		{"toYYYYMM(now())", "202401"},
		{"toYYYYMMDD(now())", "20240103"},
		{"toUnixTimestamp(now())", "1704304800"},
		{"toDate('2024-01-31') + INTERVAL 1 MONTH", "\"2024-02-29\""},
		{"toDate('2024-01-31') + 1", "\"2024-02-01\""},
		{"now() - INTERVAL 7 DAY", "\"2023-12-27T19:00:00+01:00\""},
		{"INTERVAL '2 hours' + now()", "\"2024-01-03T21:00:00+01:00\""},
		{"now() + toIntervalMinute(5)", "\"2024-01-03T19:05:00+01:00\""},
		/* the day of 23 hours: as the clock shows it, or as time passes */
		{"toDateTime('2024-03-30 12:00:00') + INTERVAL 1 DAY",
			"\"2024-03-31T12:00:00+02:00\""},
		{"toDateTime('2024-03-30 12:00:00') + INTERVAL 24 HOUR",
			"\"2024-03-31T13:00:00+02:00\""},
		{"addDays(toDate('2024-01-31'), 1)", "\"2024-02-01\""},
		{"subtractMonths(toDate('2024-03-31'), 1)", "\"2024-02-29\""},
		{"addWeeks(toDate('2024-01-01'), 2)", "\"2024-01-15\""},
		{"addYears(toDate('2024-02-29'), 1)", "\"2025-02-28\""},
		{"addHours(now(), -1)", "\"2024-01-03T18:00:00+01:00\""},
		{"addDays(toDate('2024-01-01'), 99999999999)", "\"2297-10-16\""},
		{"dateAdd('day', 2, toDate('2024-01-01'))", "\"2024-01-03\""},
		{"dateAdd(day, 2, toDate('2024-01-01'))", "\"2024-01-03\""},
		{"dateSub(toDate('2024-01-03'), INTERVAL 2 DAY)", "\"2024-01-01\""},
		{"dateDiff('day', toDateTime('2024-01-01 23:59:59'), toDateTime('2024-01-02 00:00:00'))",
			"1"},
		{"dateDiff('second', toDate('2024-01-01'), toDate('2024-01-02'))", "86400"},
		{"dateDiff('minute', now(), now() + INTERVAL 90 SECOND)", "1"},
		{"dateDiff('hour', now(), now() - INTERVAL 2 HOUR)", "-2"},
		{"dateDiff('week', toDate('2024-01-07'), toDate('2024-01-08'))", "1"},
		{"dateDiff('month', toDate('2023-12-31'), toDate('2024-01-01'))", "1"},
		{"dateDiff('quarter', toDate('2023-12-31'), toDate('2024-04-01'))", "2"},
		{"dateDiff('year', toDate('2023-12-31'), toDate('2024-01-01'))", "1"},
		{"toDate('2024-01-03') - toDate('2024-01-01')", "2"},
		{"formatDateTime(now(), '%Y-%m-%d %H:%i:%S')", "\"2024-01-03 19:00:00\""},
		{"formatDateTime(now(), '%d. %b %y, day %j 100%%')",
			"\"03. Jan 24, day 003 100%\""},
		{"toString(now())", "\"2024-01-03 19:00:00\""},
		{"toString(today())", "\"2024-01-03\""},
		{"today() = '2024-01-03'", "true"},
		{"now() > '2024-01-03 18:59:59'", "true"},
		{"now() BETWEEN '2024-01-03' AND '2024-01-04'", "true"},
	};
	static const struct hogql_case sunday[] = {
		{"toStartOfWeek(toDate('2024-01-06'))", "\"2023-12-31\""},
		{"toStartOfWeek(toDate('2024-01-07'))", "\"2024-01-07\""},
		{"toStartOfWeek(toDate('2024-01-07'), 1)", "\"2024-01-01\""},
		{"date_trunc('week', toDate('2024-01-06'))", "\"2023-12-31\""},
		{"now()", "\"2024-01-03T18:00:00Z\""},
	};

	(void)state;
	check_values(cases, G_N_ELEMENTS(cases), &env);
	check_values(sunday, G_N_ELEMENTS(sunday), &env_sunday);
}

static void columns_and_properties(void **state)
{
	static const struct hogql_case cases[] = {
		{"SELECT event, properties.browser FROM events ORDER BY timestamp LIMIT 2",
			"[[\"visit\", \"Chrome\"], [\"visit\", \"Chrome\"]]"},
		{"SELECT e.event, e.properties['browser'] FROM events AS e WHERE e.properties.n = 7",
			"[[\"buy\", \"Safari\"]]"},
		{"SELECT events.properties.n FROM events WHERE event = 'buy' ORDER BY timestamp",
			"[[\"7\"], [\"0\"]]"},
		{"SELECT properties.in.a.b, properties.in.a.c FROM events ORDER BY uuid LIMIT 1",
			"[[\"7\", null]]"},
		{"SELECT properties.`it's` FROM events WHERE properties.\"it's\" = 'q'",
			"[[\"q\"]]"},
		{"SELECT uuid, distinct_id, person_id, timestamp FROM events WHERE properties.n = 10",
			"[[\"10000000-0000-0000-0000-000000000003\", \"d2\","
			" \"00000000-0000-0000-0000-000000000002\","
			" \"2024-01-02T13:15:30.250000+01:00\"]]"},
		{"SELECT properties FROM events WHERE properties.n = 2.5",
			"[[{\"browser\": \"Chrome\", \"n\": 2.5, \"ok\": false}]]"},
		{"SELECT JSONExtractInt(properties, 'in', 'a', 'b'), JSONExtractRaw(properties, 'in'),"
		 " JSONExtractString(properties.in, 'x'), JSONHas(properties, 'n'),"
		 " JSONExtractFloat(properties, 'n'), JSONExtractBool(properties, 'ok')"
		 " FROM events ORDER BY timestamp LIMIT 1",
			"[[7, \"{\\\"a\\\": {\\\"b\\\": 7}}\", \"\", true, 1.0, true]]"},
		{"SELECT count($session_id), count(e.$window_id) FROM events e", "[[0, 0]]"},
		{"SELECT count() FROM events WHERE properties.n > 2", "[[3]]"},
		{"SELECT count() FROM events WHERE properties.browser != 'Chrome'", "[[4]]"},
		{"SELECT count() FROM events WHERE NOT properties.browser = 'Chrome'", "[[4]]"},
		{"SELECT count() FROM events WHERE properties.browser NOT IN ('Chrome', 'Safari')",
			"[[2]]"},
		{"SELECT count() FROM events WHERE properties.ok = true", "[[1]]"},
		{"SELECT count() FROM events WHERE properties.ok", "[[1]]"},
		{"SELECT count() FROM events WHERE properties.browser IS NULL", "[[1]]"},
		{"SELECT count() FROM events WHERE properties.browser = NULL", "[[1]]"},
		{"SELECT count() FROM events WHERE properties.browser = properties.nothing",
			"[[1]]"},
		{"SELECT count() FROM events WHERE properties.when < '2024-01-03'", "[[1]]"},
		{"SELECT count() FROM events WHERE toDate(properties.when) = toDate('2024-01-02')",
			"[[1]]"},
		{"SELECT count() FROM events WHERE timestamp >= '2024-01-02'"
		 " AND timestamp < '2024-01-03'",
			"[[3]]"},
		{"SELECT count() FROM events WHERE toDate(timestamp) = '2024-01-02'", "[[3]]"},
		{"SELECT properties.n * 2 FROM events ORDER BY timestamp",
			"[[2.0], [5.0], [20.0], [14.0], [null], [0.0]]"},
		{"SELECT splitByChar(',', properties.tags) FROM events WHERE properties.tags != ''"
		 " AND properties.tags IS NOT NULL",
			"[[[\"a\", \"b\"]]]"},
		{"SELECT person.properties.plan, person.id, count() FROM events GROUP BY 1, 2"
		 " ORDER BY 2",
			"[[\"paid\", \"00000000-0000-0000-0000-000000000001\", 3],"
			" [\"free\", \"00000000-0000-0000-0000-000000000002\", 2],"
			" [null, \"00000000-0000-0000-0000-000000000003\", 1]]"},
		{"SELECT DISTINCT person.created_at FROM events WHERE person.properties.plan = 'paid'",
			"[[\"2023-12-01T01:00:00+01:00\"]]"},
		{"SELECT $group_0, group_0.properties.size, group_0.key FROM events ORDER BY uuid"
		 " LIMIT 1 OFFSET 4",
			"[[\"beta\", null, \"beta\"]]"},
		{"SELECT group_0.properties.size FROM events ORDER BY uuid LIMIT 1", "[[\"5\"]]"},
		{"SELECT id, properties.plan, created_at FROM persons ORDER BY created_at",
			"[[\"00000000-0000-0000-0000-000000000001\", \"paid\","
			" \"2023-12-01T01:00:00+01:00\"],"
			" [\"00000000-0000-0000-0000-000000000002\", \"free\","
			" \"2023-12-02T01:00:00+01:00\"]]"},
		{"SELECT * FROM person_distinct_ids",
			"[[\"d1\", \"00000000-0000-0000-0000-000000000001\"]]"},
		{"SELECT index, key, properties.size FROM groups", "[[0, \"acme\", \"5\"]]"},
		{"SELECT * FROM events WHERE properties.n = 2.5",
			"[[\"10000000-0000-0000-0000-000000000002\", \"visit\","
			" {\"browser\": \"Chrome\", \"n\": 2.5, \"ok\": false},"
			" \"2024-01-02T00:30:00+01:00\", \"d1\","
			" \"00000000-0000-0000-0000-000000000001\"]]"},
	};

	(void)state;
	check_all(cases, G_N_ELEMENTS(cases), &env);
}

static void aggregates(void **state)
{
	static const struct hogql_case cases[] = {
		{"SELECT count(), count(*), count(properties.browser), count(DISTINCT event) FROM events",
			"[[6, 6, 5, 2]]"},
		{"SELECT countIf(event = 'buy'), uniq(person_id), uniqExact(distinct_id),"
		 " uniqIf(person_id, event = 'buy'), countDistinct(event), uniq(event, person_id)"
		 " FROM events",
			"[[2, 3, 3, 2, 2, 5]]"},
		{"SELECT sum(properties.n), sum(1), avg(properties.n), sumIf(properties.n,"
		 " event = 'buy'), avgIf(properties.n, event = 'none') FROM events",
			"[[20.5, 6, 4.1, 7.0, null]]"},
		{"SELECT min(toFloat(properties.n)), max(toFloat(properties.n)),"
		 " minIf(toFloat(properties.n), event = 'visit'), maxIf(timestamp, event = 'buy')"
		 " FROM events",
			"[[0.0, 10.0, 1.0, \"2024-01-03T10:00:00+01:00\"]]"},
		{"SELECT max(properties.n), min(properties.n) FROM events WHERE properties.n != 'many'",
			"[[\"10\", \"0\"]]"},
		{"SELECT max(properties.n) FROM events", "[[\"many\"]]"},
		{"SELECT min(event), max(event), any(event) FROM events",
			"[[\"buy\", \"visit\", \"buy\"]]"},
		{"SELECT argMax(event, timestamp), argMin(properties.browser, timestamp),"
		 " argMaxIf(event, timestamp, event = 'visit') FROM events",
			"[[\"buy\", \"Chrome\", \"visit\"]]"},
		{"SELECT quantile(0.5)(properties.n), median(properties.n), quantile(1)(properties.n),"
		 " quantileIf(0)(properties.n, event = 'visit') FROM events",
			"[[2.5, 2.5, 10.0, 1.0]]"},
		{"SELECT round(stddevPop(properties.n), 4), round(varPop(properties.n), 4),"
		 " round(stddevSamp(properties.n), 4), round(varSamp(properties.n), 4) FROM events",
			"[[3.8, 14.44, 4.2485, 18.05]]"},
		{"SELECT groupArray(properties.browser) FROM events WHERE event = 'buy'",
			"[[[\"Safari\"]]]"},
		{"SELECT groupUniqArray(event), groupArrayIf(event, event = 'none') FROM events",
			"[[[\"buy\", \"visit\"], []]]"},
		{"SELECT length(groupArray(timestamp)) FROM events", "[[6]]"},
		{"SELECT sum(properties.n) / count() FROM events WHERE event = 'buy'", "[[3.5]]"},
		{"SELECT count() FROM events WHERE event = 'none'", "[[0]]"},
		{"SELECT sum(1), avg(1) FROM events WHERE event = 'none'", "[[0, null]]"},
		{"SELECT event, count() AS n FROM events GROUP BY event HAVING n > 2",
			"[[\"visit\", 4]]"},
		{"SELECT toStartOfDay(timestamp) AS day, count() FROM events GROUP BY day ORDER BY day",
			"[[\"2024-01-01T00:00:00+01:00\", 1], [\"2024-01-02T00:00:00+01:00\", 3],"
			" [\"2024-01-03T00:00:00+01:00\", 2]]"},
		{"SELECT toDate(timestamp) AS day, concat(toString(day), '!'), count() FROM events"
		 " GROUP BY day ORDER BY day DESC LIMIT 1",
			"[[\"2024-01-03\", \"2024-01-03!\", 2]]"},
		{"SELECT properties.browser AS b, count() FROM events GROUP BY b ORDER BY count() DESC,"
		 " b NULLS FIRST",
			"[[\"Chrome\", 2], [\"Safari\", 2], [null, 1], [\"\", 1]]"},
		{"SELECT lower(event) AS event, count() FROM events GROUP BY event ORDER BY event",
			"[[\"buy\", 2], [\"visit\", 4]]"},
		{"SELECT max(timestamp) AS timestamp FROM events WHERE timestamp < '2024-01-02'",
			"[[\"2024-01-01T11:00:00+01:00\"]]"},
		{"SELECT arrayJoin(splitByChar(',', properties.tags)) AS tag, count() FROM events"
		 " GROUP BY tag ORDER BY tag",
			"[[\"a\", 1], [\"b\", 1]]"},
		{"SELECT if(properties.n > 2, 'big', 'small') AS size, count() FROM events"
		 " GROUP BY size ORDER BY size",
			"[[\"big\", 3], [\"small\", 3]]"},
	};

	(void)state;
	check_all(cases, G_N_ELEMENTS(cases), &env);
}

static void clauses(void **state)
{
	static const struct hogql_case cases[] = {
		{"SELECT DISTINCT event FROM events ORDER BY event DESC",
			"[[\"visit\"], [\"buy\"]]"},
		{"SELECT toFloat(properties.n) AS n FROM events ORDER BY n DESC NULLS FIRST",
			"[[null], [10.0], [7.0], [2.5], [1.0], [0.0]]"},
		{"SELECT properties.n FROM events ORDER BY properties.n",
			"[[\"0\"], [\"1\"], [\"2.5\"], [\"7\"], [\"10\"], [\"many\"]]"},
		{"SELECT x.n FROM (SELECT count() AS n FROM events) AS x", "[[6]]"},
		{"SELECT event, n FROM (SELECT event, count() AS n FROM events GROUP BY event)"
		 " WHERE n > 2",
			"[[\"visit\", 4]]"},
		{"SELECT s.properties.n FROM (SELECT properties FROM events WHERE event = 'buy'"
		 " ORDER BY timestamp LIMIT 1) AS s",
			"[[\"7\"]]"},
		{"WITH buyers AS (SELECT DISTINCT person_id FROM events WHERE event = 'buy')"
		 " SELECT count() FROM events WHERE event = 'visit' AND person_id IN"
		 " (SELECT person_id FROM buyers)",
			"[[3]]"},
		{"WITH 2 AS two, two + 1 AS three SELECT three * two", "[[6]]"},
		{"SELECT count() FROM events WHERE distinct_id NOT IN (SELECT distinct_id FROM events"
		 " WHERE event = 'buy')",
			"[[1]]"},
		{"SELECT e.event, p.properties.plan FROM events AS e INNER JOIN persons AS p"
		 " ON p.id = e.person_id WHERE e.event = 'buy' ORDER BY e.timestamp",
			"[[\"buy\", \"free\"], [\"buy\", \"paid\"]]"},
		{"SELECT count(), count(p.id) FROM events e LEFT JOIN persons p ON e.person_id = p.id",
			"[[6, 5]]"},
		{"SELECT count() FROM events a JOIN events b ON a.person_id = b.person_id"
		 " AND b.event = 'buy' WHERE a.event = 'visit'",
			"[[3]]"},
		{"SELECT a.event, b.event, a.person.properties.plan FROM events a CROSS JOIN events b"
		 " WHERE a.properties.n = 7 AND b.properties.n = 0",
			"[[\"buy\", \"buy\", \"free\"]]"},
		{"SELECT 1 AS x UNION ALL SELECT 2.5 UNION ALL SELECT NULL",
			"[[1.0], [2.5], [null]]"},
		{"SELECT 'a' AS x UNION ALL SELECT 1", "[[\"a\"], [\"1\"]]"},
		{"SELECT n FROM (SELECT 1 AS n UNION ALL SELECT 2) ORDER BY n DESC", "[[2], [1]]"},
		{"SELECT (SELECT count() FROM events) + 1", "[[7]]"},
		{"SELECT event FROM events ORDER BY timestamp LIMIT 1, 2",
			"[[\"visit\"], [\"visit\"]]"},
		{"SELECT event FROM events LIMIT 0", "[]"},
		{"SELECT row_number() OVER (PARTITION BY person_id ORDER BY timestamp) AS i, uuid"
		 " FROM events WHERE person_id = '00000000-0000-0000-0000-000000000001' ORDER BY i DESC"
		 " LIMIT 1",
			"[[3, \"10000000-0000-0000-0000-000000000006\"]]"},
		{"SELECT event, lag(event) OVER (ORDER BY timestamp), lead(event, 1, 'end') OVER"
		 " (ORDER BY timestamp) FROM events ORDER BY timestamp DESC LIMIT 1",
			"[[\"buy\", \"visit\", \"end\"]]"},
		{"SELECT sum(properties.n) OVER (ORDER BY timestamp ROWS BETWEEN 1 PRECEDING AND"
		 " CURRENT ROW) AS s FROM events ORDER BY timestamp LIMIT 3",
			"[[1.0], [3.5], [12.5]]"},
		{"SELECT event, rank() OVER (ORDER BY count() DESC) FROM events GROUP BY event"
		 " ORDER BY 2",
			"[[\"visit\", 1], [\"buy\", 2]]"},
		{"SELECT first_value(event) OVER (ORDER BY timestamp), dense_rank() OVER (ORDER BY"
		 " event) FROM events ORDER BY timestamp LIMIT 1",
			"[[\"visit\", 2]]"},
		{"select Event from (select event AS Event from events group by event order by event)"
		 " limit 1",
			"[[\"buy\"]]"},
	};

	(void)state;
	check_all(cases, G_N_ELEMENTS(cases), &env);
}

static void expect_json(const char *query_text, const char *expected_text)
{
	json_t *query = computed_json(query_text), *expected = computed_json(expected_text);
	json_t *result = computed_result(&db, query, &env);
	g_autofree char *got = json_write(result);
	g_autofree char *wanted = json_write(expected);

	assert_string_equal(got, wanted);
	json_decref(query);
	json_decref(expected);
	json_decref(result);
}

#define SQL(text) "{\"kind\": \"HogQLQuery\", \"query\": \"" text "\"}"

static void a_result_is_written_as_the_api_writes_it(void **state)
{
	(void)state;
	expect_json(SQL("SELECT toDate(timestamp) AS day, count() AS n FROM events GROUP BY day"
			" ORDER BY day LIMIT 2"),
		"{\"columns\": [\"day\", \"n\"], \"types\": [[\"day\", \"Date\"], [\"n\", \"UInt64\"]],"
		" \"results\": [[\"2024-01-01\", 1], [\"2024-01-02\", 3]], \"hasMore\": true,"
		" \"limit\": 2, \"offset\": 0}");
	expect_json(
		SQL("SELECT event, properties.$browser, timestamp, 1 = 1, [1.5], 1 / 2, -1, uuid"
		    " FROM events WHERE 1 = 2"),
		"{\"columns\": [\"event\", \"properties.$browser\", \"timestamp\", \"1 = 1\","
		" \"[1.5]\", \"1 / 2\", \"-1\", \"uuid\"], \"types\": [[\"event\", \"String\"],"
		" [\"properties.$browser\", \"Nullable(String)\"], [\"timestamp\","
		" \"DateTime64(6)\"], [\"1 = 1\", \"Bool\"], [\"[1.5]\", \"Array(Float64)\"],"
		" [\"1 / 2\", \"Nullable(Float64)\"], [\"-1\", \"Int64\"], [\"uuid\", \"UUID\"]],"
		" \"results\": [], \"hasMore\": false, \"limit\": 100, \"offset\": 0}");
	expect_json(SQL("SELECT 1 AS a LIMIT 9999999 OFFSET 1"),
		"{\"columns\": [\"a\"], \"types\": [[\"a\", \"Int64\"]], \"results\": [],"
		" \"hasMore\": false, \"limit\": 50000, \"offset\": 1}");
}

/* Ten times ten times ten rows. */
static void limits_hold(void **state)
{
	json_t *query = query_of("WITH t AS (SELECT arrayJoin([1,2,3,4,5,6,7,8,9,10]) AS n)"
				 " SELECT a.n FROM t a CROSS JOIN t b CROSS JOIN t c");
	json_t *result = computed_result(&db, query, &env);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(result, "results")), 100);
	assert_true(json_is_true(json_object_get(result, "hasMore")));
	json_decref(query);
	json_decref(result);

	query = query_of("SELECT n FROM (SELECT arrayJoin([1,2,3]) AS n) UNION ALL SELECT 4"
			 " UNION ALL (SELECT n FROM (SELECT arrayJoin([5,6,7]) AS n) LIMIT 2)");
	result = computed_result(&db, query, &env);
	assert_int_equal(json_array_size(json_object_get(result, "results")), 6);
	assert_false(json_is_true(json_object_get(result, "hasMore")));
	json_decref(query);
	json_decref(result);
}

static void check_query(const char *query_text, const char *expected_text)
{
	json_t *query = computed_json(query_text), *expected = computed_json(expected_text);
	json_t *result = computed_result(&db, query, &env);
	g_autofree char *got = json_write(json_object_get(result, "results"));
	g_autofree char *wanted = json_write(expected);

	print_message("%s\n", query_text);
	assert_string_equal(got, wanted);
	json_decref(query);
	json_decref(expected);
	json_decref(result);
}

#define VARIABLES                                                                                  \
	", \"variables\": {\"1\": {\"code_name\": \"text\", \"value\": \"it's -- \\\\\"},"         \
	" \"2\": {\"code_name\": \"number\", \"value\": 2.5}, \"3\": {\"code_name\": \"list\","    \
	" \"value\": [\"buy\", \"x\"]}, \"4\": {\"code_name\": \"nothing\", \"value\": 1,"         \
	" \"isNull\": true}, \"5\": {\"code_name\": \"yes\", \"value\": true}}, \"values\":"       \
	" {\"n\": 7, \"deep\": {\"er\": \"x\"}}}"
#define WITH_VARIABLES(text) "{\"kind\": \"HogQLQuery\", \"query\": \"" text "\"" VARIABLES

static void placeholders_are_values(void **state)
{
	(void)state;
	check_query(WITH_VARIABLES("SELECT {variables.text}, {variables.number} + 1,"
				   " {variables.nothing}, {variables.yes}, {n}, {deep.er}"),
		"[[\"it's -- \\\\\", 3.5, null, true, 7, \"x\"]]");
	check_query(WITH_VARIABLES("SELECT count() FROM events WHERE event IN {variables.list}"),
		"[[2]]");
	check_query(WITH_VARIABLES("SELECT count() FROM events WHERE properties.n ="
				   " {variables.number} OR event = {variables.text}"),
		"[[1]]");
	check_query(WITH_VARIABLES("SELECT count() FROM events WHERE {variables.nothing} IS NULL"),
		"[[6]]");
}

#define WITH_FILTERS(text, filters)                                                                \
	"{\"kind\": \"HogQLQuery\", \"query\": \"" text "\", \"filters\": {" filters "}}"
#define FROM_2ND "\"dateRange\": {\"date_from\": \"2024-01-02\", \"date_to\": \"2024-01-02\"}"

static void filters_are_a_condition(void **state)
{
	(void)state;
	check_query(SQL("SELECT count() FROM events WHERE {filters}"), "[[6]]");
	check_query(WITH_FILTERS("SELECT count() FROM events WHERE {filters}", FROM_2ND), "[[3]]");
	check_query(WITH_FILTERS("SELECT count() FROM events AS e WHERE e.event = 'visit' AND"
				 " {filters}",
			    FROM_2ND),
		"[[2]]");
	check_query(WITH_FILTERS("SELECT count() FROM events WHERE {filters}",
			    "\"properties\": [{\"key\": \"browser\", \"value\": \"Safari\"}]"),
		"[[2]]");
	check_query(WITH_FILTERS("SELECT count() FROM events WHERE {filters}",
			    "\"properties\": [{\"key\": \"plan\", \"value\": \"paid\", \"type\":"
			    " \"person\"}]"),
		"[[3]]");
	check_query(WITH_FILTERS("SELECT {filters.dateRange.from}, {filters.dateRange.to}",
			    "\"dateRange\": {\"date_from\": \"2024-01-02\"}"),
		"[[\"2024-01-02T00:00:00+01:00\", null]]");
	check_query(WITH_FILTERS("SELECT count() FROM events WHERE timestamp <"
				 " {filters.dateRange.from}",
			    FROM_2ND),
		"[[1]]");
	check_query(WITH_FILTERS("SELECT count() FROM events a JOIN (SELECT person_id FROM events"
				 " WHERE {filters} GROUP BY person_id) b ON a.person_id ="
				 " b.person_id",
			    "\"properties\": [{\"key\": \"n\", \"value\": 7}]"),
		"[[2]]");
}

/* As the statements of other kinds of query do. */
static void check_expression(enum expression_table table, const char *from, const char *text,
	enum expression_use use, const char *own, const char *as_text, const char *as_number)
{
	struct writer w = writer_open(&dialect_postgres, &env, NULL);
	struct expression *e;
	const struct rows *rows;
	struct fault f;

	if (!expression_read(text, use, table, &e, &f)) {
		fail_msg("%s: %s", text, f.detail);
	}
	sql_add(w.sql, "SELECT ");
	expression_write(e, &w);
	sql_add(w.sql, "::text, ");
	expression_write_text(e, &w);
	sql_add(w.sql, ", ");
	expression_write_number(e, &w);
	sql_addf(w.sql, " FROM %s WHERE %s.project_id = 1 GROUP BY 1, 2, 3 ORDER BY 1 LIMIT 1",
		from, from);
	if (use == EXPRESSION_AGGREGATE) {
		sql_destroy(w.sql);
		w = writer_open(&dialect_postgres, &env, NULL);
		sql_add(w.sql, "SELECT ");
		expression_write(e, &w);
		sql_add(w.sql, "::text, ");
		expression_write_text(e, &w);
		sql_add(w.sql, ", ");
		expression_write_number(e, &w);
		sql_addf(w.sql, " FROM %s WHERE %s.project_id = 1", from, from);
	}
	if (!pg_wait_query(db.wait, w.sql, &rows, &f)) {
		fail_msg("%s: %s", text, f.detail);
	}
	print_message("%s\n", text);
	assert_string_equal(rows_text(rows, 0, 0), own);
	assert_string_equal(rows_text(rows, 0, 1), as_text);
	if (as_number) {
		assert_string_equal(rows_text(rows, 0, 2), as_number);
	} else {
		assert_null(rows_text(rows, 0, 2));
	}
	expression_destroy(e);
}

static void expressions_stand_in_other_statements(void **state)
{
	const enum expression_table of_events = EXPRESSION_OF_EVENTS;

	(void)state;
	check_expression(of_events, "events", "event", EXPRESSION_VALUE, "buy", "buy", NULL);
	check_expression(of_events, "events", "toFloat(properties.n) / 4", EXPRESSION_VALUE,
		"0.00000000000000000000", "0", "0");
	check_expression(of_events, "events", "person.properties.plan", EXPRESSION_VALUE, "free",
		"free", NULL);
	check_expression(
		of_events, "events", "group_0.properties.size", EXPRESSION_VALUE, "5", "5", "5");
	check_expression(of_events, "events", "properties.n > 2", EXPRESSION_CONDITION, "false",
		"false", "0");
	check_expression(of_events, "events", "sum(properties.n) / count()", EXPRESSION_AGGREGATE,
		"3.4166666666666667", "3.4166666666666667", "3.4166666666666665");
	check_expression(of_events, "events", "countIf(event = 'buy') -- Buys",
		EXPRESSION_AGGREGATE, "2", "2", "2");
	check_expression(EXPRESSION_OF_PERSONS, "persons", "properties.plan", EXPRESSION_VALUE,
		"free", "free", NULL);
	check_expression(EXPRESSION_OF_GROUPS, "groups", "key || '!'", EXPRESSION_VALUE, "acme!",
		"acme!", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arithmetic),
		cmocka_unit_test(conditions),
		cmocka_unit_test(texts),
		cmocka_unit_test(arrays),
		cmocka_unit_test(dates),
		cmocka_unit_test(columns_and_properties),
		cmocka_unit_test(aggregates),
		cmocka_unit_test(clauses),
		cmocka_unit_test(a_result_is_written_as_the_api_writes_it),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(placeholders_are_values),
		cmocka_unit_test(filters_are_a_condition),
		cmocka_unit_test(expressions_stand_in_other_statements),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
