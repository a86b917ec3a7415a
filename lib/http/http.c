#include "lib/http/http.h"

#include "lib/base/require.h"

#include <curl/curl.h>
#include <glib.h>
#include <string.h>

enum { CONNECT_LIMIT_MS = 5000, SLOW_BYTES_PER_S = 1024, SLOW_FOR_S = 20 };

struct http_client {
	uv_loop_t *loop;
	CURLM *multi;
	struct timer *timer;
	GHashTable *calls; /* under way: the transfer is curl's */
	unsigned holds; /* the owner, calls without an answer, sockets that libuv still has */
};

struct http_call {
	struct http_client *client; /* NULL once the client is closed */
	struct http_client *held;
	CURL *easy;
	struct curl_slist *headers;
	GString *body;
	size_t max_bytes, received;
	http_piece_fn piece;
	http_done_fn done;
	void *arg;
	struct fault fault;
	char said[CURL_ERROR_SIZE];
};

struct http_socket {
	uv_poll_t poll;
	struct http_client *client;
	curl_socket_t fd;
};

static void let_go(struct http_client *c)
{
	if (--c->holds == 0) {
		g_hash_table_unref(c->calls);
		g_free(c);
		curl_global_cleanup();
	}
}

const char *http_answer_header(const struct http_answer *a, const char *name)
{
	struct curl_header *h;

	if (curl_easy_header(a->call->easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK) {
		return NULL;
	}
	/* Of several headers of one name the last counts. */
	if (h->amount > 1 && curl_easy_header(a->call->easy, name, h->amount - 1, CURLH_HEADER, -1,
				     &h) != CURLHE_OK) {
		return NULL;
	}
	return h->value;
}

static void answer(void *arg)
{
	struct http_call *call = arg;
	struct http_client *c = call->held;

	if (call->fault.kind != FAULT_NONE) {
		call->done(call->arg, NULL, &call->fault);
	} else {
		struct http_answer a = {
			.body = call->body->str, .length = call->body->len, .call = call};
		long status = 0;

		(void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
		a.status = (int)status;
		call->done(call->arg, &a, NULL);
	}
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	g_string_free(call->body, TRUE);
	g_free(call);
	let_go(c);
}

/* From here on the call belongs to its answer, which comes from a clean turn of the loop: so
 * `done` may ask, cancel or close as it likes. */
static void end(struct http_call *call)
{
	struct http_client *c = call->held;

	(void)curl_multi_remove_handle(c->multi, call->easy);
	(void)g_hash_table_remove(c->calls, call);
	call->client = NULL;
	later(c->loop, answer, call);
}

static void note_failure(struct http_call *call, CURLcode code)
{
	enum fault_kind kind = FAULT_UNAVAILABLE;
	long port = 0;

	if (call->fault.kind != FAULT_NONE) {
		return; /* a callback of ours broke it off and said why */
	}
	(void)curl_easy_getinfo(call->easy, CURLINFO_PRIMARY_PORT, &port);
	if (code == CURLE_URL_MALFORMAT || (code == CURLE_UNSUPPORTED_PROTOCOL && port == 0)) {
		/* Once connected, the protocol that is not supported is the other side's. */
		kind = FAULT_INPUT;
	} else if (code == CURLE_FILESIZE_EXCEEDED) {
		fault_set(&call->fault, FAULT_TOO_LARGE, "the answer is larger than %zu bytes",
			call->max_bytes);
		return;
	}
	fault_set(&call->fault, kind, "%s", call->said[0] ? call->said : curl_easy_strerror(code));
}

static void collect(struct http_client *c)
{
	CURLMsg *message;
	int waiting;

	while ((message = curl_multi_info_read(c->multi, &waiting))) {
		struct http_call *call = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE) {
			continue;
		}
		REQUIRE(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call) ==
			CURLE_OK);
		if (code != CURLE_OK) {
			note_failure(call, code);
		}
		end(call);
	}
}

static void on_poll(uv_poll_t *h, int status, int events)
{
	struct http_socket *s = h->data;
	struct http_client *c = s->client;
	int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;

	flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
	flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
	(void)curl_multi_socket_action(c->multi, s->fd, flags, &running);
	collect(c);
}

static void on_socket_closed(uv_handle_t *h)
{
	struct http_socket *s = h->data;
	struct http_client *c = s->client;

	g_free(s);
	let_go(c);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct http_client *c = arg;
	struct http_socket *s = known;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s) {
			uv_close((uv_handle_t *)&s->poll, on_socket_closed);
		}
		return 0;
	}
	if (!s) {
		s = g_new0(struct http_socket, 1);
		s->client = c;
		s->fd = fd;
		if (uv_poll_init_socket(c->loop, &s->poll, fd) != 0) {
			g_free(s);
			return -1;
		}
		s->poll.data = s;
		c->holds++;
		(void)curl_multi_assign(c->multi, fd, s);
	}
	events |= what & CURL_POLL_IN ? UV_READABLE : 0;
	events |= what & CURL_POLL_OUT ? UV_WRITABLE : 0;
	return uv_poll_start(&s->poll, events, on_poll) == 0 ? 0 : -1;
}

