/* What the names of a parsed text mean, and of what type everything is.
 *
 * After this a tree holds no NODE_NAME, NODE_STAR or NODE_PLACEHOLDER, every node has its type and
 * every call its function; whatever cannot be computed has been refused.  hogql_resolve.c has
 * names, hogql_call.c calls, hogql_select.c whole queries. */
#pragma once
#include "insight/hogql_node.h"
#include "lib/base/json.h"

struct hogql_scope {
	const struct hogql_scope *outer;
	struct hogql_select *select;
	guint with_count; /* how many of its WITH can be named by now */
	bool in_on, in_where;
	unsigned depth; /* of the deepest query within it so far */
};

struct hogql_resolver {
	struct hogql_tree *tree;
	struct hogql_scope *scope;
	bool may_query; /* subqueries, and joins of persons and groups */
	const json_t *constants; /* what {name} and {variables.name} stand for; or NULL */
	bool has_filters, has_from, has_to;
	int64_t from_us, to_us; /* {filters.dateRange.from} */
	unsigned depth;
	struct fault *fault;
};

bool hogql_resolve_node(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
bool hogql_resolve_query(struct hogql_resolver *r, struct hogql_query *query) MUST_CHECK;

/* For selects that others put together of expressions. */
bool hogql_resolve_condition(
	struct hogql_resolver *r, struct hogql_node *node, bool takes_aggregates) MUST_CHECK;
/* Beside groups every column is one of them or inside of an aggregate. */
bool hogql_check_groups(struct hogql_resolver *r, const struct hogql_select *select,
	struct hogql_node *node) MUST_CHECK;
/* arrayJoin makes rows, so it stands alone as a column. */
bool hogql_check_unnest(
	struct hogql_resolver *r, struct hogql_node *node, bool is_column) MUST_CHECK;
bool hogql_has_unnest(const struct hogql_node *node);

/* Between the files. */
bool hogql_resolve_call(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
bool hogql_resolve_special(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
bool hogql_check_letter(
	struct hogql_resolver *r, struct hogql_node *node, struct hogql_node *arg, char letter);
/* A node of one of ours in place of what was written. */
struct hogql_node *hogql_resolve_new(
	struct hogql_resolver *r, enum hogql_shape shape, struct hogql_place place);
/* Reads a text that stands where a time does. */
bool hogql_resolve_date(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
/* The kind that two values are compared as. */
bool hogql_compared_kind(struct hogql_resolver *r, struct hogql_node *node, struct hogql_node *a,
	struct hogql_node *b, enum hogql_kind *out) MUST_CHECK;
/* What a node stands for behind its aliases. */
struct hogql_node *hogql_behind_alias(struct hogql_node *node);
