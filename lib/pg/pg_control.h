/* The connection beside a pool's own: it tells the server to stop what a dropped connection was
 * running, and proves that the server lives while all others are busy.
 *
 * libpq's PQcancel() blocks and knows no deadline; pg_cancel_backend() is an ordinary statement. It
 * is opened when there is something to say and closed when all is said. */
#pragma once
#include "lib/pg/pg_conn.h"

struct pg_control;

/* `answered` is called whenever the server has said something; it may be NULL. */
typedef void (*pg_control_fn)(void *arg);
struct pg_control *pg_control_create(
	uv_loop_t *loop, const char *url, const char *name, pg_control_fn answered, void *arg);
void pg_control_destroy(struct pg_control *c); /* what is unsaid stays so */

/* Stops the session's query, if the session is still there.  A session without pid is ignored. */
void pg_control_stop(struct pg_control *c, struct pg_session session);
void pg_control_ping(struct pg_control *c);
