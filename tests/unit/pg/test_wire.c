/* The pool over a bad wire: a relay on loopback between it and the server passes bytes on as they
 * come, one by one, not at all, or hangs up in the middle of an answer. */
#include "lib/base/clock.h"
#include "lib/pg/pg.h"
#include "tests/unit/pg/private_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>

enum manner { PASS, TRICKLE, SWALLOW, HANG_UP };

struct relay {
	uv_loop_t *loop;
	uv_tcp_t listener;
	char *server_path;
	int port;
	enum manner manner;
	size_t let_through; /* bytes of answers before HANG_UP hangs up */
	unsigned accepted;
	GPtrArray *pairs;
};

struct pair {
	struct relay *relay;
	uv_tcp_t client;
	uv_pipe_t server;
	uv_connect_t connect;
	uv_write_t to_client, to_server;
	GByteArray *for_client, *for_server; /* not written yet */
	bool is_writing_client, is_writing_server, is_connected, is_closing;
	int open;
	char buffer[65536];
};

static struct private_postgres server;

static int start(void **state)
{
	(void)state;
	private_postgres_start(&server);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	private_postgres_stop(&server);
	return 0;
}

static void pair_closed(uv_handle_t *h)
{
	struct pair *p = h->data;

	if (--p->open == 0) {
		g_byte_array_unref(p->for_client);
		g_byte_array_unref(p->for_server);
		g_free(p);
	}
}

static void close_pair(struct pair *p)
{
	if (!p->is_closing) {
		p->is_closing = true;
		g_ptr_array_remove(p->relay->pairs, p);
		uv_close((uv_handle_t *)&p->client, pair_closed);
		uv_close((uv_handle_t *)&p->server, pair_closed);
	}
}

static void pump(struct pair *p);

static void on_written(uv_write_t *w, int status)
{
	struct pair *p = w->data;
	bool to_client = w == &p->to_client;
	GByteArray *pending = to_client ? p->for_client : p->for_server;

	if (to_client) {
		p->is_writing_client = false;
	} else {
		p->is_writing_server = false;
	}
	if (status == 0 && !p->is_closing) {
		g_byte_array_remove_range(
			pending, 0, p->relay->manner == TRICKLE ? 1 : pending->len);
		pump(p);
	}
}

/* Writes the first of what waits, or all of it.  While a write is under way the array stays as it
 * is: what is read meanwhile waits in the kernel. */
static void write_some(
	struct pair *p, uv_write_t *w, uv_stream_t *to, GByteArray *from, bool *is_writing)
{
	uv_buf_t buf = uv_buf_init((char *)from->data, p->relay->manner == TRICKLE ? 1 : from->len);

	w->data = p;
	*is_writing = true;
	assert_int_equal(uv_write(w, to, &buf, 1, on_written), 0);
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *buf)
{
	struct pair *p = h->data;

	(void)size;
	*buf = uv_buf_init(p->buffer, sizeof p->buffer);
}

static void on_read(uv_stream_t *from, ssize_t n, const uv_buf_t *buf);

static void pump(struct pair *p)
{
	if (p->for_client->len > 0 && !p->is_writing_client) {
		write_some(p, &p->to_client, (uv_stream_t *)&p->client, p->for_client,
			&p->is_writing_client);
	}
	if (p->for_server->len > 0 && !p->is_writing_server && p->is_connected) {
		write_some(p, &p->to_server, (uv_stream_t *)&p->server, p->for_server,
			&p->is_writing_server);
	}
	if (p->for_server->len == 0) {
		(void)uv_read_start((uv_stream_t *)&p->client, on_alloc, on_read);
	}
	if (p->for_client->len == 0 && p->is_connected) {
		(void)uv_read_start((uv_stream_t *)&p->server, on_alloc, on_read);
	}
}

static void on_read(uv_stream_t *from, ssize_t n, const uv_buf_t *buf)
{
	struct pair *p = from->data;
	bool of_client = from == (uv_stream_t *)&p->client;
	struct relay *r = p->relay;

	if (n < 0) {
		close_pair(p);
		return;
	}
	if (n == 0 || r->manner == SWALLOW) {
		return;
	}
	if (r->manner == HANG_UP && !of_client) {
		size_t some = MIN((size_t)n, r->let_through);

		r->let_through -= some;
		if (some < (size_t)n) {
			close_pair(p);
			return;
		}
	}
	(void)uv_read_stop(from);
	g_byte_array_append(
		of_client ? p->for_server : p->for_client, (const guint8 *)buf->base, (guint)n);
	pump(p);
}

static void on_connected(uv_connect_t *c, int status)
{
	struct pair *p = c->data;

	if (status == 0 && !p->is_closing) {
		p->is_connected = true;
		pump(p);
	} else {
		close_pair(p);
	}
}

