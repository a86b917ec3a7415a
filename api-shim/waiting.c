#include "api-shim/waiting.h"

#include "lib/base/clock.h"
#include "lib/base/require.h"
#include "store/exports.h"

#include <glib.h>

enum { TICK_MS = 250, ASK_MAX = 1000 };

struct wait {
	struct waiting *w;
	int64_t export_id, until_ms;
	wait_done_fn done;
	void *arg;
	GList link;
};

struct waiting {
	struct store *store;
	struct timer *tick;
	GHashTable *by_export; /* an id is made by one create */
	GQueue all;
	bool asking, released, closed;
};

static void finish(struct wait *wait)
{
	struct waiting *w = wait->w;

	if (g_hash_table_lookup(w->by_export, &wait->export_id) == wait) {
		(void)g_hash_table_remove(w->by_export, &wait->export_id);
	}
	g_queue_unlink(&w->all, &wait->link);
	wait->done(wait->arg);
	g_free(wait);
}

static void on_finished(void *arg, int64_t export_id)
{
	struct waiting *w = arg;
	struct wait *wait = g_hash_table_lookup(w->by_export, &export_id);

	if (wait) {
		finish(wait);
	}
}

static void forget(struct waiting *w)
{
	g_hash_table_destroy(w->by_export);
	g_free(w);
}

static void on_ended(void *arg, const int64_t *ids, size_t count, const struct fault *f)
{
	struct waiting *w = arg;

	w->asking = false;
	if (w->closed) {
		forget(w);
		return;
	}
	for (size_t i = 0; !f && i < count; i++) {
		on_finished(w, ids[i]);
	}
}

/* The oldest first; more than a thousand take turns, for who was asked about goes to the end. */
static void ask(struct waiting *w)
{
	int64_t ids[ASK_MAX];
	size_t count = 0, most = MIN(g_queue_get_length(&w->all), ASK_MAX);

	for (; count < most; count++) {
		GList *link = g_queue_pop_head_link(&w->all);

		ids[count] = ((struct wait *)link->data)->export_id;
		g_queue_push_tail_link(&w->all, link);
	}
	if (count > 0) {
		w->asking = true;
		exports_ended(w->store, ids, count, on_ended, w);
	}
}

static void end_overdue(struct waiting *w)
{
	int64_t now = clock_elapsed_ms();
	GList *next;

	for (GList *link = w->all.head; link; link = next) {
		struct wait *wait = link->data;

		next = link->next;
		if (w->released || now >= wait->until_ms) {
			finish(wait);
		}
	}
}

static void on_tick(void *arg)
{
	struct waiting *w = arg;

	end_overdue(w);
	if (!w->asking) {
		ask(w);
	}
	if (g_queue_is_empty(&w->all)) {
		timer_stop(w->tick);
	}
}

struct waiting *waiting_open(struct store *store, struct queue *queue)
{
	struct waiting *w = g_new0(struct waiting, 1);

	w->store = store;
	w->by_export = g_hash_table_new(g_int64_hash, g_int64_equal);
	w->tick = timer_create_on(store->loop, on_tick, w);
	g_queue_init(&w->all);
	if (queue) {
		queue_watch(queue, on_finished, w);
	}
	return w;
}

void waiting_close(struct waiting *w)
{
	REQUIRE(g_queue_is_empty(&w->all));
	timer_destroy(w->tick);
	w->closed = true;
	if (!w->asking) {
		forget(w);
	}
}

struct wait *waiting_add(
	struct waiting *w, int64_t export_id, unsigned limit_ms, wait_done_fn done, void *arg)
{
	struct wait *wait = g_new0(struct wait, 1);

	wait->w = w;
	wait->export_id = export_id;
	wait->until_ms = clock_elapsed_ms() + limit_ms;
	wait->done = done;
	wait->arg = arg;
	wait->link.data = wait;
	/* An id comes again only after a database was put back: the earlier one runs out of time.
	 */
	(void)g_hash_table_replace(w->by_export, &wait->export_id, wait);
	g_queue_push_tail_link(&w->all, &wait->link);
	if (!timer_is_running(w->tick)) {
		timer_start(w->tick, TICK_MS, TICK_MS);
	}
	return wait;
}

void waiting_give_up(struct wait *wait)
{
	wait->until_ms = 0;
}

void waiting_release(struct waiting *w)
{
	w->released = true;
	if (!g_queue_is_empty(&w->all)) {
		timer_start(w->tick, 0, TICK_MS);
	}
}

size_t waiting_count(const struct waiting *w)
{
	return w->all.length;
}
