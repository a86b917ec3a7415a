/* The pages of a table, and the answer they make. */
#include "insight/hogql_cell.h"
#include "insight/table.h"

#include <inttypes.h>
#include <string.h>

/* Cells that say where a page ends. */
enum { KEY_CELLS = 2 };

static int64_t page_rows(const struct table *t)
{
	int64_t rows = t->has_objects ? TABLE_PAGE_OBJECTS : TABLE_PAGE_ROWS;

	return t->is_keyed ? rows : rows * TABLE_PAGE_COUNTED;
}

struct sql *table_next(struct table *t)
{
	int64_t offset = t->last_key ? 0 : t->offset + t->count;

	if (t->is_complete) {
		return NULL;
	}
	t->asked = MIN(page_rows(t), t->limit + 1 - t->count);
	return table_statement(t, t->asked, offset);
}

static json_t *read_cell(const struct table *t, const struct table_cell *cell, const char *text)
{
	static const struct hogql_type list = {.kind = HOGQL_ARRAY, .element = HOGQL_TEXT};

	return hogql_cell_read(text, cell->is_ids ? list : table_item(t, cell->item)->type,
		t->context->place.zone);
}

static json_t *read_object(const struct table *t, const struct table_column *column,
	const struct rows *rows, size_t row)
{
	g_autofree json_t **values = g_new0(json_t *, column->count);
	json_t *object;

	for (guint i = 0; i < column->count; i++) {
		values[i] =
			read_cell(t, &g_array_index(t->cells, struct table_cell, column->first + i),
				rows_text(rows, row, column->first + i));
	}
	object = column->object->make(values, t->context->env);
	for (guint i = 0; i < column->count; i++) {
		json_decref(values[i]);
	}
	return object;
}

static json_t *read_row(const struct table *t, const struct rows *rows, size_t row)
{
	json_t *list = json_array();

	for (guint i = 0; i < t->columns->len; i++) {
		const struct table_column *column =
			&g_array_index(t->columns, struct table_column, i);
		const struct table_cell *cell =
			&g_array_index(t->cells, struct table_cell, column->first);

		json_array_append_new(list,
			column->object ? read_object(t, column, rows, row)
				       : read_cell(t, cell, rows_text(rows, row, column->first)));
	}
	return list;
}

static bool weigh(struct table *t, const struct rows *rows, size_t row, struct fault *f)
{
	for (size_t i = 0; i < rows->column_count; i++) {
		const char *text = rows_text(rows, row, i);

		t->bytes += text ? strlen(text) : 0;
	}
	return t->bytes <= TABLE_MAX_BYTES ||
	       fault_set(f, FAULT_TOO_LARGE,
		       "the rows hold more than %d MiB: select fewer columns or fewer rows",
		       TABLE_MAX_BYTES / (1024 * 1024));
}

static void note_key(struct table *t, const struct rows *rows, size_t row)
{
	g_free(t->last_key);
	t->last_us = rows_int(rows, row, t->cells->len, 0);
	t->last_key = g_strdup(rows_text(rows, row, t->cells->len + 1));
}

bool table_feed(struct table *t, const struct rows *rows, struct fault *f)
{
	size_t columns = t->cells->len + (t->is_keyed ? KEY_CELLS : 0), kept;

	if (rows->row_count > 0 && rows->column_count != columns) {
		return fault_set(f, FAULT_BUG, "%zu columns where %zu were asked for",
			rows->column_count, columns);
	}
	if (rows->row_count > (size_t)t->asked) {
		return fault_set(f, FAULT_BUG, "%zu rows where %" PRId64 " were asked for",
			rows->row_count, t->asked);
	}
	kept = MIN(rows->row_count, (size_t)(t->limit - t->count));
	for (size_t i = 0; i < kept; i++) {
		if (!weigh(t, rows, i, f)) {
			return false;
		}
		json_array_append_new(t->results, read_row(t, rows, i));
	}
	if (t->is_keyed && kept > 0) {
		note_key(t, rows, kept - 1);
	}
	t->count += (int64_t)kept;
	t->has_more = kept < rows->row_count;
	t->is_complete = t->has_more || rows->row_count < (size_t)t->asked;
	return true;
}

static json_t *type_of(const struct table *t, const struct table_column *column)
{
	const struct table_cell *cell = &g_array_index(t->cells, struct table_cell, column->first);
	g_autofree char *name = hogql_type_name(table_item(t, cell->item)->type);

	return json_string(column->object ? "Tuple" : name);
}

json_t *table_result(struct table *t)
{
	json_t *columns = json_array(), *types = json_array();

	for (guint i = 0; i < t->columns->len; i++) {
		const struct table_column *column =
			&g_array_index(t->columns, struct table_column, i);

		json_array_append_new(columns, json_string(column->name));
		json_array_append_new(types, type_of(t, column));
	}
	return json_pack("{s:o, s:o, s:O, s:b, s:I, s:I}", "columns", columns, "types", types,
		"results", t->results, "hasMore", (int)t->has_more, "limit", (json_int_t)t->limit,
		"offset", (json_int_t)t->offset);
}
