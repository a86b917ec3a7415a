#include "render/theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static unsigned hex(struct color c)
{
	return (unsigned)(c.r * 255 + 0.5) << 16 | (unsigned)(c.g * 255 + 0.5) << 8 |
	       (unsigned)(c.b * 255 + 0.5);
}

static void test_unknown_themes_are_light(void **state)
{
	(void)state;
	assert_string_equal(theme_named(NULL)->name, "light");
	assert_string_equal(theme_named("neon")->name, "light");
	assert_string_equal(theme_named("dark")->name, "dark");
	assert_int_equal(hex(theme_named("light")->page), 0xf3f4f0);
	assert_int_equal(hex(theme_named("dark")->surface), 0x232429);
}

static void test_series_repeat_after_fifteen(void **state)
{
	(void)state;
	const struct theme *light = theme_named("light");

	assert_int_equal(hex(theme_series(light, 0)), 0x1d4aff);
	assert_int_equal(hex(theme_series(light, 4)), 0xf14f58);
	assert_int_equal(hex(theme_series(light, 15)), 0x1d4aff);
	assert_int_equal(hex(theme_series(light, 44)), 0x30d5c8);
	assert_int_equal(hex(theme_series(theme_named("dark"), 1)), 0x7f26d9);
}

static void test_presets_are_numbers_from_one_or_colors(void **state)
{
	(void)state;
	const struct theme *light = theme_named("light");
	static const struct {
		const char *preset;
		unsigned color;
	} cases[] = {
		{"preset-1", 0x1d4aff},
		{"preset-15", 0x30d5c8},
		{"preset-16", 0x1d4aff},
		{"#abcdef", 0xabcdef},
		{"preset-0", 0x42827e},
		{"preset--1", 0x42827e},
		{"preset-", 0x42827e},
		{"preset-1x", 0x42827e},
		{"preset-99999999999999999999", 0x42827e},
		{"#abcdeg", 0x42827e},
		{"", 0x42827e},
		{NULL, 0x42827e},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(hex(theme_preset(light, cases[i].preset, 2)), cases[i].color);
	}
}

/* WCAG's contrast of text and its ground: 4.5 is readable. */
static double linear(double c)
{
	return c <= 0.04045 ? c / 12.92 : __builtin_pow((c + 0.055) / 1.055, 2.4);
}

static double contrast(struct color a, struct color b)
{
	double la = 0.2126 * linear(a.r) + 0.7152 * linear(a.g) + 0.0722 * linear(a.b);
	double lb = 0.2126 * linear(b.r) + 0.7152 * linear(b.g) + 0.0722 * linear(b.b);

	return la > lb ? (la + 0.05) / (lb + 0.05) : (lb + 0.05) / (la + 0.05);
}

static void test_text_can_be_read_on_every_ground(void **state)
{
	(void)state;
	static const char *const names[] = {"light", "dark"};

	for (size_t i = 0; i < 2; i++) {
		const struct theme *t = theme_named(names[i]);
		const struct color texts[] = {t->text, t->text_secondary, t->text_tertiary};
		const struct color grounds[] = {t->page, t->surface, t->surface_secondary};

		for (size_t text = 0; text < 3; text++) {
			for (size_t ground = 0; ground < 3; ground++) {
				assert_true(contrast(texts[text], grounds[ground]) >= 4.5);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_themes_are_light),
		cmocka_unit_test(test_series_repeat_after_fifteen),
		cmocka_unit_test(test_presets_are_numbers_from_one_or_colors),
		cmocka_unit_test(test_text_can_be_read_on_every_ground),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
