/* HTTP on the loop: libmicrohttpd, whose epoll descriptor the loop polls, and its limits.
 *
 * The one rule: a connection whose request is being handled is suspended, so that libmicrohttpd
 * neither reads it nor lets go of it; the answer resumes it.  A handler may thus keep a request for
 * as long as it needs, and ends with one answer_*(). */
#pragma once
#include "lib/base/fault.h"

#include <stdint.h>
#include <uv.h>

struct request;
struct server;

struct server_options {
	const char *address; /* IPv4, IPv6 or a name of this host */
	unsigned port; /* 0: any free one */
	size_t body_max_bytes;
	unsigned connections_max;
	unsigned head_ms; /* a request line and its headers, in all */
	unsigned body_ms; /* a body, besides a second for each 500 bytes announced */
	unsigned idle_ms; /* a connection without anything moving */
	unsigned send_ms; /* an answer, besides a second for each 1000 bytes */
};
/* What platen-api runs with: reliability.md 5.1 row 15. */
extern const struct server_options server_default_options;

/* Called with each request whose body is whole. */
typedef void (*server_handle_fn)(void *arg, struct request *r);
typedef void (*server_drained_fn)(void *arg);

/* FAULT_INPUT when the address is none, or taken. */
bool server_open(uv_loop_t *loop, const struct server_options *options, server_handle_fn handle,
	void *arg, struct server **out, struct fault *f) MUST_CHECK;
unsigned server_port(const struct server *s);

/* Takes no more connections, ends those that are idle, and says in each answer that it is the last.
 * `drained` comes once, later, when no request is left. */
void server_drain(struct server *s, server_drained_fn drained, void *arg);
unsigned server_requests(const struct server *s); /* begun and not yet answered in full */
bool server_is_busy(const struct server *s); /* one of them is still being handled */

/* No request may be left that is still being handled.  Memory goes when libuv lets go. */
void server_close(struct server *s);
