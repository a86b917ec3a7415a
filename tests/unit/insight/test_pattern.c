#include "insight/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static void patterns_are_spelled_as_postgres_does(void **state)
{
	static const struct {
		const char *pattern, *expected;
	} cases[] = {
		{"", ""},
		{"a.*b", "a.*b"},
		{"\\bword\\b", "\\yword\\y"},
		{"\\Bx\\z", "\\Yx\\Z"},
		{"[\\b]", "[\\b]"},
		{"[]\\b]\\b", "[]\\b]\\y"},
		{"[^]\\b]\\b", "[^]\\b]\\y"},
		{"[[:alpha:]\\b]\\b", "[[:alpha:]\\b]\\y"},
		{"\\[\\b", "\\[\\y"},
		{"\\\\b", "\\\\b"},
		{"(?P<year>[0-9]+)-(?<month>x)", "([0-9]+)-(x)"},
		{"(?:a|b)(?=c)", "(?:a|b)(?=c)"},
		{"(?i)x", "(?i)x"},
		{"[(?P<]", "[(?P<]"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = pattern_for_postgres(cases[i].pattern);

		assert_string_equal(got, cases[i].expected);
	}
}

static void what_is_no_pattern_is_said(void **state)
{
	static const char *const wrong[] = {"(a", "a)", "[a", "*", "a{2,1}", "\\"};
	g_autofree char *longest = g_strnfill(PATTERN_MAX_BYTES + 1, 'a');
	struct fault f;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		assert_false(pattern_check(wrong[i], "value", &f));
		assert_int_equal(f.kind, FAULT_QUERY);
		assert_true(g_str_has_prefix(f.detail, "value: '"));
	}
	assert_false(pattern_check(longest, "value", &f));
	assert_non_null(strstr(f.detail, "at most 4000 bytes"));
	assert_true(pattern_check("^(?P<a>x+)\\b[^a-z]{2,3}$", "value", &f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_are_spelled_as_postgres_does),
		cmocka_unit_test(what_is_no_pattern_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
