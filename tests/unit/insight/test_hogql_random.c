/* Random expressions of HogQL beside a small interpreter: arithmetic, comparisons, logic with
 * nulls, texts.  The interpreter works an expression out while it is being made, over all made
 * events at once, and shares no line with insight/.
 *
 *   INSIGHT_SEED=… for one again, INSIGHT_CASES=… for more */
#include "insight/hogql_function.h"
#include "tests/unit/insight/cases.h"
#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

enum {
	EVENTS = 24,
	COLUMNS = 6,
	DEPTH = 4,
	TEXT_BYTES = 64,
	CASES = 300,
	RUN_CASES = 1500,
	TRIES = 100
};

static struct computed db;
static const struct insight_env env = {
	.project_id = 1, .timezone = "UTC", .now_us = 1704304800000000LL};

/* The events: a and b are numbers, texts of numbers, other texts or missing; s and t texts. */
static char *properties[EVENTS][4];
static const char *const property_names[4] = {"a", "b", "s", "t"};

struct value {
	bool is_null;
	double number;
	bool truth;
	char text[TEXT_BYTES];
};

/* What was made so far of one expression: its text, and its value for every event. */
struct made {
	GString *text;
	struct value of[EVENTS];
};

static struct made *made_create(void)
{
	struct made *m = g_new0(struct made, 1);

	m->text = g_string_new(NULL);
	return m;
}

static void made_destroy(struct made *m)
{
	g_string_free(m->text, TRUE);
	g_free(m);
}

static int roll(GRand *dice, int sides)
{
	return g_rand_int_range(dice, 0, sides);
}

static struct made *make_number(GRand *dice, int depth);
static struct made *make_text(GRand *dice, int depth);
static struct made *make_truth(GRand *dice, int depth);

/* a OP b into one. */
static void join(struct made *a, struct made *b, const char *before, const char *between)
{
	g_string_prepend(a->text, before);
	g_string_append(a->text, between);
	g_string_append(a->text, b->text->str);
	g_string_append(a->text, ")");
	made_destroy(b);
}

static void wrap(struct made *a, const char *before, const char *after)
{
	g_string_prepend(a->text, before);
	g_string_append(a->text, after);
}

/* "12", "-2.5", ".5"; false for other texts. */
static bool number_of(const char *text, double *out)
{
	char *end;

	if (!text || !*text || !strchr("0123456789-.", *text)) {
		return false;
	}
	*out = g_ascii_strtod(text, &end);
	return *end == '\0';
}

static struct made *number_leaf(GRand *dice)
{
	struct made *m = made_create();
	int which = roll(dice, 2);

	if (roll(dice, 2)) {
		int halves = roll(dice, 21) - 10;

		if (halves % 2) {
			g_string_printf(m->text, "%s%d.5", halves < 0 ? "-" : "", abs(halves) / 2);
		} else {
			g_string_printf(m->text, "%d", halves / 2);
		}
		wrap(m, "(", ")");
		for (int i = 0; i < EVENTS; i++) {
			m->of[i].number = halves / 2.0;
		}
		return m;
	}
	g_string_printf(m->text, roll(dice, 2) ? "toFloat(properties.%s)" : "(properties.%s + 0)",
		property_names[which]);
	for (int i = 0; i < EVENTS; i++) {
		m->of[i].is_null = !number_of(properties[i][which], &m->of[i].number);
	}
	return m;
}

static struct made *number_of_two(GRand *dice, int depth)
{
	static const char *const between[] = {" + ", " - ", " * "};
	struct made *a = make_number(dice, depth), *b = make_number(dice, depth);
	int how = roll(dice, 3);

	for (int i = 0; i < EVENTS; i++) {
		struct value *x = &a->of[i], *y = &b->of[i];

		x->is_null = x->is_null || y->is_null;
		x->number = how == 0   ? x->number + y->number
			    : how == 1 ? x->number - y->number
				       : x->number * y->number;
	}
	join(a, b, "(", between[how]);
	return a;
}

/* By what keeps halves exact. */
static struct made *divided(GRand *dice, int depth)
{
	static const struct {
		const char *text;
		double by;
	} by[] = {{" / 2)", 2}, {" / 0.5)", 0.5}, {" / -4)", -4}, {" / 0)", 0}};
	struct made *a = make_number(dice, depth);
	int how = roll(dice, 4);

