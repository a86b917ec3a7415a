/* Whose turn is it: fair dispatch of export ids in Redis.
 *
 * The Postgres row is the truth; what is here can be rebuilt and may be lost, repeated or stale at
 * any moment.  A claimed id is a hint to try a compare-and-set on its row.  README.md draws the
 * keys.  Calls return at once; `done` is called exactly once, later, from the loop; its fault is
 * NULL when all went well.  Each has a deadline of 2 s and fails FAULT_UNAVAILABLE while Redis is
 * away, or when 1,000 others are under way; what was asked may have been done all the same. */
#pragma once
#include "lib/base/fault.h"
#include "lib/loop/loop.h"

#include <stddef.h>
#include <stdint.h>

enum export_class { EXPORT_INTERACTIVE = 'i', EXPORT_SCHEDULED = 's' };

struct queue;

struct queue_options {
	const char *url; /* redis://[user:password@]host:port/db, unix:/path; "" for no Redis */
	const char *name; /* keys begin {name} */
};

struct turn {
	int64_t export_id, project_id;
	enum export_class class;
};

typedef void (*queue_done_fn)(void *arg, const struct fault *f);
/* `turns` is borrowed; count 0 means that the queue was proved empty. */
typedef void (*queue_claim_fn)(
	void *arg, const struct turn *turns, size_t count, const struct fault *f);
typedef void (*queue_event_fn)(void *arg);
typedef void (*queue_finished_fn)(void *arg, int64_t export_id);

/* Connects in the background and for ever; FAULT_INPUT only for an address that is none.  With an
 * empty url every call fails FAULT_UNAVAILABLE and queue_is_ready() is false. */
struct queue *queue_open(
	uv_loop_t *loop, const struct queue_options *options, struct fault *f) MUST_CHECK;
/* Calls under way are answered FAULT_CANCELED, later; events come no more. */
void queue_close(struct queue *q);

void queue_enqueue(struct queue *q, const struct turn *turn, queue_done_fn done, void *arg);
/* At most 256 at a time.  Claim when the bell rings and whenever there is room, until a claim gives
 * less than it was asked for.  `slot_lease_ms`: how long a claimed id counts against its project
 * if queue_finish() never comes, so a little more than a job may take. */
void queue_claim(
	struct queue *q, unsigned want, unsigned slot_lease_ms, queue_claim_fn done, void *arg);
/* Frees the slot, charges the project `seconds` of worker time, and tells queue_watch()ers. */
void queue_finish(
	struct queue *q, const struct turn *turn, double seconds, queue_done_fn done, void *arg);

/* A worker that has nothing to do: `rung` is called whenever there may be something to claim, over
 * a connection of its own, and every few seconds in any case.  Who has no room lets it ring: after
 * a tenth of a second without a claim another worker hears it.  `returned` is called when Redis is
 * found empty of what it should know: first connection, another run id, after an outage
 * (reliability.md 2.4). */
void queue_listen(struct queue *q, queue_event_fn rung, queue_event_fn returned, void *arg);
/* An API process that waits for exports: called with each finished id, over a connection of its
 * own.  Hints only: it also asks the rows now and then. */
void queue_watch(struct queue *q, queue_finished_fn finished, void *arg);

/* True while the last PONG or answer is younger than a few seconds. */
bool queue_is_ready(const struct queue *q);

struct queue_depth {
	int64_t waiting, running;
};
typedef void (*queue_depth_fn)(void *arg, const struct queue_depth *d, const struct fault *f);
void queue_measure(struct queue *q, queue_depth_fn done, void *arg);
