/* Whom a series counts, where nothing but its actors is counted: stickiness and lifecycle
 * (spec/insights.md 1.6, 2.6).
 *
 * To add a math that says who is counted, add it to series_actor.c; one that says what is counted
 * is for trends. */
#pragma once
#include "insight/scope.h"

/* `out` is a scope's actor: the query's own, or the group that `unique_group` names.  FAULT_QUERY
 * and FAULT_UNSUPPORTED begin with the member. */
bool series_actor_read(
	const json_t *node, const struct scope *s, int *out, struct fault *f) MUST_CHECK;
