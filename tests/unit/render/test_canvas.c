#include "render/canvas.h"
#include "support/drawing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/near.h"

static const struct type body = {.size = 14, .weight = WEIGHT_NORMAL};
static const struct color ink = {0, 0, 0, 1};
static const struct rect square = {2, 3, 4, 5};

static void finish(struct canvas *c)
{
	struct fault f;

	assert_true(canvas_ok(c, &f));
	canvas_destroy(c);
}

static void test_colors_are_read_from_hex(void **state)
{
	(void)state;
	struct color c = color_of_hex("#1d4aff80");

	assert_near(c.r, 29 / 255.0, 1e-9);
	assert_near(c.g, 74 / 255.0, 1e-9);
	assert_near(c.b, 1, 1e-9);
	assert_near(c.a, 128 / 255.0, 1e-9);
	for (const char *const *bad = (const char *const[]){"", "red", "#12345", "#12345g", NULL};
		*bad != NULL; bad++) {
		c = color_of_hex(*bad);
		assert_true(c.r == 0 && c.g == 0 && c.b == 0 && c.a == 1);
	}
	assert_true(color_of_hex(NULL).a == 1);
}

static void test_trace_writes_a_line_for_each_call(void **state)
{
	(void)state;
	g_autoptr(GString) out = g_string_new(NULL);
	struct canvas *c = canvas_trace_create(out);
	const double line[] = {1, 2, 3, -0.001};

	canvas_fill_rect(c, square, 0, CORNERS_NONE, color_of_hex("#ff0000"));
	canvas_fill_rect(c, square, 99, CORNERS_TOP, color_of_hex("#ff000080"));
	canvas_border(c, square, 0, 1, ink);
	canvas_line(
		c, line, 2, (struct stroke){.width = 2, .dash = 10, .gap = 5, .round = true}, ink);
	canvas_hatch(c, square, 0, CORNERS_NONE, 14, 4, ink);
	canvas_clip(c, square, 0);
	canvas_unclip(c);
	finish(c);
	assert_string_equal(out->str,
		"rect 2.00 3.00 4.00 5.00 ink=#ff0000\n"
		"rect 2.00 3.00 4.00 5.00 r=2.00 corners=3 ink=#ff000080\n"
		"border 2.00 3.00 4.00 5.00 width=1.00 ink=#000000\n"
		"line 1.00 2.00 3.00 0.00 width=2.00 round dash=10.00,5.00 ink=#000000\n"
		"hatch 2.00 3.00 4.00 5.00 tile=14.00 width=4.00 ink=#000000\n"
		"clip 2.00 3.00 4.00 5.00\n"
		"unclip\n");
}

static void test_what_is_not_a_number_is_not_drawn(void **state)
{
	(void)state;
	g_autoptr(GString) out = g_string_new(NULL);
	struct canvas *c = canvas_trace_create(out);
	const double line[] = {1, 2, NAN, 4}, far[] = {0, 0, 1e9, 1};

	canvas_fill_rect(c, (struct rect){NAN, 0, 1, 1}, 0, CORNERS_NONE, ink);
	canvas_fill_rect(c, (struct rect){0, 0, -1, 1}, 0, CORNERS_NONE, ink);
	canvas_fill_rect(c, (struct rect){0, INFINITY, 1, 1}, 0, CORNERS_NONE, ink);
	canvas_line(c, line, 2, (struct stroke){.width = 1}, ink);
	canvas_line(c, far, 2, (struct stroke){.width = 1}, ink);
	canvas_line(c, line, 0, (struct stroke){.width = 1}, ink);
	canvas_fill_polygon(c, line, 2, ink);
	canvas_text(c, (struct rect){0, 0, NAN, 10}, "x", body, ALIGN_START, ink);
	canvas_fill_rect(c, square, 0, CORNERS_NONE, color_with_alpha(ink, 0));
	finish(c);
	assert_string_equal(out->str, "");
}