static void on_timer(void *arg)
{
	struct http_client *c = arg;
	int running;

	(void)curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(c);
}

static int set_timer(CURLM *multi, long after_ms, void *arg)
{
	struct http_client *c = arg;

	(void)multi;
	if (after_ms < 0) {
		timer_stop(c->timer);
	} else {
		timer_start(c->timer, (uint64_t)after_ms, 0);
	}
	return 0;
}

struct http_client *http_client_open(uv_loop_t *loop)
{
	struct http_client *c = g_new0(struct http_client, 1);

	REQUIRE(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	c->loop = loop;
	c->holds = 1;
	c->calls = g_hash_table_new(NULL, NULL);
	c->timer = timer_create_on(loop, on_timer, c);
	c->multi = curl_multi_init();
	REQUIRE(c->multi);
	(void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	(void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	(void)curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	(void)curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	return c;
}

void http_client_close(struct http_client *c)
{
	g_autoptr(GList) calls = g_hash_table_get_keys(c->calls);

	for (GList *at = calls; at; at = at->next) {
		http_cancel(at->data);
	}
	(void)curl_multi_cleanup(c->multi);
	c->multi = NULL;
	timer_destroy(c->timer);
	let_go(c);
}

static bool take(struct http_call *call, const char *bytes, size_t length)
{
	long status = 0;

	if (length > call->max_bytes - call->received) {
		return fault_set(&call->fault, FAULT_TOO_LARGE,
			"the answer is larger than %zu bytes", call->max_bytes);
	}
	call->received += length;
	(void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (call->piece && status >= 200 && status <= 299) {
		return call->piece(call->arg, bytes, length, &call->fault);
	}
	g_string_append_len(call->body, bytes, (gssize)length);
	return true;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	/* Fewer than came: curl breaks the transfer off. */
	return take(arg, bytes, size * count) ? size * count : 0;
}

static void set_method(struct http_call *call, const struct http_request *r)
{
	CURL *e = call->easy;

	if (r->body) {
		(void)curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_length);
		(void)curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->body);
	} else if (strcmp(r->method, "HEAD") == 0) {
		(void)curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	}
	(void)curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_headers(struct http_call *call, const struct http_request *r)
{
	/* curl would wait for a "100 Continue" and name the type of a form. */
	call->headers = curl_slist_append(call->headers, "Expect:");
	call->headers = curl_slist_append(call->headers, "Content-Type:");
	for (size_t i = 0; r->headers && r->headers[i]; i++) {
		call->headers = curl_slist_append(call->headers, r->headers[i]);
	}
	(void)curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
}

struct http_call *http_ask(
	struct http_client *c, const struct http_request *r, http_done_fn done, void *arg)
{
	struct http_call *call = g_new0(struct http_call, 1);
	CURL *e = curl_easy_init();

	REQUIRE(e && r->limit_ms > 0);
	call->client = call->held = c;
	call->easy = e;
	call->body = g_string_new(NULL);
	call->max_bytes = r->max_bytes;
	call->piece = r->piece;
	call->done = done;
	call->arg = arg;
	(void)curl_easy_setopt(e, CURLOPT_PRIVATE, call);
	(void)curl_easy_setopt(e, CURLOPT_URL, r->url);
	(void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_LIMIT_MS);
	(void)curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)r->limit_ms);
	(void)curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_PER_S);
	(void)curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)SLOW_FOR_S + (long)r->patience_s);
	(void)curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)r->max_bytes);
	(void)curl_easy_setopt(e, CURLOPT_USERAGENT, "platen/" PLATEN_VERSION);
	(void)curl_easy_setopt(e, CURLOPT_ERRORBUFFER, call->said);
	(void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_bytes);
	(void)curl_easy_setopt(e, CURLOPT_WRITEDATA, call);
	set_method(call, r);
	set_headers(call, r);
	c->holds++;
	(void)g_hash_table_add(c->calls, call);
	REQUIRE(curl_multi_add_handle(c->multi, e) == CURLM_OK);
	return call;
}

void http_cancel(struct http_call *call)
{
	if (!call->client) {
		return; /* its answer is on the way */
	}
	fault_set(&call->fault, FAULT_CANCELED, "canceled");
	end(call);
}
