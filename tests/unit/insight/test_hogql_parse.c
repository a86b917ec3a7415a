/* What HogQL reads and refuses, without a database: tokens, precedence, places of faults, and that
 * no text of a query is part of a statement. */
#include "insight/expression.h"
#include "insight/hogql_parse.h"
#include "insight/kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static const struct insight_env env = {
	.project_id = 1, .timezone = "UTC", .now_us = 1704304800000000LL};

/* plus(1, multiply(2, 3)) */
static void describe(const struct hogql_node *node, GString *out)
{
	const char *open = node->shape == NODE_LIST ? "(" : "[";

	if (node->shape == NODE_CALL) {
		g_string_append(out, node->text);
		open = "(";
	} else if (node->shape == NODE_NAME) {
		for (guint i = 0; i < node->names->len; i++) {
			g_string_append_printf(out, "%s%s", i ? "." : "",
				(const char *)g_ptr_array_index(node->names, i));
		}
	} else if (node->shape == NODE_TEXT) {
		g_string_append_printf(out, "'%s'", node->text);
	} else if (node->shape != NODE_LIST && node->shape != NODE_ARRAY) {
		g_string_append(out, node->text ? node->text : "?");
	}
	if (node->shape == NODE_CALL || node->shape == NODE_LIST || node->shape == NODE_ARRAY) {
		g_string_append(out, open);
		for (guint i = 0; i < hogql_arg_count(node); i++) {
			g_string_append(out, i ? ", " : "");
			describe(hogql_arg(node, i), out);
		}
		g_string_append(out, *open == '(' ? ")" : "]");
	}
}

