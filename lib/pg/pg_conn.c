#include "lib/pg/pg_conn.h"

#include "lib/base/require.h"
#include "lib/pg/pg.h"
#include "lib/pg/pg_fault.h"
#include "lib/pg/pg_lookup.h"
#include "lib/pg/pg_reply.h"
#include "lib/pg/pg_target.h"

#include <glib.h>
#include <string.h>

enum {
	CONNECT_LIMIT_MS = 5000, /* names, handshake and session together */
	PREPARED_MOST = 100 /* plans a session keeps; later texts are planned each time */
};

enum state { LOOKING_UP, CONNECTING, SETTING_UP, IDLE, BUSY, ENDED };

struct watch {
	uv_poll_t handle;
	struct pg_conn *conn;
	int events;
};

struct pg_conn {
	uv_loop_t *loop;
	const struct pg_conn_options *options;
	const struct pg_conn_events *events;
	void *arg;
	enum state state;
	struct fault fault; /* why it ended, or the statement's */
	struct timer *timer; /* the connect limit, then the turn in which the end is told */
	struct pg_target *target;
	struct pg_lookup *lookup; /* while names are looked up */
	struct watch *watch;
	PGconn *pg;
	struct pg_session session;

	/* What the session holds; unknown (0, NULL) when new and after an error, which rolls
	 * settings back. */
	unsigned timeout_ms;
	char *scope;
	GHashTable *prepared; /* text → number of its name */
	unsigned prepared_last;

	/* The statement under way. */
	unsigned sent_timeout_ms;
	char *sent_scope;
	char *sent_text; /* being prepared, or NULL */
	struct pg_reply reply;
};

static void fail(struct pg_conn *c)
{
	c->state = ENDED;
	timer_start(c->timer, 0, 0);
}

/* What the server said before it hung up tells more than that it did. */
static void fail_connection(struct pg_conn *c)
{
	if (c->fault.kind == FAULT_NONE) {
		c->fault = c->reply.fault;
	}
	if (c->fault.kind == FAULT_NONE) {
		pg_fault_connection(&c->fault, c->pg);
	}
	c->fault.kind = FAULT_UNAVAILABLE;
	fail(c);
}

static void watch_closed(uv_handle_t *h)
{
	g_free(h->data);
}

static void unwatch(struct pg_conn *c)
{
	if (c->watch) {
		c->watch->conn = NULL;
		uv_close((uv_handle_t *)&c->watch->handle, watch_closed);
		c->watch = NULL;
	}
}

static void on_timer(void *arg)
{
	struct pg_conn *c = arg;

	if (c->state != ENDED) {
		fault_set(&c->fault, FAULT_UNAVAILABLE, "Postgres: no connection within %d ms",
			CONNECT_LIMIT_MS);
		c->state = ENDED;
	}
	unwatch(c);
	c->events->end(c->arg, &c->fault);
}

static void on_socket(uv_poll_t *h, int status, int events);

static void watch(struct pg_conn *c, int events)
{
	int error = 0;

	if (!c->watch) {
		struct watch *w = g_new0(struct watch, 1);

		error = uv_poll_init(c->loop, &w->handle, PQsocket(c->pg));
		if (error) {
			g_free(w); /* a handle whose init failed is not libuv's */
			fault_set(&c->fault, FAULT_UNAVAILABLE, "Postgres: socket: %s",
				uv_strerror(error));
			fail(c);
			return;
		}
		w->handle.data = w;
		w->conn = c;
		c->watch = w;
	}
	if (c->watch->events != events) {
		c->watch->events = events;
		error = uv_poll_start(&c->watch->handle, events, on_socket);
		if (error) {
			fault_set(&c->fault, FAULT_UNAVAILABLE, "Postgres: socket: %s",
				uv_strerror(error));
			fail(c);
		}
	}
}

/* Sends what libpq holds back.  False when the connection has ended. */
static bool flush(struct pg_conn *c)
{
	int left = PQflush(c->pg);

	if (left < 0) {
		fail_connection(c);
		return false;
	}
	watch(c, left ? UV_READABLE | UV_WRITABLE : UV_READABLE);
	return c->state != ENDED;
}

