#include "lib/base/clock.h"
#include "lib/pg/pg.h"
#include "tests/unit/pg/private_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

static struct private_postgres server;

static int start(void **state)
{
	(void)state;
	private_postgres_start(&server);
	private_postgres_migrate(&server);
	private_postgres_run(&server,
		"INSERT INTO organizations (id, name) VALUES ('00000000-0000-0000-0000-000000000001', 'o');"
		"INSERT INTO projects (id, organization_id, name) SELECT n, "
		"'00000000-0000-0000-0000-000000000001', 'p' FROM generate_series(1, 2) n;"
		"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, \"timestamp\") "
		"SELECT 1 + n % 2, gen_random_uuid(), 'e', 'd', gen_random_uuid(), now() "
		"FROM generate_series(1, 30) n");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	private_postgres_stop(&server);
	return 0;
}

/* One statement that was asked, and what came of it. */
struct asked {
	bool is_done;
	int answers, order, length;
	int *next_order;
	size_t rows, columns;
	char *cell;
	struct fault fault;
};

static void on_answer(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked *a = arg;

	a->is_done = true;
	a->answers++;
	a->order = a->next_order ? ++*a->next_order : 0;
	a->fault = f ? *f : (struct fault){0};
	if (rows) {
		a->rows = rows->row_count;
		a->columns = rows->column_count;
		if (rows->row_count > 0 && rows->column_count > 0) {
			a->length = rows->lengths[0];
			a->cell = g_strdup(rows_text(rows, 0, 0));
		}
	}
}

static struct sql *text(const char *sql)
{
	struct sql *s = sql_create();

	sql_add(s, sql);
	return s;
}

static struct pg_call *ask(struct pg_pool *p, const char *sql, unsigned limit_ms, struct asked *a)
{
	return pg_query(p, text(sql), NULL, limit_ms, on_answer, a);
}

static struct pg_pool *open_pool(uv_loop_t *loop, unsigned connections)
{
	assert_int_equal(uv_loop_init(loop), 0);
	return pg_pool_open(loop, &(struct pg_pool_options){.url = server.url,
					  .name = "pool-test",
					  .connections = connections,
					  .queue_limit = 256});
}

static void finish(uv_loop_t *loop, struct pg_pool *p)
{
	pg_pool_close(p);
	loop_finish(loop);
}

static void wait_for(uv_loop_t *loop, struct asked *a, unsigned limit_ms)
{
	run_until(loop, is_true, &a->is_done, limit_ms, "an answer");
	assert_int_equal(a->answers, 1);
}

static void assert_well(const struct asked *a, const char *cell)
{
	if (a->fault.kind != FAULT_NONE) {
		fail_msg("%s", a->fault.detail);
	}
	assert_string_equal(a->cell, cell);
}

/* Asks and expects this cell. */
static void expect(uv_loop_t *loop, struct pg_pool *p, const char *sql, const char *cell)
{
	struct asked a = {0};

	ask(p, sql, 5000, &a);
	assert_false(a.is_done);
	wait_for(loop, &a, 6000);
	assert_well(&a, cell);
	g_free(a.cell);
}

/* The process that serves a pool of one connection; g_free() it. */
static char *session_of(uv_loop_t *loop, struct pg_pool *p)
{
	struct asked a = {0};

	ask(p, "SELECT pg_backend_pid()", 5000, &a);
	wait_for(loop, &a, 6000);
	assert_int_equal(a.fault.kind, FAULT_NONE);
	return a.cell;
}

static int64_t count_running(const char *mark)
{
	g_autofree char *sql =
		g_strdup_printf("SELECT count(*) FROM pg_stat_activity WHERE "
				"application_name = 'pool-test' AND state = 'active' "
				"AND query LIKE '%%%s%%'",
			mark);

	return private_postgres_number(&server, sql);
}

static bool none_running(void *mark)
{
	return count_running(mark) == 0;
}

static bool one_running(void *mark)
{
	return count_running(mark) == 1;
}

static void an_answer_brings_cells_nulls_and_counts(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 2);
	struct asked a = {0};
	struct sql *sql = sql_create();

	(void)state;
	sql_add(sql, "SELECT ");
	sql_param_text(sql, "Ünïcode");
	sql_add(sql, ", NULL FROM generate_series(1, 3)");
	pg_query(p, sql, NULL, 5000, on_answer, &a);
	wait_for(&loop, &a, 5000);
	assert_well(&a, "Ünïcode");
	assert_int_equal(a.rows, 3);
	assert_int_equal(a.columns, 2);
	g_free(a.cell);
	finish(&loop, p);
}

