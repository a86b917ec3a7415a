/* What every handler can reach: the handles of this process. */
#pragma once
#include "lib/base/config.h"
#include "queue/queue.h"
#include "store/store.h"

struct blobs;
struct sharing;
struct throttle;
struct waiting;

struct api {
	uv_loop_t *loop;
	const struct config *config;
	struct store *store;
	struct pg_pool *queries; /* of computations (store/computation.h) */
	struct queue *queue;
	struct waiting *waiting;
	struct blobs *blobs;
	struct sharing *sharing;
	struct throttle *throttle; /* NULL: none */
	bool draining; /* asked to stop: not ready for more */
	int64_t postgres_away_since_ms; /* clock_elapsed_ms(); 0: it is there (health.h) */
	unsigned spooling; /* downloads that keep a file (download.h) */
	int64_t unqueued; /* creates whose turn Redis did not take; the sweep tells it */
};
