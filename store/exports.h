/* Export rows: made by the API, moved by workers, read by both.
 *
 * Every move is one statement that names the state it comes from and, while an export runs, the
 * fence of the claim: doing it twice, late or from a worker thought dead changes nothing
 * (reliability.md 2.3). */
#pragma once
#include "lib/base/json.h"
#include "queue/queue.h"
#include "store/store.h"

enum export_state {
	EXPORT_QUEUED,
	EXPORT_RUNNING,
	EXPORT_DONE,
	EXPORT_FAILED,
	EXPORT_CANCELED,
	EXPORT_EXPIRED
};

/* What the wire shows of an export, and what content needs.  Borrowed for the callback: copy with
 * export_row_copy() to keep. */
struct export_row {
	int64_t id, project_id, created_by; /* created_by 0: none */
	int64_t dashboard_id, insight_id; /* 0: none */
	const char *format; /* MIME type */
	const char *context; /* JSON text, or NULL */
	const char *dashboard_name; /* or NULL */
	const char *insight_name; /* name, else derived name, or NULL */
	int64_t created_at_us, expires_after_us; /* expires 0: never */
	enum export_state state;
	const char *exception; /* or NULL */
	const char *content_store, *content_location, *content_sha256; /* or NULL */
	int64_t content_bytes;
};
struct export_row *export_row_copy(const struct export_row *row);
void export_row_destroy(struct export_row *row); /* NULL is fine */

struct export_request {
	int64_t project_id, created_by, dashboard_id, insight_id; /* 0: none */
	const char *format, *context; /* context NULL: none */
	const char *source_authentication; /* "personal_api_key" */
	int64_t source_credential_id;
	enum export_class class;
	int64_t expires_after_us, give_up_ms;
};

typedef void (*export_row_fn)(void *arg, const struct export_row *row, const struct fault *f);
typedef void (*export_rows_fn)(void *arg, const struct export_row *rows, size_t count,
	int64_t total, const struct fault *f);

/* The row is committed when `done` comes; it carries dispatch_at = now + 2 s, so that a sweep
 * dispatches what the caller could not enqueue. */
void exports_create(struct store *s, const struct export_request *r, export_row_fn done, void *arg);

/* Which rows a reader sees (spec/exports.md 2.5, 2.6): of this project and user, not expired at
 * `now`.  FAULT_NOT_FOUND otherwise. */
void exports_read(struct store *s, int64_t project_id, int64_t user_id, int64_t id,
	export_row_fn done, void *arg);

struct export_filter {
	int64_t project_id, user_id;
	const char *format, *session_recording_id, *context_path; /* NULL: any */
	int64_t limit, offset;
};
/* Newest first, with the total over all pages. */
void exports_list(
	struct store *s, const struct export_filter *filter, export_rows_fn done, void *arg);

/* Which of these ids have ended, for whoever waits without hints. */
typedef void (*export_ids_fn)(void *arg, const int64_t *ids, size_t count, const struct fault *f);
void exports_ended(
	struct store *s, const int64_t *ids, size_t count, export_ids_fn done, void *arg);

/* A worker's hold on an export. */
struct export_claim {
	int64_t id, project_id, created_by, dashboard_id, insight_id, fence;
	int attempt, crashes;
	enum export_class class;
	const char *format, *context; /* as export_row */
	int64_t created_at_us;
	const char *source_authentication;
	int64_t source_credential_id;
};
/* `claim` is NULL without a fault when the row is not to be had: gone, taken, ended, canceled. */
typedef void (*export_claim_fn)(void *arg, const struct export_claim *claim, const struct fault *f);
void exports_claim(struct store *s, int64_t id, const char *worker_id, unsigned timeout_ms,
	export_claim_fn done, void *arg);
/* Without Redis: any queued row whose dispatch_at is due, SKIP LOCKED. */
void exports_claim_any(struct store *s, const char *worker_id, unsigned timeout_ms,
	export_claim_fn done, void *arg);