static void the_session_is_set_up(void **state)
{
	static const char *const settings[][2] = {
		{"client_encoding", "UTF8"},
		{"timezone", "UTC"},
		{"jit", "off"},
		{"application_name", "pool-test"},
		{"lock_timeout", "5s"},
		{"datestyle", "ISO, MDY"},
		{"client_connection_check_interval", "5s"},
	};
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		g_autofree char *sql =
			g_strdup_printf("SELECT current_setting('%s')", settings[i][0]);

		expect(&loop, p, sql, settings[i][1]);
	}
	finish(&loop, p);
}

static void ask_many(unsigned connections, bool in_order)
{
	enum { MANY = 250 };
	static struct asked asked[MANY];
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, connections);
	int order = 0;
	g_autoptr(GHashTable) sessions =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (int i = 0; i < MANY; i++) {
		struct sql *sql = sql_create();

		asked[i] = (struct asked){.next_order = &order};
		sql_add(sql, "SELECT ");
		sql_param_int(sql, i);
		sql_add(sql, " || ' ' || pg_backend_pid()");
		pg_query(p, sql, NULL, 20000, on_answer, &asked[i]);
	}
	for (int i = 0; i < MANY; i++) {
		char *end;

		wait_for(&loop, &asked[i], 20000);
		assert_int_equal(asked[i].fault.kind, FAULT_NONE);
		assert_int_equal(g_ascii_strtoll(asked[i].cell, &end, 10), i);
		g_hash_table_add(sessions, g_strdup(end));
		if (in_order) {
			assert_int_equal(asked[i].order, i + 1);
		}
		g_free(asked[i].cell);
	}
	assert_int_equal(order, MANY);
	assert_in_range(g_hash_table_size(sessions), 1, connections);
	finish(&loop, p);
}

static void many_statements_share_few_connections(void **state)
{
	(void)state;
	ask_many(3, false);
}

static void a_line_is_served_in_order(void **state)
{
	(void)state;
	ask_many(1, true);
}

static void a_full_line_refuses_at_once_but_later(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p;
	struct asked first = {0}, second = {0}, third = {0};

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	p = pg_pool_open(&loop, &(struct pg_pool_options){.url = server.url,
					.name = "pool-test",
					.connections = 1,
					.queue_limit = 2});
	ask(p, "SELECT 1", 5000, &first);
	ask(p, "SELECT 2", 5000, &second);
	ask(p, "SELECT 3", 5000, &third);
	assert_false(third.is_done);
	wait_for(&loop, &third, 1000);
	assert_int_equal(third.fault.kind, FAULT_UNAVAILABLE);
	wait_for(&loop, &second, 5000);
	assert_well(&first, "1");
	assert_well(&second, "2");
	g_free(first.cell);
	g_free(second.cell);
	finish(&loop, p);
}

static void faults_of_a_statement_leave_the_connection_usable(void **state)
{
	static const struct {
		const char *sql;
		enum fault_kind kind;
		const char *says;
	} cases[] = {
		{"SELECT nonsense FROM projects", FAULT_QUERY, "nonsense"},
		{"SELEC", FAULT_QUERY, "SELEC"},
		{"SELECT 1/0", FAULT_QUERY, "division by zero"},
		{"SELECT 1; SELECT 2", FAULT_QUERY, "multiple commands"},
		{"INSERT INTO projects (id, organization_id, name) SELECT id, organization_id, name "
		 "FROM projects",
			FAULT_INPUT, "duplicate key"},
		{"DO $$ BEGIN RAISE EXCEPTION 'our own'; END $$", FAULT_BUG, "our own"},
		{"SELECT 'x'::bytea || repeat('a', 10)::int::text::bytea", FAULT_QUERY, "integer"},
		{"", FAULT_NONE, ""},
		{"CREATE TEMPORARY TABLE t (a int)", FAULT_NONE, ""},
	};
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);
	g_autofree char *before = NULL;

	(void)state;
	before = session_of(&loop, p);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct asked a = {0};

		ask(p, cases[i].sql, 5000, &a);
		wait_for(&loop, &a, 5000);
		if (a.fault.kind != cases[i].kind ||
			(a.fault.kind && !strstr(a.fault.detail, cases[i].says))) {
			fail_msg("%s: %s: %s", cases[i].sql, fault_name(a.fault.kind),
				a.fault.detail);
		}
	}
	expect(&loop, p, "SELECT pg_backend_pid()", before);
	finish(&loop, p);
}

