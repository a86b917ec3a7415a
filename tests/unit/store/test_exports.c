#include "tests/unit/store/demo_rows.h"

#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static struct demo demo;

static int start(void **state)
{
	(void)state;
	demo_start(&demo);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	demo_stop(&demo);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	demo_clear(&demo);
	return 0;
}

static void a_made_row_says_what_was_asked(void **state)
{
	static const char context[] = "{\"b\":1.0, \"a\": \"Zoë \\\"x\\\"\",\"filename\":null}";
	struct answer a = {0}, b = {0};
	int64_t now = clock_wall_us(), midnight = INT64_C(1900000000) * 1000000;
	struct export_request r = {
		.project_id = PROJECT,
		.created_by = USER,
		.dashboard_id = DASHBOARD,
		.insight_id = INSIGHT,
		.format = "text/csv",
		.context = context,
		.source_authentication = "personal_api_key",
		.source_credential_id = 77,
		.class = EXPORT_SCHEDULED,
		.expires_after_us = midnight,
		.give_up_ms = 900000,
	};

	(void)state;
	exports_create(&demo.store, &r, on_row, &a);
	await_well(&demo, &a);
	assert_int_equal(a.row->project_id, PROJECT);
	assert_int_equal(a.row->created_by, USER);
	assert_int_equal(a.row->dashboard_id, DASHBOARD);
	assert_int_equal(a.row->insight_id, INSIGHT);
	assert_string_equal(a.row->format, "text/csv");
	assert_string_equal(a.row->context, context); /* byte for byte */
	assert_string_equal(a.row->dashboard_name, "Overview");
	assert_string_equal(a.row->insight_name, "Daily users");
	assert_in_range(a.row->created_at_us, now - 5000000, now + 5000000);
	assert_int_equal(a.row->expires_after_us, midnight);
	assert_int_equal(a.row->state, EXPORT_QUEUED);
	assert_null(a.row->exception);
	assert_null(a.row->content_location);
	exports_read(&demo.store, PROJECT, USER, a.row->id, on_row, &b);
	await_well(&demo, &b);
	assert_int_equal(b.row->id, a.row->id);
	assert_int_equal(b.row->created_at_us, a.row->created_at_us);
	assert_string_equal(b.row->context, context);
	assert_int_equal(
		private_postgres_number(&demo.server,
			"SELECT count(*) FROM exports WHERE dispatch_at = created_at + interval '2 s' "
			"AND give_up_at = created_at + interval '15 min' AND class = 's' "
			"AND source_authentication = 'personal_api_key' AND source_credential_id = 77"),
		1);
	answer_finish(&a);
	answer_finish(&b);
}

static void times_are_exact_to_the_microsecond(void **state)
{
	int64_t id = demo_export(&demo, PROJECT, USER);
	struct answer a = {0};

	(void)state;
	private_postgres_run(
		&demo.server, "UPDATE exports SET created_at = '2021-08-25 22:09:14.252001+00'");
	exports_read(&demo.store, PROJECT, USER, id, on_row, &a);
	await_well(&demo, &a);
	assert_int_equal(a.row->created_at_us, INT64_C(1629929354252001));
	assert_int_equal(a.row->expires_after_us, 0);
	answer_finish(&a);
}

static void names_fall_back_as_the_file_name_wants(void **state)
{
	static const struct {
		int64_t project, user, insight;
		const char *name;
	} cases[] = {{1, 1, 1, "Daily users"}, {2, 2, 2, "Derived only"}, {1, 1, 3, NULL}};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct answer a = {0};
		struct export_request r = {.project_id = cases[i].project,
			.created_by = cases[i].user,
			.insight_id = cases[i].insight,
			.format = "image/png",
			.class = EXPORT_INTERACTIVE,
			.give_up_ms = 1000};

		exports_create(&demo.store, &r, on_row, &a);
		await_well(&demo, &a);
		assert_null(a.row->dashboard_name);
		assert_null(a.row->context);
		if (cases[i].name) {
			assert_string_equal(a.row->insight_name, cases[i].name);
		} else {
			assert_null(a.row->insight_name);
		}
		answer_finish(&a);
	}
}

static void what_was_deleted_meanwhile_is_bad_input(void **state)
{
	struct answer a = {0};
	struct export_request r = {.project_id = PROJECT,
		.created_by = USER,
		.insight_id = 4711,
		.format = "image/png",
		.class = EXPORT_INTERACTIVE,
		.give_up_ms = 1000};

	(void)state;
	exports_create(&demo.store, &r, on_row, &a);
	await(&demo, &a);
	assert_int_equal(a.fault.kind, FAULT_INPUT);
	assert_null(strstr(a.fault.detail, "constraint"));
}

