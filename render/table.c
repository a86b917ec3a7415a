#include "render/table.h"

#include "render/format.h"
#include "render/render.h"
#include "render/table_format.h"

#include <stdint.h>
#include <string.h>

enum { MAX_DEPTH = 256 };

struct cell {
	guint column;
	const json_t *value;
};

struct table {
	GPtrArray *names; /* column → name, in order of discovery */
	GHashTable *columns; /* name → column + 1 */
	GArray *cells; /* struct cell, row after row */
	GArray *row_starts; /* gsize */
	GPtrArray *owned; /* json_t made here */
	GArray *order; /* guint: place → column, or NO_COLUMN for a name that no row has */
	GPtrArray *titles; /* place → name, borrowed */
	GArray **places; /* column → its places, where it is shown */
	GString *path; /* of the value that is being flattened */
	bool empty; /* the result had no rows */
};

static const guint no_column = G_MAXUINT;

static void drop_json(gpointer value)
{
	json_decref(value);
}

static struct table *table_create(void)
{
	struct table *t = g_new0(struct table, 1);

	t->names = g_ptr_array_new_with_free_func(g_free);
	t->columns = g_hash_table_new(g_str_hash, g_str_equal);
	t->cells = g_array_new(FALSE, FALSE, sizeof(struct cell));
	t->row_starts = g_array_new(FALSE, FALSE, sizeof(gsize));
	t->owned = g_ptr_array_new_with_free_func(drop_json);
	t->order = g_array_new(FALSE, FALSE, sizeof(guint));
	t->titles = g_ptr_array_new();
	t->path = g_string_new(NULL);
	return t;
}

void table_destroy(struct table *t)
{
	if (!t) {
		return;
	}
	for (guint i = 0; t->places && i < t->names->len; i++) {
		if (t->places[i]) {
			g_array_free(t->places[i], TRUE);
		}
	}
	g_free(t->places);
	g_ptr_array_free(t->titles, TRUE);
	g_array_free(t->order, TRUE);
	g_ptr_array_free(t->owned, TRUE);
	g_array_free(t->row_starts, TRUE);
	g_array_free(t->cells, TRUE);
	g_hash_table_destroy(t->columns);
	g_ptr_array_free(t->names, TRUE);
	g_string_free(t->path, TRUE);
	g_free(t);
}

static guint column_named(struct table *t, const char *name)
{
	gpointer known = g_hash_table_lookup(t->columns, name);
	char *copy;

	if (known) {
		return GPOINTER_TO_UINT(known) - 1;
	}
	copy = g_strdup(name);
	g_ptr_array_add(t->names, copy);
	g_hash_table_insert(t->columns, copy, GUINT_TO_POINTER(t->names->len));
	return t->names->len - 1;
}

void table_begin_row(struct table *t)
{
	gsize start = t->cells->len;

	g_array_append_val(t->row_starts, start);
}

static void put_leaf(struct table *t, const json_t *value)
{
	struct cell cell = {column_named(t, t->path->str), value};

	g_array_append_val(t->cells, cell);
}

static gsize descend(GString *path, const char *key)
{
	gsize before = path->len;

	g_string_append_c(path, '.');
	g_string_append(path, key);
	return before;
}

static void flatten(struct table *t, const json_t *value, int depth)
{
	const char *key;
	json_t *member;
	gsize before;
	size_t i;

	if (json_is_object(value) && depth < MAX_DEPTH) {
		json_object_foreach((json_t *)(uintptr_t)value, key, member)
		{
			before = descend(t->path, key);
			flatten(t, member, depth + 1);
			g_string_truncate(t->path, before);
		}
	} else if (json_is_array(value) && depth < MAX_DEPTH) {
		json_array_foreach(value, i, member)
		{
			char index[24];

			(void)g_snprintf(index, sizeof index, "%zu", i);
			before = descend(t->path, index);
			flatten(t, member, depth + 1);
			g_string_truncate(t->path, before);
		}
	} else {
		put_leaf(t, value);
	}
}

void table_put(struct table *t, const char *key, const json_t *value)
{
	g_string_assign(t->path, key);
	flatten(t, value, 0);
}

void table_put_new(struct table *t, const char *key, json_t *value)
{
	g_ptr_array_add(t->owned, value);
	table_put(t, key, value);
}

/* Columns that share the text before the first dot stand next to each other, groups and members
 * in the order in which they were first seen. */
static GArray *grouped_columns(const struct table *t)
{
	g_autoptr(GHashTable) group_of =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	GArray *grouped = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < t->names->len; i++) {
		const char *name = g_ptr_array_index(t->names, i);
		char *head = g_strndup(name, strcspn(name, "."));
		GArray *group = g_hash_table_lookup(group_of, head);

		if (group) {
			g_free(head);
		} else {
			group = g_array_new(FALSE, FALSE, sizeof(guint));
			g_ptr_array_add(groups, group);
			g_hash_table_insert(group_of, head, group);
		}
		g_array_append_val(group, i);
	}
	for (guint i = 0; i < groups->len; i++) {
		const GArray *group = g_ptr_array_index(groups, i);

		g_array_append_vals(grouped, group->data, group->len);
	}
	return grouped;
}

