/* A libpq result as rows: either one result whose cells are lent out as they lie, or rows copied
 * one by one within a budget of bytes. */
#pragma once
#include "lib/base/rows.h"

#include <libpq-fe.h>

struct pg_rows {
	struct rows rows;
	PGresult *result; /* owns the cells, or NULL */
	struct pg_rows_copied *copied;
};

/* Takes the result over; destroy clears it. */
struct pg_rows *pg_rows_of(PGresult *result);

/* Begins empty; each add copies the rows of one result and leaves the result to the caller.
 * FAULT_TOO_LARGE past `max_bytes`.  The rows can be read after pg_rows_end(). */
struct pg_rows *pg_rows_begin(void);
bool pg_rows_add(
	struct pg_rows *r, const PGresult *result, size_t max_bytes, struct fault *f) MUST_CHECK;
void pg_rows_end(struct pg_rows *r, PGresult *last);

void pg_rows_destroy(struct pg_rows *r); /* NULL is fine */
