#include "render/number.h"

#include <glib.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_text(const struct number_format *format, double value, const char *wanted)
{
	g_autofree char *text = number_text(format, value);

	if (strcmp(text, wanted) != 0) {
		fail_msg("%.17g is \"%s\", not \"%s\"", value, text, wanted);
	}
}

struct number_case {
	double value;
	const char *text;
};

static void expect_all(
	enum number_style style, int decimals, const struct number_case *cases, size_t count)
{
	struct number_format format = {.style = style, .decimals = decimals};

	for (size_t i = 0; i < count; i++) {
		expect_text(&format, cases[i].value, cases[i].text);
	}
}

static void plain_numbers_have_commas_and_two_decimals_at_most(void **state)
{
	static const struct number_case cases[] = {
		{0, "0"},
		{-0.0, "0"},
		{1, "1"},
		{-1, "-1"},
		{999, "999"},
		{1000, "1,000"},
		{1234.56, "1,234.56"},
		{1234.5, "1,234.5"},
		{1000000, "1,000,000"},
		{-1234567.891, "-1,234,567.89"},
		{0.001, "0"},
		{-0.001, "0"},
		{0.005, "0.01"},
		{0.125, "0.13"},
		{1.005, "1.01"},
		{2.675, "2.68"},
		{9.999, "10"},
		{999.995, "1,000"},
		{99999.999, "100,000"},
		{0.1 + 0.2, "0.3"},
		{1e15, "1,000,000,000,000,000"},
		{1e21, "1e+21"},
		{1e300, "1e+300"},
		{1e-6, "0"},
		{NAN, "-"},
		{INFINITY, "∞"},
		{-INFINITY, "-∞"},
	};

	(void)state;
	expect_all(NUMBER_NUMERIC, 2, cases, G_N_ELEMENTS(cases));
}

