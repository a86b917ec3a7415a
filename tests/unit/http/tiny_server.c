#include "unit/http/tiny_server.h"

#include "lib/base/require.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct connection {
	int fd;
	tiny_serve_fn serve;
};

void tiny_send(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t n = send(fd, text, length, MSG_NOSIGNAL);

		if (n <= 0) {
			return;
		}
		text += n;
		length -= (size_t)n;
	}
}

void tiny_answer(int fd, int status, const char *headers, const char *body)
{
	g_autofree char *text = g_strdup_printf(
		"HTTP/1.1 %d Whatever\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n%s",
		status, strlen(body), headers, body);

	tiny_send(fd, text);
}

static size_t body_length(const char *head)
{
	const char *at = strstr(head, "Content-Length: ");

	return at ? (size_t)g_ascii_strtoull(at + 16, NULL, 10) : 0;
}

static bool is_whole(const GString *request)
{
	const char *end = strstr(request->str, "\r\n\r\n");

	return end && request->len >= (size_t)(end + 4 - request->str) + body_length(request->str);
}

static void *serve_one(void *arg)
{
	struct connection *c = arg;
	g_autoptr(GString) request = g_string_new(NULL);
	char piece[4096];
	ssize_t n = 1;

	while (!is_whole(request) && (n = read(c->fd, piece, sizeof piece)) > 0) {
		g_string_append_len(request, piece, n);
	}
	if (n > 0) {
		c->serve(c->fd, request->str);
	}
	(void)shutdown(c->fd, SHUT_WR);
	(void)close(c->fd);
	g_free(c);
	return NULL;
}

static void serve_all(int listener, tiny_serve_fn serve)
{
	for (;;) {
		struct connection *c = g_new0(struct connection, 1);
		pthread_t thread;

		c->serve = serve;
		c->fd = accept(listener, NULL, NULL);
		if (c->fd < 0 || pthread_create(&thread, NULL, serve_one, c) != 0) {
			_exit(1);
		}
		(void)pthread_detach(thread);
	}
}

void tiny_server_start(struct tiny_server *s, tiny_serve_fn serve)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	REQUIRE(listener >= 0);
	REQUIRE(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
	REQUIRE(listen(listener, 128) == 0);
	REQUIRE(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
	s->port = ntohs(address.sin_port);
	s->pid = fork();
	REQUIRE(s->pid >= 0);
	if (s->pid == 0) {
		/* A test that crashes must not leave it behind. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve_all(listener, serve);
	}
	(void)close(listener);
}

void tiny_server_stop(struct tiny_server *s)
{
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
}
