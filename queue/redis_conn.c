#include "queue/redis_conn.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/require.h"
#include "queue/redis_call.h"
#include "queue/redis_error.h"
#include "queue/redis_lookup.h"
#include "queue/redis_reply.h"
#include "queue/redis_socket.h"

#include <glib.h>
#include <string.h>
#include <sys/un.h>

enum {
	CONNECT_LIMIT_MS = 2000,
	/* An idle connection is asked this often.  With the limit of a command, a silent server is
	 * noticed within 3 s. */
	PING_EVERY_MS = 750,
	/* How long a process that was held up itself reads what has come, before it judges. */
	LAST_LOOK_MS = 50,
	READY_WITHIN_MS = 4000,
	PAUSE_LEAST_MS = 50,
	PAUSE_MOST_MS = 2000,
	/* What ends sooner than this does not count as a success, so that a server which accepts
	 * and drops is not asked ever faster. */
	STEADY_MS = 2000,
	UNDER_WAY_MOST = 1000
};

enum state {
	STATE_RESTING, /* until the next try */
	STATE_RESOLVING, /* a name */
	STATE_CONNECTING, /* a socket */
	STATE_GREETING, /* asking who is there */
	STATE_ALIVE,
	STATE_CLOSED
};

enum said { SAID_NOTHING, SAID_WARNING, SAID_ERROR };

struct redis_conn {
	uv_loop_t *loop;
	const struct redis_address *address;
	const char *part;
	const struct redis_conn_events *events;
	void *arg;

	enum state state;
	struct redis_socket *socket;
	struct redis_lookup *lookup;
	GQueue under_way; /* struct redis_call, in the order of their answers */
	GQueue held; /* struct redis_call, for the end of the first try */

	struct timer *pace; /* resting: its end; resolving, connecting: the limit */
	struct timer *deadline; /* no later than the first limit of any call */
	struct timer *ping;
	int64_t deadline_at_ms;
	bool is_last_look; /* limits are past; a moment more for what has already come */

	unsigned tries; /* since it was last steady */
	bool has_tried, was_alive;
	int64_t alive_at_ms, answered_at_ms, was_away_ms;
	int64_t away_at_ms; /* when it ended or, of a silent one, when it last spoke */
	char run_id[64];
	enum said said; /* since it was last alive */
};

static void begin_try(struct redis_conn *c);

static void log_away(struct redis_conn *c, bool needs_person, const struct fault *why)
{
	enum said saying = needs_person ? SAID_ERROR : SAID_WARNING;

	if (saying > c->said) {
		c->said = saying;
		log_line(needs_person ? LOG_ERROR : LOG_WARN, c->part, 0, "Redis is away: %s",
			why->detail);
	} else {
		log_line(LOG_DEBUG, c->part, 0, "Redis is still away: %s", why->detail);
	}
}

/* The only way out of a try or a life: everything under way ends, and the next try is set. */
static void lose(struct redis_conn *c, bool needs_person, const struct fault *why)
{
	int64_t now = clock_elapsed_ms();

	if (c->state == STATE_ALIVE) {
		c->away_at_ms = now;
		c->tries = now - c->alive_at_ms >= STEADY_MS ? 0 : c->tries;
	}
	if (c->socket) {
		redis_socket_close(c->socket);
		c->socket = NULL;
	}
	timer_stop(c->ping);
	timer_stop(c->deadline);
	redis_calls_end(&c->under_way, c->loop, why);
	redis_calls_end(&c->held, c->loop, why);
	log_away(c, needs_person, why);
	c->has_tried = true;
	c->state = STATE_RESTING;
	/* Full jitter, so that a fleet does not come back in one instant. */
	timer_start(c->pace,
		random_below(MIN((uint64_t)PAUSE_LEAST_MS << MIN(c->tries, 10), PAUSE_MOST_MS)), 0);
	c->tries++;
}

static void look_by(struct redis_conn *c, int64_t at_ms)
{
	int64_t now = clock_elapsed_ms();

	if (!timer_is_running(c->deadline) || at_ms < c->deadline_at_ms) {
		c->deadline_at_ms = at_ms;
		timer_start(c->deadline, (uint64_t)MAX(at_ms - now, 1), 0);
	}
}

