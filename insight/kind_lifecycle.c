/* LifecycleQuery: one statement, and one before it for the earliest event of "all"
 * (spec/insights.md 2.7). */
#include "insight/kind.h"
#include "insight/lifecycle.h"

#include <glib.h>

enum stage { STAGE_EARLIEST, STAGE_COUNT, STAGE_DONE };

struct lifecycle_run {
	const struct kind_context *context;
	struct lifecycle lifecycle;
	enum stage stage;
	struct lifecycle_pass pass;
};

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct lifecycle_run *run = g_new0(struct lifecycle_run, 1);

	*state = run;
	run->context = c;
	if (!lifecycle_read(c, &run->lifecycle, f)) {
		return false;
	}
	if (run->lifecycle.scope.dates.from.form == DATE_ALL) {
		run->stage = STAGE_EARLIEST;
		return true;
	}
	run->stage = STAGE_COUNT;
	return lifecycle_open(&run->lifecycle, c, 0, &run->pass, f);
}

static struct sql *ask_earliest(const struct lifecycle_run *run)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	bool is_named = entity_event_names(&run->lifecycle.entity, names);

	return window_earliest_statement(run->context, is_named ? names : NULL);
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct lifecycle_run *run = state;

	(void)f;
	switch (run->stage) {
	case STAGE_EARLIEST:
		*statement = ask_earliest(run);
		break;
	case STAGE_COUNT:
		*statement = lifecycle_statement(&run->lifecycle, &run->pass, run->context);
		break;
	case STAGE_DONE:
		*statement = NULL;
		break;
	}
	return true;
}

static bool feed(void *state, const struct rows *rows, struct fault *f)
{
	struct lifecycle_run *run = state;
	int64_t earliest_us;

	switch (run->stage) {
	case STAGE_EARLIEST:
		run->stage = STAGE_COUNT;
		return window_earliest_feed(rows, &earliest_us, f) &&
		       lifecycle_open(&run->lifecycle, run->context, earliest_us, &run->pass, f);
	case STAGE_COUNT:
		run->stage = STAGE_DONE;
		return lifecycle_collect(&run->lifecycle, &run->pass, rows, f);
	case STAGE_DONE:
		break;
	}
	return fault_set(f, FAULT_BUG, "a lifecycle was fed rows that it did not ask for");
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct lifecycle_run *run = state;
	const struct zone *zone = run->context->place.zone;
	json_t *envelope = json_object();

	(void)f;
	json_object_set_new(
		envelope, "results", lifecycle_results(&run->lifecycle, &run->pass, zone));
	json_object_set_new(envelope, "resolved_date_range", window_json(&run->pass.window, zone));
	*out = envelope;
	return true;
}

static void end(void *state)
{
	struct lifecycle_run *run = state;

	lifecycle_finish(&run->lifecycle);
	lifecycle_pass_finish(&run->pass);
	g_free(run);
}

const struct kind_methods kind_lifecycle = {
	.begin = begin, .next = next, .feed = feed, .result = result, .end = end};
