#include "lib/base/rows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const cells[] = {
	"1",
	"2.5",
	"t",
	"text", /* the row of values */
	NULL,
	NULL,
	NULL,
	NULL, /* the row of nulls */
	"-9223372036854775808",
	"1e-3",
	"f",
	"",
};
static const struct rows rows = {.row_count = 3, .column_count = 4, .cells = cells};

static void cells_are_found_by_row_and_column(void **state)
{
	(void)state;
	assert_string_equal(rows_text(&rows, 0, 3), "text");
	assert_string_equal(rows_text(&rows, 2, 0), "-9223372036854775808");
	assert_string_equal(rows_text(&rows, 2, 3), "");
}

static void null_is_what_the_caller_says(void **state)
{
	(void)state;
	assert_null(rows_text(&rows, 1, 0));
	assert_int_equal(rows_int(&rows, 1, 0, 7), 7);
	assert_true(isnan(rows_real(&rows, 1, 1, NAN)));
	assert_false(rows_bool(&rows, 1, 2));
}

static void numbers_and_booleans_are_read(void **state)
{
	(void)state;
	assert_int_equal(rows_int(&rows, 0, 0, 0), 1);
	assert_int_equal(rows_int(&rows, 2, 0, 0), INT64_MIN);
	assert_true(rows_real(&rows, 0, 1, 0) == 2.5);
	assert_true(rows_real(&rows, 2, 1, 0) == 1e-3);
	assert_true(rows_bool(&rows, 0, 2));
	assert_false(rows_bool(&rows, 2, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_found_by_row_and_column),
		cmocka_unit_test(null_is_what_the_caller_says),
		cmocka_unit_test(numbers_and_booleans_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
