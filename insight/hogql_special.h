/* Calls whose arguments decide what is computed, by what they are about.
 *
 * Each sets the node's type, or refuses.  To add one, give it its line in hogql_special.c's table
 * and in that of hogql_write_call.c. */
#pragma once
#include "insight/hogql_resolve.h"

/* hogql_special_time.c */
bool hogql_resolve_date_add(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
bool hogql_resolve_sum(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
bool hogql_resolve_date_diff(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
bool hogql_resolve_week(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
bool hogql_resolve_trunc(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
bool hogql_resolve_interval_start(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
bool hogql_resolve_format(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
bool hogql_resolve_interval(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;
bool hogql_resolve_shift_named(struct hogql_resolver *r, struct hogql_node *node) MUST_CHECK;

/* hogql_special.c */
bool hogql_any_nullable(const struct hogql_node *node, guint from);
/* Says that the two do not go together. */
bool hogql_incomparable(struct hogql_resolver *r, const struct hogql_node *node,
	const struct hogql_node *a, const struct hogql_node *b);