static void a_slow_query_ends_by_its_limit_and_keeps_its_connection(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);
	struct asked slow = {0};
	char mark[] = "slow one";
	int64_t began;
	g_autofree char *before = NULL;

	(void)state;
	before = session_of(&loop, p);
	began = clock_elapsed_ms();
	ask(p, "SELECT pg_sleep(30) /* slow one */", 500, &slow);
	wait_for(&loop, &slow, 3000);
	assert_in_range(clock_elapsed_ms() - began, 400, 800);
	assert_int_equal(slow.fault.kind, FAULT_QUERY_SLOW);
	assert_non_null(strstr(slow.fault.detail, "500 ms"));
	assert_true(none_running(mark));
	expect(&loop, p, "SELECT pg_backend_pid()", before);
	/* The next one has its own limit, not what the slow one left. */
	expect(&loop, p, "SELECT current_setting('statement_timeout')", "4500ms");
	finish(&loop, p);
}

static void a_limit_counts_the_time_in_line(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);
	struct asked first = {0}, second = {0}, third = {0};
	int64_t began = clock_elapsed_ms();

	(void)state;
	ask(p, "SELECT pg_sleep(0.6)", 5000, &first);
	ask(p, "SELECT 'never sent'", 300, &second);
	ask(p, "SELECT pg_sleep(30)", 1200, &third);
	wait_for(&loop, &second, 2000);
	assert_int_equal(second.fault.kind, FAULT_UNAVAILABLE);
	assert_in_range(clock_elapsed_ms() - began, 290, 550);
	wait_for(&loop, &third, 3000);
	/* Half of its time went by in line: that is no slowness of its own, and may pass. */
	assert_int_equal(third.fault.kind, FAULT_UNAVAILABLE);
	assert_in_range(clock_elapsed_ms() - began, 1000, 1400);
	assert_int_equal(first.fault.kind, FAULT_NONE);
	g_free(first.cell);
	finish(&loop, p);
}

static void canceling_stops_the_query_on_the_server(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);
	struct asked running = {0}, waiting = {0}, last = {0};
	struct pg_call *call, *in_line;
	char mark[] = "stop me";

	(void)state;
	call = ask(p, "SELECT pg_sleep(30) /* stop me */", 60000, &running);
	in_line = ask(p, "SELECT 'in line'", 60000, &waiting);
	ask(p, "SELECT 'last'", 60000, &last);
	run_until(&loop, one_running, mark, 5000, "the query runs");
	pg_cancel(in_line);
	pg_cancel(in_line);
	assert_false(waiting.is_done);
	wait_for(&loop, &waiting, 1000);
	assert_int_equal(waiting.fault.kind, FAULT_CANCELED);
	pg_cancel(call);
	pg_cancel(call);
	assert_false(running.is_done);
	wait_for(&loop, &running, 1000);
	assert_int_equal(running.fault.kind, FAULT_CANCELED);
	run_until(&loop, none_running, mark, 2000, "the server has stopped it");
	wait_for(&loop, &last, 5000);
	assert_well(&last, "last");
	g_free(last.cell);
	finish(&loop, p);
}

static void a_foreign_cancel_may_be_asked_again(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);
	struct asked a = {0};
	char mark[] = "foreign";

	(void)state;
	ask(p, "SELECT pg_sleep(30) /* foreign */", 60000, &a);
	run_until(&loop, one_running, mark, 5000, "the query runs");
	private_postgres_run(&server,
		"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'pool-test'");
	wait_for(&loop, &a, 2000);
	assert_int_equal(a.fault.kind, FAULT_UNAVAILABLE);
	finish(&loop, p);
}

