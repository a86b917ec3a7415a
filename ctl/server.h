/* A server that computes and exports, as the command line talks to it: one request at a time, and
 * each is waited for.
 *
 * An answer of any status is an answer; a fault means that there was none. */
#pragma once
#include "ctl/output.h"
#include "lib/base/json.h"

#include <stdint.h>

struct server;

struct server_answer {
	int status;
	int64_t retry_after_s; /* 0: not said */
	json_t *body; /* NULL when it is no JSON, or went into a file */
	int64_t bytes; /* that went into the file */
};

/* `key` goes with every request to `url`, and to nowhere else.  FAULT_INPUT for what is neither
 * address nor key. */
bool server_open(const char *url, const char *key, struct server **out, struct fault *f) MUST_CHECK;
void server_close(struct server *s); /* NULL is fine */

/* The caller json_decref()s a->body.  `path` begins with "/"; `body` NULL: none.  `wait_s` asks the
 * server to answer only when what is asked for has ended, or after so long. */
bool server_ask(struct server *s, const char *method, const char *path, const json_t *body,
	unsigned wait_s, struct server_answer *a, struct fault *f) MUST_CHECK;
/* The body of a 200 goes into `to`; a redirect is followed once, without the key.
 * FAULT_STORAGE: the file could not be written. */
bool server_fetch(struct server *s, const char *path, struct output *to, struct server_answer *a,
	struct fault *f) MUST_CHECK;

void server_pause(struct server *s, uint64_t ms);
