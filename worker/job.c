#include "worker/job.h"

#include "lib/base/clock.h"
#include "lib/base/require.h"

#include <glib.h>
#include <string.h>

enum { JOB_MAGIC = 0x6a6f6221 };

static void tile_free(gpointer data)
{
	struct tile *t = data;

	json_decref(t->about);
	json_decref(t->query);
	json_decref(t->result);
	g_free(t);
}

static struct job *make(struct services *s, job_end_fn on_end, void *arg)
{
	struct job *j = g_new0(struct job, 1);

	j->magic = JOB_MAGIC;
	j->services = s;
	j->on_end = on_end;
	j->arg = arg;
	j->deadline = timer_create_on(s->loop, job_deadline, j);
	j->tiles = g_ptr_array_new_with_free_func(tile_free);
	j->now_us = clock_wall_us();
	return j;
}

struct job *job_create(struct services *s, const struct turn *turn, job_end_fn on_end, void *arg)
{
	struct job *j = make(s, on_end, arg);

	j->step = STEP_CLAIM;
	j->turn = *turn;
	j->has_turn = true;
	return j;
}

struct job *job_create_claimed(
	struct services *s, const struct export_claim *claim, job_end_fn on_end, void *arg)
{
	struct job *j = make(s, on_end, arg);

	j->step = STEP_LOAD;
	j->turn = (struct turn){claim->id, claim->project_id, claim->class};
	if (!job_take_claim(j, claim, &j->fault)) {
		j->step = STEP_RECORD;
	}
	return j;
}

void job_destroy(struct job *j)
{
	j->magic = 0;
	timer_destroy(j->deadline);
	g_free(j->claim_format);
	g_free(j->claim_context);
	json_decref(j->context);
	g_free(j->timezone);
	g_free(j->title);
	g_free(j->description);
	json_decref(j->test_account_filters);
	json_decref(j->source);
	g_ptr_array_unref(j->tiles);
	if (j->queries) {
		g_ptr_array_unref(j->queries);
	}
	drawn_finish(&j->drawn);
	if (j->table) {
		g_string_free(j->table, TRUE);
	}
	g_free(j->location);
	g_free(j);
}

struct job *job_of(void *data)
{
	struct job *j = data;

	REQUIRE(j && j->magic == JOB_MAGIC);
	return j;
}

bool job_take_claim(struct job *j, const struct export_claim *claim, struct fault *f)
{
	j->claim = *claim;
	j->has_claim = true;
	j->claim_format = g_strdup(claim->format);
	j->claim_context = g_strdup(claim->context);
	j->claim.format = j->claim_format;
	j->claim.context = j->claim_context;
	j->claim.source_authentication = NULL;
	j->format = format_of_mime(j->claim_format);
	if (!j->format || !j->format->written) {
		return fault_set(f, FAULT_UNSUPPORTED, "Export to format %s is not supported.",
			j->claim_format);
	}
	if (claim->context && !json_read(j->claim_context, strlen(j->claim_context),
				      &json_request_limits, &j->context, f)) {
		return fault_wrap(f, "export_context: ");
	}
	return true;
}

const void *job_bytes(const struct job *j, size_t *length)
{
	if (j->table) {
		*length = j->table->len;
		return j->table->str;
	}
	*length = j->drawn.length;
	return j->drawn.bytes;
}
