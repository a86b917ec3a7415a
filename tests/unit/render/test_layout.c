#include "render/layout.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/near.h"

enum { PAGE = 1888 };

static void assert_cell(const struct cell *cell, int x, int y, int w, int h)
{
	assert_int_equal(cell->x, x);
	assert_int_equal(cell->y, y);
	assert_int_equal(cell->w, w);
	assert_int_equal(cell->h, h);
}

/* The tables of spec/insights.md 6.2, in whole pixels. */
static void test_cells_have_the_sizes_of_the_spec(void **state)
{
	(void)state;
	static const double widths[][2] = {
		{2, 301.3}, {3, 460}, {4, 618.7}, {6, 936}, {8, 1253.3}, {12, 1888}};
	static const double heights[][2] = {
		{1, 80}, {2, 176}, {3, 272}, {4, 368}, {5, 464}, {7, 656}};

	for (size_t i = 0; i < 6; i++) {
		const struct cell cell = {
			.w = (int)widths[i][0], .h = (int)heights[i][0], .placed = true};
		struct rect r = layout_rect(&cell, PAGE);

		assert_near(r.w, widths[i][1], 0.51);
		assert_near(r.h, heights[i][1], 0.001);
	}
	const struct cell third = {.x = 8, .y = 5, .w = 4, .h = 1, .placed = true};
	struct rect r = layout_rect(&third, PAGE);

	assert_near(r.y, 480, 0.001);
	assert_near(r.x + r.w, PAGE, 0.001);
}

static void test_every_gap_is_sixteen_pixels(void **state)
{
	(void)state;
	for (int width = 800; width < 2600; width += 37) {
		for (int x = 1; x < LAYOUT_COLUMNS; x++) {
			const struct cell left = {.w = x, .h = 1}, right = {.x = x, .w = 1, .h = 1};
			struct rect a = layout_rect(&left, width), b = layout_rect(&right, width);

			assert_near(b.x - a.x - a.w, 16, 0.001);
			assert_near(a.w, round(a.w), 0.0001);
		}
	}
}

static void test_defaults_follow_what_is_shown(void **state)
{
	(void)state;
	static const struct {
		const char *kind, *display;
		int w, h;
	} cases[] = {
		{"TrendsQuery", "ActionsLineGraph", 6, 5},
		{"TrendsQuery", "BoldNumber", 2, 2},
		{"TrendsQuery", "Metric", 3, 3},
		{"FunnelsQuery", "ActionsLineGraph", 4, 4},
		{"RetentionQuery", "", 6, 7},
		{"PathsQuery", "", 12, 7},
		{"text", "", 2, 2},
		{"", "", 6, 5},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int w, h;

		layout_default_size(cases[i].kind, cases[i].display, &w, &h);
		assert_int_equal(w, cases[i].w);
		assert_int_equal(h, cases[i].h);
	}
}

static void test_tiles_move_up_until_they_touch(void **state)
{
	(void)state;
	struct cell cells[] = {
		{.x = 0, .y = 3, .w = 6, .h = 5, .placed = true},
		{.x = 6, .y = 40, .w = 6, .h = 2, .placed = true},
		{.x = 0, .y = 90, .w = 12, .h = 1, .placed = true},
	};

	layout_place(cells, 3, PAGE);
	assert_cell(&cells[0], 0, 0, 6, 5);
	assert_cell(&cells[1], 6, 0, 6, 2);
	assert_cell(&cells[2], 0, 5, 12, 1);
	assert_near(layout_height(cells, 3), 6 * 96 - 16, 0.001);
}

static void test_overlaps_push_the_later_tile_down(void **state)
{
	(void)state;
	struct cell cells[] = {
		{.x = 3, .y = 1, .w = 6, .h = 2, .placed = true},
		{.x = 0, .y = 0, .w = 6, .h = 5, .placed = true},
		{.x = 0, .y = 0, .w = 6, .h = 5, .placed = true},
	};

	layout_place(cells, 3, PAGE);
	assert_cell(&cells[1], 0, 0, 6, 5);
	assert_cell(&cells[2], 0, 5, 6, 5);
	assert_cell(&cells[0], 3, 10, 6, 2);
}

