/* Rows of a lifecycle to numbers, numbers to the items of a result (spec/insights.md 3.11). */
#include "insight/lifecycle.h"

#include <glib.h>
#include <math.h>

enum { COLUMN_STATUS, COLUMN_BUCKET, COLUMN_LEAVES, COLUMN_ACTORS, COLUMN_COUNT };

/* The range's first bucket is the statement's second. */
enum { FIRST_BUCKET = 2 };

void lifecycle_pass_finish(struct lifecycle_pass *pass)
{
	window_finish(&pass->window);
	buckets_destroy(pass->buckets);
	pass->buckets = NULL;
	for (size_t s = 0; s < LIFECYCLE_STATUS_COUNT; s++) {
		g_free(pass->numbers[s]);
		pass->numbers[s] = NULL;
	}
}

static bool read_row(
	struct lifecycle_pass *pass, const struct rows *rows, size_t row, struct fault *f)
{
	int64_t count = (int64_t)pass->window.buckets->count;
	int64_t status = rows_int(rows, row, COLUMN_STATUS, -1);
	int64_t place = rows_int(rows, row, COLUMN_BUCKET, 0) - FIRST_BUCKET;
	double actors = rows_real(rows, row, COLUMN_ACTORS, 0);

	if (status < 0 || status >= LIFECYCLE_DORMANT || place < -1 || place >= count) {
		return fault_set(
			f, FAULT_BUG, "row %zu of a lifecycle is not one that was asked for", row);
	}
	if (place >= 0) {
		pass->numbers[status][place] += actors;
	}
	if (rows_int(rows, row, COLUMN_LEAVES, 0) == 1 && place + 1 < count) {
		pass->numbers[LIFECYCLE_DORMANT][place + 1] -= actors;
	}
	return true;
}

/* spec/insights.md 1.2: what a sample counts is scaled, to whole actors again. */
static void scale(const struct lifecycle *l, struct lifecycle_pass *pass)
{
	for (size_t s = 0; l->scope.sample < 1 && s < LIFECYCLE_STATUS_COUNT; s++) {
		for (size_t i = 0; i < pass->window.buckets->count; i++) {
			pass->numbers[s][i] = round(pass->numbers[s][i] / l->scope.sample);
		}
	}
}

bool lifecycle_collect(const struct lifecycle *l, struct lifecycle_pass *pass,
	const struct rows *rows, struct fault *f)
{
	if (rows->row_count > 0 && rows->column_count != COLUMN_COUNT) {
		return fault_set(
			f, FAULT_BUG, "rows of a lifecycle have %zu columns", rows->column_count);
	}
	for (size_t s = 0; s < LIFECYCLE_STATUS_COUNT; s++) {
		pass->numbers[s] = g_new0(double, pass->window.buckets->count);
	}
	for (size_t i = 0; i < rows->row_count; i++) {
		if (!read_row(pass, rows, i, f)) {
			return false;
		}
	}
	scale(l, pass);
	return true;
}

static json_t *make_action(const struct entity *e)
{
	const json_t *custom = json_object_get(e->node, "custom_name");
	json_t *action = json_object();

	json_object_set_new(action, "id", entity_id(e));
	json_object_set_new(action, "order", json_integer(0));
	if (json_truthy(custom)) {
		json_object_set_new(action, "custom_name", json_deep_copy(custom));
	}
	return action;
}

static void set_numbers(json_t *item, const double *numbers, size_t count)
{
	json_t *data = json_array();
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(data, json_real(numbers[i]));
		sum += numbers[i];
	}
	json_object_set_new(item, "data", data);
	json_object_set_new(item, "count", json_real(sum));
}

json_t *lifecycle_results(
	const struct lifecycle *l, const struct lifecycle_pass *pass, const struct zone *zone)
{
	const struct buckets *b = pass->window.buckets;
	json_t *days = buckets_days(b);
	json_t *labels = buckets_labels(b, &pass->window.range, zone);
	json_t *action = make_action(&l->entity);
	json_t *results = json_array();

	for (size_t s = 0; s < LIFECYCLE_STATUS_COUNT; s++) {
		const char *name = lifecycle_status_name((enum lifecycle_status)s);
		json_t *item;

		if (!l->is_shown[s]) {
			continue;
		}
		item = json_object();
		json_object_set_new(item, "label", json_sprintf("%s - %s", l->entity.name, name));
		json_object_set_new(item, "status", json_string(name));
		set_numbers(item, pass->numbers[s], b->count);
		json_object_set(item, "days", days);
		json_object_set(item, "labels", labels);
		json_object_set(item, "action", action);
		json_array_append_new(results, item);
	}
	json_decref(days);
	json_decref(labels);
	json_decref(action);
	return results;
}
