/* insight_bench postgresql://… [ROUNDS]: computes the common kinds over the made events of
 * events.sql as a worker does, statement after statement as role platen_query, and prints the
 * median of the rounds beside its floor: the rows that it must look at, counted by Postgres. */
#include "insight/insight.h"
#include "lib/base/require.h"
#include "lib/pg/pg_wait.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_ROUNDS = 7, MAX_ROUNDS = 101 };

#define MONTH "\"dateRange\": {\"date_from\": \"2024-06-01\", \"date_to\": \"2024-06-30\"}"
#define PAGEVIEW "{\"kind\": \"EventsNode\", \"event\": \"$pageview\"}"
#define STEPS                                                                                      \
	PAGEVIEW ", {\"kind\": \"EventsNode\", \"event\": \"add to cart\"},"                       \
		 " {\"kind\": \"EventsNode\", \"event\": \"purchase\"}"
#define IN_MONTH "\"timestamp\" >= '2024-06-01Z' AND \"timestamp\" < '2024-07-01Z'"
#define FLOOR_PAGEVIEW                                                                             \
	"SELECT count(*) FROM events WHERE project_id = 1 AND event = '$pageview' AND " IN_MONTH
#define FLOOR_STEPS                                                                                \
	"SELECT count(*) FROM events WHERE project_id = 1 AND event IN ('$pageview', 'add to cart', 'purchase') AND " IN_MONTH
#define FLOOR_ALL "SELECT count(*) FROM events WHERE project_id = 1 AND " IN_MONTH