	for (int i = 0; i < EVENTS; i++) {
		a->of[i].is_null = a->of[i].is_null || by[how].by == 0;
		a->of[i].number = by[how].by != 0 ? a->of[i].number / by[how].by : 0;
	}
	wrap(a, "(", by[how].text);
	return a;
}

static struct made *number_of_one(GRand *dice, int depth)
{
	static const char *const before[] = {"abs(", "(-", "floor(", "ceil(", "toInt(", "modulo("};
	struct made *a = make_number(dice, depth);
	int how = roll(dice, 6);

	for (int i = 0; i < EVENTS; i++) {
		double *x = &a->of[i].number;

		*x = how == 0   ? fabs(*x)
		     : how == 1 ? -*x
		     : how == 2 ? floor(*x)
		     : how == 3 ? ceil(*x)
		     : how == 4 ? trunc(*x)
				: fmod(*x, 3);
	}
	wrap(a, before[how], how == 5 ? ", 3)" : ")");
	return a;
}

static struct made *number_chosen(GRand *dice, int depth)
{
	struct made *c = make_truth(dice, depth), *a = make_number(dice, depth);
	struct made *b = make_number(dice, depth);

	for (int i = 0; i < EVENTS; i++) {
		a->of[i] = !c->of[i].is_null && c->of[i].truth ? a->of[i] : b->of[i];
	}
	g_string_prepend(a->text, ", ");
	g_string_prepend(a->text, c->text->str);
	made_destroy(c);
	join(a, b, roll(dice, 2) ? "if(" : "multiIf(", ", ");
	return a;
}

static struct made *number_of_text(GRand *dice, int depth)
{
	struct made *a = make_text(dice, depth);
	bool by_length = roll(dice, 2);

	for (int i = 0; i < EVENTS; i++) {
		struct value *x = &a->of[i];

		if (by_length) {
			x->number = (double)strlen(x->text);
		} else {
			x->is_null = x->is_null || !number_of(x->text, &x->number);
		}
	}
	wrap(a, by_length ? "length(" : "toFloat(", ")");
	return a;
}

static struct made *number_or(GRand *dice, int depth)
{
	struct made *a = make_number(dice, depth), *b = make_number(dice, depth);

	for (int i = 0; i < EVENTS; i++) {
		a->of[i] = a->of[i].is_null ? b->of[i] : a->of[i];
	}
	join(a, b, "coalesce(", ", ");
	return a;
}

static struct made *make_number(GRand *dice, int depth)
{
	if (depth == 0) {
		return number_leaf(dice);
	}
	switch (roll(dice, 8)) {
	case 0:
	case 1:
		return number_of_two(dice, depth - 1);
	case 2:
		return divided(dice, depth - 1);
	case 3:
		return number_of_one(dice, depth - 1);
	case 4:
		return number_chosen(dice, depth - 1);
	case 5:
		return number_of_text(dice, depth - 1);
	case 6:
		return number_or(dice, depth - 1);
	default:
		return number_leaf(dice);
	}
}

static struct made *text_leaf(GRand *dice)
{
	static const char *const texts[] = {"", "a", "Ab", "ba", "2", "-1.5", "it''s", "%"};
	struct made *m = made_create();
	int which = 2 + roll(dice, 2);

	if (roll(dice, 2)) {
		const char *text = texts[roll(dice, G_N_ELEMENTS(texts))];

		g_string_printf(m->text, "'%s'", text);
		for (int i = 0; i < EVENTS; i++) {
			(void)g_strlcpy(
				m->of[i].text, strcmp(text, "it''s") ? text : "it's", TEXT_BYTES);
		}
		return m;
	}
	g_string_printf(m->text, "properties.%s", property_names[which]);
	for (int i = 0; i < EVENTS; i++) {
		m->of[i].is_null = properties[i][which] == NULL;
		(void)g_strlcpy(m->of[i].text, properties[i][which] ? properties[i][which] : "",
			TEXT_BYTES);
	}
	return m;
}

static struct made *text_of_one(GRand *dice, int depth)
{
	static const char *const before[] = {"lower(", "upper(", "reverse(", "substring("};
	struct made *a = make_text(dice, depth);
	int how = roll(dice, 4);

