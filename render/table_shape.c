/* Which of the API's shapes a result has, and the rows each becomes: spec/exports.md 3.3.5, tested
 * in its order. */
#include "render/breakdown.h"
#include "render/table.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

enum { MAX_DISTINCT_IDS = 10 };

static bool wrong_item(struct fault *f, size_t index, const char *wanted)
{
	return fault_set(f, FAULT_CORRUPT, "results[%zu] is not %s", index, wanted);
}

/* ---- tables: columns beside lists of cells */

/* "coalesce(…) -- Url" is called "Url". */
static char *column_name(const json_t *columns, size_t index)
{
	const json_t *name = json_array_get(columns, index);
	const char *text;
	const char *comment;

	if (!json_is_string(name)) {
		return g_strdup_printf("column_%zu", index);
	}
	text = json_string_value(name);
	comment = g_strrstr(text, "--");
	if (comment && comment[2 + strspn(comment + 2, " ")] != '\0') {
		return g_strstrip(g_strdup(comment + 2));
	}
	return g_strdup(text);
}

/* People can have thousands of ids; ten and the number of them are kept. */
static void put_table_cell(struct table *t, const char *key, const json_t *cell)
{
	const json_t *ids = json_get_array(cell, "distinct_ids");
	g_autofree char *note = NULL;
	json_t *shorter;
	json_t *first;

	if (json_array_size(ids) <= MAX_DISTINCT_IDS) {
		table_put(t, key, cell);
		return;
	}
	note = g_strdup_printf("Note: %zu distinct_ids in total", json_array_size(ids));
	table_put_new(t, "distinct_ids.total", json_string(note));
	first = json_array();
	for (size_t i = 0; i < MAX_DISTINCT_IDS; i++) {
		(void)json_array_append(first, json_array_get(ids, i));
	}
	shorter = json_copy((json_t *)(uintptr_t)cell);
	(void)json_object_set_new(shorter, "distinct_ids", first);
	table_put_new(t, key, shorter);
}

static bool fill_table(struct table *t, const json_t *list, const json_t *columns, struct fault *f)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const json_t *row;
	const json_t *cell;
	size_t i;
	size_t c;

	json_array_foreach(list, i, row)
	{
		if (!json_is_array(row)) {
			return wrong_item(f, i, "a list");
		}
		table_begin_row(t);
		json_array_foreach(row, c, cell)
		{
			if (c >= names->len) {
				g_ptr_array_add(names, column_name(columns, c));
			}
			put_table_cell(t, g_ptr_array_index(names, c), cell);
		}
	}
	return true;
}

/* ---- funnels */

