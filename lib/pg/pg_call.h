/* One statement on its way through the pool: asked, in line, sent, answered.  Knows its limits, and
 * nothing of slots and connections beyond where it runs. */
#pragma once
#include "lib/pg/pg.h"
#include "lib/pg/pg_conn.h"

#include <glib.h>

enum pg_call_state { CALL_IN_LINE, CALL_RUNNING, CALL_ENDED };

struct pg_call {
	GList link; /* in the pool's line */
	struct pg_pool *pool;
	enum pg_call_state state;
	struct pg_slot *slot; /* while it runs */
	struct sql *statement; /* until it is sent */
	char *scope;
	unsigned traits, limit_ms, timeout_ms;
	int64_t asked_ms, sent_ms;
	pg_done_fn done;
	void *arg;
	struct fault fault; /* of an answer that is still to be told */
};

/* Takes the statement over; its limit counts from now. */
struct pg_call *pg_call_create(struct pg_pool *pool, struct sql *statement, const char *scope,
	unsigned traits, unsigned limit_ms, pg_done_fn done, void *arg);
int64_t pg_call_due_ms(const struct pg_call *c);

/* Hands the statement to an idle connection. */
void pg_call_send(struct pg_call *c, struct pg_slot *slot, struct pg_conn *conn);

/* The last thing done with a call, by its `done`, which may close the pool: whoever answers touches
 * nothing of the pool afterwards.  The other does so from the next turn, with its own fault. */
void pg_call_answer(struct pg_call *c, const struct rows *rows, const struct fault *f);
void pg_call_answer_later(struct pg_call *c, uv_loop_t *loop);

/* 57014 is statement_timeout and also a cancel by somebody else, after which asking again may help:
 * mends the fault that the server's answer became. */
void pg_call_judge(const struct pg_call *c, struct fault *f);
