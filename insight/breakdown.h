/* By what a query's series are split, and into how many (spec/insights.md 1.7, 2.2.6): by up to
 * three properties, whose values are ranked, or by cohorts, each of which has a line.
 *
 * To add a way to tell values apart, add it to struct breakdown_part, breakdown.c and
 * breakdown_sql.c. */
#pragma once
#include "insight/cohort.h"
#include "insight/expression.h"

enum {
	BREAKDOWN_DEFAULT_LIMIT = 25,
	BREAKDOWN_MAP_LIMIT = 250,
	BREAKDOWN_MAX_LIMIT = 1000,
	BREAKDOWN_MAX_PARTS = 3,
	BREAKDOWN_MAX_BINS = 500,
	BREAKDOWN_MAX_COHORTS = 50
};

/* What stands in results for events without the property and for the values past the limit. */
#define BREAKDOWN_NONE_KEY "$$_posthog_breakdown_null_$$"
#define BREAKDOWN_OTHER_KEY "$$_posthog_breakdown_other_$$"

struct breakdown_part {
	struct property property;
	struct expression *expression; /* instead of a property; or NULL */
	int bins; /* 0: values themselves */
	bool trims_urls;
};

struct breakdown_cohort {
	int64_t id; /* 0: all users */
	struct cohort *condition; /* NULL: all users */
	const char *name; /* borrowed from the references */
};

struct breakdown {
	bool is_set;
	bool is_list; /* a value is a list of texts in results */
	struct property property; /* that of the first part, borrowed from it */
	struct breakdown_part parts[BREAKDOWN_MAX_PARTS];
	size_t part_count; /* 0 with cohorts */
	struct breakdown_cohort cohorts[BREAKDOWN_MAX_COHORTS];
	size_t cohort_count;
	int limit;
	bool hides_other;
};

/* FAULT_QUERY and FAULT_UNSUPPORTED begin with "breakdownFilter."  Finish *out in either case. */
bool breakdown_read_parts(const json_t *query, struct filter_reader *r, int default_limit,
	struct breakdown *out, struct fault *f) MUST_CHECK;
/* The same for kinds that split by one property's values as they are: the rest is refused. */
bool breakdown_read(
	const json_t *query, int default_limit, struct breakdown *out, struct fault *f) MUST_CHECK;
void breakdown_finish(struct breakdown *b);
