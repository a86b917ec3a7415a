/* The server in a process of its own, and clients that behave badly. */
#include "api-shim/server.h"

#include "api-shim/request.h"
#include "lib/base/clock.h"
#include "lib/loop/loop.h"
#include "tests/unit/api-shim/raw_client.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BODY_MAX = 262144, HEAD_MS = 1000, BODY_MS = 1500, IDLE_MS = 2000, CONNECTIONS = 64 };
enum { BIG = 4000000, PIECE = 100000, PIECE_MS = 2 };

/* What answers, in the process of the server */

struct desk {
	uv_loop_t *loop;
	struct server *server;
	struct stop_signals *signals;
	unsigned gone;
};

struct slow {
	struct desk *desk;
	struct request *r;
	struct timer *timer;
	struct wire *wire;
	uint64_t there;
};

static void answer_text(struct request *r, const char *text)
{
	GString *json = g_string_new(NULL);

	answer_add_text(json, text);
	answer_json(r, 200, json);
}

static void on_slow(void *arg)
{
	struct slow *s = arg;

	timer_destroy(s->timer);
	answer_text(s->r, "later");
	g_free(s);
}

static void answer_later(struct desk *d, struct request *r)
{
	struct slow *s = g_new0(struct slow, 1);

	s->r = r;
	s->timer = timer_create_on(d->loop, on_slow, s);
	timer_start(s->timer, 20, 0);
}

/* A source that has a piece more every few milliseconds. */
static ssize_t read_slowly(void *arg, uint64_t offset, char *out, size_t room)
{
	const struct slow *s = arg;
	size_t n = MIN(room, s->there - offset);

	for (size_t i = 0; i < n; i++) {
		out[i] = (char)('a' + (offset + i) % 26);
	}
	return (ssize_t)n;
}

static void on_piece(void *arg)
{
	struct slow *s = arg;

	s->there = MIN(s->there + PIECE, BIG);
	if (s->there == BIG) {
		timer_stop(s->timer);
	}
	s->wire->more(s->wire);
}

static void end_source(void *arg)
{
	struct slow *s = arg;

	timer_destroy(s->timer);
	g_free(s);
}

static void answer_big(struct desk *d, struct request *r)
{
	struct slow *s = g_new0(struct slow, 1);
	const struct answer_source source = {BIG, read_slowly, end_source, s};

	s->wire = r->wire;
	s->timer = timer_create_on(d->loop, on_piece, s);
	timer_start(s->timer, PIECE_MS, PIECE_MS);
	answer_source(r, &source);
}

static void on_gone(struct request *r)
{
	struct desk *d = r->work;

	d->gone++;
	answer_text(r, "to no one");
}

static void on_request(void *arg, struct request *r)
{
	struct desk *d = arg;
	const char *what = r->segment_count ? r->segments[0] : "";

	if (strcmp(what, "later") == 0) {
		answer_later(d, r);
	} else if (strcmp(what, "big") == 0) {
		answer_big(d, r);
	} else if (strcmp(what, "wait") == 0) {
		r->work = d;
		r->gone = on_gone;
	} else if (strcmp(what, "gone") == 0) {
		g_autofree char *text = g_strdup_printf("%u", d->gone);

		answer_text(r, text);
	} else {
		g_autofree char *text =
			g_strdup_printf("%s %zu", r->path, r->body ? r->body->len : 0);

		answer_text(r, text);
	}
}

static void on_drained(void *arg)
{
	struct desk *d = arg;

	server_close(d->server);
	stop_signals_close(d->signals);
}

static void on_stop(void *arg, int signum)
{
	struct desk *d = arg;

	(void)signum;
	server_drain(d->server, on_drained, d);
}

static int serve(int pipe_fd)
{
	struct desk d = {.loop = uv_default_loop()};
	struct server_options options = server_default_options;
	struct fault f = {0};
	unsigned port;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	options.body_max_bytes = BODY_MAX;
	options.head_ms = HEAD_MS;
	options.body_ms = BODY_MS;
	options.idle_ms = IDLE_MS;
	options.connections_max = CONNECTIONS;
	d.signals = stop_signals_open(d.loop, on_stop, &d);
	if (!server_open(d.loop, &options, on_request, &d, &d.server, &f)) {
		fprintf(stderr, "%s\n", f.detail);
		return 1;
	}
	port = server_port(d.server);
	(void)!write(pipe_fd, &port, sizeof port);
	(void)close(pipe_fd);
	(void)uv_run(d.loop, UV_RUN_DEFAULT);
	return uv_loop_close(d.loop) == 0 ? 0 : 2;
}

/* And its clients */

struct running {
	pid_t pid;
	unsigned port;
};

