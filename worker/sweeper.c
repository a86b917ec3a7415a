#include "worker/sweeper.h"

#include "lib/base/log.h"
#include "lib/base/require.h"

#include <glib.h>
#include <inttypes.h>

enum { PASS_EVERY_MS = 5000, DEAD_AFTER_MS = 20000, FULL_PAGE = 500 };

/* A blob on its way out. */
struct doomed {
	int64_t export_id;
	char *store, *location;
	bool is_orphan;
};

struct sweeper {
	struct services *services;
	struct timer *timer;
	size_t at; /* in `walk`; its length between passes */
	bool hurried, closing, busy;
	size_t telling; /* enqueues under way */
	int64_t told; /* of this page */
	GQueue doomed; /* struct doomed */
};

static void go_on(struct sweeper *w);
static void sweep_dead(struct sweeper *w);
static void sweep_overdue(struct sweeper *w);
static void sweep_due(struct sweeper *w);
static void sweep_expired(struct sweeper *w);
static void find_deletable(struct sweeper *w);
static void find_orphans(struct sweeper *w);
static void delete_blobs(struct sweeper *w);

static void (*const walk[])(struct sweeper *w) = {
	sweep_dead,
	sweep_overdue,
	sweep_due,
	sweep_expired,
	find_deletable,
	find_orphans,
	delete_blobs,
};

static void doomed_free(gpointer data)
{
	struct doomed *d = data;

	g_free(d->store);
	g_free(d->location);
	g_free(d);
}

static void free_sweeper(struct sweeper *w)
{
	g_queue_clear_full(&w->doomed, doomed_free);
	g_free(w);
}

static void rest(struct sweeper *w)
{
	uint64_t pause = PASS_EVERY_MS * 3 / 4 + random_below(PASS_EVERY_MS / 2);

	w->at = G_N_ELEMENTS(walk);
	timer_start(w->timer, w->hurried ? 0 : pause, 0);
	w->hurried = false;
}

static void go_on(struct sweeper *w)
{
	w->busy = false;
	if (w->closing) {
		free_sweeper(w);
	} else if (w->at == G_N_ELEMENTS(walk)) {
		rest(w);
	} else {
		w->busy = true;
		walk[w->at](w);
	}
}

static void begin_pass(void *arg)
{
	struct sweeper *w = arg;

	w->at = 0;
	go_on(w);
}

/* A full page may not have been the last one. */
static void next(struct sweeper *w, int64_t count, const struct fault *f)
{
	if (f) {
		log_line(LOG_DEBUG, "sweeper", 0, "%s", f->detail);
	}
	if (f || count < FULL_PAGE) {
		w->at++;
	}
	go_on(w);
}

static void on_dead_swept(void *arg, int64_t count, const struct fault *f)
{
	if (!f && count > 0) {
		log_line(LOG_WARN, "sweeper", 0,
			"%" PRId64 " exports of dead workers are queued again", count);
	}
	next(arg, count, f);
}

static void sweep_dead(struct sweeper *w)
{
	exports_sweep_dead(&w->services->store, DEAD_AFTER_MS, on_dead_swept, w);
}

static void on_overdue_swept(void *arg, int64_t count, const struct fault *f)
{
	if (!f && count > 0) {
		log_line(LOG_WARN, "sweeper", 0, "%" PRId64 " overdue exports have failed", count);
	}
	next(arg, count, f);
}

static void sweep_overdue(struct sweeper *w)
{
	exports_sweep_overdue(&w->services->store, on_overdue_swept, w);
}

/* A page is told before the next one is read: Redis takes a bounded number of calls at a time. */
static void on_enqueued(void *arg, const struct fault *f)
{
	struct sweeper *w = arg;

	(void)f; /* the row comes due again */
	REQUIRE(w->telling > 0);
	if (--w->telling == 0) {
		next(w, w->told, NULL);
	}
}

static void on_due(void *arg, const struct turn *turns, size_t count, const struct fault *f)
{
	struct sweeper *w = arg;

	if (w->closing || f || count == 0) { /* the queue closes with us */
		next(w, 0, f);
		return;
	}
	w->telling = count;
	w->told = (int64_t)count;
	for (size_t i = 0; i < count; i++) {
		queue_enqueue(w->services->queue, &turns[i], on_enqueued, w);
	}
}

