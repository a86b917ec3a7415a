#include "api-shim/pairs.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void reads_as(const char *text, const char *shown)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct pairs p = {0};
	struct fault f = {0};

	assert_true(pairs_read(&p, text, strlen(text), &f));
	for (size_t i = 0; i < p.count; i++) {
		g_string_append_printf(out, "[%s|%s]", p.at[i].name, p.at[i].value);
	}
	assert_string_equal(out->str, shown);
	pairs_finish(&p);
}

static void queries_are_decoded_like_forms(void **state)
{
	(void)state;
	reads_as("", "");
	reads_as("a=1&b=2", "[a|1][b|2]");
	reads_as("a", "[a|]");
	reads_as("a=", "[a|]");
	reads_as("=x", "[|x]");
	reads_as("&&a=1&", "[a|1]");
	reads_as("a=b=c", "[a|b=c]");
	reads_as("a+b=c+d", "[a b|c d]");
	reads_as("a%20b=%41%4a%4A", "[a b|AJJ]");
	reads_as("a=%C3%A9", "[a|\xc3\xa9]");
}

static void broken_escapes_stand_for_themselves(void **state)
{
	(void)state;
	reads_as("a=%", "[a|%]");
	reads_as("a=%4", "[a|%4]");
	reads_as("a=%zz1", "[a|%zz1]");
	reads_as("a=100%&b=1", "[a|100%][b|1]");
	reads_as("a=%FF", "[a|\xef\xbf\xbd]");
}

static void nul_and_floods_are_refused(void **state)
{
	g_autoptr(GString) many = g_string_new(NULL);
	struct pairs p = {0};
	struct fault f = {0};

	(void)state;
	assert_false(pairs_read(&p, "a=%00", 5, &f));
	assert_int_equal(f.kind, FAULT_INPUT);
	assert_string_equal(f.detail, "Null characters are not allowed.");
	assert_false(pairs_read(&p, "a\0b=1", 5, &f));
	for (int i = 0; i < PAIRS_MAX + 1; i++) {
		g_string_append(many, "x=1&");
	}
	assert_false(pairs_read(&p, many->str, many->len, &f));
	assert_non_null(strstr(f.detail, "1000"));
	pairs_finish(&p);
}

static void the_last_of_a_name_counts(void **state)
{
	struct pairs p = {0};
	struct fault f = {0};

	(void)state;
	assert_true(pairs_read(&p, "a=1&a=2&b=3", 11, &f));
	assert_string_equal(pairs_value(&p, "a"), "2");
	assert_null(pairs_value(&p, "c"));
	pairs_finish(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_are_decoded_like_forms),
		cmocka_unit_test(broken_escapes_stand_for_themselves),
		cmocka_unit_test(nul_and_floods_are_refused),
		cmocka_unit_test(the_last_of_a_name_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
