#include "tests/unit/pg/private_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static struct private_postgres server;

static int start(void **state)
{
	(void)state;
	private_postgres_start(&server);
	private_postgres_run(&server, "CREATE TABLE things (id bigint PRIMARY KEY, name text)");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	private_postgres_stop(&server);
	return 0;
}

static struct pg_wait *open_here(void)
{
	struct pg_wait *w;
	struct fault f;

	assert_true(pg_wait_open(server.url, &w, &f));
	return w;
}

static void values_go_in_and_come_out(void **state)
{
	struct pg_wait *w = open_here();
	struct sql *sql = sql_create();
	const struct rows *rows;
	struct fault f;

	(void)state;
	sql_add(sql, "SELECT ");
	sql_param_text(sql, "Zoë's");
	sql_add(sql, ", NULL, 7, true UNION ALL SELECT 'b', 'c', NULL, false");
	assert_true(pg_wait_query(w, sql, &rows, &f));
	assert_int_equal(rows->row_count, 2);
	assert_int_equal(rows->column_count, 4);
	assert_string_equal(rows_text(rows, 0, 0), "Zoë's");
	assert_null(rows_text(rows, 0, 1));
	assert_int_equal(rows_int(rows, 0, 2, -1), 7);
	assert_int_equal(rows_int(rows, 1, 2, -1), -1);
	assert_true(rows_bool(rows, 0, 3));
	assert_false(rows_bool(rows, 1, 3));
	assert_int_equal(rows->lengths[0], 6);
	pg_wait_close(w);
}

static void a_mistake_is_a_fault_and_the_connection_goes_on(void **state)
{
	struct pg_wait *w = open_here();
	struct sql *sql = sql_create();
	struct fault f;

	(void)state;
	sql_add(sql, "SELECT nonsense");
	assert_false(pg_wait_query(w, sql, NULL, &f));
	assert_int_equal(f.kind, FAULT_QUERY);
	assert_non_null(strstr(f.detail, "nonsense"));
	assert_false(pg_wait_script(w, "SELECT 1; SELECT 1/0", &f));
	assert_int_equal(f.kind, FAULT_QUERY);
	assert_true(pg_wait_script(w, "SELECT 1; SELECT 2", &f));
	pg_wait_close(w);
}

static void a_copy_loads_all_or_nothing(void **state)
{
	static const char good[] = "1,one\n2,two\n", bad[] = "3,three\nx,four\n";
	struct pg_wait *w = open_here();
	struct fault f;

	(void)state;
	assert_true(pg_wait_copy_begin(w, "COPY things FROM STDIN (FORMAT csv)", &f));
	assert_true(pg_wait_copy_add(w, good, 3, &f));
	assert_true(pg_wait_copy_add(w, good + 3, sizeof good - 4, &f));
	assert_true(pg_wait_copy_end(w, &f));
	assert_int_equal(private_postgres_number(&server, "SELECT count(*) FROM things"), 2);

	assert_true(pg_wait_copy_begin(w, "COPY things FROM STDIN (FORMAT csv)", &f));
	assert_true(pg_wait_copy_add(w, bad, sizeof bad - 1, &f));
	assert_false(pg_wait_copy_end(w, &f));
	assert_int_equal(f.kind, FAULT_QUERY);
	assert_int_equal(private_postgres_number(&server, "SELECT count(*) FROM things"), 2);

	assert_false(pg_wait_copy_begin(w, "SELECT 1", &f));
	assert_int_equal(f.kind, FAULT_BUG);
	assert_true(pg_wait_script(w, "SELECT 1", &f));
	pg_wait_close(w);
}

static void nobody_there_is_unavailable_and_a_bad_url_is_input(void **state)
{
	struct pg_wait *w;
	struct fault f;

	(void)state;
	assert_false(pg_wait_open("postgresql:///x?host=/nowhere", &w, &f));
	assert_int_equal(f.kind, FAULT_UNAVAILABLE);
	assert_false(pg_wait_open("postgresql://a:secret@[b/x", &w, &f));
	assert_int_equal(f.kind, FAULT_INPUT);
	assert_null(strstr(f.detail, "secret"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_go_in_and_come_out),
		cmocka_unit_test(a_mistake_is_a_fault_and_the_connection_goes_on),
		cmocka_unit_test(a_copy_loads_all_or_nothing),
		cmocka_unit_test(nobody_there_is_unavailable_and_a_bad_url_is_input),
	};

	return cmocka_run_group_tests_name("pg_wait", tests, start, stop);
}
