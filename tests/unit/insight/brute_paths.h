/* Paths counted the slow way: one actor's items after another in an array (spec/insights.md 2.5).
 */
#pragma once
#include "tests/unit/insight/world_axis.h"

/* The edges of a result. */
json_t *brute_paths(const struct world_axis *axis, const json_t *query);
/* What the event is called on a path, NULL for nothing; g_free() it. */
char *brute_item(const json_t *filter, const struct world_event *e);
