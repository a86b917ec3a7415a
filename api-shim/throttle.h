/* How often a key may call (spec/exports.md 2.10): a burst a minute and a sum an hour, counted in
 * windows that begin with a key's first call. */
#pragma once
#include <stdint.h>

enum { THROTTLE_BURST = 480, THROTTLE_SUSTAINED = 4800 };

struct throttle;
typedef int64_t (*throttle_clock_fn)(void); /* ms that only go up */

struct throttle *throttle_create(unsigned per_minute, unsigned per_hour, throttle_clock_fn now_ms);
void throttle_destroy(struct throttle *t); /* NULL is fine */

/* Counts one call.  0 when it may go on, else the seconds until the next may; a call that may not
 * is not counted.  A NULL throttle allows all. */
unsigned throttle_take(struct throttle *t, int64_t key_id);
