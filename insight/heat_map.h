/* When in the week something happens: a cell for each weekday and hour of the project's clock
 * (spec/insights.md 2.2.13, 3.4).
 *
 * Events are counted, or people: each of them once a cell, once a row, once a column and once in
 * all, at the moment their session began. */
#pragma once
#include "insight/kind.h"
#include "insight/series.h"
#include "insight/window.h"

/* FAULT_UNSUPPORTED for a math that is neither. */
bool heat_map_check(const struct series *s, struct fault *f) MUST_CHECK;
/* Rows of (level, place, number): the hours of a week that begins on Monday, then, of people, its
 * days, the hours of a day, and all. */
struct sql *heat_map_statement(const struct series *s, const struct scope *scope,
	const struct window *window, const struct kind_context *c);
/* {"data", "rowAggregations", "columnAggregations", "allAggregations"}; the caller owns it. */
bool heat_map_read(const struct series *s, const struct scope *scope, const struct rows *rows,
	json_t **out, struct fault *f) MUST_CHECK;
