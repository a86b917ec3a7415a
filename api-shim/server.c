#include "api-shim/server.h"

#include "api-shim/head.h"
#include "api-shim/listener.h"
#include "api-shim/request.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/require.h"
#include "lib/loop/loop.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of one connection: request line and headers, the body piece being read, the answer's headers.
 * A header line of 64 KiB fits, so that it is refused by us and not by libmicrohttpd; of the pool
 * only what is used costs memory. */
enum { POOL_BYTES = 128 * 1024, POOL_STEP = 4 * 1024 };
/* A body that is too large is read to its end if that is near, for a client that is still writing
 * when the connection closes sees a reset rather than the answer. */
enum { DRAIN_BYTES = 4 * 1024 * 1024 };
enum { SWEEP_MS = 500, SOURCE_BLOCK = 64 * 1024 };
enum { BODY_BYTES_PER_S = 500, SEND_BYTES_PER_S = 1000 };

const struct server_options server_default_options = {
	.address = "127.0.0.1",
	.body_max_bytes = 262144,
	.connections_max = 2000,
	.head_ms = 10 * 1000,
	.body_ms = 20 * 1000,
	.idle_ms = 60 * 1000,
	.send_ms = 30 * 1000,
};

/* One client, from accept to close. */
struct peer {
	struct server *server;
	int fd;
	int64_t until_ms; /* when it is cut; 0: never */
	struct exchange *exchange; /* the request under way, or NULL */
	GList link;
};

enum exchange_state {
	EXCHANGE_HEAD, /* its headers are on their way */
	EXCHANGE_BODY, /* its body is */
	EXCHANGE_HANDLED, /* a handler has it */
	EXCHANGE_READY, /* the answer is complete, libmicrohttpd has not got it */
	EXCHANGE_SENDING
};

/* One request and its answer. */
struct exchange {
	struct wire wire; /* first: what the request knows of us */
	struct server *server;
	struct peer *peer;
	struct MHD_Connection *connection;
	struct request *request;
	char *target;
	enum exchange_state state;
	size_t received;
	bool suspended, starving; /* starving: suspended for its source has nothing */
};

struct server {
	uv_loop_t *loop;
	struct server_options options;
	server_handle_fn handle;
	void *arg;
	struct MHD_Daemon *daemon;
	int listener;
	unsigned port;
	uv_poll_t poll;
	uv_check_t check;
	uv_timer_t timer;
	struct timer *sweep;
	unsigned handles;
	bool resumed, room, draining; /* room: a connection has ended in this run */
	GQueue peers;
	unsigned exchanges;
	server_drained_fn drained;
	void *drained_arg;
};

static struct exchange *exchange_of(struct wire *w)
{
	return (struct exchange *)(void *)w;
}

/* libmicrohttpd, driven by the loop */

static void on_timer(uv_timer_t *timer);

static void run_daemon(struct server *s)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	s->resumed = false;
	s->room = false;
	(void)MHD_run(s->daemon);
	if (s->room) {
		/* Past its limit of connections libmicrohttpd stops listening, and listens again
		 * only at the start of a run; nothing else would bring one about. */
		(void)MHD_run(s->daemon);
	}
	if (MHD_get_timeout(s->daemon, &wait_ms) == MHD_YES) {
		uv_update_time(s->loop);
		(void)uv_timer_start(&s->timer, on_timer, wait_ms, 0);
	} else {
		(void)uv_timer_stop(&s->timer);
	}
}

static void on_timer(uv_timer_t *timer)
{
	run_daemon(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run_daemon(poll->data);
}

/* All that was resumed in this turn of the loop is carried on with once. */
static void on_check(uv_check_t *check)
{
	struct server *s = check->data;

	if (s->resumed) {
		run_daemon(s);
	}
}

static void resume(struct exchange *x)
{
	x->suspended = false;
	x->starving = false;
	x->server->resumed = true;
	MHD_resume_connection(x->connection);
}

/* Requests */

static const char *wire_header(struct wire *w, const char *name)
{
	struct exchange *x = exchange_of(w);

	return x->connection ? MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name)
			     : NULL;
}

