/* Deletes the file that no row refers to.  Should this fail, its intent names it for the sweep. */
#include "lib/base/log.h"
#include "worker/job.h"

static void on_forgotten(void *arg, const struct fault *f)
{
	(void)f; /* the sweep asks again */
	job_wake(job_of(arg), NULL);
}

static void on_removed(void *arg, const struct fault *f)
{
	struct job *j = job_of(arg);

	if (f) {
		log_line(LOG_WARN, "export", j->claim.id, "file left behind: %s", f->detail);
		job_wake(j, NULL);
		return;
	}
	blob_intents_remove(&j->services->store, j->location, on_forgotten, j);
}

enum verdict discard_run(struct job *j)
{
	struct blob_store *b = services_blobs(j->services, j->services->config->blob_store);

	b->kind->remove(b, j->location, on_removed, j);
	return WAIT;
}