static void a_terminated_backend_is_unavailable_and_the_pool_recovers(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 2);
	struct asked running = {0};
	char mark[] = "victim";

	(void)state;
	ask(p, "SELECT pg_sleep(30) /* victim */", 60000, &running);
	run_until(&loop, one_running, mark, 5000, "the query runs");
	private_postgres_run(&server,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pool-test'");
	wait_for(&loop, &running, 2000);
	assert_int_equal(running.fault.kind, FAULT_UNAVAILABLE);
	expect(&loop, p, "SELECT 1", "1");
	/* The same while nothing runs: found by reading, not by the next who asks. */
	private_postgres_run(&server,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pool-test'");
	run_for(&loop, 100);
	expect(&loop, p, "SELECT 1", "1");
	finish(&loop, p);
}

static bool is_ready(void *pool)
{
	return pg_pool_is_ready(pool);
}

static bool is_unready(void *pool)
{
	return !pg_pool_is_ready(pool);
}

static void a_restart_is_waited_for_in_line(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 2);
	struct asked impatient = {0}, patient = {0};

	(void)state;
	run_until(&loop, is_ready, p, 5000, "the pool proves itself without being asked");
	private_postgres_down(&server);
	run_until(&loop, is_unready, p, 5000, "the pool knows");
	ask(p, "SELECT 'impatient'", 300, &impatient);
	ask(p, "SELECT 'patient'", 30000, &patient);
	wait_for(&loop, &impatient, 1000);
	assert_int_equal(impatient.fault.kind, FAULT_UNAVAILABLE);
	assert_false(patient.is_done);
	private_postgres_up(&server);
	wait_for(&loop, &patient, 5000);
	assert_well(&patient, "patient");
	assert_true(pg_pool_is_ready(p));
	g_free(patient.cell);
	finish(&loop, p);
}

static void a_backend_that_stands_still_costs_one_limit(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);
	struct asked a = {0};
	int64_t began;
	g_autofree char *session = session_of(&loop, p);
	int pid = (int)g_ascii_strtoll(session, NULL, 10);

	(void)state;
	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	began = clock_elapsed_ms();
	ask(p, "SELECT 'silence'", 400, &a);
	wait_for(&loop, &a, 3000);
	assert_in_range(clock_elapsed_ms() - began, 390, 700);
	assert_int_equal(a.fault.kind, FAULT_UNAVAILABLE);
	expect(&loop, p, "SELECT 'another'", "another");
	assert_int_equal(kill(pid, SIGCONT), 0);
	finish(&loop, p);
}

static void a_wrong_url_is_unavailable(void **state)
{
	static const struct {
		const char *url;
		bool is_hopeless; /* said at once */
	} cases[] = {
		{"postgresql:///platen?host=/nowhere/at/all", false},
		{"postgresql://a:secret@[b/x", true},
		{"postgresql://a:secret@127.0.0.1:c/", false},
		{"postgresql://127.0.0.1:1/platen", false},
		{"postgresql://name.that.is.invalid/platen", false},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uv_loop_t loop;
		struct asked a = {0};
		struct pg_pool *p;
		int64_t began = clock_elapsed_ms();

		assert_int_equal(uv_loop_init(&loop), 0);
		p = pg_pool_open(&loop, &(struct pg_pool_options){.url = cases[i].url,
						.name = "pool-test",
						.connections = 2,
						.queue_limit = 9});
		ask(p, "SELECT 1", 400, &a);
		wait_for(&loop, &a, 3000);
		assert_int_equal(a.fault.kind, FAULT_UNAVAILABLE);
		assert_null(strstr(a.fault.detail, "secret"));
		assert_in_range(clock_elapsed_ms() - began, cases[i].is_hopeless ? 0 : 390, 700);
		assert_false(pg_pool_is_ready(p));
		finish(&loop, p);
	}
}

static void closing_answers_everyone_later(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);
	struct asked running = {0}, waiting = {0};
	char mark[] = "closed upon";

	(void)state;
	ask(p, "SELECT pg_sleep(30) /* closed upon */", 60000, &running);
	ask(p, "SELECT 1", 60000, &waiting);
	run_until(&loop, one_running, mark, 5000, "the query runs");
	pg_pool_close(p);
	assert_false(running.is_done || waiting.is_done);
	loop_finish(&loop);
	assert_int_equal(running.answers, 1);
	assert_int_equal(waiting.answers, 1);
	assert_int_equal(running.fault.kind, FAULT_CANCELED);
	assert_int_equal(waiting.fault.kind, FAULT_CANCELED);
	/* Nobody told the server, which finds out by itself. */
	for (int i = 0; i < 160 && count_running(mark) > 0; i++) {
		g_usleep(50000);
	}
	assert_true(none_running(mark));
}

struct closer {
	struct pg_pool *pool;
	bool is_done;
};

