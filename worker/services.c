#include "worker/services.h"

#include "store/computation.h"

#include <glib.h>
#include <string.h>

enum { STATEMENT_LIMIT_MS = 10000, QUERIES_IN_LINE = 4096 };

struct blob_store *services_blobs(const struct services *s, const char *name)
{
	for (size_t i = 0; s->blobs[i]; i++) {
		if (strcmp(s->blobs[i]->kind->name, name) == 0) {
			return s->blobs[i];
		}
	}
	return NULL;
}

static bool open_blobs(struct services *s, struct fault *f)
{
	struct blob_options options = {.store = &s->store, .directory = s->config->blob_directory};
	size_t opened = 0;

	for (size_t i = 0; i < blob_kind_count() && opened < BLOB_KINDS_MOST - 1; i++) {
		const struct blob_kind *kind = blob_kind_at(i);
		bool wanted = strcmp(kind->name, s->config->blob_store) == 0;

		if (kind->open(s->loop, &options, &s->blobs[opened], f)) {
			opened++;
		} else if (wanted) {
			return fault_wrap(f, "blob_store %s: ", kind->name);
		}
	}
	if (!services_blobs(s, s->config->blob_store)) {
		return fault_set(f, FAULT_INPUT, "blob_store is \"%s\", which is no kind of store",
			s->config->blob_store);
	}
	return true;
}

static void open_pools(struct services *s)
{
	struct pg_pool_options records = {
		.url = s->config->database_url,
		.name = "platen-worker",
		.connections = (unsigned)s->config->worker_connections,
		.queue_limit = 256,
	};

	s->store.loop = s->loop;
	s->store.limit_ms = STATEMENT_LIMIT_MS;
	s->store.pool = pg_pool_open(s->loop, &records);
	s->queries = computation_pool_open(s->loop, s->config->database_url, "platen-query",
		(unsigned)s->config->query_connections, QUERIES_IN_LINE,
		(unsigned)s->config->query_memory_mb);
}

bool services_open(
	struct services *s, uv_loop_t *loop, const struct config *config, struct fault *f)
{
	struct queue_options queue = {.url = config->redis_url, .name = config->queue_name};
	g_autofree char *id = g_uuid_string_random();

	s->config = config;
	s->loop = loop;
	(void)g_strlcpy(s->worker_id, id, sizeof s->worker_id);
	/* First, while the process is small and has one thread. */
	if (!drawing_open(loop, config, &s->drawing, f)) {
		return false;
	}
	open_pools(s);
	s->queue = queue_open(loop, &queue, f);
	return s->queue && open_blobs(s, f);
}

void services_leave(struct services *s)
{
	queue_close(s->queue);
	drawing_close(s->drawing);
}

void services_close(struct services *s)
{
	for (size_t i = 0; s->blobs[i]; i++) {
		s->blobs[i]->kind->close(s->blobs[i]);
	}
	pg_pool_close(s->queries);
	pg_pool_close(s->store.pool);
}
