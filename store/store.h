/* The records of the service in Postgres: the one handle that store/ functions take.
 *
 * All SQL that reads or writes definitions, keys and exports stands in this folder.  Calls return
 * at once; `done` is called exactly once, later, from the loop; `f` is NULL when it went well. */
#pragma once
#include "lib/loop/loop.h"
#include "lib/pg/pg.h"

struct store {
	uv_loop_t *loop;
	struct pg_pool *pool;
	unsigned limit_ms; /* of one statement */
};

typedef void (*store_done_fn)(void *arg, const struct fault *f);
