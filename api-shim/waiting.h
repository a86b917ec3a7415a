/* Creates that wait for their file.
 *
 * The one rule: a hint wakes, the rows decide nothing here: whoever is woken reads its row again.
 * Wakes come from the queue as exports finish and, for hints that are lost, from asking the rows
 * for all that wait, together, four times a second. */
#pragma once
#include "queue/queue.h"
#include "store/store.h"

struct waiting;
struct wait;
typedef void (*wait_done_fn)(void *arg);

struct waiting *waiting_open(struct store *store, struct queue *queue); /* queue NULL: none */
/* None may be left waiting. */
void waiting_close(struct waiting *w);

/* `done` comes once, from the loop: the export has ended, the time is up, or all were released. */
struct wait *waiting_add(
	struct waiting *w, int64_t export_id, unsigned limit_ms, wait_done_fn done, void *arg);
/* Its time is up now; invalid after `done`. */
void waiting_give_up(struct wait *wait);
/* Everyone's time is up, from now on at once: the program stops. */
void waiting_release(struct waiting *w);
size_t waiting_count(const struct waiting *w);
