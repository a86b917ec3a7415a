/* Computes every tile, at the same time and each result once.  A tile that fails keeps its fault
 * and is drawn as a card that says so; the job fails only when no tile could be computed. */
#include "lib/base/require.h"
#include "store/computation.h"
#include "worker/job.h"

#include <glib.h>

struct query {
	struct job *job;
	struct tile *tile;
	struct computation *computation; /* NULL when it has ended */
};

static void share_results(struct job *j)
{
	for (guint i = 0; i < j->tiles->len; i++) {
		struct tile *t = j->tiles->pdata[i];
		const struct tile *from = j->tiles->pdata[t->same_as];

		if (from != t) {
			t->result = json_incref(from->result);
			t->fault = from->fault;
		}
	}
}

/* The fault of the job, when nothing could be computed. */
static bool all_failed(const struct job *j, struct fault *f)
{
	bool any_failed = false;

	for (guint i = 0; i < j->tiles->len; i++) {
		const struct tile *t = j->tiles->pdata[i];

		if (t->query && t->fault.kind == FAULT_NONE) {
			return false;
		}
		if (t->query && !any_failed) {
			any_failed = true;
			*f = t->fault;
		}
	}
	return any_failed;
}

/* A tile that failed for a reason that may pass is worth another try of the whole: a picture with
 * a hole is for lasting faults only. */
static bool worth_a_retry(const struct job *j, struct fault *f)
{
	for (guint i = 0; i < j->tiles->len; i++) {
		const struct tile *t = j->tiles->pdata[i];

		if (t->fault.kind != FAULT_NONE &&
			fault_retry(t->fault.kind) != FAULT_RETRY_NEVER &&
			j->claim.attempt < j->services->config->export_attempts) {
			*f = t->fault;
			return true;
		}
	}
	return false;
}

static bool settle(struct job *j, struct fault *f)
{
	share_results(j);
	return !worth_a_retry(j, f) && !all_failed(j, f);
}

static void on_computed(void *arg, json_t *result, const struct fault *f)
{
	struct query *q = arg;
	struct job *j = q->job;
	struct fault why;

	q->computation = NULL;
	if (f) {
		q->tile->fault = *f;
	} else {
		q->tile->result = json_incref(result);
	}
	REQUIRE(j->pending > 0);
	if (--j->pending > 0) {
		return;
	}
	if (j->stopped.kind != FAULT_NONE) {
		job_wake(j, &j->stopped);
	} else if (!settle(j, &why)) {
		job_wake(j, &why);
	} else if (j->format->family == FORMAT_TABLE) {
		job_branch(j);
	} else {
		job_wake(j, NULL);
	}
}

static void begin(struct job *j, struct tile *t)
{
	const struct services *s = j->services;
	const struct insight_env env = {
		.project_id = j->claim.project_id,
		.timezone = j->timezone,
		.week_start_day = j->week_start_day,
		.now_us = j->now_us,
		.test_account_filters = j->test_account_filters,
	};
	struct query *q = g_new0(struct query, 1);

	q->job = j;
	q->tile = t;
	g_ptr_array_add(j->queries, q);
	j->pending++;
	q->computation = computation_start(s->queries, s->loop, t->query, &env,
		(unsigned)s->config->query_timeout_ms, on_computed, q);
}

/* The first tile that asks the same. */
static size_t same_query(const struct job *j, guint i)
{
	const struct tile *t = j->tiles->pdata[i];

	for (guint k = 0; k < i; k++) {
		const struct tile *earlier = j->tiles->pdata[k];

		if (earlier->query && earlier->same_as == k && !earlier->result &&
			json_equal(earlier->query, t->query)) {
			return k;
		}
	}
	return i;
}

enum verdict query_run(struct job *j)
{
	enum { TILES_MOST = 100 };

	if (j->tiles->len > TILES_MOST) {
		fault_set(&j->fault, FAULT_TOO_LARGE, "The dashboard has %u tiles, more than %d.",
			j->tiles->len, TILES_MOST);
		return FAIL;
	}
	j->queries = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < j->tiles->len; i++) {
		struct tile *t = j->tiles->pdata[i];
		bool is_text = g_strcmp0(json_get_text(t->about, "kind", ""), "text") == 0;

		t->same_as = i;
		if (is_text || t->result) {
			continue;
		}
		if (!json_is_object(t->query)) {
			fault_set(&t->fault, FAULT_QUERY, "This insight has no query.");
			json_decref(t->query);
			t->query = json_object();
			continue;
		}
		t->same_as = same_query(j, i);
		if (t->same_as == i) {
			begin(j, t);
		}
	}
	if (j->pending > 0) {
		return WAIT;
	}
	if (!settle(j, &j->fault)) {
		return FAIL;
	}
	return j->format->family == FORMAT_TABLE ? BRANCH : NEXT;
}

void query_stop(struct job *j)
{
	for (guint i = 0; i < j->queries->len; i++) {
		struct query *q = j->queries->pdata[i];

		if (q->computation) {
			computation_cancel(q->computation);
		}
	}
}