static const struct {
	const char *name, *query, *floor;
} cases[] = {
	{"trend, 30 days, count a day",
		"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [" PAGEVIEW "]}",
		FLOOR_PAGEVIEW},
	{"trend, 30 days, unique users a day",
		"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [{\"kind\": \"EventsNode\","
		" \"event\": \"$pageview\", \"math\": \"dau\"}]}",
		FLOOR_PAGEVIEW},
	{"trend, 30 days, by browser",
		"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [" PAGEVIEW "],"
		" \"breakdownFilter\": {\"breakdown\": \"$browser\"}}",
		FLOOR_PAGEVIEW},
	{"trend, 30 days, by the person's plan",
		"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [" PAGEVIEW "],"
		" \"breakdownFilter\": {\"breakdown\": \"plan\", \"breakdown_type\": \"person\"}}",
		FLOOR_PAGEVIEW},
	{"trend, 30 days, people on plan team",
		"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [" PAGEVIEW "], \"properties\":"
		" [{\"type\": \"person\", \"key\": \"plan\", \"value\": \"team\"}]}",
		FLOOR_PAGEVIEW},
	{"trend, 30 days, weekly active",
		"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [{\"kind\": \"EventsNode\","
		" \"event\": \"$pageview\", \"math\": \"weekly_active\"}]}",
		FLOOR_PAGEVIEW},
	{"trend, 30 days, first time for user",
		"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [{\"kind\": \"EventsNode\","
		" \"event\": \"$pageview\", \"math\": \"first_time_for_user\"}]}",
		"SELECT count(*) FROM events WHERE project_id = 1 AND event = '$pageview'"},
	{"trend, 30 days, p90 of a number",
		"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [{\"kind\": \"EventsNode\","
		" \"event\": \"purchase\", \"math\": \"p90\", \"math_property\": \"amount\"}]}",
		"SELECT count(*) FROM events WHERE project_id = 1 AND event = 'purchase' AND " IN_MONTH},
	{"trend, half a year by week",
		"{\"kind\": \"TrendsQuery\", \"interval\": \"week\", \"dateRange\": {\"date_from\": \"all\","
		" \"date_to\": \"2024-06-30\"}, \"series\": [" PAGEVIEW "]}",
		"SELECT count(*) FROM events WHERE project_id = 1 AND event = '$pageview'"},
	{"funnel of three steps, 30 days",
		"{\"kind\": \"FunnelsQuery\", " MONTH ", \"series\": [" STEPS "]}", FLOOR_STEPS},
	{"funnel of three steps, by browser",
		"{\"kind\": \"FunnelsQuery\", " MONTH ", \"series\": [" STEPS "],"
		" \"breakdownFilter\": {\"breakdown\": \"$browser\"}}",
		FLOOR_STEPS},
	{"funnel of three steps, strict",
		"{\"kind\": \"FunnelsQuery\", " MONTH ", \"series\": [" STEPS "],"
		" \"funnelsFilter\": {\"funnelOrderType\": \"strict\"}}",
		FLOOR_ALL},
	{"funnel of three steps, any order",
		"{\"kind\": \"FunnelsQuery\", " MONTH ", \"series\": [" STEPS "],"
		" \"funnelsFilter\": {\"funnelOrderType\": \"unordered\"}}",
		FLOOR_STEPS},
	{"retention, 8 weeks",
		"{\"kind\": \"RetentionQuery\", \"dateRange\": {\"date_to\": \"2024-06-30\"},"
		" \"retentionFilter\": {\"period\": \"Week\", \"totalIntervals\": 8,"
		" \"targetEntity\": {\"id\": \"search\", \"type\": \"events\"},"
		" \"returningEntity\": {\"id\": \"$pageview\", \"type\": \"events\"}}}",
		"SELECT count(*) FROM events WHERE project_id = 1 AND event IN ('search', '$pageview')"
		" AND \"timestamp\" >= '2024-05-05Z'"},
	{"retention, 8 weeks, first time",
		"{\"kind\": \"RetentionQuery\", \"dateRange\": {\"date_to\": \"2024-06-30\"},"
		" \"retentionFilter\": {\"period\": \"Week\", \"totalIntervals\": 8,"
		" \"retentionType\": \"retention_first_time\","
		" \"targetEntity\": {\"id\": \"$pageview\", \"type\": \"events\"},"
		" \"returningEntity\": {\"id\": \"$pageview\", \"type\": \"events\"}}}",
		"SELECT count(*) FROM events WHERE project_id = 1 AND event = '$pageview'"},
	{"retention, 8 weeks, by browser",
		"{\"kind\": \"RetentionQuery\", \"dateRange\": {\"date_to\": \"2024-06-30\"},"
		" \"breakdownFilter\": {\"breakdown\": \"$browser\"},"
		" \"retentionFilter\": {\"period\": \"Week\", \"totalIntervals\": 8,"
		" \"targetEntity\": {\"id\": \"$pageview\", \"type\": \"events\"},"
		" \"returningEntity\": {\"id\": \"$pageview\", \"type\": \"events\"}}}",
		"SELECT count(*) FROM events WHERE project_id = 1 AND event = '$pageview'"
		" AND \"timestamp\" >= '2024-05-05Z'"},
	{"retention, 31 days",
		"{\"kind\": \"RetentionQuery\", \"dateRange\": {\"date_to\": \"2024-06-30\"},"
		" \"retentionFilter\": {\"period\": \"Day\", \"totalIntervals\": 31,"
		" \"targetEntity\": {\"id\": \"$pageview\", \"type\": \"events\"},"
		" \"returningEntity\": {\"id\": \"$pageview\", \"type\": \"events\"}}}",
		"SELECT count(*) FROM events WHERE project_id = 1 AND event = '$pageview'"
		" AND \"timestamp\" >= '2024-05-31Z'"},
	{"retention, 8 weeks, rolling windows",
		"{\"kind\": \"RetentionQuery\", \"dateRange\": {\"date_to\": \"2024-06-30\"},"
		" \"retentionFilter\": {\"period\": \"Week\", \"totalIntervals\": 8,"
		" \"timeWindowMode\": \"24_hour_windows\","
		" \"targetEntity\": {\"id\": \"$pageview\", \"type\": \"events\"},"
		" \"returningEntity\": {\"id\": \"$pageview\", \"type\": \"events\"}}}",
		"SELECT count(*) FROM events WHERE project_id = 1 AND event = '$pageview'"
		" AND \"timestamp\" >= '2024-05-05Z'"},
	{"retention, 8 weeks, sum of a number",
		"{\"kind\": \"RetentionQuery\", \"dateRange\": {\"date_to\": \"2024-06-30\"},"
		" \"retentionFilter\": {\"period\": \"Week\", \"totalIntervals\": 8,"
		" \"aggregationType\": \"sum\", \"aggregationProperty\": \"amount\","
		" \"targetEntity\": {\"id\": \"$pageview\", \"type\": \"events\"},"
		" \"returningEntity\": {\"id\": \"purchase\", \"type\": \"events\"}}}",
		"SELECT count(*) FROM events WHERE project_id = 1 AND event IN ('purchase', '$pageview')"
		" AND \"timestamp\" >= '2024-05-05Z'"},
	{"stickiness, 30 days",
		"{\"kind\": \"StickinessQuery\", " MONTH ", \"series\": [" PAGEVIEW "]}",
		FLOOR_PAGEVIEW},
	{"lifecycle, 30 days",
		"{\"kind\": \"LifecycleQuery\", " MONTH ", \"series\": [" PAGEVIEW "]}",
		FLOOR_PAGEVIEW},
	{"paths of pages, 30 days",
		"{\"kind\": \"PathsQuery\", " MONTH
		", \"pathsFilter\": {\"includeEventTypes\": [\"$pageview\"]}}",
		FLOOR_PAGEVIEW},
	{"SQL, count by event",
		"{\"kind\": \"HogQLQuery\", \"query\": \"SELECT event, count() AS n FROM events WHERE"
		" timestamp >= '2024-06-01' GROUP BY event ORDER BY n DESC\"}",
		FLOOR_ALL},
	{"list of the last 100 events",
		"{\"kind\": \"EventsQuery\", \"select\": [\"event\", \"timestamp\", \"properties.$browser\"],"
		" \"after\": \"2024-06-01\", \"before\": \"2024-06-30\", \"limit\": 100}",
		"SELECT 1"},
};