	for (int i = 0; i < EVENTS; i++) {
		char *x = a->of[i].text;

		if (how < 2) {
			g_autofree char *other =
				how ? g_ascii_strup(x, -1) : g_ascii_strdown(x, -1);

			(void)g_strlcpy(x, other, TEXT_BYTES);
		} else if (how == 2) {
			(void)g_strreverse(x);
		} else if (how == 3) {
			size_t length = strlen(x);

			memmove(x, x + MIN(length, 1), length + 1 - MIN(length, 1));
			x[MIN(strlen(x), 2)] = '\0';
		}
	}
	wrap(a, before[how], how == 3 ? ", 2, 2)" : ")");
	return a;
}

/* What is missing is empty to concat. */
static struct made *text_of_two(GRand *dice, int depth)
{
	struct made *a = make_text(dice, depth), *b = make_text(dice, depth);
	bool by_sign = roll(dice, 2);

	for (int i = 0; i < EVENTS; i++) {
		char *x = a->of[i].text;

		if (a->of[i].is_null) {
			*x = '\0';
		}
		if (!b->of[i].is_null) {
			(void)g_strlcat(x, b->of[i].text, TEXT_BYTES);
		}
		a->of[i].is_null = false;
	}
	join(a, b, by_sign ? "(" : "concat(", by_sign ? " || " : ", ");
	return a;
}

static struct made *text_of_number(GRand *dice)
{
	struct made *a = make_number(dice, 0);

	for (int i = 0; i < EVENTS; i++) {
		(void)g_snprintf(a->of[i].text, TEXT_BYTES, "%.15g", a->of[i].number + 0.0);
	}
	wrap(a, "toString(", ")");
	return a;
}

static struct made *make_text(GRand *dice, int depth)
{
	if (depth == 0) {
		return text_leaf(dice);
	}
	switch (roll(dice, 4)) {
	case 0:
		return text_of_one(dice, depth - 1);
	case 1:
		/* Twice as long at most: 8 letters four times doubled are too many. */
		return depth < 3 ? text_of_two(dice, depth - 1) : text_of_one(dice, depth - 1);
	case 2:
		return text_of_number(dice);
	default:
		return text_leaf(dice);
	}
}

static void settle(struct value *x, bool is_null, bool truth)
{
	x->is_null = is_null;
	x->truth = truth;
}

/* = is false and != is true where one side is missing; two missing ones are equal. */
static struct made *truth_of_comparison(GRand *dice, int depth)
{
	static const char *const between[] = {" = ", " != ", " < ", " <= ", " > ", " >= "};
	bool of_texts = roll(dice, 2);
	struct made *a = of_texts ? make_text(dice, depth) : make_number(dice, depth);
	struct made *b = of_texts ? make_text(dice, depth) : make_number(dice, depth);
	int how = roll(dice, 6);

	for (int i = 0; i < EVENTS; i++) {
		struct value *x = &a->of[i], *y = &b->of[i];
		int order = of_texts                ? strcmp(x->text, y->text)
			    : x->number < y->number ? -1
						    : x->number > y->number;
		bool both = !x->is_null && !y->is_null;
		bool equal = both ? order == 0 : x->is_null && y->is_null;

		settle(x, false,
			how == 0   ? equal
			: how == 1 ? !equal
			: how == 2 ? both && order < 0
			: how == 3 ? both && order <= 0
			: how == 4 ? both && order > 0
				   : both && order >= 0);
	}
	join(a, b, "(", between[how]);
	return a;
}

/* Three-valued, as AND and OR of SQL are. */
static struct made *truth_of_two(GRand *dice, int depth)
{
	struct made *a = make_truth(dice, depth), *b = make_truth(dice, depth);
	bool is_or = roll(dice, 2);

	for (int i = 0; i < EVENTS; i++) {
		struct value *x = &a->of[i], *y = &b->of[i];
		bool decided =
			(!x->is_null && x->truth == is_or) || (!y->is_null && y->truth == is_or);

		settle(x, !decided && (x->is_null || y->is_null), decided ? is_or : !is_or);
	}
	join(a, b, "(", is_or ? " OR " : " AND ");
	return a;
}

static struct made *truth_of_one(GRand *dice, int depth)
{
	struct made *a = make_truth(dice, depth);

	for (int i = 0; i < EVENTS; i++) {
		a->of[i].truth = !a->of[i].truth;
	}
	wrap(a, "(NOT ", ")");
	return a;
}

static struct made *truth_of_text(GRand *dice, int depth)
{
	static const char *const before[] = {"(", "(", "(", "startsWith(", "empty(", "("};
	static const char *const after[] = {" IS NULL)", " LIKE 'a%')", " NOT LIKE '%a')", ", 'a')",
		")", " IN ('a', 'ba', ''))"};
	struct made *a = make_text(dice, depth);
	int how = roll(dice, 6);