static void wire_answered(struct wire *w)
{
	struct exchange *x = exchange_of(w);

	REQUIRE(x->state != EXCHANGE_READY && x->state != EXCHANGE_SENDING);
	x->state = EXCHANGE_READY;
	if (x->suspended) {
		resume(x);
	}
}

static void wire_more(struct wire *w)
{
	struct exchange *x = exchange_of(w);

	if (x->starving) {
		resume(x);
	}
}

static void allow(struct peer *p, int64_t ms)
{
	p->until_ms = ms ? clock_elapsed_ms() + ms : 0;
}

static enum MHD_Result add_header(
	void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	head_add(arg, name, value);
	return MHD_YES;
}

/* Answers at once what must not be read on. */
static void look_at_head(struct exchange *x, const char *version)
{
	const struct server_options *o = &x->server->options;
	uint64_t read_max = (uint64_t)o->body_max_bytes + DRAIN_BYTES;
	struct refusal why = {0};
	struct head h = {0};

	(void)MHD_get_connection_values(x->connection, MHD_HEADER_KIND, add_header, &h);
	if (!head_check(&h, strlen(x->target), version, o->body_max_bytes, read_max, &why)) {
		x->request->answer.ends_connection = true;
		answer_refusal(x->request, &why);
	}
	allow(x->peer, o->body_ms + (int64_t)MIN(h.length, read_max) * 1000 / BODY_BYTES_PER_S);
}

static bool take_piece(struct exchange *x, const char *piece, size_t length)
{
	struct request *r = x->request;
	size_t most = x->server->options.body_max_bytes;

	x->received += length;
	if (x->received > most) {
		if (r->body) {
			g_string_free(r->body, TRUE);
			r->body = NULL;
		}
		return x->received <= most + DRAIN_BYTES;
	}
	if (!r->body) {
		r->body = g_string_sized_new(length);
	}
	g_string_append_len(r->body, piece, (gssize)length);
	return true;
}

static void handle(struct exchange *x)
{
	struct server *s = x->server;

	x->state = EXCHANGE_HANDLED;
	allow(x->peer, 0);
	if (x->received > s->options.body_max_bytes) {
		struct refusal why = {0};

		(void)refuse_with(&why, PROBLEM_TOO_LARGE,
			"The request body is larger than %zu bytes (body_max_bytes).",
			s->options.body_max_bytes);
		answer_refusal(x->request, &why);
	} else {
		s->handle(s->arg, x->request);
	}
}

/* Answers */