static void test_a_canvas_remembers_its_first_failure(void **state)
{
	(void)state;
	g_autoptr(GString) out = g_string_new(NULL);
	struct canvas *c = canvas_trace_create(out);
	struct fault f;

	canvas_fail(c, FAULT_TOO_LARGE, "too many %s", "points");
	canvas_fail(c, FAULT_BUG, "later");
	canvas_fill_rect(c, square, 0, CORNERS_NONE, ink);
	assert_true(canvas_failed(c));
	assert_false(canvas_ok(c, &f));
	assert_int_equal(f.kind, FAULT_TOO_LARGE);
	assert_string_equal(f.detail, "too many points");
	assert_string_equal(out->str, "");
	canvas_destroy(c);
}

static void test_widths_add_up_and_do_not_depend_on_what_was_asked_before(void **state)
{
	(void)state;
	struct canvas *c = canvas_measure_create();
	double one = canvas_text_width(c, "1,234", body);
	double twice = canvas_text_width(c, "1,2341,234", body);

	assert_true(one > 30 && one < 45);
	assert_near(twice, 2 * one, 1);
	for (int i = 0; i < 5000; i++) {
		char text[16];

		g_snprintf(text, sizeof text, "%d", i);
		(void)canvas_text_width(c, text, body);
	}
	assert_near(canvas_text_width(c, "1,234", body), one, 0);
	assert_near(canvas_text_width(c, "", body), 0, 0);
	finish(c);
}

static void test_bold_is_wider_and_size_scales(void **state)
{
	(void)state;
	struct canvas *c = canvas_measure_create();
	struct type bold = {.size = 14, .weight = WEIGHT_BOLD};
	struct type large = {.size = 28, .weight = WEIGHT_NORMAL};
	struct type spaced = {.size = 14, .weight = WEIGHT_NORMAL, .letter_spacing = 2};
	double width = canvas_text_width(c, "measure", body);

	assert_true(canvas_text_width(c, "measure", bold) > width);
	assert_near(canvas_text_width(c, "measure", large), 2 * width, 0.1);
	assert_near(canvas_text_width(c, "measure", spaced), width + 14, 2.1);
	finish(c);
}

static void test_text_is_cut_only_when_it_does_not_fit(void **state)
{
	(void)state;
	g_autoptr(GString) out = g_string_new(NULL);
	struct canvas *c = canvas_trace_create(out);
	double width = canvas_text_width(c, "Firefox", body);

	canvas_text(c, (struct rect){0, 0, width, 20}, "Firefox", body, ALIGN_START, ink);
	assert_null(strstr(out->str, " cut"));
	canvas_text(c, (struct rect){0, 0, width - 1, 20}, "Firefox", body, ALIGN_START, ink);
	assert_non_null(strstr(out->str, " cut"));
	g_string_truncate(out, 0);
	canvas_text(c, (struct rect){0, 0, 3, 20}, "Firefox", body, ALIGN_START, ink);
	assert_string_equal(out->str, "");
	finish(c);
}

static void test_text_is_aligned_in_its_box(void **state)
{
	(void)state;
	static const enum align aligns[] = {ALIGN_START, ALIGN_MIDDLE, ALIGN_END};
	double x[3], y = 0, w = 0;

	for (int i = 0; i < 3; i++) {
		g_autoptr(GString) out = g_string_new(NULL);
		struct canvas *c = canvas_trace_create(out);

		canvas_text(c, (struct rect){100, 50, 80, 20}, "Hxg", body, aligns[i], ink);
		struct bounds b;

		assert_true(bounds_of(out->str, &b));
		x[i] = b.left;
		y = b.bottom;
		w = b.right - b.left;
		finish(c);
	}
	assert_near(x[0], 100, 0.001);
	assert_near(x[1], 140 - w / 2, 0.02);
	assert_near(x[2], 180 - w, 0.02);
	/* Capitals of Inter are 0.727 high, so their middle is the middle of the box. */
	assert_near(y, 60 + 14 * 0.727 / 2, 0.1);
}

