/* Property filters, made at random and evaluated the slow way (spec/insights.md 1.4).
 *
 * To add an owner of properties (session, cohort …), add its enumerator and name, a case to
 * world_filter_text() or, where it is no property of a row, to holds() of world_filter.c; to add
 * an operator, a function and its line in the tables of world_filter.c and world_filter_make.c. */
#pragma once
#include "tests/unit/insight/world.h"
#include "tests/unit/insight/world_values.h"

/* `owners` is a sum of enum world_owner.
 *
 * NULL, a list or a tree of AND and OR, as `properties` of a query or a series.  The caller owns
 * it. */
json_t *world_random_filters(GRand *dice, const struct world *w, unsigned owners);
/* One filter: {key, type, operator, value}. */
json_t *world_random_filter(GRand *dice, const struct world *w, unsigned owners);

/* A list, a tree, one filter, or NULL, which always holds. */
bool world_filter_holds(const json_t *filter, const struct world *w, const struct world_event *e);
/* The text of the property that a filter or a breakdown speaks of; NULL for none; g_free() it. */
char *world_filter_text(const struct world *w, const struct world_event *e, const char *type,
	int group_index, const char *key);