static void test_tiles_without_a_place_fill_the_least_deep_columns(void **state)
{
	(void)state;
	struct cell cells[] = {
		{.x = 0, .y = 0, .w = 6, .h = 5, .placed = true},
		{.w = 6, .h = 2},
		{.w = 2, .h = 2},
		{.w = 12, .h = 1},
		{.w = 6, .h = 5},
	};

	layout_place(cells, 5, PAGE);
	assert_cell(&cells[1], 6, 0, 6, 2);
	assert_cell(&cells[2], 6, 2, 2, 2);
	assert_cell(&cells[3], 0, 5, 12, 1);
	assert_cell(&cells[4], 0, 6, 6, 5);
}

static void test_absurd_cells_are_moved_into_the_grid(void **state)
{
	(void)state;
	struct cell cells[] = {
		{.x = -5, .y = -7, .w = 99, .h = 0, .placed = true},
		{.x = 11, .y = 100000000, .w = 4, .h = 100000000, .placed = true},
		{.w = -3, .h = -3},
	};

	layout_place(cells, 3, PAGE);
	assert_cell(&cells[0], 0, 0, 12, 1);
	assert_cell(&cells[1], 8, 1, 4, LAYOUT_MAX_ROWS);
	assert_cell(&cells[2], 0, 1, 1, 1);
}

static void test_narrow_pages_have_one_column(void **state)
{
	(void)state;
	struct cell cells[] = {
		{.x = 6, .y = 0, .w = 6, .h = 2, .placed = true},
		{.x = 0, .y = 0, .w = 6, .h = 3, .placed = true},
		{.x = 0, .y = 9, .w = 1, .h = 1, .placed = true},
	};

	layout_place(cells, 3, 600);
	assert_cell(&cells[1], 0, 0, 12, 3);
	assert_cell(&cells[0], 0, 3, 12, 2);
	assert_cell(&cells[2], 0, 5, 12, 1);
}

static bool overlap(const struct cell *a, const struct cell *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static bool rests(const struct cell *cell, const struct cell *cells, size_t count)
{
	struct cell higher = *cell;

	higher.y--;
	for (size_t i = 0; i < count; i++) {
		if (&cells[i] != cell && overlap(&higher, &cells[i])) {
			return true;
		}
	}
	return cell->y == 0;
}

static void test_any_layout_is_packed_without_overlaps(void **state)
{
	(void)state;
	g_autoptr(GRand) random = g_rand_new_with_seed(7);

	for (int round = 0; round < 500; round++) {
		struct cell cells[40];
		size_t count = (size_t)g_rand_int_range(random, 0, 41);

		for (size_t i = 0; i < count; i++) {
			cells[i] = (struct cell){.x = g_rand_int_range(random, -2, 14),
				.y = g_rand_int_range(random, -2, 30),
				.w = g_rand_int_range(random, -1, 15),
				.h = g_rand_int_range(random, 0, 9),
				.placed = g_rand_boolean(random)};
		}
		layout_place(cells, count, PAGE);
		for (size_t i = 0; i < count; i++) {
			assert_true(cells[i].x >= 0 && cells[i].x + cells[i].w <= 12);
			assert_true(rests(&cells[i], cells, count));
			for (size_t j = 0; j < i; j++) {
				assert_false(overlap(&cells[i], &cells[j]));
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells_have_the_sizes_of_the_spec),
		cmocka_unit_test(test_every_gap_is_sixteen_pixels),
		cmocka_unit_test(test_defaults_follow_what_is_shown),
		cmocka_unit_test(test_tiles_move_up_until_they_touch),
		cmocka_unit_test(test_overlaps_push_the_later_tile_down),
		cmocka_unit_test(test_tiles_without_a_place_fill_the_least_deep_columns),
		cmocka_unit_test(test_absurd_cells_are_moved_into_the_grid),
		cmocka_unit_test(test_narrow_pages_have_one_column),
		cmocka_unit_test(test_any_layout_is_packed_without_overlaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
