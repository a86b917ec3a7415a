/* One row of an events file: which cell is what, and what it becomes as a line for COPY.
 *
 * To add a column: its line in the table of event_row.c and its name in load_events.c. */
#pragma once
#include "ctl/table_file.h"

#include <glib.h>

/* Where each column stands in the file; filled from the header. */
struct event_columns {
	int64_t project_id;
	size_t count; /* cells of a row */
	int at[TABLE_MAX_COLUMNS]; /* the meaning of the nth cell */
};

/* FAULT_INPUT names an unknown, doubled or missing column. */
bool event_columns_read(struct event_columns *c, int64_t project_id, const struct table_row *header,
	struct fault *f) MUST_CHECK;

/* Appends the row as text for COPY, with the person that its distinct id means.  FAULT_INPUT names
 * line and column of the first cell that is wrong; `copy` then has its old length. */
bool event_row_write(const struct event_columns *c, const struct table_row *row, GString *copy,
	struct fault *f) MUST_CHECK;

/* Names and types of a line's columns, as CREATE TABLE wants them.  g_free() it. */
char *event_row_table_sql(void);

/* The same person for the same project and distinct id, wherever and whenever it is asked. */
void event_person_id(int64_t project_id, const char *distinct_id, char out[37]);
