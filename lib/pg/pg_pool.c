#include "lib/pg/pg.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/require.h"
#include "lib/pg/pg_call.h"
#include "lib/pg/pg_conn.h"
#include "lib/pg/pg_control.h"
#include "lib/pg/pg_target.h"

#include <glib.h>

enum {
	BACKOFF_LEAST_MS = 50,
	BACKOFF_MOST_MS = 2000,
	PROOF_EVERY_MS = 2000, /* silence after which the pool asks for a sign of life */
	PROOF_LIMIT_MS = 2500,
	PROOF_HOLDS_MS = 6000,
	SCOPED_ANSWER_MOST = 64 << 20
};

struct pg_slot {
	struct pg_pool *pool;
	struct pg_conn *conn; /* NULL: free */
	struct pg_call *call;
	bool is_ready;
	uint64_t used; /* turn of the pool's counter: the last one used is used next */
};

struct pg_pool {
	uv_loop_t *loop;
	char *url, *name, *session_sql, *scope_setting;
	struct pg_conn_options conn_options;
	unsigned queue_limit;
	struct fault unusable; /* the url cannot be read: nothing will heal that */
	struct pg_slot *slots;
	unsigned slot_count;
	GQueue line;
	uint64_t turn;
	struct timer *limits, *backoff, *proof;
	int64_t limits_due_ms; /* when `limits` fires; 0: not running */
	unsigned failures; /* connects that failed in a row */
	int64_t failing_since_ms, answered_ms;
	struct fault why_not; /* the last of them */
	bool is_proving;
	struct pg_control *control;
};

/* One timer serves all limits: it runs for the earliest, and finds the next when it fires. */
static void watch_limit(struct pg_pool *p, int64_t due)
{
	int64_t now = clock_elapsed_ms();

	if (p->limits_due_ms == 0 || due < p->limits_due_ms) {
		p->limits_due_ms = due;
		timer_start(p->limits, (uint64_t)MAX(due - now, 1), 0);
	}
}

static void open_slot(struct pg_pool *p, struct pg_slot *s);

static unsigned count_slots(const struct pg_pool *p, bool connecting_only)
{
	unsigned count = 0;

	for (unsigned i = 0; i < p->slot_count; i++) {
		count += p->slots[i].conn && !(connecting_only && p->slots[i].is_ready);
	}
	return count;
}

/* The idle connection that was used last, or, to prove them all in turn, the one used longest ago.
 */
static struct pg_slot *idle_slot(const struct pg_pool *p, bool oldest)
{
	struct pg_slot *best = NULL;

	for (unsigned i = 0; i < p->slot_count; i++) {
		struct pg_slot *s = &p->slots[i];

		if (s->is_ready && !s->call && pg_conn_is_idle(s->conn) &&
			(!best || (s->used > best->used) != oldest)) {
			best = s;
		}
	}
	return best;
}

static void run(struct pg_slot *s, struct pg_call *c)
{
	s->call = c;
	s->used = ++s->pool->turn;
	pg_call_send(c, s, s->conn);
}

static void open_wanted(struct pg_pool *p, unsigned wanted)
{
	/* After a connection broke there is a short pause, for all of them may have; while
	 * connecting fails, one at a time tries. */
	if (timer_is_running(p->backoff)) {
		return;
	}
	wanted = p->failures > 0 ? 1 : wanted;
	for (unsigned i = 0; i < p->slot_count && count_slots(p, true) < wanted; i++) {
		if (!p->slots[i].conn) {
			open_slot(p, &p->slots[i]);
		}
	}
}

static void dispatch(struct pg_pool *p)
{
	while (!g_queue_is_empty(&p->line)) {
		struct pg_slot *s = idle_slot(p, false);

		if (!s) {
			open_wanted(p, g_queue_get_length(&p->line));
			return;
		}
		run(s, g_queue_pop_head_link(&p->line)->data);
	}
}

static void free_slot(struct pg_slot *s)
{
	pg_conn_close(s->conn);
	s->conn = NULL;
	s->call = NULL;
	s->is_ready = false;
}