static ssize_t read_source(void *arg, uint64_t offset, char *out, size_t room)
{
	struct exchange *x = arg;
	const struct answer_source *source = &x->request->answer.source;
	ssize_t n = source->read(source->arg, offset, out, room);

	if (n == 0) {
		/* Nothing yet: wire_more() resumes. */
		x->starving = true;
		x->suspended = true;
		MHD_suspend_connection(x->connection);
		return 0;
	}
	return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void drop_bytes(void *bytes)
{
	g_bytes_unref(bytes);
}

static struct MHD_Response *response_of(struct exchange *x)
{
	struct answer *a = &x->request->answer;

	if (a->source.read) {
		return MHD_create_response_from_callback(
			a->source.size, SOURCE_BLOCK, read_source, x, NULL);
	}
	if (a->body) {
		gsize length;
		const void *bytes = g_bytes_get_data(a->body, &length);

		return MHD_create_response_from_buffer_with_free_callback_cls(
			length, (void *)(uintptr_t)bytes, drop_bytes, g_bytes_ref(a->body));
	}
	return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

static uint64_t size_of(const struct answer *a)
{
	return a->source.read ? a->source.size : a->body ? g_bytes_get_size(a->body) : 0;
}

static void log_answer(const struct request *r)
{
	log_line(LOG_DEBUG, "http", 0, "%s %s %d %.1f ms [%s]", r->method_name, r->path,
		r->answer.status, clock_elapsed_fine_ms() - r->arrived_at_ms, r->id);
}

static enum MHD_Result send_answer(struct exchange *x)
{
	struct answer *a = &x->request->answer;
	struct MHD_Response *response;
	enum MHD_Result queued;

	allow(x->peer, x->server->options.send_ms + (int64_t)MIN(size_of(a), INT64_MAX / 2000) *
							    1000 / SEND_BYTES_PER_S);
	x->state = EXCHANGE_SENDING;
	log_answer(x->request);
	response = response_of(x);
	if (!response) {
		return MHD_NO;
	}
	for (unsigned i = 0; i < a->header_count; i++) {
		(void)MHD_add_response_header(response, a->headers[i].name, a->headers[i].value);
	}
	if (a->ends_connection || x->server->draining) {
		(void)MHD_add_response_header(response, "Connection", "close");
	}
	queued = MHD_queue_response(x->connection, (unsigned)a->status, response);
	MHD_destroy_response(response);
	return queued;
}

/* What libmicrohttpd calls */

static void *on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
	struct server *s = arg;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct exchange *x = g_new0(struct exchange, 1);

	x->wire = (struct wire){wire_header, wire_answered, wire_more};
	x->server = s;
	x->peer = info->socket_context;
	x->connection = connection;
	x->target = g_strdup(target);
	x->peer->exchange = x;
	s->exchanges++;
	allow(x->peer, s->options.head_ms);
	return x;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *piece, size_t *length, void **context)
{
	struct exchange *x = *context;

	(void)arg;
	(void)url;
	switch (x->state) {
	case EXCHANGE_HEAD:
		x->state = EXCHANGE_BODY;
		x->request = request_create(&x->wire, method, x->target);
		request_name(x->request);
		look_at_head(x, version);
		return x->request->answer.status ? send_answer(x) : MHD_YES;
	case EXCHANGE_BODY:
		if (*length > 0) {
			bool fine = take_piece(x, piece, *length);

			*length = 0;
			return fine ? MHD_YES : MHD_NO;
		}
		handle(x);
		if (x->state == EXCHANGE_READY) {
			return send_answer(x);
		}
		x->suspended = true;
		MHD_suspend_connection(connection);
		return MHD_YES;
	case EXCHANGE_READY:
		return send_answer(x);
	case EXCHANGE_HANDLED:
	case EXCHANGE_SENDING:
		break;
	}
	return MHD_YES;
}

static void tell_drained(void *arg)
{
	struct server *s = arg;
	server_drained_fn drained = s->drained;

	if (drained && s->exchanges == 0) {
		s->drained = NULL;
		drained(s->drained_arg);
	}
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct server *s = arg;
	struct exchange *x = *context;

	(void)connection;
	(void)code;
	if (!x) {
		return;
	}
	*context = NULL;
	x->peer->exchange = NULL;
	allow(x->peer, s->options.idle_ms);
	request_destroy(x->request);
	g_free(x->target);
	g_free(x);
	s->exchanges--;
	if (s->drained && s->exchanges == 0) {
		later(s->loop, tell_drained, s);
	}
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	struct server *s = arg;
	struct peer *p = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		p = g_new0(struct peer, 1);
		p->server = s;
		p->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				->connect_fd;
		p->link.data = p;
		allow(p, s->options.head_ms);
		g_queue_push_tail_link(&s->peers, &p->link);
		*context = p;
	} else if (p) {
		s->room |= s->peers.length >= s->options.connections_max;
		g_queue_unlink(&s->peers, &p->link);
		g_free(p);
		*context = NULL;
	}
}

static void on_message(void *arg, const char *fmt, va_list args) G_GNUC_PRINTF(2, 0);

static void on_message(void *arg, const char *fmt, va_list args)
{
	char text[256];

	(void)arg;
	(void)vsnprintf(text, sizeof text, fmt, args);
	log_line(LOG_DEBUG, "http", 0, "%s", g_strchomp(text));
}

/* Who is too slow, and who has gone */

/* libmicrohttpd does not look at suspended connections, so it is asked here whether the client of a
 * request that waits is still there. */