static char *joined(const json_t *value)
{
	GString *text;
	const json_t *part;
	size_t i;

	if (!value || json_is_null(value)) {
		return NULL;
	}
	if (!json_is_array(value)) {
		return json_is_string(value) ? g_strdup(breakdown_words(json_string_value(value)))
					     : json_write(value);
	}
	text = g_string_new(NULL);
	json_array_foreach(value, i, part)
	{
		g_autofree char *word = joined(part);

		g_string_append_printf(text, "%s%s", i > 0 ? "::" : "", word ? word : "");
	}
	return g_string_free(text, FALSE);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static void put_step(struct table *t, const json_t *step)
{
	const json_t *name = json_object_get(step, "custom_name");
	g_autofree char *breakdown = joined(json_object_get(step, "breakdown_value"));

	table_begin_row(t);
	table_put(t, "name", json_truthy(name) ? name : json_object_get(step, "action_id"));
	table_put_new(t, "breakdown_value", text_or_null(breakdown));
	table_put(t, "action_id", json_object_get(step, "action_id"));
	table_put(t, "count", json_object_get(step, "count"));
	table_put(t, "median_conversion_time (seconds)",
		json_object_get(step, "median_conversion_time"));
	table_put(t, "average_conversion_time (seconds)",
		json_object_get(step, "average_conversion_time"));
}

static bool fill_funnel(struct table *t, const json_t *list, struct fault *f)
{
	const json_t *item;
	const json_t *step;
	size_t i;
	size_t s;

	json_array_foreach(list, i, item)
	{
		if (json_is_object(item)) {
			put_step(t, item);
		} else if (!json_is_array(item)) {
			return wrong_item(f, i, "a funnel step");
		}
		json_array_foreach(item, s, step)
		{
			if (!json_is_object(step)) {
				return wrong_item(f, i, "a list of funnel steps");
			}
			put_step(t, step);
		}
	}
	return true;
}

/* ---- retention */

static bool fill_appearances(
	struct table *t, const json_t *list, const json_t *result, struct fault *f)
{
	const char *period = json_get_text(json_get_object(result, "filters"), "period", "Day");
	const json_t *item;
	const json_t *appearance;
	size_t i;
	size_t a;

	json_array_foreach(list, i, item)
	{
		if (!json_is_object(item)) {
			return wrong_item(f, i, "a person's appearances");
		}
		table_begin_row(t);
		table_put(t, "person", json_object_get(json_object_get(item, "person"), "name"));
		json_array_foreach(json_object_get(item, "appearances"), a, appearance)
		{
			g_autofree char *key = g_strdup_printf("%s %zu", period, a);

			table_put(t, key, appearance);
		}
	}
	return true;
}

static bool fill_retention(struct table *t, const json_t *list, struct fault *f)
{
	const json_t *item;
	const json_t *value;
	size_t i;
	size_t v;

	json_array_foreach(list, i, item)
	{
		const json_t *date = json_object_get(item, "date");
		const json_t *values = json_get_array(item, "values");
		const json_t *size = json_object_get(json_array_get(values, 0), "count");
		bool dated = json_truthy(date);

		if (!json_is_object(item)) {
			return wrong_item(f, i, "a cohort");
		}
		table_begin_row(t);
		table_put(t, "cohort", dated ? date : json_object_get(item, "label"));
		if (size) {
			table_put(t, "cohort size", size);
		} else {
			table_put_new(t, "cohort size", json_integer(0));
		}
		json_array_foreach(values, v, value)
		{
			const char *label = json_get_text(value, "label", NULL);
			g_autofree char *key =
				dated && label ? g_strdup(label) : g_strdup_printf("Period %zu", v);

			table_put(t, key, json_object_get(value, "count"));
		}
	}
	return true;
}

/* ---- trends and their like */

/* When comparing, previous rows stand under the dates of the current ones. */
static const json_t *shared_labels(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (strcmp(json_get_text(item, "compare_label", ""), "current") == 0) {
			return json_get_array(item, "labels");
		}
	}
	return NULL;
}

static void put_series_name(struct table *t, const json_t *item, size_t index, bool has_breakdowns)
{
	const json_t *action = json_get_object(item, "action");
	const char *name = json_get_text(action, "name", "");
	const json_t *custom = json_object_get(action, "custom_name");
	const char *period = json_get_text(item, "compare_label", NULL);
	g_autofree char *numbered = g_strdup_printf("Series #%zu", index + 1);
	const char *label = json_get_text(item, "label", numbered);
	g_autofree char *text = NULL;

	if (has_breakdowns && name[0] != '\0') {
		label = name;
	} else {
		label = breakdown_words(label);
	}
	text = json_truthy(json_object_get(item, "compare")) && period
		       ? g_strdup_printf("%s - %s", label, period)
		       : g_strdup(label);
	table_put_new(t, "series", json_string(text));
	if (json_truthy(custom)) {
		table_put(t, "custom name", custom);
	}
}

static void put_breakdowns(struct table *t, const json_t *item, char **names)
{
	const json_t *value = json_object_get(item, "breakdown_value");

	for (size_t i = 0; value && names[i]; i++) {
		const json_t *part = json_is_array(value) ? json_array_get(value, i) : value;
		g_autofree char *text = joined(part);

		table_put_new(t, names[i], text_or_null(text));
	}
}

static bool label_text(const json_t *labels, size_t index, char **out)
{
	const json_t *label = json_array_get(labels, index);

	if (!json_is_string(label) && !json_is_number(label)) {
		return false;
	}
	*out = json_is_string(label) ? g_strdup(json_string_value(label)) : json_write(label);
	return true;
}

static bool put_values(
	struct table *t, const json_t *item, size_t index, const json_t *labels, struct fault *f)
{
	const json_t *total = json_object_get(item, "aggregated_value");
	const json_t *data = json_get_array(item, "data");

	if (total && !json_is_null(total)) {
		table_put(t, "Total Sum", total);
		return true;
	}
	for (size_t i = 0; i < json_array_size(labels); i++) {
		g_autofree char *label = NULL;

		if (!label_text(labels, i, &label)) {
			return fault_set(f, FAULT_CORRUPT, "results[%zu].labels[%zu] is not a text",
				index, i);
		}
		table_put(t, label, json_array_get(data, i));
	}
	return true;
}

