/* CalendarHeatmapQuery: one series, one window, one statement; before it the earliest event for
 * "all". */
#include "insight/heat_map.h"
#include "insight/kind.h"

#include <glib.h>

enum stage { STAGE_EARLIEST, STAGE_CELLS, STAGE_DONE };

struct heat_run {
	const struct kind_context *context;
	struct series_list series;
	struct scope scope;
	struct window window;
	enum stage stage;
	json_t *cells;
};

static bool read_query(struct heat_run *run, struct fault *f)
{
	const struct kind_context *c = run->context;
	struct filter_reader reader = {.place = &c->place, .references = c->references};

	if (json_truthy(json_object_get(c->query, "conversionGoal"))) {
		return fault_set(
			f, FAULT_UNSUPPORTED, "conversionGoal: conversions are not computed here");
	}
	return series_read(c->query, &reader, &run->series, f) &&
	       scope_read(c, &reader, &run->scope, f) && heat_map_check(&run->series.items[0], f);
}

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct heat_run *run = g_new0(struct heat_run, 1);

	*state = run;
	run->context = c;
	if (!read_query(run, f)) {
		return false;
	}
	if (run->scope.dates.from.form == DATE_ALL) {
		run->stage = STAGE_EARLIEST;
		return true;
	}
	run->stage = STAGE_CELLS;
	return window_open(&run->scope, c, 0, WINDOW_OF_TOTAL, &run->window, f);
}

static struct sql *ask_earliest(const struct heat_run *run)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	bool any = !entity_event_names(&run->series.items[0].entity, names);

	return window_earliest_statement(run->context, any ? NULL : names);
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct heat_run *run = state;

	(void)f;
	switch (run->stage) {
	case STAGE_EARLIEST:
		*statement = ask_earliest(run);
		break;
	case STAGE_CELLS:
		*statement = heat_map_statement(
			&run->series.items[0], &run->scope, &run->window, run->context);
		break;
	case STAGE_DONE:
		*statement = NULL;
		break;
	}
	return true;
}

static bool feed(void *state, const struct rows *rows, struct fault *f)
{
	struct heat_run *run = state;
	int64_t earliest_us;

	if (run->stage == STAGE_EARLIEST) {
		run->stage = STAGE_CELLS;
		return window_earliest_feed(rows, &earliest_us, f) &&
		       window_open(&run->scope, run->context, earliest_us, WINDOW_OF_TOTAL,
			       &run->window, f);
	}
	run->stage = STAGE_DONE;
	return heat_map_read(&run->series.items[0], &run->scope, rows, &run->cells, f);
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct heat_run *run = state;

	(void)f;
	*out = json_pack("{s:O, s:b, s:o}", "results", run->cells, "hasMore", 0,
		"resolved_date_range", window_json(&run->window, run->context->place.zone));
	return true;
}

static void end(void *state)
{
	struct heat_run *run = state;

	series_finish(&run->series);
	scope_finish(&run->scope);
	window_finish(&run->window);
	json_decref(run->cells);
	g_free(run);
}

const struct kind_methods kind_calendar_heatmap = {
	.begin = begin, .next = next, .feed = feed, .result = result, .end = end};