struct export_content {
	const char *store, *location, *sha256;
	int64_t bytes, expires_after_us;
};
/* `won` is false when the row had moved on: the content is not referenced and may be deleted.
 * A lost reply of our own commit reads as won (reliability.md 2.3, step 4). */
typedef void (*export_move_fn)(void *arg, bool won, const struct fault *f);
void exports_finish(struct store *s, const struct export_claim *c,
	const struct export_content *content, export_move_fn done, void *arg);
/* Final failure: exception, type and class come from the fault's kind. */
void exports_fail(struct store *s, const struct export_claim *c, const struct fault *why,
	export_move_fn done, void *arg);
/* Back to queued, to be dispatched `after_ms` from now.  `charge` says whether this try counts:
 * draining gives it back; a crash counts in crashes instead. */
enum export_charge { CHARGE_ATTEMPT, CHARGE_CRASH, CHARGE_NOTHING };
void exports_retry(struct store *s, const struct export_claim *c, enum export_charge charge,
	int64_t after_ms, const struct fault *why, export_move_fn done, void *arg);

/* What a sweep finds.  All are safe to run from any number of workers at once; `count` is how many
 * rows were moved, at most 500 a call. */
typedef void (*export_sweep_fn)(void *arg, int64_t count, const struct fault *f);
typedef void (*export_turns_fn)(
	void *arg, const struct turn *turns, size_t count, const struct fault *f);
/* Running rows of workers that are gone or silent for dead_after_ms: back to queued, crashes + 1,
 * the attempt given back.  After an outage everybody looks silent, so it does nothing
 *  - within 1.5 × dead_after_ms of a start of Postgres;
 *  - unless some worker has beaten for dead_after_ms without a gap of 10 s;
 *  - to rows of workers heard within the last 3 × dead_after_ms while over half of three or more
 *    such workers are silent: then it is rather our clock or network (reliability.md 2.3). */
void exports_sweep_dead(struct store *s, unsigned dead_after_ms, export_sweep_fn done, void *arg);
/* Running rows that this worker claimed over 30 s ago and does not know of (the reply to its claim
 * was lost): back to queued at once, nothing charged.  `known` are the exports it works on. */
void exports_sweep_forgotten(struct store *s, const char *worker_id, const int64_t *known,
	size_t count, export_sweep_fn done, void *arg);
/* Running rows past run_deadline, and open rows past give_up_at: failed. */
void exports_sweep_overdue(struct store *s, export_sweep_fn done, void *arg);
/* Queued rows that are due, to be enqueued (again): their dispatch_at moves on by 60 s, during
 * which exports_claim_any() does not see them, so ask only while Redis is there to take them. */
void exports_sweep_due(struct store *s, export_turns_fn done, void *arg);
/* Redis came back empty: every queued row becomes due within 10 s. */
void exports_redispatch(struct store *s, store_done_fn done, void *arg);
/* Expired rows leave sight: state 5.  Then, an hour later, exports_deletable() names blobs to
 * delete and exports_deleted() forgets each; rows without one are forgotten by this sweep.  Their
 * outcomes stay for 400 days. */
void exports_sweep_expired(struct store *s, export_sweep_fn done, void *arg);
struct export_blob {
	int64_t id;
	const char *store, *location;
};
typedef void (*export_blobs_fn)(
	void *arg, const struct export_blob *blobs, size_t count, const struct fault *f);
void exports_deletable(struct store *s, export_blobs_fn done, void *arg);
void exports_deleted(struct store *s, int64_t id, store_done_fn done, void *arg);

/* Files that may exist without a row (reliability.md 2.9). */
void blob_intents_add(struct store *s, const char *store_name, const char *location,
	int64_t export_id, int64_t fence, store_done_fn done, void *arg);
void blob_intents_remove(struct store *s, const char *location, store_done_fn done, void *arg);
/* Intents older than an hour whose file no row references and no running claim may still write:
 * id is the export's. */
void blob_intents_orphans(struct store *s, export_blobs_fn done, void *arg);
