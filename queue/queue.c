#include "queue/queue.h"

#include "lib/base/log.h"
#include "lib/base/require.h"
#include "queue/bell.h"
#include "queue/script.h"
#include "queue/watch.h"

#include <glib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
	/* Running at a time, of a project for which the key {name}:cap says nothing. */
	CAP_USUAL = 20,
	/* Every eighth turn prefers scheduled work, so that it never has less than that. */
	SCHEDULED_SHARE = 8,
	/* An id that is enqueued again so soon after it was handed out is on its way to its row. */
	GRACE_MS = 3000,
	/* Keeps one call of the script short; who wants more asks again. */
	CLAIM_MOST = 256,
	SECONDS_MOST = 24 * 3600,
	NAME_MOST_BYTES = 64
};

struct queue {
	uv_loop_t *loop;
	struct redis_address address;
	char *key; /* {name}: one hash tag for all keys */
	struct redis_conn *conn; /* NULL without an address */
	struct bell *bell; /* NULL unless listening */
	struct watch *watch; /* NULL unless watching */
	bool is_closed;
};

/* A call of ours on its way. */
struct ask {
	struct queue *q;
	unsigned want;
	queue_done_fn on_done; /* one of these three */
	queue_claim_fn on_claimed;
	queue_depth_fn on_depth;
	void *arg;
};

static struct ask *ask_create(struct queue *q, void *arg)
{
	struct ask *a = g_new0(struct ask, 1);

	a->q = q;
	a->arg = arg;
	return a;
}

static void on_silent(void *arg)
{
	struct queue *q = arg;

	if (q->bell) {
		bell_renew(q->bell);
	}
	if (q->watch) {
		watch_renew(q->watch);
	}
}

static bool is_name(const char *name)
{
	for (const char *at = name; *at; at++) {
		if (!g_ascii_isgraph(*at) || *at == '{' || *at == '}') {
			return false;
		}
	}
	return *name && strlen(name) <= NAME_MOST_BYTES;
}

struct queue *queue_open(uv_loop_t *loop, const struct queue_options *options, struct fault *f)
{
	static const struct redis_conn_events events = {.silent = on_silent};
	struct redis_address address = {0};
	struct queue *q;

	if (!is_name(options->name)) {
		(void)fault_set(f, FAULT_INPUT,
			"queue_name: 1 to %d printable ASCII characters "
			"without braces and spaces",
			NAME_MOST_BYTES);
		return NULL;
	}
	if (*options->url && !redis_address_read(&address, options->url, f)) {
		return NULL;
	}
	q = g_new0(struct queue, 1);
	q->loop = loop;
	q->address = address;
	q->key = g_strdup_printf("{%s}", options->name);
	if (*options->url) {
		q->conn = redis_conn_open(loop, &q->address, "queue", &events, q);
	}
	return q;
}

static void queue_free(void *arg)
{
	struct queue *q = arg;

	redis_address_finish(&q->address);
	g_free(q->key);
	g_free(q);
}

void queue_close(struct queue *q)
{
	REQUIRE(!q->is_closed);
	q->is_closed = true;
	if (q->bell) {
		bell_close(q->bell);
	}
	if (q->watch) {
		watch_close(q->watch);
	}
	if (q->conn) {
		redis_conn_close(q->conn);
	}
	/* Answers are still due; they come before this. */
	later(q->loop, queue_free, q);
}

/* Without Redis every call is answered by this, later as always. */

struct refusal {
	redis_reply_fn answer;
	struct ask *ask;
};

static void refuse(void *arg)
{
	struct refusal *r = arg;
	struct fault f;

	(void)fault_set(&f, FAULT_UNAVAILABLE, "there is no Redis: redis_url is empty");
	r->answer(r->ask, NULL, &f);
	g_free(r);
}

static void run(struct queue *q, const struct script *script, int count,
	const char *const *arguments, redis_reply_fn answer, struct ask *ask)
{
	struct refusal *r;

	REQUIRE(!q->is_closed);
	if (q->conn) {
		script_run(q->conn, script, q->key, count, arguments, answer, ask);
		return;
	}
	r = g_new0(struct refusal, 1);
	r->answer = answer;
	r->ask = ask;
	later(q->loop, refuse, r);
}

static void on_done(void *arg, const redisReply *reply, const struct fault *f)
{
	g_autofree struct ask *a = arg;

	(void)reply;
	a->on_done(a->arg, f);
}

void queue_enqueue(struct queue *q, const struct turn *turn, queue_done_fn done, void *arg)
{
	struct ask *a = ask_create(q, arg);
	const char class[2] = {(char)turn->class, '\0'};
	char id[24], project[24], grace[12];

	a->on_done = done;
	(void)g_snprintf(id, sizeof id, "%" PRId64, turn->export_id);
	(void)g_snprintf(project, sizeof project, "%" PRId64, turn->project_id);
	(void)g_snprintf(grace, sizeof grace, "%d", GRACE_MS);
	run(q, &script_enqueue, 4, (const char *const[]){id, project, class, grace}, on_done, a);
}

