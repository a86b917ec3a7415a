/* A result as rows and columns, for files of tables and for charts that are tables: the shape
 * rules, flattening and column order of spec/exports.md 3.3.5 and 3.3.6.
 *
 * Cells stay JSON values, borrowed from the result, which must outlive the table. */
#pragma once
#include "lib/base/json.h"

#include <stddef.h>

/* Rows × columns past which a table is FAULT_TOO_LARGE. */
enum { TABLE_MAX_CELLS = 50000000 };

struct table;

/* `source` is the query or NULL; `columns` a list of names that selects and orders, or NULL. */
bool table_of_result(const json_t *result, const json_t *source, const json_t *columns,
	struct table **out, struct fault *f) MUST_CHECK;
void table_destroy(struct table *t); /* NULL is fine */

/* The result had no rows: the one there is says so. */
bool table_is_empty(const struct table *t);
size_t table_row_count(const struct table *t);
size_t table_column_count(const struct table *t);
const char *table_column(const struct table *t, size_t column);
/* Fills cells[0 .. column count); NULL is missing. */
void table_read_row(const struct table *t, size_t row, const json_t **cells);

/* For the shape rules: rows are written key by key. */
void table_begin_row(struct table *t);
/* Flattens objects and lists; what is empty leaves no column.  `value` may be NULL, for null. */
void table_put(struct table *t, const char *key, const json_t *value);
/* The table keeps the reference it is given. */
void table_put_new(struct table *t, const char *key, json_t *value);

/* table_shape.c: which of the shapes this is. */
bool table_fill(
	struct table *t, const json_t *result, const json_t *source, struct fault *f) MUST_CHECK;