static void a_lost_reply_leaves_a_row_that_the_sweep_finds(void **state)
{
	struct answer a = {0};
	struct export_request r = {.project_id = PROJECT,
		.created_by = USER,
		.insight_id = INSIGHT,
		.format = "image/png",
		.class = EXPORT_INTERACTIVE,
		.give_up_ms = 60000};

	(void)state;
	g_setenv("PLATEN_FAIL", "create.after=fail", TRUE);
	exports_create(&demo.store, &r, on_row, &a);
	await(&demo, &a);
	g_unsetenv("PLATEN_FAIL");
	assert_int_equal(a.fault.kind, FAULT_UNAVAILABLE);
	assert_int_equal(private_postgres_number(&demo.server,
				 "SELECT count(*) FROM exports WHERE dispatch_at IS NOT NULL"),
		1);
}

static void readers_see_their_own_living_rows_only(void **state)
{
	static const struct {
		const char *name, *update;
		int64_t project, user;
		bool is_seen;
	} cases[] = {
		{"own", NULL, PROJECT, USER, true},
		{"of another user", NULL, PROJECT, OTHER_USER, false},
		{"of another project", NULL, OTHER_PROJECT, USER, false},
		{"made by nobody", "created_by = NULL", PROJECT, USER, false},
		{"expired but not swept", "expires_after = now() - interval '1 s'", PROJECT, USER,
			false},
		{"expiring soon", "expires_after = now() + interval '1 h'", PROJECT, USER, true},
		{"swept", "state = 5, dispatch_at = NULL", PROJECT, USER, false},
		{"swept with time to come", "state = 5, expires_after = now() + interval '1 h'",
			PROJECT, USER, false},
		{"failed", "state = 3, dispatch_at = NULL, exception = 'why', finished_at = now()",
			PROJECT, USER, true},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t id;
		struct answer read = {0}, list = {0};
		struct export_filter filter = {
			.project_id = cases[i].project, .user_id = cases[i].user, .limit = 10};

		demo_clear(&demo);
		id = demo_export(&demo, PROJECT, USER);
		if (cases[i].update) {
			g_autofree char *sql =
				g_strdup_printf("UPDATE exports SET %s", cases[i].update);

			private_postgres_run(&demo.server, sql);
		}
		exports_read(&demo.store, cases[i].project, cases[i].user, id, on_row, &read);
		await(&demo, &read);
		exports_list(&demo.store, &filter, on_rows, &list);
		await_well(&demo, &list);
		if (read.fault.kind != (cases[i].is_seen ? FAULT_NONE : FAULT_NOT_FOUND) ||
			list.total != (cases[i].is_seen ? 1 : 0) ||
			list.id_count != (size_t)list.total) {
			fail_msg("%s: %s, %d", cases[i].name, fault_name(read.fault.kind),
				(int)list.total);
		}
		answer_finish(&read);
		answer_finish(&list);
	}
}

static void pages_come_newest_first_with_the_total_of_all(void **state)
{
	static const struct {
		int64_t limit, offset;
		size_t count;
		int first; /* index from the newest */
	} cases[] = {{3, 0, 3, 0}, {3, 3, 3, 3}, {3, 9, 1, 9}, {3, 10, 0, 0}, {100, 0, 10, 0},
		{0, 0, 0, 0}};
	int64_t ids[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		ids[i] = demo_export(&demo, PROJECT, USER);
	}
	/* The newest is not the one with the largest id; the second and third are of one moment. */
	private_postgres_run(&demo.server,
		"UPDATE exports SET created_at = '2026-01-01'::timestamptz + interval '1 s' * (SELECT count(*) "
		"FROM exports e WHERE e.id >= exports.id)");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct answer a = {0};
		struct export_filter filter = {.project_id = PROJECT,
			.user_id = USER,
			.limit = cases[i].limit,
			.offset = cases[i].offset};

		exports_list(&demo.store, &filter, on_rows, &a);
		await_well(&demo, &a);
		assert_int_equal(a.total, 10);
		assert_int_equal(a.id_count, cases[i].count);
		for (size_t k = 0; k < a.id_count; k++) {
			assert_int_equal(a.ids[k], ids[cases[i].first + (int)k]);
		}
		answer_finish(&a);
	}
	private_postgres_run(&demo.server, "UPDATE exports SET created_at = '2026-01-01'");
	{
		struct answer a = {0};
		struct export_filter filter = {.project_id = PROJECT, .user_id = USER, .limit = 10};

		exports_list(&demo.store, &filter, on_rows, &a);
		await_well(&demo, &a);
		for (size_t k = 0; k < 10; k++) {
			assert_int_equal(a.ids[k], ids[9 - k]);
		}
		answer_finish(&a);
	}
}

