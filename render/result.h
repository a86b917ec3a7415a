/* A result as charts read it: series of numbers over shared buckets (spec/insights.md 3.1, 3.2).
 *
 * Parsed once from the query and its result JSON; read-only from then on.  A result of the wrong
 * shape is FAULT_CORRUPT and says which member is wrong. */
#pragma once
#include "lib/base/json.h"
#include "render/theme.h"

enum interval { INTERVAL_MINUTE, INTERVAL_HOUR, INTERVAL_DAY, INTERVAL_WEEK, INTERVAL_MONTH };

struct series {
	const char *label;       /* what the legend says; owned by the result */
	struct color color;
	double *values;          /* [bucket_count]; NAN is missing */
	double aggregated;       /* NAN: a time series */
	double count;
	bool previous;           /* of the compared period: half strength */
	bool hidden;
	bool is_other, is_none;  /* the remainder, or events without the property */
};

struct result {
	struct series *series;
	size_t series_count;
	char **days, **labels;   /* [bucket_count], NULL-terminated */
	size_t bucket_count;
	enum interval interval;
	bool last_is_open;       /* now lies in the last bucket */
	bool has_data;           /* any value other than 0 */
	const char *display;     /* ChartDisplayType; never NULL */
};

struct result_env {
	const struct theme *theme;
	const char *timezone; /* IANA */
	int64_t now_us;       /* when the data was computed; 0: no bucket is open */
};

bool result_read(const json_t *query, const json_t *result, const struct result_env *env,
	struct result **out, struct fault *f) MUST_CHECK;
void result_destroy(struct result *r); /* NULL is fine */

/* The kind of a query under its wrappers, e.g. "TrendsQuery"; "" when there is none. */
const json_t *query_unwrap(const json_t *query);
const char *query_kind(const json_t *query);
/* Its display for charts: trendsFilter.display and the like, else ActionsLineGraph. */
const char *query_display(const json_t *query);
/* trendsFilter and its sisters, by kind; NULL when absent. */
const json_t *query_filter(const json_t *query);
