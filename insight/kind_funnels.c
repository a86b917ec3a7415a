/* FunnelsQuery: at most three statements, one after another: the earliest event for "all", the
 * current window, and the previous one where trends are compared (spec/insights.md 2.3). */
#include "insight/funnels.h"
#include "insight/kind.h"

#include <glib.h>

enum stage { STAGE_EARLIEST, STAGE_CURRENT, STAGE_PREVIOUS, STAGE_DONE };

struct funnels_run {
	const struct kind_context *context;
	struct funnel funnel;
	struct comparison_request compare;
	enum stage stage;
	struct funnel_pass current, previous;
};

static bool open_windows(struct funnels_run *run, int64_t earliest_us, struct fault *f)
{
	const struct scope *s = &run->funnel.scope;
	enum window_use use =
		run->funnel.view == FUNNEL_TRENDS ? WINDOW_OF_BUCKETS : WINDOW_OF_TOTAL;

	return window_open(s, run->context, earliest_us, use, &run->current.window, f) &&
	       (!run->compare.is_wanted ||
		       window_open_previous(s, run->context, &run->current.window, run->compare.to,
			       use, &run->previous.window, f));
}

static bool read_comparison(struct funnels_run *run, struct fault *f)
{
	if (!comparison_read(run->context->query, &run->funnel.scope.dates, &run->compare, f)) {
		return false;
	}
	return !run->compare.is_wanted || run->funnel.view == FUNNEL_TRENDS ||
	       fault_set(f, FAULT_UNSUPPORTED,
		       "compareFilter.compare: only trends of a funnel are compared here");
}

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct funnels_run *run = g_new0(struct funnels_run, 1);

	*state = run;
	run->context = c;
	if (!funnel_read(c, &run->funnel, f) || !read_comparison(run, f)) {
		return false;
	}
	if (run->funnel.scope.dates.from.form == DATE_ALL) {
		run->stage = STAGE_EARLIEST;
		return true;
	}
	run->stage = STAGE_CURRENT;
	return open_windows(run, 0, f);
}

static struct sql *ask_earliest(const struct funnels_run *run)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	bool any = false;

	for (size_t i = 0; i < run->funnel.step_count; i++) {
		any = !entity_event_names(&run->funnel.steps[i].entity, names) || any;
	}
	return window_earliest_statement(run->context, any ? NULL : names);
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct funnels_run *run = state;

	(void)f;
	switch (run->stage) {
	case STAGE_EARLIEST:
		*statement = ask_earliest(run);
		break;
	case STAGE_CURRENT:
		*statement = funnel_statement(&run->funnel, &run->current, run->context);
		break;
	case STAGE_PREVIOUS:
		*statement = funnel_statement(&run->funnel, &run->previous, run->context);
		break;
	case STAGE_DONE:
		*statement = NULL;
		break;
	}
	return true;
}

static bool feed(void *state, const struct rows *rows, struct fault *f)
{
	struct funnels_run *run = state;
	int64_t earliest_us;

	switch (run->stage) {
	case STAGE_EARLIEST:
		run->stage = STAGE_CURRENT;
		return window_earliest_feed(rows, &earliest_us, f) &&
		       open_windows(run, earliest_us, f);
	case STAGE_CURRENT:
		run->stage = run->compare.is_wanted ? STAGE_PREVIOUS : STAGE_DONE;
		return funnel_collect(&run->funnel, &run->current, run->context, rows, f);
	case STAGE_PREVIOUS:
		run->stage = STAGE_DONE;
		return funnel_collect(&run->funnel, &run->previous, run->context, rows, f);
	case STAGE_DONE:
		break;
	}
	return fault_set(f, FAULT_BUG, "a funnel was fed rows that it did not ask for");
}

static void append_compared(json_t *results, const json_t *lines, const char *label)
{
	json_t *line;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)lines, i, line)
	{
		json_object_set_new(line, "compare", json_true());
		json_object_set_new(line, "compare_label", json_string(label));
		json_array_append(results, line);
	}
}

static json_t *results_of(const struct funnels_run *run)
{
	json_t *results;

	if (!run->compare.is_wanted) {
		return json_incref(run->current.results);
	}
	results = json_array();
	append_compared(results, run->current.results, "current");
	append_compared(results, run->previous.results, "previous");
	return results;
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct funnels_run *run = state;
	const struct zone *zone = run->context->place.zone;
	json_t *envelope = json_object();

	(void)f;
	json_object_set_new(envelope, "results", results_of(run));
	json_object_set_new(envelope, "hasMore",
		json_boolean(run->current.has_hidden_values || run->previous.has_hidden_values));
	json_object_set_new(
		envelope, "resolved_date_range", window_json(&run->current.window, zone));
	if (run->compare.is_wanted) {
		json_object_set_new(envelope, "resolved_compare_date_range",
			window_json(&run->previous.window, zone));
	}
	*out = envelope;
	return true;
}

static void end(void *state)
{
	struct funnels_run *run = state;

	funnel_finish(&run->funnel);
	funnel_pass_finish(&run->current);
	funnel_pass_finish(&run->previous);
	g_free(run);
}

const struct kind_methods kind_funnels = {
	.begin = begin, .next = next, .feed = feed, .result = result, .end = end};
