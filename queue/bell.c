#include "queue/bell.h"

#include "lib/base/clock.h"
#include "queue/redis_conn.h"

#include <glib.h>

enum {
	/* Waiting ends after this and begins anew; `rung` is called then too, for slots that ended
	 * by time ring no bell. */
	WAIT_S = 3,
	WAIT_MS = WAIT_S * 1000,
	/* A worker that is going to claim does so within this. */
	TAKEN_WITHIN_MS = 100,
	/* Shorter absences are none: what failed meanwhile is dispatched again soon enough. */
	OUTAGE_MS = 1000
};

/* What the connection is doing.  One thing at a time, for a blocked connection takes nothing in. */
enum state {
	BELL_AWAY, /* not alive */
	BELL_SEALING, /* looking whether Redis still knows what it was told */
	BELL_WAITING, /* blocked until the bell rings */
	BELL_BUSY /* the worker has its hands full: pausing */
};

struct bell {
	uv_loop_t *loop;
	struct redis_conn *conn;
	char *bell_key, *seal_key;
	queue_event_fn rung, returned;
	void *arg;
	enum state state;
	bool wants; /* the worker could do with work, as far as it has said */
	bool is_lost; /* this server, or this start of it, is new to us */
	bool is_closed;
	int64_t sealed_at_ms;
	char *run_id;
	struct timer *pause;
	struct timer *put_back; /* runs from the ring until the worker claims */
};

static void go_on(struct bell *b);

static void on_failed_step(struct bell *b)
{
	/* When the connection ended, on_alive() goes on.  Else the server refused, which passes. */
	if (redis_conn_is_alive(b->conn)) {
		b->state = BELL_BUSY;
		timer_start(b->pause, WAIT_MS, 0);
	} else {
		b->state = BELL_AWAY;
	}
}

/* The bell is a sorted set of one member; nil means that the wait is over. */
static void on_waited(void *arg, const redisReply *reply, const struct fault *f)
{
	struct bell *b = arg;

	if (b->is_closed) {
		return;
	}
	if (f) {
		on_failed_step(b);
		return;
	}
	if (reply->type != REDIS_REPLY_NIL) {
		timer_start(b->put_back, TAKEN_WITHIN_MS, 0);
	}
	go_on(b);
	b->rung(b->arg);
}

static void wait_for_ring(struct bell *b)
{
	char seconds[16];

	b->state = BELL_WAITING;
	(void)g_snprintf(seconds, sizeof seconds, "%d", WAIT_S);
	redis_conn_command(b->conn, WAIT_MS + REDIS_COMMAND_LIMIT_MS, 3,
		(const char *const[]){"BZPOPMIN", b->bell_key, seconds}, NULL, on_waited, b);
}

/* The seal is a key that is there as long as Redis keeps what it is told.  Of all workers the one
 * that finds it missing, and thereby sets it, tells. */
static void on_sealed(void *arg, const redisReply *reply, const struct fault *f)
{
	struct bell *b = arg;
	bool was_missing;

	if (b->is_closed) {
		return;
	}
	if (f) {
		on_failed_step(b);
		return;
	}
	was_missing = reply->type == REDIS_REPLY_STATUS;
	b->sealed_at_ms = clock_elapsed_ms();
	go_on(b);
	if (b->is_lost || was_missing) {
		b->is_lost = false;
		b->returned(b->arg);
	}
}

static void seal(struct bell *b)
{
	b->state = BELL_SEALING;
	redis_conn_command(b->conn, REDIS_COMMAND_LIMIT_MS, 4,
		(const char *const[]){"SET", b->seal_key, "1", "NX"}, NULL, on_sealed, b);
}

/* The next thing to do, after any other has ended well. */
static void go_on(struct bell *b)
{
	timer_stop(b->pause);
	if (!redis_conn_is_alive(b->conn)) {
		b->state = BELL_AWAY;
	} else if (clock_elapsed_ms() - b->sealed_at_ms >= WAIT_MS) {
		seal(b);
	} else if (b->wants && !timer_is_running(b->put_back)) {
		wait_for_ring(b);
	} else {
		b->state = BELL_BUSY;
		timer_start(b->pause, WAIT_MS, 0);
	}
}

/* Hands full, or a claim that never came: asking now and then keeps a worker from being idle for
 * ever, whatever went wrong. */
static void on_pause_over(void *arg)
{
	struct bell *b = arg;

	go_on(b);
	b->rung(b->arg);
}

static void on_put_back(void *arg, const redisReply *reply, const struct fault *f)
{
	(void)arg;
	(void)reply;
	(void)f;
}

/* The connection is not blocked now: it is not while this timer runs. */
static void on_not_taken(void *arg)
{
	struct bell *b = arg;

	b->wants = false;
	if (redis_conn_is_alive(b->conn)) {
		redis_conn_command(b->conn, REDIS_COMMAND_LIMIT_MS, 4,
			(const char *const[]){"ZADD", b->bell_key, "0", "b"}, NULL, on_put_back,
			NULL);
	}
}

static void on_alive(void *arg)
{
	struct bell *b = arg;
	const char *run_id = redis_conn_run_id(b->conn);
	int64_t was_away_ms = redis_conn_was_away_ms(b->conn);

	if (was_away_ms < 0 || was_away_ms >= OUTAGE_MS || g_strcmp0(run_id, b->run_id) != 0) {
		b->is_lost = true;
	}
	g_free(b->run_id);
	b->run_id = g_strdup(run_id);
	b->wants = true;
	timer_stop(b->pause);
	timer_stop(b->put_back);
	seal(b);
	b->rung(b->arg);
}

struct bell *bell_open(uv_loop_t *loop, const struct redis_address *address, const char *key,
	queue_event_fn rung, queue_event_fn returned, void *arg)
{
	static const struct redis_conn_events events = {.alive = on_alive};
	struct bell *b = g_new0(struct bell, 1);

	b->loop = loop;
	b->bell_key = g_strconcat(key, ":bell", NULL);
	b->seal_key = g_strconcat(key, ":seal", NULL);
	b->rung = rung;
	b->returned = returned;
	b->arg = arg;
	b->wants = true;
	b->pause = timer_create_on(loop, on_pause_over, b);
	b->put_back = timer_create_on(loop, on_not_taken, b);
	b->conn = redis_conn_open(loop, address, "queue.bell", &events, b);
	return b;
}

static void bell_free(void *arg)
{
	struct bell *b = arg;

	g_free(b->bell_key);
	g_free(b->seal_key);
	g_free(b->run_id);
	g_free(b);
}

void bell_close(struct bell *b)
{
	b->is_closed = true;
	redis_conn_close(b->conn);
	timer_destroy(b->pause);
	timer_destroy(b->put_back);
	/* Answers are still due; they come before this. */
	later(b->loop, bell_free, b);
}

void bell_note_claim(struct bell *b)
{
	timer_stop(b->put_back);
}

void bell_note_answer(struct bell *b, bool wants_more)
{
	b->wants = wants_more;
	if (timer_is_running(b->put_back)) {
		/* What was claimed had been asked for before the bell rang. */
		b->rung(b->arg);
	} else if (wants_more && b->state == BELL_BUSY) {
		go_on(b);
	}
}

void bell_renew(struct bell *b)
{
	redis_conn_renew(b->conn, "the server is silent");
}
