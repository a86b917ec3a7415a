#include "render/canvas.h"
#include "support/drawing.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/near.h"

static unsigned threads(void)
{
	GDir *tasks = g_dir_open("/proc/self/task", 0, NULL);
	unsigned count = 0;

	while (g_dir_read_name(tasks) != NULL) {
		count++;
	}
	g_dir_close(tasks);
	return count;
}

/* Runs first: it is about what a fresh process does. */
static void test_a_wrong_fonts_file_is_named(void **state)
{
	(void)state;
	struct fault f;

	assert_int_equal(setenv("PLATEN_FONTS", "/nowhere/fonts.conf", 1), 0);
	assert_false(render_warm(&f));
	assert_int_equal(f.kind, FAULT_INPUT);
	assert_non_null(strstr(f.detail, "/nowhere/fonts.conf"));
	assert_int_equal(unsetenv("PLATEN_FONTS"), 0);
}

static void test_no_thread_is_left_behind(void **state)
{
	(void)state;
	unsigned before = threads();
	struct fault f;

	assert_true(render_warm(&f));
	assert_int_equal(threads(), before);
}

static int draw_without_files(void)
{
	const struct rlimit none = {0, 0};
	struct fault f;

	if (setrlimit(RLIMIT_NOFILE, &none) != 0 || open("/dev/null", O_RDONLY) >= 0) {
		return 2;
	}

	/* The faces that pages are set in (render/warm.c), at sizes that were not warmed. */
	static const struct type faces[] = {
		{.weight = WEIGHT_NORMAL},
		{.weight = WEIGHT_MEDIUM},
		{.weight = WEIGHT_SEMIBOLD},
		{.weight = WEIGHT_BOLD},
		{.weight = WEIGHT_NORMAL, .italic = true},
		{.weight = WEIGHT_SEMIBOLD, .italic = true},
		{.weight = WEIGHT_NORMAL, .mono = true},
		{.weight = WEIGHT_SEMIBOLD, .mono = true},
	};
	struct canvas *c = canvas_cairo_create(800, 400, 2, color_of_hex("#ffffff"));

	/* Pango only warns when it cannot load a face, and draws boxes instead. */
	g_log_set_always_fatal((GLogLevelFlags)(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL));
	for (int size = 10; size < 40; size += 3) {
		for (size_t i = 0; i < sizeof faces / sizeof *faces; i++) {
			struct type type = faces[i];

			type.size = size;
			canvas_text(c, (struct rect){0, 0, 400, 40}, "Weekly sign-ups 1,234", type,
				ALIGN_START, color_of_hex("#000000"));
		}
	}

	int stride;
	const uint8_t *pixels = canvas_cairo_pixels(c, &stride);
	bool any = false;

	for (int i = 0; i < 400 * stride; i += 4) {
		any = any || pixels[i] != 0xff;
	}

	bool ok = canvas_ok(c, &f);

	canvas_destroy(c);
	return ok && any ? 0 : 1;
}

static void test_a_forked_child_draws_without_opening_a_file(void **state)
{
	(void)state;
	pid_t child = fork();
	int status;

	if (child == 0) {
		_exit(draw_without_files());
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_inter_is_what_draws(void **state)
{
	(void)state;
	const struct type type = {.size = 100, .weight = WEIGHT_NORMAL};
	struct canvas *c = canvas_measure_create();
	struct fault f;

	/* Advance widths of Inter Regular, in hundredths of an em. */
	assert_near(canvas_text_width(c, "m", type), 87.6, 1);
	assert_near(canvas_text_width(c, "0", type), 62.4, 1.5);
	assert_true(canvas_ok(c, &f));
	canvas_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_wrong_fonts_file_is_named),
		cmocka_unit_test(test_no_thread_is_left_behind),
		cmocka_unit_test(test_a_forked_child_draws_without_opening_a_file),
		cmocka_unit_test(test_inter_is_what_draws),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