static void decimals_are_bounds_and_not_a_padding(void **state)
{
	static const struct {
		double value;
		int decimals, least;
		const char *text;
	} cases[] = {
		{1.23456, 4, 0, "1.2346"},
		{1.5, 0, 0, "2"},
		{0.5, 0, 0, "1"},
		{1, 2, 2, "1.00"},
		{0, 2, 2, "0.00"},
		{1.5, 3, 2, "1.50"},
		{1234.5678, 3, 1, "1,234.568"},
		{0.0000012, 7, 0, "0.0000012"},
		{1, 99, 0, "1"},
		{1, -5, 0, "1"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text =
			number_plain(cases[i].value, cases[i].decimals, cases[i].least);

		assert_string_equal(text, cases[i].text);
	}
}

static void short_numbers_have_three_digits_and_a_unit(void **state)
{
	static const struct number_case cases[] = {
		{0, "0"},
		{5, "5"},
		{999, "999"},
		{999.9, "1 K"},
		{1230, "1.23 K"},
		{1234, "1.23 K"},
		{12345, "12.3 K"},
		{999499, "999 K"},
		{999500, "1 M"},
		{1.5e6, "1.5 M"},
		{2e9, "2 B"},
		{1e12, "1 T"},
		{-4321, "-4.32 K"},
		{0.00123, "0.00123"},
	};

	(void)state;
	expect_all(NUMBER_SHORT, 2, cases, G_N_ELEMENTS(cases));
}

static void durations_have_the_units_that_matter(void **state)
{
	static const struct number_case cases[] = {
		{0, "0s"},
		{0.85, "850ms"},
		{0.0001, "0.1ms"},
		{1, "1s"},
		{4.25, "4.25s"},
		{45, "45s"},
		{59.94, "59.9s"},
		{59.96, "1m"},
		{60, "1m"},
		{90, "1m 30s"},
		{3599.9, "1h"},
		{3843, "1h 4m 3s"},
		{7200, "2h"},
		{86400, "1d"},
		{183600, "2d 3h"},
		{183660, "2d 3h"},
		{-90, "-1m 30s"},
		{1e18, "1.16e+13d"},
	};

	(void)state;
	expect_all(NUMBER_DURATION, 2, cases, G_N_ELEMENTS(cases));
}

static void other_styles_read_as_their_name_says(void **state)
{
	static const struct {
		enum number_style style;
		double value;
		const char *text;
	} cases[] = {
		{NUMBER_DURATION_MS, 850, "850ms"},
		{NUMBER_DURATION_MS, 90000, "1m 30s"},
		{NUMBER_PERCENTAGE, 46.05, "46.05%"},
		{NUMBER_PERCENTAGE, 7.05, "7.05%"},
		{NUMBER_PERCENTAGE, 100, "100%"},
		{NUMBER_PERCENTAGE, 12345, "12,345%"},
		{NUMBER_PERCENTAGE_SCALED, 0.4605, "46.05%"},
		{NUMBER_PERCENTAGE_SCALED, 0.07, "7%"},
		{NUMBER_CURRENCY, 1234.5, "$1,234.50"},
		{NUMBER_CURRENCY, -5, "-$5.00"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct number_format format = {.style = cases[i].style, .decimals = 2};

		expect_text(&format, cases[i].value, cases[i].text);
	}
}

static void a_share_has_as_many_places_as_asked(void **state)
{
	g_autofree char *third = number_percent(1.0 / 3, 1);
	g_autofree char *whole = number_percent(1, 1);
	g_autofree char *none = number_percent(NAN, 1);

	(void)state;
	assert_string_equal(third, "33.3%");
	assert_string_equal(whole, "100%");
	assert_string_equal(none, "-");
}

static struct number_format format_from(const char *filter, json_t **query)
{
	g_autofree char *text =
		g_strdup_printf("{\"kind\":\"TrendsQuery\",\"trendsFilter\":%s}", filter);

	*query = json_loads(text, 0, NULL);
	assert_non_null(*query);
	return number_format_of(*query);
}

static void a_filter_sets_style_decimals_and_the_text_around(void **state)
{
	static const struct {
		const char *filter;
		double value;
		const char *text;
	} cases[] = {
		{"{}", 1234.567, "1,234.57"},
		{"null", 1234.567, "1,234.57"},
		{"{\"aggregationAxisFormat\":\"short\"}", 1234, "1.23 K"},
		{"{\"aggregationAxisFormat\":\"no such\"}", 1234, "1,234"},
		{"{\"aggregationAxisFormat\":5}", 1234, "1,234"},
		{"{\"aggregationAxisPrefix\":\"~\",\"aggregationAxisPostfix\":\" ms\"}", 5,
			"~5 ms"},
		{"{\"decimalPlaces\":0}", 1.6, "2"},
		{"{\"decimalPlaces\":4}", 1.23456, "1.2346"},
		{"{\"decimalPlaces\":-3}", 1.6, "2"},
		{"{\"decimalPlaces\":1000}", 1.5, "1.5"},
		{"{\"decimalPlaces\":\"x\"}", 1.555, "1.56"},
		{"{\"minDecimalPlaces\":2}", 1, "1.00"},
		{"{\"aggregationAxisFormat\":\"currency\",\"aggregationAxisPrefix\":\"$\"}", 3,
			"$3.00"},
		{"{\"aggregationAxisFormat\":\"percentage\",\"decimalPlaces\":1}", 33.333, "33.3%"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *query = NULL;
		struct number_format format = format_from(cases[i].filter, &query);

		expect_text(&format, cases[i].value, cases[i].text);
		json_decref(query);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_numbers_have_commas_and_two_decimals_at_most),
		cmocka_unit_test(decimals_are_bounds_and_not_a_padding),
		cmocka_unit_test(short_numbers_have_three_digits_and_a_unit),
		cmocka_unit_test(durations_have_the_units_that_matter),
		cmocka_unit_test(other_styles_read_as_their_name_says),
		cmocka_unit_test(a_share_has_as_many_places_as_asked),
		cmocka_unit_test(a_filter_sets_style_decimals_and_the_text_around),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
