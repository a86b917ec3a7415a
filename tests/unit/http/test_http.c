#include "lib/base/clock.h"
#include "lib/http/http.h"
#include "unit/http/tiny_server.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static bool asks(const char *request, const char *line)
{
	return g_str_has_prefix(request, line);
}

static void hang(int fd)
{
	char byte;

	/* Until the other side leaves. */
	(void)!read(fd, &byte, 1);
}

static void serve(int fd, const char *request)
{
	if (asks(request, "GET /hello ")) {
		tiny_answer(
			fd, 200, "X-Twice: first\r\nETag: \"abc\"\r\nX-Twice: second\r\n", "hello");
	} else if (asks(request, "GET /missing ")) {
		tiny_answer(fd, 404, "", "no such thing");
	} else if (asks(request, "GET /moved ")) {
		tiny_answer(fd, 302, "Location: /hello\r\n", "");
	} else if (asks(request, "GET /silence ")) {
		hang(fd);
	} else if (asks(request, "GET /nothing ")) {
		return;
	} else if (asks(request, "GET /cut ")) {
		tiny_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
	} else if (asks(request, "GET /promises ")) {
		tiny_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
		hang(fd);
	} else if (asks(request, "GET /endless ")) {
		tiny_send(fd, "HTTP/1.1 200 OK\r\n\r\n");
		for (int i = 0; i < 2000; i++) {
			tiny_send(fd, "0123456789abcdef0123456789abcdef0123456789abcdef");
		}
	} else if (asks(request, "GET /noise ")) {
		tiny_send(fd, "this is no HTTP\r\n\r\n");
	} else {
		/* What was asked is the answer. */
		tiny_answer(fd, 200, "", request);
	}
}

struct place {
	struct tiny_server server;
	uv_loop_t loop;
	struct http_client *client;
	char url[64];
};

/* What came of one request. */
struct outcome {
	unsigned answers;
	int status;
	GString *body, *pieces;
	char *header;
	struct fault fault;
	uv_loop_t *loop;
	struct http_client *close_client; /* from inside the answer */
	struct http_call *cancel_call;
};

static int set_up(void **state)
{
	struct place *p = g_new0(struct place, 1);

	tiny_server_start(&p->server, serve);
	assert_int_equal(uv_loop_init(&p->loop), 0);
	p->client = http_client_open(&p->loop);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	if (p->client) {
		http_client_close(p->client);
	}
	(void)uv_run(&p->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&p->loop), 0);
	tiny_server_stop(&p->server);
	g_free(p);
	return 0;
}

static void on_answer(void *arg, const struct http_answer *a, const struct fault *f)
{
	struct outcome *o = arg;

	o->answers++;
	if (f) {
		o->fault = *f;
		assert_null(a);
	} else {
		o->status = a->status;
		o->body = g_string_new_len(a->body, (gssize)a->length);
		assert_int_equal(a->body[a->length], '\0');
		o->header = g_strdup(http_answer_header(a, "x-twice"));
	}
	if (o->close_client) {
		http_client_close(o->close_client);
	}
	if (o->cancel_call) {
		http_cancel(o->cancel_call);
	}
}

static void forget(struct outcome *o)
{
	if (o->body) {
		g_string_free(o->body, TRUE);
	}
	if (o->pieces) {
		g_string_free(o->pieces, TRUE);
	}
	g_free(o->header);
	*o = (struct outcome){0};
}

static const char *address(struct place *p, const char *path)
{
	(void)g_snprintf(p->url, sizeof p->url, "http://127.0.0.1:%u%s", p->server.port, path);
	return p->url;
}

static struct http_call *begin(struct place *p, const char *path, struct outcome *o)
{
	const struct http_request r = {
		.method = "GET", .url = address(p, path), .limit_ms = 10000, .max_bytes = 4096};

	return http_ask(p->client, &r, on_answer, o);
}

/* Runs the loop until everything that was asked is answered. */
static void settle(struct place *p)
{
	(void)uv_run(&p->loop, UV_RUN_DEFAULT);
}

static void an_answer_has_status_body_and_headers(void **state)
{
	struct place *p = *state;
	struct outcome o = {0};

	(void)begin(p, "/hello", &o);
	assert_int_equal(o.answers, 0);
	settle(p);
	assert_int_equal(o.answers, 1);
	assert_int_equal(o.status, 200);
	assert_string_equal(o.body->str, "hello");
	assert_string_equal(o.header, "second");
	forget(&o);
}