static void on_ready(void *arg)
{
	struct pg_slot *s = arg;
	struct pg_pool *p = s->pool;

	s->is_ready = true;
	s->used = ++p->turn;
	p->answered_ms = clock_elapsed_ms();
	if (p->failures > 0) {
		log_line(LOG_INFO, p->name, 0, "Postgres is back after %" G_GINT64_FORMAT " ms",
			p->answered_ms - p->failing_since_ms);
	}
	p->failures = 0;
	p->why_not = (struct fault){0};
	dispatch(p);
}

static void on_answer(void *arg, struct pg_rows *rows, const struct fault *f)
{
	struct pg_slot *s = arg;
	struct pg_pool *p = s->pool;
	struct pg_call *c = s->call;
	struct fault fault = {0};

	REQUIRE(c);
	s->call = NULL;
	c->state = CALL_ENDED;
	p->answered_ms = clock_elapsed_ms();
	if (f) {
		fault = *f;
		pg_call_judge(c, &fault);
	}
	/* The connection goes on to the next before this answer is looked at. */
	dispatch(p);
	pg_call_answer(c, rows ? &rows->rows : NULL, f ? &fault : NULL);
	pg_rows_destroy(rows);
}

static void pause_connecting(struct pg_pool *p)
{
	unsigned most = (unsigned)BACKOFF_LEAST_MS << MIN(p->failures, 8U);

	most = MIN(most, BACKOFF_MOST_MS);
	timer_start(p->backoff, most / 2 + random_below(most / 2 + 1), 0);
}

static bool has_ready_slot(const struct pg_pool *p)
{
	for (unsigned i = 0; i < p->slot_count; i++) {
		if (p->slots[i].is_ready) {
			return true;
		}
	}
	return false;
}

static void connect_failed(struct pg_pool *p, const struct fault *f)
{
	/* The first failure is told, then every so often, so that a log shows an outage and not
	 * only its noise. */
	if (p->failures % 32 == 0) {
		log_line(LOG_WARN, p->name, 0, "%s", f->detail);
	}
	if (p->failures == 0) {
		p->failing_since_ms = clock_elapsed_ms();
	}
	if (!has_ready_slot(p)) {
		p->answered_ms = 0;
	}
	p->failures++;
	p->why_not = *f;
	pause_connecting(p);
}

static void on_end(void *arg, const struct fault *f)
{
	struct pg_slot *s = arg;
	struct pg_pool *p = s->pool;
	struct pg_call *c = s->call;
	struct fault fault = *f;

	if (!s->is_ready) {
		connect_failed(p, &fault);
	} else if (fault.kind == FAULT_UNAVAILABLE) {
		log_line(LOG_INFO, p->name, 0, "a connection ended: %s", fault.detail);
		pause_connecting(p);
	} else {
		/* It is the answer that was of no use, and the server may still be writing it. */
		pg_control_stop(p->control, pg_conn_session(s->conn));
	}
	free_slot(s);
	if (c) {
		c->state = CALL_ENDED;
	}
	dispatch(p);
	if (c) {
		pg_call_answer(c, NULL, &fault);
	}
}

static const struct pg_conn_events events = {on_ready, on_answer, on_end};

static void open_slot(struct pg_pool *p, struct pg_slot *s)
{
	s->conn = pg_conn_open(p->loop, &p->conn_options, &events, s);
}

static void on_backoff(void *arg)
{
	struct pg_pool *p = arg;

	dispatch(p);
}

