/* Which events a random query counts and whose they are, the slow way, and the random members of a
 * query that say so: filters, a sample, groups instead of people (spec/insights.md 1.2, 2.1). */
#pragma once
#include "tests/unit/insight/world.h"

/* Adds `properties`, `samplingFactor` and `aggregation_group_type_index`, or not. */
void random_rows(GRand *dice, const struct world *w, json_t *query);
/* {"kind", "event", "math"…, "properties"}; with a math that counts actors.  The caller owns it. */
json_t *random_actor_series(GRand *dice, const struct world *w);

/* Filters and the sample hold. */
bool brute_counts(const json_t *query, const struct world *w, const struct world_event *e);
/* The node's event, and its own filters hold. */
bool brute_is_of(const json_t *node, const struct world *w, const struct world_event *e);
/* Whom it counts for, by the node's math (which may be NULL) and the query; NULL: nobody. */
const char *brute_actor(const json_t *query, const json_t *node, const struct world_event *e);
int brute_group(const json_t *query, const json_t *node); /* -1: people */
/* A sample's count as one of all. */
int64_t brute_scaled(const json_t *query, int64_t count);
