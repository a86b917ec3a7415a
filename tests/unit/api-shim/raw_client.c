#include "tests/unit/api-shim/raw_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT_MS = 20000 };

int raw_connect(unsigned port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		fail_msg("connect to port %u: %s", port, g_strerror(errno));
	}
	return fd;
}

void raw_send(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n <= 0) {
			return;
		}
		bytes += n;
		length -= (size_t)n;
	}
}

void raw_print(int fd, const char *fmt, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, fmt);
	text = g_strdup_vprintf(fmt, args);
	va_end(args);
	raw_send(fd, text, strlen(text));
}

/* One more piece into `to`; false at the end. */
static bool receive(int fd, GString *to)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char piece[65536];
	ssize_t n;

	if (poll(&p, 1, LIMIT_MS) != 1) {
		fail_msg("no answer within %d ms", LIMIT_MS);
	}
	n = recv(fd, piece, sizeof piece, 0);
	if (n > 0) {
		g_string_append_len(to, piece, n);
	}
	return n > 0;
}

char *raw_header(const struct raw_answer *a, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(a->head, "\r\n", -1);
	size_t n = strlen(name);

	for (char **line = lines; *line; line++) {
		if (g_ascii_strncasecmp(*line, name, n) == 0 && (*line)[n] == ':') {
			return g_strstrip(g_strdup(*line + n + 1));
		}
	}
	return NULL;
}

/* Answers that follow on one connection are read byte-exactly, so that none is lost. */
struct raw_answer raw_read(int fd, bool is_head)
{
	struct raw_answer a = {0, NULL, g_string_new(NULL)};
	g_autoptr(GString) head = g_string_new(NULL);
	g_autofree char *length = NULL;
	char c;

	while (!g_str_has_suffix(head->str, "\r\n\r\n")) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, LIMIT_MS) != 1) {
			fail_msg("no answer within %d ms", LIMIT_MS);
		}
		if (recv(fd, &c, 1, 0) != 1) {
			break;
		}
		g_string_append_c(head, c);
	}
	a.head = g_strdup(head->str);
	if (g_str_has_prefix(a.head, "HTTP/1.")) {
		a.status = (int)g_ascii_strtoll(a.head + 9, NULL, 10);
	}
	length = raw_header(&a, "Content-Length");
	if (a.status == 0 || is_head || a.status == 304 || a.status == 100) {
		return a;
	}
	while (!length || a.body->len < g_ascii_strtoull(length, NULL, 10)) {
		if (!length && !receive(fd, a.body)) {
			break;
		}
		if (length) {
			gsize missing = g_ascii_strtoull(length, NULL, 10) - a.body->len;
			char piece[65536];
			ssize_t n = recv(fd, piece, MIN(missing, sizeof piece), 0);

			if (n <= 0) {
				break;
			}
			g_string_append_len(a.body, piece, n);
		}
	}
	return a;
}

bool raw_is_closed(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c;

	return poll(&p, 1, ms) == 1 && recv(fd, &c, 1, 0) <= 0;
}

void raw_finish(struct raw_answer *a)
{
	g_free(a->head);
	g_string_free(a->body, TRUE);
	memset(a, 0, sizeof *a);
}

struct raw_answer raw_ask(unsigned port, const char *fmt, ...)
{
	g_autofree char *text = NULL;
	struct raw_answer a;
	va_list args;
	int fd = raw_connect(port);

	va_start(args, fmt);
	text = g_strdup_vprintf(fmt, args);
	va_end(args);
	raw_send(fd, text, strlen(text));
	a = raw_read(fd, g_str_has_prefix(text, "HEAD"));
	(void)close(fd);
	return a;
}
