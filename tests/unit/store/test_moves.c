#include "tests/unit/store/demo_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static const char me[] = "00000000-0000-4000-8000-000000000001";
static const char somebody[] = "00000000-0000-4000-8000-000000000002";

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

/* Where a row can stand when a worker that claimed it with fence 1 tries to move it.  Its file
 * would be "mine", its failure "STORAGE: disk". */
enum { GONE = -1 };
enum move { CLAIM, CLAIM_ANY, FINISH, FAIL, RETRY, MOVES };
static const char *const move_names[MOVES] = {"claim", "claim_any", "finish", "fail", "retry"};

static const struct {
	const char *name, *set; /* NULL: the row is deleted */
	/* What comes of it: the state afterwards, negated - 10 when the move was not won. */
	int after[MOVES];
} moves_from[] = {
#define NOT(state) (-10 - (state))
	{"queued, new", "fence = 0", {1, 1, NOT(0), NOT(0), NOT(0)}},
	{"queued again by a move of this fence", "fence = 1", {1, 1, NOT(0), NOT(0), 0}},
	{"queued, due later", "fence = 0, dispatch_at = now() + interval '1 min'",
		{1, NOT(0), NOT(0), NOT(0), NOT(0)}},
	{"queued, to be canceled", "fence = 0, cancel_requested = true",
		{NOT(0), NOT(0), NOT(0), NOT(0), NOT(0)}},
	{"queued, given up", "fence = 0, give_up_at = now()",
		{NOT(0), NOT(0), NOT(0), NOT(0), NOT(0)}},
	{"running, this claim",
		"state = 1, fence = 1, dispatch_at = NULL, worker_id = '00000000-0000-4000-8000-000000000001', "
		"run_deadline = now()",
		{NOT(1), NOT(1), 2, 3, 0}},
	{"running, a later claim",
		"state = 1, fence = 2, dispatch_at = NULL, worker_id = '00000000-0000-4000-8000-000000000002', "
		"run_deadline = now()",
		{NOT(1), NOT(1), NOT(1), NOT(1), NOT(1)}},
	{"running, a later claim of the same worker",
		"state = 1, fence = 2, dispatch_at = NULL, worker_id = '00000000-0000-4000-8000-000000000001', "
		"run_deadline = now()",
		{NOT(1), NOT(1), NOT(1), NOT(1), NOT(1)}},
	{"done, by this very move",
		"state = 2, fence = 1, dispatch_at = NULL, finished_at = now(), content_location = 'mine'",
		{NOT(2), NOT(2), 2, NOT(2), NOT(2)}},
	{"done, by a later claim",
		"state = 2, fence = 2, dispatch_at = NULL, finished_at = now(), content_location = 'theirs'",
		{NOT(2), NOT(2), NOT(2), NOT(2), NOT(2)}},
	{"failed, by this very move",
		"state = 3, fence = 1, dispatch_at = NULL, finished_at = now(), exception = 'x', "
		"last_error = 'STORAGE: disk'",
		{NOT(3), NOT(3), NOT(3), 3, NOT(3)}},
	{"failed, by a sweep",
		"state = 3, fence = 1, dispatch_at = NULL, finished_at = now(), exception = 'x', "
		"last_error = 'TIMEOUT: late'",
		{NOT(3), NOT(3), NOT(3), NOT(3), NOT(3)}},
	{"canceled",
		"state = 4, fence = 1, dispatch_at = NULL, finished_at = now(), exception = 'x'",
		{NOT(4), NOT(4), NOT(4), NOT(4), NOT(4)}},
	{"expired, with this file",
		"state = 5, fence = 1, dispatch_at = NULL, finished_at = now(), content_location = 'mine'",
		{NOT(5), NOT(5), 5, NOT(5), NOT(5)}},
	{"expired", "state = 5, fence = 1, dispatch_at = NULL",
		{NOT(5), NOT(5), NOT(5), NOT(5), NOT(5)}},
	{"gone", NULL, {NOT(GONE), NOT(GONE), NOT(GONE), NOT(GONE), NOT(GONE)}},
};

static const struct fault disk = {FAULT_STORAGE, "disk"};
static const struct export_content content = {"postgres", "mine", "abcd", 123, 0};

