/* A list of rows: the columns of events, persons or groups that a query selects, in its order, from
 * one place on (spec/insights.md 1.16, 2.8, 3.12).
 *
 * Columns, conditions and orders are HogQL, each read by itself so that a fault names its place:
 * "select[2]: 1:5: …".  Beside aggregates the other columns are what rows are grouped by.  Which
 * rows there are is the kind's to say: it writes FROM's further tables and WHERE.
 *
 * Rows come page by page, a statement each, and one row more than wanted tells whether there are
 * more.  Where the order is that of the table's own time, a page begins behind the key (time, id)
 * of the last row: each is one step into an index however far down it lies, and rows that arrive
 * meanwhile shift nothing.  Any other order counts rows with OFFSET, its ties made total by the id
 * or by all that is grouped by.  table_feed() is the only place that sees a page: what takes rows
 * as they come, without JSON, takes them there.
 *
 * To add a kind of table, write its struct table_form; to add a column that is an object, a line to
 * its objects. */
#pragma once
#include "insight/hogql_resolve.h"
#include "insight/kind.h"

enum {
	TABLE_MAX_COLUMNS = 200,
	TABLE_MAX_CONDITIONS = 100,
	TABLE_MAX_ORDERS = 20,
	TABLE_PAGE_ROWS = 10000,
	TABLE_PAGE_OBJECTS = 2000, /* rows of a page where a column is an object */
	TABLE_PAGE_COUNTED = 5, /* times as many where each page sorts all rows anew */
	TABLE_MAX_BYTES = 256 * 1024 * 1024 /* of all cells as text */
};

/* A column that is an object: "*", "person". */
struct table_object {
	const char *word;
	/* Of the table, "person.x" of an event's person, "distinct_ids" of the person whose id
	 * stands first; NULL ends them. */
	const char *const *columns;
	/* From their values, which stay the caller's, in that order. */
	json_t *(*make)(json_t *const *values, const struct insight_env *env);
};

/* A name that stands for an expression. */
struct table_word {
	const char *name, *text;
};

struct table_form {
	const struct hogql_schema *schema;
	const char *alias; /* what queries call the table besides; or NULL */
	const char *time; /* its column of time: the default order, the latest first */
	const char *key; /* unique in a project */
	const struct table_object *objects;
	size_t object_count;
	const struct table_word *words;
	size_t word_count;
	const char *const *columns; /* where the query selects none; NULL ends them */
	const char *skipped; /* a column that is none; or NULL */
	bool has_own_columns; /* whatever the query selects */
};

struct table_rows {
	/* Further tables, and " WHERE …" of all that the query restricts. */
	void (*write_joined)(const void *context, struct writer *w);
	void (*write_where)(const void *context, struct writer *w);
	const void *context;
};

struct table_column {
	char *name;
	const struct table_object *object; /* or NULL: one cell */
	guint first, count; /* of the cells */
};

/* A value of a row: an item of the select list, or the distinct ids of the person in it. */
struct table_cell {
	guint item;
	bool is_ids;
};

struct table {
	const struct table_form *form;
	const struct kind_context *context;
	struct table_rows rows;
	struct hogql_tree *tree;
	struct hogql_select *select;
	struct hogql_table *main;
	GArray *columns; /* struct table_column */
	GArray *cells; /* struct table_cell */
	GPtrArray *where, *having; /* struct hogql_node */
	/* which text of orderBy each order is from, and of where each of having */
	GArray *order_texts, *having_texts; /* size_t */
	unsigned weight; /* of all nodes, names written out */
	bool is_grouped, is_keyed, is_descending, has_objects;
	int64_t limit, offset;
	/* the pages so far */
	int64_t count, asked; /* rows there are, rows of the statement that is out */
	bool is_complete, has_more;
	int64_t last_us; /* of the last row, where the order is keyed */
	char *last_key;
	size_t bytes;
	json_t *results;
};

/* Reads select, where, orderBy, limit and offset.  `joined` is a further table that names may speak
 * of, or NULL.  Finish *out in either case; it does not move. */
bool table_read(struct table *out, const struct table_form *form, const struct hogql_schema *joined,
	const struct table_rows *rows, const struct kind_context *c, struct fault *f) MUST_CHECK;
void table_finish(struct table *t);

/* The next page's statement, or NULL after the last. */
struct sql *table_next(struct table *t);
bool table_feed(struct table *t, const struct rows *rows, struct fault *f) MUST_CHECK;
/* {columns, types, results, hasMore, limit, offset}; the caller owns it. */
json_t *table_result(struct table *t);

/* Between the files. */
bool table_read_words(struct table *t, struct hogql_resolver *r) MUST_CHECK;
bool table_read_columns(struct table *t, struct hogql_resolver *r, const json_t *list) MUST_CHECK;
/* Where a column stands in `select`, which has those that are skipped too. */
size_t table_place_in_select(const struct table *t, const json_t *list, guint column);
/* Before anything walks over all of a node. */
bool table_weigh(
	struct table *t, struct hogql_resolver *r, const struct hogql_node *node) MUST_CHECK;
const struct hogql_item *table_item(const struct table *t, guint i);
/* NULL where it would be too long. */
struct sql *table_statement(const struct table *t, int64_t limit, int64_t offset);
