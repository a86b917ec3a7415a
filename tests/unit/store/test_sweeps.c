#include "store/workers.h"
#include "tests/unit/store/demo_rows.h"

#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static const char me[] = "00000000-0000-4000-8000-000000000001";
static const char dead[] = "00000000-0000-4000-8000-00000000000d";
enum { DEAD_AFTER_MS = 200 };

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

static void beat(const char *id)
{
	struct answer a = {0};
	struct worker_row w = {.id = id, .host = "here", .pid = 1, .slots = 4};

	workers_beat(&demo.store, &w, on_plain, &a);
	await_well(&demo, &a);
}

static int64_t number(const char *sql)
{
	return private_postgres_number(&demo.server, sql);
}

static void run(const char *sql)
{
	private_postgres_run(&demo.server, sql);
}

/* One export that runs at the dead worker, claimed long ago. */
static int64_t strand(void)
{
	int64_t id = demo_export(&demo, PROJECT, USER);

	demo_claim(&demo, id, dead);
	run("UPDATE exports SET claimed_at = now() - interval '1 h'");
	return id;
}

static int64_t sweep_dead_after(unsigned dead_after_ms)
{
	struct answer a = {0};

	exports_sweep_dead(&demo.store, dead_after_ms, on_sweep, &a);
	await_well(&demo, &a);
	return a.number;
}

static void a_beat_keeps_one_row_a_worker(void **state)
{
	struct answer a = {0};
	struct worker_row w = {.id = me, .host = "here", .pid = 77, .slots = 4, .draining = true};

	(void)state;
	beat(me);
	run("UPDATE workers SET started_at = now() - interval '1 h', beat_at = now() - interval '5 s', "
	    "steady_since = now() - interval '1 h'");
	workers_beat(&demo.store, &w, on_plain, &a);
	await_well(&demo, &a);
	assert_int_equal(
		number("SELECT count(*) FROM workers WHERE beat_at > now() - interval '3 s' AND draining "
		       "AND slots = 4 AND started_at < now() - interval '59 min' "
		       "AND steady_since < now() - interval '59 min'"),
		1);
	/* A gap ends the steadiness. */
	run("UPDATE workers SET beat_at = now() - interval '11 s'");
	beat(me);
	assert_int_equal(
		number("SELECT count(*) FROM workers WHERE steady_since > now() - interval '3 s'"),
		1);
	a = (struct answer){0};
	workers_leave(&demo.store, me, on_plain, &a);
	await_well(&demo, &a);
	assert_int_equal(number("SELECT count(*) FROM workers"), 0);
	a = (struct answer){0};
	workers_leave(&demo.store, me, on_plain, &a);
	await_well(&demo, &a);
}

static void beats_are_hot_updates(void **state)
{
	(void)state;
	beat(me);
	run("SELECT pg_stat_reset()");
	for (int i = 0; i < 100; i++) {
		beat(me);
	}
	/* Statistics of a session come in with a delay of up to a second. */
	for (int i = 0;
		i < 100 &&
		number("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'workers'") < 100;
		i++) {
		run_for(&demo.loop, 50);
		beat(me);
	}
	assert_true(
		number("SELECT (100 * n_tup_hot_upd / n_tup_upd) FROM pg_stat_user_tables WHERE relname = 'workers'") >=
		95);
}

