/* The answer to one pipeline, result by result: the settings and the plan that went before the main
 * statement, then its rows.  Knows libpq's results and nothing of sockets. */
#pragma once
#include "lib/pg/pg_rows.h"

#include <stddef.h>

struct pg_reply {
	int results, main_result; /* seen so far; which of them is the main statement's */
	int went_before; /* of those before it, how many went well */
	size_t max_bytes; /* 0: rows are lent as they lie; else they come one by one */
	struct pg_rows *rows;
	struct fault fault; /* the first error */
	bool is_spoiled; /* the session's plans are of no more use */
};

enum pg_reply_step {
	REPLY_GOES_ON,
	REPLY_IS_WHOLE, /* the sync has come */
	REPLY_FAILED /* the fault says why; what is still to come cannot be read */
};

/* Begins empty; `before` results come before the main one. */
void pg_reply_begin(struct pg_reply *r, int before, size_t max_bytes);
/* Takes the result over. */
enum pg_reply_step pg_reply_take(struct pg_reply *r, PGresult *result);
/* True when the main statement is the one whose rows come next. */
bool pg_reply_is_at_main(const struct pg_reply *r);
/* The rows, the caller's from now on, or NULL when there is a fault; the reply is empty again. */
struct pg_rows *pg_reply_steal(struct pg_reply *r);
void pg_reply_finish(struct pg_reply *r);
