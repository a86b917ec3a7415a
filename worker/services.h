/* What a worker has open: lent to every job and step, changed by none of them. */
#pragma once
#include "lib/base/config.h"
#include "queue/queue.h"
#include "store/blob.h"
#include "store/exports.h"
#include "worker/drawing.h"

enum { BLOB_KINDS_MOST = 8 };

struct services {
	const struct config *config;
	uv_loop_t *loop;
	struct store store; /* records, as the owner of the tables */
	struct pg_pool *queries; /* insight queries, as platen_query, one project at a time */
	struct queue *queue;
	struct drawing *drawing;
	struct blob_store
		*blobs[BLOB_KINDS_MOST]; /* NULL-terminated; every kind that can be opened */
	char worker_id[37];
};

/* Zeroed memory in, everything open out.  After a fault some of it is: the process is to end. */
bool services_open(struct services *s, uv_loop_t *loop, const struct config *config,
	struct fault *f) MUST_CHECK;
/* The worker leaves in two turns: first it takes no more turns and draws no more, then, when it has
 * said so to Postgres, the rest closes. */
void services_leave(struct services *s);
void services_close(struct services *s);

/* The opened store of that name, or NULL. */
struct blob_store *services_blobs(const struct services *s, const char *name);