static void exports_of_the_dead_are_queued_again(void **state)
{
	static const struct {
		const char *name, *sql;
		bool is_swept;
	} cases[] = {
		{"silent",
			"UPDATE workers SET beat_at = now() - interval '1 s' WHERE host = 'dead'",
			true},
		{"left without its exports", "DELETE FROM workers WHERE host = 'dead'", true},
		{"gone, but claimed a moment ago",
			"DELETE FROM workers WHERE host = 'dead'; UPDATE exports SET claimed_at = now() + interval '1 min'",
			false},
		{"alive", "UPDATE workers SET beat_at = clock_timestamp() + interval '1 min'",
			false},
		{"nobody has been heard steadily",
			"UPDATE workers SET beat_at = now() - interval '1 s' WHERE host = 'dead'; "
			"UPDATE workers SET steady_since = clock_timestamp() + interval '1 min' WHERE host = 'alive'",
			false},
		{"nobody lives", "UPDATE workers SET beat_at = now() - interval '1 s'", false},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t swept;

		demo_clear(&demo);
		strand();
		run("INSERT INTO workers (id, host, pid, slots, steady_since, beat_at) VALUES "
		    "('00000000-0000-4000-8000-000000000001', 'alive', 1, 1, now() - interval '1 min', now() + interval '1 min'), "
		    "('00000000-0000-4000-8000-00000000000d', 'dead', 1, 1, now() - interval '1 min', now())");
		run(cases[i].sql);
		swept = sweep_dead_after(DEAD_AFTER_MS);
		if (swept != cases[i].is_swept) {
			fail_msg("%s: %d swept", cases[i].name, (int)swept);
		}
		assert_int_equal(
			number("SELECT count(*) FROM exports WHERE state = 0 AND attempt = 0 AND crashes = 1 "
			       "AND fence = 1 AND dispatch_at <= now() AND last_error LIKE 'LOST: %'"),
			swept);
		assert_int_equal(sweep_dead_after(DEAD_AFTER_MS), 0);
	}
}

static void a_fresh_postgres_is_given_time(void **state)
{
	(void)state;
	strand();
	run("INSERT INTO workers (id, host, pid, slots, steady_since, beat_at) VALUES "
	    "('00000000-0000-4000-8000-000000000001', 'alive', 1, 1, now() - interval '10 h', now() + interval '1 min'), "
	    "('00000000-0000-4000-8000-00000000000d', 'dead', 1, 1, now(), now() - interval '1 h')");
	/* This server has not run for an hour and a half. */
	assert_int_equal(sweep_dead_after(3600000 - 60000), 0);
	assert_int_equal(sweep_dead_after(DEAD_AFTER_MS), 1);
}

static bool is_server_settled(void *arg)
{
	(void)arg;
	return number("SELECT count(*) WHERE pg_postmaster_start_time() < now() - interval '3.1 s'") ==
	       1;
}

static void when_most_are_silent_they_are_given_three_times_as_long(void **state)
{
	enum { LIMIT_MS = 2000 };
	static const struct {
		int alive, silent, silent_ms;
		int64_t swept;
	} cases[] = {
		{1, 1, 3000, 1}, /* two are not several */
		{2, 1, 3000, 1},
		{2, 2, 3000, 1}, /* half is not over half */
		{1, 2, 3000, 0},
		{1, 9, 3000, 0},
		{1, 9, 6500, 1},
	};

	(void)state;
	run_until(&demo.loop, is_server_settled, NULL, 10000, "the server is old enough");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *sql = NULL;
		int64_t swept;

		demo_clear(&demo);
		strand();
		sql = g_strdup_printf(
			"INSERT INTO workers (id, host, pid, slots, steady_since, beat_at) SELECT gen_random_uuid(), 'alive', 1, 1, "
			"now() - interval '1 h', now() + interval '1 h' FROM generate_series(1, %d);"
			"INSERT INTO workers (id, host, pid, slots, steady_since, beat_at) SELECT "
			"CASE n WHEN 1 THEN '00000000-0000-4000-8000-00000000000d'::uuid ELSE gen_random_uuid() END, 'silent', 1, 1, "
			"now() - interval '1 h', now() - interval '%d ms' FROM generate_series(1, %d) n",
			cases[i].alive, cases[i].silent_ms, cases[i].silent);
		run(sql);
		swept = sweep_dead_after(LIMIT_MS);
		if (swept != cases[i].swept) {
			fail_msg("case %zu: %d swept", i, (int)swept);
		}
	}
}