/* 2024-06-30 23:59:59 UTC */
static const struct insight_env env = {
	.project_id = 1, .timezone = "UTC", .now_us = 1719791999000000LL};

static int by_number(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof *values, by_number);
	return values[count / 2];
}

static void must(bool fine, const struct fault *f, const char *what)
{
	if (!fine) {
		fprintf(stderr, "insight_bench: %s: %s\n", what, f->detail);
		exit(1);
	}
}

static bool compute(struct pg_wait *pg, const json_t *query, json_t **result, struct fault *f)
{
	struct insight_run *run;
	const struct rows *rows;
	struct sql *sql = NULL;
	bool fine;

	if (!insight_begin(query, &env, &run, f)) {
		return false;
	}
	while ((fine = insight_next(run, &sql, f)) && sql) {
		if (!pg_wait_query(pg, sql, &rows, f) || !insight_feed(run, rows, f)) {
			fine = false;
			break;
		}
	}
	fine = fine && insight_result(run, result, f);
	insight_end(run);
	return fine;
}

static bool time_query(struct pg_wait *pg, const char *text, int rounds, double *p50,
	double *slowest, struct fault *f)
{
	json_t *query = json_loads(text, 0, NULL);
	double ms[MAX_ROUNDS] = {0};

	REQUIRE(query);
	for (int i = 0; i < rounds; i++) {
		int64_t began_us = g_get_monotonic_time();
		json_t *result;

		if (!compute(pg, query, &result, f)) {
			json_decref(query);
			return false;
		}
		ms[i] = (double)(g_get_monotonic_time() - began_us) / 1000;
		json_decref(result);
	}
	json_decref(query);
	qsort(ms, (size_t)rounds, sizeof *ms, by_number);
	*slowest = ms[rounds - 1];
	*p50 = ms[rounds / 2];
	return true;
}

static double time_floor(struct pg_wait *pg, const char *text, int rounds, int64_t *count)
{
	double ms[MAX_ROUNDS] = {0};

	for (int i = 0; i < rounds; i++) {
		int64_t began_us = g_get_monotonic_time();
		struct sql *sql = sql_create();
		const struct rows *rows;
		struct fault f;

		sql_add(sql, text);
		must(pg_wait_query(pg, sql, &rows, &f), &f, text);
		ms[i] = (double)(g_get_monotonic_time() - began_us) / 1000;
		*count = rows_int(rows, 0, 0, 0);
	}
	return median(ms, rounds);
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? (int)g_ascii_strtoll(argv[2], NULL, 10) : DEFAULT_ROUNDS;
	struct pg_wait *pg;
	struct fault f;
	int failed = 0;

	if (argc < 2 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: insight_bench URL [ROUNDS [NAME]]\n");
		return 2;
	}
	must(pg_wait_open(argv[1], &pg, &f), &f, argv[1]);
	must(pg_wait_script(pg,
		     "SET jit TO off; SET work_mem TO '64MB'; SET ROLE platen_query;"
		     " SET platen.project_id = '1'",
		     &f),
		&f, "session");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		double slowest, p50, floor_ms;
		int64_t count = 0;

		if (argc > 3 && !strstr(cases[i].name, argv[3])) {
			continue;
		}
		if (!time_query(pg, cases[i].query, rounds, &p50, &slowest, &f)) {
			printf("%-58s %s\n", cases[i].name, f.detail);
			failed++;
			continue;
		}
		floor_ms = time_floor(pg, cases[i].floor, rounds, &count);
		printf("%-58s %11.0f ms   slowest %.0f ms; counting its %" PRId64
		       " rows takes %.0f ms\n",
			cases[i].name, p50, slowest, count, floor_ms);
		fflush(stdout);
	}
	pg_wait_close(pg);
	return failed ? 1 : 0;
}
