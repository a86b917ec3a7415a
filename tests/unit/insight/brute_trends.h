/* Trends counted the slow way (brute_facts.h): lines of series and formulas, as results have them.
 *
 * It knows what random queries need: absolute dates, the ways of writing a query that
 * test_random_trends.c writes. */
#pragma once
#include "tests/unit/insight/world_axis.h"

/* [{"label", "key", "days", "numbers"}] in the order of a result; a total has no days, a box or
 * heat map what it is.  NULL where two lines are so near each other that the last digits decide
 * their order. */
json_t *brute_results(const struct world *w, const json_t *query, const struct world_dates *dates);
