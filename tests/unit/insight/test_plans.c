/* What Postgres plans for the common kinds over many events: by their indexes, and where nothing
 * but names, times and people is needed, by an index alone. */
#include "insight/insight.h"
#include "tests/unit/pg/private_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <libpq-fe.h>
#include <string.h>

static struct private_postgres server;
static PGconn *conn;

/* 2024-06-30 12:00 UTC, the last of the made events' days */
static const struct insight_env env = {
	.project_id = 1, .timezone = "Europe/Berlin", .now_us = 1719748800000000LL};

static void must(const char *sql)
{
	PGresult *result = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		fail_msg("%s", PQresultErrorMessage(result));
	}
	PQclear(result);
}

/* The file is written for psql, which runs each statement by itself and fills in the count. */
static void make_events(const char *count)
{
	g_autofree char *file = NULL;
	g_auto(GStrv) parts = NULL;
	g_autoptr(GString) text = NULL;

	assert_true(g_file_get_contents(SOURCE_DIR "/tests/bench/events.sql", &file, NULL, NULL));
	text = g_string_new(file);
	assert_true(g_string_replace(text, ":events", count, 0) > 0);
	parts = g_strsplit(text->str, "COMMIT;", 2);
	must(parts[0]);
	must("COMMIT");
	must("VACUUM (ANALYZE) events");
	must("VACUUM (ANALYZE) persons");
}

static int start(void **state)
{
	(void)state;
	private_postgres_start(&server);
	private_postgres_migrate(&server);
	conn = PQconnectdb(server.url);
	assert_int_equal(PQstatus(conn), CONNECTION_OK);
	must("SET client_min_messages TO warning");
	make_events("150000");
	must("SET ROLE platen_query");
	must("SET platen.project_id = '1'");
	must("SET work_mem TO '64MB'");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	PQfinish(conn);
	private_postgres_stop(&server);
	return 0;
}

static char *plan_of(const struct sql *sql)
{
	g_autofree char *text = g_strconcat("EXPLAIN (COSTS OFF) ", sql_text(sql), NULL);
	g_autoptr(GString) plan = g_string_new(NULL);
	PGresult *result = PQexecParams(conn, text, sql_param_count(sql), NULL,
		sql_param_values(sql), sql_param_lengths(sql), sql_param_formats(sql), 0);

	if (PQresultStatus(result) != PGRES_TUPLES_OK) {
		fail_msg("%s in %s", PQresultErrorMessage(result), text);
	}
	for (int i = 0; i < PQntuples(result); i++) {
		g_string_append_printf(plan, "%s\n", PQgetvalue(result, i, 0));
	}
	PQclear(result);
	return g_strdup(plan->str);
}

/* The plan of the first statement of a query. */
static char *first_plan(const char *text)
{
	json_t *query = json_loads(text, 0, NULL);
	struct insight_run *run;
	struct sql *sql = NULL;
	struct fault f;
	char *plan;

	assert_non_null(query);
	if (!insight_begin(query, &env, &run, &f) || !insight_next(run, &sql, &f)) {
		fail_msg("%s in %s", f.detail, text);
	}
	assert_non_null(sql);
	plan = plan_of(sql);
	sql_destroy(sql);
	insight_end(run);
	json_decref(query);
	return plan;
}

#define MONTH "\"dateRange\": {\"date_from\": \"2024-06-01\", \"date_to\": \"2024-06-30\"}"
#define ENTRY(event) "{\"kind\": \"EventsNode\", \"event\": \"" event "\"}"
#define SQL(text) "{\"kind\": \"HogQLQuery\", \"query\": \"" text "\"}"
#define BY_NAME_ALONE "Index Only Scan using events_by_name on events"

static void common_kinds_go_by_their_index(void **state)
{
	static const struct {
		const char *query, *wanted;
	} cases[] = {
		{"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [" ENTRY("purchase") "]}",
			BY_NAME_ALONE},
		{"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [" ENTRY("$pageview") "]}",
			BY_NAME_ALONE},
		{"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [{\"kind\": \"EventsNode\","
		 " \"event\": \"search\", \"math\": \"dau\"}]}",
			BY_NAME_ALONE},
		{"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [" ENTRY(
			 "search") "],"
				   " \"breakdownFilter\": {\"breakdown\": \"$browser\"}}",
			"events_by_name"},
		{"{\"kind\": \"TrendsQuery\", " MONTH ", \"series\": [" ENTRY(
			 "search") "],"
				   " \"properties\": [{\"type\": \"person\", \"key\": \"plan\", \"value\": \"team\"}]}",
			BY_NAME_ALONE},
		{"{\"kind\": \"FunnelsQuery\", " MONTH
		 ", \"series\": [" ENTRY("search") ", " ENTRY("purchase") "]}",
			BY_NAME_ALONE},
		{"{\"kind\": \"TrendsQuery\", \"dateRange\": {\"date_from\": \"all\"}, \"series\": [" ENTRY(
			 "search") "]}",
			BY_NAME_ALONE},
		{SQL("SELECT toStartOfDay(timestamp) AS day, count(), uniq(person_id) FROM events"
		     " WHERE event = 'search' AND timestamp >= '2024-06-01' GROUP BY day"),
			BY_NAME_ALONE},
		{SQL("SELECT person.properties.plan AS plan, count() FROM events WHERE event IN"
		     " ('purchase') AND timestamp BETWEEN '2024-06-01' AND now() GROUP BY plan"),
			BY_NAME_ALONE},
		/* the last events, and no sort of all the others */
		{"{\"kind\": \"EventsQuery\", \"after\": \"all\"}",
			"Index Scan Backward using events_by_time on events"},
		{"{\"kind\": \"EventsQuery\", \"after\": \"all\", \"event\": \"search\"}",
			"Index Scan Backward using events_by_name on events"},
		{"{\"kind\": \"ActorsQuery\"}",
			"Index Scan Backward using persons_by_creation on persons"},
		{"{\"kind\": \"ActorsQuery\"}",
			"Scan using person_distinct_ids_of on person_distinct_ids d"},
		{"{\"kind\": \"RetentionQuery\", \"dateRange\": {\"date_to\": \"2024-06-30\"},"
		 " \"retentionFilter\": {\"period\": \"Week\", \"targetEntity\": {\"id\": \"search\","
		 " \"type\": \"events\"}, \"returningEntity\": {\"id\": \"purchase\","
		 " \"type\": \"events\"}}}",
			BY_NAME_ALONE},
		{"{\"kind\": \"RetentionQuery\", \"dateRange\": {\"date_to\": \"2024-06-30\"},"
		 " \"retentionFilter\": {\"retentionType\": \"retention_first_time\", \"targetEntity\":"
		 " {\"id\": \"search\", \"type\": \"events\"}, \"returningEntity\":"
		 " {\"id\": \"search\", \"type\": \"events\"}}}",
			BY_NAME_ALONE},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *plan = first_plan(cases[i].query);

		print_message("%s\n", cases[i].query);
		if (!strstr(plan, cases[i].wanted) || strstr(plan, "Seq Scan on events")) {
			fail_msg("%s is not in the plan\n%s", cases[i].wanted, plan);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(common_kinds_go_by_their_index),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