static bool fill_trends(struct table *t, const json_t *list, const json_t *source, struct fault *f)
{
	const json_t *shared = shared_labels(list);
	g_auto(GStrv) names = breakdown_names(source);
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const json_t *labels = json_get_array(item, "labels");
		bool has_breakdowns =
			names[0] != NULL && json_object_get(item, "breakdown_value") != NULL;

		if (!json_is_object(item)) {
			return wrong_item(f, i, "a series");
		}
		table_begin_row(t);
		put_series_name(t, item, i, has_breakdowns);
		put_breakdowns(t, item, names);
		if (json_truthy(json_object_get(item, "compare")) && shared) {
			labels = shared;
		}
		if (!put_values(t, item, i, labels, f)) {
			return false;
		}
	}
	return true;
}

/* ---- everything else */

static void fill_plain(struct table *t, const json_t *list)
{
	const json_t *item;
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach(list, i, item)
	{
		table_begin_row(t);
		if (!json_is_object(item)) {
			table_put(t, "", item);
			continue;
		}
		json_object_foreach((json_t *)(uintptr_t)item, key, member)
		{
			table_put(t, key, member);
		}
	}
}

static bool fill_bins(struct table *t, const json_t *bins, struct fault *f)
{
	const json_t *bin;
	size_t i;

	json_array_foreach(bins, i, bin)
	{
		if (!json_is_array(bin)) {
			return fault_set(f, FAULT_CORRUPT, "results.bins[%zu] is not a list", i);
		}
		table_begin_row(t);
		table_put(t, "bin", json_array_get(bin, 0));
		table_put(t, "value", json_array_get(bin, 1));
	}
	return true;
}

static void fill_keys(struct table *t, const json_t *object)
{
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)object, key, member)
	{
		table_begin_row(t);
		table_put_new(t, "", json_string(key));
	}
}

static bool is_people(const json_t *list)
{
	const json_t *only = json_array_get(list, 0);

	return json_array_size(list) == 1 && json_object_size(only) == 2 &&
	       json_object_get(only, "people") && json_object_get(only, "count");
}

static bool is_trends(const json_t *first)
{
	const json_t *data = json_object_get(first, "data");

	return json_is_array(data) ||
	       ((!data || json_is_null(data)) && json_object_get(first, "aggregated_value"));
}

static bool fill_list(struct table *t, const json_t *list, const json_t *result,
	const json_t *source, struct fault *f)
{
	const json_t *first;

	if (is_people(list)) {
		const json_t *people = json_object_get(json_array_get(list, 0), "people");

		if (!json_is_array(people)) {
			return fault_set(f, FAULT_CORRUPT, "results[0].people is not a list");
		}
		fill_plain(t, people);
		return true;
	}
	first = json_array_get(list, 0);
	if (!json_truthy(first)) {
		return true;
	}
	/* Lists of cells without types are a table all the same: a funnel has objects in it. */
	if (json_is_array(first) && !json_is_object(json_array_get(first, 0))) {
		return fill_table(t, list, json_get_array(result, "columns"), f);
	}
	if (json_is_array(first) || json_truthy(json_object_get(first, "action_id"))) {
		return fill_funnel(t, list, f);
	}
	if (json_object_get(first, "appearances") && json_object_get(first, "person")) {
		return fill_appearances(t, list, result, f);
	}
	if (json_object_get(first, "values") && json_object_get(first, "label")) {
		return fill_retention(t, list, f);
	}
	if (is_trends(first)) {
		return fill_trends(t, list, source, f);
	}
	fill_plain(t, list);
	return true;
}

bool table_fill(struct table *t, const json_t *result, const json_t *source, struct fault *f)
{
	const json_t *list = json_is_array(result) ? result : json_object_get(result, "results");

	if (json_is_array(json_array_get(list, 0)) &&
		json_truthy(json_object_get(result, "types"))) {
		return fill_table(t, list, json_get_array(result, "columns"), f);
	}
	if (!list || json_is_null(list)) {
		list = json_object_get(result, "result");
	}
	/* A newer paths answer has its list one level down. */
	if (json_get_array(list, "paths")) {
		list = json_get_array(list, "paths");
	}
	if (json_is_array(list)) {
		return fill_list(t, list, result, source, f);
	}
	if (json_get_array(list, "bins")) {
		return fill_bins(t, json_get_array(list, "bins"), f);
	}
	if (json_is_object(list)) {
		fill_keys(t, list);
		return true;
	}
	if (!list || json_is_null(list)) {
		return true;
	}
	return fault_set(f, FAULT_CORRUPT, "results is neither a list nor an object");
}
