#include "queue/redis_call.h"

#include "lib/base/clock.h"
#include "lib/base/require.h"

#include <string.h>

struct redis_call *redis_call_create(unsigned limit_ms, int count, const char *const *words,
	const size_t *lengths, redis_reply_fn done, void *arg)
{
	struct redis_call *call = g_new0(struct redis_call, 1);
	const char **borrowed = g_new0(const char *, (size_t)count);
	int bytes;

	/* hiredis wants the array itself writable; it does not write. */
	memcpy(borrowed, words, (size_t)count * sizeof *borrowed);
	bytes = redisFormatCommandArgv(&call->wire, count, borrowed, lengths);
	REQUIRE(bytes > 0);
	g_free(borrowed);
	call->wire_bytes = (size_t)bytes;
	call->until_ms = clock_elapsed_ms() + limit_ms;
	call->done = done;
	call->arg = arg;
	return call;
}

static void call_destroy(struct redis_call *call)
{
	redisFreeCommand(call->wire);
	g_free(call);
}

void redis_call_answer(struct redis_call *call, const redisReply *reply, const struct fault *f)
{
	call->done(call->arg, reply, f);
	call_destroy(call);
}

struct ending {
	GQueue calls;
	struct fault fault;
};

static void tell(void *arg)
{
	struct ending *e = arg;
	struct redis_call *call;

	while ((call = g_queue_pop_head(&e->calls)) != NULL) {
		if (call->is_own) {
			call_destroy(call);
		} else {
			redis_call_answer(call, NULL, &e->fault);
		}
	}
	g_free(e);
}

void redis_calls_end(GQueue *calls, uv_loop_t *loop, const struct fault *why)
{
	struct ending *e;

	if (g_queue_is_empty(calls)) {
		return;
	}
	e = g_new0(struct ending, 1);
	e->calls = *calls;
	e->fault = *why;
	g_queue_init(calls);
	later(loop, tell, e);
}

void redis_calls_move_overdue(GQueue *calls, int64_t now_ms, GQueue *overdue)
{
	for (GList *at = calls->head, *next; at; at = next) {
		struct redis_call *call = at->data;

		next = at->next;
		if (call->until_ms <= now_ms) {
			g_queue_push_tail(overdue, call);
			g_queue_delete_link(calls, at);
		}
	}
}

int64_t redis_calls_first_limit_ms(const GQueue *calls)
{
	int64_t first = INT64_MAX;

	for (const GList *at = calls->head; at; at = at->next) {
		const struct redis_call *call = at->data;

		first = MIN(first, call->until_ms);
	}
	return first;
}
