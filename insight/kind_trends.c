/* TrendsQuery: at most three statements, one after another: the earliest event for "all", the
 * current window, the previous one (spec/insights.md 2.2). */
#include "insight/brief.h"
#include "insight/kind.h"
#include "insight/trends.h"

#include <glib.h>
#include <string.h>

enum stage { STAGE_EARLIEST, STAGE_CURRENT, STAGE_PREVIOUS, STAGE_DONE };

struct trends_run {
	const struct kind_context *context;
	const struct dialect *dialect;
	struct trends trends;
	struct date_request request;
	enum interval interval;
	bool compares;
	const char *compare_to; /* NULL: the period before */
	enum stage stage;
	struct trends_pass current, previous;
};

static bool read_interval(const json_t *query, enum interval *out, struct fault *f)
{
	static const char *const elsewhere[] = {"second", "quarter", "year"};
	const json_t *member = json_object_get(query, "interval");
	char shown[BRIEF_BYTES];

	*out = INTERVAL_DAY;
	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "interval is not a text");
	}
	if (interval_lookup(json_string_value(member), out)) {
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++) {
		if (strcmp(json_string_value(member), elsewhere[i]) == 0) {
			return fault_set(f, FAULT_UNSUPPORTED,
				"interval: '%s' is not computed here", elsewhere[i]);
		}
	}
	return fault_set(f, FAULT_QUERY, "interval: '%s' is not an interval",
		brief(json_string_value(member), shown));
}

static bool read_compare(struct trends_run *run, struct fault *f)
{
	const json_t *filter = json_object_get(run->context->query, "compareFilter");
	const json_t *to = json_object_get(filter, "compare_to");

	/* All time has nothing before it. */
	run->compares = json_is_true(json_object_get(filter, "compare")) &&
			run->request.from.form != DATE_ALL;
	if (!run->compares || !to || json_is_null(to)) {
		return true;
	}
	if (!json_is_string(to)) {
		return fault_set(f, FAULT_DATE, "compareFilter.compare_to is not a text");
	}
	run->compare_to = *json_string_value(to) ? json_string_value(to) : NULL;
	return true;
}

/* A total has no use for its buckets but to list them: too many are left out, not refused. */
static bool make_buckets(struct trends_run *run, struct trends_pass *pass, struct fault *f)
{
	struct date_range range = pass->range;
	struct fault too_many;
	bool is_total = run->trends.form == TRENDS_TOTAL;

	range.interval = run->interval;
	return buckets_create(&range, &run->context->place, run->context->max_buckets,
		       &pass->buckets, is_total ? &too_many : f) ||
	       is_total;
}

/* The interval of a total is ignored (spec/insights.md 2.2.3), so weeks and months do not reach
 * beyond the days that were asked for. */
static enum interval rounding_interval(const struct trends_run *run)
{
	return run->trends.form == TRENDS_TOTAL ? MIN(run->interval, INTERVAL_DAY) : run->interval;
}

static bool open_windows(struct trends_run *run, int64_t earliest_us, struct fault *f)
{
	const struct date_place *place = &run->context->place;

	if (!dates_resolve(&run->request, rounding_interval(run), place, earliest_us,
		    &run->current.range, f) ||
		!make_buckets(run, &run->current, f)) {
		return false;
	}
	if (!run->compares) {
		return true;
	}
	return dates_previous(&run->request, &run->current.range, place,
		       run->current.buckets ? (int64_t)run->current.buckets->count : 1,
		       run->compare_to, &run->previous.range, f) &&
	       make_buckets(run, &run->previous, f);
}

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct trends_run *run = g_new0(struct trends_run, 1);

	*state = run;
	run->context = c;
	run->dialect = &dialect_postgres;
	if (!trends_read(c->query, c->env, &c->place, &run->trends, f) ||
		!read_interval(c->query, &run->interval, f) ||
		!dates_read(c->query, &run->request, f) || !read_compare(run, f)) {
		return false;
	}
	if (run->request.from.form == DATE_ALL) {
		run->stage = STAGE_EARLIEST;
		return true;
	}
	run->stage = STAGE_CURRENT;
	return open_windows(run, 0, f);
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct trends_run *run = state;
	const struct insight_env *env = run->context->env;

	(void)f;
	switch (run->stage) {
	case STAGE_EARLIEST:
		*statement = trends_earliest_statement(&run->trends, run->dialect, env);
		break;
	case STAGE_CURRENT:
		*statement = trends_statement(&run->trends, &run->current, run->dialect, env);
		break;
	case STAGE_PREVIOUS:
		*statement = trends_statement(&run->trends, &run->previous, run->dialect, env);
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

	switch (run->stage) {
	case STAGE_EARLIEST:
		if (rows->row_count != 1 || rows->column_count != 1) {
			return fault_set(
				f, FAULT_BUG, "the earliest event has %zu rows", rows->row_count);
		}
		run->stage = STAGE_CURRENT;
		return open_windows(run, rows_int(rows, 0, 0, INT64_MAX), f);
	case STAGE_CURRENT:
		run->stage = run->compares ? STAGE_PREVIOUS : STAGE_DONE;
		return trends_collect(&run->trends, &run->current, rows, f);
	case STAGE_PREVIOUS:
		run->stage = STAGE_DONE;
		return trends_collect(&run->trends, &run->previous, rows, f);
	case STAGE_DONE:
		break;
	}
	return fault_set(f, FAULT_BUG, "a trend was fed rows that it did not ask for");
}

static json_t *range_json(const struct trends_run *run, const struct date_range *range)
{
	const struct zone *zone = run->context->place.zone;
	g_autofree char *from = zone_instant_text(zone, range->from_us);
	g_autofree char *to = zone_instant_text(zone, range->to_us);

	return json_pack("{s:s, s:s}", "date_from", from, "date_to", to);
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct trends_run *run = state;
	const struct zone *zone = run->context->place.zone;
	json_t *results = json_array();
	json_t *envelope = json_object();

	(void)f;
	trends_append_results(
		&run->trends, &run->current, zone, run->compares ? "current" : NULL, results);
	if (run->compares) {
		trends_append_results(&run->trends, &run->previous, zone, "previous", results);
	}
	json_object_set_new(envelope, "results", results);
	json_object_set_new(envelope, "hasMore",
		json_boolean(run->current.has_hidden_values || run->previous.has_hidden_values));
	json_object_set_new(envelope, "resolved_date_range", range_json(run, &run->current.range));
	if (run->compares) {
		json_object_set_new(envelope, "resolved_compare_date_range",
			range_json(run, &run->previous.range));
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

const struct kind_methods kind_trends = {
	.begin = begin, .next = next, .feed = feed, .result = result, .end = end};