static void statuses_and_redirects_are_answers_like_any_other(void **state)
{
	struct place *p = *state;
	struct outcome missing = {0}, moved = {0};

	(void)begin(p, "/missing", &missing);
	(void)begin(p, "/moved", &moved);
	settle(p);
	assert_int_equal(missing.status, 404);
	assert_string_equal(missing.body->str, "no such thing");
	assert_int_equal(moved.status, 302);
	forget(&missing);
	forget(&moved);
}

static void method_headers_and_body_arrive_as_given(void **state)
{
	static const char *const methods[] = {"POST", "PUT", "DELETE"};
	static const char *const headers[] = {
		"Authorization: Bearer key", "Content-Type: application/json", NULL};
	struct place *p = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		const struct http_request r = {.method = methods[i],
			.url = address(p, "/echo"),
			.headers = headers,
			.body = "{\"a\": 1}",
			.body_length = 8,
			.limit_ms = 10000,
			.max_bytes = 4096};
		struct outcome o = {0};

		(void)http_ask(p->client, &r, on_answer, &o);
		settle(p);
		assert_int_equal(o.status, 200);
		assert_true(g_str_has_prefix(o.body->str, methods[i]));
		assert_non_null(strstr(o.body->str, "\r\nAuthorization: Bearer key\r\n"));
		assert_non_null(strstr(o.body->str, "\r\nContent-Type: application/json\r\n"));
		assert_null(strstr(o.body->str, "urlencoded"));
		assert_null(strstr(o.body->str, "Expect"));
		assert_true(g_str_has_suffix(o.body->str, "\r\n\r\n{\"a\": 1}"));
		forget(&o);
	}
}

static void what_is_no_answer_is_a_fault(void **state)
{
	static const struct {
		const char *path;
		enum fault_kind kind;
	} cases[] = {{"/nothing", FAULT_UNAVAILABLE}, {"/cut", FAULT_UNAVAILABLE},
		{"/noise", FAULT_UNAVAILABLE}, {"/promises", FAULT_TOO_LARGE},
		{"/endless", FAULT_TOO_LARGE}};
	struct place *p = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct outcome o = {0};

		(void)begin(p, cases[i].path, &o);
		settle(p);
		assert_int_equal(o.answers, 1);
		assert_string_equal(fault_name(o.fault.kind), fault_name(cases[i].kind));
		assert_true(o.fault.detail[0]);
	}
}

static void an_address_that_is_none_is_the_askers_mistake(void **state)
{
	static const char *const urls[] = {"", "http://", "ftp://127.0.0.1/", "file:///etc/passwd",
		"http://127.0.0.1:99999/", "no address at all"};
	struct place *p = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
		const struct http_request r = {
			.method = "GET", .url = urls[i], .limit_ms = 1000, .max_bytes = 10};
		struct outcome o = {0};

		(void)http_ask(p->client, &r, on_answer, &o);
		assert_int_equal(o.answers, 0);
		settle(p);
		assert_int_equal(o.answers, 1);
		assert_string_equal(fault_name(o.fault.kind), "INPUT");
	}
}

/* A port that was free a moment ago: nobody listens there. */
static unsigned closed_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	(void)close(fd);
	return ntohs(a.sin_port);
}

static void a_refused_connection_is_unavailable_at_once(void **state)
{
	struct place *p = *state;
	g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u/", closed_port());
	const struct http_request r = {
		.method = "GET", .url = url, .limit_ms = 10000, .max_bytes = 10};
	struct outcome o = {0};
	int64_t before = clock_elapsed_ms();

	(void)http_ask(p->client, &r, on_answer, &o);
	settle(p);
	assert_string_equal(fault_name(o.fault.kind), "UNAVAILABLE");
	assert_true(clock_elapsed_ms() - before < 2000);
}

static void silence_ends_at_the_limit(void **state)
{
	struct place *p = *state;
	const struct http_request r = {
		.method = "GET", .url = address(p, "/silence"), .limit_ms = 200, .max_bytes = 10};
	struct outcome o = {0};
	int64_t before = clock_elapsed_ms(), took;

	(void)http_ask(p->client, &r, on_answer, &o);
	settle(p);
	took = clock_elapsed_ms() - before;
	assert_string_equal(fault_name(o.fault.kind), "UNAVAILABLE");
	assert_true(took >= 190 && took < 3000);
}

static bool keep_piece(void *arg, const void *bytes, size_t length, struct fault *f)
{
	struct outcome *o = arg;

	(void)f;
	if (!o->pieces) {
		o->pieces = g_string_new(NULL);
	}
	g_string_append_len(o->pieces, bytes, (gssize)length);
	return true;
}

static bool refuse_piece(void *arg, const void *bytes, size_t length, struct fault *f)
{
	(void)arg;
	(void)bytes;
	(void)length;
	return fault_set(f, FAULT_STORAGE, "the disk is full");
}