static void set_up(struct pg_conn *c)
{
	const char *own = c->options->session_sql;
	/* The server looks every 5 s whether we are still there, so that a query whose connection
	 * was dropped stops even when nobody can tell it to. */
	g_autofree char *text = g_strconcat(
		"SET timezone TO 'UTC'; SET datestyle TO ISO; SET jit TO off; "
		"SET lock_timeout TO 5000; SET idle_in_transaction_session_timeout TO 30000; "
		"SELECT set_config('client_connection_check_interval', '5000', false) "
		"WHERE version() LIKE '%linux%'; "
		"SELECT pid AS platen_pid, (extract(epoch FROM backend_start) * 1000000)::bigint "
		"FROM pg_stat_get_activity(pg_backend_pid())",
		own ? "; " : NULL, own, NULL);

	c->state = SETTING_UP;
	if (PQsetnonblocking(c->pg, 1) != 0 || PQsendQuery(c->pg, text) != 1) {
		fail_connection(c);
		return;
	}
	(void)flush(c);
}

/* libpq may open another socket while connecting, under the same number even, so the poll handle is
 * made anew for every step rather than kept. */
static void connect_step(struct pg_conn *c)
{
	unwatch(c);
	switch (PQconnectPoll(c->pg)) {
	case PGRES_POLLING_READING:
		watch(c, UV_READABLE);
		break;
	case PGRES_POLLING_WRITING:
		watch(c, UV_WRITABLE);
		break;
	case PGRES_POLLING_OK:
		set_up(c);
		break;
	case PGRES_POLLING_FAILED:
	case PGRES_POLLING_ACTIVE:
		fail_connection(c);
		break;
	}
}

static void drop_notice(void *arg, const PGresult *notice)
{
	(void)arg;
	(void)notice;
}

static void start_connecting(struct pg_conn *c)
{
	const char *const *keywords, *const *values;

	if (!pg_target_params(c->target, c->options->name, &keywords, &values, &c->fault)) {
		fail(c);
		return;
	}
	c->state = CONNECTING;
	c->pg = PQconnectStartParams(keywords, values, 0);
	REQUIRE(c->pg);
	(void)PQsetNoticeReceiver(c->pg, drop_notice, NULL);
	if (PQstatus(c->pg) == CONNECTION_BAD) {
		fail_connection(c);
		return;
	}
	watch(c, UV_WRITABLE);
}

static void on_looked_up(void *arg)
{
	struct pg_conn *c = arg;

	c->lookup = NULL;
	if (c->state == LOOKING_UP) {
		start_connecting(c);
	}
}

struct pg_conn *pg_conn_open(uv_loop_t *loop, const struct pg_conn_options *options,
	const struct pg_conn_events *events, void *arg)
{
	struct pg_conn *c = g_new0(struct pg_conn, 1);

	c->loop = loop;
	c->options = options;
	c->events = events;
	c->arg = arg;
	c->state = LOOKING_UP;
	c->timer = timer_create_on(loop, on_timer, c);
	c->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	timer_start(c->timer, CONNECT_LIMIT_MS, 0);
	c->target = pg_target_create(options->url, &c->fault);
	if (c->target) {
		c->lookup = pg_lookup_start(loop, c->target, on_looked_up, c);
	} else {
		fail(c);
	}
	return c;
}

void pg_conn_close(struct pg_conn *c)
{
	if (!c) {
		return;
	}
	pg_lookup_cancel(c->lookup);
	/* The poll handle goes before its socket does. */
	unwatch(c);
	PQfinish(c->pg);
	timer_destroy(c->timer);
	pg_target_destroy(c->target);
	pg_reply_finish(&c->reply);
	g_hash_table_unref(c->prepared);
	g_free(c->scope);
	g_free(c->sent_scope);
	g_free(c->sent_text);
	g_free(c);
}

