/* What every daemon needs from libuv: the next turn, timers, stop signals, names.
 *
 * Everything here runs on the thread of its loop.  A callback never comes from inside the call
 * that asked for it. */
#pragma once
#include "lib/base/fault.h"

#include <stdint.h>
#include <uv.h>

/* Calls fn(arg) once, from the next turn of the loop: how a call that fails at once still answers
 * later. */
typedef void (*later_fn)(void *arg);
void later(uv_loop_t *loop, later_fn fn, void *arg);

/* A timer whose owner needs no close callback: destroy frees it when libuv lets go.  A stopped or
 * destroyed timer does not fire any more.  create starts nothing. */
struct timer;
typedef void (*timer_fn)(void *arg);
struct timer *timer_create_on(uv_loop_t *loop, timer_fn fn, void *arg);
void timer_start(
	struct timer *t, uint64_t after_ms, uint64_t repeat_ms); /* restarts; repeat 0: once */
void timer_stop(struct timer *t);
bool timer_is_running(const struct timer *t);
void timer_destroy(struct timer *t); /* NULL is fine */

/* Calls fn(arg, signum) for SIGTERM and SIGINT, each time one comes, and ignores SIGPIPE for the
 * process.  Does not keep the loop alive. */
struct stop_signals;
typedef void (*stop_signal_fn)(void *arg, int signum);
struct stop_signals *stop_signals_open(uv_loop_t *loop, stop_signal_fn fn, void *arg);
void stop_signals_close(struct stop_signals *s);

/* Random bytes from the system, for names and jitter. */
void random_bytes(void *out, size_t length);
uint64_t random_below(uint64_t limit); /* uniform in [0, limit) */
