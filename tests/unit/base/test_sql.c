#include "lib/base/sql.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char evil[] = "'; DROP TABLE events; --";

static void values_become_numbered_placeholders(void **state)
{
	struct sql *s = sql_create();

	(void)state;
	sql_add(s, "SELECT * FROM t WHERE a = ");
	sql_param_text(s, evil);
	sql_addf(s, " AND %s < ", "b");
	sql_param_int(s, INT64_MIN);
	sql_add(s, " AND c = ");
	sql_param_bool(s, true);
	sql_add(s, " AND d = ");
	sql_param_real(s, 0.1);
	sql_add(s, " AND e = ");
	sql_param_json(s, "{\"a\": 1}");
	sql_add(s, " AND f = ");
	sql_param_as(s, "{1,2}", "bigint[]");
	assert_string_equal(sql_text(s),
		"SELECT * FROM t WHERE a = $1::text AND b < $2::bigint AND c = $3::boolean"
		" AND d = $4::float8 AND e = $5::json AND f = $6::bigint[]");
	assert_int_equal(sql_param_count(s), 6);
	assert_string_equal(sql_param_values(s)[0], evil);
	assert_string_equal(sql_param_values(s)[1], "-9223372036854775808");
	assert_string_equal(sql_param_values(s)[2], "true");
	assert_string_equal(sql_param_values(s)[3], "0.1");
	assert_string_equal(sql_param_values(s)[5], "{1,2}");
	sql_destroy(s);
}

static void no_value_ever_becomes_text(void **state)
{
	struct sql *s = sql_create();

	(void)state;
	sql_param_text(s, evil);
	sql_param_json(s, evil);
	sql_param_as(s, evil, "date");
	assert_null(strstr(sql_text(s), "DROP"));
	assert_null(strchr(sql_text(s), '\''));
	sql_destroy(s);
}

static void values_are_copied_when_they_are_given(void **state)
{
	struct sql *s = sql_create();
	char text[] = "before";

	(void)state;
	sql_param_text(s, text);
	memcpy(text, "after!", sizeof text);
	assert_string_equal(sql_param_values(s)[0], "before");
	sql_destroy(s);
}

static void nothing_is_null(void **state)
{
	struct sql *s = sql_create();

	(void)state;
	sql_param_text(s, NULL);
	sql_param_int_or_null(s, 0);
	sql_param_time_us_or_null(s, 0);
	sql_param_int_or_null(s, 5);
	for (int i = 0; i < 3; i++) {
		assert_null(sql_param_values(s)[i]);
	}
	assert_string_equal(sql_param_values(s)[3], "5");
	sql_destroy(s);
	sql_destroy(NULL);
}

static void times_keep_their_microseconds(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = {
		{1000000, "1970-01-01 00:00:01.000000+00"},
		{1706696400123456, "2024-01-31 10:20:00.123456+00"},
		{-1, "1969-12-31 23:59:59.999999+00"},
		{-1000000, "1969-12-31 23:59:59.000000+00"},
		{INT64_MAX, "infinity"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sql *s = sql_create();

		sql_param_time_us(s, cases[i].us);
		assert_string_equal(sql_text(s), "$1::timestamptz");
		assert_string_equal(sql_param_values(s)[0], cases[i].text);
		sql_destroy(s);
	}
}

static void bytes_are_binary_and_borrowed(void **state)
{
	static const char bytes[] = "a\0b";
	struct sql *s = sql_create();

	(void)state;
	sql_param_int(s, 1);
	sql_param_bytes(s, bytes, sizeof bytes);
	assert_string_equal(sql_text(s), "$1::bigint$2::bytea");
	assert_ptr_equal(sql_param_values(s)[1], bytes);
	assert_int_equal(sql_param_lengths(s)[1], sizeof bytes);
	assert_int_equal(sql_param_formats(s)[0], 0);
	assert_int_equal(sql_param_formats(s)[1], 1);
	sql_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_become_numbered_placeholders),
		cmocka_unit_test(no_value_ever_becomes_text),
		cmocka_unit_test(values_are_copied_when_they_are_given),
		cmocka_unit_test(nothing_is_null),
		cmocka_unit_test(times_keep_their_microseconds),
		cmocka_unit_test(bytes_are_binary_and_borrowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