/* Makes the move as the worker with fence 1; true when it was won. */
static bool make(enum move move, int64_t id)
{
	struct export_claim c = {.id = id, .fence = 1};
	struct answer a = {0};
	bool won;

	switch (move) {
	case CLAIM:
		exports_claim(&demo.store, id, me, 60000, on_claim, &a);
		break;
	case CLAIM_ANY:
		exports_claim_any(&demo.store, me, 60000, on_claim, &a);
		break;
	case FINISH:
		exports_finish(&demo.store, &c, &content, on_move, &a);
		break;
	case FAIL:
		exports_fail(&demo.store, &c, &disk, on_move, &a);
		break;
	case RETRY:
		exports_retry(&demo.store, &c, CHARGE_ATTEMPT, 0, &disk, on_move, &a);
		break;
	case MOVES:
		break;
	}
	await_well(&demo, &a);
	won = a.won || a.has_claim;
	answer_finish(&a);
	return won;
}

static int state_of(int64_t id)
{
	g_autofree char *sql =
		g_strdup_printf("SELECT state FROM exports WHERE id = %" G_GINT64_FORMAT, id);

	return (int)private_postgres_number(&demo.server, sql); /* -1 without a row */
}

static void moves_happen_from_their_state_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(moves_from); i++) {
		for (enum move m = CLAIM; m < MOVES; m++) {
			int64_t id;
			int got;
			g_autofree char *sql = NULL;

			demo_clear(&demo);
			id = demo_export(&demo, PROJECT, USER);
			sql = moves_from[i].set
				      ? g_strdup_printf(
						"UPDATE exports SET dispatch_at = now() - interval '1 s';"
						"UPDATE exports SET %s",
						moves_from[i].set)
				      : g_strdup("DELETE FROM exports");
			private_postgres_run(&demo.server, sql);
			got = make(m, id) ? state_of(id) : NOT(state_of(id));
			if (got != moves_from[i].after[m]) {
				fail_msg("%s from \"%s\": %d, not %d", move_names[m],
					moves_from[i].name, got, moves_from[i].after[m]);
			}
		}
	}
}

static void a_claim_says_all_that_a_worker_needs(void **state)
{
	struct answer made = {0}, a = {0};
	struct export_request r = {.project_id = PROJECT,
		.created_by = USER,
		.dashboard_id = DASHBOARD,
		.insight_id = INSIGHT,
		.format = "image/png",
		.context = "{\"x\": 1}",
		.source_authentication = "personal_api_key",
		.source_credential_id = 9,
		.class = EXPORT_SCHEDULED,
		.give_up_ms = 60000};

	(void)state;
	exports_create(&demo.store, &r, on_row, &made);
	await_well(&demo, &made);
	exports_claim(&demo.store, made.row->id, me, 90000, on_claim, &a);
	await_well(&demo, &a);
	assert_true(a.has_claim);
	assert_int_equal(a.claim.id, made.row->id);
	assert_int_equal(a.claim.project_id, PROJECT);
	assert_int_equal(a.claim.created_by, USER);
	assert_int_equal(a.claim.dashboard_id, DASHBOARD);
	assert_int_equal(a.claim.insight_id, INSIGHT);
	assert_int_equal(a.claim.fence, 1);
	assert_int_equal(a.claim.attempt, 1);
	assert_int_equal(a.claim.crashes, 0);
	assert_int_equal(a.claim.class, EXPORT_SCHEDULED);
	assert_int_equal(a.claim.created_at_us, made.row->created_at_us);
	assert_int_equal(a.claim.source_credential_id, 9);
	assert_string_equal(a.text, "image/png {\"x\": 1} personal_api_key");
	assert_int_equal(
		private_postgres_number(&demo.server,
			"SELECT count(*) FROM exports WHERE run_deadline = claimed_at + interval '90 s' "
			"AND worker_id = '00000000-0000-4000-8000-000000000001'"),
		1);
	answer_finish(&a);
	answer_finish(&made);
}

static int64_t outcomes(void)
{
	return private_postgres_number(&demo.server, "SELECT count(*) FROM export_outcomes");
}

static void finishing_records_the_file_once(void **state)
{
	int64_t id = demo_export(&demo, PROJECT, USER), expires = INT64_C(1900000000) * 1000000;
	struct export_claim c = demo_claim(&demo, id, me);
	struct export_content mine = {"postgres", "exports/mine", "abcd", 123, expires};
	struct answer intent = {0}, first = {0}, second = {0}, read = {0};

	(void)state;
	blob_intents_add(&demo.store, "postgres", "exports/mine", id, c.fence, on_plain, &intent);
	await_well(&demo, &intent);
	exports_finish(&demo.store, &c, &mine, on_move, &first);
	await_well(&demo, &first);
	assert_true(first.won);
	exports_finish(&demo.store, &c, &mine, on_move, &second);
	await_well(&demo, &second);
	assert_true(second.won); /* it is ours that stands there */
	exports_read(&demo.store, PROJECT, USER, id, on_row, &read);
	await_well(&demo, &read);
	assert_int_equal(read.row->state, EXPORT_DONE);
	assert_string_equal(read.row->content_store, "postgres");
	assert_string_equal(read.row->content_location, "exports/mine");
	assert_string_equal(read.row->content_sha256, "abcd");
	assert_int_equal(read.row->content_bytes, 123);
	assert_int_equal(read.row->expires_after_us, expires);
	assert_null(read.row->exception);
	assert_int_equal(outcomes(), 1);
	assert_int_equal(
		private_postgres_number(&demo.server, "SELECT count(*) FROM blob_intents"), 0);
	answer_finish(&read);
}

