/* A query of an insight being computed: its statements one after another, on the loop.
 *
 * `done` comes exactly once, later, and is the last word: afterwards the computation is gone.  What
 * the query is and may be is judged by insight/; a query that is refused is answered later, too. */
#pragma once
#include "insight/insight.h"
#include "lib/loop/loop.h"
#include "lib/pg/pg.h"

struct computation;

/* The pool that computations run on: as role platen_query, which sees events, persons and the like
 * of one project at a time.  `name` is the application_name; past `in_line` waiting statements the
 * answer is FAULT_UNAVAILABLE at once.  `memory_mb` is what one sort or hash of a statement may
 * take before it goes to disk, and what the planner reckons with. */
struct pg_pool *computation_pool_open(uv_loop_t *loop, const char *url, const char *name,
	unsigned connections, unsigned in_line, unsigned memory_mb);

/* `result` is NULL with a fault, else borrowed: json_incref() keeps it. */
typedef void (*computation_fn)(void *arg, json_t *result, const struct fault *f);

/* The first statement goes out at once, so that a pool which closes answers it.
 * `queries` is a pool of the above.  `query` and what `env` points to may go away or stay: they are
 * kept here, unchanged.  `limit_ms` is for each statement, and for its waiting in line. */
struct computation *computation_start(struct pg_pool *queries, uv_loop_t *loop, const json_t *query,
	const struct insight_env *env, unsigned limit_ms, computation_fn done, void *arg);
/* Asks it to end early, and stops its statement on the server.  `done` still comes, later:
 * FAULT_CANCELED if that helped. */
void computation_cancel(struct computation *c);