	for (int i = 0; i < EVENTS; i++) {
		struct value *x = &a->of[i];
		size_t length = strlen(x->text);
		bool here = !x->is_null;
		bool begins = x->text[0] == 'a', ends = length && x->text[length - 1] == 'a';

		settle(x, !here && (how == 3 || how == 4),
			how == 0   ? !here
			: how == 1 ? here && begins
			: how == 2 ? !here || !ends
			: how == 3 ? begins
			: how == 4 ? length == 0
				   : here && (!length || !strcmp(x->text, "a") ||
						     !strcmp(x->text, "ba")));
	}
	wrap(a, before[how], after[how]);
	return a;
}

static struct made *truth_of_number(GRand *dice, int depth)
{
	static const char *const after[] = {
		" IS NOT NULL)", " BETWEEN -1 AND 2.5)", " IN (0, 1, 2.5))", " NOT IN (0, 1))"};
	struct made *a = make_number(dice, depth);
	int how = roll(dice, 4);

	for (int i = 0; i < EVENTS; i++) {
		struct value *x = &a->of[i];
		bool here = !x->is_null;
		double n = x->number;

		settle(x, false,
			how == 0   ? here
			: how == 1 ? here && n >= -1 && n <= 2.5
			: how == 2 ? here && (n == 0 || n == 1 || n == 2.5)
				   : !here || !(n == 0 || n == 1));
	}
	wrap(a, "(", after[how]);
	return a;
}

static struct made *make_truth(GRand *dice, int depth)
{
	int inner = MAX(depth - 1, 0);

	switch (roll(dice, depth > 0 ? 6 : 3)) {
	case 0:
		return truth_of_comparison(dice, inner);
	case 1:
		return truth_of_text(dice, inner);
	case 2:
		return truth_of_number(dice, inner);
	case 3:
		return truth_of_one(dice, inner);
	default:
		return truth_of_two(dice, inner);
	}
}

enum sort { SORT_NUMBER, SORT_TEXT, SORT_TRUTH };

static bool is_same(const json_t *got, const struct value *wanted, enum sort sort)
{
	if (wanted->is_null || json_is_null(got)) {
		return wanted->is_null && json_is_null(got);
	}
	switch (sort) {
	case SORT_NUMBER:
		return json_is_number(got) && fabs(json_number_value(got) - wanted->number) <=
						      1e-9 * MAX(1, fabs(wanted->number));
	case SORT_TEXT:
		return json_is_string(got) && strcmp(json_string_value(got), wanted->text) == 0;
	case SORT_TRUTH:
		return json_is_boolean(got) && json_is_true(got) == wanted->truth;
	}
	return false;
}

static void compare(guint32 seed, const json_t *rows, struct made *const *made)
{
	assert_int_equal(json_array_size(rows), EVENTS);
	for (size_t i = 0; i < EVENTS; i++) {
		for (size_t c = 0; c < COLUMNS; c++) {
			const json_t *got = json_array_get(json_array_get(rows, i), c);
			const struct value *wanted = &made[c]->of[i];

			if (!is_same(got, wanted, (enum sort)(c % 3))) {
				g_autofree char *text = json_write(got);

				fail_msg("INSIGHT_SEED=%u: %s of event %zu (%s, %s, %s, %s) is %s,"
					 " not %s %g %d '%s'",
					seed, made[c]->text->str, i, properties[i][0],
					properties[i][1], properties[i][2], properties[i][3], text,
					wanted->is_null ? "null" : "", wanted->number,
					wanted->truth, wanted->text);
			}
		}
	}
}

static bool check(GRand *dice, guint32 seed)
{
	struct made *made[COLUMNS];
	g_autoptr(GString) text = g_string_new("SELECT ");
	json_t *query, *result;

	for (size_t c = 0; c < COLUMNS; c++) {
		made[c] = c % 3 == SORT_NUMBER ? make_number(dice, DEPTH)
			  : c % 3 == SORT_TEXT ? make_text(dice, DEPTH)
					       : make_truth(dice, DEPTH);
		g_string_append_printf(text, "%s%s", c ? ", " : "", made[c]->text->str);
	}
	g_string_append(text, " FROM events ORDER BY uuid");
	query = json_pack("{s:s, s:s}", "kind", "HogQLQuery", "query", text->str);
	result = computed_result(&db, query, &env);
	compare(seed, json_object_get(result, "results"), made);
	json_decref(query);
	json_decref(result);
	for (size_t c = 0; c < COLUMNS; c++) {
		made_destroy(made[c]);
	}
	return true;
}

