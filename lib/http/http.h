/* HTTP requests on the loop: libcurl's multi interface over uv_poll and one timer.
 *
 * Every request has a limit in ms and exactly one answer, from the loop.  An answer of any status
 * is an answer; a fault means that there was none: FAULT_UNAVAILABLE when the other side could not
 * be reached, went silent or broke off, FAULT_TOO_LARGE past max_bytes, FAULT_INPUT for an address
 * that is none, FAULT_CANCELED after a cancel or a close.
 *
 * Redirects are answers like any other: whoever follows one decides what to send there.  A
 * transfer slower than 1 KiB/s for 20 s is broken off, connecting may take 5 s
 * (reliability.md 3.6).  Details never hold the address, for addresses hold signatures. */
#pragma once
#include "lib/loop/loop.h"

#include <stddef.h>
#include <stdint.h>

struct http_client;
struct http_call;

struct http_client *http_client_open(uv_loop_t *loop);
/* Calls under way are answered FAULT_CANCELED, later.  The memory goes when libuv lets go. */
void http_client_close(struct http_client *c);

/* A piece of the body of a 2xx answer, in order; false with a fault breaks the transfer off, and
 * that fault is the answer.  It must not call back into this module. */
typedef bool (*http_piece_fn)(void *arg, const void *bytes, size_t length, struct fault *f);

struct http_request {
	const char *method; /* "GET", "HEAD", "POST", "PUT", "DELETE" */
	const char *url; /* http:// or https:// */
	const char *const *headers; /* "Name: value", ended by NULL; or NULL */
	const void *body; /* borrowed until the answer; NULL for none */
	size_t body_length;
	unsigned limit_ms; /* for all of it, connecting included */
	unsigned patience_s; /* how much longer than 20 s it may be slow: an answer that takes work
			      */
	size_t max_bytes; /* of the answer's body */
	http_piece_fn piece; /* takes bodies of 2xx answers; NULL collects them */
};

struct http_answer {
	int status;
	const char *body; /* ends in NUL; empty when `piece` took it */
	size_t length;
	const struct http_call *call;
};
/* The last header of that name, or NULL; borrowed as the answer is. */
const char *http_answer_header(const struct http_answer *a, const char *name);

/* `a` is NULL with a fault, else borrowed for the callback.  `arg` is also what `piece` gets. */
typedef void (*http_done_fn)(void *arg, const struct http_answer *a, const struct fault *f);
struct http_call *http_ask(
	struct http_client *c, const struct http_request *r, http_done_fn done, void *arg);
/* Asks the call to end early; its answer still comes.  Invalid after `done`. */
void http_cancel(struct http_call *call);
