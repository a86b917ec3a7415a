/* The worker's side of the renderer, against the real platen-renderer: what dies, hangs or wants
 * too much costs one picture and nothing else. */
#include "worker/drawing.h"

#include "lib/base/log.h"
#include "lib/base/require.h"

#include <glib.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char document[] = "{\"kind\":\"dashboard\",\"title\":\"Tiles\",\"scale\":1,\"tiles\":["
			       "{\"kind\":\"text\",\"body\":\"# Hello\\n\\n*world*\"}]}";
static const char huge[] = "{\"kind\":\"dashboard\",\"title\":\"Tiles\",\"scale\":4,\"width\":8192,"
			   "\"tiles\":[{\"kind\":\"text\",\"body\":\"x\"}]}";
static const char misshapen[] =
	"{\"kind\":\"insight\",\"tiles\":[{\"query\":{\"kind\":\"TrendsQuery\"},"
	"\"result\":{\"results\":[{\"label\":1,\"data\":\"x\"}]}}]}";
static const char nonsense[] = "{\"kind\":\"poem\"}";

struct outcome {
	struct fault fault;
	unsigned answers;
	bool is_png;
	int width_px;
	unsigned *left;
};

struct bench {
	uv_loop_t loop;
	struct config config;
	struct drawing *drawing;
	bool late;
};

