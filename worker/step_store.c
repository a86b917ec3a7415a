/* Puts the file where it will be read from.  File first, row second: a crash in between leaves a
 * file that its intent finds; the other order leaves a row that promises what is not there. */
#include "lib/base/failpoint.h"
#include "worker/job.h"

static void on_stored(void *arg, const struct fault *f)
{
	struct job *j = job_of(arg);

	(void)FAILPOINT("store.after");
	j->stored = !f;
	job_wake(j, f);
}

enum verdict store_run(struct job *j)
{
	struct blob_store *b = services_blobs(j->services, j->services->config->blob_store);
	size_t length;
	const void *bytes = job_bytes(j, &length);

	if (FAILPOINT("store.before")) {
		fault_set(&j->fault, FAULT_STORAGE, "failpoint");
		return FAIL;
	}
	b->kind->put(b, j->location, bytes, length, on_stored, j);
	return WAIT;
}
