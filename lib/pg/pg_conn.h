/* One libpq connection on the loop, as a state machine: looking up names, connecting, setting up
 * the session, idle, busy with one statement.
 *
 * The one rule: after an event has been told, the connection does nothing more in that turn, so an
 * event may send the next statement or close the connection.  Events only come from the loop.
 * Only the pool and its control connection use this. */
#pragma once
#include "lib/loop/loop.h"
#include "lib/pg/pg_rows.h"

#include "lib/base/sql.h"

struct pg_conn;

struct pg_conn_options {
	const char *url, *name, *session_sql, *scope_setting; /* as in pg.h */
	size_t answer_max_bytes; /* 0: none, and rows are not copied */
};

struct pg_conn_events {
	/* Set up and idle for the first time. */
	void (*ready)(void *arg);
	/* The statement that was sent has been answered; the connection is idle.  `rows` are the
	 * receiver's, NULL with a fault. */
	void (*answer)(void *arg, struct pg_rows *rows, const struct fault *f);
	/* Broken, never connected, or of no more use.  A statement under way gets no other answer:
	 * what became of it is unknown.  Close it. */
	void (*end)(void *arg, const struct fault *f);
};

/* The options are borrowed until close. */
struct pg_conn *pg_conn_open(uv_loop_t *loop, const struct pg_conn_options *options,
	const struct pg_conn_events *events, void *arg);
/* No event comes any more.  NULL is fine. */
void pg_conn_close(struct pg_conn *c);

struct pg_statement {
	const struct sql *sql;
	const char *scope; /* for scope_setting */
	unsigned timeout_ms; /* for statement_timeout */
	unsigned traits; /* enum pg_trait */
};
/* False also for one whose end is about to be told. */
bool pg_conn_is_idle(const struct pg_conn *c);
/* Needs an idle connection.  Everything is copied.  A failure to send comes as `end`. */
void pg_conn_send(struct pg_conn *c, const struct pg_statement *statement);

/* What names this session on the server for as long as it lives; a process id alone may pass to
 * another session. */
struct pg_session {
	int pid; /* 0: not set up yet */
	int64_t started_us;
};
struct pg_session pg_conn_session(const struct pg_conn *c);
