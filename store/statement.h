/* How this folder asks the pool: one statement of a fixed text, planned once a connection. */
#pragma once
#include "store/store.h"

/* Takes the statement over. */
void store_ask(struct store *s, struct sql *statement, pg_done_fn done, void *arg);

/* The fault as the one who asked the store must see it: our own SQL that Postgres refuses is our
 * mistake and not the requester's, and a statement of ours that is slow may be asked again.  NULL
 * stays NULL; else `room` or `f` itself. */
const struct fault *store_fault(const struct fault *f, struct fault *room);

/* A done that has nothing to tell but how it went. */
void store_ask_plain(struct store *s, struct sql *statement, store_done_fn done, void *arg);

/* "{1,2,3}", for sql_param_as(…, "bigint[]").  g_free() it. */
char *store_ids_text(const int64_t *ids, size_t count);

/* Columns that all readers of times use: microseconds since 1970, exact. */
void store_add_us(struct sql *sql, const char *column);
