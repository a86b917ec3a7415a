#include "worker/worker.h"

#include "lib/base/log.h"
#include "store/workers.h"
#include "worker/job.h"
#include "worker/sweeper.h"

#include <glib.h>
#include <unistd.h>

enum {
	BEAT_EVERY_MS = 5000,
	LOOK_EVERY_MS = 500, /* for work, beside the bell */
	FAREWELL_LIMIT_MS = 2000, /* of a statement, for who is about to be killed */
	SLOT_SPARE_MS = 60000, /* a slot outlives a try: a live job never loses its own */
};

struct worker {
	struct services services;
	struct sweeper *sweeper;
	struct timer *beat, *look, *drain;
	GPtrArray *jobs;
	bool asking; /* a claim is under way */
	bool rang; /* and the bell since it began */
	bool draining, leaving;
	unsigned beating; /* heartbeats under way */
	bool leave_when_beaten;
	bool was_without_queue;
	bool is_refused, was_refused; /* by a Redis that is there */
};

static void look_for_work(void *arg);
static void leave(struct worker *w);

static unsigned free_slots(const struct worker *w)
{
	unsigned all = (unsigned)w->services.config->worker_slots;

	return w->jobs->len < all ? all - w->jobs->len : 0;
}

static void on_job_ended(void *arg, struct job *j)
{
	struct worker *w = arg;

	g_ptr_array_remove_fast(w->jobs, j);
	job_destroy(j);
	if (w->draining && w->jobs->len == 0 && !w->asking) {
		leave(w);
	} else {
		look_for_work(w);
	}
}

static void run(struct worker *w, struct job *j)
{
	g_ptr_array_add(w->jobs, j);
	job_start(j);
	if (w->draining) {
		job_give_back(j);
	}
}

/* After an answer: once more if the bell rang meanwhile or slots are still free. */
static void asked(struct worker *w, bool found)
{
	w->asking = false;
	if (w->draining) {
		if (w->jobs->len == 0) {
			leave(w);
		}
	} else if (found || w->rang) {
		w->rang = false;
		look_for_work(w);
	}
}

static void on_turns(void *arg, const struct turn *turns, size_t count, const struct fault *f)
{
	struct worker *w = arg;

	if (f && f->kind != FAULT_CANCELED) {
		if (!w->was_refused) {
			log_line(LOG_WARN, "worker", 0, "asking Redis for turns: %s", f->detail);
		}
		w->is_refused = w->was_refused = true;
	} else {
		w->was_refused = false;
	}
	for (size_t i = 0; !f && i < count; i++) {
		run(w, job_create(&w->services, &turns[i], on_job_ended, w));
	}
	asked(w, count > 0);
}

static void on_row(void *arg, const struct export_claim *claim, const struct fault *f)
{
	struct worker *w = arg;

	if (f) {
		log_line(LOG_DEBUG, "worker", 0, "looking for rows: %s", f->detail);
	} else if (claim) {
		run(w, job_create_claimed(&w->services, claim, on_job_ended, w));
	}
	asked(w, claim != NULL);
}

static void note_queue(struct worker *w, bool ready)
{
	if (ready == w->was_without_queue) {
		w->was_without_queue = !ready;
		log_line(ready ? LOG_INFO : LOG_WARN, "worker", 0,
			ready ? "Redis says whose turn it is"
			      : "Redis is away; taking exports straight from Postgres");
	}
}

static void look_for_work(void *arg)
{
	struct worker *w = arg;
	struct services *s = &w->services;
	/* A Redis that answers and refuses is of no more use than one that is away; it is asked
	 * every other time. */
	bool ready = queue_is_ready(s->queue) && !w->is_refused;
	unsigned want = free_slots(w);

	if (w->draining || want == 0) {
		return;
	}
	if (w->asking) {
		w->rang = true;
		return;
	}
	w->asking = true;
	w->rang = false;
	note_queue(w, ready || w->is_refused);
	w->is_refused = false;
	if (ready) {
		queue_claim(s->queue, want, (unsigned)s->config->export_timeout_ms + SLOT_SPARE_MS,
			on_turns, w);
	} else {
		exports_claim_any(
			&s->store, s->worker_id, (unsigned)s->config->export_timeout_ms, on_row, w);
	}
}

static void on_redispatched(void *arg, const struct fault *f)
{
	struct worker *w = arg;

	if (!f && !w->draining) {
		sweeper_hurry(w->sweeper);
	}
}

static void on_queue_returned(void *arg)
{
	struct worker *w = arg;

	log_line(LOG_INFO, "worker", 0,
		"Redis may have forgotten; every queued export is told again");
	exports_redispatch(&w->services.store, on_redispatched, w);
}

