/* The values of HogQL on their way out: from a statement as text that no setting of the session
 * changes, and from there to the JSON of an answer (spec/insights.md 3.12).
 *
 * Whole numbers are integers and others reals, times ISO texts of the project's clock, dates
 * YYYY-MM-DD, arrays lists, objects themselves; what is no number of JSON is null. */
#pragma once
#include "insight/hogql_write.h"
#include "insight/zone.h"
#include "lib/base/json.h"

void hogql_cell_write(struct hogql_writer *hw, struct hogql_slot slot, struct hogql_type type);
/* `cell` may be NULL.  The caller owns the value. */
json_t *hogql_cell_read(const char *cell, struct hogql_type type, const struct zone *zone);