bool pg_conn_is_idle(const struct pg_conn *c)
{
	return c->state == IDLE;
}

struct pg_session pg_conn_session(const struct pg_conn *c)
{
	return c->session;
}

static void take_session(struct pg_conn *c, const PGresult *r)
{
	if (PQntuples(r) == 1 && PQnfields(r) == 2 && strcmp(PQfname(r, 0), "platen_pid") == 0) {
		c->session.pid = (int)g_ascii_strtoll(PQgetvalue(r, 0, 0), NULL, 10);
		c->session.started_us = g_ascii_strtoll(PQgetvalue(r, 0, 1), NULL, 10);
	}
}

static void read_set_up(struct pg_conn *c)
{
	while (c->state == SETTING_UP && !PQisBusy(c->pg)) {
		PGresult *r = PQgetResult(c->pg);
		ExecStatusType status;

		if (!r) {
			if (PQenterPipelineMode(c->pg) != 1) {
				fail_connection(c);
				return;
			}
			timer_stop(c->timer);
			c->state = IDLE;
			c->events->ready(c->arg);
			return;
		}
		status = PQresultStatus(r);
		if (status == PGRES_TUPLES_OK) {
			take_session(c, r);
		} else if (status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
			pg_fault_result(&c->fault, r);
			/* Whatever the reason, who waits for a connection cannot mend it. */
			c->fault.kind = FAULT_UNAVAILABLE;
			fault_wrap(&c->fault, "Postgres: setting up the session: ");
			fail(c);
		}
		PQclear(r);
	}
}

/* Asks for the main statement's rows one by one as soon as it is the current one. */
static void want_single_rows(struct pg_conn *c)
{
	if (c->options->answer_max_bytes > 0 && pg_reply_is_at_main(&c->reply)) {
		(void)PQsetSingleRowMode(c->pg);
	}
}

/* Each of the two counts in `before` what goes ahead of the statement itself. */
static bool send_settings(struct pg_conn *c, const struct pg_statement *s, int *before)
{
	const char *values[4];
	int count = 0;
	char *number = NULL;
	bool sent = true;
	const char *scope = s->scope ? s->scope : ""; /* fails closed: '' is no project */

	if (c->timeout_ms != s->timeout_ms) {
		number = g_strdup_printf("%u", s->timeout_ms);
		values[count++] = "statement_timeout";
		values[count++] = number;
	}
	if (c->options->scope_setting && g_strcmp0(c->scope, scope) != 0) {
		values[count++] = c->options->scope_setting;
		values[count++] = scope;
	}
	c->sent_timeout_ms = s->timeout_ms;
	g_free(c->sent_scope);
	c->sent_scope = g_strdup(scope);
	if (count > 0) {
		++*before;
		sent = PQsendQueryParams(c->pg,
			       count == 2
				       ? "SELECT set_config($1, $2, false)"
				       : "SELECT set_config($1, $2, false), set_config($3, $4, false)",
			       count, NULL, values, NULL, NULL, 0) == 1;
	}
	g_free(number);
	return sent;
}

static bool send_main(struct pg_conn *c, const struct pg_statement *s, int *before)
{
	const char *text = sql_text(s->sql);
	int format = s->traits & PG_BINARY ? 1 : 0, count = sql_param_count(s->sql);
	const char *const *values = sql_param_values(s->sql);
	const int *lengths = sql_param_lengths(s->sql), *formats = sql_param_formats(s->sql);
	unsigned number = 0;
	char name[16];

	if (s->traits & PG_REPEATED) {
		number = GPOINTER_TO_UINT(g_hash_table_lookup(c->prepared, text));
	}
	if (number == 0 &&
		(!(s->traits & PG_REPEATED) || g_hash_table_size(c->prepared) >= PREPARED_MOST)) {
		return PQsendQueryParams(
			       c->pg, text, count, NULL, values, lengths, formats, format) == 1;
	}
	if (number == 0) {
		number = ++c->prepared_last;
		c->sent_text = g_strdup(text);
		++*before;
	}
	(void)g_snprintf(name, sizeof name, "p%u", number);
	if (c->sent_text && PQsendPrepare(c->pg, name, text, 0, NULL) != 1) {
		return false;
	}
	return PQsendQueryPrepared(c->pg, name, count, values, lengths, formats, format) == 1;
}

