/* Rows of the statement to tables, tables to the items of a result (spec/insights.md 3.8). */
#include "insight/retention.h"

#include <float.h>
#include <glib.h>
#include <math.h>
#include <string.h>

enum {
	COLUMN_PLACE,
	COLUMN_VALUE,
	COLUMN_COHORT,
	COLUMN_COLUMN,
	COLUMN_PEOPLE,
	COLUMN_SUM,
	COLUMN_SUMMED,
	COLUMN_COUNT
};

static void destroy_table(gpointer data)
{
	struct retention_table *t = data;

	g_free(t->value);
	g_free(t->cells);
	g_free(t);
}

static size_t cells_per_table(const struct retention *r)
{
	return (size_t)r->interval_count * (size_t)r->column_count;
}

void retention_tables_finish(struct retention_tables *t)
{
	if (t->list) {
		g_ptr_array_unref(t->list);
	}
}

static struct retention_table *add_table(const struct retention *r, struct retention_tables *tables,
	int64_t place, const char *value, struct fault *f)
{
	struct retention_table *t;

	if ((tables->list->len + 1) * cells_per_table(r) > RETENTION_MAX_CELLS) {
		fault_set(f, FAULT_TOO_LARGE,
			"the result has more than %d cells; take a smaller breakdown_limit or"
			" fewer totalIntervals",
			RETENTION_MAX_CELLS);
		return NULL;
	}
	t = g_new0(struct retention_table, 1);
	t->place = place;
	t->is_other = place == 0;
	t->value = g_strdup(value ? value : "");
	t->cells = g_new0(struct retention_cell, cells_per_table(r));
	g_ptr_array_add(tables->list, t);
	return t;
}

/* Values by their places, then "none", then the remainder. */
static gint by_rank(gconstpointer a, gconstpointer b)
{
	const struct retention_table *x = *(struct retention_table *const *)a;
	const struct retention_table *y = *(struct retention_table *const *)b;

	if (x->is_other != y->is_other) {
		return x->is_other ? 1 : -1;
	}
	if (!*x->value != !*y->value) {
		return *x->value ? -1 : 1;
	}
	return x->place < y->place ? -1 : x->place > y->place;
}

/* A sum that no double holds: JSON has no infinity. */
static double finite_real(const struct rows *rows, size_t row, size_t column)
{
	return CLAMP(rows_real(rows, row, column, 0), -DBL_MAX, DBL_MAX);
}

static bool read_row(const struct retention *r, struct retention_tables *tables,
	const struct rows *rows, size_t row, GHashTable *by_place, struct fault *f)
{
	int64_t place = rows_int(rows, row, COLUMN_PLACE, -1);
	int64_t cohort = rows_int(rows, row, COLUMN_COHORT, 0);
	int64_t column = rows_int(rows, row, COLUMN_COLUMN, 0);
	const char *value = rows_text(rows, row, COLUMN_VALUE);
	struct retention_table *t;
	struct retention_cell *cell;

	if (place < 0 || place > BREAKDOWN_MAX_LIMIT || cohort < 1 || cohort > r->interval_count ||
		column < 1 || column > r->column_count || (place > 0 && !value)) {
		return fault_set(
			f, FAULT_BUG, "row %zu of retention is not one that was asked for", row);
	}
	if (place == 0 && r->breakdown.hides_other) {
		tables->has_hidden_values = true;
		return true;
	}
	t = g_hash_table_lookup(by_place, &place);
	if (!t) {
		t = add_table(r, tables, place, value, f);
		if (!t) {
			return false;
		}
		g_hash_table_insert(by_place, &t->place, t);
	}
	cell = &t->cells[(size_t)(cohort - 1) * (size_t)r->column_count + (size_t)(column - 1)];
	cell->people = rows_real(rows, row, COLUMN_PEOPLE, 0);
	cell->sum = finite_real(rows, row, COLUMN_SUM);
	cell->summed = rows_real(rows, row, COLUMN_SUMMED, 0);
	return true;
}

bool retention_collect(const struct retention *r, const struct rows *rows,
	struct retention_tables *out, struct fault *f)
{
	g_autoptr(GHashTable) by_place = g_hash_table_new(g_int64_hash, g_int64_equal);

