/* A query of an insight being computed: its statements one after another, on the loop.
 *
 * `done` comes exactly once, later, and is the last word: afterwards the computation is gone.  What
 * the query is and may be is judged by insight/; a query that is refused is answered later, too. */
#pragma once
#include "insight/insight.h"
#include "lib/loop/loop.h"
#include "lib/pg/pg.h"

struct computation;

/* `result` is NULL with a fault, else borrowed: json_incref() keeps it. */
typedef void (*computation_fn)(void *arg, json_t *result, const struct fault *f);

/* `queries` is a pool that runs as platen_query with platen.project_id for its scope.  `query` and
 * what `env` points to may go away or stay: they are kept here, unchanged.  `limit_ms` is for each
 * statement, and for its waiting in line. */
struct computation *computation_start(struct pg_pool *queries, uv_loop_t *loop, const json_t *query,
	const struct insight_env *env, unsigned limit_ms, computation_fn done, void *arg);
/* Asks it to end early, and stops its statement on the server.  `done` still comes, later:
 * FAULT_CANCELED if that helped. */
void computation_cancel(struct computation *c);
