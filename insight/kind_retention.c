/* RetentionQuery: one statement for the last so many periods (spec/insights.md 2.4). */
#include "insight/kind.h"
#include "insight/retention.h"

#include <glib.h>

struct retention_run {
	const struct kind_context *context;
	struct retention retention;
	struct window window;
	struct retention_tables tables; /* without a list: not fed yet */
};

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct retention_run *run = g_new0(struct retention_run, 1);

	*state = run;
	run->context = c;
	return retention_read(c, &run->retention, f) &&
	       window_open_last(
		       &run->retention.scope, c, run->retention.interval_count, &run->window, f);
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct retention_run *run = state;

	(void)f;
	*statement = run->tables.list
			     ? NULL
			     : retention_statement(&run->retention, &run->window, run->context);
	return true;
}

static bool feed(void *state, const struct rows *rows, struct fault *f)
{
	struct retention_run *run = state;

	if (run->tables.list) {
		return fault_set(f, FAULT_BUG, "retention was fed rows that it did not ask for");
	}
	return retention_collect(&run->retention, rows, &run->tables, f);
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct retention_run *run = state;

	(void)f;
	*out = retention_result(
		&run->retention, &run->window, run->context->place.zone, &run->tables);
	return true;
}

static void end(void *state)
{
	struct retention_run *run = state;

	retention_finish(&run->retention);
	window_finish(&run->window);
	retention_tables_finish(&run->tables);
	g_free(run);
}

const struct kind_methods kind_retention = {
	.begin = begin, .next = next, .feed = feed, .result = result, .end = end};
