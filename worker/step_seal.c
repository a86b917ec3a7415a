/* Gives the file a name that was never used and a digest, and writes down that a file of this name
 * may come to exist: after a crash it is found and deleted by that intent. */
#include "lib/base/require.h"
#include "worker/job.h"

#include <inttypes.h>

static void arrived(struct job *j, const struct fault *f)
{
	if (f && j->fault.kind == FAULT_NONE) {
		j->fault = *f;
	}
	REQUIRE(j->pending > 0);
	if (--j->pending == 0) {
		job_wake(j, j->fault.kind == FAULT_NONE ? NULL : &j->fault);
	}
}

/* Pool thread: the bytes do not change any more. */
static void digest(uv_work_t *work)
{
	struct job *j = work->data;
	size_t length;
	const void *bytes = job_bytes(j, &length);

	blob_sha256(bytes, length, j->sha256);
}

static void on_digested(uv_work_t *work, int status)
{
	struct fault f;

	if (status < 0) {
		fault_set(&f, FAULT_CANCELED, "not started");
	}
	arrived(job_of(work->data), status < 0 ? &f : NULL);
}

static void on_intended(void *arg, const struct fault *f)
{
	arrived(job_of(arg), f);
}

enum verdict seal_run(struct job *j)
{
	const struct config *config = j->services->config;
	const struct export_claim *c = &j->claim;
	size_t length;

	(void)job_bytes(j, &length);
	if ((int64_t)length > config->export_max_bytes) {
		fault_set(&j->fault, FAULT_TOO_LARGE,
			"The file has %zu bytes, more than %" PRId64 " (setting export_max_bytes).",
			length, config->export_max_bytes);
		return FAIL;
	}
	j->location = blob_location(j->format->mime, c->project_id, c->id, c->fence);
	j->work.data = j;
	if (uv_queue_work(j->services->loop, &j->work, digest, on_digested) != 0) {
		fault_set(&j->fault, FAULT_BUG, "the thread pool took no work");
		return FAIL;
	}
	j->pending = 2;
	blob_intents_add(&j->services->store, config->blob_store, j->location, c->id, c->fence,
		on_intended, j);
	return WAIT;
}
