/* What a request gets back.
 *
 * The one rule: an answer_*() call completes the request and hands it to the server, so it is the
 * last thing a handler does with it.  Headers are added before. */
#pragma once
#include "lib/base/fault.h"

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

struct refusal;
struct request;

/* A body that is not in memory.  `read` copies what is at `offset`, at most `room` bytes: 0 means
 * nothing yet, and request's wire->more() is called when there is; -1 breaks the connection. */
struct answer_source {
	uint64_t size;
	ssize_t (*read)(void *arg, uint64_t offset, char *out, size_t room);
	void (*destroy)(void *arg); /* called once, when the server lets go */
	void *arg;
};

enum { ANSWER_HEADERS_MAX = 12 };

struct answer {
	int status; /* 0 until there is one */
	struct {
		const char *name;
		char *value;
	} headers[ANSWER_HEADERS_MAX];
	unsigned header_count;
	bool ends_connection;
	GBytes *body; /* or NULL; may be shared with other answers */
	struct answer_source source; /* used when `read` is set */
};

/* `name` is a literal.  A value with control characters is not sent at all. */
void answer_header(struct request *r, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void answer_drop_headers(struct request *r); /* all that were added so far */

void answer_json(struct request *r, int status, GString *json); /* takes it over */
void answer_json_bytes(struct request *r, int status, GBytes *json); /* holds on to it */
void answer_source(struct request *r, const struct answer_source *source);
void answer_nothing(struct request *r, int status); /* no body, e.g. 304 */

/* The error body of spec/exports.md 2.9; empties the refusal. */
void answer_refusal(struct request *r, struct refusal *why);
/* What went wrong here rather than with the request: 503 with Retry-After for what passes, else
 * 500; the detail goes to the log and not to the client. */
void answer_fault(struct request *r, const struct fault *f);
/* 503 with Retry-After. */
void answer_unavailable(struct request *r);
/* Frees what the server has not taken. */
void answer_finish(struct answer *a);

/* Appends text as a JSON string. */
void answer_add_text(GString *json, const char *text);