static void close_pool(void *arg, const struct rows *rows, const struct fault *f)
{
	struct closer *c = arg;

	(void)rows;
	(void)f;
	c->is_done = true;
	pg_pool_close(c->pool);
}

static void a_pool_may_be_closed_from_an_answer(void **state)
{
	static const char *const texts[] = {"SELECT 1", "SELECT nonsense", "SELECT pg_sleep(9)",
		"SELECT pg_terminate_backend(pg_backend_pid())"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		uv_loop_t loop;
		struct asked other = {0};
		struct closer c = {.pool = open_pool(&loop, 1)};

		pg_query(c.pool, text(texts[i]), NULL, 300, close_pool, &c);
		ask(c.pool, "SELECT 2", 20000, &other);
		loop_finish(&loop);
		assert_true(c.is_done);
		assert_int_equal(other.answers, 1);
		assert_int_equal(other.fault.kind, FAULT_CANCELED);
	}
}

static struct pg_pool *open_scoped(uv_loop_t *loop, size_t most)
{
	assert_int_equal(uv_loop_init(loop), 0);
	return pg_pool_open(loop, &(struct pg_pool_options){.url = server.url,
					  .name = "pool-test",
					  .connections = 1,
					  .queue_limit = 99,
					  .session_sql = "SET ROLE platen_query",
					  .scope_setting = "platen.project_id",
					  .answer_max_bytes = most});
}

static void expect_scoped(
	uv_loop_t *loop, struct pg_pool *p, const char *sql, const char *scope, const char *cell)
{
	struct asked a = {0};

	pg_query(p, text(sql), scope, 5000, on_answer, &a);
	wait_for(loop, &a, 5000);
	assert_well(&a, cell);
	g_free(a.cell);
}

static void a_scope_shows_one_project_only(void **state)
{
	static const char everything[] =
		"SELECT count(*) || ' of ' || coalesce(string_agg(DISTINCT project_id::text, ','), '-') FROM events";
	uv_loop_t loop;
	struct pg_pool *p = open_scoped(&loop, 0);
	struct asked a = {0};

	(void)state;
	assert_int_equal(private_postgres_number(&server, "SELECT count(*) FROM events"), 30);
	expect_scoped(&loop, p, everything, "1", "15 of 1");
	expect_scoped(&loop, p, everything, "1", "15 of 1");
	expect_scoped(&loop, p, everything, "2", "15 of 2");
	expect_scoped(&loop, p, everything, "3", "0 of -");
	/* An error takes the setting back on the server; the pool must not think it holds. */
	pg_query(p, text("SELECT 1/0"), "2", 5000, on_answer, &a);
	wait_for(&loop, &a, 5000);
	assert_int_equal(a.fault.kind, FAULT_QUERY);
	expect_scoped(&loop, p, everything, "2", "15 of 2");
	/* Without a scope nothing is seen: it fails closed. */
	a = (struct asked){0};
	pg_query(p, text(everything), NULL, 5000, on_answer, &a);
	wait_for(&loop, &a, 5000);
	assert_int_equal(a.fault.kind, FAULT_QUERY);
	/* Nor other tables, nor writing. */
	a = (struct asked){0};
	pg_query(p, text("SELECT * FROM api_keys"), "1", 5000, on_answer, &a);
	wait_for(&loop, &a, 5000);
	assert_int_equal(a.fault.kind, FAULT_QUERY);
	a = (struct asked){0};
	pg_query(p, text("DELETE FROM events"), "1", 5000, on_answer, &a);
	wait_for(&loop, &a, 5000);
	assert_int_equal(a.fault.kind, FAULT_QUERY);
	finish(&loop, p);
}

static void a_query_of_another_role_is_stopped_too(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_scoped(&loop, 0);
	struct asked a = {0};
	struct pg_call *call =
		pg_query(p, text("SELECT pg_sleep(30) /* as query */"), "1", 60000, on_answer, &a);
	char mark[] = "as query";

	(void)state;
	run_until(&loop, one_running, mark, 5000, "the query runs");
	pg_cancel(call);
	run_until(&loop, none_running, mark, 2000, "the server has stopped it");
	wait_for(&loop, &a, 1000);
	finish(&loop, p);
}

