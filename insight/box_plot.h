/* A box for each bucket and series: how the values of a property are spread (spec/insights.md
 * 2.2.11, 3.3). */
#pragma once
#include "insight/trends.h"

/* Rows of (series, bucket, min, p25, median, p75, max, mean). */
struct sql *box_plot_statement(
	const struct trends *t, const struct trends_pass *pass, const struct kind_context *c);
/* Appends a box for each series and bucket; those without values are all zeros. */
bool box_plot_append_results(const struct trends *t, const struct trends_pass *pass,
	const struct zone *zone, const struct rows *rows, json_t *results,
	struct fault *f) MUST_CHECK;
