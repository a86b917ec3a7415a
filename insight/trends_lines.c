/* Rows of a pass to its lines. */
#include "insight/trends.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { COLUMN_SERIES, COLUMN_PLACE, COLUMN_BUCKET, COLUMN_NUMBER, COLUMN_VALUES };

struct trends_line *trends_line_create(size_t count)
{
	struct trends_line *line = g_new0(struct trends_line, 1);

	line->numbers = g_new0(double, count);
	return line;
}

void trends_line_destroy(struct trends_line *line)
{
	for (size_t i = 0; i < BREAKDOWN_MAX_PARTS; i++) {
		g_free(line->values[i]);
	}
	g_free(line->numbers);
	g_free(line);
}

static void destroy_line(gpointer line)
{
	trends_line_destroy(line);
}

size_t trends_numbers_per_line(const struct trends *t, const struct trends_pass *pass)
{
	return t->form == TRENDS_TOTAL ? 1 : pass->window.buckets->count;
}

/* What the rows are being added to. */
struct collecting {
	const struct trends *trends;
	struct trends_pass *pass;
	GHashTable *by_key;
	size_t numbers;
};

static bool is_active(const struct collecting *c, size_t series)
{
	return trends_counts_days(c->trends, &c->trends->series.items[series]);
}

static size_t row_count(const struct collecting *c, size_t series)
{
	return is_active(c, series) ? c->pass->activity.day_count
				    : trends_numbers_per_line(c->trends, c->pass);
}

static struct trends_line *add_line(
	struct collecting *c, size_t series, int64_t place, struct fault *f)
{
	size_t count = row_count(c, series);
	int64_t key = place * SERIES_MAX_COUNT + (int64_t)series;
	struct trends_line *line;

	if (c->numbers + count > TRENDS_MAX_NUMBERS) {
		fault_set(f, FAULT_TOO_LARGE,
			"the result has more than %d numbers; take fewer series, a smaller"
			" breakdown_limit, a longer interval or a shorter range",
			TRENDS_MAX_NUMBERS);
		return NULL;
	}
	c->numbers += count;
	line = trends_line_create(count);
	line->series = series;
	line->place = place;
	g_ptr_array_add(c->pass->lines, line);
	g_hash_table_insert(c->by_key, g_memdup2(&key, sizeof key), line);
	return line;
}

/* A line with a part that has no value counts as one without. */
static void set_values(
	struct collecting *c, struct trends_line *line, const struct rows *rows, size_t row)
{
	size_t count = c->trends->breakdown.part_count;

	if (line->place == 0) {
		line->rank = LINE_OTHER;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const char *value = rows_text(rows, row, COLUMN_VALUES + i);

		line->values[i] = g_strdup(value ? value : "");
		line->rank = *line->values[i] ? line->rank : LINE_NONE;
	}
}

static bool read_row(struct collecting *c, const struct rows *rows, size_t row, struct fault *f)
{
	int64_t series = rows_int(rows, row, COLUMN_SERIES, -1);
	int64_t place = rows_int(rows, row, COLUMN_PLACE, -1);
	int64_t bucket = rows_int(rows, row, COLUMN_BUCKET, 0);
	int64_t key = place * SERIES_MAX_COUNT + series;
	bool is_known = series >= 0 && (size_t)series < c->trends->series.count && place >= 0 &&
			place <= BREAKDOWN_MAX_LIMIT && bucket >= 1;
	struct trends_line *line;

	/* stretches of active people may end after the last day */
	if (is_known && is_active(c, (size_t)series) &&
		(size_t)bucket > row_count(c, (size_t)series)) {
		return true;
	}
	if (!is_known || (size_t)bucket > row_count(c, (size_t)series)) {
		return fault_set(
			f, FAULT_BUG, "row %zu of a trend is not one that was asked for", row);
	}
	line = g_hash_table_lookup(c->by_key, &key);
	if (!line) {
		line = add_line(c, (size_t)series, place, f);
		if (!line) {
			return false;
		}
		set_values(c, line, rows, row);
	}
	line->numbers[bucket - 1] += rows_real(rows, row, COLUMN_NUMBER, 0);
	return true;
}

/* A series that nothing is split by, and each of its cohorts, has its line of zeros even without
 * events. */
