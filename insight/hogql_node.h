/* What HogQL's parser makes of a text: expressions and selects.
 *
 * Operators, CASE, casts and the like are calls of the functions they are short for, so that
 * everything after the parser knows calls only.  A node may stand in two places (BETWEEN names
 * its value twice); all of them belong to the tree and end with it.
 *
 * To add a kind, add its enumerator here and its case in hogql_resolve.c and hogql_write.c. */
#pragma once
#include "insight/dates.h"
#include "insight/hogql_function.h"
#include "insight/hogql_schema.h"
#include "insight/hogql_token.h"
#include "insight/hogql_type.h"

/* Names that stand for values are written out wherever they stand: HOGQL_MAX_WRITTEN bounds what
 * comes of it. */
enum {
	HOGQL_MAX_NODES = 10000,
	HOGQL_MAX_DEPTH = 64,
	HOGQL_MAX_HEIGHT = 400,
	HOGQL_MAX_WRITTEN = 20000
};

enum hogql_shape {
	NODE_NUMBER, /* text */
	NODE_TEXT, /* text */
	NODE_TRUE,
	NODE_FALSE,
	NODE_NULL,
	NODE_NAME, /* names: a.b.c, until it is known what it means */
	NODE_COLUMN, /* of a table: table, column */
	NODE_PATH, /* args[0] is JSON, names lead into it */
	NODE_ALIAS, /* args[0] is what the name stands for */
	NODE_CALL,
	NODE_LIST, /* (1, 2, 3) */
	NODE_ARRAY, /* [1, 2, 3] */
	NODE_SUBQUERY,
	NODE_STAR, /* names: the table's alias, or empty */
	NODE_PLACEHOLDER, /* {names} */
	NODE_FILTERS /* {filters}: the condition that the query's filters make */
};

enum hogql_frame_end { FRAME_NONE, FRAME_UNBOUNDED, FRAME_CURRENT, FRAME_ROWS };

struct hogql_over {
	GPtrArray *partition; /* struct hogql_node */
	GPtrArray *order; /* struct hogql_order */
	bool has_frame;
	enum hogql_frame_end from, to;
	bool from_follows, to_follows;
	int64_t from_rows, to_rows;
};

struct hogql_query;
struct hogql_table;

struct hogql_node {
	enum hogql_shape shape;
	struct hogql_place place;
	unsigned height; /* nodes from here to the farthest below, names written out */
	unsigned weight; /* how many nodes it is, names written out */
	const char *text; /* of a call: as it was written */
	GPtrArray *args; /* struct hogql_node; or NULL */
	GPtrArray *names; /* char; or NULL */
	/* calls */
	GPtrArray *parameters; /* quantile(0.9)(x); or NULL */
	bool is_distinct;
	struct hogql_over *over;
	const struct hogql_function *function;
	struct hogql_node *condition; /* of sumIf */
	enum calendar_unit unit;
	/* subqueries and columns */
	struct hogql_query *query;
	struct hogql_table *table;
	const struct hogql_column *column;
	/* texts that are compared with a time */
	struct date_text date;
	/* what resolving found */
	bool is_resolved, is_busy;
	bool has_aggregate, has_window, has_column;
	enum hogql_kind as; /* what comparisons and lists make of their arguments */
	bool is_bare; /* a comparison that may be null: of ON */
	struct hogql_type type;
};

struct hogql_order {
	struct hogql_node *node;
	bool is_descending, has_nulls, nulls_first;
};

/* A table of a FROM: one of ours, or a subquery. */
struct hogql_table {
	struct hogql_place place;
	char *name; /* NULL: a subquery */
	char *alias; /* as the customer calls it; or NULL */
	char *sql_name; /* as statements call it: one of ours */
	struct hogql_query *query; /* of a subquery or a WITH */
	const struct hogql_schema *schema;
	struct hogql_node *on; /* NULL for the first */
	bool is_left; /* LEFT JOIN */
	bool may_join; /* persons and groups are joined rather than looked up */
	bool joins_person;
	bool joins_group[5];
};

struct hogql_item {
	struct hogql_node *node;
	char *alias; /* or NULL */
	char *name; /* of the result's column */
	struct hogql_type type; /* after UNION ALL made the branches alike */
};

struct hogql_with {
	char *name;
	struct hogql_query *query; /* or */
	struct hogql_node *node;
	struct hogql_place place;
};

struct hogql_select {
	struct hogql_place place;
	bool is_distinct;
	GPtrArray *with; /* struct hogql_with */
	GPtrArray *items; /* struct hogql_item */
	GPtrArray *tables; /* struct hogql_table; empty without FROM */
	struct hogql_node *where, *having;
	GPtrArray *group; /* struct hogql_node */
	GPtrArray *order; /* struct hogql_order */
	int64_t limit, offset; /* -1: none */
	bool has_aggregate;
};

struct hogql_query {
	GPtrArray *selects; /* struct hogql_select: more than one for UNION ALL */
	bool is_resolved;
	unsigned depth; /* of queries within it */
};

/* Owns every node of one text. */
struct hogql_tree;

struct hogql_tree *hogql_tree_create(void);
void hogql_tree_destroy(struct hogql_tree *tree); /* NULL is fine */

/* NULL past HOGQL_MAX_NODES, and then always. */
struct hogql_node *hogql_node_new(
	struct hogql_tree *tree, enum hogql_shape shape, struct hogql_place place);
char *hogql_tree_text(struct hogql_tree *tree, const char *text, size_t length);
void *hogql_tree_take(struct hogql_tree *tree, size_t bytes); /* zeroed */
GPtrArray *hogql_tree_list(struct hogql_tree *tree);

/* Appends and keeps the height. */
void hogql_node_add(struct hogql_tree *tree, struct hogql_node *node, struct hogql_node *arg);
struct hogql_node *hogql_arg(const struct hogql_node *node, guint i);
guint hogql_arg_count(const struct hogql_node *node);
/* Whether both compute the same. */
bool hogql_node_same(const struct hogql_node *a, const struct hogql_node *b);
