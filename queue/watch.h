/* How an API process hears that an export has ended: by a published hint, over a connection of its
 * own.  Hints may be lost and may come twice. */
#pragma once
#include "lib/loop/loop.h"
#include "queue/queue.h"
#include "queue/redis_address.h"

struct watch;

/* `address` is kept, not copied; keys begin with `key`. */
struct watch *watch_open(uv_loop_t *loop, const struct redis_address *address, const char *key,
	queue_finished_fn finished, void *arg);
void watch_close(struct watch *w);
/* The server was found silent on another connection. */
void watch_renew(struct watch *w);
