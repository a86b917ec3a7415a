/* Rows of a pass to lines, lines to the items of a result. */
#include "insight/trends.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { COLUMN_SERIES, COLUMN_PLACE, COLUMN_VALUE, COLUMN_BUCKET, COLUMN_NUMBER, COLUMN_COUNT };

static void destroy_line(gpointer data)
{
	struct trends_line *line = data;

	g_free(line->value);
	g_free(line->numbers);
	g_free(line);
}

void trends_pass_finish(struct trends_pass *pass)
{
	window_finish(&pass->window);
	if (pass->lines) {
		g_ptr_array_unref(pass->lines);
	}
}

static size_t numbers_per_line(const struct trends *t, const struct trends_pass *pass)
{
	return t->form == TRENDS_TOTAL ? 1 : pass->window.buckets->count;
}

static struct trends_line *add_line(const struct trends *t, struct trends_pass *pass, size_t series,
	int64_t place, struct fault *f)
{
	size_t per_line = numbers_per_line(t, pass);
	struct trends_line *line;

	if ((pass->lines->len + 1) * per_line > TRENDS_MAX_NUMBERS) {
		fault_set(f, FAULT_TOO_LARGE,
			"the result has more than %d numbers; take fewer series, a smaller"
			" breakdown_limit, a longer interval or a shorter range",
			TRENDS_MAX_NUMBERS);
		return NULL;
	}
	line = g_new0(struct trends_line, 1);
	line->series = series;
	line->place = place;
	line->numbers = g_new0(double, per_line);
	g_ptr_array_add(pass->lines, line);
	return line;
}

static enum line_rank rank_of(const struct trends *t, int64_t place, const char *value)
{
	if (!t->breakdown.is_set || (place > 0 && *value)) {
		return LINE_VALUE;
	}
	return place > 0 ? LINE_NONE : LINE_OTHER;
}

static gint by_rank(gconstpointer a, gconstpointer b)
{
	const struct trends_line *x = *(struct trends_line *const *)a;
	const struct trends_line *y = *(struct trends_line *const *)b;

	if (x->series != y->series) {
		return x->series < y->series ? -1 : 1;
	}
	if (x->rank != y->rank) {
		return x->rank < y->rank ? -1 : 1;
	}
	return x->place < y->place ? -1 : x->place > y->place;
}

/* spec/insights.md 2.2.5: a trailing mean, rounded down. */
static void smooth(double *numbers, size_t count, size_t length)
{
	g_autofree double *raw = g_memdup2(numbers, count * sizeof *numbers);
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		sum += raw[i];
		if (i >= length) {
			sum -= raw[i - length];
		}
		numbers[i] = floor(sum / (double)MIN(i + 1, length));
	}
}

static void accumulate(double *numbers, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		numbers[i] += numbers[i - 1];
	}
}

static bool read_row(const struct trends *t, struct trends_pass *pass, const struct rows *rows,
	size_t row, GHashTable *by_key, struct fault *f)
{
	int64_t series = rows_int(rows, row, COLUMN_SERIES, -1);
	int64_t place = rows_int(rows, row, COLUMN_PLACE, -1);
	int64_t bucket = rows_int(rows, row, COLUMN_BUCKET, 0);
	const char *value = rows_text(rows, row, COLUMN_VALUE);
	int64_t key = place * SERIES_MAX_COUNT + series;
	struct trends_line *line;

	if (series < 0 || (size_t)series >= t->series.count || place < 0 ||
		place > BREAKDOWN_MAX_LIMIT || bucket < 1 ||
		(size_t)bucket > numbers_per_line(t, pass) || (place > 0 && !value)) {
		return fault_set(
			f, FAULT_BUG, "row %zu of a trend is not one that was asked for", row);
	}
	if (place == 0 && t->breakdown.hides_other) {
		pass->has_hidden_values = true;
		return true;
	}
	line = g_hash_table_lookup(by_key, &key);
	if (!line) {
		line = add_line(t, pass, (size_t)series, place, f);
		if (!line) {
			return false;
		}
		line->rank = rank_of(t, place, value);
		if (t->breakdown.is_set && line->rank == LINE_VALUE) {
			line->value = g_strdup(value);
		}
		g_hash_table_insert(by_key, g_memdup2(&key, sizeof key), line);
	}
	line->numbers[bucket - 1] += rows_real(rows, row, COLUMN_NUMBER, 0);
	return true;
}

/* A series that nothing is split by has its line of zeros even without events. */
static bool add_empty_lines(
	const struct trends *t, struct trends_pass *pass, GHashTable *by_key, struct fault *f)
{
	for (size_t i = 0; i < t->series.count; i++) {
		int64_t key = SERIES_MAX_COUNT + (int64_t)i;
		struct trends_line *line = add_line(t, pass, i, 1, f);

		if (!line) {
			return false;
		}
		g_hash_table_insert(by_key, g_memdup2(&key, sizeof key), line);
	}
	return true;
}

