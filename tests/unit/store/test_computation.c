/* A query computed on the loop: one answer, later, whatever happens on the way. */
#include "store/computation.h"
#include "tests/unit/store/demo_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

enum { LIMIT_MS = 5000, PATIENCE_MS = 10000, MANY = 20 };

/* 2024-01-03 12:00 UTC. */
static const int64_t now_us = INT64_C(1704283200) * 1000000;

static struct demo demo;
static struct pg_pool *queries;

static int start(void **state)
{
	(void)state;
	demo_start(&demo);
	private_postgres_run(&demo.server,
		"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp) "
		"SELECT 1 + (n > 6)::int, gen_random_uuid(), 'seen', 'a', gen_random_uuid(), "
		"timestamptz '2024-01-01 12:00Z' + (n % 3) * interval '1 day' "
		"FROM generate_series(1, 10) n");
	queries =
		computation_pool_open(&demo.loop, demo.server.url, "computation-test", 2, 100, 16);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	pg_pool_close(queries);
	demo_stop(&demo);
	return 0;
}

struct seen {
	int count;
	bool is_done;
	struct fault fault;
	json_t *result;
};

static void on_computed(void *arg, json_t *result, const struct fault *f)
{
	struct seen *s = arg;

	assert_true((result == NULL) == (f != NULL));
	s->count++;
	s->is_done = true;
	s->result = json_incref(result);
	if (f) {
		s->fault = *f;
	}
}

/* Everything that is handed over is gone before it is computed. */
static struct computation *begin(const char *kind, int64_t project_id, struct seen *s)
{
	g_autofree char *text = g_strdup_printf(
		"{\"kind\": \"%s\", \"series\": [{\"kind\": \"EventsNode\", \"event\": \"seen\"}], "
		"\"dateRange\": {\"date_from\": \"2024-01-01\", \"date_to\": \"2024-01-03\"}, "
		"\"filterTestAccounts\": true}",
		kind);
	json_t *query = json_loads(text, 0, NULL), *filters = json_array();
	g_autofree char *timezone = g_strdup("UTC");
	const struct insight_env env = {.project_id = project_id,
		.timezone = timezone,
		.now_us = now_us,
		.test_account_filters = filters};
	struct computation *c =
		computation_start(queries, &demo.loop, query, &env, LIMIT_MS, on_computed, s);

	assert_int_equal(s->count, 0);
	memset(timezone, 'x', 3);
	json_decref(query);
	json_decref(filters);
	return c;
}

static void await_seen(struct seen *s)
{
	run_until(&demo.loop, is_true, &s->is_done, PATIENCE_MS, "a result");
	run_for(&demo.loop, 10);
	assert_int_equal(s->count, 1);
}

static char *data_of(const json_t *result)
{
	return json_write(
		json_object_get(json_array_get(json_object_get(result, "results"), 0), "data"));
}

static void a_query_has_the_numbers_of_its_project(void **state)
{
	struct seen own = {0}, other = {0};
	g_autofree char *first = NULL, *second = NULL;

	(void)state;
	(void)begin("TrendsQuery", 1, &own);
	(void)begin("TrendsQuery", 2, &other);
	await_seen(&own);
	await_seen(&other);
	first = data_of(own.result);
	second = data_of(other.result);
	assert_string_equal(first, "[2.0,2.0,2.0]");
	assert_string_equal(second, "[1.0,2.0,1.0]");
	json_decref(own.result);
	json_decref(other.result);
}

static void more_than_there_are_connections_wait_in_line(void **state)
{
	struct seen many[MANY] = {0};

	(void)state;
	for (int i = 0; i < MANY; i++) {
		(void)begin("TrendsQuery", 1, &many[i]);
	}
	for (int i = 0; i < MANY; i++) {
		await_seen(&many[i]);
		assert_int_equal(many[i].fault.kind, FAULT_NONE);
		json_decref(many[i].result);
	}
	assert_true(private_postgres_number(&demo.server,
			    "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
			    "'computation-test'") <= 2);
}

static void a_refused_query_is_answered_later_too(void **state)
{
	struct seen s = {0};

	(void)state;
	(void)begin("Nonsense", 1, &s);
	await_seen(&s);
	assert_int_equal(s.fault.kind, FAULT_QUERY);
	assert_string_equal(s.fault.detail, "Unknown query kind 'Nonsense'");
}

static void one_that_is_canceled_at_once_asks_nothing(void **state)
{
	struct seen s = {0};

	(void)state;
	computation_cancel(begin("TrendsQuery", 1, &s));
	await_seen(&s);
	assert_int_equal(s.fault.kind, FAULT_CANCELED);
}

static bool has_ended(void *arg)
{
	const struct answer *a = arg;

	return a->is_done;
}

static void on_held(void *arg, const struct rows *rows, const struct fault *f)
{
	(void)rows;
	on_plain(arg, f);
}

static bool runs(void *arg)
{
	(void)arg;
	return private_postgres_number(&demo.server,
		       "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
		       "'computation-test' AND state = 'active'") == 1;
}

static bool rests(void *arg)
{
	return !runs(arg);
}

static void one_that_is_canceled_under_way_stops_on_the_server(void **state)
{
	struct seen s = {0};
	struct answer held = {0};
	struct sql *sql = sql_create();
	struct pg_call *lock;
	struct computation *c;

	(void)state;
	sql_add(sql, "DO $$ BEGIN LOCK TABLE events IN ACCESS EXCLUSIVE MODE; "
		     "PERFORM pg_sleep(30); END $$");
	lock = pg_query(demo.store.pool, sql, NULL, 60000, on_held, &held);
	run_for(&demo.loop, 200);
	c = begin("TrendsQuery", 1, &s);
	run_until(&demo.loop, runs, NULL, PATIENCE_MS, "the statement runs");
	computation_cancel(c);
	await_seen(&s);
	assert_int_equal(s.fault.kind, FAULT_CANCELED);
	run_until(&demo.loop, rests, NULL, PATIENCE_MS, "the statement is stopped");
	pg_cancel(lock);
	run_until(&demo.loop, has_ended, &held, PATIENCE_MS, "the lock goes");
}

static void a_pool_that_closes_answers_all(void **state)
{
	struct pg_pool *kept = queries;
	struct seen s = {0};

	(void)state;
	queries =
		computation_pool_open(&demo.loop, demo.server.url, "computation-test", 1, 100, 16);
	(void)begin("TrendsQuery", 1, &s);
	pg_pool_close(queries);
	queries = kept;
	run_until(&demo.loop, is_true, &s.is_done, PATIENCE_MS, "an answer");
	assert_int_equal(s.fault.kind, FAULT_CANCELED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_has_the_numbers_of_its_project),
		cmocka_unit_test(more_than_there_are_connections_wait_in_line),
		cmocka_unit_test(a_refused_query_is_answered_later_too),
		cmocka_unit_test(one_that_is_canceled_at_once_asks_nothing),
		cmocka_unit_test(one_that_is_canceled_under_way_stops_on_the_server),
		cmocka_unit_test(a_pool_that_closes_answers_all),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
