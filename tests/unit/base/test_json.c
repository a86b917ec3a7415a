#include "lib/base/json.h"

#include <glib.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool read_text(const char *text, json_t **out, struct fault *f)
{
	return json_read(text, strlen(text), &json_request_limits, out, f);
}

static void what_is_no_json_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "line 1"},
		{" ", "line 1"},
		{"{", "line 1"},
		{"{\"a\": 1,\n \"b\": }", "line 2"},
		{"{\"a\": 1, \"a\": 2}", "duplicate"},
		{"{\"a\": {\"b\": 1, \"b\": 1}}", "duplicate"},
		{"[1] 2", "end of file"},
		{"[1,]", "line 1"},
		{"{'a': 1}", "line 1"},
		{"[01]", "line 1"},
		{"[+1]", "line 1"},
		{"[.5]", "line 1"},
		{"[NaN]", "line 1"},
		{"[1e999]", "overflow"},
		{"[99999999999999999999]", "too big"},
		{"\"\\ud800\"", "line 1"},
		{"\"\\u0000\"", "\\u0000"},
		{"\"\xff\"", "line 1"},
		{"\"\xc0\x80\"", "decode"},
		{"\"a\nb\"", "line 1"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fault f = {.kind = FAULT_NONE};
		json_t *value = NULL;

		if (read_text(cases[i].text, &value, &f) || f.kind != FAULT_INPUT ||
			!strstr(f.detail, cases[i].says)) {
			fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text, f.detail,
				cases[i].says);
		}
	}
}

static void a_nul_byte_is_refused_wherever_it_stands(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} cases[] = {{"{\"a\": 1}\0", 9}, {"{\"a\0\": 1}", 9}, {"\0", 1}, {"[\"a\0b\"]", 7}};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fault f;
		json_t *value = NULL;

		assert_false(json_read(
			cases[i].bytes, cases[i].length, &json_request_limits, &value, &f));
		assert_int_equal(f.kind, FAULT_INPUT);
	}
}

static char *nested(unsigned depth)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < depth; i++) {
		g_string_append(text, i % 2 ? "{\"a\":" : "[");
	}
	g_string_append_c(text, '1');
	for (unsigned i = depth; i-- > 0;) {
		g_string_append_c(text, i % 2 ? '}' : ']');
	}
	return g_string_free(text, FALSE);
}

static void nesting_is_counted_before_it_is_followed(void **state)
{
	static const struct {
		unsigned depth;
		bool fine;
	} cases[] = {{1, true}, {64, true}, {65, false}, {100, false}, {100000, false}};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = nested(cases[i].depth);
		struct fault f;
		json_t *value = NULL;
		struct json_limits limits = {10000000, 64};

		assert_int_equal(json_read(text, strlen(text), &limits, &value, &f), cases[i].fine);
		if (cases[i].fine) {
			json_decref(value);
		} else {
			assert_int_equal(f.kind, FAULT_TOO_LARGE);
			assert_non_null(strstr(f.detail, "64"));
		}
	}
}

static void brackets_in_texts_are_no_nesting(void **state)
{
	g_autofree char *brackets = g_strnfill(500, '[');
	g_autofree char *text = g_strdup_printf("{\"a\": \"%s\\\"%s\"}", brackets, brackets);
	struct fault f;
	json_t *value = NULL;

	(void)state;
	assert_true(read_text(text, &value, &f));
	json_decref(value);
}

static void bytes_past_the_limit_are_refused(void **state)
{
	struct json_limits limits = {8, 64};
	struct fault f;
	json_t *value = NULL;

	(void)state;
	assert_true(json_read("\"123456\"", 8, &limits, &value, &f));
	json_decref(value);
	assert_false(json_read("\"1234567\"", 9, &limits, &value, &f));
	assert_int_equal(f.kind, FAULT_TOO_LARGE);
	assert_non_null(strstr(f.detail, "8 bytes"));
}

static void reals_read_as_in_python(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{0.0, "0.0"},
		{-0.0, "-0.0"},
		{100, "100.0"},
		{-33.8715, "-33.8715"},
		{0.1, "0.1"},
		{1.0 / 3, "0.3333333333333333"},
		{2.0 / 3, "0.6666666666666666"},
		{1e15, "1000000000000000.0"},
		{1234567890123456.0, "1234567890123456.0"},
		{9999999999999998.0, "9999999999999998.0"},
		{1125899906842624.0, "1125899906842624.0"},
		{1e16, "1e+16"},
		{1.5e16, "1.5e+16"},
		{1e-4, "0.0001"},
		{1e-5, "1e-05"},
		{1.25e-7, "1.25e-07"},
		{1e100, "1e+100"},
		{5e-324, "5e-324"},
		{2.2250738585072014e-308, "2.2250738585072014e-308"},
		{1.7976931348623157e308, "1.7976931348623157e+308"},
		{NAN, "nan"},
		{INFINITY, "inf"},
		{-INFINITY, "-inf"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char text[32];

		assert_string_equal(json_real_text(cases[i].value, text), cases[i].text);
	}
}

