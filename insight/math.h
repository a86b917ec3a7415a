/* What a series counts in each bucket (spec/insights.md 1.6, 2.2).
 *
 * To add one whose shape exists, add its line to math.def; a new shape is an enumerator here and a
 * case in trends_sql.c. */
#pragma once
#include "lib/base/fault.h"

enum math_shape {
	MATH_ROWS, /* events */
	MATH_ACTORS, /* different people */
	MATH_REFUSED
};

struct math {
	const char *name;
	const char *text; /* after an event's name: "count" */
	enum math_shape shape;
};

const struct math *math_lookup(const char *name); /* or NULL */
