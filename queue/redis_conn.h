/* One connection to Redis that is kept for ever: made anew with jitter whenever it ends.
 *
 * It counts as alive only after PONG, and ROLE saying master.  Every command has a limit and
 * exactly one answer, from the loop and never from inside the call; past a limit the whole
 * connection is given up, for answers come in order.  A fault means that the command may or may not
 * have been done.  Not more than 1,000 commands are under way. */
#pragma once
#include "lib/loop/loop.h"
#include "queue/redis_address.h"

#include <hiredis/hiredis.h>

enum { REDIS_COMMAND_LIMIT_MS = 2000 };

struct redis_conn;

/* Any may be NULL.  Called from the loop. */
struct redis_conn_events {
	void (*alive)(void *arg);
	/* It was alive, and then did not answer in time: what else speaks to this server may wait
	 * in vain as well. */
	void (*silent)(void *arg);
	/* A published message. */
	void (*published)(void *arg, const char *text);
};

/* `address` and `events` are kept, not copied; `part` is what log lines call it. */
struct redis_conn *redis_conn_open(uv_loop_t *loop, const struct redis_address *address,
	const char *part, const struct redis_conn_events *events, void *arg);
/* Commands under way are answered FAULT_CANCELED, later; no event comes any more. */
void redis_conn_close(struct redis_conn *c);

/* `reply` is borrowed; without a fault it is no error.  With a fault it is the error that Redis
 * answered, or NULL when there was no answer. */
typedef void (*redis_reply_fn)(void *arg, const redisReply *reply, const struct fault *f);

/* FAULT_UNAVAILABLE, later, while not alive; but what is asked before the first try to connect has
 * ended waits for it.  `limit_ms` counts from now.  `lengths` may be NULL for plain text. */
void redis_conn_command(struct redis_conn *c, unsigned limit_ms, int count,
	const char *const *words, const size_t *lengths, redis_reply_fn done, void *arg);

/* Gives up a connection that cannot be trusted any more, and makes it anew.  It counts as away
 * since its last answer. */
void redis_conn_renew(struct redis_conn *c, const char *why);

bool redis_conn_is_alive(const struct redis_conn *c);
/* Alive, and the last good answer is younger than a few seconds. */
bool redis_conn_is_ready(const struct redis_conn *c);
/* While alive: which start of which server this is, "" if it does not say. */
const char *redis_conn_run_id(const struct redis_conn *c);
/* While alive: how long it was not, before; -1 the first time. */
int64_t redis_conn_was_away_ms(const struct redis_conn *c);
