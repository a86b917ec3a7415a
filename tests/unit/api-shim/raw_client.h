/* A client that sends exactly the bytes it is told, and what came back. */
#pragma once
#include <glib.h>
#include <stdbool.h>

struct raw_answer {
	int status; /* 0: the connection ended without one */
	char *head; /* status line and headers */
	GString *body; /* as long as Content-Length says, or to the end */
};

/* Connects to loopback; fails the test when that fails. */
int raw_connect(unsigned port);
void raw_send(int fd, const char *bytes, size_t length); /* the other side may stop reading */
void raw_print(int fd, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* One answer; at most 20 s.  `is_head`: it has no body. */
struct raw_answer raw_read(int fd, bool is_head);
/* True when the other side closes within `ms` and sends nothing before. */
bool raw_is_closed(int fd, int ms);
/* A header's value, or NULL; g_free() it. */
char *raw_header(const struct raw_answer *a, const char *name);
void raw_finish(struct raw_answer *a);

/* connect, send, read, close. */
struct raw_answer raw_ask(unsigned port, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