static void send_call(struct redis_conn *c, struct redis_call *call)
{
	redis_socket_send(c->socket, call->wire, call->wire_bytes);
	g_queue_push_tail(&c->under_way, call);
	look_by(c, call->until_ms);
}

static void ask_own(struct redis_conn *c, int count, const char *const *words, redis_reply_fn done)
{
	struct redis_call *call =
		redis_call_create(REDIS_COMMAND_LIMIT_MS, count, words, NULL, done, c);

	call->is_own = true;
	send_call(c, call);
}

/* Greeting.  All questions leave at once and are answered in order; an error to any ends it in
 * on_answered(). */

static void on_ok(void *arg, const redisReply *reply, const struct fault *f)
{
	(void)arg;
	(void)reply;
	(void)f;
}

static void on_pong(void *arg, const redisReply *reply, const struct fault *f)
{
	struct redis_conn *c = arg;
	struct fault why;

	if (!f && !redis_reply_is_pong(reply)) {
		(void)fault_set(&why, FAULT_UNAVAILABLE, "PING was not answered with PONG");
		lose(c, false, &why);
	}
}

static void on_role(void *arg, const redisReply *reply, const struct fault *f)
{
	struct redis_conn *c = arg;
	struct fault why;

	if (!f && !redis_reply_is_master(reply)) {
		(void)fault_set(&why, FAULT_UNAVAILABLE, "this Redis is not a master");
		lose(c, false, &why);
	}
}

static void on_info(void *arg, const redisReply *reply, const struct fault *f)
{
	struct redis_conn *c = arg;
	int64_t now = clock_elapsed_ms();
	struct redis_call *call;

	if (f) {
		return;
	}
	redis_reply_read_run_id(reply, c->run_id, sizeof c->run_id);
	c->state = STATE_ALIVE;
	c->alive_at_ms = now;
	c->was_away_ms = c->was_alive ? now - c->away_at_ms : -1;
	c->was_alive = true;
	c->has_tried = true;
	c->said = SAID_NOTHING;
	log_line(LOG_INFO, c->part, 0, "Redis is there");
	timer_start(c->ping, PING_EVERY_MS, PING_EVERY_MS);
	while ((call = g_queue_pop_head(&c->held)) != NULL) {
		send_call(c, call);
	}
	if (c->events->alive) {
		c->events->alive(c->arg);
	}
}

static void greet(void *arg)
{
	struct redis_conn *c = arg;
	const struct redis_address *a = c->address;

	timer_stop(c->pace);
	c->state = STATE_GREETING;
	if (a->user) {
		ask_own(c, 3, (const char *const[]){"AUTH", a->user, a->password}, on_ok);
	} else if (a->password) {
		ask_own(c, 2, (const char *const[]){"AUTH", a->password}, on_ok);
	}
	if (a->db != 0) {
		char db[16];

		(void)g_snprintf(db, sizeof db, "%d", a->db);
		ask_own(c, 2, (const char *const[]){"SELECT", db}, on_ok);
	}
	/* That the connection stands proves nothing: the kernel of a stopped server accepts too. */
	ask_own(c, 1, (const char *const[]){"PING"}, on_pong);
	ask_own(c, 1, (const char *const[]){"ROLE"}, on_role);
	ask_own(c, 2, (const char *const[]){"INFO", "server"}, on_info);
}

/* Answers. */

static void on_answered(void *arg, const redisReply *reply)
{
	struct redis_conn *c = arg;
	const struct redis_socket *socket = c->socket;
	const char *published = c->events->published ? redis_reply_published(reply) : NULL;
	enum redis_effect effect = REDIS_EFFECT_KEEP;
	struct redis_call *call;
	struct fault f;

	if (published) {
		c->answered_at_ms = clock_elapsed_ms();
		c->events->published(c->arg, published);
		return;
	}
	c->is_last_look = false;
	call = g_queue_pop_head(&c->under_way);
	if (!call) {
		(void)fault_set(&f, FAULT_UNAVAILABLE, "Redis answered what was not asked");
		lose(c, false, &f);
		return;
	}
	if (reply->type == REDIS_REPLY_ERROR) {
		(void)fault_set(&f, FAULT_UNAVAILABLE, "Redis answered %s", reply->str);
		effect = redis_error_effect(reply->str);
		if (c->state == STATE_GREETING && effect == REDIS_EFFECT_KEEP) {
			effect = REDIS_EFFECT_RENEW;
		}
		redis_call_answer(call, reply, &f);
	} else {
		c->answered_at_ms = clock_elapsed_ms();
		redis_call_answer(call, reply, NULL);
	}
	/* The answer may have made its receiver close or renew us. */
	if (effect != REDIS_EFFECT_KEEP && c->state != STATE_CLOSED && c->socket == socket) {
		lose(c, effect == REDIS_EFFECT_PERSON, &f);
	}
}

