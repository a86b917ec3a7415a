/* TrendsQuery: at most three statements, one after another: the earliest event for "all", the
 * current window, the previous one (spec/insights.md 2.2). */
#include "insight/box_plot.h"
#include "insight/heat_map.h"
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
	json_t *results;
};

static bool open_windows(struct trends_run *run, int64_t earliest_us, struct fault *f)
{
	return trends_open(&run->trends, run->context, earliest_us, &run->current, f) &&
	       (!run->compare.is_wanted ||
		       trends_open_previous(&run->trends, run->context, &run->current.window,
			       run->compare.to, &run->previous, f));
}

/* A slope, a box or a heat map has nothing beside it (spec/insights.md 2.2.12). */
static bool read_comparison(struct trends_run *run, struct fault *f)
{
	if (run->trends.form != TRENDS_OVER_TIME && run->trends.form != TRENDS_CUMULATIVE &&
		run->trends.form != TRENDS_TOTAL) {
		return true;
	}
	return comparison_read(run->context->query, &run->trends.scope.dates, &run->compare, f);
}

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct trends_run *run = g_new0(struct trends_run, 1);

	*state = run;
	run->context = c;
	run->results = json_array();
	if (!trends_read(c, &run->trends, f) || !read_comparison(run, f)) {
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

static struct sql *write_statement(const struct trends_run *run, const struct trends_pass *pass)
{
	const struct trends *t = &run->trends;

	switch (t->form) {
	case TRENDS_BOXES:
		return box_plot_statement(t, pass, run->context);
	case TRENDS_HEAT:
		return heat_map_statement(
			&t->series.items[0], &t->scope, &pass->window, run->context);
	case TRENDS_OVER_TIME:
	case TRENDS_CUMULATIVE:
	case TRENDS_SLOPE:
	case TRENDS_TOTAL:
	case TRENDS_REFUSED:
		break;
	}
	return trends_statement(t, pass, run->context);
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
		*statement = write_statement(run, &run->current);
		break;
	case STAGE_PREVIOUS:
		*statement = write_statement(run, &run->previous);
		break;
	case STAGE_DONE:
		*statement = NULL;
		break;
	}
	return true;
}

/* The one item that a heat map is (spec/insights.md 3.4). */
static bool read_heat_map(struct trends_run *run, const struct rows *rows, struct fault *f)
{
	const struct series *s = &run->trends.series.items[0];
	json_t *cells, *all;

	if (!heat_map_read(s, &run->trends.scope, rows, &cells, f)) {
		return false;
	}
	all = json_object_get(cells, "allAggregations");
	json_array_append_new(run->results,
		json_pack("{s:o, s:s, s:[], s:O, s:O, s:o}", "action", series_action(s, NULL),
			"label", s->entity.name, "data", "aggregated_value", all, "count", all,
			"calendar_heatmap_data", cells));
	return true;
}

/* compare_label is NULL when nothing is compared. */
static bool read_pass(struct trends_run *run, struct trends_pass *pass, const struct rows *rows,
	const char *compare_label, struct fault *f)
{
	const struct trends *t = &run->trends;
	const struct date_place *place = &run->context->place;

	switch (t->form) {
	case TRENDS_BOXES:
		return box_plot_append_results(t, pass, place->zone, rows, run->results, f);
	case TRENDS_HEAT:
		return read_heat_map(run, rows, f);
	case TRENDS_OVER_TIME:
	case TRENDS_CUMULATIVE:
	case TRENDS_SLOPE:
	case TRENDS_TOTAL:
	case TRENDS_REFUSED:
		break;
	}
	if (!trends_collect(t, pass, rows, f)) {
		return false;
	}
	trends_append_results(t, pass, place, compare_label, run->results);
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
		return read_pass(
			run, &run->current, rows, run->compare.is_wanted ? "current" : NULL, f);
	case STAGE_PREVIOUS:
		run->stage = STAGE_DONE;
		return read_pass(run, &run->previous, rows, "previous", f);
	case STAGE_DONE:
		break;
	}
	return fault_set(f, FAULT_BUG, "a trend was fed rows that it did not ask for");
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct trends_run *run = state;
	const struct zone *zone = run->context->place.zone;
	json_t *envelope = json_object();

	(void)f;
	json_object_set(envelope, "results", run->results);
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

	json_decref(run->results);
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