static void test_control_and_direction_characters_are_dropped(void **state)
{
	(void)state;
	g_autoptr(GString) out = g_string_new(NULL);
	struct canvas *c = canvas_trace_create(out);

	canvas_text(c, (struct rect){0, 0, 200, 20},
		"a\x01"
		"b\u202e"
		"c\xc2\x85\x7f"
		"d\ne",
		body, ALIGN_START, ink);
	assert_non_null(strstr(out->str, "\"abcd e\""));
	canvas_text(c, (struct rect){0, 0, 200, 20}, "bad \xff utf", body, ALIGN_START, ink);
	assert_non_null(strstr(out->str, "bad \ufffd utf"));
	canvas_text(c, (struct rect){0, 0, 200, 20}, "<b>&amp;", body, ALIGN_START, ink);
	assert_non_null(strstr(out->str, "<b>&amp;"));
	finish(c);
}

static void test_endless_labels_are_bounded(void **state)
{
	(void)state;
	g_autofree char *huge = g_strnfill(1 << 20, 'm');
	struct canvas *c = canvas_measure_create();

	assert_true(canvas_text_width(c, huge, body) < 1100 * 14);
	assert_true(canvas_paragraph_height(c, 100, huge, body, 1.5, 0) < 17000 * 21);
	finish(c);
}

static int count_lines(const char *text, const char *start)
{
	int count = 0;

	for (const char *at = text; (at = strstr(at, start)) != NULL; at++) {
		count++;
	}
	return count;
}

static void test_paragraphs_wrap_and_end_with_an_ellipsis(void **state)
{
	(void)state;
	static const char words[] =
		"Try changing the date range, or pick another action, event or breakdown.";
	g_autoptr(GString) out = g_string_new(NULL);
	struct canvas *c = canvas_trace_create(out);
	const struct rect box = {0, 0, 150, 500};
	double whole = canvas_paragraph_height(c, 150, words, body, 1.5, 0);

	assert_true(whole >= 4 * 21);
	assert_near(canvas_paragraph(c, box, words, body, ALIGN_START, 1.5, 0, ink), whole, 0.001);
	assert_int_equal(count_lines(out->str, "text "), (int)lround(whole / 21));
	assert_null(strstr(out->str, " cut"));
	g_string_truncate(out, 0);
	assert_near(canvas_paragraph(c, box, words, body, ALIGN_START, 1.5, 2, ink), 42, 0.001);
	assert_int_equal(count_lines(out->str, "text "), 2);
	assert_int_equal(count_lines(out->str, " cut"), 1);
	finish(c);
}

static void test_max_lines_counts_lines_of_all_paragraphs(void **state)
{
	(void)state;
	g_autoptr(GString) out = g_string_new(NULL);
	struct canvas *c = canvas_trace_create(out);

	canvas_paragraph(c, (struct rect){0, 0, 300, 500}, "one\ntwo\nthree\nfour", body,
		ALIGN_START, 1.5, 3, ink);
	assert_int_equal(count_lines(out->str, "text "), 3);
	assert_non_null(strstr(out->str, "\"one\""));
	assert_non_null(strstr(out->str, "\"two\""));
	finish(c);
}

static void test_spans_keep_their_types_and_inks(void **state)
{
	(void)state;
	const struct type bold = {.size = 14, .weight = WEIGHT_BOLD};
	const struct span spans[] = {
		{.text = "plain ", .type = body, .ink = ink},
		{.text = "bold", .type = bold, .ink = color_of_hex("#ff0000")},
		{.text = " code", .type = body, .ink = ink, .behind = color_of_hex("#eeeeee")},
	};
	g_autoptr(GString) out = g_string_new(NULL);
	struct canvas *c = canvas_trace_create(out);

	assert_near(
		canvas_spans(c, (struct rect){0, 0, 400, 50}, spans, 3, body, 1.5, 0), 21, 0.01);
	assert_non_null(strstr(out->str, "\"bold\" size=14.00/700 ink=#ff0000"));
	assert_non_null(strstr(out->str, "\"plain \" size=14.00/400 ink=#000000"));
	assert_non_null(strstr(out->str, "ink=#eeeeee"));
	finish(c);
}

static const uint8_t *row_of(struct canvas *c, int y)
{
	int stride;
	const uint8_t *pixels = canvas_cairo_pixels(c, &stride);

	return pixels + (ptrdiff_t)y * stride;
}

static unsigned pixel_at(struct canvas *c, int x, int y)
{
	uint32_t pixel;

	memcpy(&pixel, row_of(c, y) + 4 * (ptrdiff_t)x, sizeof pixel);
	return pixel & 0xffffff;
}