static void random_expressions_are_what_they_say(void **state)
{
	(void)state;
	cases_run(CASES, check);
}

/* A value that often is what the letter asks for (insight/hogql_function.def). */
static void add_value(GRand *dice, GString *out, char letter)
{
	static const char *const any[] = {"'a'", "'12'", "'2024-01-02'", "'day'", "'%Y'", "1",
		"-2.5", "length(event)", "true", "properties.a", "properties.s", "properties",
		"timestamp", "toDate(timestamp)", "uuid", "[1, 2]", "['a']", "[timestamp]", "NULL",
		"INTERVAL 2 DAY", "event", "(1, 2)", "person.properties.x", "group_0.properties.y",
		"(SELECT count() FROM events)", "person.created_at", "event = 'e'",
		"groupArray(event)", "sum(properties.a)"};
	static const struct {
		char letter;
		const char *values[4];
	} fitting[] = {{'t', {"event", "properties.s", "'a'", "uuid"}},
		{'p', {"'a%'", "'_'", "''", "'b'"}}, {'r', {"'a.*'", "'^b$'", "''", "'[0-9]+'"}},
		{'n', {"properties.a", "2.5", "length(event)", "toInt(properties.b)"}},
		{'i', {"1", "-1", "length(event)", "properties.b"}},
		{'s', {"timestamp", "today()", "'2024-01-01'", "properties.s"}},
		{'D', {"timestamp", "today()", "'2024-01-01'", "properties.s"}},
		{'b', {"event = 'e'", "properties.a > 1", "true", "properties.s"}},
		{'a', {"[1, 2]", "['a']", "splitByChar('a', event)", "[timestamp]"}},
		{'j', {"properties", "properties.a", "person.properties", "group_0.properties"}}};

	for (size_t i = 0; i < G_N_ELEMENTS(fitting); i++) {
		if (fitting[i].letter == letter && roll(dice, 8)) {
			g_string_append(out, fitting[i].values[roll(dice, 4)]);
			return;
		}
	}
	g_string_append(out, any[roll(dice, G_N_ELEMENTS(any))]);
}

/* A call of any function, some of its values calls in their turn. */
static void add_call(GRand *dice, GString *out, int depth)
{
	static const char *const functions[] = {
#define PLAIN(name, takes, gives) #name,
#define AGGREGATE(name, takes, gives) #name,
#define WINDOW(name, takes, gives) #name,
#define SPECIAL(name, takes) #name,
#define SYNONYM(name, other)
#define ELSEWHERE(name)
#include "insight/hogql_function.def"
#undef PLAIN
#undef AGGREGATE
#undef WINDOW
#undef SPECIAL
#undef SYNONYM
#undef ELSEWHERE
		"sumIf", "argMaxIf", "quantileIf", "groupArrayIf", "countIf", "uniqIf", "avgIf"};
	const char *name = functions[roll(dice, G_N_ELEMENTS(functions))];
	bool has_condition;
	const struct hogql_function *function = hogql_function_lookup(name, &has_condition);
	int least, most, count;

	hogql_function_arity(function, &least, &most);
	count = roll(dice, 10) == 0 ? roll(dice, 4)
				    : g_rand_int_range(dice, least, MAX(most, least + 2) + 1);
	g_string_append(out, name);
	g_string_append(out, g_str_has_prefix(name, "quantile") ? "(0.5)(" : "(");
	for (int i = 0; i < count; i++) {
		g_string_append(out, i ? ", " : "");
		if (depth > 0 && roll(dice, 3) == 0) {
			add_call(dice, out, depth - 1);
		} else {
			add_value(dice, out, hogql_function_takes(function, (unsigned)i));
		}
	}
	g_string_append(out, has_condition ? ", event = 'e')" : ")");
	if (function->family == FAMILY_WINDOW || roll(dice, 20) == 0) {
		g_string_append(out, " OVER (PARTITION BY event ORDER BY uuid)");
	}
}