static void an_answer_past_its_budget_is_too_large(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_scoped(&loop, 100000);
	struct asked big = {0}, small = {0}, none = {0};

	(void)state;
	pg_query(p, text("SELECT repeat('x', 100), generate_series(1, 100000000)"), "1", 20000,
		on_answer, &big);
	wait_for(&loop, &big, 5000);
	assert_int_equal(big.fault.kind, FAULT_TOO_LARGE);
	assert_non_null(strstr(big.fault.detail, "100000"));
	pg_query(p, text("SELECT n::text, NULL FROM generate_series(7, 506) n"), "1", 20000,
		on_answer, &small);
	wait_for(&loop, &small, 5000);
	assert_well(&small, "7");
	assert_int_equal(small.rows, 500);
	assert_int_equal(small.columns, 2);
	g_free(small.cell);
	pg_query(p, text("SELECT 1, 2, 3 WHERE false"), "2", 20000, on_answer, &none);
	wait_for(&loop, &none, 5000);
	assert_int_equal(none.fault.kind, FAULT_NONE);
	assert_int_equal(none.rows, 0);
	assert_int_equal(none.columns, 3);
	finish(&loop, p);
}

static void a_scoped_pool_has_a_budget_unasked(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_scoped(&loop, 0);
	struct asked big = {0}, well = {0};

	(void)state;
	pg_query(p, text("SELECT repeat('x', 1000000), generate_series(1, 100000)"), "1", 30000,
		on_answer, &big);
	wait_for(&loop, &big, 30000);
	assert_int_equal(big.fault.kind, FAULT_TOO_LARGE);
	assert_non_null(strstr(big.fault.detail, "67108864"));
	pg_query(p, text("SELECT repeat('x', 1000000), generate_series(1, 20)"), "1", 30000,
		on_answer, &well);
	wait_for(&loop, &well, 30000);
	assert_int_equal(well.fault.kind, FAULT_NONE);
	assert_int_equal(well.rows, 20);
	assert_int_equal(well.length, 1000000);
	g_free(well.cell);
	finish(&loop, p);
}

static void bytes_travel_both_ways(void **state)
{
	enum { SIZE = 3 << 20 };
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);
	struct asked a = {0};
	g_autofree unsigned char *bytes = g_malloc(SIZE);
	g_autofree char *sum = NULL;
	struct sql *sql = sql_create();

	(void)state;
	for (size_t i = 0; i < SIZE; i++) {
		bytes[i] = (unsigned char)(i * 7 + i / 251);
	}
	sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, SIZE);
	sql_add(sql, "SELECT encode(sha256(b), 'hex') FROM (SELECT ");
	sql_param_bytes(sql, bytes, SIZE);
	sql_add(sql, " AS b) one");
	pg_query(p, sql, NULL, 20000, on_answer, &a);
	wait_for(&loop, &a, 20000);
	assert_well(&a, sum);
	g_free(a.cell);
	a = (struct asked){0};
	pg_query_with(p, text("SELECT '\\x00ff00'::bytea, 'text'::text"), NULL, PG_BINARY, 5000,
		on_answer, &a);
	wait_for(&loop, &a, 5000);
	assert_int_equal(a.length, 3);
	g_free(a.cell);
	finish(&loop, p);
}

static void repeated_statements_are_planned_once_a_connection(void **state)
{
	static const char repeated[] =
		"SELECT (SELECT count(*) FROM pg_prepared_statements) || ' ' || (SELECT count(*) FROM later_table)";
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);

	(void)state;
	private_postgres_run(&server, "CREATE TABLE later_table (a int)");
	for (int i = 0; i < 12; i++) {
		struct asked a = {0};

		pg_query_with(p, text(repeated), NULL, PG_REPEATED, 5000, on_answer, &a);
		wait_for(&loop, &a, 5000);
		assert_well(&a, "1 0");
		g_free(a.cell);
	}
	/* What fails while it runs has been planned all the same. */
	for (int i = 0; i < 3; i++) {
		struct asked a = {0};

		pg_query_with(p, text("SELECT 1/0"), NULL, PG_REPEATED, 5000, on_answer, &a);
		wait_for(&loop, &a, 5000);
		assert_int_equal(a.fault.kind, FAULT_QUERY);
	}
	expect(&loop, p, "SELECT count(*) FROM pg_prepared_statements", "2");
	/* What cannot be planned is not remembered. */
	for (int i = 0; i < 2; i++) {
		struct asked a = {0};

		pg_query_with(p, text("SELECT nonsense"), NULL, PG_REPEATED, 5000, on_answer, &a);
		wait_for(&loop, &a, 5000);
		assert_int_equal(a.fault.kind, FAULT_QUERY);
	}
	finish(&loop, p);
}