static void texts_become_trees(void **state)
{
	static const struct {
		const char *text, *tree;
	} cases[] = {
		{"1 + 2 * 3", "plus(1, multiply(2, 3))"},
		{"(1 + 2) * 3", "multiply(plus(1, 2), 3)"},
		{"1 - 2 - 3", "minus(minus(1, 2), 3)"},
		{"8 / 4 / 2", "divide(divide(8, 4), 2)"},
		{"-a * b", "multiply(negate(a), b)"},
		{"a OR b AND NOT c = 1", "or(a, and(b, not(equals(c, 1))))"},
		{"a and b and c and d", "and(a, b, c, d)"},
		{"(a AND b) AND c", "and(and(a, b), c)"},
		{"a || b || c + 1", "plus(concat(a, b, c), 1)"},
		{"a + 1 > b || c", "greater(plus(a, 1), concat(b, c))"},
		{"a IS NOT NULL AND b", "and(isNotNull(a), b)"},
		{"a BETWEEN 1 AND 2 AND b",
			"and(and(greaterOrEquals(a, 1), lessOrEquals(a, 2)), b)"},
		{"a NOT IN (1, 2)", "notIn(a, (1, 2))"},
		{"a ? b : c ? d : e", "if(a, b, if(c, d, e))"},
		{"a.b.`c d`[1]", "arrayElement(a.b.c d, 1)"},
		{"a['b']['c']", "a.b.c"},
		{"CASE a WHEN 1 THEN 2 END", "multiIf(equals(a, 1), 2, END)"},
		{"[1, [2], (3, 4)]", "[1, [2], (3, 4)]"},
		{"INTERVAL 7 day", "toIntervalDay(7)"},
		{"'a''b\\'c' -- d", "'a'b'c'"},
		{"$group_0 /* x */ = \"y z\"", "equals($group_0, y z)"},
		{"not(a)", "not(a)"},
		{"1.5e3 + .5", "plus(1.5e3, .5)"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct hogql_tree *tree = hogql_tree_create();
		g_autoptr(GString) out = g_string_new(NULL);
		struct hogql_node *node;
		struct fault f;

		if (!hogql_parse_expression(tree, cases[i].text, &node, NULL, &f)) {
			fail_msg("%s: %s", cases[i].text, f.detail);
		}
		describe(node, out);
		assert_string_equal(out->str, cases[i].tree);
		hogql_tree_destroy(tree);
	}
}

struct refusal {
	const char *text, *says;
	enum fault_kind kind;
};

static void check_refusals(
	const struct refusal *cases, size_t count, bool (*read)(const char *text, struct fault *f))
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct fault f;

		if (read(cases[i].text, &f)) {
			print_error("%s: was not refused\n", cases[i].text);
			wrong++;
		} else if (strcmp(f.detail, cases[i].says) != 0 || f.kind != cases[i].kind) {
			print_error("%s: %s: %s\n", cases[i].text, fault_name(f.kind), f.detail);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static bool read_as(const char *text, enum expression_use use, struct fault *f)
{
	struct expression *e;

	if (!expression_read(text, use, EXPRESSION_OF_EVENTS, &e, f)) {
		return false;
	}
	expression_destroy(e);
	return true;
}

static bool read_value(const char *text, struct fault *f)
{
	return read_as(text, EXPRESSION_VALUE, f);
}

static bool read_condition(const char *text, struct fault *f)
{
	return read_as(text, EXPRESSION_CONDITION, f);
}

static bool read_aggregate(const char *text, struct fault *f)
{
	return read_as(text, EXPRESSION_AGGREGATE, f);
}

static bool read_query(const char *text, struct fault *f)
{
	json_t *query = json_pack("{s:s, s:s}", "kind", "HogQLQuery", "query", text);
	struct insight_run *run;
	bool fine = insight_begin(query, &env, &run, f);

	if (fine) {
		struct sql *sql;

		/* References come first where there are any; here are none. */
		fine = insight_next(run, &sql, f);
		if (fine) {
			sql_destroy(sql);
		}
		insight_end(run);
	}
	json_decref(query);
	return fine;
}

static void values_are_refused_with_their_place(void **state)
{
	static const struct refusal cases[] = {
		{"", "1:1: the text ends where a value is expected", FAULT_QUERY},
		{"1 +", "1:4: the text ends where a value is expected", FAULT_QUERY},
		{"(1", "1:3: the text ends where ',' is expected", FAULT_QUERY},
		{"1 2", "1:3: '2' stands where the end is expected", FAULT_QUERY},
		{"'abc", "1:1: a quote does not end", FAULT_QUERY},
		{"1 /* 2", "1:3: a comment does not end", FAULT_QUERY},
		{"'a\\0b'", "1:3: a text with the character 0 is refused", FAULT_QUERY},
		{"event # 1", "1:7: this character is not part of the language", FAULT_QUERY},
		{"\xc3\xa9", "1:1: this character is not part of the language", FAULT_QUERY},
		{"'\xc3\xa9\xc3\xa9' = x", "1:8: 'x' is not a column", FAULT_QUERY},
		{"1 +\n  foo", "2:3: 'foo' is not a column", FAULT_QUERY},
		{"1x", "1:1: this is not a number", FAULT_QUERY},
		{"lower(event) = foo(1)", "1:16: 'foo' is not a function", FAULT_QUERY},
		{"properties.", "1:12: the text ends where a name is expected", FAULT_QUERY},
		{"event.x", "1:1: 'x' is not a column", FAULT_QUERY},
		{"events.foo", "1:1: 'foo' is not a column", FAULT_QUERY},
		{"person",
			"1:1: 'person' as a whole is not computed here: name its id or a property",
			FAULT_UNSUPPORTED},
		{"elements_chain = 'x'", "1:1: 'elements_chain' is not computed here",
			FAULT_UNSUPPORTED},
		{"session.id", "1:1: 'session' is not computed here", FAULT_UNSUPPORTED},
		{"person.foo", "1:1: 'foo' is not a column", FAULT_QUERY},
		{"lower()", "1:1: lower takes 1 values, not 0", FAULT_QUERY},
		{"substring('a')", "1:1: substring takes at least 2 values, not 1", FAULT_QUERY},
		{"round(1, 2, 3)", "1:1: round takes at most 2 values, not 3", FAULT_QUERY},
		{"count()", "1:1: an aggregate stands where a single event is looked at",
			FAULT_QUERY},
		{"arrayMap(x -> x, [1])",
			"1:12: a function of one's own (x -> \xe2\x80\xa6) is not computed here",
			FAULT_UNSUPPORTED},
		{"arrayFilter(1)", "1:1: 'arrayFilter' is not computed here", FAULT_UNSUPPORTED},
		{"event::text",
			"1:6: a cast by '::' is not computed here: toString, toInt \xe2\x80\xa6",
			FAULT_UNSUPPORTED},
		{"row_number() OVER ()", "1:1: OVER is not computed here", FAULT_UNSUPPORTED},
		{"row_number()", "1:1: row_number takes an OVER (\xe2\x80\xa6)", FAULT_QUERY},
		{"(SELECT 1)", "1:1: a subquery is not computed here", FAULT_UNSUPPORTED},
		{"event IN COHORT 2", "1:10: IN COHORT is not computed here", FAULT_UNSUPPORTED},
		{"timestamp > 'yesterday'", "1:13: 'yesterday' is not a date", FAULT_DATE},
		{"timestamp > '2024-02-30'", "1:13: '2024-02-30' is not a date", FAULT_DATE},
		{"event LIKE 'a\\\\'", "1:12: the pattern ends with a single backslash",
			FAULT_QUERY},
		{"event LIKE properties.x",
			"1:12: a pattern that is not written out is not computed here",
			FAULT_UNSUPPORTED},
		{"{x}", "1:1: there is no value for the placeholder 'x'", FAULT_QUERY},
		{"[1, [2]]", "1:5: an array among values of another type", FAULT_QUERY},
		{"[[1]]", "1:1: an array of arrays is not computed here", FAULT_UNSUPPORTED},
		{"1 + [2]", "1:5: plus is given an array where it takes a number", FAULT_QUERY},
		{"properties + 1", "1:1: plus is given an object where it takes a number",
			FAULT_QUERY},
		{"INTERVAL 1 DAY", "1:1: an interval stands where a value is expected",
			FAULT_QUERY},
		{"INTERVAL 1 FORTNIGHT", "1:1: the interval has no unit", FAULT_QUERY},
		{"dateDiff('eon', now(), now())", "1:10: 'eon' is not a unit of time", FAULT_QUERY},
		{"* = 1", "1:1: '*' stands where a value is expected", FAULT_QUERY},
		{"SELECT", "1:1: 'SELECT' stands where a value is expected", FAULT_QUERY},
		{"lower(event))", "1:13: ')' stands where the end is expected", FAULT_QUERY},
		{"event; DROP TABLE events", "1:6: ';' stands where the end is expected",
			FAULT_QUERY},
	};

	(void)state;
	check_refusals(cases, G_N_ELEMENTS(cases), read_value);
}

static void uses_are_told_apart(void **state)
{
	static const struct refusal conditions[] = {
		{"event", "1:1: a text stands where a condition is expected", FAULT_QUERY},
		{"timestamp", "1:1: a time stands where a condition is expected", FAULT_QUERY},
		{"count() > 1", "1:9: an aggregate stands where a single event is looked at",
			FAULT_QUERY},
		{"event AND true", "1:1: and is given a text where it takes a condition",
			FAULT_QUERY},
	};
	static const struct refusal aggregates[] = {
		{"1", "1:1: there is no aggregate in it, such as count() or sum(properties.amount)",
			FAULT_QUERY},
		{"event",
			"1:1: there is no aggregate in it, such as count() or "
			"sum(properties.amount)",
			FAULT_QUERY},
		{"count() + properties.x", "1:9: a column stands outside of an aggregate",
			FAULT_QUERY},
		{"sum(count())", "1:1: an aggregate inside of an aggregate", FAULT_QUERY},
		{"quantile(properties.x)",
			"1:1: quantile takes its level from 0 to 1: quantile(0.9)(x)", FAULT_QUERY},
	};
	static const char *const fine[] = {"count()", "countIf(event = 'a')",
		"sum(properties.amount) / count()", "uniq(person_id)",
		"quantile(0.9)(properties.x)", "count(DISTINCT properties.$session_id)",
		"avg(toFloat(person.properties.age))"};
	static const char *const fine_conditions[] = {"properties.paid", "1", "event = 'a'", "NULL",
		"person.properties.x IS NULL OR group_0.properties.y > 3"};
	struct fault f;

	(void)state;
	check_refusals(conditions, G_N_ELEMENTS(conditions), read_condition);
	check_refusals(aggregates, G_N_ELEMENTS(aggregates), read_aggregate);
	for (size_t i = 0; i < G_N_ELEMENTS(fine); i++) {
		if (!read_aggregate(fine[i], &f)) {
			fail_msg("%s: %s", fine[i], f.detail);
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(fine_conditions); i++) {
		if (!read_condition(fine_conditions[i], &f)) {
			fail_msg("%s: %s", fine_conditions[i], f.detail);
		}
	}
}

static void queries_are_refused_with_their_place(void **state)
{
	static const struct refusal cases[] = {
		{"DELETE FROM events", "query: 1:1: 'DELETE' stands where SELECT is expected",
			FAULT_QUERY},
		{"SELECT 1; SELECT 2", "query: 1:11: 'SELECT' stands where the end is expected",
			FAULT_QUERY},
		{"SELECT FROM events", "query: 1:8: 'FROM' stands where a value is expected",
			FAULT_QUERY},
		{"SELECT * FROM pg_authid", "query: 1:15: 'pg_authid' is not a table", FAULT_QUERY},
		{"SELECT * FROM exports", "query: 1:15: 'exports' is not a table", FAULT_QUERY},
		{"SELECT * FROM sessions", "query: 1:15: the table 'sessions' is not computed here",
			FAULT_UNSUPPORTED},
		{"SELECT project_id FROM events", "query: 1:8: 'project_id' is not a column",
			FAULT_QUERY},
		{"SELECT *", "query: 1:8: '*' without a table", FAULT_QUERY},
		{"SELECT x.* FROM events", "query: 1:8: 'x' is not a table here", FAULT_QUERY},
		{"SELECT event, count() FROM events",
			"query: 1:8: 'event' is neither grouped by nor inside of an aggregate",
			FAULT_QUERY},
		{"SELECT properties.x FROM events GROUP BY properties.y",
			"query: 1:8: 'x' is neither grouped by nor inside of an aggregate",
			FAULT_QUERY},
		{"SELECT 1 FROM events WHERE count() > 1",
			"query: 1:36: an aggregate stands where there are no groups yet",
			FAULT_QUERY},
		{"SELECT 1 FROM events WHERE event",
			"query: 1:28: a text stands where a condition is expected", FAULT_QUERY},
		{"SELECT event FROM events SAMPLE 0.1", "query: 1:26: SAMPLE is not computed here",
			FAULT_UNSUPPORTED},
		{"SELECT event FROM events RIGHT JOIN persons ON true",
			"query: 1:26: RIGHT JOIN is not computed here", FAULT_UNSUPPORTED},
		{"SELECT event FROM events LIMIT 1 BY event",
			"query: 1:34: LIMIT BY is not computed here", FAULT_UNSUPPORTED},
		{"SELECT 1 UNION SELECT 2", "query: 1:16: UNION without ALL is not computed here",
			FAULT_UNSUPPORTED},
		{"SELECT 1 UNION ALL SELECT 1, 2",
			"query: 1:20: 2 columns under 1 of the first SELECT", FAULT_QUERY},
		{"SELECT 1 UNION ALL SELECT [1]",
			"query: 1:27: an array under a number of the first SELECT", FAULT_QUERY},
		{"SELECT a FROM (SELECT b FROM events)", "query: 1:23: 'b' is not a column",
			FAULT_QUERY},
		{"SELECT a FROM (SELECT event AS b FROM events)", "query: 1:8: 'a' is not a column",
			FAULT_QUERY},
		{"SELECT event LIMIT x", "query: 1:20: 'x' stands where a whole number is expected",
			FAULT_QUERY},
		{"SELECT (SELECT 1, 2)",
			"query: 1:8: a subquery among values has one column, not 2", FAULT_QUERY},
		{"SELECT lower(b) AS a, lower(a) AS b", "query: 1:29: 'a' is not a column",
			FAULT_QUERY},
		{"WITH x AS (SELECT * FROM x) SELECT * FROM x", "query: 1:26: 'x' is not a table",
			FAULT_QUERY},
		{"SELECT DISTINCT event FROM events ORDER BY timestamp",
			"query: 1:44: after DISTINCT, the order is by one of its columns",
			FAULT_QUERY},
		{"SELECT arrayJoin([1]) + 1",
			"query: 1:23: arrayJoin inside of another value is not computed here",
			FAULT_UNSUPPORTED},
		{"SELECT {filters}", "query: 1:8: {filters} stands where there are no events",
			FAULT_QUERY},
		{"SELECT {variables.x}", "query: 1:8: there is no value for the placeholder 'x'",
			FAULT_QUERY},
		{"SELECT 1 FROM events JOIN persons ON 1",
			"query: 1:38: ON takes a condition without aggregates", FAULT_QUERY},
	};

	(void)state;
	check_refusals(cases, G_N_ELEMENTS(cases), read_query);
}

/* "((((1))))", "1+1+1+…", a0+a0 AS a1, a1+a1 AS a2 …: each comes to its own limit. */
static void sizes_are_bounded(void **state)
{
	g_autoptr(GString) text = g_string_new("SELECT 1 AS a0");
	g_autofree char *deep = g_strnfill(1000, '(');
	g_autofree char *minus = g_strnfill(1000, '!');
	struct fault f;

	(void)state;
	assert_false(read_value(deep, &f));
	assert_string_equal(f.detail, "1:65: the text is nested deeper than 64");
	assert_false(read_value(minus, &f));
	for (int i = 1; i < 40; i++) {
		g_string_append_printf(text, ", a%d + a%d AS a%d", i - 1, i - 1, i);
	}
	assert_false(read_query(text->str, &f));
	assert_non_null(strstr(f.detail, "more than 20000 parts"));

	g_string_assign(text, "1");
	for (int i = 0; i < 500; i++) {
		g_string_append(text, " + 1");
	}
	assert_false(read_value(text->str, &f));
	assert_non_null(strstr(f.detail, "more than 400 operations in a row"));

	g_string_assign(text, "true");
	for (int i = 0; i < 1000; i++) {
		g_string_append(text, " AND true");
	}
	assert_true(read_value(text->str, &f));

	g_string_assign(text, "WITH 1 AS a0");
	for (int i = 1; i < 3000; i++) {
		g_string_append_printf(text, ", a%d + 1 AS a%d", i - 1, i);
	}
	g_string_append(text, " SELECT a2999");
	assert_false(read_query(text->str, &f));

	g_string_assign(text, "WITH a0 AS (SELECT 1)");
	for (int i = 1; i < 100; i++) {
		g_string_append_printf(text, ", a%d AS (SELECT * FROM a%d)", i, i - 1);
	}
	g_string_append(text, " SELECT * FROM a99");
	assert_false(read_query(text->str, &f));
	assert_non_null(strstr(f.detail, "deeper than 64"));

	g_string_assign(text, "'");
	for (int i = 0; i < 70000; i++) {
		g_string_append_c(text, 'x');
	}
	assert_false(read_value(text->str, &f));
	assert_string_equal(f.detail, "1:1: the text is longer than 65536 bytes");
}

static void labels_follow_the_last_comment(void **state)
{
	static const struct {
		const char *text, *label;
	} cases[] = {
		{"event", "event"},
		{"properties.x -- Ex  ", "Ex"},
		{"properties.x --", "properties.x --"},
		{"'-- no' || event", "'-- no' || event"},
		{"event /* a */ -- B -- C", "B -- C"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct expression *e;
		struct fault f;

		assert_true(expression_read(
			cases[i].text, EXPRESSION_VALUE, EXPRESSION_OF_EVENTS, &e, &f));
		assert_string_equal(expression_label(e), cases[i].label);
		expression_destroy(e);
	}
}

/* Whatever is the customer's holds Zq7 here. */
static void no_text_of_a_query_is_in_its_statement(void **state)
{
	static const char *const queries[] = {
		"SELECT event AS Zq7, 'Zq7' AS `Zq7'; --`, properties.Zq7 AS a FROM events AS Zq7x"
		" WHERE Zq7x.properties.`Zq7\"); DROP TABLE events; --` = 'Zq7'' OR 1=1 --'"
		" GROUP BY event, properties.Zq7 ORDER BY Zq7",
		"WITH Zq7 AS (SELECT count() AS Zq7n FROM events) SELECT Zq7.Zq7n FROM Zq7",
		"SELECT JSONExtractString(properties, 'Zq7'), formatDateTime(timestamp, '%Y Zq7'),"
		" person.properties.Zq7, group_1.properties['Zq7'] FROM events LIMIT 12345",
		"SELECT replaceRegexpAll(event, 'Zq7', '\\\\Zq7') FROM events WHERE event LIKE '%Zq7%'"
		" AND event =~ 'Zq7' AND event IN ('Zq7', 'b') AND 31337 > 1 AND NOT match(event, 'Zq7')",
		"SELECT 31337, [31337, 2], toDate('2024-12-13') + INTERVAL 31337 DAY",
		"SELECT a.uuid FROM events a LEFT JOIN persons Zq7 ON Zq7.id = a.person_id -- Zq7",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(queries); i++) {
		json_t *query = json_pack("{s:s, s:s}", "kind", "HogQLQuery", "query", queries[i]);
		struct insight_run *run;
		struct sql *sql;
		struct fault f;

		if (!insight_begin(query, &env, &run, &f)) {
			fail_msg("%s: %s", queries[i], f.detail);
		}
		assert_true(insight_next(run, &sql, &f));
		assert_null(strstr(sql_text(sql), "Zq7"));
		assert_null(strstr(sql_text(sql), "12345"));
		assert_null(strstr(sql_text(sql), "31337"));
		assert_null(strstr(sql_text(sql), "2024"));
		assert_null(strstr(sql_text(sql), "--"));
		assert_null(strchr(sql_text(sql), ';'));
		sql_destroy(sql);
		insight_end(run);
		json_decref(query);
	}
}

/* Every function has what it is written with, and is found whatever its case. */
static void every_function_has_its_form(void **state)
{
	static const struct {
		const char *name;
		enum hogql_family family;
	} functions[] = {
#define PLAIN(name, takes, gives) {#name, FAMILY_PLAIN},
#define AGGREGATE(name, takes, gives) {#name, FAMILY_AGGREGATE},
#define WINDOW(name, takes, gives) {#name, FAMILY_WINDOW},
#define SPECIAL(name, takes) {#name, FAMILY_SPECIAL},
#define SYNONYM(name, other)
#define ELSEWHERE(name) {#name, FAMILY_ELSEWHERE},
#include "insight/hogql_function.def"
#undef PLAIN
#undef AGGREGATE
#undef WINDOW
#undef SPECIAL
#undef SYNONYM
#undef ELSEWHERE
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
		g_autofree char *upper = g_ascii_strup(functions[i].name, -1);
		bool has_condition;
		const struct hogql_function *function =
			hogql_function_lookup(upper, &has_condition);

		assert_non_null(function);
		assert_string_equal(function->name, functions[i].name);
		if (function->family != FAMILY_SPECIAL && function->family != FAMILY_ELSEWHERE &&
			function->form != FORM_median && !dialect_postgres.forms[function->form]) {
			fail_msg("%s has no form", function->name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_become_trees),
		cmocka_unit_test(values_are_refused_with_their_place),
		cmocka_unit_test(uses_are_told_apart),
		cmocka_unit_test(queries_are_refused_with_their_place),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(labels_follow_the_last_comment),
		cmocka_unit_test(no_text_of_a_query_is_in_its_statement),
		cmocka_unit_test(every_function_has_its_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
