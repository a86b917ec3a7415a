#include "tests/unit/queue/test_loop.h"

#include "lib/base/clock.h"
#include "lib/base/require.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TICK_MS = 5, CLOSE_LIMIT_MS = 2000 };

static void on_tick(uv_timer_t *tick)
{
	(void)tick;
}

void test_loop_open(struct test_loop *l)
{
	REQUIRE(uv_loop_init(&l->uv) == 0);
	REQUIRE(uv_timer_init(&l->uv, &l->tick) == 0);
	REQUIRE(uv_timer_start(&l->tick, on_tick, TICK_MS, TICK_MS) == 0);
}

static void note_open(uv_handle_t *handle, void *arg)
{
	(void)handle;
	++*(int *)arg;
}

void test_loop_close(struct test_loop *l)
{
	int64_t until = clock_elapsed_ms() + CLOSE_LIMIT_MS;
	int open = 0;

	do {
		(void)uv_run(&l->uv, UV_RUN_ONCE);
		open = 0;
		uv_walk(&l->uv, note_open, &open);
	} while (open > 1 && clock_elapsed_ms() < until);
	assert_int_equal(open, 1);
	uv_close((uv_handle_t *)&l->tick, NULL);
	(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&l->uv), 0);
}

int64_t loop_until(struct test_loop *l, loop_claim_fn is_so, void *arg, int64_t limit_ms,
	const char *what_did_not_happen)
{
	int64_t began = clock_elapsed_ms();

	while (!is_so(arg)) {
		if (clock_elapsed_ms() - began > limit_ms) {
			fail_msg("within %d ms: %s", (int)limit_ms, what_did_not_happen);
		}
		(void)uv_run(&l->uv, UV_RUN_ONCE);
	}
	return clock_elapsed_ms() - began;
}

struct count_claim {
	const size_t *count;
	size_t least;
};

static bool is_counted(void *arg)
{
	const struct count_claim *c = arg;

	return *c->count >= c->least;
}

int64_t loop_until_count(struct test_loop *l, const size_t *count, size_t least, int64_t limit_ms,
	const char *what_did_not_happen)
{
	struct count_claim claim = {count, least};

	return loop_until(l, is_counted, &claim, limit_ms, what_did_not_happen);
}

void loop_run_for(struct test_loop *l, int64_t ms)
{
	int64_t until = clock_elapsed_ms() + ms;

	while (clock_elapsed_ms() < until) {
		(void)uv_run(&l->uv, UV_RUN_ONCE);
	}
}
