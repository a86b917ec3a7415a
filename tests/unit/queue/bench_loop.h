/* A loop to test on, and waiting on it: until something is so, or a deadline and a sentence. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct bench_loop {
	uv_loop_t uv;
	uv_timer_t tick;
};

void bench_loop_open(struct bench_loop *b);
/* Fails the test when anything but the tick is still open after two seconds. */
void bench_loop_close(struct bench_loop *b);

typedef bool (*bench_claim_fn)(void *arg);
/* How long it took in ms.  Fails the test with the sentence after `limit_ms`. */
int64_t bench_until(struct bench_loop *b, bench_claim_fn is_so, void *arg, int64_t limit_ms,
	const char *what_did_not_happen);
int64_t bench_until_count(struct bench_loop *b, const size_t *count, size_t least, int64_t limit_ms,
	const char *what_did_not_happen);
/* For showing that something does not happen. */
void bench_run_for(struct bench_loop *b, int64_t ms);
