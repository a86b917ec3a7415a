#include "insight/formula.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <math.h>
#include <string.h>

/* A = 6, B = 4, C = 0, D = -2.5 */
static const double letters[] = {6, 4, 0, -2.5};
enum { LETTERS = 4 };

static const struct {
	const char *text;
	double value;
} formulas[] = {
	{"A", 6},
	{"b", 4},
	{" 7 ", 7},
	{".5", 0.5},
	{"1e3", 1000},
	{"A+B*2", 14},
	{"(A+B)*2", 20},
	{"A - B - 1", 1},
	{"A - (B - 1)", 3},
	{"A/B/2", 0.75},
	{"A/B*100", 150},
	{"A / C", 0},
	{"A + B / C", 6},
	{"A / (B - 4)", 0},
	{"-A", -6},
	{"--A", 6},
	{"+A", 6},
	{"A*-B", -24},
	{"2^3^2", 512},
	{"2**3", 8},
	{"-2^2", -4},
	{"(-2)^2", 4},
	{"2^-1", 0.5},
	{"0^0", 1},
	{"(0-8)^0.5", 0},
	{"10^400", 0},
	{"A % B", 2},
	{"-A % B", 2},
	{"A % -B", -2},
	{"D % 2", 1.5},
	{"A % C", 0},
	{"A*B%5", 4},
	{"((((A))))", 6},
	{"1e308*10", 0},
};

static void formulas_have_the_value_that_python_gives_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(formulas); i++) {
		struct formula *formula;
		struct fault f;
		double value;

		if (!formula_parse(formulas[i].text, LETTERS, &formula, &f)) {
			fail_msg("%s: %s", formulas[i].text, f.detail);
		}
		value = formula_value(formula, letters);
		if (fabs(value - formulas[i].value) > 1e-12) {
			fail_msg("%s is %g", formulas[i].text, value);
		}
		formula_destroy(formula);
	}
}

static const struct {
	const char *text, *detail;
} mistakes[] = {
	{"", "at 1: the formula ends where a value should be"},
	{"  ", "at 3: the formula ends where a value should be"},
	{"A +", "at 4: the formula ends where a value should be"},
	{"(A", "at 3: a ')' is missing"},
	{"A)", "at 2: an operator is missing"},
	{"A B", "at 3: an operator is missing"},
	{"A 2", "at 3: an operator is missing"},
	{"AB", "at 1: a series is one letter; there are no functions"},
	{"max(A, B)", "at 1: a series is one letter; there are no functions"},
	{"A + E", "at 5: there is no series E"},
	{"z", "at 1: there is no series Z"},
	{"* A", "at 1: neither a number, a letter nor a parenthesis"},
	{"A ; B", "at 3: an operator is missing"},
	{"A + '1'", "at 5: neither a number, a letter nor a parenthesis"},
	{"0x10", "at 1: a number has decimal digits only"},
	{"1e999", "at 1: not a number"},
	{".", "at 1: not a number"},
	{"\xc3\xa9", "at 1: neither a number, a letter nor a parenthesis"},
	{"A//B", "at 3: neither a number, a letter nor a parenthesis"},
	{"()", "at 2: neither a number, a letter nor a parenthesis"},
};

static void what_is_wrong_with_a_formula_is_said_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
		struct formula *formula;
		struct fault f;

		print_message("%s\n", mistakes[i].text);
		assert_false(formula_parse(mistakes[i].text, LETTERS, &formula, &f));
		assert_int_equal(f.kind, FAULT_QUERY);
		assert_string_equal(f.detail, mistakes[i].detail);
	}
}

static char *repeat(const char *before, size_t count, const char *middle, const char *after)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < count; i++) {
		g_string_append(text, before);
	}
	g_string_append(text, middle);
	for (size_t i = 0; i < count; i++) {
		g_string_append(text, after);
	}
	return g_string_free(text, FALSE);
}

static void depth_and_length_are_bounded(void **state)
{
	static const struct {
		const char *before, *after;
		size_t most, more;
		const char *detail;
	} cases[] = {
		{"(", ")", FORMULA_MAX_DEPTH - 1, FORMULA_MAX_DEPTH, "nested deeper than 50"},
		{"-", "", FORMULA_MAX_DEPTH - 1, FORMULA_MAX_DEPTH, "nested deeper than 50"},
		{"2^", "", FORMULA_MAX_DEPTH - 1, FORMULA_MAX_DEPTH, "nested deeper than 50"},
		{"A+", "", FORMULA_MAX_LENGTH / 2 - 1, FORMULA_MAX_LENGTH / 2,
			"1001 bytes are more than 1000"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *most = repeat(cases[i].before, cases[i].most, "A", cases[i].after);
		g_autofree char *more = repeat(cases[i].before, cases[i].more, "A", cases[i].after);
		struct formula *formula;
		struct fault f;

		if (!formula_parse(most, LETTERS, &formula, &f)) {
			fail_msg("%s", f.detail);
		}
		(void)formula_value(formula, letters);
		formula_destroy(formula);
		assert_false(formula_parse(more, LETTERS, &formula, &f));
		assert_non_null(strstr(f.detail, cases[i].detail));
	}
	formula_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formulas_have_the_value_that_python_gives_them),
		cmocka_unit_test(what_is_wrong_with_a_formula_is_said_with_its_place),
		cmocka_unit_test(depth_and_length_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
