#include "insight/trends.h"

#include "insight/brief.h"

#include <glib.h>
#include <string.h>

/* spec/insights.md 1.10 */
static const struct {
	const char *name;
	enum trends_form form;
} displays[] = {
	{"ActionsAreaGraph", TRENDS_OVER_TIME},
	{"ActionsBar", TRENDS_OVER_TIME},
	{"ActionsBarValue", TRENDS_TOTAL},
	{"ActionsLineGraph", TRENDS_OVER_TIME},
	{"ActionsLineGraphCumulative", TRENDS_CUMULATIVE},
	{"ActionsPie", TRENDS_TOTAL},
	{"ActionsStackedBar", TRENDS_OVER_TIME},
	{"ActionsTable", TRENDS_TOTAL},
	{"ActionsUnstackedBar", TRENDS_OVER_TIME},
	{"Auto", TRENDS_OVER_TIME},
	{"BoldNumber", TRENDS_TOTAL},
	{"BoxPlot", TRENDS_REFUSED},
	{"CalendarHeatmap", TRENDS_REFUSED},
	{"Metric", TRENDS_OVER_TIME},
	{"SlopeGraph", TRENDS_REFUSED},
	{"TwoDimensionalHeatmap", TRENDS_REFUSED},
	{"WorldMap", TRENDS_TOTAL},
};

static bool read_display(const json_t *filter, struct trends *out, int *limit, struct fault *f)
{
	const json_t *member = json_object_get(filter, "display");
	const char *name = "ActionsLineGraph";
	char shown[BRIEF_BYTES];

	if (json_is_string(member)) {
		name = json_string_value(member);
	} else if (member && !json_is_null(member)) {
		return fault_set(f, FAULT_QUERY, "display is not a text");
	}
	*limit = strcmp(name, "WorldMap") == 0 ? BREAKDOWN_MAP_LIMIT : BREAKDOWN_DEFAULT_LIMIT;
	for (size_t i = 0; i < G_N_ELEMENTS(displays); i++) {
		if (strcmp(displays[i].name, name) != 0) {
			continue;
		}
		out->form = displays[i].form;
		if (out->form == TRENDS_REFUSED) {
			return fault_set(
				f, FAULT_UNSUPPORTED, "display: '%s' is not computed here", name);
		}
		return true;
	}
	return fault_set(f, FAULT_QUERY, "display: '%s' is not a display", brief(name, shown));
}

static bool read_smoothing(const json_t *filter, struct trends *out, struct fault *f)
{
	const json_t *member = json_object_get(filter, "smoothingIntervals");

	out->smoothing = 1;
	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_integer(member) || json_integer_value(member) < 1 ||
		json_integer_value(member) > TRENDS_MAX_SMOOTHING) {
		g_autofree char *text = json_write(member);

		return fault_set(f, FAULT_QUERY,
			"smoothingIntervals: %.40s is not a whole number from 1 to %d", text,
			TRENDS_MAX_SMOOTHING);
	}
	out->smoothing = (int)json_integer_value(member);
	return true;
}

static bool refuse_formulas(const json_t *filter, struct fault *f)
{
	static const char *const keys[] = {"formula", "formulas", "formulaNodes"};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (json_truthy(json_object_get(filter, keys[i]))) {
			return fault_set(f, FAULT_UNSUPPORTED, "%s: formulas are not computed here",
				keys[i]);
		}
	}
	return true;
}

static bool read_trends_filter(const json_t *query, struct trends *out, int *limit, struct fault *f)
{
	const json_t *filter = json_object_get(query, "trendsFilter");

	if (filter && !json_is_null(filter) && !json_is_object(filter)) {
		return fault_set(f, FAULT_QUERY, "trendsFilter is not an object");
	}
	return (read_display(filter, out, limit, f) && read_smoothing(filter, out, f) &&
		       refuse_formulas(filter, f)) ||
	       fault_wrap(f, "trendsFilter.");
}

static bool refuse_the_rest(const struct trends *t, struct fault *f)
{
	if (t->scope.sample < 1) {
		return fault_set(
			f, FAULT_UNSUPPORTED, "samplingFactor: sampling is not computed here");
	}
	if (t->scope.actor != ACTOR_IS_PERSON) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"aggregation_group_type_index: counting groups is not computed here");
	}
	return true;
}

bool trends_read(const struct kind_context *c, struct trends *out, struct fault *f)
{
	struct filter_reader reader = {.place = &c->place, .references = c->references};
	int limit = BREAKDOWN_DEFAULT_LIMIT;

	*out = (struct trends){.smoothing = 1};
	return read_trends_filter(c->query, out, &limit, f) &&
	       series_read(c->query, &reader, &out->series, f) &&
	       breakdown_read(c->query, limit, &out->breakdown, f) &&
	       scope_read(c, &reader, &out->scope, f) && refuse_the_rest(out, f);
}

void trends_finish(struct trends *t)
{
	series_finish(&t->series);
	breakdown_finish(&t->breakdown);
	scope_finish(&t->scope);
}
