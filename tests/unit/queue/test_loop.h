/* A loop to test on, and waiting on it: until something is so, or a deadline and a sentence. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct test_loop {
	uv_loop_t uv;
	uv_timer_t tick;
};

void test_loop_open(struct test_loop *l);
/* Fails the test when anything but the tick is still open after two seconds. */
void test_loop_close(struct test_loop *l);

typedef bool (*loop_claim_fn)(void *arg);
/* How long it took in ms.  Fails the test with the sentence after `limit_ms`. */
int64_t loop_until(struct test_loop *l, loop_claim_fn is_so, void *arg, int64_t limit_ms,
	const char *what_did_not_happen);
int64_t loop_until_count(struct test_loop *l, const size_t *count, size_t least, int64_t limit_ms,
	const char *what_did_not_happen);
/* For showing that something does not happen. */
void loop_run_for(struct test_loop *l, int64_t ms);
