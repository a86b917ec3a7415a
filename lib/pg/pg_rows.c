#include "lib/pg/pg_rows.h"

#include <glib.h>
#include <string.h>

/* Cells lie in blocks that never move, so that pointers into them stay. */
enum { BLOCK_BYTES = 65536 };

struct pg_rows_copied {
	GPtrArray *blocks, *cells;
	GArray *lengths;
	char *at;
	size_t room, bytes;
};

static int64_t affected(PGresult *result)
{
	return g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
}

struct pg_rows *pg_rows_of(PGresult *result)
{
	struct pg_rows *r = g_new0(struct pg_rows, 1);
	size_t rows = (size_t)PQntuples(result), columns = (size_t)PQnfields(result);
	const char **cells = g_new(const char *, rows *columns);
	int *lengths = g_new(int, rows *columns);

	for (size_t i = 0; i < rows * columns; i++) {
		int row = (int)(i / columns), column = (int)(i % columns);

		cells[i] =
			PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
		lengths[i] = PQgetlength(result, row, column);
	}
	r->result = result;
	r->rows = (struct rows){rows, columns, affected(result), cells, lengths};
	return r;
}

struct pg_rows *pg_rows_begin(void)
{
	struct pg_rows *r = g_new0(struct pg_rows, 1);

	r->copied = g_new0(struct pg_rows_copied, 1);
	r->copied->blocks = g_ptr_array_new_with_free_func(g_free);
	r->copied->cells = g_ptr_array_new();
	r->copied->lengths = g_array_new(FALSE, FALSE, sizeof(int));
	return r;
}

static char *keep(struct pg_rows_copied *c, const char *cell, size_t length)
{
	size_t size = length + 1;
	char *at;

	if (size > c->room) {
		c->room = MAX(size, BLOCK_BYTES);
		c->at = g_malloc(c->room);
		g_ptr_array_add(c->blocks, c->at);
	}
	at = c->at;
	memcpy(at, cell, size); /* libpq ends every cell with a zero byte */
	c->at += size;
	c->room -= size;
	return at;
}

bool pg_rows_add(struct pg_rows *r, const PGresult *result, size_t max_bytes, struct fault *f)
{
	struct pg_rows_copied *c = r->copied;
	int rows = PQntuples(result), columns = PQnfields(result);

	for (int row = 0; row < rows; row++) {
		for (int column = 0; column < columns; column++) {
			int length = PQgetlength(result, row, column);
			bool null = PQgetisnull(result, row, column);

			/* A cell costs its place in the two arrays as well. */
			c->bytes += (size_t)length + 1 + sizeof(char *) + sizeof(int);
			if (c->bytes > max_bytes) {
				return fault_set(f, FAULT_TOO_LARGE,
					"the answer is larger than the limit of %zu bytes",
					max_bytes);
			}
			g_ptr_array_add(c->cells,
				null ? NULL
				     : keep(c, PQgetvalue(result, row, column), (size_t)length));
			g_array_append_val(c->lengths, length);
		}
		r->rows.row_count++;
	}
	r->rows.column_count = (size_t)columns;
	return true;
}

void pg_rows_end(struct pg_rows *r, PGresult *last)
{
	r->rows.column_count = (size_t)PQnfields(last);
	r->rows.affected = affected(last);
	r->rows.cells = (const char *const *)r->copied->cells->pdata;
	r->rows.lengths = (const int *)(const void *)r->copied->lengths->data;
}

void pg_rows_destroy(struct pg_rows *r)
{
	if (!r) {
		return;
	}
	if (r->copied) {
		g_ptr_array_unref(r->copied->blocks);
		g_ptr_array_unref(r->copied->cells);
		g_array_unref(r->copied->lengths);
		g_free(r->copied);
	} else {
		g_free((gpointer)(uintptr_t)r->rows.cells);
		g_free((gpointer)(uintptr_t)r->rows.lengths);
		PQclear(r->result);
	}
	g_free(r);
}
