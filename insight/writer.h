/* One statement being written, by several files in turn.
 *
 * Values go through sql_param_* only; names of columns come from this folder only.  A value that a
 * statement names often is bound once and its number kept here. */
#pragma once
#include "insight/buckets.h"
#include "insight/insight.h"

struct dialect;

struct writer {
	struct sql *sql;
	const struct dialect *dialect;
	const struct insight_env *env;
	const struct buckets *buckets; /* or NULL: the statement has none */
	/* The column of the rows that are being chosen that says which person they are of:
	 * "events.person_id", "persons.id". */
	const char *person;
	/* Writes what stands beside the rows of events, " LEFT JOIN …"; or NULL. */
	void (*join)(struct writer *w, const void *arg);
	const void *join_arg;
	int project_param, cuts_param, cut_buckets_param; /* bound already; 0: not yet */
};

/* `buckets` may be NULL.  The statement in it belongs to the caller. */
struct writer writer_open(const struct dialect *dialect, const struct insight_env *env,
	const struct buckets *buckets);
/* "$n::bigint", the project. */
void writer_project(struct writer *w);