static bool has_gone(const struct peer *p)
{
	char byte;
	ssize_t n = recv(p->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static void on_sweep(void *arg)
{
	struct server *s = arg;
	int64_t now = clock_elapsed_ms();
	GList *next;

	/* Where files ran out rather than connections, listening begins again with this. */
	s->resumed = true;
	for (GList *link = s->peers.head; link; link = next) {
		struct peer *p = link->data;
		struct exchange *x = p->exchange;

		next = link->next;
		if (p->until_ms && now >= p->until_ms) {
			(void)shutdown(p->fd, SHUT_RDWR);
			/* One that starves is not looked at; resumed, it finds itself closed. */
			if (x && x->starving) {
				resume(x);
			}
			allow(p, s->options.head_ms);
		} else if (x && x->state == EXCHANGE_HANDLED && x->request->gone && has_gone(p)) {
			void (*gone)(struct request *) = x->request->gone;

			x->request->gone = NULL;
			gone(x->request);
		}
	}
}

/* Opening and closing */

bool server_open(uv_loop_t *loop, const struct server_options *options, server_handle_fn handle_fn,
	void *arg, struct server **out, struct fault *f)
{
	struct server *s = g_new0(struct server, 1);
	const union MHD_DaemonInfo *info;

	s->loop = loop;
	s->options = *options;
	s->handle = handle_fn;
	s->arg = arg;
	g_queue_init(&s->peers);
	if (!listener_open(options->address, options->port, &s->listener, &s->port, f)) {
		g_free(s);
		return false;
	}
	s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
		0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_message, s,
		MHD_OPTION_LISTEN_SOCKET, s->listener, MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,
		MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)POOL_STEP,
		MHD_OPTION_CONNECTION_LIMIT, options->connections_max,
		MHD_OPTION_CONNECTION_TIMEOUT, (options->idle_ms + 999) / 1000,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	info = s->daemon ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info) {
		(void)close(s->listener);
		g_free(s);
		return fault_set(f, FAULT_BUG, "libmicrohttpd did not start");
	}
	REQUIRE(uv_poll_init(loop, &s->poll, info->epoll_fd) == 0);
	REQUIRE(uv_check_init(loop, &s->check) == 0);
	REQUIRE(uv_timer_init(loop, &s->timer) == 0);
	s->handles = 3;
	s->poll.data = s->check.data = s->timer.data = s;
	REQUIRE(uv_poll_start(&s->poll, UV_READABLE, on_poll) == 0);
	REQUIRE(uv_check_start(&s->check, on_check) == 0);
	uv_unref((uv_handle_t *)&s->check);
	s->sweep = timer_create_on(loop, on_sweep, s);
	timer_start(s->sweep, SWEEP_MS, SWEEP_MS);
	*out = s;
	return true;
}

unsigned server_port(const struct server *s)
{
	return s->port;
}

unsigned server_requests(const struct server *s)
{
	return s->exchanges;
}

bool server_is_busy(const struct server *s)
{
	for (const GList *link = s->peers.head; link; link = link->next) {
		const struct exchange *x = ((const struct peer *)link->data)->exchange;

		if (x && x->suspended) {
			return true;
		}
	}
	return false;
}

static void stop_listening(struct server *s)
{
	if (s->listener >= 0) {
		(void)MHD_quiesce_daemon(s->daemon);
		(void)close(s->listener);
		s->listener = -1;
	}
}

void server_drain(struct server *s, server_drained_fn drained, void *arg)
{
	s->draining = true;
	s->drained = drained;
	s->drained_arg = arg;
	stop_listening(s);
	for (GList *link = s->peers.head; link; link = link->next) {
		struct peer *p = link->data;

		if (!p->exchange) {
			(void)shutdown(p->fd, SHUT_RD);
		}
	}
	later(s->loop, tell_drained, s);
}

static void on_closed(uv_handle_t *handle)
{
	struct server *s = handle->data;

	if (--s->handles == 0) {
		g_free(s);
	}
}

void server_close(struct server *s)
{
	REQUIRE(!server_is_busy(s));
	stop_listening(s);
	uv_close((uv_handle_t *)&s->poll, on_closed);
	uv_close((uv_handle_t *)&s->check, on_closed);
	uv_close((uv_handle_t *)&s->timer, on_closed);
	timer_destroy(s->sweep);
	MHD_stop_daemon(s->daemon);
}
