/* Who came to a step of a funnel and when, the slow way: for funnels of differently named events in
 * an order (spec/insights.md 1.13, 2.3). */
#pragma once
#include "tests/unit/insight/world_axis.h"

/* Adds `funnelPathsFilter`, over the same dates and actors as the query. */
void random_paths_funnel(
	GRand *dice, const struct world *w, const struct world_dates *dates, json_t *query);
/* Between which instants an actor's events are on the paths; false: none are. */
bool brute_paths_bounds(const struct world_axis *axis, const json_t *query, const char *actor,
	int64_t *since_us, int64_t *until_us);
