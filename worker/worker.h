/* The daemon: takes turns while it has free slots, runs a job for each, beats, and leaves well.
 *
 * Work comes from Redis, which says whose turn it is; while Redis is away, straight from the rows.
 * A worker holds no more than it is running. */
#pragma once
#include "worker/services.h"

struct worker;

/* Opens everything and begins.  The settings must outlive the worker. */
bool worker_open(uv_loop_t *loop, const struct config *config, struct worker **out,
	struct fault *f) MUST_CHECK;
/* Takes no more; ends when the running jobs have, or have been given back after worker_drain_ms.
 * A second call gives them back at once.  The loop is empty when all is closed. */
void worker_stop(struct worker *w);
/* When the loop has run empty after a stop: calls that were answered on the way out have their
 * `arg` until then. */
void worker_destroy(struct worker *w);
