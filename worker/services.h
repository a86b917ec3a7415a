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

/* The opened store of that name, or NULL. */
struct blob_store *services_blobs(const struct services *s, const char *name);
