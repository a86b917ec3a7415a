/* What happens next to a job, in one table, and the driver that follows it. */
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/require.h"
#include "worker/job.h"

struct step {
	const char *name;
	enum verdict (*run)(struct job *j);
	void (*stop)(struct job *j);
	unsigned (*limit_ms)(const struct config *c);
	enum step_id next, branch, on_fail;
};

/* A statement of ours, with time for a Postgres that is starting again. */
static unsigned of_record(const struct config *c)
{
	(void)c;
	return 15000;
}

static unsigned of_query(const struct config *c)
{
	return (unsigned)c->query_timeout_ms + 2000;
}

/* The renderer kills a child at draw_timeout_ms; past this it is the renderer that hangs. */
static unsigned of_drawing(const struct config *c)
{
	return (unsigned)c->draw_timeout_ms + 5000;
}

static unsigned of_transfer(const struct config *c)
{
	return (unsigned)c->export_timeout_ms;
}

// clang-format off
static const struct step steps[] = {
	/*                 name       run          stop             limit        next          branch        on_fail */
	/* branch: the row is not to be had */
	[STEP_CLAIM]   = {"claim",   claim_run,   nothing_to_stop, of_record,   STEP_LOAD,    STEP_RELEASE, STEP_RELEASE},
	[STEP_LOAD]    = {"load",    load_run,    nothing_to_stop, of_record,   STEP_QUERY,   STEP_NONE,    STEP_RECORD},
	/* branch: a table is written, not drawn */
	[STEP_QUERY]   = {"query",   query_run,   query_stop,      of_query,    STEP_DRAW,    STEP_WRITE,   STEP_RECORD},
	[STEP_DRAW]    = {"draw",    draw_run,    draw_stop,       of_drawing,  STEP_SEAL,    STEP_NONE,    STEP_RECORD},
	[STEP_WRITE]   = {"write",   write_run,   nothing_to_stop, of_transfer, STEP_SEAL,    STEP_NONE,    STEP_RECORD},
	[STEP_SEAL]    = {"seal",    seal_run,    nothing_to_stop, of_transfer, STEP_STORE,   STEP_NONE,    STEP_RECORD},
	[STEP_STORE]   = {"store",   store_run,   nothing_to_stop, of_transfer, STEP_RECORD,  STEP_NONE,    STEP_RECORD},
	/* branch: nothing refers to what was stored */
	[STEP_RECORD]  = {"record",  record_run,  nothing_to_stop, of_record,   STEP_RELEASE, STEP_DISCARD, STEP_PAUSE},
	/* Postgres did not take the outcome: once more, while the claim can still be ours */
	[STEP_PAUSE]   = {"pause",   pause_run,   pause_stop,      of_record,   STEP_RECORD,  STEP_NONE,    STEP_RELEASE},
	[STEP_DISCARD] = {"discard", discard_run, nothing_to_stop, of_transfer, STEP_RELEASE, STEP_NONE,    STEP_RELEASE},
	[STEP_RELEASE] = {"release", release_run, nothing_to_stop, of_record,   STEP_END,     STEP_NONE,    STEP_END},
};
// clang-format on

void nothing_to_stop(struct job *j)
{
	(void)j;
}

static void stop_step(struct job *j)
{
	if (j->waiting && !j->stopping) {
		j->stopping = true;
		steps[j->step].stop(j);
	}
}

/* A deadline frees nothing and moves nothing: it asks the step to stop, and the step's own
 * completion is what moves the job. */
void job_deadline(void *arg)
{
	struct job *j = job_of(arg);
	const struct step *s = &steps[j->step];

	REQUIRE(j->waiting);
	/* A child that draws too long is killed by the renderer and says so; when the step itself
	 * runs out of time it is the renderer that hangs, which is no fault of the export. */
	fault_set(&j->stopped, j->step == STEP_DRAW ? FAULT_LOST : FAULT_TIMEOUT,
		"%s took longer than %u ms", s->name, s->limit_ms(j->services->config));
	log_line(LOG_WARN, "job", j->turn.export_id, "%s", j->stopped.detail);
	stop_step(j);
}

static void on_ended(void *arg)
{
	struct job *j = job_of(arg);

	j->on_end(j->arg, j);
}

static void drive(struct job *j)
{
	while (j->step != STEP_END) {
		const struct step *s;
		enum verdict v;

		if (j->give_back && j->step > STEP_CLAIM && j->step < STEP_RECORD) {
			fault_set(&j->fault, FAULT_LOST, "the worker is stopping");
			j->step = STEP_RECORD;
		}
		s = &steps[j->step];
		j->running = true;
		v = s->run(j);
		j->running = false;
		log_line(LOG_DEBUG, "job", j->turn.export_id, "%s at %lld ms", s->name,
			(long long)(clock_elapsed_ms() - j->began_ms));
		if (v == WAIT) {
			j->waiting = true;
			timer_start(j->deadline, s->limit_ms(j->services->config), 0);
			return;
		}
		REQUIRE(v != FAIL || j->fault.kind != FAULT_NONE || j->step >= STEP_RECORD);
		j->step = v == NEXT ? s->next : v == BRANCH ? s->branch : s->on_fail;
		REQUIRE(j->step != STEP_NONE);
	}
	later(j->services->loop, on_ended, j);
}

static void go_on(struct job *j, enum step_id to)
{
	REQUIRE(j->waiting && !j->running && to != STEP_NONE);
	j->waiting = false;
	j->stopping = false;
	timer_stop(j->deadline);
	j->stopped = (struct fault){0};
	j->step = to;
	drive(j);
}

void job_wake(struct job *j, const struct fault *f)
{
	const struct step *s = &steps[j->step];

	/* After a stop the completion only says "canceled"; the reason for the stop is the fault
	 * worth recording.  A step that finished in spite of it has not failed.
	 * What fails from the record on changes nothing of the outcome that is to be recorded. */
	if (f && j->fault.kind == FAULT_NONE && j->step < STEP_RECORD) {
		j->fault = j->stopped.kind != FAULT_NONE ? j->stopped : *f;
	}
	go_on(j, f ? s->on_fail : s->next);
}

void job_branch(struct job *j)
{
	go_on(j, steps[j->step].branch);
}

static void on_start(void *arg)
{
	struct job *j = job_of(arg);

	drive(j);
}

void job_start(struct job *j)
{
	j->began_ms = clock_elapsed_ms();
	later(j->services->loop, on_start, j);
}

void job_give_back(struct job *j)
{
	j->give_back = true;
	if (j->waiting && j->step < STEP_RECORD) {
		fault_set(&j->stopped, FAULT_LOST, "the worker is stopping");
		stop_step(j);
	}
}
