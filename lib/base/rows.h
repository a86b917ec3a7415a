/* The answer to one statement: cells as text, borrowed from whoever ran it.
 *
 * Engines read rows without knowing the database that made them; tests write them by hand. */
#pragma once
#include "lib/base/fault.h"

#include <stddef.h>
#include <stdint.h>

struct rows {
	size_t row_count, column_count;
	int64_t affected; /* rows an INSERT, UPDATE or DELETE touched */
	const char *const *cells; /* row by row; NULL is SQL null */
	const int *lengths; /* of the cells in bytes, or NULL: all are plain text */
};

const char *rows_text(const struct rows *r, size_t row, size_t column); /* or NULL */
int64_t rows_int(const struct rows *r, size_t row, size_t column, int64_t if_null);
double rows_real(const struct rows *r, size_t row, size_t column, double if_null);
bool rows_bool(const struct rows *r, size_t row, size_t column); /* 't'; null is false */
