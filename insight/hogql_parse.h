/* Tokens of HogQL to a tree (hogql_node.h): an expression, or a whole query.
 *
 * Nothing is known of names yet; what is refused here is refused for its form.  hogql_parse.c has
 * operators, hogql_parse_atom.c what stands between them, hogql_parse_select.c the clauses around.
 */
#pragma once
#include "insight/hogql_node.h"

struct hogql_parser {
	struct hogql_tree *tree;
	struct hogql_tokens tokens;
	const char *source;
	guint at;
	unsigned depth;
	struct fault *fault;
};

/* The whole text is one expression; *label is what follows a last "--", or NULL.  Borrowed from the
 * tree. */
bool hogql_parse_expression(struct hogql_tree *tree, const char *text, struct hogql_node **out,
	const char **label, struct fault *f) MUST_CHECK;
/* One column of a select list, "count() AS n"; and what may stand behind ORDER BY. */
bool hogql_parse_item(struct hogql_tree *tree, const char *text, struct hogql_item **out,
	struct fault *f) MUST_CHECK;
bool hogql_parse_orders(
	struct hogql_tree *tree, const char *text, GPtrArray *order, struct fault *f) MUST_CHECK;
bool hogql_parse_query(struct hogql_tree *tree, const char *text, struct hogql_query **out,
	struct fault *f) MUST_CHECK;

/* Between the files.  NULL with the fault. */
struct hogql_node *hogql_parse_value(struct hogql_parser *p);
struct hogql_node *hogql_parse_primary(struct hogql_parser *p);
/* Arguments up to the sign that closes them. */
bool hogql_parse_args(struct hogql_parser *p, struct hogql_node *node, const char *closes);
struct hogql_query *hogql_parse_selects(struct hogql_parser *p);
bool hogql_parse_order(struct hogql_parser *p, GPtrArray *order);
bool hogql_parse_values(struct hogql_parser *p, GPtrArray *list);

const struct hogql_token *hogql_token(const struct hogql_parser *p, guint ahead);
bool hogql_at_sign(const struct hogql_parser *p, const char *sign);
bool hogql_at_word(const struct hogql_parser *p, const char *word);
/* Steps over it when it is there. */
bool hogql_take_sign(struct hogql_parser *p, const char *sign);
bool hogql_take_word(struct hogql_parser *p, const char *word);
/* Refuses when it is not. */
bool hogql_need_sign(struct hogql_parser *p, const char *sign);
bool hogql_need_word(struct hogql_parser *p, const char *word);
/* A name that is no keyword, or NULL without a fault. */
char *hogql_take_name(struct hogql_parser *p);
bool hogql_unexpected(struct hogql_parser *p, const char *wanted);
bool hogql_enter(struct hogql_parser *p); /* one deeper */
void hogql_leave(struct hogql_parser *p);

bool hogql_is_sign(const struct hogql_token *t, const char *sign);
bool hogql_is_word(const struct hogql_token *t, const char *word);
bool hogql_is_name(const struct hogql_token *t);
char *hogql_keep(struct hogql_parser *p, const char *text);
/* A node with the token's text and place. */
struct hogql_node *hogql_node_at(
	struct hogql_parser *p, enum hogql_shape shape, const struct hogql_token *t);
/* Takes NULL for either, which came with a fault. */
bool hogql_add(struct hogql_parser *p, struct hogql_node *node, struct hogql_node *arg);
/* A call that an operator is short for: named by the function, placed at the operator. */
struct hogql_node *hogql_call_of(struct hogql_parser *p, const struct hogql_token *t,
	const char *function, struct hogql_node *a, struct hogql_node *b);