static void on_beaten(void *arg, const struct fault *f)
{
	struct worker *w = arg;

	w->beating--;
	if (f) {
		log_line(LOG_WARN, "worker", 0, "heartbeat: %s", f->detail);
	}
	if (w->leave_when_beaten) {
		leave(w);
	}
}

static void on_forgotten_swept(void *arg, int64_t count, const struct fault *f)
{
	(void)arg;
	if (!f && count > 0) {
		log_line(LOG_WARN, "worker", 0,
			"%lld exports were claimed without our hearing of it; they are queued again",
			(long long)count);
	}
}

/* The reply to a claim may have been lost: then the row says that we run it, and we do not. */
static void disown_unknown(struct worker *w)
{
	g_autofree int64_t *known = g_new(int64_t, w->jobs->len + 1);

	for (guint i = 0; i < w->jobs->len; i++) {
		known[i] = ((const struct job *)w->jobs->pdata[i])->turn.export_id;
	}
	exports_sweep_forgotten(&w->services.store, w->services.worker_id, known, w->jobs->len,
		on_forgotten_swept, NULL);
}

static void beat(void *arg)
{
	struct worker *w = arg;
	char host[256] = "unknown";
	struct worker_row row = {
		.id = w->services.worker_id,
		.host = host,
		.pid = (int)getpid(),
		.slots = (int)w->services.config->worker_slots,
		.draining = w->draining,
	};

	(void)gethostname(host, sizeof host - 1);
	w->beating++;
	workers_beat(&w->services.store, &row, on_beaten, w);
	disown_unknown(w);
}

bool worker_open(uv_loop_t *loop, const struct config *config, struct worker **out, struct fault *f)
{
	struct worker *w = g_new0(struct worker, 1);
	struct services *s = &w->services;

	if (!services_open(s, loop, config, f)) {
		g_free(w);
		return false;
	}
	w->jobs = g_ptr_array_new();
	w->was_without_queue = true; /* connecting takes a moment */
	w->sweeper = sweeper_open(s);
	w->beat = timer_create_on(loop, beat, w);
	w->look = timer_create_on(loop, look_for_work, w);
	queue_listen(s->queue, look_for_work, on_queue_returned, w);
	beat(w);
	timer_start(w->beat, BEAT_EVERY_MS, BEAT_EVERY_MS);
	timer_start(w->look, LOOK_EVERY_MS, LOOK_EVERY_MS);
	log_line(LOG_INFO, "worker", 0, "worker %s takes up to %d exports at a time", s->worker_id,
		(int)config->worker_slots);
	*out = w;
	return true;
}

static void close_rest(void *arg)
{
	struct worker *w = arg;

	services_close(&w->services);
	log_line(LOG_INFO, "worker", 0, "stopped");
}

void worker_destroy(struct worker *w)
{
	g_ptr_array_unref(w->jobs);
	g_free(w);
}

static void on_left(void *arg, const struct fault *f)
{
	(void)f; /* a row that stays looks dead in 20 s and has no exports */
	later(((struct worker *)arg)->services.loop, close_rest, arg);
}

/* No job is left and nothing will begin one. */
static void leave(struct worker *w)
{
	/* A heartbeat that came after the farewell would bring the row back. */
	w->leave_when_beaten = w->beating > 0;
	if (w->leaving || w->leave_when_beaten) {
		return;
	}
	w->leaving = true;
	w->services.store.limit_ms = FAREWELL_LIMIT_MS;
	timer_destroy(w->drain);
	timer_destroy(w->beat);
	timer_destroy(w->look);
	sweeper_close(w->sweeper);
	services_leave(&w->services);
	workers_leave(&w->services.store, w->services.worker_id, on_left, w);
}

static void give_back(void *arg)
{
	struct worker *w = arg;

	log_line(LOG_WARN, "worker", 0, "%u exports go back to the queue", w->jobs->len);
	w->services.store.limit_ms = FAREWELL_LIMIT_MS;
	for (guint i = 0; i < w->jobs->len; i++) {
		job_give_back(w->jobs->pdata[i]);
	}
}

void worker_stop(struct worker *w)
{
	if (w->draining) {
		if (!w->leaving) {
			give_back(w);
		}
		return;
	}
	w->draining = true;
	log_line(LOG_INFO, "worker", 0, "stopping; %u exports are running", w->jobs->len);
	w->drain = timer_create_on(w->services.loop, give_back, w);
	timer_start(w->drain, (uint64_t)w->services.config->worker_drain_ms, 0);
	timer_stop(w->look);
	beat(w);
	if (w->jobs->len == 0 && !w->asking) {
		leave(w);
	}
}