static void a_zombie_cannot_win(void **state)
{
	int64_t id = demo_export(&demo, PROJECT, USER);
	struct export_claim old = demo_claim(&demo, id, me), new;
	struct export_content theirs = {"postgres", "theirs", "ef", 1, 0};
	struct answer zombie = {0}, winner = {0}, late = {0}, intent = {0};

	(void)state;
	private_postgres_run(&demo.server,
		"UPDATE exports SET state = 0, worker_id = NULL, run_deadline = NULL, dispatch_at = now()");
	new = demo_claim(&demo, id, somebody);
	assert_int_equal(new.fence, 2);
	assert_int_equal(new.attempt, 2);
	blob_intents_add(&demo.store, "postgres", "mine", id, old.fence, on_plain, &intent);
	await_well(&demo, &intent);
	exports_finish(&demo.store, &old, &content, on_move, &zombie);
	await_well(&demo, &zombie);
	assert_false(zombie.won);
	assert_int_equal(state_of(id), 1);
	/* Its file is still known as one that may have to be deleted. */
	assert_int_equal(
		private_postgres_number(&demo.server, "SELECT count(*) FROM blob_intents"), 1);
	exports_finish(&demo.store, &new, &theirs, on_move, &winner);
	await_well(&demo, &winner);
	assert_true(winner.won);
	exports_finish(&demo.store, &old, &content, on_move, &late);
	await_well(&demo, &late);
	assert_false(late.won);
	assert_int_equal(outcomes(), 1);
}

static void a_lost_reply_reads_as_won_when_asked_again(void **state)
{
	static const char *const points[] = {
		"finish.after=fail", "fail.after=fail", "retry.after=fail"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(points); i++) {
		int64_t id;
		struct export_claim c;
		struct answer a = {0};

		demo_clear(&demo);
		id = demo_export(&demo, PROJECT, USER);
		c = demo_claim(&demo, id, me);
		g_setenv("PLATEN_FAIL", points[i], TRUE);
		if (i == 0) {
			exports_finish(&demo.store, &c, &content, on_move, &a);
		} else if (i == 1) {
			exports_fail(&demo.store, &c, &disk, on_move, &a);
		} else {
			exports_retry(&demo.store, &c, CHARGE_CRASH, 0, &disk, on_move, &a);
		}
		await(&demo, &a);
		g_unsetenv("PLATEN_FAIL");
		assert_int_equal(a.fault.kind, FAULT_UNAVAILABLE);
		assert_false(a.won);
		assert_true(make(i == 0 ? FINISH : i == 1 ? FAIL : RETRY, id));
		assert_int_equal(outcomes(), i == 2 ? 0 : 1);
		if (i == 2) {
			assert_int_equal(private_postgres_number(
						 &demo.server, "SELECT crashes FROM exports"),
				1);
		}
	}
}

/* The commit that an earlier call began may still be under way when we ask again: then ours waits
 * for the row, finds it moved, and must not call the file that stands there a stranger's. */
static void a_commit_still_under_way_reads_as_won(void **state)
{
	int64_t id = demo_export(&demo, PROJECT, USER);
	struct export_claim c = demo_claim(&demo, id, me);
	struct pg_wait *other;
	struct fault f;
	struct answer a = {0};

	(void)state;
	assert_true(pg_wait_open(demo.server.url, &other, &f));
	assert_true(pg_wait_script(other,
		"BEGIN; UPDATE exports SET state = 2, worker_id = NULL, run_deadline = NULL, finished_at = now(), "
		"content_location = 'mine'",
		&f));
	exports_finish(&demo.store, &c, &content, on_move, &a);
	run_for(&demo.loop, 300);
	assert_false(a.is_done);
	assert_true(pg_wait_script(other, "COMMIT", &f));
	run_until(&demo.loop, is_true, &a.is_done, 5000, "an answer");
	assert_int_equal(a.fault.kind, FAULT_NONE);
	assert_true(a.won);
	assert_int_equal(outcomes(), 1);
	pg_wait_close(other);
}