static void on_drawn(void *arg, struct drawn *drawn, const struct fault *f)
{
	struct outcome *o = arg;

	o->answers++;
	if (f) {
		o->fault = *f;
	} else {
		o->is_png = drawn->length > 8 && memcmp(drawn->bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
		o->width_px = drawn->width_px;
		drawn_finish(drawn);
	}
	(*o->left)--;
}

static void on_late(void *arg)
{
	struct bench *b = arg;

	b->late = true;
}

/* Turns the loop until nothing is left to answer; fails after 20 s. */
static void until_answered(struct bench *b, const unsigned *left)
{
	struct timer *limit = timer_create_on(&b->loop, on_late, b);

	timer_start(limit, 20000, 0);
	while (*left > 0 && !b->late) {
		uv_run(&b->loop, UV_RUN_ONCE);
	}
	timer_destroy(limit);
	assert_false(b->late);
}

static void open_bench(struct bench *b, const char *failpoints, int64_t timeout_ms)
{
	int argc = 1;
	char program[] = "test", *argv[] = {program, NULL};
	struct fault f;

	memset(b, 0, sizeof *b);
	setenv("PLATEN_FAIL", failpoints, 1);
	assert_true(config_load(&b->config, &argc, argv, &f));
	g_free(b->config.renderer_path);
	b->config.renderer_path = g_strdup(BINARY_DIR "/bin/platen-renderer");
	b->config.draw_timeout_ms = timeout_ms;
	REQUIRE(uv_loop_init(&b->loop) == 0);
	assert_true(drawing_open(&b->loop, &b->config, &b->drawing, &f));
}

static void close_bench(struct bench *b)
{
	drawing_close(b->drawing);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	config_finish(&b->config);
	unsetenv("PLATEN_FAIL");
}

static struct drawing_call *draw(
	struct bench *b, const char *text, struct outcome *o, unsigned *left)
{
	memset(o, 0, sizeof *o);
	o->left = left;
	(*left)++;
	return drawing_draw(b->drawing, text, strlen(text), "png", on_drawn, o);
}

static void a_document_comes_back_as_a_picture(void **state)
{
	struct bench b;
	struct outcome o;
	unsigned left = 0;

	(void)state;
	open_bench(&b, "", 10000);
	draw(&b, document, &o, &left);
	until_answered(&b, &left);
	assert_int_equal(o.fault.kind, FAULT_NONE);
	assert_true(o.is_png);
	assert_int_equal(o.width_px, 1920);
	close_bench(&b);
}

static void sixteen_at_once_are_each_answered_once(void **state)
{
	struct bench b;
	struct outcome o[16];
	unsigned left = 0;

	(void)state;
	open_bench(&b, "", 10000);
	for (int i = 0; i < 16; i++) {
		draw(&b, i % 4 == 3 ? nonsense : document, &o[i], &left);
	}
	until_answered(&b, &left);
	for (int i = 0; i < 16; i++) {
		assert_int_equal(o[i].answers, 1);
		assert_int_equal(o[i].fault.kind, i % 4 == 3 ? FAULT_CORRUPT : FAULT_NONE);
	}
	close_bench(&b);
}

static void a_child_that_dies_is_one_crash(void **state)
{
	struct bench b;
	struct outcome o;
	unsigned left = 0;
	int pid;

	(void)state;
	open_bench(&b, "renderer.child=kill", 10000);
	draw(&b, document, &o, &left);
	pid = drawing_pid(b.drawing);
	until_answered(&b, &left);
	assert_int_equal(o.fault.kind, FAULT_CRASHED);
	assert_int_equal(drawing_pid(b.drawing), pid);
	close_bench(&b);
}

static void a_child_that_hangs_is_killed_at_its_limit(void **state)
{
	struct bench b;
	struct outcome o;
	unsigned left = 0;

	(void)state;
	open_bench(&b, "renderer.hang=fail", 300);
	draw(&b, document, &o, &left);
	until_answered(&b, &left);
	assert_int_equal(o.fault.kind, FAULT_TIMEOUT);
	assert_non_null(strstr(o.fault.detail, "draw_timeout_ms"));
	close_bench(&b);
}

static void too_many_pixels_are_refused_by_name(void **state)
{
	struct bench b;
	struct outcome o[2];
	unsigned left = 0;

	(void)state;
	open_bench(&b, "", 10000);
	b.config.draw_max_pixels = 1000000;
	draw(&b, huge, &o[0], &left);
	until_answered(&b, &left);
	assert_int_equal(o[0].fault.kind, FAULT_TOO_LARGE);
	assert_non_null(strstr(o[0].fault.detail, "draw_max_pixels"));
	b.config.draw_max_pixels = 50000000;
	draw(&b, document, &o[1], &left);
	until_answered(&b, &left);
	assert_int_equal(o[1].fault.kind, FAULT_NONE);
	close_bench(&b);
}

static void a_result_of_the_wrong_shape_is_a_fault_and_no_picture(void **state)
{
	struct bench b;
	struct outcome o;
	unsigned left = 0;

	(void)state;
	open_bench(&b, "", 10000);
	draw(&b, misshapen, &o, &left);
	until_answered(&b, &left);
	assert_int_equal(o.fault.kind, FAULT_CORRUPT);
	assert_non_null(strstr(o.fault.detail, "results[0]"));
	close_bench(&b);
}

static void a_canceled_picture_answers_canceled(void **state)
{
	struct bench b;
	struct outcome o;
	unsigned left = 0;

	(void)state;
	open_bench(&b, "renderer.hang=fail", 10000);
	drawing_cancel(b.drawing, draw(&b, document, &o, &left));
	until_answered(&b, &left);
	assert_int_equal(o.fault.kind, FAULT_CANCELED);
	assert_int_equal(o.answers, 1);
	close_bench(&b);
}

static void a_renderer_that_dies_is_replaced(void **state)
{
	struct bench b;
	struct outcome o[2];
	unsigned left = 0;
	int pid;

	(void)state;
	open_bench(&b, "", 10000);
	draw(&b, document, &o[0], &left);
	until_answered(&b, &left);
	pid = drawing_pid(b.drawing);
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	draw(&b, document, &o[0], &left);
	assert_int_equal(kill(pid, SIGKILL), 0);
	until_answered(&b, &left);
	assert_int_equal(o[0].fault.kind, FAULT_LOST);
	draw(&b, document, &o[1], &left);
	until_answered(&b, &left);
	assert_int_equal(o[1].fault.kind, FAULT_NONE);
	assert_int_not_equal(drawing_pid(b.drawing), pid);
	close_bench(&b);
}

static void what_is_under_way_at_the_close_is_canceled(void **state)
{
	struct bench b;
	struct outcome o;
	unsigned left = 0;

	(void)state;
	open_bench(&b, "renderer.hang=fail", 10000);
	draw(&b, document, &o, &left);
	close_bench(&b);
	assert_int_equal(left, 0);
	assert_int_equal(o.fault.kind, FAULT_CANCELED);
}

static void a_missing_renderer_names_its_setting(void **state)
{
	struct config config;
	struct drawing *d;
	struct fault f;
	uv_loop_t loop;
	int argc = 1;
	char program[] = "test", *argv[] = {program, NULL};

	(void)state;
	assert_true(config_load(&config, &argc, argv, &f));
	g_free(config.renderer_path);
	config.renderer_path = g_strdup("/nowhere/platen-renderer");
	REQUIRE(uv_loop_init(&loop) == 0);
	assert_false(drawing_open(&loop, &config, &d, &f));
	assert_non_null(strstr(f.detail, "renderer_path"));
	assert_int_equal(uv_loop_close(&loop), 0);
	config_finish(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_comes_back_as_a_picture),
		cmocka_unit_test(sixteen_at_once_are_each_answered_once),
		cmocka_unit_test(a_child_that_dies_is_one_crash),
		cmocka_unit_test(a_child_that_hangs_is_killed_at_its_limit),
		cmocka_unit_test(too_many_pixels_are_refused_by_name),
		cmocka_unit_test(a_result_of_the_wrong_shape_is_a_fault_and_no_picture),
		cmocka_unit_test(a_canceled_picture_answers_canceled),
		cmocka_unit_test(a_renderer_that_dies_is_replaced),
		cmocka_unit_test(what_is_under_way_at_the_close_is_canceled),
		cmocka_unit_test(a_missing_renderer_names_its_setting),
	};

	log_open("test_worker_drawing", LOG_ERROR, LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
