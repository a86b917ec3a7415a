/* Takes the export: one compare-and-set that only one worker can win. */
#include "worker/job.h"

static void on_claimed(void *arg, const struct export_claim *claim, const struct fault *f)
{
	struct job *j = job_of(arg);
	struct fault why;

	if (f) {
		job_wake(j, f);
	} else if (!claim) {
		job_branch(j);
	} else if (!job_take_claim(j, claim, &why)) {
		/* The claim is ours and its export cannot be made: that is an outcome to record. */
		j->fault = why;
		job_wake(j, NULL);
	} else {
		job_wake(j, NULL);
	}
}

enum verdict claim_run(struct job *j)
{
	exports_claim(&j->services->store, j->turn.export_id, j->services->worker_id,
		(unsigned)j->services->config->export_timeout_ms, on_claimed, j);
	return WAIT;
}
