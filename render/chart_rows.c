/* Any result as the table that its CSV would be: SQL, and kinds without a picture of their own. */
#include "render/chart.h"
#include "render/sheet.h"
#include "render/state.h"
#include "render/table.h"

#include <math.h>
#include <string.h>

/* Past the last row that a picture has room for, only the count matters. */
enum { ROWS_LOOKED_AT = 200 };

struct rows_sheet {
	struct table *table;
	struct sheet_column *columns;
	const json_t **cells; /* of the first rows */
	size_t column_count;
	size_t *shown; /* the columns of the table that the sheet has */
	size_t shown_count;
};

/* Four places are what one reads; what is too small or too large for them is written in full. */
static char *real_text(double value)
{
	char number[32];
	char *end;

	if (value != 0 && (fabs(value) < 1e-3 || fabs(value) >= 1e15)) {
		return g_strdup(json_real_text(value, number));
	}
	(void)g_ascii_formatd(number, sizeof number, "%.4f", value);
	end = number + strlen(number);
	while (end[-1] == '0') {
		*--end = '\0';
	}
	if (end[-1] == '.') {
		end[-1] = '\0';
	}
	return g_strdup(number);
}

static char *value_text(const json_t *value)
{
	if (!value) {
		return g_strdup("");
	}
	switch (json_typeof(value)) {
	case JSON_STRING:
		return g_strdup(json_string_value(value));
	case JSON_REAL:
		return real_text(json_real_value(value));
	case JSON_NULL:
		return NULL;
	case JSON_OBJECT:
	case JSON_ARRAY:
	case JSON_INTEGER:
	case JSON_TRUE:
	case JSON_FALSE:
		break;
	}
	return json_write(value);
}

static char *cell_text(const void *from, size_t row, size_t column)
{
	const struct rows_sheet *s = from;

	if (row >= ROWS_LOOKED_AT) {
		return NULL;
	}
	return value_text(s->cells[row * s->column_count + s->shown[column]]);
}

/* A column of numbers, and of nothing else but gaps. */
static bool is_numeric(const struct rows_sheet *s, size_t rows, size_t column)
{
	bool any = false;

	for (size_t row = 0; row < rows; row++) {
		const json_t *value = s->cells[row * s->column_count + column];

		if (json_is_number(value)) {
			any = true;
		} else if (value && !json_is_null(value)) {
			return false;
		}
	}
	return any;
}

/* SQL shows the columns it was asked for.  Of other results a column without any value, like the
 * breakdown of a funnel that has none, tells nothing. */
static bool is_told(
	const struct rows_sheet *s, const struct chart_input *in, size_t rows, size_t column)
{
	if (json_is_array(json_object_get(in->result, "columns"))) {
		return true;
	}
	for (size_t row = 0; row < rows; row++) {
		const json_t *value = s->cells[row * s->column_count + column];

		if (value && !json_is_null(value)) {
			return true;
		}
	}
	return false;
}

static bool rows_sheet_create(struct rows_sheet *s, const struct chart_input *in, struct fault *f)
{
	size_t rows;

	if (!table_of_result(in->result, in->query, NULL, &s->table, f)) {
		return false;
	}
	rows = MIN(table_row_count(s->table), ROWS_LOOKED_AT);
	s->column_count = table_column_count(s->table);
	s->cells = g_new0(const json_t *, rows * s->column_count + 1);
	s->columns = g_new0(struct sheet_column, s->column_count + 1);
	s->shown = g_new0(size_t, s->column_count + 1);
	for (size_t row = 0; row < rows; row++) {
		table_read_row(s->table, row, &s->cells[row * s->column_count]);
	}
	for (size_t i = 0; i < s->column_count; i++) {
		if (is_told(s, in, rows, i)) {
			s->shown[s->shown_count] = i;
			s->columns[s->shown_count++] = (struct sheet_column){
				table_column(s->table, i), is_numeric(s, rows, i)};
		}
	}
	return true;
}

static void rows_sheet_finish(struct rows_sheet *s)
{
	table_destroy(s->table);
	g_free(s->columns);
	g_free(s->cells);
	g_free(s->shown);
}

static struct sheet sheet_of(const struct rows_sheet *s)
{
	return (struct sheet){
		.columns = s->columns,
		.column_count = s->shown_count,
		.row_count = table_row_count(s->table),
		.cell = cell_text,
		.from = s,
	};
}

double chart_rows_height(const struct chart_input *in, struct canvas *measure, double width)
{
	struct rows_sheet s = {.table = NULL};
	struct fault f = {FAULT_NONE, ""};
	struct sheet sheet;
	double height;

	(void)measure;
	(void)width;
	if (!rows_sheet_create(&s, in, &f)) {
		return 0;
	}
	sheet = sheet_of(&s);
	height = sheet_height(&sheet);
	rows_sheet_finish(&s);
	return height;
}

void chart_rows_draw(struct canvas *c, struct rect box, const struct chart_input *in)
{
	struct rows_sheet s = {.table = NULL};
	struct fault f = {FAULT_NONE, ""};
	struct sheet sheet;

	if (!rows_sheet_create(&s, in, &f)) {
		state_draw_failed(c, box, fault_text(&f), in->theme);
		return;
	}
	sheet = sheet_of(&s);
	if (table_is_empty(s.table)) {
		state_draw_empty(c, box, in->theme);
	} else {
		sheet_draw(c, box, &sheet, in->theme);
	}
	rows_sheet_finish(&s);
}