static void collect_due(struct pg_pool *p, int64_t now, GQueue *due)
{
	for (GList *l = p->line.head, *next; l; l = next) {
		struct pg_call *c = l->data;

		next = l->next;
		if (pg_call_due_ms(c) <= now) {
			fault_set(&c->fault, FAULT_UNAVAILABLE,
				"Postgres: no connection was free within %u ms%s%s", c->limit_ms,
				p->why_not.kind ? ": " : "", p->why_not.detail);
			g_queue_unlink(&p->line, l);
			g_queue_push_tail_link(due, l);
		}
	}
	for (unsigned i = 0; i < p->slot_count; i++) {
		struct pg_slot *s = &p->slots[i];
		struct pg_call *c = s->call;

		if (c && pg_call_due_ms(c) <= now) {
			struct pg_session session = pg_conn_session(s->conn);

			fault_set(&c->fault, FAULT_UNAVAILABLE, "Postgres: no answer within %u ms",
				c->limit_ms);
			free_slot(s);
			pg_control_stop(p->control, session);
			g_queue_push_tail_link(due, &c->link);
		}
	}
}

static void on_limits(void *arg)
{
	struct pg_pool *p = arg;
	int64_t now = clock_elapsed_ms(), next = INT64_MAX;
	GQueue due = G_QUEUE_INIT;

	p->limits_due_ms = 0;
	collect_due(p, now, &due);
	for (GList *l = due.head; l; l = l->next) {
		((struct pg_call *)l->data)->state = CALL_ENDED;
	}
	for (GList *l = p->line.head; l; l = l->next) {
		next = MIN(next, pg_call_due_ms(l->data));
	}
	for (unsigned i = 0; i < p->slot_count; i++) {
		next = p->slots[i].call ? MIN(next, pg_call_due_ms(p->slots[i].call)) : next;
	}
	if (next < INT64_MAX) {
		watch_limit(p, next);
	}
	dispatch(p);
	/* From here on only the collected calls are touched. */
	for (GList *l = g_queue_pop_head_link(&due); l; l = g_queue_pop_head_link(&due)) {
		struct pg_call *c = l->data;

		pg_call_answer(c, NULL, &c->fault);
	}
}

static void on_proof(void *arg, const struct rows *rows, const struct fault *f)
{
	struct pg_pool *p = arg;

	(void)rows;
	/* Canceled means that the pool is gone. */
	if (!f || f->kind != FAULT_CANCELED) {
		p->is_proving = false;
	}
}

static void on_control_answer(void *arg)
{
	struct pg_pool *p = arg;

	p->answered_ms = clock_elapsed_ms();
}

/* Each connection is proved in its turn, so that one whose network went away silently is found
 * before somebody needs it. */
static void prove(void *arg)
{
	struct pg_pool *p = arg;
	struct pg_slot *s = idle_slot(p, true);

	timer_start(p->proof, PROOF_EVERY_MS - 250 + random_below(500), 0);
	if (p->is_proving || clock_elapsed_ms() - p->answered_ms < PROOF_EVERY_MS) {
		return;
	}
	if (s) {
		struct sql *sql = sql_create();
		struct pg_call *c;

		sql_add(sql, "SELECT 1");
		c = pg_call_create(p, sql, NULL, 0, PROOF_LIMIT_MS, on_proof, p);
		p->is_proving = true;
		watch_limit(p, pg_call_due_ms(c));
		run(s, c);
	} else if (count_slots(p, false) < p->slot_count) {
		open_wanted(p, 1);
	} else if (count_slots(p, true) == 0) {
		pg_control_ping(p->control);
	}
}

struct pg_pool *pg_pool_open(uv_loop_t *loop, const struct pg_pool_options *o)
{
	struct pg_pool *p = g_new0(struct pg_pool, 1);
	struct pg_target *target = pg_target_create(o->url, &p->unusable);