/* Settings, plan and statement go as one pipeline up to one sync: one round trip, and one
 * transaction, so that the statement never runs when its scope could not be set. */
void pg_conn_send(struct pg_conn *c, const struct pg_statement *s)
{
	int before = 0;

	REQUIRE(c->state == IDLE);
	c->state = BUSY;
	if (!send_settings(c, s, &before) || !send_main(c, s, &before) ||
		PQpipelineSync(c->pg) != 1) {
		fail_connection(c);
		return;
	}
	pg_reply_begin(&c->reply, before, c->options->answer_max_bytes);
	want_single_rows(c);
	(void)flush(c);
}

/* What the session holds now.  An error rolls settings back, and leaves plans as they are. */
static void note_session(struct pg_conn *c, bool well)
{
	g_free(c->scope);
	c->scope = well ? g_steal_pointer(&c->sent_scope) : NULL;
	c->timeout_ms = well ? c->sent_timeout_ms : 0;
	if (c->sent_text && c->reply.went_before == c->reply.main_result) {
		g_hash_table_insert(c->prepared, g_steal_pointer(&c->sent_text),
			GUINT_TO_POINTER(c->prepared_last));
	}
	g_clear_pointer(&c->sent_text, g_free);
}

static void tell_answer(struct pg_conn *c)
{
	struct fault fault = c->reply.fault;
	bool well = fault.kind == FAULT_NONE;
	struct pg_rows *rows = pg_reply_steal(&c->reply);

	if (c->reply.is_spoiled && g_hash_table_size(c->prepared) > 0) {
		fail_connection(c);
		return;
	}
	c->reply.fault = (struct fault){0};
	c->state = IDLE;
	note_session(c, well);
	REQUIRE(rows || !well);
	c->events->answer(c->arg, rows, well ? NULL : &fault);
}

static void read_answer(struct pg_conn *c)
{
	int ends = 0;

	/* Each statement of the pipeline ends with a NULL; two in a row mean that nothing more is
	 * there to be had. */
	while (!PQisBusy(c->pg) && ends < 2) {
		PGresult *r = PQgetResult(c->pg);

		if (!r) {
			ends++;
			want_single_rows(c);
		} else {
			ends = 0;
			switch (pg_reply_take(&c->reply, r)) {
			case REPLY_GOES_ON:
				break;
			case REPLY_IS_WHOLE:
				tell_answer(c);
				return;
			case REPLY_FAILED:
				c->fault = c->reply.fault;
				fail(c);
				return;
			}
		}
	}
	if (PQstatus(c->pg) == CONNECTION_BAD) {
		fail_connection(c);
	}
}

static void on_socket(uv_poll_t *h, int status, int events)
{
	struct watch *w = h->data;
	struct pg_conn *c = w->conn;

	(void)events;
	if (c->state == CONNECTING) {
		connect_step(c);
		return;
	}
	if (c->state != SETTING_UP && c->state != IDLE && c->state != BUSY) {
		return;
	}
	if (PQconsumeInput(c->pg) != 1 || !flush(c)) {
		if (c->state != ENDED) {
			fail_connection(c);
		}
		return;
	}
	if (status < 0) {
		/* libuv has stopped watching, and libpq sees nothing wrong yet. */
		fault_set(
			&c->fault, FAULT_UNAVAILABLE, "Postgres: socket: %s", uv_strerror(status));
		fail(c);
		return;
	}
	if (c->state == SETTING_UP) {
		read_set_up(c);
	} else if (c->state == BUSY) {
		read_answer(c);
	} else if (PQisBusy(c->pg) == 0 && PQstatus(c->pg) == CONNECTION_BAD) {
		fail_connection(c);
	}
}
