/* TrendsQuery: at most three statements, one after another: the earliest event for "all", the
 * current window, the previous one (spec/insights.md 2.2). */
#include "insight/kind.h"
#include "insight/trends.h"
#include "insight/trends_actors.h"

#include <glib.h>

enum stage { STAGE_EARLIEST, STAGE_CURRENT, STAGE_PREVIOUS, STAGE_DONE };

struct trends_run {
	const struct kind_context *context;
	struct trends trends;
	struct comparison_request compare;
	enum stage stage;
	struct trends_pass current, previous;
};

static bool open_windows(struct trends_run *run, int64_t earliest_us, struct fault *f)
{
	const struct scope *s = &run->trends.scope;
	enum window_use use =
		run->trends.form == TRENDS_TOTAL ? WINDOW_OF_TOTAL : WINDOW_OF_BUCKETS;

	return window_open(s, run->context, earliest_us, use, &run->current.window, f) &&
	       (!run->compare.is_wanted ||
		       window_open_previous(s, run->context, &run->current.window, run->compare.to,
			       use, &run->previous.window, f));
}

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct trends_run *run = g_new0(struct trends_run, 1);

	*state = run;
	run->context = c;
	if (!trends_read(c, &run->trends, f) ||
		!comparison_read(c->query, &run->trends.scope.dates, &run->compare, f)) {
		return false;
	}
	if (run->trends.scope.dates.from.form == DATE_ALL) {
		run->stage = STAGE_EARLIEST;
		return true;
	}
	run->stage = STAGE_CURRENT;
	return open_windows(run, 0, f);
}

static struct sql *ask_earliest(const struct trends_run *run)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	bool any = false;

	for (size_t i = 0; i < run->trends.series.count; i++) {
		any = !entity_event_names(&run->trends.series.items[i].entity, names) || any;
	}
	return window_earliest_statement(run->context, any ? NULL : names);
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct trends_run *run = state;

	(void)f;
	switch (run->stage) {
	case STAGE_EARLIEST:
		*statement = ask_earliest(run);
		break;
	case STAGE_CURRENT:
		*statement = trends_statement(&run->trends, &run->current, run->context);
		break;
	case STAGE_PREVIOUS:
		*statement = trends_statement(&run->trends, &run->previous, run->context);
		break;
	case STAGE_DONE:
		*statement = NULL;
		break;
	}
	return true;
}

static bool feed(void *state, const struct rows *rows, struct fault *f)
{
	struct trends_run *run = state;
	int64_t earliest_us;

	switch (run->stage) {
	case STAGE_EARLIEST:
		run->stage = STAGE_CURRENT;
		return window_earliest_feed(rows, &earliest_us, f) &&
		       open_windows(run, earliest_us, f);
	case STAGE_CURRENT:
		run->stage = run->compare.is_wanted ? STAGE_PREVIOUS : STAGE_DONE;
		return trends_collect(&run->trends, &run->current, rows, f);
	case STAGE_PREVIOUS:
		run->stage = STAGE_DONE;
		return trends_collect(&run->trends, &run->previous, rows, f);
	case STAGE_DONE:
		break;
	}
	return fault_set(f, FAULT_BUG, "a trend was fed rows that it did not ask for");
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct trends_run *run = state;
	const struct zone *zone = run->context->place.zone;
	json_t *results = json_array();
	json_t *envelope = json_object();

	(void)f;
	trends_append_results(&run->trends, &run->current, zone,
		run->compare.is_wanted ? "current" : NULL, results);
	if (run->compare.is_wanted) {
		trends_append_results(&run->trends, &run->previous, zone, "previous", results);
	}
	json_object_set_new(envelope, "results", results);
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
	struct trends_run *run = state;

	trends_finish(&run->trends);
	trends_pass_finish(&run->current);
	trends_pass_finish(&run->previous);
	g_free(run);
}

const struct kind_methods kind_trends = {.begin = begin,
	.next = next,
	.feed = feed,
	.result = result,
	.end = end,
	.actors = &trends_actors};