static void on_failed(void *arg, const struct fault *f)
{
	lose(arg, false, f);
}

static const struct redis_socket_events socket_events = {greet, on_answered, on_failed};

/* Limits. */

static void on_deadline(void *arg)
{
	struct redis_conn *c = arg;
	int64_t now = clock_elapsed_ms(), first;
	bool was_alive = c->state == STATE_ALIVE;
	GQueue overdue = G_QUEUE_INIT;
	struct fault f;

	redis_calls_move_overdue(&c->held, now, &overdue);
	(void)fault_set(&f, FAULT_UNAVAILABLE, "Redis was not reached in time");
	redis_calls_end(&overdue, c->loop, &f);
	first = MIN(
		redis_calls_first_limit_ms(&c->under_way), redis_calls_first_limit_ms(&c->held));
	if (first > now) {
		c->is_last_look = false;
		if (first != INT64_MAX) {
			look_by(c, first);
		}
		return;
	}
	if (!c->is_last_look) {
		c->is_last_look = true;
		look_by(c, now + LAST_LOOK_MS);
		return;
	}
	c->is_last_look = false;
	(void)fault_set(&f, FAULT_UNAVAILABLE, "Redis did not answer in time");
	lose(c, false, &f);
	if (was_alive) {
		c->away_at_ms = c->answered_at_ms;
		if (c->events->silent) {
			c->events->silent(c->arg);
		}
	}
}

static void on_ping(void *arg)
{
	struct redis_conn *c = arg;

	if (g_queue_is_empty(&c->under_way)) {
		ask_own(c, 1, (const char *const[]){"PING"}, on_pong);
	}
}

/* Trying. */

static void connect_to(struct redis_conn *c, const struct sockaddr *to, socklen_t length)
{
	struct fault f;

	c->state = STATE_CONNECTING;
	timer_start(c->pace, CONNECT_LIMIT_MS, 0);
	c->socket = redis_socket_open(c->loop, to, length, &socket_events, c, &f);
	if (!c->socket) {
		lose(c, false, &f);
	}
}

static void connect_to_path(struct redis_conn *c)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	REQUIRE(g_strlcpy(to.sun_path, c->address->path, sizeof to.sun_path) < sizeof to.sun_path);
	connect_to(c, (const struct sockaddr *)&to, sizeof to);
}

/* Each try takes the next address of the name, so that one that leads nowhere is got over. */
static void connect_to_host(struct redis_conn *c)
{
	const struct sockaddr_storage *to = redis_lookup_next(c->lookup);

	connect_to(c, (const struct sockaddr *)to,
		to->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					  : sizeof(struct sockaddr_in));
}

static void on_looked_up(void *arg, const struct fault *f)
{
	struct redis_conn *c = arg;

	if (c->state != STATE_RESOLVING) {
		return; /* Too late for that try; the next one uses it. */
	}
	if (redis_lookup_has_address(c->lookup)) {
		connect_to_host(c);
	} else {
		lose(c, false, f);
	}
}

static void on_pace(void *arg)
{
	struct redis_conn *c = arg;
	struct fault f;

	switch (c->state) {
	case STATE_RESTING:
		begin_try(c);
		break;
	case STATE_RESOLVING:
		if (redis_lookup_has_address(c->lookup)) {
			connect_to_host(c);
			break;
		}
		(void)fault_set(&f, FAULT_UNAVAILABLE, "the name of Redis was not found in time");
		lose(c, false, &f);
		break;
	case STATE_CONNECTING:
		(void)fault_set(&f, FAULT_UNAVAILABLE, "Redis did not accept in time");
		lose(c, false, &f);
		break;
	case STATE_GREETING:
	case STATE_ALIVE:
	case STATE_CLOSED:
		break;
	}
}