void queue_finish(
	struct queue *q, const struct turn *turn, double seconds, queue_done_fn done, void *arg)
{
	struct ask *a = ask_create(q, arg);
	const char class[2] = {(char)turn->class, '\0'};
	char id[24], project[24], cost[G_ASCII_DTOSTR_BUF_SIZE];

	a->on_done = done;
	(void)g_snprintf(id, sizeof id, "%" PRId64, turn->export_id);
	(void)g_snprintf(project, sizeof project, "%" PRId64, turn->project_id);
	(void)g_ascii_formatd(
		cost, sizeof cost, "%.3f", isfinite(seconds) ? CLAMP(seconds, 0, SECONDS_MOST) : 0);
	run(q, &script_done, 4, (const char *const[]){id, project, class, cost}, on_done, a);
}

/* Whoever can write to Redis can put anything in line. */
static bool read_turn(
	struct turn *turn, const redisReply *id, const redisReply *project, const redisReply *class)
{
	gint64 export_id, project_id;

	if (!id->str || !project->str || !class->str ||
		!g_ascii_string_to_signed(id->str, 10, 1, G_MAXINT64, &export_id, NULL) ||
		!g_ascii_string_to_signed(project->str, 10, 0, G_MAXINT64, &project_id, NULL)) {
		return false;
	}
	turn->export_id = export_id;
	turn->project_id = project_id;
	turn->class = class->str[0] == EXPORT_SCHEDULED ? EXPORT_SCHEDULED : EXPORT_INTERACTIVE;
	return true;
}

static void on_claimed(void *arg, const redisReply *reply, const struct fault *f)
{
	g_autofree struct ask *a = arg;
	g_autofree struct turn *turns = NULL;
	struct queue *q = a->q;
	size_t given, count = 0;

	if (f) {
		a->on_claimed(a->arg, NULL, 0, f);
		return;
	}
	given = reply->type == REDIS_REPLY_ARRAY ? reply->elements / 3 : 0;
	turns = g_new(struct turn, given + 1);
	for (size_t i = 0; i < given; i++) {
		redisReply *const *at = &reply->element[3 * i];

		count += read_turn(&turns[count], at[0], at[1], at[2]) ? 1 : 0;
	}
	if (count < given) {
		log_line(LOG_WARN, "queue", 0, "%zu turns that name no export were dropped",
			given - count);
	}
	a->on_claimed(a->arg, turns, count, NULL);
	/* That call may have closed the queue, which is freed a turn later. */
	if (!q->is_closed && q->bell) {
		bell_note_answer(q->bell, given < a->want);
	}
}

void queue_claim(
	struct queue *q, unsigned want, unsigned slot_lease_ms, queue_claim_fn done, void *arg)
{
	struct ask *a = ask_create(q, arg);
	char most[12], lease[12], cap[12], share[12];

	REQUIRE(want > 0 && slot_lease_ms > 0);
	a->on_claimed = done;
	a->want = MIN(want, CLAIM_MOST);
	(void)g_snprintf(most, sizeof most, "%u", a->want);
	(void)g_snprintf(lease, sizeof lease, "%u", slot_lease_ms);
	(void)g_snprintf(cap, sizeof cap, "%d", CAP_USUAL);
	(void)g_snprintf(share, sizeof share, "%d", SCHEDULED_SHARE);
	if (q->bell) {
		bell_note_claim(q->bell);
	}
	run(q, &script_claim, 4, (const char *const[]){most, lease, cap, share}, on_claimed, a);
}

static void on_measured(void *arg, const redisReply *reply, const struct fault *f)
{
	g_autofree struct ask *a = arg;
	struct queue_depth depth = {0};
	struct fault odd;

	if (f) {
		a->on_depth(a->arg, NULL, f);
		return;
	}
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
		(void)fault_set(&odd, FAULT_UNAVAILABLE, "Redis did not say how deep the queue is");
		a->on_depth(a->arg, NULL, &odd);
		return;
	}
	depth.waiting = reply->element[0]->integer;
	depth.running = reply->element[1]->integer;
	a->on_depth(a->arg, &depth, NULL);
}

void queue_measure(struct queue *q, queue_depth_fn done, void *arg)
{
	struct ask *a = ask_create(q, arg);

	a->on_depth = done;
	run(q, &script_depth, 0, NULL, on_measured, a);
}

void queue_listen(struct queue *q, queue_event_fn rung, queue_event_fn returned, void *arg)
{
	REQUIRE(!q->bell);
	if (q->conn) {
		q->bell = bell_open(q->loop, &q->address, q->key, rung, returned, arg);
	}
}

void queue_watch(struct queue *q, queue_finished_fn finished, void *arg)
{
	REQUIRE(!q->watch);
	if (q->conn) {
		q->watch = watch_open(q->loop, &q->address, q->key, finished, arg);
	}
}

bool queue_is_ready(const struct queue *q)
{
	return q->conn && redis_conn_is_ready(q->conn);
}
