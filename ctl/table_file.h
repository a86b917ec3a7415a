/* Rows of a CSV file, plain or gzip, read piece by piece; every cell knows its line.
 *
 * Cells are UTF-8 without NUL, ended by one; anything else is FAULT_INPUT with its place.  Lines
 * count as an editor counts them, also where a cell goes over several. */
#pragma once
#include "lib/base/fault.h"

#include <stddef.h>
#include <stdint.h>

enum { TABLE_ROW_MAX_BYTES = 16 * 1024 * 1024, TABLE_MAX_COLUMNS = 256 };

struct cell {
	const char *text;
	size_t length;
	uint64_t line; /* where it begins, from 1 */
};

struct table_row {
	const struct cell *cells;
	size_t cell_count;
	uint64_t line;
};

/* Called for each row, the header first; false with a fault ends the reading.  What it says
 * should begin with table_place(). */
typedef bool (*table_row_fn)(void *arg, const struct table_row *row, struct fault *f);

/* "-" is standard input.  Faults begin with the path. */
bool table_file_read(const char *path, table_row_fn row, void *arg, struct fault *f) MUST_CHECK;

/* Puts "line 17, column 3 (name): " before what the fault says; returns false. */
bool table_place(struct fault *f, const struct cell *cell, size_t column, const char *name);
