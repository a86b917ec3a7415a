#include "tests/unit/queue/bench_loop.h"

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

void bench_loop_open(struct bench_loop *b)
{
	REQUIRE(uv_loop_init(&b->uv) == 0);
	REQUIRE(uv_timer_init(&b->uv, &b->tick) == 0);
	REQUIRE(uv_timer_start(&b->tick, on_tick, TICK_MS, TICK_MS) == 0);
}

static void note_open(uv_handle_t *handle, void *arg)
{
	(void)handle;
	++*(int *)arg;
}

void bench_loop_close(struct bench_loop *b)
{
	int64_t until = clock_elapsed_ms() + CLOSE_LIMIT_MS;
	int open = 0;

	do {
		(void)uv_run(&b->uv, UV_RUN_ONCE);
		open = 0;
		uv_walk(&b->uv, note_open, &open);
	} while (open > 1 && clock_elapsed_ms() < until);
	assert_int_equal(open, 1);
	uv_close((uv_handle_t *)&b->tick, NULL);
	(void)uv_run(&b->uv, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&b->uv), 0);
}

int64_t bench_until(struct bench_loop *b, bench_claim_fn is_so, void *arg, int64_t limit_ms,
	const char *what_did_not_happen)
{
	int64_t began = clock_elapsed_ms();

	while (!is_so(arg)) {
		if (clock_elapsed_ms() - began > limit_ms) {
			fail_msg("within %d ms: %s", (int)limit_ms, what_did_not_happen);
		}
		(void)uv_run(&b->uv, UV_RUN_ONCE);
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

int64_t bench_until_count(struct bench_loop *b, const size_t *count, size_t least, int64_t limit_ms,
	const char *what_did_not_happen)
{
	struct count_claim claim = {count, least};

	return bench_until(b, is_counted, &claim, limit_ms, what_did_not_happen);
}

void bench_run_for(struct bench_loop *b, int64_t ms)
{
	int64_t until = clock_elapsed_ms() + ms;

	while (clock_elapsed_ms() < until) {
		(void)uv_run(&b->uv, UV_RUN_ONCE);
	}
}
