/* What went wrong in Postgres, as a fault.  pg.h says which SQLSTATE becomes which kind; the table
 * in pg_fault.c is the only place that knows codes.  To map another, add its line there. */
#pragma once
#include "lib/base/fault.h"

#include <libpq-fe.h>

/* The kind that a SQLSTATE of five characters stands for; UNAVAILABLE when there is none, for then
 * the connection and not the server failed. */
enum fault_kind pg_fault_kind(const char *sqlstate);

/* Both return false.  The first is for a result that is an error, the second for a connection. */
bool pg_fault_result(struct fault *f, const PGresult *result);
bool pg_fault_connection(struct fault *f, const PGconn *pg);

/* True when the session's memory of prepared statements is of no more use, and with it the
 * connection. */
bool pg_fault_spoils(const PGresult *result);
