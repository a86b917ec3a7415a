/* A result as charts read it: series of numbers over shared buckets (spec/insights.md 3.1, 3.2).
 *
 * Parsed once from the query and its result JSON; read-only from then on.  A result of the wrong
 * shape is FAULT_CORRUPT and says which member is wrong. */
#pragma once
#include "lib/base/json.h"
#include "render/query.h"
#include "render/theme.h"

enum interval { INTERVAL_MINUTE, INTERVAL_HOUR, INTERVAL_DAY, INTERVAL_WEEK, INTERVAL_MONTH };

/* Past these a chart is FAULT_TOO_LARGE. */
enum { RESULT_MAX_SERIES = 1000, RESULT_MAX_POINTS = 100000 };

struct series {
	char *label; /* what the legend says */
	char *name; /* of the event, action or formula, without breakdown */
	char **breakdown; /* texts of the breakdown values, NULL-terminated; NULL: none */
	struct color color;
	double *values; /* [bucket_count]; NAN is missing */
	double aggregated; /* NAN: a time series */
	double count; /* the sum a server gives; NAN: none given */
	bool previous; /* of the compared period: half strength */
	bool hidden;
	bool is_other, is_none; /* the remainder, or events without the property */
};

struct result {
	struct series *series;
	size_t series_count;
	char **days, **labels; /* [bucket_count], NULL-terminated */
	size_t bucket_count;
	enum interval interval;
	bool last_is_open; /* now lies in the last bucket */
	bool has_data; /* any value other than 0 */
	bool compares; /* some series are of a previous period */
	char **breakdowns; /* names of what is broken down by, NULL-terminated; may be empty */
	char *display; /* ChartDisplayType; never NULL */
};

struct result_env {
	const struct theme *theme;
	const char *timezone; /* IANA */
	int64_t now_us; /* when the data was computed; 0: no bucket is open */
};

bool result_read(const json_t *query, const json_t *result, const struct result_env *env,
	struct result **out, struct fault *f) MUST_CHECK;
void result_destroy(struct result *r); /* NULL is fine */

/* The list under `results` or `result`, or the value itself when it is a list; NULL when there is
 * none.  Borrowed. */
const json_t *result_list(const json_t *result);
