/* How an idle worker hears that there may be work, and that Redis has forgotten some.
 *
 * Every enqueue and every claim that leaves work behind ring the bell once: one waiter wakes, not
 * all.  Waiting happens on a connection of its own, for it blocks there.  A worker that has its
 * hands full does not wait, and a bell that it took all the same is put back for another. */
#pragma once
#include "lib/loop/loop.h"
#include "queue/queue.h"
#include "queue/redis_address.h"

struct bell;

/* `address` is kept, not copied; keys begin with `key`. */
struct bell *bell_open(uv_loop_t *loop, const struct redis_address *address, const char *key,
	queue_event_fn rung, queue_event_fn returned, void *arg);
void bell_close(struct bell *b);

/* The worker asks for work. */
void bell_note_claim(struct bell *b);
/* It was answered; `wants_more` when it got less than it asked for.  May call `rung`. */
void bell_note_answer(struct bell *b, bool wants_more);
/* The server was found silent on another connection. */
void bell_renew(struct bell *b);