static void on_accept(uv_stream_t *listener, int status)
{
	struct relay *r = listener->data;
	struct pair *p = g_new0(struct pair, 1);

	assert_int_equal(status, 0);
	r->accepted++;
	g_ptr_array_add(r->pairs, p);
	p->relay = r;
	p->for_client = g_byte_array_new();
	p->for_server = g_byte_array_new();
	p->open = 2;
	assert_int_equal(uv_tcp_init(r->loop, &p->client), 0);
	assert_int_equal(uv_pipe_init(r->loop, &p->server, 0), 0);
	p->client.data = p;
	p->server.data = p;
	p->connect.data = p;
	assert_int_equal(uv_accept(listener, (uv_stream_t *)&p->client), 0);
	(void)uv_tcp_nodelay(&p->client, 1);
	uv_pipe_connect(&p->connect, &p->server, r->server_path, on_connected);
	pump(p);
}

static void relay_open(struct relay *r, uv_loop_t *loop, enum manner manner)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int length = sizeof address;

	*r = (struct relay){.loop = loop, .manner = manner, .pairs = g_ptr_array_new()};
	r->server_path = g_build_filename(server.home, "run", ".s.PGSQL.5432", NULL);
	assert_int_equal(uv_tcp_init(loop, &r->listener), 0);
	r->listener.data = r;
	assert_int_equal(uv_tcp_bind(&r->listener, (const struct sockaddr *)&address, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&r->listener, 16, on_accept), 0);
	assert_int_equal(uv_tcp_getsockname(&r->listener, (struct sockaddr *)&address, &length), 0);
	r->port = ntohs(address.sin_port);
}

static void hang_up_all(struct relay *r)
{
	while (r->pairs->len > 0) {
		close_pair(r->pairs->pdata[0]);
	}
}

/* By a name, so that it is looked up. */
static struct pg_pool *open_pool(uv_loop_t *loop, const struct relay *r)
{
	g_autofree char *url =
		g_strdup_printf("postgresql://platen@localhost:%d/platen?sslmode=disable", r->port);

	return pg_pool_open(loop,
		&(struct pg_pool_options){
			.url = url, .name = "wire-test", .connections = 1, .queue_limit = 16});
}

static void finish(uv_loop_t *loop, struct relay *r, struct pg_pool *p)
{
	pg_pool_close(p);
	uv_close((uv_handle_t *)&r->listener, NULL);
	hang_up_all(r);
	loop_finish(loop);
	g_ptr_array_unref(r->pairs);
	g_free(r->server_path);
}

struct asked {
	bool is_done;
	struct fault fault;
	char *cell;
};

static void on_answer(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked *a = arg;

	assert_false(a->is_done);
	a->is_done = true;
	a->fault = f ? *f : (struct fault){0};
	a->cell = rows && rows->row_count > 0 ? g_strdup(rows_text(rows, 0, 0)) : NULL;
}

static void ask(struct pg_pool *p, const char *sql, unsigned limit_ms, struct asked *a)
{
	struct sql *s = sql_create();

	sql_add(s, sql);
	pg_query(p, s, NULL, limit_ms, on_answer, a);
}

static void expect(uv_loop_t *loop, struct pg_pool *p, const char *sql, const char *cell)
{
	struct asked a = {0};

	ask(p, sql, 20000, &a);
	run_until(loop, is_true, &a.is_done, 20000, sql);
	if (a.fault.kind != FAULT_NONE) {
		fail_msg("%s", a.fault.detail);
	}
	assert_string_equal(a.cell, cell);
	g_free(a.cell);
}

static void bytes_may_come_one_by_one(void **state)
{
	uv_loop_t loop;
	struct relay r;
	struct pg_pool *p;
	struct asked a = {0};
	g_autofree char *long_text = g_strnfill(3000, 'x');
	g_autofree char *sql = g_strdup_printf("SELECT '%s' || length('%s')", long_text, long_text);
	g_autofree char *want = g_strconcat(long_text, "3000", NULL);

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	relay_open(&r, &loop, TRICKLE);
	p = open_pool(&loop, &r);
	expect(&loop, p, "SELECT n FROM generate_series(5, 200) n", "5");
	expect(&loop, p, sql, want);
	ask(p, "SELECT 1/0", 20000, &a);
	run_until(&loop, is_true, &a.is_done, 20000, "a mistake's answer");
	assert_int_equal(a.fault.kind, FAULT_QUERY);
	expect(&loop, p, "SELECT 'after'", "after");
	assert_int_equal(r.accepted, 1);
	finish(&loop, &r, p);
}

