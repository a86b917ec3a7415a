/* Where finished files are kept.  One interface; every kind passes the same contract tests.
 *
 * To add one: write blob_<name>.c, add its line to blob.def and CMakeLists.txt.
 *
 * A location is written once and never again: the fence and 128 random bits are part of it
 * (blob_location()).  Calls return at once; `done` comes exactly once, later, from the loop. */
#pragma once
#include "store/store.h"

#include <stddef.h>

struct blob_store; /* one kind, opened */

struct blob_options {
	struct store *store; /* for kinds that live in Postgres */
	const char *directory; /* for directory */
};

typedef void (*blob_done_fn)(void *arg, const struct fault *f);
/* Called with each piece in order, then once with `piece` NULL: at the end, or with a fault. */
typedef void (*blob_piece_fn)(void *arg, const void *piece, size_t length, const struct fault *f);

struct blob_kind {
	const char *name;
	bool (*open)(uv_loop_t *loop, const struct blob_options *o, struct blob_store **out,
		struct fault *f);
	void (*close)(struct blob_store *b);
	/* `bytes` stays the caller's and unchanged until `done`.  Durable when `done` comes well.
	 */
	void (*put)(struct blob_store *b, const char *location, const void *bytes, size_t length,
		blob_done_fn done, void *arg);
	/* FAULT_NOT_FOUND when there is none such. */
	void (*get)(struct blob_store *b, const char *location, blob_piece_fn piece, void *arg);
	/* Deleting what is not there goes well. */
	void (*remove)(struct blob_store *b, const char *location, blob_done_fn done, void *arg);
};
/* First member of every kind's own struct. */
struct blob_store {
	const struct blob_kind *kind;
};

const struct blob_kind *blob_kind_named(const char *name); /* or NULL */
size_t blob_kind_count(void);
const struct blob_kind *blob_kind_at(size_t i);

/* exports/{format}/team-{project}/task-{id}/{fence}-{random}; `format` is the part after the '/'
 * of the MIME type.  g_free() it. */
char *blob_location(const char *mime, int64_t project_id, int64_t export_id, int64_t fence);
/* Lower-case hex SHA-256. */
void blob_sha256(const void *bytes, size_t length, char out[65]);
