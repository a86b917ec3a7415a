#include "insight/trends.h"

#include "insight/brief.h"
#include "insight/heat_map.h"

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
	{"BoxPlot", TRENDS_BOXES},
	{"CalendarHeatmap", TRENDS_HEAT},
	{"Metric", TRENDS_OVER_TIME},
	{"SlopeGraph", TRENDS_SLOPE},
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
			return fault_set(f, FAULT_UNSUPPORTED,
				"display: '%s' is for SQL insights only", name);
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

/* A text, or an object with a text and a name. */
static bool add_formula(const json_t *member, struct trends *out, struct fault *f)
{
	const json_t *text = json_is_object(member) ? json_object_get(member, "formula") : member;
	const char *name = json_get_text(member, "custom_name", "");
	struct trends_formula *formula = &out->formulas[out->formula_count];

	if (!json_is_string(text)) {
		return fault_set(f, FAULT_QUERY, "a formula is a text");
	}
	if (!formula_parse(json_string_value(text), out->series.count, &formula->formula, f)) {
		return false;
	}
	formula->label =
		*name ? g_strdup(name) : g_strdup_printf("Formula (%s)", json_string_value(text));
	out->formula_count++;
	return true;
}

static bool add_formulas(const char *key, const json_t *list, struct trends *out, struct fault *f)
{
	const json_t *member;
	size_t i;

	if (!json_is_array(list)) {
		return fault_set(f, FAULT_QUERY, "%s is not a list", key);
	}
	if (json_array_size(list) > TRENDS_MAX_FORMULAS) {
		return fault_set(f, FAULT_QUERY, "%s: %zu are more than %d", key,
			json_array_size(list), TRENDS_MAX_FORMULAS);
	}
	json_array_foreach(list, i, member)
	{
		if (!add_formula(member, out, f)) {
			return fault_wrap(f, "%s[%zu]: ", key, i);
		}
	}
	return true;
}

/* The newest way to write them that says anything. */
static bool read_formulas(const json_t *filter, struct trends *out, struct fault *f)
{
	static const char *const lists[] = {"formulaNodes", "formulas"};
	const json_t *one = json_object_get(filter, "formula");

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		const json_t *list = json_object_get(filter, lists[i]);

		if (json_truthy(list)) {
			return add_formulas(lists[i], list, out, f);
		}
	}
	return !json_truthy(one) || add_formula(one, out, f) || fault_wrap(f, "formula: ");
}

static bool read_trends_filter(const json_t *query, struct trends *out, int *limit, struct fault *f)
{
	const json_t *filter = json_object_get(query, "trendsFilter");

	if (filter && !json_is_null(filter) && !json_is_object(filter)) {
		return fault_set(f, FAULT_QUERY, "trendsFilter is not an object");
	}
	return (read_display(filter, out, limit, f) && read_smoothing(filter, out, f)) ||
	       fault_wrap(f, "trendsFilter.");
}

/* What a display of its own structure has no place for is refused rather than left out. */
static bool check_display(struct trends *t, struct fault *f)
{
	const char *name = t->form == TRENDS_BOXES ? "BoxPlot" : "CalendarHeatmap";

	if (t->form != TRENDS_BOXES && t->form != TRENDS_HEAT) {
		return true;
	}
	if (t->breakdown.is_set) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"breakdownFilter: a %s with a breakdown is not computed here", name);
	}
	if (t->formula_count > 0) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"trendsFilter.formula: a %s of a formula is not computed here", name);
	}
	if (t->form == TRENDS_HEAT) {
		return heat_map_check(&t->series.items[0], f);
	}
	for (size_t i = 0; i < t->series.count; i++) {
		if (!series_read_property(&t->series.items[i], "BoxPlot", f)) {
			return false;
		}
	}
	return true;
}

static bool check_cohorts(const struct trends *t, struct fault *f)
{
	size_t count = t->series.count * t->breakdown.cohort_count;

	return count <= TRENDS_MAX_COHORT_LINES ||
	       fault_set(f, FAULT_QUERY,
		       "breakdownFilter.breakdown: %zu series of %zu cohorts are more than %d lines",
		       t->series.count, t->breakdown.cohort_count, TRENDS_MAX_COHORT_LINES);
}

bool trends_read(const struct kind_context *c, struct trends *out, struct fault *f)
{
	struct filter_reader reader = {.place = &c->place, .references = c->references};
	const json_t *filter = json_object_get(c->query, "trendsFilter");
	int limit = BREAKDOWN_DEFAULT_LIMIT;

	*out = (struct trends){.smoothing = 1};
	return read_trends_filter(c->query, out, &limit, f) &&
	       series_read(c->query, &reader, &out->series, f) &&
	       (read_formulas(filter, out, f) || fault_wrap(f, "trendsFilter.")) &&
	       breakdown_read_parts(c->query, &reader, limit, &out->breakdown, f) &&
	       scope_read(c, &reader, &out->scope, f) && check_cohorts(out, f) &&
	       check_display(out, f);
}

void trends_finish(struct trends *t)
{
	series_finish(&t->series);
	breakdown_finish(&t->breakdown);
	scope_finish(&t->scope);
	for (size_t i = 0; i < t->formula_count; i++) {
		formula_destroy(t->formulas[i].formula);
		g_free(t->formulas[i].label);
	}
	t->formula_count = 0;
}
