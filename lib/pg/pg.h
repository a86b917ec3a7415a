/* Postgres on the loop: a pool of libpq connections that never block.
 *
 * Every statement has a limit in ms and exactly one answer, from the loop.  A connection that
 * breaks or passes a limit is thrown away and made anew with jitter; statements that wait in line
 * stay there until their own limit.  What a broken connection was doing is unknown: its answer is
 * FAULT_UNAVAILABLE, and whoever asked must be able to ask again (reliability.md 2.3).
 *
 * SQLSTATE to fault: 57014 by statement_timeout is QUERY_SLOW; 0A*, 22*, 42*, 54* are QUERY with
 * the server's message; 23505 and other 23* are INPUT; 08*, 53*, 57P0*, 58*, 25006, 40001, 40P01,
 * 55P03, a cancel by somebody else and no connection are UNAVAILABLE; the rest is BUG (pg_fault.c).
 */
#pragma once
#include "lib/base/rows.h"
#include "lib/base/sql.h"
#include "lib/loop/loop.h"

struct pg_pool;
struct pg_call;

struct pg_pool_options {
	const char *url; /* conninfo or URI */
	const char *name; /* application_name, and the part in log lines */
	unsigned connections; /* most at a time; opened when first needed */
	unsigned queue_limit; /* statements in line; past it FAULT_UNAVAILABLE at once */
	/* Sent on every new connection, e.g. "SET ROLE platen_query"; NULL for none. */
	const char *session_sql;
	/* A setting that is given its value per statement, e.g. "platen.project_id"; NULL for none.
	 * It is sent only when the connection holds another value. */
	const char *scope_setting;
	/* Most bytes of one answer, past which it is FAULT_TOO_LARGE.  0: 64 MiB for a pool with a
	 * scope, for there others decide what is asked, and none without. */
	size_t answer_max_bytes;
};

struct pg_pool *pg_pool_open(uv_loop_t *loop, const struct pg_pool_options *options);
/* Calls in line or under way are answered FAULT_CANCELED, later.  The memory goes when libuv
 * lets go. */
void pg_pool_close(struct pg_pool *p);

/* `rows` is NULL with a fault, else borrowed for the callback. */
typedef void (*pg_done_fn)(void *arg, const struct rows *rows, const struct fault *f);

/* Takes the statement over.  `scope` is the value of scope_setting, NULL with none.  The limit
 * counts from now, waiting in line included.  The statement_timeout is a little shorter, so that a
 * server that lives says QUERY_SLOW itself, unless waiting in line took a quarter of the limit:
 * that is UNAVAILABLE, as is one that stays silent until the limit.
 */
struct pg_call *pg_query(struct pg_pool *p, struct sql *statement, const char *scope,
	unsigned limit_ms, pg_done_fn done, void *arg);

enum pg_trait {
	/* Cells come in Postgres' binary form: text and bytea as they are, for reading files. */
	PG_BINARY = 1,
	/* The same text is asked again and again: each connection plans it once.  Only for texts
	 * that come from a small fixed set. */
	PG_REPEATED = 2
};
/* pg_query() with any of these or-ed. */
struct pg_call *pg_query_with(struct pg_pool *p, struct sql *statement, const char *scope,
	unsigned traits, unsigned limit_ms, pg_done_fn done, void *arg);
/* Asks the call to end early; its answer still comes, FAULT_CANCELED if that helped.  The query
 * itself is stopped on the server.  Invalid after `done`. */
void pg_cancel(struct pg_call *call);

/* True while a connection answered within the last few seconds: the pool asks by itself when
 * nobody else does. */
bool pg_pool_is_ready(const struct pg_pool *p);