static void test_pixels_are_filled_to_the_edge_and_not_beyond(void **state)
{
	(void)state;
	struct canvas *c = canvas_cairo_create(40, 40, 2, color_of_hex("#ffffff"));

	canvas_fill_rect(c, (struct rect){2, 2, 6, 6}, 0, CORNERS_NONE, color_of_hex("#1d4aff"));
	canvas_border(c, (struct rect){10, 10, 8, 8}, 0, 1, color_of_hex("#ff0000"));
	assert_int_equal(pixel_at(c, 4, 4), 0x1d4aff);
	assert_int_equal(pixel_at(c, 15, 15), 0x1d4aff);
	assert_int_equal(pixel_at(c, 3, 4), 0xffffff);
	assert_int_equal(pixel_at(c, 16, 15), 0xffffff);
	assert_int_equal(pixel_at(c, 20, 20), 0xff0000);
	assert_int_equal(pixel_at(c, 21, 25), 0xff0000);
	assert_int_equal(pixel_at(c, 22, 25), 0xffffff);
	assert_int_equal(pixel_at(c, 35, 35), 0xff0000);
	assert_int_equal(pixel_at(c, 36, 35), 0xffffff);
	finish(c);
}

static void test_clips_hold_what_is_drawn_inside(void **state)
{
	(void)state;
	struct canvas *c = canvas_cairo_create(20, 20, 1, color_of_hex("#ffffff"));

	canvas_clip(c, (struct rect){5, 5, 5, 5}, 0);
	canvas_fill_rect(c, (struct rect){0, 0, 20, 20}, 0, CORNERS_NONE, ink);
	canvas_unclip(c);
	canvas_fill_rect(c, (struct rect){15, 15, 1, 1}, 0, CORNERS_NONE, ink);
	assert_int_equal(pixel_at(c, 4, 4), 0xffffff);
	assert_int_equal(pixel_at(c, 5, 5), 0);
	assert_int_equal(pixel_at(c, 9, 9), 0);
	assert_int_equal(pixel_at(c, 10, 9), 0xffffff);
	assert_int_equal(pixel_at(c, 15, 15), 0);
	finish(c);
}

static void test_a_surface_that_cannot_be_is_a_fault(void **state)
{
	(void)state;
	struct canvas *c = canvas_cairo_create(100000, 10, 1, color_of_hex("#ffffff"));
	struct fault f;

	canvas_fill_rect(c, square, 0, CORNERS_NONE, ink);
	canvas_text(c, (struct rect){0, 0, 100, 20}, "words", body, ALIGN_START, ink);
	assert_false(canvas_ok(c, &f));
	assert_int_equal(f.kind, FAULT_TOO_LARGE);
	canvas_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_colors_are_read_from_hex),
		cmocka_unit_test(test_trace_writes_a_line_for_each_call),
		cmocka_unit_test(test_what_is_not_a_number_is_not_drawn),
		cmocka_unit_test(test_a_canvas_remembers_its_first_failure),
		cmocka_unit_test(test_widths_add_up_and_do_not_depend_on_what_was_asked_before),
		cmocka_unit_test(test_bold_is_wider_and_size_scales),
		cmocka_unit_test(test_text_is_cut_only_when_it_does_not_fit),
		cmocka_unit_test(test_text_is_aligned_in_its_box),
		cmocka_unit_test(test_control_and_direction_characters_are_dropped),
		cmocka_unit_test(test_endless_labels_are_bounded),
		cmocka_unit_test(test_paragraphs_wrap_and_end_with_an_ellipsis),
		cmocka_unit_test(test_max_lines_counts_lines_of_all_paragraphs),
		cmocka_unit_test(test_spans_keep_their_types_and_inks),
		cmocka_unit_test(test_pixels_are_filled_to_the_edge_and_not_beyond),
		cmocka_unit_test(test_clips_hold_what_is_drawn_inside),
		cmocka_unit_test(test_a_surface_that_cannot_be_is_a_fault),
	};

	return cmocka_run_group_tests(tests, warm_fonts, NULL);
}