static bool show(struct table *t, guint column, const char *title, struct fault *f)
{
	guint place = t->order->len;

	if ((guint64)(place + 1) * MAX(t->row_starts->len, 1) > TABLE_MAX_CELLS) {
		return fault_set(f, FAULT_TOO_LARGE,
			"a table of %u rows has more columns than the limit of %d cells allows",
			t->row_starts->len, TABLE_MAX_CELLS);
	}
	g_array_append_val(t->order, column);
	g_ptr_array_add(t->titles, (gpointer)(uintptr_t)title);
	if (column != no_column) {
		if (!t->places[column]) {
			t->places[column] = g_array_new(FALSE, FALSE, sizeof(guint));
		}
		g_array_append_val(t->places[column], place);
	}
	return true;
}

/* For each part of a name that ends before a dot, the columns below it: "a.b.c" is below "a" and
 * "a.b". */
static GHashTable *columns_below(const struct table *t, const GArray *grouped)
{
	GHashTable *below = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);

	for (guint i = 0; i < grouped->len; i++) {
		guint column = g_array_index(grouped, guint, i);
		const char *name = g_ptr_array_index(t->names, column);

		for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
			char *head = g_strndup(name, (gsize)(dot - name));
			GArray *list = g_hash_table_lookup(below, head);

			if (list) {
				g_free(head);
			} else {
				list = g_array_new(FALSE, FALSE, sizeof(guint));
				g_hash_table_insert(below, head, list);
			}
			g_array_append_val(list, column);
		}
	}
	return below;
}

static bool show_named(struct table *t, const GHashTable *below, const char *name, struct fault *f)
{
	const GArray *list = g_hash_table_lookup((GHashTable *)(uintptr_t)below, name);
	gpointer bare = g_hash_table_lookup(t->columns, name);

	for (guint i = 0; list && i < list->len; i++) {
		guint column = g_array_index(list, guint, i);

		if (!show(t, column, g_ptr_array_index(t->names, column), f)) {
			return false;
		}
	}
	if (bare) {
		return show(t, GPOINTER_TO_UINT(bare) - 1, name, f);
	}
	return list || show(t, no_column, name, f);
}

static bool order_columns(struct table *t, const json_t *columns, struct fault *f)
{
	g_autoptr(GArray) grouped = grouped_columns(t);
	g_autoptr(GHashTable) below = NULL;
	const json_t *name;
	size_t i;

	t->places = g_new0(GArray *, t->names->len + 1);
	if (json_array_size(columns) == 0) {
		for (guint c = 0; c < grouped->len; c++) {
			guint column = g_array_index(grouped, guint, c);

			if (!show(t, column, g_ptr_array_index(t->names, column), f)) {
				return false;
			}
		}
		return true;
	}
	below = columns_below(t, grouped);
	json_array_foreach(columns, i, name)
	{
		if (!json_is_string(name)) {
			return fault_set(
				f, FAULT_INPUT, "export_context.columns[%zu] is not a text", i);
		}
		if (!show_named(t, below, json_string_value(name), f)) {
			return false;
		}
	}
	return true;
}

/* A table without rows or columns still is one: it says so, or shows what was asked for. */
static void fill_empty(struct table *t, bool has_columns)
{
	t->empty = true;
	table_begin_row(t);
	if (!has_columns) {
		table_put_new(t, "error",
			json_string("No data available or unable to format for export."));
	}
}

bool table_of_result(const json_t *result, const json_t *source, const json_t *columns,
	struct table **out, struct fault *f)
{
	struct table *t = table_create();

	if (!table_fill(t, result, source, f)) {
		table_destroy(t);
		return false;
	}
	if (t->row_starts->len == 0 || (t->names->len == 0 && json_array_size(columns) == 0)) {
		g_array_set_size(t->row_starts, 0);
		fill_empty(t, json_array_size(columns) > 0);
	}
	if (!order_columns(t, columns, f)) {
		table_destroy(t);
		return false;
	}
	*out = t;
	return true;
}

bool table_is_empty(const struct table *t)
{
	return t->empty;
}

size_t table_row_count(const struct table *t)
{
	return t->row_starts->len;
}

size_t table_column_count(const struct table *t)
{
	return t->order->len;
}

const char *table_column(const struct table *t, size_t column)
{
	return g_ptr_array_index(t->titles, column);
}

void table_read_row(const struct table *t, size_t row, const json_t **cells)
{
	gsize from = g_array_index(t->row_starts, gsize, row);
	gsize to = row + 1 < t->row_starts->len ? g_array_index(t->row_starts, gsize, row + 1)
						: t->cells->len;

	for (guint i = 0; i < t->order->len; i++) {
		cells[i] = NULL;
	}
	for (gsize i = from; i < to; i++) {
		const struct cell *cell = &g_array_index(t->cells, struct cell, i);
		const GArray *places = t->places[cell->column];

		/* A key written twice keeps its last value, as a dictionary would. */
		for (guint p = 0; places && p < places->len; p++) {
			cells[g_array_index(places, guint, p)] = cell->value;
		}
	}
}

bool render_table(const json_t *result, const json_t *source, const json_t *context,
	const struct format *format, GString **out, struct fault *f)
{
	struct table *t;
	bool fine;

	if (format->family != FORMAT_TABLE || !format->written) {
		return fault_set(
			f, FAULT_UNSUPPORTED, "tables are not written as %s", format->name);
	}
	if (!table_of_result(result, source, json_get_array(context, "columns"), &t, f)) {
		return false;
	}
	fine = table_write_csv(t, out, f);
	table_destroy(t);
	return fine;
}
