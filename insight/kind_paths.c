/* PathsQuery: one statement, and before it one for the earliest event of each "all": the paths' own
 * and their funnel's (spec/insights.md 2.5). */
#include "insight/kind.h"
#include "insight/paths.h"

#include <glib.h>

enum stage { STAGE_FUNNEL, STAGE_EARLIEST, STAGE_COUNT, STAGE_DONE };

struct paths_run {
	const struct kind_context *context;
	struct paths paths;
	enum stage stage;
	struct window window;
	json_t *edges; /* NULL until the rows have come */
};

/* Paths have no intervals, so none is rounded to and their number is no limit. */
static bool open_window(struct paths_run *run, int64_t earliest_us, struct fault *f)
{
	return window_open(
		&run->paths.scope, run->context, earliest_us, WINDOW_OF_TOTAL, &run->window, f);
}

/* What is asked next, once the funnel's range is known. */
static bool after_funnel(struct paths_run *run, struct fault *f)
{
	if (run->paths.scope.dates.from.form == DATE_ALL) {
		run->stage = STAGE_EARLIEST;
		return true;
	}
	run->stage = STAGE_COUNT;
	return open_window(run, 0, f);
}

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct paths_run *run = g_new0(struct paths_run, 1);
	const struct paths_funnel *funnel = &run->paths.funnel;

	*state = run;
	run->context = c;
	if (!paths_read(c, &run->paths, f)) {
		return false;
	}
	if (funnel->is_set && funnel->funnel.scope.dates.from.form == DATE_ALL) {
		run->stage = STAGE_FUNNEL;
		return true;
	}
	return (!funnel->is_set || paths_funnel_open(&run->paths.funnel, 0, f)) &&
	       after_funnel(run, f);
}

static struct sql *ask_earliest(const struct paths_run *run)
{
	static char page[] = "$pageview", screen[] = "$screen";
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	if (run->paths.has_pages) {
		g_ptr_array_add(names, page);
	}
	if (run->paths.has_screens) {
		g_ptr_array_add(names, screen);
	}
	return window_earliest_statement(
		run->context, run->paths.has_custom || run->paths.has_all ? NULL : names);
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct paths_run *run = state;

	(void)f;
	switch (run->stage) {
	case STAGE_FUNNEL:
		*statement = paths_funnel_earliest(&run->paths.funnel);
		break;
	case STAGE_EARLIEST:
		*statement = ask_earliest(run);
		break;
	case STAGE_COUNT:
		*statement = paths_statement(&run->paths, &run->window.range, run->context);
		break;
	case STAGE_DONE:
		*statement = NULL;
		break;
	}
	return true;
}

static bool feed(void *state, const struct rows *rows, struct fault *f)
{
	struct paths_run *run = state;
	int64_t earliest_us;

	switch (run->stage) {
	case STAGE_FUNNEL:
		return window_earliest_feed(rows, &earliest_us, f) &&
		       paths_funnel_open(&run->paths.funnel, earliest_us, f) &&
		       after_funnel(run, f);
	case STAGE_EARLIEST:
		run->stage = STAGE_COUNT;
		return window_earliest_feed(rows, &earliest_us, f) &&
		       open_window(run, earliest_us, f);
	case STAGE_COUNT:
		run->stage = STAGE_DONE;
		return paths_edges(&run->paths, rows, &run->edges, f);
	case STAGE_DONE:
		break;
	}
	return fault_set(f, FAULT_BUG, "paths were fed rows that they did not ask for");
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct paths_run *run = state;

	(void)f;
	*out = json_pack("{s:O, s:o}", "results", run->edges, "resolved_date_range",
		window_json(&run->window, run->context->place.zone));
	return true;
}

static void end(void *state)
{
	struct paths_run *run = state;

	json_decref(run->edges);
	paths_finish(&run->paths);
	window_finish(&run->window);
	g_free(run);
}

const struct kind_methods kind_paths = {
	.begin = begin, .next = next, .feed = feed, .result = result, .end = end};