bool trends_collect(
	const struct trends *t, struct trends_pass *pass, const struct rows *rows, struct fault *f)
{
	g_autoptr(GHashTable) by_key =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	size_t per_line = numbers_per_line(t, pass);

	if (rows->row_count > 0 && rows->column_count != COLUMN_COUNT) {
		return fault_set(
			f, FAULT_BUG, "rows of a trend have %zu columns", rows->column_count);
	}
	pass->lines = g_ptr_array_new_with_free_func(destroy_line);
	if (!t->breakdown.is_set && !add_empty_lines(t, pass, by_key, f)) {
		return false;
	}
	for (size_t i = 0; i < rows->row_count; i++) {
		if (!read_row(t, pass, rows, i, by_key, f)) {
			return false;
		}
	}
	g_ptr_array_sort(pass->lines, by_rank);
	for (guint i = 0; i < pass->lines->len && t->form != TRENDS_TOTAL; i++) {
		struct trends_line *line = g_ptr_array_index(pass->lines, i);

		if (t->smoothing > 1) {
			smooth(line->numbers, per_line, (size_t)t->smoothing);
		}
		if (t->form == TRENDS_CUMULATIVE) {
			accumulate(line->numbers, per_line);
		}
	}
	return true;
}

static const char *line_text(const struct trends_line *line)
{
	switch (line->rank) {
	case LINE_VALUE:
		return line->value;
	case LINE_NONE:
		return "None (i.e. no value)";
	case LINE_OTHER:
		return "Other (i.e. all remaining values)";
	}
	return NULL;
}

static const char *line_key(const struct trends_line *line)
{
	switch (line->rank) {
	case LINE_VALUE:
		return line->value;
	case LINE_NONE:
		return BREAKDOWN_NONE_KEY;
	case LINE_OTHER:
		return BREAKDOWN_OTHER_KEY;
	}
	return NULL;
}

/* spec/insights.md 2.2.7 */
static json_t *label_of(const struct trends *t, const struct trends_line *line)
{
	const struct series *s = &t->series.items[line->series];

	if (!t->breakdown.is_set) {
		return json_string(s->entity.name);
	}
	if (t->series.count == 1) {
		return json_string(line_text(line));
	}
	return json_sprintf("%s - %s", s->entity.name, line_text(line));
}

static void set_numbers(json_t *item, const struct trends *t, const struct trends_line *line,
	size_t count, json_t *labels)
{
	json_t *data = json_array();
	double sum = 0;

	if (t->form == TRENDS_TOTAL) {
		json_object_set_new(item, "aggregated_value", json_real(line->numbers[0]));
		json_object_set_new(item, "count", json_integer(0));
		json_object_set_new(item, "data", data);
		json_object_set_new(item, "labels", json_array());
		return;
	}
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(data, json_real(line->numbers[i]));
		sum += line->numbers[i];
	}
	if (t->form == TRENDS_CUMULATIVE) {
		sum = line->numbers[count - 1];
	}
	json_object_set_new(item, "count", json_real(sum));
	json_object_set_new(item, "data", data);
	json_object_set(item, "labels", labels);
}

void trends_append_results(const struct trends *t, const struct trends_pass *pass,
	const struct zone *zone, const char *compare_label, json_t *results)
{
	/* Lists that all items share; jansson counts their references. */
	const struct buckets *b = pass->window.buckets;
	json_t *days = b ? buckets_days(b) : json_array();
	json_t *labels = b ? buckets_labels(b, &pass->window.range, zone) : json_array();
	json_t *instants = b ? buckets_instants(b, zone) : json_array();

	for (guint i = 0; i < pass->lines->len; i++) {
		const struct trends_line *line = g_ptr_array_index(pass->lines, i);
		const struct series *s = &t->series.items[line->series];
		json_t *item = json_object();

		json_object_set_new(item, "action", series_action(s, json_incref(instants)));
		json_object_set_new(item, "label", label_of(t, line));
		set_numbers(item, t, line, numbers_per_line(t, pass), labels);
		json_object_set(item, "days", days);
		if (t->breakdown.is_set) {
			json_object_set_new(item, "breakdown_value", json_string(line_key(line)));
		}
		if (compare_label) {
			json_object_set_new(item, "compare", json_true());
			json_object_set_new(item, "compare_label", json_string(compare_label));
		}
		json_object_set_new(item, "filter", json_object());
		json_array_append_new(results, item);
	}
	json_decref(days);
	json_decref(labels);
	json_decref(instants);
}
