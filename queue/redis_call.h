/* A command on its way to Redis: encoded, with its limit and whoever waits for its answer.
 *
 * Calls stand in a GQueue in the order of their answers.  Each is either answered, or ended: told
 * one turn later why there is no answer, by which time the connection may be gone. */
#pragma once
#include "queue/redis_conn.h"

#include <glib.h>

struct redis_call {
	char *wire;
	size_t wire_bytes;
	int64_t until_ms; /* of clock_elapsed_ms() */
	redis_reply_fn done;
	void *arg;
	bool is_own; /* asked by the connection itself: not told when it ends */
};

struct redis_call *redis_call_create(unsigned limit_ms, int count, const char *const *words,
	const size_t *lengths, redis_reply_fn done, void *arg);
/* Takes the call over. */
void redis_call_answer(struct redis_call *call, const redisReply *reply, const struct fault *f);

/* Ends all of them and empties the queue. */
void redis_calls_end(GQueue *calls, uv_loop_t *loop, const struct fault *why);
/* Moves those whose limit is past to `overdue`. */
void redis_calls_move_overdue(GQueue *calls, int64_t now_ms, GQueue *overdue);
int64_t redis_calls_first_limit_ms(const GQueue *calls); /* INT64_MAX when there are none */