static void a_stuck_export_is_found_among_many_that_run(void **state)
{
	int64_t began;

	(void)state;
	run("INSERT INTO workers (id, host, pid, slots, steady_since, beat_at) VALUES "
	    "('00000000-0000-4000-8000-000000000001', 'alive', 1, 1, now() - interval '1 h', now() + interval '1 h'), "
	    "('00000000-0000-4000-8000-00000000000d', 'dead', 1, 1, now(), now() - interval '1 min')");
	run("INSERT INTO exports (project_id, created_by, insight_id, export_format, state, fence, attempt, worker_id, "
	    "run_deadline, claimed_at, give_up_at) SELECT 1, 1, 1, 'image/png', 1, 1, 1, "
	    "CASE n WHEN 70000 THEN '00000000-0000-4000-8000-00000000000d'::uuid "
	    "ELSE '00000000-0000-4000-8000-000000000001'::uuid END, "
	    "now() + interval '1 h', now() - interval '1 h', now() + interval '1 h' FROM generate_series(1, 100000) n;"
	    "ANALYZE exports");
	began = clock_elapsed_ms();
	assert_int_equal(sweep_dead_after(DEAD_AFTER_MS), 1);
	assert_true(clock_elapsed_ms() - began < 1000);
}

static void a_page_of_the_dead_is_500(void **state)
{
	(void)state;
	run("INSERT INTO workers (id, host, pid, slots, steady_since, beat_at) VALUES "
	    "('00000000-0000-4000-8000-000000000001', 'alive', 1, 1, now() - interval '1 h', now() + interval '1 h')");
	run("INSERT INTO exports (project_id, created_by, insight_id, export_format, state, fence, attempt, worker_id, "
	    "run_deadline, claimed_at, give_up_at) SELECT 1, 1, 1, 'image/png', 1, 1, 1, gen_random_uuid(), "
	    "now() + interval '1 h', now() - interval '1 h', now() + interval '1 h' FROM generate_series(1, 501)");
	assert_int_equal(sweep_dead_after(DEAD_AFTER_MS), 500);
	assert_int_equal(sweep_dead_after(DEAD_AFTER_MS), 1);
	assert_int_equal(sweep_dead_after(DEAD_AFTER_MS), 0);
}

static void claims_whose_reply_was_lost_are_given_back(void **state)
{
	int64_t ids[3];
	struct answer a = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		ids[i] = demo_export(&demo, PROJECT, USER);
		demo_claim(&demo, ids[i], me);
	}
	demo_claim(&demo, demo_export(&demo, PROJECT, USER), dead);
	exports_sweep_forgotten(&demo.store, me, ids, 2, on_sweep, &a);
	await_well(&demo, &a);
	assert_int_equal(a.number, 0); /* the reply may still be on its way */
	run("UPDATE exports SET claimed_at = now() - interval '31 s'");
	a = (struct answer){0};
	exports_sweep_forgotten(&demo.store, me, ids, 2, on_sweep, &a);
	await_well(&demo, &a);
	assert_int_equal(a.number, 1);
	{
		g_autofree char *sql = g_strdup_printf(
			"SELECT count(*) FROM exports WHERE id = %" G_GINT64_FORMAT
			" AND state = 0 AND attempt = 0 AND crashes = 0 AND dispatch_at <= now()",
			ids[2]);

		assert_int_equal(number(sql), 1);
	}
	assert_int_equal(number("SELECT count(*) FROM exports WHERE state = 1"), 3);
}

static int64_t sweep_overdue(void)
{
	struct answer a = {0};

	exports_sweep_overdue(&demo.store, on_sweep, &a);
	await_well(&demo, &a);
	return a.number;
}

