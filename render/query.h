/* Looking into a query: its kind, display and filter, whatever node wraps it
 * (spec/insights.md 1.1, 1.9).
 *
 * Everything is borrowed from the query, which may be NULL or of any shape. */
#pragma once
#include "lib/base/json.h"

/* The query under its InsightVizNode and the like; NULL when there is none. */
const json_t *query_unwrap(const json_t *query);
/* e.g. "TrendsQuery"; "" when there is none. */
const char *query_kind(const json_t *query);
/* trendsFilter.display and the like, else ActionsLineGraph. */
const char *query_display(const json_t *query);
/* trendsFilter and its sisters, by kind; NULL when absent. */
const json_t *query_filter(const json_t *query);