	*out = (struct retention_tables){.list = g_ptr_array_new_with_free_func(destroy_table)};
	if (rows->row_count > 0 && rows->column_count != COLUMN_COUNT) {
		return fault_set(
			f, FAULT_BUG, "rows of retention have %zu columns", rows->column_count);
	}
	/* A table that nothing is split by is there even without events. */
	if (!r->breakdown.is_set) {
		struct retention_table *t = add_table(r, out, 1, "", f);

		if (!t) {
			return false;
		}
		g_hash_table_insert(by_place, &t->place, t);
	}
	for (size_t i = 0; i < rows->row_count; i++) {
		if (!read_row(r, out, rows, i, by_place, f)) {
			return false;
		}
	}
	g_ptr_array_sort(out->list, by_rank);
	return true;
}

static const char *period_name(enum interval period)
{
	switch (period) {
	case INTERVAL_HOUR:
		return "Hour";
	case INTERVAL_WEEK:
		return "Week";
	case INTERVAL_MONTH:
		return "Month";
	case INTERVAL_SECOND:
	case INTERVAL_MINUTE:
	case INTERVAL_DAY:
	case INTERVAL_QUARTER:
	case INTERVAL_YEAR:
		break;
	}
	return "Day";
}

/* "Day 3"; "Days 2-4" for a bracket of several. */
static json_t *column_label(const struct retention *r, const struct retention_column *c)
{
	const char *name = period_name(r->period);

	return c->first == c->last ? json_sprintf("%s %d", name, c->first)
				   : json_sprintf("%ss %d-%d", name, c->first, c->last);
}

static json_t *column_labels(const struct retention *r)
{
	json_t *labels = json_array();

	for (int i = 0; i < r->column_count; i++) {
		json_array_append_new(labels, column_label(r, &r->columns[i]));
	}
	return labels;
}

/* Of a sample, numbers of people and sums stand for all (spec/insights.md 2.2.10); a mean does
 * already. */
static double aggregate(const struct retention *r, const struct retention_cell *cell)
{
	if (r->value == RETENTION_SUM) {
		return CLAMP(cell->sum / r->scope.sample, -DBL_MAX, DBL_MAX);
	}
	return cell->summed > 0 ? cell->sum / cell->summed : 0;
}

static json_t *cell_json(
	const struct retention *r, const struct retention_cell *cell, json_t *label)
{
	json_int_t people = (json_int_t)floor(cell->people / r->scope.sample + 0.5);
	json_t *json = json_pack("{s:I, s:O}", "count", people, "label", label);

	if (r->value != RETENTION_COUNT) {
		json_object_set_new(json, "aggregation_value", json_real(aggregate(r, cell)));
	}
	return json;
}

/* Columns that begin after the last period are not there. */
static json_t *cohort_values(const struct retention *r, const struct retention_table *t, int cohort,
	const json_t *labels)
{
	json_t *list = json_array();

	for (int i = 0; i < r->column_count; i++) {
		if (cohort + r->columns[i].first < r->interval_count) {
			json_array_append_new(
				list, cell_json(r, &t->cells[cohort * r->column_count + i],
					      json_array_get(labels, (size_t)i)));
		}
	}
	return list;
}

static json_t *table_key(const struct retention *r, const struct retention_table *t)
{
	if (!r->breakdown.is_set) {
		return json_null();
	}
	if (t->is_other) {
		return json_string(BREAKDOWN_OTHER_KEY);
	}
	return json_string(*t->value ? t->value : BREAKDOWN_NONE_KEY);
}

json_t *retention_result(const struct retention *r, const struct window *w, const struct zone *zone,
	const struct retention_tables *tables)
{
	json_t *results = json_array(), *labels = column_labels(r);
	json_t *envelope, *dates = buckets_instants(w->buckets, zone);

	for (guint i = 0; i < tables->list->len; i++) {
		const struct retention_table *t = g_ptr_array_index(tables->list, i);

		for (int cohort = 0; cohort < r->interval_count; cohort++) {
			json_array_append_new(results,
				json_pack("{s:o, s:O, s:o, s:o}", "label",
					json_sprintf("%s %d", period_name(r->period), cohort),
					"date", json_array_get(dates, (size_t)cohort),
					"breakdown_value", table_key(r, t), "values",
					cohort_values(r, t, cohort, labels)));
		}
	}
	json_decref(labels);
	json_decref(dates);
	envelope = json_pack(
		"{s:o, s:o}", "results", results, "resolved_date_range", window_json(w, zone));
	if (r->breakdown.is_set) {
		json_object_set_new(envelope, "hasMore", json_boolean(tables->has_hidden_values));
	}
	return envelope;
}