static void pieces_take_what_was_asked_for_and_not_what_went_wrong(void **state)
{
	struct place *p = *state;
	struct http_request r = {.method = "GET",
		.url = address(p, "/endless"),
		.limit_ms = 10000,
		.max_bytes = 1000000,
		.piece = keep_piece};
	struct outcome o = {0};

	(void)http_ask(p->client, &r, on_answer, &o);
	settle(p);
	assert_int_equal(o.status, 200);
	assert_int_equal(o.body->len, 0);
	assert_int_equal(o.pieces->len, 2000 * 48);
	forget(&o);

	r.url = address(p, "/missing");
	(void)http_ask(p->client, &r, on_answer, &o);
	settle(p);
	assert_int_equal(o.status, 404);
	assert_null(o.pieces);
	assert_string_equal(o.body->str, "no such thing");
	forget(&o);
}

static void a_refused_piece_says_why_the_request_failed(void **state)
{
	struct place *p = *state;
	const struct http_request r = {.method = "GET",
		.url = address(p, "/hello"),
		.limit_ms = 10000,
		.max_bytes = 1000,
		.piece = refuse_piece};
	struct outcome o = {0};

	(void)http_ask(p->client, &r, on_answer, &o);
	settle(p);
	assert_int_equal(o.answers, 1);
	assert_string_equal(o.fault.detail, "the disk is full");
}

static void a_canceled_request_is_answered_once(void **state)
{
	struct place *p = *state;
	struct outcome o = {0};
	struct http_call *call = begin(p, "/silence", &o);

	(void)uv_run(&p->loop, UV_RUN_NOWAIT);
	http_cancel(call);
	http_cancel(call);
	assert_int_equal(o.answers, 0);
	settle(p);
	assert_int_equal(o.answers, 1);
	assert_string_equal(fault_name(o.fault.kind), "CANCELED");
}

static void closing_answers_what_is_under_way(void **state)
{
	struct place *p = *state;
	struct outcome hanging = {0}, fresh = {0};

	(void)begin(p, "/silence", &hanging);
	(void)uv_run(&p->loop, UV_RUN_NOWAIT);
	(void)begin(p, "/hello", &fresh);
	http_client_close(p->client);
	p->client = NULL;
	assert_int_equal(hanging.answers + fresh.answers, 0);
	settle(p);
	assert_int_equal(hanging.answers, 1);
	assert_int_equal(fresh.answers, 1);
	assert_string_equal(fault_name(hanging.fault.kind), "CANCELED");
	assert_string_equal(fault_name(fresh.fault.kind), "CANCELED");
}

static void an_answer_may_cancel_another_and_close(void **state)
{
	struct place *p = *state;
	struct outcome first = {0}, second = {0};

	(void)begin(p, "/hello", &first);
	first.close_client = p->client;
	first.cancel_call = begin(p, "/silence", &second);
	p->client = NULL;
	settle(p);
	assert_int_equal(first.status, 200);
	assert_int_equal(second.answers, 1);
	assert_string_equal(fault_name(second.fault.kind), "CANCELED");
	forget(&first);
}

static void many_requests_at_once_each_get_their_own_answer(void **state)
{
	struct place *p = *state;
	struct outcome outcomes[60] = {0};

	for (size_t i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		g_autofree char *path = g_strdup_printf("/echo/%zu", i);

		(void)begin(p, path, &outcomes[i]);
	}
	settle(p);
	for (size_t i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		g_autofree char *line = g_strdup_printf("GET /echo/%zu HTTP", i);

		assert_int_equal(outcomes[i].answers, 1);
		assert_int_equal(outcomes[i].status, 200);
		assert_true(g_str_has_prefix(outcomes[i].body->str, line));
		forget(&outcomes[i]);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_answer_has_status_body_and_headers),
		TEST(statuses_and_redirects_are_answers_like_any_other),
		TEST(method_headers_and_body_arrive_as_given),
		TEST(what_is_no_answer_is_a_fault),
		TEST(an_address_that_is_none_is_the_askers_mistake),
		TEST(a_refused_connection_is_unavailable_at_once),
		TEST(silence_ends_at_the_limit),
		TEST(pieces_take_what_was_asked_for_and_not_what_went_wrong),
		TEST(a_refused_piece_says_why_the_request_failed),
		TEST(a_canceled_request_is_answered_once),
		TEST(closing_answers_what_is_under_way),
		TEST(an_answer_may_cancel_another_and_close),
		TEST(many_requests_at_once_each_get_their_own_answer),
	};
#undef TEST

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
