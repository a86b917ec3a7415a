#include "tests/unit/queue/fake_redis.h"

#include "lib/base/require.h"

#include <arpa/inet.h>
#include <glib.h>
#include <hiredis/hiredis.h>
#include <string.h>

struct fake_redis {
	uv_tcp_t listener;
	int port;
	size_t connections;
	fake_command_fn command;
	void *arg;
	GPtrArray *clients; /* open ones */
};

struct fake_client {
	uv_tcp_t tcp;
	struct fake_redis *owner;
	redisReader *reader;
	char room[65536];
};

struct sending {
	uv_write_t request;
	char *bytes;
};

static void on_client_closed(uv_handle_t *handle)
{
	struct fake_client *c = handle->data;

	redisReaderFree(c->reader);
	g_free(c);
}

static bool is_open(const struct fake_client *c)
{
	return !uv_is_closing((const uv_handle_t *)&c->tcp);
}

void fake_client_end(struct fake_client *c)
{
	if (is_open(c)) {
		(void)g_ptr_array_remove_fast(c->owner->clients, c);
		uv_close((uv_handle_t *)&c->tcp, on_client_closed);
	}
}

/* libuv sets SO_LINGER to 0 for this. */
void fake_client_reset(struct fake_client *c)
{
	if (is_open(c)) {
		(void)g_ptr_array_remove_fast(c->owner->clients, c);
		REQUIRE(uv_tcp_close_reset(&c->tcp, on_client_closed) == 0);
	}
}

void fake_client_stop_reading(struct fake_client *c)
{
	(void)uv_read_stop((uv_stream_t *)&c->tcp);
}

static void on_sent(uv_write_t *request, int status)
{
	struct sending *s = request->data;

	(void)status;
	g_free(s->bytes);
	g_free(s);
}

void fake_client_send(struct fake_client *c, const char *bytes)
{
	struct sending *s = g_new0(struct sending, 1);
	uv_buf_t buf;

	s->bytes = g_strdup(bytes);
	s->request.data = s;
	buf = uv_buf_init(s->bytes, (unsigned)strlen(bytes));
	if (!is_open(c) || uv_write(&s->request, (uv_stream_t *)&c->tcp, &buf, 1, on_sent) != 0) {
		on_sent(&s->request, 0);
	}
}

bool fake_client_greet(struct fake_client *c, const char *words)
{
	if (strcmp(words, "PING") == 0) {
		fake_client_send(c, "+PONG\r\n");
	} else if (strcmp(words, "ROLE") == 0) {
		fake_client_send(c, "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n");
	} else if (strcmp(words, "INFO server") == 0) {
		fake_client_send(c, "$21\r\n# Server\r\nrun_id:ab\r\n\r\n");
	} else {
		return false;
	}
	return true;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct fake_client *c = handle->data;

	(void)suggested;
	*buf = uv_buf_init(c->room, sizeof c->room);
}

static void take_command(struct fake_client *c, const redisReply *command)
{
	g_autoptr(GString) words = g_string_new(NULL);

	for (size_t i = 0; i < command->elements; i++) {
		g_string_append_printf(words, "%s%s", i ? " " : "", command->element[i]->str);
	}
	c->owner->command(c->owner->arg, c, words->str);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct fake_client *c = stream->data;
	void *command = NULL;

	if (n < 0) {
		fake_client_end(c);
		return;
	}
	REQUIRE(redisReaderFeed(c->reader, buf->base, (size_t)n) == REDIS_OK);
	while (is_open(c) && redisReaderGetReply(c->reader, &command) == REDIS_OK && command) {
		take_command(c, command);
		freeReplyObject(command);
		command = NULL;
	}
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct fake_redis *f = listener->data;
	struct fake_client *c = g_new0(struct fake_client, 1);

	REQUIRE(status == 0);
	c->owner = f;
	c->reader = redisReaderCreate();
	REQUIRE(uv_tcp_init(listener->loop, &c->tcp) == 0);
	c->tcp.data = c;
	REQUIRE(uv_accept(listener, (uv_stream_t *)&c->tcp) == 0);
	REQUIRE(uv_read_start((uv_stream_t *)&c->tcp, on_room, on_read) == 0);
	g_ptr_array_add(f->clients, c);
	f->connections++;
}

struct fake_redis *fake_redis_open(uv_loop_t *loop, int port, fake_command_fn command, void *arg)
{
	struct fake_redis *f = g_new0(struct fake_redis, 1);
	struct sockaddr_in in;
	int length = sizeof in;

	f->command = command;
	f->arg = arg;
	f->clients = g_ptr_array_new();
	REQUIRE(uv_ip4_addr("127.0.0.1", port, &in) == 0);
	REQUIRE(uv_tcp_init(loop, &f->listener) == 0);
	f->listener.data = f;
	REQUIRE(uv_tcp_bind(&f->listener, (const struct sockaddr *)&in, 0) == 0);
	REQUIRE(uv_listen((uv_stream_t *)&f->listener, 16, on_connection) == 0);
	REQUIRE(uv_tcp_getsockname(&f->listener, (struct sockaddr *)&in, &length) == 0);
	f->port = ntohs(in.sin_port);
	return f;
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct fake_redis *f = handle->data;

	g_ptr_array_free(f->clients, TRUE);
	g_free(f);
}

void fake_redis_close(struct fake_redis *f)
{
	while (f->clients->len > 0) {
		fake_client_end(g_ptr_array_index(f->clients, 0));
	}
	uv_close((uv_handle_t *)&f->listener, on_listener_closed);
}

int fake_redis_port(const struct fake_redis *f)
{
	return f->port;
}

size_t fake_redis_connections(const struct fake_redis *f)
{
	return f->connections;
}
