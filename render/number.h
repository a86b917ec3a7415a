/* Numbers as people read them: the axis formats of spec/insights.md 5.3.
 *
 * Rounding is half away from zero of the shortest decimal form, as browsers do it: 1.005 is 1.01.
 * To add a style: its name in number_style_named() and its case in number_text(). */
#pragma once
#include "lib/base/json.h"

enum number_style {
	NUMBER_NUMERIC,
	NUMBER_DURATION, /* seconds in */
	NUMBER_DURATION_MS, /* milliseconds in */
	NUMBER_PERCENTAGE, /* 0..100 in */
	NUMBER_PERCENTAGE_SCALED, /* 0..1 in */
	NUMBER_CURRENCY,
	NUMBER_SHORT, /* 1.23 K */
};

struct number_format {
	enum number_style style;
	const char *prefix, *postfix; /* borrowed; NULL is none */
	int decimals; /* at most */
	int min_decimals; /* at least */
};

/* What trendsFilter and its sisters ask for; the texts are the query's. */
struct number_format number_format_of(const json_t *query);

/* With prefix and postfix.  NAN is "-".  g_free() it. */
char *number_text(const struct number_format *format, double value);
/* Grouped by thousands, at most `decimals` digits after the point, at least `min_decimals`. */
char *number_plain(double value, int decimals, int min_decimals);
/* A share, 0..1 in: "33.3%". */
char *number_percent(double share, int decimals);
