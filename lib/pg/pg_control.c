#include "lib/pg/pg_control.h"

#include "lib/base/log.h"

#include <glib.h>

enum {
	SAY_LIMIT_MS = 5000, /* for one statement, beyond connecting */
	UNSAID_MOST = 256 /* the server's own look after 5 s stops what is beyond */
};

struct pg_control {
	uv_loop_t *loop;
	struct pg_conn_options options;
	char *url, *name;
	pg_control_fn answered;
	void *arg;
	struct pg_conn *conn;
	struct timer *limit;
	GQueue unsaid; /* struct pg_session; pid 0 is a ping */
	bool is_ping_waiting;
};

static void hang_up(struct pg_control *c)
{
	timer_stop(c->limit);
	pg_conn_close(c->conn);
	c->conn = NULL;
}

static void forget_all(struct pg_control *c)
{
	g_queue_clear_full(&c->unsaid, g_free);
	c->is_ping_waiting = false;
}

static void say_next(struct pg_control *c)
{
	g_autofree struct pg_session *next = g_queue_pop_head(&c->unsaid);
	struct sql *sql;

	if (!next) {
		hang_up(c);
		return;
	}
	sql = sql_create();
	if (next->pid == 0) {
		c->is_ping_waiting = false;
		sql_add(sql, "SELECT 1");
	} else {
		/* Only the session that was meant: process ids pass on. */
		sql_addf(sql,
			"SELECT pg_cancel_backend(pid) FROM pg_stat_get_activity(%d) "
			"WHERE (extract(epoch FROM backend_start) * 1000000)::bigint = ",
			next->pid);
		sql_param_int(sql, next->started_us);
	}
	timer_start(c->limit, SAY_LIMIT_MS, 0);
	pg_conn_send(c->conn, &(struct pg_statement){.sql = sql, .timeout_ms = SAY_LIMIT_MS});
	sql_destroy(sql);
}

/* Goes on until all is said; whoever has more to say meanwhile only adds to the list. */
static void on_ready(void *arg)
{
	say_next(arg);
}

static void on_answer(void *arg, struct pg_rows *rows, const struct fault *f)
{
	struct pg_control *c = arg;
	pg_control_fn answered = c->answered;
	void *whom = c->arg;

	if (f) {
		log_line(LOG_WARN, c->name, 0, "a query could not be stopped: %s", f->detail);
	}
	pg_rows_destroy(rows);
	say_next(c);
	if (answered) {
		answered(whom);
	}
}

static void give_up(struct pg_control *c, const char *why)
{
	log_line(LOG_DEBUG, c->name, 0, "control connection: %s", why);
	forget_all(c);
	hang_up(c);
}

static void on_end(void *arg, const struct fault *f)
{
	give_up(arg, f->detail);
}

static void on_limit(void *arg)
{
	give_up(arg, "no answer");
}

static const struct pg_conn_events events = {on_ready, on_answer, on_end};

struct pg_control *pg_control_create(
	uv_loop_t *loop, const char *url, const char *name, pg_control_fn answered, void *arg)
{
	struct pg_control *c = g_new0(struct pg_control, 1);

	c->loop = loop;
	c->url = g_strdup(url);
	c->name = g_strdup(name);
	c->options = (struct pg_conn_options){.url = c->url, .name = c->name};
	c->answered = answered;
	c->arg = arg;
	c->limit = timer_create_on(loop, on_limit, c);
	g_queue_init(&c->unsaid);
	return c;
}

void pg_control_destroy(struct pg_control *c)
{
	forget_all(c);
	hang_up(c);
	timer_destroy(c->limit);
	g_free(c->url);
	g_free(c->name);
	g_free(c);
}

static void say(struct pg_control *c, struct pg_session what)
{
	if (g_queue_get_length(&c->unsaid) >= UNSAID_MOST) {
		return;
	}
	g_queue_push_tail(&c->unsaid, g_memdup2(&what, sizeof what));
	if (!c->conn) {
		c->conn = pg_conn_open(c->loop, &c->options, &events, c);
	}
}

void pg_control_stop(struct pg_control *c, struct pg_session session)
{
	if (session.pid != 0) {
		say(c, session);
	}
}

void pg_control_ping(struct pg_control *c)
{
	if (!c->is_ping_waiting) {
		c->is_ping_waiting = true;
		say(c, (struct pg_session){0});
	}
}
