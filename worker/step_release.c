/* Tells Redis that the turn is over.  Last, and of no consequence when it is lost: the slot heals
 * by time and a waiting client asks the row. */
#include "lib/base/clock.h"
#include "worker/job.h"

static void on_released(void *arg, const struct fault *f)
{
	(void)f;
	job_wake(job_of(arg), NULL);
}

enum verdict release_run(struct job *j)
{
	double seconds = (double)(clock_elapsed_ms() - j->began_ms) / 1000;

	if (!queue_is_ready(j->services->queue)) {
		return NEXT;
	}
	queue_finish(j->services->queue, &j->turn, seconds, on_released, j);
	return WAIT;
}
