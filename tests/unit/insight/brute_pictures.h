/* Box plots and heat maps counted the slow way (brute_facts.h). */
#pragma once
#include "tests/unit/insight/world_axis.h"

/* The list of boxes. */
json_t *brute_boxes(const struct world *w, const json_t *query, const struct world_dates *dates);
/* The heat map of the first series. */
json_t *brute_heat(const struct world *w, const json_t *query, const struct world_dates *dates);
