/* The names of a target looked up on libuv's pool, one after the other: libpq would block on them.
 */
#pragma once
#include "lib/loop/loop.h"
#include "lib/pg/pg_target.h"

struct pg_lookup;

/* `done` comes from the loop when every name has been tried; what was found is in the target.  The
 * lookup is gone then. */
typedef void (*pg_lookup_fn)(void *arg);
struct pg_lookup *pg_lookup_start(
	uv_loop_t *loop, struct pg_target *target, pg_lookup_fn done, void *arg);
/* `done` does not come any more, and the target is left alone.  NULL is fine. */
void pg_lookup_cancel(struct pg_lookup *l);