/* Without Redis the rows stay due, for workers that look for them without it. */
static void sweep_due(struct sweeper *w)
{
	if (queue_is_ready(w->services->queue)) {
		exports_sweep_due(&w->services->store, on_due, w);
	} else {
		w->at++;
		go_on(w);
	}
}

static void on_expired_swept(void *arg, int64_t count, const struct fault *f)
{
	if (!f && count > 0) {
		log_line(LOG_INFO, "sweeper", 0, "%" PRId64 " exports have expired", count);
	}
	next(arg, count, f);
}

static void sweep_expired(struct sweeper *w)
{
	exports_sweep_expired(&w->services->store, on_expired_swept, w);
}

static void condemn(
	struct sweeper *w, const struct export_blob *blobs, size_t count, bool is_orphan)
{
	for (size_t i = 0; i < count; i++) {
		struct doomed *d = g_new0(struct doomed, 1);

		d->export_id = blobs[i].id;
		d->store = g_strdup(blobs[i].store);
		d->location = g_strdup(blobs[i].location);
		d->is_orphan = is_orphan;
		g_queue_push_tail(&w->doomed, d);
	}
}

/* What is found is deleted by the end of the walk, so a full page waits for the next pass. */
static void found(struct sweeper *w, const struct fault *f)
{
	next(w, 0, f);
}

static void on_deletable(
	void *arg, const struct export_blob *blobs, size_t count, const struct fault *f)
{
	condemn(arg, blobs, f ? 0 : count, false);
	found(arg, f);
}

static void find_deletable(struct sweeper *w)
{
	exports_deletable(&w->services->store, on_deletable, w);
}

static void on_orphans(
	void *arg, const struct export_blob *blobs, size_t count, const struct fault *f)
{
	condemn(arg, blobs, f ? 0 : count, true);
	found(arg, f);
}

static void find_orphans(struct sweeper *w)
{
	blob_intents_orphans(&w->services->store, on_orphans, w);
}

static void on_forgotten(void *arg, const struct fault *f)
{
	struct sweeper *w = arg;

	(void)f; /* found again by the next pass */
	doomed_free(g_queue_pop_head(&w->doomed));
	go_on(w);
}

static void on_removed(void *arg, const struct fault *f)
{
	struct sweeper *w = arg;
	struct doomed *d = g_queue_peek_head(&w->doomed);

	if (w->closing) { /* so may the records be; the next sweep finds it */
		go_on(w);
		return;
	}
	if (f) {
		log_line(LOG_WARN, "sweeper", d->export_id, "%s stays: %s", d->location, f->detail);
		doomed_free(g_queue_pop_head(&w->doomed));
		go_on(w);
	} else if (d->is_orphan) {
		blob_intents_remove(&w->services->store, d->location, on_forgotten, w);
	} else {
		exports_deleted(&w->services->store, d->export_id, on_forgotten, w);
	}
}

static void delete_blobs(struct sweeper *w)
{
	struct doomed *d = g_queue_peek_head(&w->doomed);
	struct blob_store *b = d ? services_blobs(w->services, d->store) : NULL;

	if (!d) {
		w->at++;
		go_on(w);
	} else if (!b) {
		/* Kept by a store that this worker does not have; another one may. */
		doomed_free(g_queue_pop_head(&w->doomed));
		go_on(w);
	} else {
		b->kind->remove(b, d->location, on_removed, w);
	}
}

struct sweeper *sweeper_open(struct services *s)
{
	struct sweeper *w = g_new0(struct sweeper, 1);

	w->services = s;
	w->at = G_N_ELEMENTS(walk);
	g_queue_init(&w->doomed);
	w->timer = timer_create_on(s->loop, begin_pass, w);
	timer_start(w->timer, random_below(1000), 0);
	return w;
}

void sweeper_hurry(struct sweeper *w)
{
	if (w->busy) {
		w->hurried = true;
	} else {
		timer_start(w->timer, 0, 0);
	}
}

void sweeper_close(struct sweeper *w)
{
	w->closing = true;
	timer_destroy(w->timer);
	if (!w->busy) {
		free_sweeper(w);
	}
}
