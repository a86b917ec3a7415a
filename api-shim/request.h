/* One HTTP request, from its first line to the end of its answer.
 *
 * The one rule: whoever handles a request ends with exactly one answer_*() (answer.h), now or
 * later; until then the request lives, whatever its client does, and after that it belongs to the
 * server.  Nothing here knows libmicrohttpd: what carries a request is a struct wire. */
#pragma once
#include "api-shim/answer.h"
#include "api-shim/pairs.h"
#include "api-shim/refusal.h"
#include "lib/base/json.h"

#include <glib.h>
#include <stdint.h>

struct api;
struct caller;
struct request;
struct route;

enum request_method {
	REQUEST_GET,
	REQUEST_HEAD,
	REQUEST_POST,
	REQUEST_PUT,
	REQUEST_PATCH,
	REQUEST_DELETE,
	REQUEST_OTHER
};

/* What carries requests: a connection of the server, or a test. */
struct wire {
	const char *(*header)(struct wire *w, const char *name); /* or NULL; any case */
	void (*answered)(struct wire *w); /* the answer is complete */
	void (*more)(struct wire *w); /* its source has more to read */
};

enum { REQUEST_SEGMENTS_MAX = 12, REQUEST_ID_MAX = 64 };

struct request {
	struct wire *wire;
	char id[REQUEST_ID_MAX + 1]; /* X-Request-Id: the client's, or made here */
	double arrived_at_ms; /* clock_elapsed_fine_ms() */

	enum request_method method;
	char *method_name; /* as sent */
	char *path; /* as sent, without the query */
	char *query_text; /* as sent, without the '?'; "" for none */
	char *segments[REQUEST_SEGMENTS_MAX]; /* decoded; a slash at the end makes none */
	unsigned segment_count;
	struct pairs query;
	struct refusal broken; /* why it cannot be handled at all; empty when it can */
	GString *body; /* NULL for none */

	/* From the router on. */
	struct api *api;
	const struct route *route;
	const char *params[2]; /* what the pattern's ":name" parts hold, borrowed */
	/* From auth on. */
	struct caller *caller;
	int64_t project_id;
	/* The body as an object, borrowed from here; made by the first request_form(). */
	bool form_tried, form_is_text; /* is_text: values are texts, as forms send them */
	json_t *form;
	struct refusal form_refusal;

	/* Called once if the client goes away while it waits, so that nobody works for no one; an
	 * answer is due all the same. */
	void (*gone)(struct request *r);
	/* Whatever the handler keeps; freed with the request. */
	void *work;
	void (*work_destroy)(void *work);

	struct answer answer;
};

/* From a request line; method and target are copied.  NULL from lookups of a header means that
 * none was sent.  A target that is not understood makes a request without segments. */
struct request *request_create(struct wire *wire, const char *method, const char *target);
void request_destroy(struct request *r); /* NULL is fine */

const char *request_header(const struct request *r, const char *name); /* or NULL */
/* Takes X-Request-Id from the client if it is one, else makes one. */
void request_name(struct request *r);

/* The body as a JSON object, whatever it came as; an empty body is an empty object.  NULL when it
 * is none: then `why` says so.  Borrowed. */
json_t *request_form(struct request *r, size_t limit, struct refusal *why);

/* How long the client is ready to wait, in ms: "Prefer: wait=N" (RFC 7240, in seconds, at most
 * 120), else `otherwise`.  *preferred tells whether it said so. */
unsigned request_wait_ms(const struct request *r, unsigned otherwise, bool *preferred);

/* scheme://host of this service as clients see it: site_url if there is one, else the Host header.
 * g_free() it. */
char *request_site(const struct request *r, const char *site_url);
