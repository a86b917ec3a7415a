/* A platen-api of the test's own over a private Postgres and Redis, a client for it, and a hand
 * that finishes exports as a worker would.
 *
 * Definitions are made by api_stack_start(): two organizations, users and keys as named below. */
#pragma once
#include "lib/base/json.h"
#include "store/blob.h"
#include "store/exports.h"
#include "tests/unit/api-shim/raw_client.h"
#include "tests/unit/pg/private_postgres.h"

#include <sys/types.h>

/* Projects: 1 and 2 of the first organization, 3 of the second, of which user 1 is no member. */
enum { OWN_PROJECT = 1, SISTER_PROJECT = 2, FOREIGN_PROJECT = 3 };
/* In project 1: dashboard 11, insight 12; in project 2: 21, 22. */
enum { OWN_DASHBOARD = 11, OWN_INSIGHT = 12, SISTER_DASHBOARD = 21, SISTER_INSIGHT = 22 };

/* All of user 1 unless named otherwise; user 1's current project is 1. */
#define KEY_ALL "phx_all" /* scope * */
#define KEY_WRITE "phx_write" /* export:write, insight:read, dashboard:read, query:read */
#define KEY_READ "phx_read" /* export:read */
#define KEY_BARE_WRITE "phx_bare" /* export:write alone */
#define KEY_NO_SCOPE "phx_none" /* no scopes */
#define KEY_PROJECT_2 "phx_project2" /* *, only project 2 */
#define KEY_OTHER_ORG "phx_otherorg" /* *, only the second organization */
#define KEY_COLLEAGUE "phx_colleague" /* *, of user 2, same organization */
#define KEY_STRANGER "phx_stranger" /* *, of user 3, no current project */
#define KEY_INACTIVE "phx_inactive" /* *, of user 4, who is not active */
#define OTHER_ORGANIZATION "00000000-0000-0000-0000-000000000002"

struct api_process {
	pid_t pid;
	unsigned port;
	char *log; /* a file */
};

struct api_stack {
	struct private_postgres postgres;
	char *redis_url;
	struct api_process api;
	/* The hand. */
	uv_loop_t *loop;
	struct store store;
	struct blob_store *blobs;
};

void api_stack_start(struct api_stack *s);
void api_stack_stop(struct api_stack *s);

/* Another one over the same servers; `arguments` are flags, NULL-terminated. */
struct api_process api_start(const struct api_stack *s, const char *const *arguments);
/* SIGTERM, and its exit status. */
int api_stop(struct api_process *p);

/* Asks with a key (NULL: none); `body` NULL or JSON.  The answer's body as JSON. */
struct reply {
	struct raw_answer raw;
	json_t *json;
};
struct reply api_ask(const struct api_process *p, const char *key, const char *method,
	const char *body, const char *path, ...) G_GNUC_PRINTF(5, 6);
/* The same in two steps, to see to something between. */
int api_send(const struct api_process *p, const char *key, const char *method, const char *headers,
	const char *body, const char *path);
struct reply api_receive(int fd);
void reply_finish(struct reply *r);

/* Status, and the error body's code, attr (NULL: null) and detail. */
void api_refuses(struct reply r, int status, const char *type, const char *code, const char *attr,
	const char *detail);

/* As a worker: claims the export and finishes it with these bytes, or fails it. */
void hand_finish(struct api_stack *s, int64_t id, const void *bytes, size_t length);
void hand_fail(struct api_stack *s, int64_t id, enum fault_kind kind, const char *detail);
/* The newest row, once there is one newer than `after`. */
int64_t hand_newest(struct api_stack *s, int64_t after);