static void a_plan_that_a_migration_spoiled_is_made_anew(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);
	struct asked a = {0};

	(void)state;
	private_postgres_run(&server, "CREATE TABLE grows (a int); INSERT INTO grows VALUES (1)");
	pg_query_with(p, text("SELECT * FROM grows"), NULL, PG_REPEATED, 5000, on_answer, &a);
	wait_for(&loop, &a, 5000);
	assert_well(&a, "1");
	g_free(a.cell);
	private_postgres_run(&server, "ALTER TABLE grows ADD b int");
	a = (struct asked){0};
	pg_query_with(p, text("SELECT * FROM grows"), NULL, PG_REPEATED, 5000, on_answer, &a);
	wait_for(&loop, &a, 5000);
	assert_int_equal(a.fault.kind, FAULT_UNAVAILABLE);
	a = (struct asked){0};
	pg_query_with(p, text("SELECT * FROM grows"), NULL, PG_REPEATED, 5000, on_answer, &a);
	wait_for(&loop, &a, 5000);
	assert_well(&a, "1");
	assert_int_equal(a.columns, 2);
	g_free(a.cell);
	finish(&loop, p);
}

static void an_idle_connection_that_went_silent_is_found(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);
	g_autofree char *session = session_of(&loop, p);
	int pid = (int)g_ascii_strtoll(session, NULL, 10);

	(void)state;
	assert_int_equal(kill(pid, SIGSTOP), 0);
	/* 2 s of silence, 2.5 s for the proof: by then another connection stands. */
	run_for(&loop, 5500);
	expect(&loop, p, "SELECT 'at once'", "at once");
	assert_true(pg_pool_is_ready(p));
	assert_int_equal(kill(pid, SIGCONT), 0);
	finish(&loop, p);
}

static void a_pool_with_all_connections_busy_stays_ready(void **state)
{
	uv_loop_t loop;
	struct pg_pool *p = open_pool(&loop, 1);
	struct asked a = {0};
	struct pg_call *call = ask(p, "SELECT pg_sleep(60)", 90000, &a);

	(void)state;
	run_for(&loop, 8000);
	assert_true(pg_pool_is_ready(p));
	assert_false(a.is_done);
	pg_cancel(call);
	wait_for(&loop, &a, 1000);
	finish(&loop, p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_brings_cells_nulls_and_counts),
		cmocka_unit_test(the_session_is_set_up),
		cmocka_unit_test(many_statements_share_few_connections),
		cmocka_unit_test(a_line_is_served_in_order),
		cmocka_unit_test(a_full_line_refuses_at_once_but_later),
		cmocka_unit_test(faults_of_a_statement_leave_the_connection_usable),
		cmocka_unit_test(a_slow_query_ends_by_its_limit_and_keeps_its_connection),
		cmocka_unit_test(a_limit_counts_the_time_in_line),
		cmocka_unit_test(canceling_stops_the_query_on_the_server),
		cmocka_unit_test(a_foreign_cancel_may_be_asked_again),
		cmocka_unit_test(a_terminated_backend_is_unavailable_and_the_pool_recovers),
		cmocka_unit_test(a_backend_that_stands_still_costs_one_limit),
		cmocka_unit_test(a_wrong_url_is_unavailable),
		cmocka_unit_test(closing_answers_everyone_later),
		cmocka_unit_test(a_pool_may_be_closed_from_an_answer),
		cmocka_unit_test(a_scope_shows_one_project_only),
		cmocka_unit_test(a_query_of_another_role_is_stopped_too),
		cmocka_unit_test(an_answer_past_its_budget_is_too_large),
		cmocka_unit_test(a_scoped_pool_has_a_budget_unasked),
		cmocka_unit_test(bytes_travel_both_ways),
		cmocka_unit_test(repeated_statements_are_planned_once_a_connection),
		cmocka_unit_test(a_plan_that_a_migration_spoiled_is_made_anew),
		cmocka_unit_test(an_idle_connection_that_went_silent_is_found),
		cmocka_unit_test(a_pool_with_all_connections_busy_stays_ready),
		cmocka_unit_test(a_restart_is_waited_for_in_line),
	};

	return cmocka_run_group_tests_name("pg_pool", tests, start, stop);
}
