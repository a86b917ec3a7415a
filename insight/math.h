/* What a series counts in each bucket (spec/insights.md 1.6, 2.2).
 *
 * To add one whose shape exists, add its line to math.def; a new shape is an enumerator here and a
 * case in math_sql.c. */
#pragma once
#include "lib/base/fault.h"

enum math_shape {
	MATH_ROWS, /* events */
	MATH_ACTORS, /* different people, or groups where a query counts those */
	MATH_SESSIONS, /* different sessions */
	MATH_GROUPS, /* different groups of the series' own type */
	MATH_ACTIVE, /* different people of the days that end with the bucket's first */
	MATH_FIRST_EVENT, /* people whose first event of all is this one */
	MATH_FIRST_MATCH, /* people whose first event that matches is this one */
	MATH_PROPERTY, /* an aggregate of a property */
	MATH_PER_ACTOR, /* an aggregate of how often each did it */
	MATH_EXPRESSION /* an aggregate of the query's own */
};

enum aggregate {
	AGGREGATE_OWN, /* of MATH_EXPRESSION */
	AGGREGATE_COUNT,
	AGGREGATE_SUM,
	AGGREGATE_AVG,
	AGGREGATE_MIN,
	AGGREGATE_MAX,
	AGGREGATE_PERCENTILE
};

struct math {
	const char *name;
	const char *text; /* after an event's name: "count" */
	enum math_shape shape;
	enum aggregate aggregate;
	double number; /* of PERCENTILE: which; of MATH_ACTIVE: how many days */
};

const struct math *math_lookup(const char *name); /* or NULL */
/* Counts and sums: parts add up, and a sample of people is scaled up (spec/insights.md 2.2.10). */
bool math_is_additive(const struct math *m);
