/* A server on loopback that answers as a test tells it to, for what a real one does only when it is
 * unwell: silence, cut bodies, strange statuses.
 *
 * It is a process of its own with a thread a connection; every connection carries one request. */
#pragma once
#include <stddef.h>
#include <sys/types.h>

/* `request` is the whole of it, head and body, ended by NUL.  What is sent to `fd` is up to the
 * function; the connection closes when it returns. */
typedef void (*tiny_serve_fn)(int fd, const char *request);

struct tiny_server {
	pid_t pid;
	unsigned port;
};

void tiny_server_start(struct tiny_server *s, tiny_serve_fn serve);
void tiny_server_stop(struct tiny_server *s);

void tiny_send(int fd, const char *text);
/* A whole answer; `headers` is "" or lines that end in CR LF. */
void tiny_answer(int fd, int status, const char *headers, const char *body);