	pg_target_destroy(target);
	p->loop = loop;
	p->url = g_strdup(o->url);
	p->name = g_strdup(o->name);
	p->session_sql = g_strdup(o->session_sql);
	p->scope_setting = g_strdup(o->scope_setting);
	p->conn_options = (struct pg_conn_options){
		.url = p->url,
		.name = p->name,
		.session_sql = p->session_sql,
		.scope_setting = p->scope_setting,
		.answer_max_bytes = o->answer_max_bytes == 0 && o->scope_setting
					    ? SCOPED_ANSWER_MOST
					    : o->answer_max_bytes,
	};
	p->queue_limit = o->queue_limit;
	p->slot_count = MAX(o->connections, 1);
	p->slots = g_new0(struct pg_slot, p->slot_count);
	for (unsigned i = 0; i < p->slot_count; i++) {
		p->slots[i].pool = p;
	}
	g_queue_init(&p->line);
	p->limits = timer_create_on(loop, on_limits, p);
	p->backoff = timer_create_on(loop, on_backoff, p);
	p->proof = timer_create_on(loop, prove, p);
	p->control = pg_control_create(loop, p->url, p->name, on_control_answer, p);
	if (p->unusable.kind == FAULT_NONE) {
		timer_start(p->proof, 0, 0);
	} else {
		p->unusable.kind = FAULT_UNAVAILABLE;
		log_line(LOG_ERROR, p->name, 0, "%s", p->unusable.detail);
	}
	return p;
}

static void cancel_later(struct pg_call *c, uv_loop_t *loop, const char *why)
{
	fault_set(&c->fault, FAULT_CANCELED, "Postgres: %s", why);
	pg_call_answer_later(c, loop);
}

void pg_pool_close(struct pg_pool *p)
{
	for (unsigned i = 0; i < p->slot_count; i++) {
		struct pg_slot *s = &p->slots[i];

		if (s->call) {
			cancel_later(s->call, p->loop, "the pool was closed");
		}
		free_slot(s);
	}
	for (GList *l = g_queue_pop_head_link(&p->line); l; l = g_queue_pop_head_link(&p->line)) {
		cancel_later(l->data, p->loop, "the pool was closed");
	}
	timer_destroy(p->limits);
	timer_destroy(p->backoff);
	timer_destroy(p->proof);
	pg_control_destroy(p->control);
	g_free(p->slots);
	g_free(p->url);
	g_free(p->name);
	g_free(p->session_sql);
	g_free(p->scope_setting);
	g_free(p);
}

struct pg_call *pg_query(struct pg_pool *p, struct sql *statement, const char *scope,
	unsigned limit_ms, pg_done_fn done, void *arg)
{
	return pg_query_with(p, statement, scope, 0, limit_ms, done, arg);
}

struct pg_call *pg_query_with(struct pg_pool *p, struct sql *statement, const char *scope,
	unsigned traits, unsigned limit_ms, pg_done_fn done, void *arg)
{
	struct pg_call *c = pg_call_create(p, statement, scope, traits, limit_ms, done, arg);
	struct pg_slot *idle;

	if (p->unusable.kind != FAULT_NONE) {
		c->fault = p->unusable;
		pg_call_answer_later(c, p->loop);
		return c;
	}
	idle = g_queue_is_empty(&p->line) ? idle_slot(p, false) : NULL;
	if (!idle && g_queue_get_length(&p->line) >= p->queue_limit) {
		fault_set(&c->fault, FAULT_UNAVAILABLE,
			"Postgres: %u statements are in line already", p->queue_limit);
		pg_call_answer_later(c, p->loop);
		return c;
	}
	watch_limit(p, pg_call_due_ms(c));
	if (idle) {
		run(idle, c);
	} else {
		g_queue_push_tail_link(&p->line, &c->link);
		dispatch(p);
	}
	return c;
}

void pg_cancel(struct pg_call *c)
{
	struct pg_pool *p = c->pool;
	struct pg_slot *s = c->slot;

	switch (c->state) {
	case CALL_IN_LINE:
		g_queue_unlink(&p->line, &c->link);
		cancel_later(c, p->loop, "canceled while in line");
		break;
	case CALL_RUNNING: {
		struct pg_session session = pg_conn_session(s->conn);

		/* The connection goes with it: a cancel that comes late would hit the next one. */
		free_slot(s);
		pg_control_stop(p->control, session);
		cancel_later(c, p->loop, "canceled");
		dispatch(p);
		break;
	}
	case CALL_ENDED:
		break;
	}
}

bool pg_pool_is_ready(const struct pg_pool *p)
{
	return p->answered_ms != 0 && clock_elapsed_ms() - p->answered_ms < PROOF_HOLDS_MS;
}
