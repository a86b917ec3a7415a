/* Lists of events, persons and groups, made the slow way: every row of a world looked at, every
 * value made by itself, all of them sorted (spec/insights.md 1.16, 2.8, 3.12).
 *
 * To add a column, an aggregate or a condition, add its line to brute_tables.c. */
#pragma once
#include "tests/unit/insight/world.h"

enum brute_table { BRUTE_EVENTS, BRUTE_PERSONS, BRUTE_GROUPS };

/* A column's text, of those that can be sorted by or of all; an aggregate's; a condition's. */
const char *brute_table_column(GRand *dice, enum brute_table table, bool is_sortable);
const char *brute_table_aggregate(GRand *dice);
const char *brute_table_condition(GRand *dice);

/* {results, hasMore} of a query made of the above; numbers are as they may come. */
json_t *brute_table_result(enum brute_table table, const struct world *w, const json_t *query);
