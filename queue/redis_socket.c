#include "queue/redis_socket.h"

#include "lib/base/failpoint.h"
#include "lib/base/require.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

/* The longest honest answer, 256 turns of a claim, has some 20 KB in 768 elements.  A peer that
 * sends more is no Redis of ours, and must not make us keep what it sends. */
enum { READ_BYTES = 16 * 1024, ANSWER_MAX_BYTES = 1024 * 1024, ANSWER_MAX_ELEMENTS = 65536 };

struct redis_socket {
	uv_poll_t poll;
	int fd;
	int watched; /* the events that poll looks for */
	bool is_connected, is_closed, has_failed;
	redisReader *reader;
	redisReplyObjectFunctions makers; /* hiredis' own, but for arrays */
	void *(*make_usual_array)(const redisReadTask *task, int elements);
	size_t unanswered_bytes; /* read since the last whole answer */
	GByteArray *out;
	const struct redis_socket_events *events;
	void *arg;
};

static void on_poll(uv_poll_t *poll, int status, int events);

/* Poll looks for answers always, and for room to write only while there is something to. */
static void watch(struct redis_socket *s)
{
	int wanted = UV_WRITABLE;

	if (s->is_connected) {
		wanted = UV_READABLE | (s->out->len > 0 ? UV_WRITABLE : 0);
	}
	if (wanted != s->watched && !s->is_closed && !s->has_failed) {
		REQUIRE(uv_poll_start(&s->poll, wanted, on_poll) == 0);
		s->watched = wanted;
	}
}

static void fail(struct redis_socket *s, const char *what, const char *why)
{
	struct fault f;

	s->has_failed = true;
	(void)uv_poll_stop(&s->poll);
	s->watched = 0;
	(void)fault_set(&f, FAULT_UNAVAILABLE, "%s: %s", what, why);
	s->events->failed(s->arg, &f);
}

static bool is_over(const struct redis_socket *s)
{
	return s->is_closed || s->has_failed;
}

static void hand_over_answers(struct redis_socket *s)
{
	for (;;) {
		void *reply = NULL;

		if (redisReaderGetReply(s->reader, &reply) != REDIS_OK) {
			fail(s, "what Redis sent is no answer", s->reader->errstr);
			return;
		}
		if (!reply) {
			break;
		}
		s->unanswered_bytes = s->reader->len - s->reader->pos;
		s->events->answered(s->arg, reply);
		freeReplyObject(reply);
		if (is_over(s)) {
			return;
		}
	}
	if (s->unanswered_bytes > ANSWER_MAX_BYTES) {
		fail(s, "reading from Redis", "an answer of more than 1 MiB");
	}
}

static void read_some(struct redis_socket *s)
{
	char bytes[READ_BYTES];
	ssize_t n = recv(s->fd, bytes, sizeof bytes, 0);

	if (n < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
			fail(s, "reading from Redis", g_strerror(errno));
		}
		return;
	}
	if (n == 0) {
		fail(s, "reading from Redis", "it closed the connection");
		return;
	}
	s->unanswered_bytes += (size_t)n;
	if (redisReaderFeed(s->reader, bytes, (size_t)n) != REDIS_OK) {
		fail(s, "reading from Redis", s->reader->errstr);
		return;
	}
	hand_over_answers(s);
}

static void write_some(struct redis_socket *s)
{
	ssize_t n;

	if (s->out->len == 0) {
		return;
	}
	n = send(s->fd, s->out->data, s->out->len, MSG_NOSIGNAL);
	if (n < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
			fail(s, "writing to Redis", g_strerror(errno));
		}
		return;
	}
	(void)g_byte_array_remove_range(s->out, 0, (guint)n);
}

static void finish_connecting(struct redis_socket *s, int status)
{
	int error = 0;
	socklen_t length = sizeof error;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) {
		error = errno;
	}
	if (error != 0 || status < 0) {
		fail(s, "connecting to Redis", error ? g_strerror(error) : uv_strerror(status));
		return;
	}
	s->is_connected = true;
	s->events->connected(s->arg);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct redis_socket *s = poll->data;

	if (status < 0) {
		if (FAILPOINT("redis.ignore_poll_errors")) {
			return;
		}
		/* libuv has stopped polling.  Reading and writing say what the error is. */
		s->watched = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	if (!s->is_connected) {
		finish_connecting(s, status);
	} else {
		if (events & UV_READABLE) {
			read_some(s);
		}
		if (!is_over(s) && (events & UV_WRITABLE)) {
			write_some(s);
		}
	}
	if (!is_over(s)) {
		watch(s);
	}
}

/* hiredis allocates what an array claims to hold before it has come. */
static void *make_array(const redisReadTask *task, int elements)
{
	const struct redis_socket *s = task->privdata;

	return elements > ANSWER_MAX_ELEMENTS ? NULL : s->make_usual_array(task, elements);
}

static int connect_to(const struct sockaddr *to, socklen_t length, struct fault *f)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0) {
		(void)fault_set(f, FAULT_UNAVAILABLE, "connecting to Redis: %s", g_strerror(errno));
		return -1;
	}
	if (to->sa_family != AF_UNIX) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	}
	if (connect(fd, to, length) != 0 && errno != EINPROGRESS && errno != EINTR) {
		(void)fault_set(f, FAULT_UNAVAILABLE, "connecting to Redis: %s", g_strerror(errno));
		(void)close(fd);
		return -1;
	}
	return fd;
}

struct redis_socket *redis_socket_open(uv_loop_t *loop, const struct sockaddr *to, socklen_t length,
	const struct redis_socket_events *events, void *arg, struct fault *f)
{
	int fd = connect_to(to, length, f);
	struct redis_socket *s;
	int error;

	if (fd < 0) {
		return NULL;
	}
	s = g_new0(struct redis_socket, 1);
	error = uv_poll_init(loop, &s->poll, fd);
	if (error < 0) {
		(void)fault_set(
			f, FAULT_UNAVAILABLE, "connecting to Redis: %s", uv_strerror(error));
		(void)close(fd);
		g_free(s);
		return NULL;
	}
	s->poll.data = s;
	s->fd = fd;
	s->events = events;
	s->arg = arg;
	s->out = g_byte_array_new();
	s->reader = redisReaderCreate();
	REQUIRE(s->reader);
	s->makers = *s->reader->fn;
	s->make_usual_array = s->makers.createArray;
	s->makers.createArray = make_array;
	s->reader->fn = &s->makers;
	s->reader->privdata = s;
	watch(s);
	return s;
}

/* Frees one turn later: an answer may be on the stack of the call that closes. */
static void on_closed(uv_handle_t *handle)
{
	struct redis_socket *s = handle->data;

	redisReaderFree(s->reader);
	(void)g_byte_array_free(s->out, TRUE);
	g_free(s);
}

void redis_socket_close(struct redis_socket *s)
{
	REQUIRE(!s->is_closed);
	s->is_closed = true;
	uv_close((uv_handle_t *)&s->poll, on_closed);
	(void)close(s->fd);
}

void redis_socket_send(struct redis_socket *s, const char *bytes, size_t length)
{
	(void)g_byte_array_append(s->out, (const guint8 *)bytes, (guint)length);
	watch(s);
}