/* '@' is a call. */
static void make_query(GRand *dice, GString *text)
{
	static const char *const shapes[] = {"SELECT @ FROM events", "SELECT @",
		"SELECT @ AS x FROM events ORDER BY x DESC",
		"SELECT @ AS x, count() FROM events GROUP BY x ORDER BY 1",
		"SELECT @ FROM events UNION ALL SELECT @ FROM events",
		"SELECT DISTINCT @ AS x FROM events ORDER BY x",
		"SELECT y.x, @ FROM (SELECT @ AS x, * FROM events) AS y WHERE x IS NOT NULL",
		"SELECT count() FROM events WHERE @ AND @",
		"SELECT event FROM events GROUP BY event HAVING @",
		"SELECT count() FROM events WHERE @ IN (SELECT @ FROM events)",
		"WITH @ AS w SELECT w, [w], if(event = 'e', w, @) FROM events",
		"SELECT a.event FROM events a LEFT JOIN persons b ON coalesce(@, false) ORDER BY @"};

	g_string_truncate(text, 0);
	for (const char *c = shapes[roll(dice, G_N_ELEMENTS(shapes))]; *c; c++) {
		if (*c == '@') {
			add_call(dice, text, 1);
		} else {
			g_string_append_c(text, *c);
		}
	}
}

/* What is not refused before it runs is not refused by the database either.  Most are refused, so
 * a case is the first that is not. */
static bool check_runs(GRand *dice, guint32 seed)
{
	g_autoptr(GString) text = g_string_new(NULL);
	json_t *query = NULL, *result = NULL;
	struct insight_run *run = NULL;
	struct fault f;
	bool is_taken = false;

	for (int i = 0; i < TRIES && !is_taken; i++) {
		json_decref(query);
		make_query(dice, text);
		query = json_pack("{s:s, s:s}", "kind", "HogQLQuery", "query", text->str);
		is_taken = insight_begin(query, &env, &run, &f);
	}
	if (is_taken) {
		insight_end(run);
		if (!computed_try(&db, query, &env, &result, &f)) {
			fail_msg("INSIGHT_SEED=%u: %s: %s", seed, text->str, f.detail);
		}
		json_decref(result);
	}
	json_decref(query);
	return is_taken;
}

static void what_is_taken_runs(void **state)
{
	(void)state;
	cases_run(RUN_CASES, check_runs);
}

/* Some of a property's values are JSON numbers, which read like their texts. */
static void load_event(GRand *dice, int number)
{
	static const char *const numbers[] = {
		NULL, "0", "1", "2.5", "-3", "10", "x", "", "1.5.2", "12"};
	static const char *const texts[] = {
		NULL, "", "a", "Ab", "ba", "it's", "a%", "_", "1", "-2.5", "aaaa"};
	g_autofree char *json = NULL;
	g_autofree char *sql = NULL;
	json_t *object = json_object();
	g_auto(GStrv) parts = NULL;
	g_autofree char *quoted = NULL;

	for (int p = 0; p < 4; p++) {
		const char *text = p < 2 ? numbers[roll(dice, G_N_ELEMENTS(numbers))]
					 : texts[roll(dice, G_N_ELEMENTS(texts))];
		double value;

		properties[number][p] = g_strdup(text);
		if (text && p < 2 && number_of(text, &value) && roll(dice, 2)) {
			json_object_set_new(object, property_names[p],
				value == floor(value) ? json_integer((json_int_t)value)
						      : json_real(value));
		} else if (text || roll(dice, 2)) {
			json_object_set_new(
				object, property_names[p], text ? json_string(text) : json_null());
		}
	}
	json = json_write(object);
	parts = g_strsplit(json, "'", -1);
	quoted = g_strjoinv("''", parts);
	sql = g_strdup_printf("INSERT INTO events (project_id, uuid, event, distinct_id, person_id,"
			      " timestamp, properties) VALUES (1,"
			      " '00000000-0000-0000-0000-0000000000%02d', 'e', 'd',"
			      " '00000000-0000-0000-0000-000000000001',"
			      " '2024-01-01 00:00:00Z', '%s')",
		number, quoted);
	computed_run(&db, sql);
	json_decref(object);
}

static int start(void **state)
{
	GRand *dice = g_rand_new_with_seed(cases_world_seed());

	(void)state;
	computed_start(&db);
	for (int i = 0; i < EVENTS; i++) {
		load_event(dice, i);
	}
	g_rand_free(dice);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	computed_stop(&db);
	for (int i = 0; i < EVENTS; i++) {
		for (int p = 0; p < 4; p++) {
			g_free(properties[i][p]);
		}
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_expressions_are_what_they_say),
		cmocka_unit_test(what_is_taken_runs),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