/* A large statement fills the sockets' buffers: it is written as the other side reads. */
static void a_large_statement_waits_for_its_reader(void **state)
{
	enum { SIZE = 8 << 20 };
	uv_loop_t loop;
	struct relay r;
	struct pg_pool *p;
	struct asked a = {0};
	struct sql *sql = sql_create();
	g_autofree char *bytes = g_strnfill(SIZE, 'y');

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	relay_open(&r, &loop, PASS);
	p = open_pool(&loop, &r);
	sql_add(sql, "SELECT length(");
	sql_param_bytes(sql, bytes, SIZE);
	sql_add(sql, ")");
	pg_query(p, sql, NULL, 20000, on_answer, &a);
	run_until(&loop, is_true, &a.is_done, 20000, "an answer");
	assert_int_equal(a.fault.kind, FAULT_NONE);
	assert_string_equal(a.cell, "8388608");
	g_free(a.cell);
	finish(&loop, &r, p);
}

static void an_answer_cut_short_is_unavailable(void **state)
{
	static const size_t cuts[] = {0, 1, 5, 9, 40, 200, 5000};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cuts); i++) {
		uv_loop_t loop;
		struct relay r;
		struct pg_pool *p;
		struct asked a = {0};

		assert_int_equal(uv_loop_init(&loop), 0);
		relay_open(&r, &loop, PASS);
		p = open_pool(&loop, &r);
		expect(&loop, p, "SELECT 1", "1");
		r.manner = HANG_UP;
		r.let_through = cuts[i];
		ask(p, "SELECT repeat('z', 100) FROM generate_series(1, 2000)", 5000, &a);
		run_until(&loop, is_true, &a.is_done, 3000, "an answer");
		assert_int_equal(a.fault.kind, FAULT_UNAVAILABLE);
		r.manner = PASS;
		expect(&loop, p, "SELECT 'again'", "again");
		finish(&loop, &r, p);
	}
}

static void silence_costs_one_limit(void **state)
{
	uv_loop_t loop;
	struct relay r;
	struct pg_pool *p;
	struct asked a = {0};
	int64_t began;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	relay_open(&r, &loop, PASS);
	p = open_pool(&loop, &r);
	expect(&loop, p, "SELECT 1", "1");
	r.manner = SWALLOW;
	began = clock_elapsed_ms();
	ask(p, "SELECT 2", 400, &a);
	run_until(&loop, is_true, &a.is_done, 3000, "an answer");
	assert_int_equal(a.fault.kind, FAULT_UNAVAILABLE);
	assert_in_range(clock_elapsed_ms() - began, 390, 900);
	r.manner = PASS;
	hang_up_all(&r); /* what was swallowed will not come any more */
	expect(&loop, p, "SELECT 'healed'", "healed");
	finish(&loop, &r, p);
}

/* Whoever accepts and says nothing is given 5 s; then another connection is tried. */
static void a_server_that_does_not_greet_is_left(void **state)
{
	uv_loop_t loop;
	struct relay r;
	struct pg_pool *p;
	struct asked impatient = {0}, patient = {0};

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	relay_open(&r, &loop, SWALLOW);
	p = open_pool(&loop, &r);
	ask(p, "SELECT 'impatient'", 500, &impatient);
	ask(p, "SELECT 'patient'", 30000, &patient);
	run_until(&loop, is_true, &impatient.is_done, 3000, "an answer");
	assert_int_equal(impatient.fault.kind, FAULT_UNAVAILABLE);
	assert_false(pg_pool_is_ready(p));
	r.manner = PASS;
	run_until(&loop, is_true, &patient.is_done, 8000, "an answer over another connection");
	assert_int_equal(patient.fault.kind, FAULT_NONE);
	assert_int_equal(r.accepted, 2);
	g_free(patient.cell);
	finish(&loop, &r, p);
}

static void closing_while_connecting_leaves_nothing(void **state)
{
	static const enum manner manners[] = {PASS, TRICKLE, SWALLOW};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(manners); i++) {
		for (unsigned turns = 0; turns < 12; turns++) {
			uv_loop_t loop;
			struct relay r;
			struct pg_pool *p;
			struct asked a = {0};

			assert_int_equal(uv_loop_init(&loop), 0);
			relay_open(&r, &loop, manners[i]);
			p = open_pool(&loop, &r);
			ask(p, "SELECT 1", 5000, &a);
			for (unsigned k = 0; k < turns; k++) {
				(void)uv_run(&loop, k % 3 == 2 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
			}
			finish(&loop, &r, p);
			assert_true(a.is_done);
			g_free(a.cell);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_may_come_one_by_one),
		cmocka_unit_test(a_large_statement_waits_for_its_reader),
		cmocka_unit_test(an_answer_cut_short_is_unavailable),
		cmocka_unit_test(silence_costs_one_limit),
		cmocka_unit_test(a_server_that_does_not_greet_is_left),
		cmocka_unit_test(closing_while_connecting_leaves_nothing),
	};

	return cmocka_run_group_tests_name("pg_wire", tests, start, stop);
}