static void begin_try(struct redis_conn *c)
{
	if (c->address->path) {
		connect_to_path(c);
		return;
	}
	if (redis_lookup_is_fixed(c->lookup)) {
		connect_to_host(c);
		return;
	}
	/* Asked again for every try, for the answer may have changed. */
	c->state = STATE_RESOLVING;
	timer_start(c->pace, CONNECT_LIMIT_MS, 0);
	redis_lookup_start(c->lookup);
}

/* The outside. */

struct redis_conn *redis_conn_open(uv_loop_t *loop, const struct redis_address *address,
	const char *part, const struct redis_conn_events *events, void *arg)
{
	struct redis_conn *c = g_new0(struct redis_conn, 1);

	c->loop = loop;
	c->address = address;
	c->part = part;
	c->events = events;
	c->arg = arg;
	g_queue_init(&c->under_way);
	g_queue_init(&c->held);
	c->pace = timer_create_on(loop, on_pace, c);
	c->deadline = timer_create_on(loop, on_deadline, c);
	c->ping = timer_create_on(loop, on_ping, c);
	if (!address->path) {
		c->lookup = redis_lookup_open(loop, address->host, address->port, on_looked_up, c);
	}
	c->state = STATE_RESTING;
	timer_start(c->pace, 0, 0);
	return c;
}

static void conn_free(void *arg)
{
	g_free(arg);
}

void redis_conn_close(struct redis_conn *c)
{
	struct fault f;

	REQUIRE(c->state != STATE_CLOSED);
	c->state = STATE_CLOSED;
	if (c->socket) {
		redis_socket_close(c->socket);
		c->socket = NULL;
	}
	if (c->lookup) {
		redis_lookup_close(c->lookup);
	}
	timer_destroy(c->pace);
	timer_destroy(c->deadline);
	timer_destroy(c->ping);
	(void)fault_set(&f, FAULT_CANCELED, "the queue was closed");
	redis_calls_end(&c->under_way, c->loop, &f);
	redis_calls_end(&c->held, c->loop, &f);
	/* An answer may be on the stack of this call. */
	later(c->loop, conn_free, c);
}

void redis_conn_command(struct redis_conn *c, unsigned limit_ms, int count,
	const char *const *words, const size_t *lengths, redis_reply_fn done, void *arg)
{
	struct redis_call *call = redis_call_create(limit_ms, count, words, lengths, done, arg);
	size_t already = g_queue_get_length(&c->under_way) + g_queue_get_length(&c->held);
	GQueue refused = G_QUEUE_INIT;
	struct fault f;

	REQUIRE(c->state != STATE_CLOSED);
	if (already < UNDER_WAY_MOST && c->state == STATE_ALIVE) {
		send_call(c, call);
		return;
	}
	if (already < UNDER_WAY_MOST && !c->has_tried) {
		g_queue_push_tail(&c->held, call);
		look_by(c, call->until_ms);
		return;
	}
	if (already >= UNDER_WAY_MOST) {
		(void)fault_set(&f, FAULT_UNAVAILABLE,
			"more than %d commands to Redis are under way", UNDER_WAY_MOST);
	} else {
		(void)fault_set(&f, FAULT_UNAVAILABLE, "Redis is away");
	}
	g_queue_push_tail(&refused, call);
	redis_calls_end(&refused, c->loop, &f);
}

void redis_conn_renew(struct redis_conn *c, const char *why)
{
	bool was_alive = c->state == STATE_ALIVE;
	struct fault f;

	if (c->socket) {
		(void)fault_set(&f, FAULT_UNAVAILABLE, "%s", why);
		lose(c, false, &f);
		c->away_at_ms = was_alive ? c->answered_at_ms : c->away_at_ms;
	}
}

bool redis_conn_is_alive(const struct redis_conn *c)
{
	return c->state == STATE_ALIVE;
}

bool redis_conn_is_ready(const struct redis_conn *c)
{
	return c->state == STATE_ALIVE && clock_elapsed_ms() - c->answered_at_ms < READY_WITHIN_MS;
}

const char *redis_conn_run_id(const struct redis_conn *c)
{
	return c->run_id;
}

int64_t redis_conn_was_away_ms(const struct redis_conn *c)
{
	return c->was_away_ms;
}
