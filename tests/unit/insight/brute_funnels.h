/* Funnels counted the slow way: actor by actor, event by event, as spec/insights.md 2.3 tells it.
 * It shares no line with insight/. */
#pragma once
#include "tests/unit/insight/world_axis.h"

/* The `results` of the query, without `labels`.  It knows what the random test asks for. */
json_t *brute_funnel(const struct world *w, const json_t *query, const struct world_dates *dates);
/* Whether the funnel counted anyone. */
bool brute_funnel_counts(const json_t *results);
