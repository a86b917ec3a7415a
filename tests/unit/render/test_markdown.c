#include "render/markdown.h"
#include "support/drawing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/near.h"

static GString *drawn(const char *text, double width, double height)
{
	const struct theme *theme = theme_named("light");
	struct markdown *m = markdown_parse(text, theme);
	GString *out = g_string_new(NULL);
	struct canvas *c = canvas_trace_create(out);
	struct fault f;

	markdown_draw(m, c, (struct rect){0, 0, width, height});
	assert_true(canvas_ok(c, &f));
	canvas_destroy(c);
	markdown_destroy(m);
	return out;
}

static void assert_draws(const char *text, const char *const *parts)
{
	g_autoptr(GString) out = drawn(text, 400, 2000);
	const char *at = out->str;

	for (; *parts != NULL; parts++) {
		const char *found = strstr(at, *parts);

		if (found == NULL) {
			fail_msg("%s\nis drawn without %s (or out of order):\n%s", text, *parts,
				out->str);
		} else {
			at = found;
		}
	}
}

static void test_inline_styles(void **state)
{
	(void)state;
	assert_draws("a **b** *c* `d` ~~e~~ ***f*** [g](http://x)",
		(const char *const[]){"\"b\" size=14.00/600", "\"c\" size=14.00/400 italic", "d",
			"mono", "\"e\" size=14.00/400 strike", "\"f\" size=14.00/600 italic",
			"\"g\" size=14.00/400 ink=#f54e00", NULL});
}

static void test_blocks(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *const parts[6];
	} cases[] = {
		{"# one\n## two\n### three\n#### four",
			{"\"one\" size=22.00/700", "\"two\" size=18.00/600",
				"\"three\" size=16.00/600", "\"four\" size=14.00/600"}},
		{"3. c\n4. d", {"\"3.\"", "\"c\"", "\"4.\"", "\"d\""}},
		{"- a\n  - b", {"\"a\"", "border", "\"b\""}},
		{"- [ ] open\n- [x] done", {"border", "\"open\"", "line", "\"done\""}},
		{"> said", {"\"said\" size=14.00/400 ink=#404040", "rect 0.00"}},
		{"a\n\n---\n\nb", {"\"a\"", "400.00 1.00 ink=#dbded4", "\"b\""}},
		{"```\none\n  two\n```", {"rect 0.00", "\"one\" size=13.00/400 mono",
						 "\"  two\" size=13.00/400 mono"}},
		{"a  \nb", {"\"a\"", "\"b\""}},
		{"&amp; &lt; &#8364; &#x20ac; &unknown;", {"& < \u20ac \u20ac &unknown;"}},
		{"https://example.com", {"\"https://example.com\"", "ink=#f54e00"}},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_draws(cases[i].text, cases[i].parts);
	}
}

/* Where the line of a trace that shows these words ends. */
static double right_of(const GString *trace, const char *words)
{
	const char *at = strstr(trace->str, words);
	struct bounds b;

	assert_non_null(at);
	while (at > trace->str && at[-1] != '\n') {
		at--;
	}
	assert_true(bounds_of(at, &b));
	return b.right;
}

static void test_tables_align_their_columns(void **state)
{
	(void)state;
	g_autoptr(GString) out =
		drawn("| a | n | c |\n|---|--:|:-:|\n| long cell | 1 | x |\n", 400, 500);

	assert_near(right_of(out, "\"n\""), right_of(out, "\"1\""), 0.02);
}

static void test_html_is_left_out(void **state)
{
	(void)state;
	g_autoptr(GString) out = drawn(
		"<div onclick='x'>\nhidden\n</div>\n\nseen <b>bold</b><br> ![a picture](http://x/y.png)",
		400, 500);

	assert_null(strstr(out->str, "hidden"));
	assert_null(strstr(out->str, "<b>"));
	assert_non_null(strstr(out->str, "seen bold"));
	assert_non_null(strstr(out->str, "\"a picture\" size=14.00/400 italic"));
	assert_null(strstr(out->str, "http"));
}

/* Nothing below the box, nothing half, and a sign that there was more. */
static void test_what_does_not_fit_is_cut_at_a_line(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"one\n\ntwo\n\nthree\n\nfour\n\nfive\n\nsix\n\nseven\n\neight",
		"a very long paragraph that goes on and on and needs many lines of a narrow tile before it comes to its end, which nobody will ever read in this picture",
		"```\n1\n2\n3\n4\n5\n6\n7\n8\n```\n",
		"- one\n- two\n- three\n- four\n- five\n- six\n- seven\n- eight\n",
		"|a|b|\n|---|---|\n|1|b|\n|2|\n|3|\n|4|\n|5|\n|6|\n",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		for (int height = 48; height < 140; height += 7) {
			g_autoptr(GString) out = drawn(texts[i], 150, height);
			g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);

			for (char **line = lines; *line != NULL; line++) {
				struct bounds b;

				if (bounds_of(*line, &b)) {
					assert_true(b.bottom <= height + 0.01);
					assert_true(b.right <= 151);
				}
			}
			if (strstr(out->str, " cut") == NULL &&
				strstr(out->str, "\u2026") == NULL) {
				fail_msg("no sign of a cut at %d px:\n%s", height, out->str);
			}
		}
	}
}

static void test_height_is_what_drawing_takes(void **state)
{
	(void)state;
	static const char text[] =
		"# t\npara\n\n- a\n- b\n\n```\ncode\n```\n\n|a|b|\n|---|---|\n|1|2|";
	struct markdown *m = markdown_parse(text, theme_named("light"));
	struct canvas *measure = canvas_measure_create();
	double height = markdown_height(m, measure, 300);
	g_autoptr(GString) fits = drawn(text, 300, height + 0.01);
	g_autoptr(GString) cut = drawn(text, 300, height - 4);

	assert_null(strstr(fits->str, "\u2026"));
	assert_non_null(strstr(cut->str, "\u2026"));
	canvas_destroy(measure);
	markdown_destroy(m);
}

static void test_deep_and_odd_input_is_drawn(void **state)
{
	(void)state;
	g_autofree char *quotes = g_strnfill(500, '>');
	g_autofree char *stars = g_strnfill(3000, '*');
	GString *lists = g_string_new(NULL);

	for (int i = 0; i < 60; i++) {
		g_string_append_printf(lists, "%*s- x\n", 2 * i, "");
	}
	const char *const texts[] = {"", "\n\n", quotes, stars, lists->str, "|||\n|---|---|\n|||",
		"- ", "#", "``````", "[](", "![](", "&#0;", "&#x110000;", "&#99999999999999999999;",
		"\\", "1000000000. x", "-\n-\n-"};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		g_autoptr(GString) wide = drawn(texts[i], 300, 300);
		g_autoptr(GString) thin = drawn(texts[i], 5, 30);
	}
	g_string_free(lists, TRUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inline_styles),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_tables_align_their_columns),
		cmocka_unit_test(test_html_is_left_out),
		cmocka_unit_test(test_what_does_not_fit_is_cut_at_a_line),
		cmocka_unit_test(test_height_is_what_drawing_takes),
		cmocka_unit_test(test_deep_and_odd_input_is_drawn),
	};

	return cmocka_run_group_tests(tests, warm_fonts, NULL);
}