static void failing_tells_the_requester_what_is_theirs_to_know(void **state)
{
	static const struct fault whys[] = {{FAULT_QUERY, "Unknown table 'x'"},
		{FAULT_STORAGE, "disk /dev/sdb1"}, {FAULT_TIMEOUT, "took 60 s"}};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(whys); i++) {
		int64_t id;
		struct export_claim c;
		struct answer a = {0}, read = {0};
		g_autofree char *row = NULL, *want = NULL;

		demo_clear(&demo);
		id = demo_export(&demo, PROJECT, USER);
		c = demo_claim(&demo, id, me);
		exports_fail(&demo.store, &c, &whys[i], on_move, &a);
		await_well(&demo, &a);
		assert_true(a.won);
		exports_read(&demo.store, PROJECT, USER, id, on_row, &read);
		await_well(&demo, &read);
		assert_int_equal(read.row->state, EXPORT_FAILED);
		assert_string_equal(read.row->exception, fault_text(&whys[i]));
		row = private_postgres_text(&demo.server,
			"SELECT concat_ws('|', e.exception_type, e.failure_type, e.last_error, o.exception_type, "
			"o.failure_type, o.last_error, o.state, o.attempt, o.fence) FROM exports e JOIN export_outcomes o "
			"ON o.export_id = e.id");
		want = g_strdup_printf("%s|%s|%s: %s|%s|%s|%s: %s|3|1|1",
			fault_exception_type(whys[i].kind), fault_failure_type(whys[i].kind),
			fault_name(whys[i].kind), whys[i].detail,
			fault_exception_type(whys[i].kind), fault_failure_type(whys[i].kind),
			fault_name(whys[i].kind), whys[i].detail);
		assert_string_equal(row, want);
		answer_finish(&read);
	}
}

static void a_retry_charges_what_it_should(void **state)
{
	static const struct {
		enum export_charge charge;
		const char *counts;
	} cases[] = {{CHARGE_ATTEMPT, "1 0"}, {CHARGE_CRASH, "0 1"}, {CHARGE_NOTHING, "0 0"}};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t id;
		struct export_claim c;
		struct answer a = {0};
		g_autofree char *row = NULL;

		demo_clear(&demo);
		id = demo_export(&demo, PROJECT, USER);
		c = demo_claim(&demo, id, me);
		exports_retry(&demo.store, &c, cases[i].charge, 90000, &disk, on_move, &a);
		await_well(&demo, &a);
		assert_true(a.won);
		row = private_postgres_text(&demo.server,
			"SELECT attempt || ' ' || crashes FROM exports WHERE "
			"dispatch_at BETWEEN now() + interval '85 s' AND now() + "
			"interval '90 s' AND last_error = 'STORAGE: disk'");
		assert_non_null(row);
		assert_string_equal(row, cases[i].counts);
		assert_int_equal(outcomes(), 0);
	}
}

static void success_clears_what_went_wrong_before(void **state)
{
	int64_t id = demo_export(&demo, PROJECT, USER);
	struct export_claim c = demo_claim(&demo, id, me);

	(void)state;
	assert_true(make(RETRY, id));
	c = demo_claim(&demo, id, me);
	assert_int_equal(c.fence, 2);
	{
		struct answer a = {0};

		exports_finish(&demo.store, &c, &content, on_move, &a);
		await_well(&demo, &a);
		assert_true(a.won);
	}
	assert_int_equal(private_postgres_number(&demo.server,
				 "SELECT count(*) FROM exports WHERE last_error IS NULL "
				 "AND exception IS NULL AND exception_type IS NULL"),
		1);
}

static void an_ended_row_stays_ended_whoever_writes(void **state)
{
	struct pg_wait *w;
	struct fault f;
	int64_t id = demo_export(&demo, PROJECT, USER);

	(void)state;
	demo_claim(&demo, id, me);
	assert_true(make(FINISH, id));
	assert_true(pg_wait_open(demo.server.url, &w, &f));
	assert_false(pg_wait_script(w,
		"UPDATE exports SET state = 0, content_location = NULL, finished_at = NULL, dispatch_at = now()",
		&f));
	assert_non_null(strstr(f.detail, "has ended"));
	assert_false(pg_wait_script(w, "UPDATE exports SET content_location = NULL", &f));
	assert_int_equal(f.kind, FAULT_INPUT);
	pg_wait_close(w);
}

