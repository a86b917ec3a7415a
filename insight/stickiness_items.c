/* Rows of a pass to numbers, numbers to the items of a result (spec/insights.md 3.10). */
#include "insight/stickiness.h"

#include <glib.h>
#include <math.h>

enum { COLUMN_SERIES, COLUMN_INTERVALS, COLUMN_ACTORS, COLUMN_COUNT };

void stickiness_pass_finish(struct stickiness_pass *pass)
{
	window_finish(&pass->window);
	g_free(pass->numbers);
	pass->numbers = NULL;
}

/* As many actors have at least so many intervals as have more, and so many. */
static void accumulate(int64_t *numbers, size_t length)
{
	for (size_t i = length; i > 1; i--) {
		numbers[i - 2] += numbers[i - 1];
	}
}

static bool read_row(const struct stickiness *s, struct stickiness_pass *pass,
	const struct rows *rows, size_t row, struct fault *f)
{
	int64_t series = rows_int(rows, row, COLUMN_SERIES, -1);
	int64_t intervals = rows_int(rows, row, COLUMN_INTERVALS, 0);
	double actors = rows_real(rows, row, COLUMN_ACTORS, 0);

	if (series < 0 || (size_t)series >= s->series_count || intervals < 1 ||
		(size_t)intervals > pass->length) {
		return fault_set(
			f, FAULT_BUG, "row %zu of stickiness is not one that was asked for", row);
	}
	/* spec/insights.md 1.2: what a sample counts is scaled, to whole actors again */
	pass->numbers[(size_t)series * pass->length + (size_t)intervals - 1] =
		llround(actors / s->scope.sample);
	return true;
}

bool stickiness_collect(const struct stickiness *s, struct stickiness_pass *pass,
	const struct rows *rows, struct fault *f)
{
	size_t buckets = pass->window.buckets->count;
	size_t group = (size_t)s->interval_count;

	if (rows->row_count > 0 && rows->column_count != COLUMN_COUNT) {
		return fault_set(
			f, FAULT_BUG, "rows of stickiness have %zu columns", rows->column_count);
	}
	pass->length = (buckets + group - 1) / group;
	if (pass->length * s->series_count > STICKINESS_MAX_NUMBERS) {
		return fault_set(f, FAULT_TOO_LARGE,
			"the result has more than %d numbers; take fewer series, a longer interval"
			" or a shorter range",
			STICKINESS_MAX_NUMBERS);
	}
	pass->numbers = g_new0(int64_t, pass->length * s->series_count);
	for (size_t i = 0; i < rows->row_count; i++) {
		if (!read_row(s, pass, rows, i, f)) {
			return false;
		}
	}
	for (size_t i = 0; s->is_cumulative && i < s->series_count; i++) {
		accumulate(&pass->numbers[i * pass->length], pass->length);
	}
	return true;
}

static json_t *make_labels(const struct stickiness *s, size_t length)
{
	const char *name = interval_name(s->scope.interval);
	json_t *labels = json_array();

	for (size_t i = 1; i <= length; i++) {
		json_array_append_new(labels, json_sprintf("%zu %s%s%s", i, name, i == 1 ? "" : "s",
						      s->is_cumulative ? " or more" : ""));
	}
	return labels;
}

static json_t *make_days(size_t length)
{
	json_t *days = json_array();

	for (size_t i = 1; i <= length; i++) {
		json_array_append_new(days, json_integer((json_int_t)i));
	}
	return days;
}

static json_t *make_action(const struct entity *e, size_t order)
{
	const json_t *custom = json_object_get(e->node, "custom_name");
	json_t *action = json_object();

	json_object_set_new(action, "order", json_integer((json_int_t)order));
	json_object_set_new(action, "type", json_string(entity_type(e)));
	json_object_set_new(action, "name", json_string(entity_plain_name(e)));
	json_object_set_new(action, "id", entity_id(e));
	if (json_truthy(custom)) {
		json_object_set_new(action, "custom_name", json_deep_copy(custom));
	}
	return action;
}

static void set_numbers(json_t *item, const int64_t *numbers, size_t length)
{
	json_t *data = json_array();
	int64_t sum = 0;

	for (size_t i = 0; i < length; i++) {
		json_array_append_new(data, json_integer(numbers[i]));
		sum += numbers[i];
	}
	json_object_set_new(item, "count", json_integer(sum));
	json_object_set_new(item, "data", data);
}

void stickiness_append_results(const struct stickiness *s, const struct stickiness_pass *pass,
	const char *compare_label, json_t *results)
{
	json_t *days = make_days(pass->length);
	json_t *labels = make_labels(s, pass->length);

	for (size_t i = 0; i < s->series_count; i++) {
		const struct entity *e = &s->series[i].entity;
		json_t *item = json_object();

		json_object_set_new(item, "action", make_action(e, i));
		json_object_set_new(item, "label", json_string(e->name));
		set_numbers(item, &pass->numbers[i * pass->length], pass->length);
		json_object_set(item, "days", days);
		json_object_set(item, "labels", labels);
		if (compare_label) {
			json_object_set_new(item, "compare", json_true());
			json_object_set_new(item, "compare_label", json_string(compare_label));
		}
		json_array_append_new(results, item);
	}
	json_decref(days);
	json_decref(labels);
}
