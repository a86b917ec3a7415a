/* Lines to the items of a result (spec/insights.md 3.1, 3.2). */
#include "insight/trends.h"

#include <glib.h>

/* What all items of a pass share; jansson counts their references. */
struct items {
	const struct trends *trends;
	const struct trends_pass *pass;
	json_t *days, *labels, *instants;
	bool has_incomplete_end; /* of a slope: its last bucket is still running */
	const char *compare_label;
};

static const char *shown_text(const struct trends_line *line, size_t part)
{
	if (line->rank == LINE_OTHER) {
		return "Other (i.e. all remaining values)";
	}
	return *line->values[part] ? line->values[part] : "None (i.e. no value)";
}

static const char *key_of(const struct trends_line *line, size_t part)
{
	if (line->rank == LINE_OTHER) {
		return BREAKDOWN_OTHER_KEY;
	}
	return *line->values[part] ? line->values[part] : BREAKDOWN_NONE_KEY;
}

static json_t *breakdown_value(const struct trends *t, const struct trends_line *line)
{
	json_t *list;

	if (t->breakdown.cohort_count > 0) {
		int64_t id = t->breakdown.cohorts[line->place - 1].id;

		return id ? json_integer(id) : json_string("all");
	}
	if (!t->breakdown.is_list) {
		return json_string(key_of(line, 0));
	}
	list = json_array();
	for (size_t i = 0; i < t->breakdown.part_count; i++) {
		json_array_append_new(list, json_string(key_of(line, i)));
	}
	return list;
}

static char *breakdown_text(const struct trends *t, const struct trends_line *line)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (t->breakdown.cohort_count > 0) {
		return g_strdup(t->breakdown.cohorts[line->place - 1].name);
	}
	for (size_t i = 0; i < t->breakdown.part_count; i++) {
		g_string_append_printf(text, "%s%s", i ? "::" : "", shown_text(line, i));
	}
	return g_strdup(text->str);
}

/* spec/insights.md 2.2.7, 2.2.8 */
static json_t *label_of(const struct trends *t, const struct trends_line *line)
{
	bool has_formulas = t->formula_count > 0;
	const char *name = has_formulas ? t->formulas[line->series].label
					: t->series.items[line->series].entity.name;
	g_autofree char *text = NULL;

	/* a cohort's name stands in its label only */
	if (!t->breakdown.is_set || (has_formulas && t->breakdown.cohort_count == 0)) {
		return json_string(name);
	}
	text = breakdown_text(t, line);
	return (has_formulas ? t->formula_count : t->series.count) == 1
		       ? json_string(text)
		       : json_sprintf("%s - %s", name, text);
}

static json_t *data_of(const struct items *it, const struct trends_line *line, double *sum)
{
	size_t count = trends_numbers_per_line(it->trends, it->pass);
	json_t *data = json_array();

	*sum = 0;
	for (size_t i = 0; i < count; i++) {
		bool is_shown = it->trends->form != TRENDS_SLOPE || i == 0 || i == count - 1;

		if (is_shown) {
			json_array_append_new(data, json_real(line->numbers[i]));
			*sum += line->numbers[i];
		}
	}
	if (it->trends->form == TRENDS_CUMULATIVE) {
		*sum = line->numbers[count - 1];
	}
	return data;
}

static void set_numbers(json_t *item, const struct items *it, const struct trends_line *line)
{
	json_t *data;
	double sum;

	if (it->trends->form == TRENDS_TOTAL) {
		json_object_set_new(item, "aggregated_value", json_real(line->numbers[0]));
		json_object_set_new(item, "count", json_integer(0));
		json_object_set_new(item, "data", json_array());
		json_object_set_new(item, "labels", json_array());
		return;
	}
	data = data_of(it, line, &sum);
	json_object_set_new(item, "count", json_real(sum));
	json_object_set_new(item, "data", data);
	json_object_set(item, "labels", it->labels);
}

static json_t *item_of(const struct items *it, const struct trends_line *line)
{
	const struct trends *t = it->trends;
	json_t *item = json_object();

	if (t->formula_count > 0) {
		json_object_set_new(item, "action", json_null());
		json_object_set_new(item, "order", json_integer((json_int_t)line->series));
	} else {
		json_object_set_new(item, "action",
			series_action(&t->series.items[line->series], json_incref(it->instants)));
	}
	json_object_set_new(item, "label", label_of(t, line));
	set_numbers(item, it, line);
	json_object_set(item, "days", it->days);
	if (t->breakdown.is_set) {
		json_object_set_new(item, "breakdown_value", breakdown_value(t, line));
	}
	if (it->compare_label) {
		json_object_set_new(item, "compare", json_true());
		json_object_set_new(item, "compare_label", json_string(it->compare_label));
	}
	if (t->form == TRENDS_SLOPE) {
		json_object_set_new(item, "incomplete_end", json_boolean(it->has_incomplete_end));
	}
	json_object_set_new(item, "filter", json_object());
	return item;
}

/* Only the ends of a slope are shown (spec/insights.md 2.2.12). */
static json_t *ends_of(json_t *list)
{
	size_t count = json_array_size(list);
	json_t *ends = json_array();

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || i == count - 1) {
			json_array_append(ends, json_array_get(list, i));
		}
	}
	json_decref(list);
	return ends;
}

static void open_lists(struct items *it, const struct date_place *place)
{
	const struct buckets *b = it->pass->window.buckets;

	it->days = b ? buckets_days(b) : json_array();
	it->labels = b ? buckets_labels(b, &it->pass->window.range, place->zone) : json_array();
	it->instants = b ? buckets_instants(b, place->zone) : json_array();
	if (it->trends->form == TRENDS_SLOPE && b) {
		it->days = ends_of(it->days);
		it->labels = ends_of(it->labels);
		it->instants = ends_of(it->instants);
		it->has_incomplete_end =
			place->now_us >= b->starts[b->count - 1] &&
			zone_wall_us(place->zone, place->now_us) <
				calendar_next(b->walls[b->count - 1], interval_unit(b->interval),
					place->week_start_day);
	}
}

void trends_append_results(const struct trends *t, const struct trends_pass *pass,
	const struct date_place *place, const char *compare_label, json_t *results)
{
	struct items it = {.trends = t, .pass = pass, .compare_label = compare_label};

	open_lists(&it, place);
	for (guint i = 0; i < pass->lines->len; i++) {
		json_array_append_new(results, item_of(&it, g_ptr_array_index(pass->lines, i)));
	}
	json_decref(it.days);
	json_decref(it.labels);
	json_decref(it.instants);
}
