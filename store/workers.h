/* One row per living worker process: its heartbeat.  A restarted worker is another worker. */
#pragma once
#include "store/store.h"

struct worker_row {
	const char *id, *host; /* id: a UUID made at start */
	int pid, slots;
	bool draining;
};
/* Inserts or refreshes; tells the server nothing else. */
void workers_beat(struct store *s, const struct worker_row *w, store_done_fn done, void *arg);
void workers_leave(struct store *s, const char *id, store_done_fn done, void *arg);
