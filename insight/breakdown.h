/* By which property a query's series are split, and into how many (spec/insights.md 1.7, 2.2.6). */
#pragma once
#include "insight/property.h"
#include "lib/base/json.h"

enum { BREAKDOWN_DEFAULT_LIMIT = 25, BREAKDOWN_MAP_LIMIT = 250, BREAKDOWN_MAX_LIMIT = 1000 };

/* What stands in results for events without the property and for the values past the limit. */
#define BREAKDOWN_NONE_KEY "$$_posthog_breakdown_null_$$"
#define BREAKDOWN_OTHER_KEY "$$_posthog_breakdown_other_$$"

struct breakdown {
	bool is_set;
	struct property property;
	int limit;
	bool hides_other;
};

/* FAULT_QUERY and FAULT_UNSUPPORTED begin with "breakdownFilter." */
bool breakdown_read(
	const json_t *query, int default_limit, struct breakdown *out, struct fault *f) MUST_CHECK;
void breakdown_finish(struct breakdown *b);