static bool add_empty_lines(struct collecting *c, struct fault *f)
{
	size_t places = MAX(c->trends->breakdown.cohort_count, 1);

	for (size_t i = 0; i < c->trends->series.count * places; i++) {
		if (!add_line(c, i / places, (int64_t)(i % places) + 1, f)) {
			return false;
		}
	}
	return true;
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

static bool is_zero(const double *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (numbers[i] != 0) {
			return false;
		}
	}
	return true;
}

/* From changes a day to numbers a bucket. */
static void add_up_activity(struct collecting *c)
{
	for (guint i = c->pass->lines->len; i-- > 0;) {
		struct trends_line *line = g_ptr_array_index(c->pass->lines, i);
		double *changes = line->numbers;

		if (!is_active(c, line->series)) {
			continue;
		}
		line->numbers = activity_numbers(&c->pass->activity, changes);
		g_free(changes);
		/* values that are in no bucket have no place, and make no remainder */
		if (line->rank == LINE_OTHER &&
			is_zero(line->numbers, c->pass->activity.bucket_count)) {
			g_ptr_array_remove_index(c->pass->lines, i);
		}
	}
}

static void hide_other(struct trends_pass *pass)
{
	for (guint i = pass->lines->len; i-- > 0;) {
		const struct trends_line *line = g_ptr_array_index(pass->lines, i);

		if (line->rank == LINE_OTHER) {
			pass->has_hidden_values = true;
			g_ptr_array_remove_index(pass->lines, i);
		}
	}
}

/* spec/insights.md 2.2.5: a trailing mean, rounded down. */
static void smooth(double *numbers, size_t count, size_t length)
{
	g_autofree double *raw = g_memdup2(numbers, count * sizeof *numbers);

	for (size_t i = 0; i < count; i++) {
		size_t first = i + 1 > length ? i + 1 - length : 0;
		double sum = 0;

		/* anew each time: what is added and taken away again leaves a rest */
		for (size_t j = first; j <= i; j++) {
			sum += raw[j];
		}
		numbers[i] = floor(sum / (double)(i + 1 - first));
	}
}

static void accumulate(double *numbers, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		numbers[i] += numbers[i - 1];
	}
}

/* A sample of people stands for all of them (spec/insights.md 2.2.10). */
double trends_scale(const struct trends *t, const struct series *s)
{
	double scale = s->math->shape == MATH_PROPERTY ? 1 : s->multiplier;

	return math_is_additive(s->math) ? scale / t->scope.sample : scale;
}

static void shape_line(const struct trends *t, struct trends_line *line, size_t count)
{
	double scale = trends_scale(t, &t->series.items[line->series]);

	for (size_t i = 0; i < count && scale != 1; i++) {
		line->numbers[i] *= scale;
	}
	if (t->form == TRENDS_OVER_TIME || t->form == TRENDS_CUMULATIVE) {
		if (t->smoothing > 1) {
			smooth(line->numbers, count, (size_t)t->smoothing);
		}
		if (t->form == TRENDS_CUMULATIVE) {
			accumulate(line->numbers, count);
		}
	}
}

bool trends_collect(
	const struct trends *t, struct trends_pass *pass, const struct rows *rows, struct fault *f)
{
	g_autoptr(GHashTable) by_key =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	struct collecting c = {.trends = t, .pass = pass, .by_key = by_key};

	if (rows->row_count > 0 && rows->column_count != COLUMN_VALUES + t->breakdown.part_count) {
		return fault_set(
			f, FAULT_BUG, "rows of a trend have %zu columns", rows->column_count);
	}
	pass->lines = g_ptr_array_new_with_free_func(destroy_line);
	if (t->breakdown.part_count == 0 && !add_empty_lines(&c, f)) {
		return false;
	}
	for (size_t i = 0; i < rows->row_count; i++) {
		if (!read_row(&c, rows, i, f)) {
			return false;
		}
	}
	add_up_activity(&c);
	if (t->breakdown.hides_other) {
		hide_other(pass);
	}
	for (guint i = 0; i < pass->lines->len; i++) {
		shape_line(t, g_ptr_array_index(pass->lines, i), trends_numbers_per_line(t, pass));
	}
	g_ptr_array_sort(pass->lines, by_rank);
	return t->formula_count == 0 || trends_apply_formulas(t, pass, f);
}
