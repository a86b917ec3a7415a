/* One socket to Redis on the loop: bytes out, whole answers in.
 *
 * Of hiredis only its encoder and its reader are used.  Its asynchronous layer is not: one answer
 * too many aborts the process there, answers and published messages get mixed, and freeing from a
 * callback is put off.  An error that poll reports counts as readable and writable, so that a
 * refused or reset connection is told at once rather than never (reliability.md 3.2).
 *
 * This file knows no deadlines and no meaning; redis_conn.h does. */
#pragma once
#include "lib/base/fault.h"

#include <hiredis/hiredis.h>
#include <sys/socket.h>
#include <uv.h>

struct redis_socket;

/* All are called from the loop only, never from inside a call below. */
struct redis_socket_events {
	void (*connected)(void *arg);
	/* The reply is borrowed. */
	void (*answered)(void *arg, const redisReply *reply);
	/* Once, and the last event.  The socket is still to be closed. */
	void (*failed)(void *arg, const struct fault *f);
};

/* Starts to connect; NULL when that fails at once.  `events` is kept, not copied. */
struct redis_socket *redis_socket_open(uv_loop_t *loop, const struct sockaddr *to, socklen_t length,
	const struct redis_socket_events *events, void *arg, struct fault *f) MUST_CHECK;
/* May be called from an event; none comes afterwards. */
void redis_socket_close(struct redis_socket *s);

/* Bytes of whole commands; sent from the next turn of the loop, with whatever else there is. */
void redis_socket_send(struct redis_socket *s, const char *bytes, size_t length);
