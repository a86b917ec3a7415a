/* Postgres for the command line: calls that block.  Never used by a daemon (tests/lint checks). */
#pragma once
#include "lib/base/rows.h"
#include "lib/base/sql.h"

struct pg_wait;

bool pg_wait_open(const char *url, struct pg_wait **out, struct fault *f) MUST_CHECK;
void pg_wait_close(struct pg_wait *w);

/* Runs any number of statements without parameters, as a migration needs. */
bool pg_wait_script(struct pg_wait *w, const char *sql, struct fault *f) MUST_CHECK;
/* Takes the statement over.  *rows is borrowed until the next call; may be NULL. */
bool pg_wait_query(struct pg_wait *w, struct sql *statement, const struct rows **rows,
	struct fault *f) MUST_CHECK;
/* COPY … FROM STDIN: begin with the statement, add data, end.  A failed end has loaded nothing. */
bool pg_wait_copy_begin(struct pg_wait *w, const char *copy_sql, struct fault *f) MUST_CHECK;
bool pg_wait_copy_add(
	struct pg_wait *w, const char *data, size_t length, struct fault *f) MUST_CHECK;
bool pg_wait_copy_end(struct pg_wait *w, struct fault *f) MUST_CHECK;
