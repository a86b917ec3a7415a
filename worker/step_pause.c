/* Waits before the outcome is offered to Postgres again.  After the try's own deadline a sweep has
 * spoken for the row, and what we hold is of no use. */
#include "lib/base/clock.h"
#include "worker/job.h"

struct pause {
	struct job *job;
	struct timer *timer;
};

static void on_rested(void *arg)
{
	struct pause *p = arg;
	struct job *j = p->job;
	int64_t limit_ms = j->services->config->export_timeout_ms;
	struct fault f;

	timer_destroy(p->timer);
	g_free(p);
	if (clock_elapsed_ms() - j->began_ms > limit_ms || j->give_back) {
		fault_set(&f, FAULT_UNAVAILABLE, "the outcome could not be recorded");
		job_wake(j, &f);
	} else {
		job_wake(j, NULL);
	}
}

enum verdict pause_run(struct job *j)
{
	struct pause *p = g_new0(struct pause, 1);

	p->job = j;
	p->timer = timer_create_on(j->services->loop, on_rested, p);
	timer_start(p->timer, 500 + random_below(1000), 0);
	return WAIT;
}

void pause_stop(struct job *j)
{
	(void)j; /* the pause is short */
}