/* Over every exponent: reads back the same, and no text with fewer digits would. */
static void reals_are_the_shortest_that_read_back(void **state)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(20240131);

	(void)state;
	for (int i = 0; i < 200000; i++) {
		union {
			uint64_t bits;
			double value;
		} u = {.bits = (uint64_t)g_rand_int(random) << 32 | g_rand_int(random)};
		char text[32], shorter[32];
		int digits = 0;
		const char *c;

		if (!isfinite(u.value)) {
			continue;
		}
		json_real_text(u.value, text);
		if (g_ascii_strtod(text, NULL) != u.value) {
			fail_msg("%a is written %s, which is another number", u.value, text);
		}
		c = text + strspn(text, "-0.");
		for (; *c && *c != 'e'; c++) {
			digits += *c != '.';
		}
		(void)g_snprintf(shorter, sizeof shorter, "%.*g", digits - 1, u.value);
		if (digits > 1 && !g_str_has_suffix(text, ".0") &&
			g_ascii_strtod(shorter, NULL) == u.value) {
			fail_msg("%a is written %s, but %s would do", u.value, text, shorter);
		}
	}
}

static void writing_reads_back_the_same(void **state)
{
	static const char *const cases[] = {
		"null",
		"[]",
		"{}",
		"{\"a\":[1,1.0,-0.0,true,false,null,\"\"]}",
		"\"\\u0001\\n\\\"\\\\/\"",
		"\"\xe2\x82\xac \xf0\x9f\x98\x80\"",
		"[9223372036854775807,-9223372036854775808]",
		"[1e+16,1e-05]",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fault f;
		json_t *value = NULL;
		g_autofree char *text = NULL;

		assert_true(read_text(cases[i], &value, &f));
		text = json_write(value);
		assert_string_equal(text, cases[i]);
		json_decref(value);
	}
}

static void people_get_lines_and_rows(void **state)
{
	static const struct {
		const char *value, *lines;
	} cases[] = {
		{"7", "7"},
		{"{}", "{}"},
		{"[]", "[]"},
		{"[1,2.5,\"x\",null]", "[1, 2.5, \"x\", null]"},
		{"[[1,2],[]]", "[\n  [1, 2],\n  []\n]"},
		{"{\"a\":[{\"b\":1,\"c\":[0.1]}],\"d\":{\"e\":true}}",
			"{\n  \"a\": [\n    {\n      \"b\": 1,\n      \"c\": [0.1]\n    }\n  ],\n"
			"  \"d\": {\n    \"e\": true\n  }\n}"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fault f;
		json_t *value = NULL;
		g_autofree char *text = NULL;

		assert_true(read_text(cases[i].value, &value, &f));
		text = json_write_lines(value);
		assert_string_equal(text, cases[i].lines);
		json_decref(value);
	}
}

static void integers_and_reals_stay_apart(void **state)
{
	struct fault f;
	json_t *value = NULL;

	(void)state;
	assert_true(read_text("[10, 10.0]", &value, &f));
	assert_true(json_is_integer(json_array_get(value, 0)));
	assert_true(json_is_real(json_array_get(value, 1)));
	json_decref(value);
}

static void getters_give_the_other_value_for_another_type(void **state)
{
	struct fault f;
	json_t *value = NULL;

	(void)state;
	assert_true(
		read_text("{\"t\": \"x\", \"i\": 5, \"r\": 1.5, \"b\": true, \"o\": {}, \"a\": []}",
			&value, &f));
	assert_string_equal(json_get_text(value, "t", "-"), "x");
	assert_string_equal(json_get_text(value, "i", "-"), "-");
	assert_string_equal(json_get_text(NULL, "t", "-"), "-");
	assert_int_equal(json_get_int(value, "i", 9), 5);
	assert_int_equal(json_get_int(value, "r", 9), 9);
	assert_true(json_get_bool(value, "b", false));
	assert_true(json_get_bool(value, "t", true));
	assert_non_null(json_get_object(value, "o"));
	assert_null(json_get_object(value, "a"));
	assert_non_null(json_get_array(value, "a"));
	assert_null(json_get_array(value, "o"));
	assert_null(json_get_array(json_get_array(value, "a"), "o"));
	json_decref(value);
}

static void emptiness_is_not_truthy(void **state)
{
	static const struct {
		const char *text;
		bool truthy;
	} cases[] = {
		{"null", false},
		{"false", false},
		{"true", true},
		{"0", false},
		{"0.0", false},
		{"-1", true},
		{"0.5", true},
		{"\"\"", false},
		{"\"0\"", true},
		{"[]", false},
		{"[null]", true},
		{"{}", false},
		{"{\"a\":null}", true},
	};

	(void)state;
	assert_false(json_truthy(NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fault f;
		json_t *value = NULL;

		assert_true(read_text(cases[i].text, &value, &f));
		assert_int_equal(json_truthy(value), cases[i].truthy);
		json_decref(value);
	}
}

static void a_file_that_is_not_there_names_itself(void **state)
{
	struct fault f;
	json_t *value = NULL;

	(void)state;
	assert_false(json_read_file("/nonexistent/x.json", &json_stored_limits, &value, &f));
	assert_int_equal(f.kind, FAULT_INPUT);
	assert_non_null(strstr(f.detail, "/nonexistent/x.json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
		cmocka_unit_test(a_nul_byte_is_refused_wherever_it_stands),
		cmocka_unit_test(nesting_is_counted_before_it_is_followed),
		cmocka_unit_test(brackets_in_texts_are_no_nesting),
		cmocka_unit_test(bytes_past_the_limit_are_refused),
		cmocka_unit_test(reals_read_as_in_python),
		cmocka_unit_test(reals_are_the_shortest_that_read_back),
		cmocka_unit_test(writing_reads_back_the_same),
		cmocka_unit_test(people_get_lines_and_rows),
		cmocka_unit_test(integers_and_reals_stay_apart),
		cmocka_unit_test(getters_give_the_other_value_for_another_type),
		cmocka_unit_test(emptiness_is_not_truthy),
		cmocka_unit_test(a_file_that_is_not_there_names_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
