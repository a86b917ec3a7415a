#include "lib/base/rows.h"

#include "lib/base/require.h"

#include <glib.h>

const char *rows_text(const struct rows *r, size_t row, size_t column)
{
	REQUIRE(row < r->row_count && column < r->column_count);
	return r->cells[row * r->column_count + column];
}

int64_t rows_int(const struct rows *r, size_t row, size_t column, int64_t if_null)
{
	const char *text = rows_text(r, row, column);

	return text ? g_ascii_strtoll(text, NULL, 10) : if_null;
}

double rows_real(const struct rows *r, size_t row, size_t column, double if_null)
{
	const char *text = rows_text(r, row, column);

	return text ? g_ascii_strtod(text, NULL) : if_null;
}

bool rows_bool(const struct rows *r, size_t row, size_t column)
{
	const char *text = rows_text(r, row, column);

	return text && text[0] == 't';
}
