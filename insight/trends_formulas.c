/* Lines of series to lines of formulas (spec/insights.md 2.2.8). */
#include "insight/trends.h"

#include <glib.h>

/* The lines of one value of a breakdown. */
struct row {
	const struct trends_line *lines[SERIES_MAX_COUNT]; /* NULL: nothing but zeros */
	const struct trends_line *any;
};

static void destroy_line(gpointer line)
{
	trends_line_destroy(line);
}

/* Places are the same for all series, so they say which value it is. */
static GPtrArray *find_rows(const struct trends_pass *pass)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) by_place = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (guint i = 0; i < pass->lines->len; i++) {
		struct trends_line *line = g_ptr_array_index(pass->lines, i);
		struct row *row = g_hash_table_lookup(by_place, &line->place);

		if (!row) {
			row = g_new0(struct row, 1);
			row->any = line;
			g_ptr_array_add(rows, row);
			g_hash_table_insert(by_place, &line->place, row);
		}
		row->lines[line->series] = line;
	}
	return rows;
}

static struct trends_line *compute(
	const struct trends *t, const struct row *row, size_t formula, size_t count)
{
	struct trends_line *line = trends_line_create(count);
	double letters[SERIES_MAX_COUNT] = {0};

	line->series = formula;
	line->rank = row->any->rank;
	line->place = row->any->place;
	for (size_t i = 0; i < BREAKDOWN_MAX_PARTS; i++) {
		line->values[i] = g_strdup(row->any->values[i]);
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < t->series.count; j++) {
			letters[j] = row->lines[j] ? row->lines[j]->numbers[i] : 0;
		}
		line->numbers[i] = formula_value(t->formulas[formula].formula, letters);
	}
	return line;
}

struct order {
	size_t count;
	bool is_ranked;
};

/* As values of a series are ranked, by their sum; then by what the series have together.  Cohorts
 * stay in the order of the query. */
static gint by_sum(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct trends_line *x = *(struct trends_line *const *)a;
	const struct trends_line *y = *(struct trends_line *const *)b;
	const struct order *order = data;
	double sum = 0;

	if (x->series != y->series) {
		return x->series < y->series ? -1 : 1;
	}
	if (x->rank != y->rank) {
		return x->rank < y->rank ? -1 : 1;
	}
	for (size_t i = 0; i < order->count && order->is_ranked; i++) {
		sum += x->numbers[i] - y->numbers[i];
	}
	if (sum != 0) {
		return sum > 0 ? -1 : 1;
	}
	return x->place < y->place ? -1 : x->place > y->place;
}

bool trends_apply_formulas(const struct trends *t, struct trends_pass *pass, struct fault *f)
{
	struct order order = {.count = trends_numbers_per_line(t, pass),
		.is_ranked = t->breakdown.part_count > 0};
	g_autoptr(GPtrArray) rows = find_rows(pass);
	GPtrArray *lines;

	if (rows->len * t->formula_count * order.count > TRENDS_MAX_NUMBERS) {
		return fault_set(f, FAULT_TOO_LARGE,
			"the formulas have more than %d numbers; take fewer of them, a smaller"
			" breakdown_limit, a longer interval or a shorter range",
			TRENDS_MAX_NUMBERS);
	}
	lines = g_ptr_array_new_with_free_func(destroy_line);
	for (size_t i = 0; i < t->formula_count; i++) {
		for (guint j = 0; j < rows->len; j++) {
			g_ptr_array_add(
				lines, compute(t, g_ptr_array_index(rows, j), i, order.count));
		}
	}
	g_ptr_array_sort_with_data(lines, by_sum, &order);
	g_ptr_array_unref(pass->lines);
	pass->lines = lines;
	return true;
}