static int start(void **state)
{
	struct running *s = g_new0(struct running, 1);
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	s->pid = fork();
	if (s->pid == 0) {
		(void)close(ends[0]);
		exit(serve(ends[1]));
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &s->port, sizeof s->port), sizeof s->port);
	(void)close(ends[0]);
	*state = s;
	return 0;
}

/* It ends by itself, without leaks where a sanitizer looks. */
static int stop(void **state)
{
	struct running *s = *state;
	int status = 0;

	if (s->pid > 0) {
		(void)kill(s->pid, SIGTERM);
		assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	}
	g_free(s);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void says(struct raw_answer a, int status, const char *text)
{
	if (a.status != status || !strstr(a.body->str, text)) {
		fail_msg("%s%s", a.head, a.body->str);
	}
	raw_finish(&a);
}

static void answers_come_at_once_and_later(void **state)
{
	const struct running *s = *state;

	says(raw_ask(s->port, "GET /now?x HTTP/1.1\r\nHost: x\r\n\r\n"), 200, "\"/now 0\"");
	says(raw_ask(s->port, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"), 200, "later");
	says(raw_ask(s->port, "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"),
		200, "/now 5");
	says(raw_ask(s->port, "POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
			      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
		200, "/now 5");
	says(raw_ask(s->port, "HEAD /now HTTP/1.1\r\nHost: x\r\n\r\n"), 200, "");
	says(raw_ask(s->port, "BREW /now HTTP/1.1\r\nHost: x\r\n\r\n"), 200, "/now 0");
}

static void a_connection_serves_many_requests_in_their_order(void **state)
{
	const struct running *s = *state;
	int fd = raw_connect(s->port);

	for (int i = 0; i < 50; i++) {
		raw_print(
			fd, "GET /%s%d HTTP/1.1\r\nHost: x\r\n\r\n", i % 2 ? "later/" : "now/", i);
	}
	for (int i = 0; i < 50; i++) {
		g_autofree char *text = g_strdup_printf(i % 2 ? "later" : "/now/%d 0", i);

		says(raw_read(fd, false), 200, text);
	}
	(void)close(fd);
}

static void every_answer_is_guarded_and_named(void **state)
{
	const struct running *s = *state;
	struct raw_answer a =
		raw_ask(s->port, "GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine-1\r\n\r\n");
	g_autofree char *guard = raw_header(&a, "X-Content-Type-Options");
	g_autofree char *name = raw_header(&a, "X-Request-Id");
	g_autofree char *type = raw_header(&a, "Content-Type");

	assert_string_equal(guard, "nosniff");
	assert_string_equal(name, "mine-1");
	assert_string_equal(type, "application/json");
	raw_finish(&a);
}

static void a_body_that_is_too_large_is_refused(void **state)
{
	const struct running *s = *state;
	g_autofree char *body = g_strnfill(BODY_MAX + 1, 'x');
	g_autoptr(GString) chunked = g_string_new(NULL);

	says(raw_ask(s->port, "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%.*s",
		     BODY_MAX, BODY_MAX, body),
		200, "/now 262144");
	says(raw_ask(s->port, "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s",
		     BODY_MAX + 1, body),
		413, "262144 bytes (body_max_bytes)");
	for (int i = 0; i < 3; i++) {
		g_string_append_printf(chunked, "186a0\r\n%.*s\r\n", 100000, body);
	}
	says(raw_ask(s->port,
		     "POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		     "%s0\r\n\r\n",
		     chunked->str),
		413, "\"type\":\"invalid_request\"");
	says(raw_ask(s->port,
		     "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\nx"),
		413, "payload_too_large");
	says(raw_ask(s->port, "POST /now HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
			      "Content-Length: 300000\r\n\r\n"),
		413, "payload_too_large");
}

static void heads_that_are_too_large_are_refused(void **state)
{
	const struct running *s = *state;
	g_autofree char *long_line = g_strnfill(65536, 'a');
	g_autofree char *nine = g_strnfill(9000, 'a');
	g_autoptr(GString) many = g_string_new(NULL);
	struct raw_answer a =
		raw_ask(s->port, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", long_line);

	assert_true(a.status == 431 || a.status == 413 || a.status == 400);
	raw_finish(&a);
	a = raw_ask(s->port, "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", long_line);
	assert_true(a.status == 414 || a.status == 431 || a.status == 400);
	raw_finish(&a);
	says(raw_ask(s->port, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", nine), 431,
		"headers_too_large");
	for (int i = 0; i < 65; i++) {
		g_string_append_printf(many, "X-%d: y\r\n", i);
	}
	says(raw_ask(s->port, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", many->str), 431, "64");
	g_string_truncate(many, 0);
	for (int i = 0; i < 3; i++) {
		g_string_append_printf(many, "X-%d: %.6000s\r\n", i, nine);
	}
	a = raw_ask(s->port, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", many->str);
	assert_int_equal(a.status, 431);
	raw_finish(&a);
}

/* What two servers in a row may read differently must end the connection (reliability.md 5.1, row
 * 14): the request that hides behind is never run. */
static void ambiguous_requests_end_their_connection(void **state)
{
	static const char *const heads[] = {
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
		"Content-Length: 5\r\nContent-Length: 6\r\n",
		"Content-Length: 5\r\nContent-Length: 5\r\n",
		"Content-Length: 5, 5\r\n",
		"Content-Length: +5\r\n",
		"Content-Length: -5\r\n",
		"Content-Length: 0x5\r\n",
		"Content-Length: 5 5\r\n",
		"Content-Length:\r\n",
		"Content-Length: 99999999999999999999\r\n",
		"Transfer-Encoding: gzip, chunked\r\n",
		"Transfer-Encoding: chunked, identity\r\n",
		"Transfer-Encoding: xchunked\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Content-Length : 5\r\n",
		"Host: y\r\n",
		"X[y]: z\r\n",
		"X: a\001b\r\n",
	};
	const struct running *s = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
		int fd = raw_connect(s->port);
		struct raw_answer a;

		raw_print(fd,
			"POST /now HTTP/1.1\r\nHost: x\r\n%s\r\n0\r\n\r\n"
			"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n",
			heads[i]);
		a = raw_read(fd, false);
		if (a.status / 100 == 2 || strstr(a.body->str, "hidden")) {
			fail_msg("%s: %s%s", heads[i], a.head, a.body->str);
		}
		raw_finish(&a);
		a = raw_read(fd, false);
		if (a.status / 100 == 2) {
			fail_msg("%s: a second request was run: %s%s", heads[i], a.head,
				a.body->str);
		}
		raw_finish(&a);
		(void)close(fd);
	}
}

static void a_request_names_its_host(void **state)
{
	const struct running *s = *state;

	says(raw_ask(s->port, "GET /now HTTP/1.1\r\n\r\n"), 400, "malformed");
	says(raw_ask(s->port, "GET /now HTTP/1.0\r\n\r\n"), 200, "/now 0");
}

static void encoded_bodies_are_refused(void **state)
{
	const struct running *s = *state;

	says(raw_ask(s->port, "POST /now HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
			      "Content-Length: 3\r\n\r\nabc"),
		415, "unsupported_media_type");
}

static void garbage_does_no_harm(void **state)
{
	static const char *const garbage[] = {
		"\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"GET / HTTP/1.1\r\n\r\n",
		"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /%00%ff%zz?%00=%& HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx",
	};
	const struct running *s = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(garbage); i++) {
		int fd = raw_connect(s->port);

		raw_send(fd, garbage[i], strlen(garbage[i]));
		(void)close(fd);
	}
	says(raw_ask(s->port, "GET /fine HTTP/1.1\r\nHost: x\r\n\r\n"), 200, "/fine 0");
}

static void a_big_answer_comes_whole_to_a_slow_reader(void **state)
{
	const struct running *s = *state;
	int fd = raw_connect(s->port);
	struct raw_answer a;

	raw_print(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
	a = raw_read(fd, false);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.body->len, BIG);
	for (size_t i = 0; i < BIG; i++) {
		assert_int_equal(a.body->str[i], 'a' + i % 26);
	}
	raw_finish(&a);
	says(raw_read(fd, false), 200, "/next 0");
	(void)close(fd);
	/* One that goes away in the middle leaves nothing behind: stop() sees to it. */
	fd = raw_connect(s->port);
	raw_print(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	(void)close(fd);
}

static void who_goes_away_while_waiting_is_noticed(void **state)
{
	const struct running *s = *state;
	int64_t until = clock_elapsed_ms() + 5000;
	int fd = raw_connect(s->port);
	struct raw_answer a;
	bool noticed = false;

	raw_print(fd, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
	a = raw_ask(s->port, "GET /gone HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_string_equal(a.body->str, "\"0\"");
	raw_finish(&a);
	(void)close(fd);
	while (!noticed && clock_elapsed_ms() < until) {
		a = raw_ask(s->port, "GET /gone HTTP/1.1\r\nHost: x\r\n\r\n");
		noticed = strcmp(a.body->str, "\"1\"") == 0;
		raw_finish(&a);
	}
	assert_true(noticed);
}

static void is_cut(int fd, const char *what)
{
	int64_t from = clock_elapsed_ms();
	struct raw_answer a = raw_read(fd, false);

	if (a.status / 100 == 2 || clock_elapsed_ms() - from > 6000) {
		fail_msg("%s: status %d after %d ms", what, a.status,
			(int)(clock_elapsed_ms() - from));
	}
	raw_finish(&a);
	(void)close(fd);
}

static void who_is_slow_is_cut(void **state)
{
	const struct running *s = *state;
	int silent = raw_connect(s->port), head = raw_connect(s->port), body = raw_connect(s->port);
	int idle = raw_connect(s->port), dripping = raw_connect(s->port);
	int64_t until = clock_elapsed_ms() + 4000;
	bool cut = false;

	raw_print(head, "GET / HTTP/1.1\r\nHost:");
	raw_print(body, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx");
	raw_print(idle, "GET /idle HTTP/1.1\r\nHost: x\r\n\r\n");
	says(raw_read(idle, false), 200, "/idle");
	raw_print(dripping, "GET / HTTP/1.1\r\n");
	/* A byte now and then does not keep a head alive. */
	while (!cut && clock_elapsed_ms() < until) {
		raw_print(dripping, "X");
		cut = raw_is_closed(dripping, 50);
	}
	assert_true(cut);
	(void)close(dripping);
	is_cut(silent, "silent");
	is_cut(head, "head");
	is_cut(body, "body");
	is_cut(idle, "idle");
}

static void past_the_limit_connections_wait_for_room(void **state)
{
	const struct running *s = *state;
	int fds[CONNECTIONS * 2];

	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
		fds[i] = raw_connect(s->port);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
		(void)close(fds[i]);
	}
	says(raw_ask(s->port, "GET /fine HTTP/1.1\r\nHost: x\r\n\r\n"), 200, "/fine 0");
}

static void stopping_finishes_what_is_under_way(void **state)
{
	struct running *s = *state;
	int big = raw_connect(s->port), idle = raw_connect(s->port);
	int64_t until = clock_elapsed_ms() + 15000;
	struct raw_answer a;
	int status = 0;

	raw_print(idle, "GET /idle HTTP/1.1\r\nHost: x\r\n\r\n");
	says(raw_read(idle, false), 200, "/idle");
	raw_print(big, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	/* The answer has begun when the stop comes. */
	assert_int_equal(recv(big, &(char){0}, 1, MSG_PEEK), 1);
	(void)kill(s->pid, SIGTERM);
	assert_true(raw_is_closed(idle, 5000));
	a = raw_read(big, false);
	assert_int_equal(a.body->len, BIG);
	raw_finish(&a);
	(void)close(big);
	(void)close(idle);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	s->pid = 0;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(clock_elapsed_ms() < until);
}

static void a_taken_port_is_said_to_be_taken(void **state)
{
	const struct running *s = *state;
	struct server_options options = server_default_options;
	struct server *server;
	struct fault f = {0};

	options.port = s->port;
	assert_false(server_open(uv_default_loop(), &options, on_request, NULL, &server, &f));
	assert_int_equal(f.kind, FAULT_INPUT);
	assert_non_null(strstr(f.detail, "listen_port"));
	options.address = "not an address";
	f = (struct fault){0};
	assert_false(server_open(uv_default_loop(), &options, on_request, NULL, &server, &f));
	assert_non_null(strstr(f.detail, "not an address"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_come_at_once_and_later, start, stop),
		cmocka_unit_test_setup_teardown(
			a_connection_serves_many_requests_in_their_order, start, stop),
		cmocka_unit_test_setup_teardown(every_answer_is_guarded_and_named, start, stop),
		cmocka_unit_test_setup_teardown(a_body_that_is_too_large_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(heads_that_are_too_large_are_refused, start, stop),
		cmocka_unit_test_setup_teardown(
			ambiguous_requests_end_their_connection, start, stop),
		cmocka_unit_test_setup_teardown(a_request_names_its_host, start, stop),
		cmocka_unit_test_setup_teardown(encoded_bodies_are_refused, start, stop),
		cmocka_unit_test_setup_teardown(garbage_does_no_harm, start, stop),
		cmocka_unit_test_setup_teardown(
			a_big_answer_comes_whole_to_a_slow_reader, start, stop),
		cmocka_unit_test_setup_teardown(
			who_goes_away_while_waiting_is_noticed, start, stop),
		cmocka_unit_test_setup_teardown(who_is_slow_is_cut, start, stop),
		cmocka_unit_test_setup_teardown(
			past_the_limit_connections_wait_for_room, start, stop),
		cmocka_unit_test_setup_teardown(stopping_finishes_what_is_under_way, start, stop),
		cmocka_unit_test_setup_teardown(a_taken_port_is_said_to_be_taken, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