/* Eight claimers at once, and each row goes to exactly one. */
static void a_row_is_claimed_once(void **state)
{
	enum { ROWS = 12, CLAIMERS = 48 };
	static struct answer answers[CLAIMERS];
	int claims = 0;

	(void)state;
	memset(answers, 0, sizeof answers);
	for (int i = 0; i < ROWS; i++) {
		demo_export(&demo, i % 3 ? PROJECT : OTHER_PROJECT, i % 3 ? USER : OTHER_USER);
	}
	private_postgres_run(&demo.server, "UPDATE exports SET dispatch_at = now()");
	for (int i = 0; i < CLAIMERS; i++) {
		exports_claim_any(&demo.store, i % 2 ? me : somebody, 60000, on_claim, &answers[i]);
	}
	for (int i = 0; i < CLAIMERS; i++) {
		run_until(&demo.loop, is_true, &answers[i].is_done, 10000, "an answer");
		assert_int_equal(answers[i].fault.kind, FAULT_NONE);
		claims += answers[i].has_claim;
		answer_finish(&answers[i]);
	}
	assert_int_equal(claims, ROWS);
	assert_int_equal(private_postgres_number(&demo.server,
				 "SELECT count(*) FROM exports WHERE state = 1 AND fence = 1"),
		ROWS);
}

static void without_redis_a_small_project_is_not_behind_a_large_one(void **state)
{
	int of_small = 0;

	(void)state;
	private_postgres_run(&demo.server,
		"INSERT INTO exports (project_id, created_by, insight_id, export_format, dispatch_at, give_up_at) "
		"SELECT 1, 1, 1, 'image/png', now() - interval '1 h', now() + interval '1 h' FROM generate_series(1, 3000);"
		"INSERT INTO exports (project_id, created_by, insight_id, export_format, dispatch_at, give_up_at) "
		"SELECT 2, 2, 2, 'image/png', now() - interval '1 min', now() + interval '1 h' FROM generate_series(1, 5)");
	for (int i = 0; i < 10; i++) {
		struct answer a = {0};

		exports_claim_any(&demo.store, me, 60000, on_claim, &a);
		await_well(&demo, &a);
		assert_true(a.has_claim);
		of_small += a.claim.project_id == OTHER_PROJECT;
		answer_finish(&a);
	}
	assert_int_equal(of_small, 5);
}

static void without_redis_interactive_goes_first_and_the_oldest_of_those(void **state)
{
	int64_t ids[3];
	struct answer a = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		ids[i] = demo_export(&demo, PROJECT, USER);
	}
	{
		g_autofree char *sql = g_strdup_printf(
			"UPDATE exports SET dispatch_at = now() - interval '1 min' * (100 - id %% 50), "
			"class = CASE WHEN id = %" G_GINT64_FORMAT
			" THEN 's'::\"char\" ELSE 'i'::\"char\" END;"
			"UPDATE exports SET dispatch_at = now() - interval '2 h' WHERE id IN (%" G_GINT64_FORMAT
			", %" G_GINT64_FORMAT ")",
			ids[0], ids[0], ids[2]);

		private_postgres_run(&demo.server, sql);
	}
	exports_claim_any(&demo.store, me, 60000, on_claim, &a);
	await_well(&demo, &a);
	assert_int_equal(a.claim.id, ids[2]);
	answer_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(moves_happen_from_their_state_only, clear),
		cmocka_unit_test_setup(a_claim_says_all_that_a_worker_needs, clear),
		cmocka_unit_test_setup(finishing_records_the_file_once, clear),
		cmocka_unit_test_setup(a_zombie_cannot_win, clear),
		cmocka_unit_test_setup(a_lost_reply_reads_as_won_when_asked_again, clear),
		cmocka_unit_test_setup(a_commit_still_under_way_reads_as_won, clear),
		cmocka_unit_test_setup(failing_tells_the_requester_what_is_theirs_to_know, clear),
		cmocka_unit_test_setup(a_retry_charges_what_it_should, clear),
		cmocka_unit_test_setup(success_clears_what_went_wrong_before, clear),
		cmocka_unit_test_setup(an_ended_row_stays_ended_whoever_writes, clear),
		cmocka_unit_test_setup(a_row_is_claimed_once, clear),
		cmocka_unit_test_setup(
			without_redis_a_small_project_is_not_behind_a_large_one, clear),
		cmocka_unit_test_setup(
			without_redis_interactive_goes_first_and_the_oldest_of_those, clear),
	};

	return cmocka_run_group_tests_name("store_moves", tests, start, stop);
}