static void what_is_overdue_fails_with_its_limit(void **state)
{
	static const struct {
		const char *name, *set, *exception; /* NULL: is left alone */
	} cases[] = {
		{"queued in time", "give_up_at = now() + interval '1 min'", NULL},
		{"queued for too long",
			"created_at = now() - interval '901 s', give_up_at = now() - interval '1 s'",
			"The export was not finished within 900 seconds of being asked for (export_give_up_ms)."},
		{"running in time",
			"state = 1, dispatch_at = NULL, worker_id = gen_random_uuid(), claimed_at = now(), "
			"run_deadline = now() + interval '1 min'",
			NULL},
		{"running past its deadline",
			"state = 1, dispatch_at = NULL, worker_id = gen_random_uuid(), claimed_at = now() - interval '121 s', "
			"run_deadline = now() - interval '1 s'",
			"The export took longer than its limit of 120 seconds (export_timeout_ms)."},
		{"running past both",
			"state = 1, dispatch_at = NULL, worker_id = gen_random_uuid(), claimed_at = now() - interval '121 s', "
			"run_deadline = now() - interval '1 s', created_at = now() - interval '61 s', "
			"give_up_at = now() - interval '1 s'",
			"The export was not finished within 60 seconds of being asked for (export_give_up_ms)."},
		{"ended long ago",
			"state = 3, dispatch_at = NULL, exception = 'x', finished_at = now(), give_up_at = now() - interval '1 h'",
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *sql = g_strdup_printf("UPDATE exports SET %s", cases[i].set),
				*got = NULL;
		int64_t swept;

		demo_clear(&demo);
		demo_export(&demo, PROJECT, USER);
		run(sql);
		swept = sweep_overdue();
		if (swept != (cases[i].exception != NULL)) {
			fail_msg("%s: %d swept", cases[i].name, (int)swept);
		}
		if (cases[i].exception) {
			got = private_postgres_text(&demo.server,
				"SELECT exception FROM exports JOIN export_outcomes o ON o.export_id = exports.id "
				"WHERE exports.state = 3 AND exports.failure_type = 'timeout_generation' "
				"AND exports.exception_type = 'TimeoutError' AND o.last_error LIKE 'TIMEOUT: past%'");
			assert_non_null(got);
			assert_string_equal(got, cases[i].exception);
		}
		assert_int_equal(sweep_overdue(), 0);
	}
}

static void due_rows_are_told_once_a_minute(void **state)
{
	int64_t ids[4];
	struct answer a = {0}, b = {0};
	g_autofree char *sql = NULL;

	(void)state;
	for (int i = 0; i < 4; i++) {
		ids[i] = demo_export(
			&demo, i == 1 ? OTHER_PROJECT : PROJECT, i == 1 ? OTHER_USER : USER);
	}
	sql = g_strdup_printf(
		"UPDATE exports SET dispatch_at = now() - interval '1 s' WHERE id <> %" G_GINT64_FORMAT
		"; UPDATE exports SET class = 's', dispatch_at = now() - interval '9 s' WHERE id = "
		"%" G_GINT64_FORMAT,
		ids[3], ids[2]);
	run(sql);
	exports_sweep_due(&demo.store, on_turns, &a);
	await_well(&demo, &a);
	assert_int_equal(a.id_count, 3);
	assert_int_equal(a.ids[0], ids[2]); /* the longest due first */
	assert_int_equal(a.ids[1], ids[0]);
	assert_int_equal(a.ids[2], ids[1]);
	assert_string_equal(a.text, "s1i1i2");
	exports_sweep_due(&demo.store, on_turns, &b);
	await_well(&demo, &b);
	assert_int_equal(b.id_count, 0);
	assert_int_equal(
		number("SELECT count(*) FROM exports WHERE dispatch_at BETWEEN now() + interval '50 s' "
		       "AND now() + interval '60 s'"),
		3);
	answer_finish(&a);
	answer_finish(&b);
}

static void when_redis_forgot_every_row_is_due_soon(void **state)
{
	struct answer a = {0};

	(void)state;
	run("INSERT INTO exports (project_id, created_by, insight_id, export_format, dispatch_at, give_up_at) "
	    "SELECT 1, 1, 1, 'image/png', now() + interval '55 s', now() + interval '1 h' FROM generate_series(1, 20001);"
	    "INSERT INTO exports (project_id, created_by, insight_id, export_format, dispatch_at, give_up_at) "
	    "SELECT 1, 1, 1, 'image/png', now() - interval '7 s', now() + interval '1 h' FROM generate_series(1, 3)");
	exports_redispatch(&demo.store, on_plain, &a);
	await_well(&demo, &a);
	assert_int_equal(
		number("SELECT count(*) FROM exports WHERE dispatch_at > now() + interval '10 s'"),
		0);
	/* Spread over the ten seconds, and what was due stays so. */
	assert_true(
		number("SELECT count(*) FROM exports WHERE dispatch_at > now() + interval '5 s'") >
		5000);
	assert_int_equal(
		number("SELECT count(*) FROM exports WHERE dispatch_at < now() - interval '6 s'"),
		3);
}

static int64_t sweep_expired(void)
{
	struct answer a = {0};

	exports_sweep_expired(&demo.store, on_sweep, &a);
	await_well(&demo, &a);
	return a.number;
}

static void an_export_leaves_in_steps(void **state)
{
	int64_t id = demo_export(&demo, PROJECT, USER);
	struct export_claim c = demo_claim(&demo, id, me);
	struct export_content content = {
		"directory", "exports/x", "ab", 1, clock_wall_us() - 1000000};
	struct answer a = {0};

	(void)state;
	run("UPDATE exports SET expires_after = now() - interval '1 h'");
	assert_int_equal(sweep_expired(), 0); /* it runs, and will expire anew */
	exports_finish(&demo.store, &c, &content, on_move, &a);
	await_well(&demo, &a);
	assert_int_equal(sweep_expired(), 1);
	assert_int_equal(sweep_expired(), 0);
	a = (struct answer){0};
	exports_deletable(&demo.store, on_blobs, &a);
	await_well(&demo, &a);
	assert_int_equal(a.id_count, 0); /* somebody may be reading it */
	run("UPDATE exports SET deleted_at = now() - interval '61 min'");
	answer_finish(&a);
	exports_deletable(&demo.store, on_blobs, &a);
	await_well(&demo, &a);
	assert_int_equal(a.id_count, 1);
	assert_int_equal(a.ids[0], id);
	assert_string_equal(a.text, "directory:exports/x");
	assert_int_equal(sweep_expired(), 0);
	assert_int_equal(number("SELECT count(*) FROM exports"), 1); /* the file first */
	answer_finish(&a);
	for (int i = 0; i < 2; i++) {
		exports_deleted(&demo.store, id, on_plain, &a);
		await_well(&demo, &a);
		answer_finish(&a);
	}
	assert_int_equal(number("SELECT count(*) FROM exports"), 0);
	assert_int_equal(number("SELECT count(*) FROM export_outcomes"), 1);
}

static void rows_without_a_file_are_forgotten_by_themselves(void **state)
{
	int64_t id = demo_export(&demo, PROJECT, USER);
	struct export_claim c = demo_claim(&demo, id, me);
	struct fault why = {FAULT_QUERY, "x"};
	struct answer a = {0};

	(void)state;
	exports_fail(&demo.store, &c, &why, on_move, &a);
	await_well(&demo, &a);
	run("UPDATE exports SET expires_after = now()");
	assert_int_equal(sweep_expired(), 1);
	assert_int_equal(sweep_expired(), 0);
	assert_int_equal(number("SELECT count(*) FROM exports WHERE state = 5"), 1);
	run("UPDATE exports SET deleted_at = now() - interval '61 min'");
	sweep_expired();
	assert_int_equal(number("SELECT count(*) FROM exports"), 0);
	assert_int_equal(number("SELECT count(*) FROM export_outcomes"), 1);
	run("UPDATE export_outcomes SET at = now() - interval '401 days'");
	sweep_expired();
	assert_int_equal(number("SELECT count(*) FROM export_outcomes"), 0);
}

static void only_an_expired_row_can_be_forgotten(void **state)
{
	int64_t id = demo_export(&demo, PROJECT, USER);
	struct answer a = {0};

	(void)state;
	exports_deleted(&demo.store, id, on_plain, &a);
	await_well(&demo, &a);
	assert_int_equal(number("SELECT count(*) FROM exports"), 1);
}

static void an_old_intent_without_a_row_is_an_orphan(void **state)
{
	static const struct {
		const char *name, *row;
		bool is_orphan;
	} cases[] = {
		{"the row is gone", NULL, true},
		{"referenced",
			"state = 2, fence = 1, dispatch_at = NULL, finished_at = now(), content_location = 'l'",
			false},
		{"another file won",
			"state = 2, fence = 2, dispatch_at = NULL, finished_at = now(), content_location = 'm'",
			true},
		{"still running",
			"state = 1, fence = 1, dispatch_at = NULL, worker_id = gen_random_uuid(), run_deadline = now()",
			false},
		{"running anew",
			"state = 1, fence = 2, dispatch_at = NULL, worker_id = gen_random_uuid(), run_deadline = now()",
			true},
		{"queued again", "fence = 1", true},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct answer a = {0};
		int64_t id;

		demo_clear(&demo);
		id = demo_export(&demo, PROJECT, USER);
		for (int k = 0; k < 2; k++) { /* again, after a lost reply */
			blob_intents_add(&demo.store, "directory", "l", id, 1, on_plain, &a);
			await_well(&demo, &a);
			answer_finish(&a);
		}
		if (cases[i].row) {
			g_autofree char *sql =
				g_strdup_printf("UPDATE exports SET %s", cases[i].row);

			run(sql);
		} else {
			run("DELETE FROM exports");
		}
		blob_intents_orphans(&demo.store, on_blobs, &a);
		await_well(&demo, &a);
		assert_int_equal(a.id_count, 0); /* too young */
		answer_finish(&a);
		run("UPDATE blob_intents SET created_at = now() - interval '61 min'");
		blob_intents_orphans(&demo.store, on_blobs, &a);
		await_well(&demo, &a);
		if (a.id_count != cases[i].is_orphan) {
			fail_msg("%s: %zu", cases[i].name, a.id_count);
		}
		if (cases[i].is_orphan) {
			assert_int_equal(a.ids[0], id);
			assert_string_equal(a.text, "directory:l");
		}
		answer_finish(&a);
		blob_intents_remove(&demo.store, "l", on_plain, &a);
		await_well(&demo, &a);
		answer_finish(&a);
		assert_int_equal(number("SELECT count(*) FROM blob_intents"), 0);
	}
}

static void sweepers_at_once_share_the_work(void **state)
{
	enum { SWEEPERS = 8 };
	struct answer answers[SWEEPERS] = {0};
	int64_t all = 0;

	(void)state;
	run("INSERT INTO exports (project_id, created_by, insight_id, export_format, dispatch_at, give_up_at, created_at) "
	    "SELECT 1, 1, 1, 'image/png', now(), now() - interval '1 s', now() - interval '1 h' FROM generate_series(1, 600)");
	for (int i = 0; i < SWEEPERS; i++) {
		exports_sweep_overdue(&demo.store, on_sweep, &answers[i]);
	}
	for (int i = 0; i < SWEEPERS; i++) {
		run_until(&demo.loop, is_true, &answers[i].is_done, 10000, "an answer");
		assert_int_equal(answers[i].fault.kind, FAULT_NONE);
		all += answers[i].number;
	}
	assert_int_equal(all, 600);
	assert_int_equal(number("SELECT count(*) FROM export_outcomes"), 600);
	assert_int_equal(number("SELECT count(DISTINCT export_id) FROM export_outcomes"), 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_beat_keeps_one_row_a_worker, clear),
		cmocka_unit_test_setup(beats_are_hot_updates, clear),
		cmocka_unit_test_setup(exports_of_the_dead_are_queued_again, clear),
		cmocka_unit_test_setup(a_fresh_postgres_is_given_time, clear),
		cmocka_unit_test_setup(
			when_most_are_silent_they_are_given_three_times_as_long, clear),
		cmocka_unit_test_setup(a_stuck_export_is_found_among_many_that_run, clear),
		cmocka_unit_test_setup(a_page_of_the_dead_is_500, clear),
		cmocka_unit_test_setup(claims_whose_reply_was_lost_are_given_back, clear),
		cmocka_unit_test_setup(what_is_overdue_fails_with_its_limit, clear),
		cmocka_unit_test_setup(due_rows_are_told_once_a_minute, clear),
		cmocka_unit_test_setup(when_redis_forgot_every_row_is_due_soon, clear),
		cmocka_unit_test_setup(an_export_leaves_in_steps, clear),
		cmocka_unit_test_setup(rows_without_a_file_are_forgotten_by_themselves, clear),
		cmocka_unit_test_setup(only_an_expired_row_can_be_forgotten, clear),
		cmocka_unit_test_setup(an_old_intent_without_a_row_is_an_orphan, clear),
		cmocka_unit_test_setup(sweepers_at_once_share_the_work, clear),
	};

	return cmocka_run_group_tests_name("store_sweeps", tests, start, stop);
}
