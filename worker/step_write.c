/* Turns the result into the bytes of a table, on a pool thread. */
#include "render/render.h"
#include "worker/job.h"

struct writing {
	struct job *job;
	GString *table;
	bool ok;
	struct fault fault;
};

/* Pool thread.  Until on_written() runs, the job's results are ours and the loop keeps off them. */
static void write_table(uv_work_t *work)
{
	struct writing *w = work->data;
	const struct tile *t = w->job->tiles->pdata[0];

	w->ok = render_table(
		t->result, t->query, w->job->context, w->job->format, &w->table, &w->fault);
}

static void on_written(uv_work_t *work, int status)
{
	struct writing *w = work->data;
	struct job *j = w->job;
	struct fault f = w->fault;
	bool ok = w->ok;

	j->table = w->table;
	g_free(w);
	if (status < 0) {
		ok = fault_set(&f, FAULT_CANCELED, "not started");
	}
	job_wake(j, ok ? NULL : &f);
}

enum verdict write_run(struct job *j)
{
	struct writing *w = g_new0(struct writing, 1);

	w->job = j;
	j->work.data = w;
	if (uv_queue_work(j->services->loop, &j->work, write_table, on_written) != 0) {
		g_free(w);
		fault_set(&j->fault, FAULT_BUG, "the thread pool took no work");
		return FAIL;
	}
	return WAIT;
}
