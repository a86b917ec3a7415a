/* Stickiness counted the slow way: an array of counts for every actor (spec/insights.md 2.6). */
#pragma once
#include "tests/unit/insight/world_axis.h"

/* The items of a result without their actions; a label to compare by, or NULL. */
json_t *brute_stickiness(
	const struct world_axis *axis, const json_t *query, const char *compare_label);
