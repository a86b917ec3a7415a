/* An insight's query to SQL, and its rows to the result JSON (spec/insights.md 2, 3).
 *
 * Pure: no loop, no network, no clock.  A computation asks for one statement after another and is
 * fed their rows; most need one.  What comes from the query reaches SQL only as a bound parameter
 * or as a name from our own tables.
 *
 * Actions and cohorts that a query names by id are fetched first; only then is such a query read,
 * and what is wrong with it said by insight_feed().
 *
 * To add a query kind: write kind_<name>.c, add its line to kind.def and CMakeLists.txt. */
#pragma once
#include "lib/base/json.h"
#include "lib/base/rows.h"
#include "lib/base/sql.h"

struct insight_env {
	int64_t project_id;
	const char *timezone; /* IANA; an unknown one is FAULT_INPUT */
	int week_start_day; /* 0 Sunday, 1 Monday */
	int64_t now_us; /* microseconds since 1970 */
	const json_t *test_account_filters; /* or NULL */
	int max_buckets; /* past it FAULT_TOO_LARGE; 0: 10,000 */
	/* How many rows a list has in an export, 300,000 at most, whatever limit a list of events,
	 * persons or groups names; SQL's own LIMIT stays.  0: as many as the query says, 50,000 at
	 * most. */
	int max_rows;
};

struct insight_run;

/* `query`, `env` and what it points to must outlive the run.  Wrapper nodes are looked through.
 * FAULT_QUERY names the field; FAULT_UNSUPPORTED the kind or the option; FAULT_DATE the date. */
bool insight_begin(const json_t *query, const struct insight_env *env, struct insight_run **out,
	struct fault *f) MUST_CHECK;
/* The next statement to run, which the caller takes over, or NULL when the result is ready.
 * `*statement` reads events, persons and the like of the project as role platen_query. */
bool insight_next(struct insight_run *run, struct sql **statement, struct fault *f) MUST_CHECK;
bool insight_feed(struct insight_run *run, const struct rows *rows, struct fault *f) MUST_CHECK;
/* {"results": …} as the API answers it; the caller owns it.  Only after insight_next() gave NULL.
 */
bool insight_result(struct insight_run *run, json_t **result, struct fault *f) MUST_CHECK;
void insight_end(struct insight_run *run); /* NULL is fine */

/* What a header says of a query: "Trends", "Last 7 days", "$pageview count".  g_free() them. */
const char *insight_kind_text(const json_t *query);
char *insight_period_text(const json_t *query, const struct insight_env *env);
char *insight_derived_name(const json_t *query);

/* The query with a dashboard's and then a tile's filters on top: date range, properties,
 * breakdown (spec/insights.md 6.1).  The caller owns the new query; NULL filters change nothing. */
json_t *insight_with_filters(const json_t *query, const json_t *filters, const json_t *overrides);
/* The query with other values for the variables that its SQL text has: {id: {code_name, variableId,
 * value}}, by id.  What else stands there changes nothing.  The caller owns the new query. */
json_t *insight_with_variables(const json_t *query, const json_t *variables);

/* What a query that stands for a saved insight calls it, its short id; NULL for any other query.
 * Whoever computes such a query puts the insight's own in its place. */
const char *insight_saved_id(const json_t *query);
