/* One try at one export, from its claim to its record.
 *
 * pipeline.c alone decides what happens next.  A step's file may write the fields under its name
 * below and read those above them. */
#pragma once
#include "render/format.h"
#include "worker/services.h"
#include "worker/steps.h"

#include <glib.h>

struct tile {
	json_t *about; /* its part of the document: names, layout, texts */
	json_t *query; /* with overrides applied; NULL for a text tile */
	json_t *result; /* stored, then computed; NULL when there is none */
	size_t same_as; /* the tile whose result it shares, or its own place */
	struct fault fault;
};

struct job;
typedef void (*job_end_fn)(void *arg, struct job *j);

struct job {
	unsigned magic;
	struct services *services;
	job_end_fn on_end;
	void *arg;

	/* pipeline.c */
	enum step_id step;
	bool running, waiting, stopping;
	struct timer *deadline;
	struct fault fault; /* the first one: the cause */
	struct fault stopped; /* why the step under way was asked to end */
	bool give_back; /* draining: another worker shall have it, and no try is charged */
	int64_t began_ms;
	unsigned pending; /* calls of this step that have not answered */

	/* claim */
	struct turn turn;
	bool has_turn; /* Redis counts it against its project until the release */
	bool has_claim;
	struct export_claim claim;
	char *claim_format, *claim_context;
	const struct format *format;
	json_t *context; /* export_context, or NULL */

	/* load */
	int64_t now_us; /* the moment this export speaks of */
	char *timezone, *title, *description;
	int week_start_day;
	json_t *test_account_filters;
	json_t *source; /* the query that came with the request, or NULL */
	bool is_dashboard;
	GPtrArray *tiles; /* struct tile */

	/* query */
	GPtrArray *queries; /* under way: step_query.c's own */

	/* draw and write: one of them */
	struct drawing_call *call;
	struct drawn drawn;
	GString *table;
	uv_work_t work;

	/* seal */
	char *location;
	char sha256[65];

	/* store */
	bool stored;

	/* record */
	bool won;
};

/* Starts at once; on_end comes later, exactly once, and must call job_destroy(). */
struct job *job_create(struct services *s, const struct turn *turn, job_end_fn on_end, void *arg);
/* Without Redis: a row that was claimed already. */
struct job *job_create_claimed(
	struct services *s, const struct export_claim *claim, job_end_fn on_end, void *arg);
void job_destroy(struct job *j);
struct job *job_of(void *data); /* checks that it is one */

void job_start(struct job *j);
/* Asks the step under way to end; the export goes back to the queue uncharged. */
void job_give_back(struct job *j);

/* For steps: the work that WAIT promised has ended.  Each exactly once, from the loop. */
void job_wake(struct job *j, const struct fault *f); /* NULL: well */
void job_branch(struct job *j);

/* The deadline of the step under way has passed; job.c hands it to the timer. */
void job_deadline(void *arg);

/* For claim: takes a copy. */
bool job_take_claim(struct job *j, const struct export_claim *claim, struct fault *f) MUST_CHECK;
/* What was made, whichever step made it. */
const void *job_bytes(const struct job *j, size_t *length);