static void filters_choose(void **state)
{
	static const char *const contexts[] = {
		NULL,
		"{\"path\": \"api/projects/1/Insights/100%/x_y\"}",
		"{\"path\": \"api/projects/1/events\", \"session_recording_id\": \"abc\"}",
		"{\"session_recording_id\": \"ABC\"}",
		"{\"path\": 7}",
		"[1, 2]",
		"\"path\"",
	};
	static const struct {
		const char *format, *recording, *path;
		int64_t total;
	} cases[] = {
		{NULL, NULL, NULL, 7},
		{"image/png", NULL, NULL, 6},
		{"text/csv", NULL, NULL, 1},
		{"text/x", NULL, NULL, 0},
		{NULL, "abc", NULL, 1},
		{NULL, "ABC", NULL, 1},
		{NULL, "ab", NULL, 0},
		{NULL, NULL, "projects", 2},
		{NULL, NULL, "INSIGHTS", 1},
		{NULL, NULL, "100%/", 1},
		{NULL, NULL, "1%x", 0},
		{NULL, NULL, "x_y", 1},
		{NULL, NULL, "x\\y", 0},
		{NULL, NULL, "_", 1},
		{NULL, NULL, "", 3},
		{NULL, NULL, "7", 1},
		{NULL, "abc", "events", 1},
		{"text/csv", "abc", "events", 0},
		{NULL, NULL, "'; DROP TABLE exports; --", 0},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(contexts); i++) {
		struct answer a = {0};
		struct export_request r = {.project_id = PROJECT,
			.created_by = USER,
			.insight_id = INSIGHT,
			.format = i == 0 ? "text/csv" : "image/png",
			.context = contexts[i],
			.class = EXPORT_INTERACTIVE,
			.give_up_ms = 60000};

		exports_create(&demo.store, &r, on_row, &a);
		await_well(&demo, &a);
		answer_finish(&a);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct answer a = {0};
		struct export_filter filter = {
			PROJECT, USER, cases[i].format, cases[i].recording, cases[i].path, 100, 0};

		exports_list(&demo.store, &filter, on_rows, &a);
		await_well(&demo, &a);
		if (a.total != cases[i].total || a.id_count != (size_t)a.total) {
			fail_msg("case %zu: %d", i, (int)a.total);
		}
		answer_finish(&a);
	}
}

static void ended_rows_are_named(void **state)
{
	int64_t ids[7];
	struct answer a = {0}, none = {0};

	(void)state;
	for (int i = 0; i < 6; i++) {
		g_autofree char *sql = NULL;
		static const char *const sets[] = {"state = 0",
			"state = 1, dispatch_at = NULL, worker_id = gen_random_uuid(), run_deadline = now()",
			"state = 2, dispatch_at = NULL, content_location = 'x', finished_at = now()",
			"state = 3, dispatch_at = NULL, exception = 'x', finished_at = now()",
			"state = 4, dispatch_at = NULL, exception = 'x', finished_at = now()",
			"state = 5"};

		ids[i] = demo_export(&demo, PROJECT, USER);
		sql = g_strdup_printf(
			"UPDATE exports SET %s WHERE id = %" G_GINT64_FORMAT, sets[i], ids[i]);
		private_postgres_run(&demo.server, sql);
	}
	ids[6] = 999999;
	exports_ended(&demo.store, ids, 7, on_ids, &a);
	await_well(&demo, &a);
	assert_int_equal(a.id_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_in_range(a.ids[i], ids[2], ids[5]);
	}
	exports_ended(&demo.store, ids, 0, on_ids, &none);
	await_well(&demo, &none);
	assert_int_equal(none.id_count, 0);
}

static void a_copy_outlives_its_row(void **state)
{
	char format[] = "image/png", where[] = "somewhere";
	struct export_row row = {
		.id = 5, .format = format, .content_location = where, .content_bytes = 9};
	struct export_row *copy = export_row_copy(&row), *second = export_row_copy(copy);

	(void)state;
	memset(format, 'x', sizeof format);
	memset(where, 'x', sizeof where);
	export_row_destroy(copy);
	assert_string_equal(second->format, "image/png");
	assert_string_equal(second->content_location, "somewhere");
	assert_null(second->context);
	assert_int_equal(second->content_bytes, 9);
	export_row_destroy(second);
	export_row_destroy(NULL);
}

static void a_store_without_tables_is_a_bug_and_not_the_requesters(void **state)
{
	struct answer a = {0};

	(void)state;
	private_postgres_run(&demo.server, "ALTER TABLE exports RENAME TO hidden_exports");
	exports_read(&demo.store, PROJECT, USER, 1, on_row, &a);
	await(&demo, &a);
	private_postgres_run(&demo.server, "ALTER TABLE hidden_exports RENAME TO exports");
	assert_int_equal(a.fault.kind, FAULT_BUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_made_row_says_what_was_asked, clear),
		cmocka_unit_test_setup(times_are_exact_to_the_microsecond, clear),
		cmocka_unit_test_setup(names_fall_back_as_the_file_name_wants, clear),
		cmocka_unit_test_setup(what_was_deleted_meanwhile_is_bad_input, clear),
		cmocka_unit_test_setup(a_lost_reply_leaves_a_row_that_the_sweep_finds, clear),
		cmocka_unit_test_setup(readers_see_their_own_living_rows_only, clear),
		cmocka_unit_test_setup(pages_come_newest_first_with_the_total_of_all, clear),
		cmocka_unit_test_setup(filters_choose, clear),
		cmocka_unit_test_setup(ended_rows_are_named, clear),
		cmocka_unit_test(a_copy_outlives_its_row),
		cmocka_unit_test_setup(
			a_store_without_tables_is_a_bug_and_not_the_requesters, clear),
	};

	return cmocka_run_group_tests_name("store_exports", tests, start, stop);
}
