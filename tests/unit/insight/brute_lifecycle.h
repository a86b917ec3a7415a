/* Lifecycles counted the slow way: sets of the texts of buckets (spec/insights.md 2.7). */
#pragma once
#include "tests/unit/insight/world_axis.h"

/* The items of a result without actions and labels. */
json_t *brute_lifecycle(const struct world_axis *axis, const json_t *query);
