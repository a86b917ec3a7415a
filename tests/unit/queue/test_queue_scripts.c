/* The scripts, run one by one on a real Redis. */
#include "queue/script.h"
#include "tests/unit/queue/redis_server.h"

#include <glib.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { LEASE_MS = 60000, GRACE_MS = 3000, SHARE = 8, CAP = 100000, PROJECTS_MOST = 128 };

static struct redis_server server;

static redisReply *run(const struct script *script, const char *format, ...) PRINTF_LIKE(2, 3);

/* The words of the format are the arguments. */
static redisReply *run(const struct script *script, const char *format, ...)
{
	redisReply *reply;
	va_list args;
	g_autofree char *joined = NULL;
	g_auto(GStrv) words = NULL;
	const char *all[16] = {"EVALSHA", script->sha1, "1", "{t}"};
	int count = 4;

	va_start(args, format);
	joined = g_strdup_vprintf(format, args);
	va_end(args);
	words = g_strsplit(joined, " ", -1);
	for (int i = 0; words[i] && *words[i]; i++) {
		all[count++] = words[i];
	}
	reply = redisCommandArgv(server.admin, count, all, NULL);
	assert_non_null(reply);
	return reply;
}

static long long enqueue_within(long long grace_ms, long long id, long long project, char class)
{
	redisReply *reply = run(&script_enqueue, "%lld %lld %c %lld", id, project, class, grace_ms);
	long long added = reply->integer;

	assert_int_equal(reply->type, REDIS_REPLY_INTEGER);
	freeReplyObject(reply);
	return added;
}

static long long enqueue(long long id, long long project, char class)
{
	return enqueue_within(GRACE_MS, id, project, class);
}

struct given {
	long long id, project;
	char class;
};

static size_t claim_with(size_t want, long long lease_ms, long long cap, struct given *given)
{
	redisReply *reply = run(&script_claim, "%zu %lld %lld %d", want, lease_ms, cap, SHARE);
	size_t count = reply->elements / 3;

	if (reply->type == REDIS_REPLY_ERROR) {
		fail_msg("%s", reply->str);
	}
	assert_int_equal(reply->type, REDIS_REPLY_ARRAY);
	assert_true(count <= want);
	for (size_t i = 0; i < count; i++) {
		given[i].id = g_ascii_strtoll(reply->element[3 * i]->str, NULL, 10);
		given[i].project = g_ascii_strtoll(reply->element[3 * i + 1]->str, NULL, 10);
		given[i].class = reply->element[3 * i + 2]->str[0];
	}
	freeReplyObject(reply);
	return count;
}

/* One turn; id 0 when there is none. */
static struct given claim(void)
{
	struct given given = {0};

	(void)claim_with(1, LEASE_MS, CAP, &given);
	return given;
}

static void finish_after(struct given given, double seconds)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	freeReplyObject(run(&script_done, "%lld %lld %c %s", given.id, given.project, given.class,
		g_ascii_formatd(text, sizeof text, "%.3f", seconds)));
}

static void finish(struct given given)
{
	finish_after(given, 1);
}

static void enqueue_many(long long first_id, long long count, long long project, char class)
{
	for (long long i = 0; i < count; i++) {
		assert_int_equal(enqueue(first_id + i, project, class), 1);
	}
}

static long long depth(size_t which)
{
	redisReply *reply = run(&script_depth, "%s", "");
	long long value;

	assert_int_equal(reply->type, REDIS_REPLY_ARRAY);
	assert_int_equal(reply->elements, 2);
	value = reply->element[which]->integer;
	freeReplyObject(reply);
	return value;
}

static long long waiting(void)
{
	return depth(0);
}

static long long running(void)
{
	return depth(1);
}

static void hash_is_what_redis_computes(void **state)
{
	const struct script *all[] = {&script_claim, &script_depth, &script_done, &script_enqueue};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		redisReply *reply =
			redis_ask(&server, "SCRIPT LOAD %b", all[i]->text, all[i]->length);

		assert_string_equal(reply->str, all[i]->sha1);
		freeReplyObject(reply);
	}
}

static void small_projects_do_not_wait_behind_a_large_one(void **state)
{
	enum { SMALL = 9, EACH = 10 };
	const long long spread = 10000;
	long long seen[SMALL + 2] = {0};
	long long last_first = 0, last = 0;

	(void)state;
	enqueue_many(1, 1000, 1, 'i');
	for (long long p = 2; p <= SMALL + 1; p++) {
		enqueue_many(p * spread, EACH, p, 'i');
	}
	for (long long n = 1; n <= 1000 + SMALL * EACH; n++) {
		struct given given = claim();

		assert_true(given.id > 0);
		if (given.project > 1) {
			last = n;
			if (seen[given.project]++ == 0) {
				last_first = n;
			}
		}
		finish(given);
	}
	assert_true(last_first <= SMALL + 1);
	assert_true(last <= (long long)(SMALL + 1) * EACH);
	assert_int_equal(claim().id, 0);
}

static void a_project_is_served_in_order(void **state)
{
	(void)state;
	enqueue_many(1, 50, 7, 's');
	for (long long id = 1; id <= 50; id++) {
		assert_int_equal(claim().id, id);
	}
}

static void interactive_work_goes_first_and_scheduled_keeps_its_share(void **state)
{
	enum { INTERACTIVE = 70, SCHEDULED = 500 };
	long long last = 0, scheduled = 0, scheduled_before = 0;

	(void)state;
	enqueue_many(1, SCHEDULED, 1, 's');
	enqueue_many(10001, INTERACTIVE, 2, 'i');
	for (long long n = 1; n <= INTERACTIVE + SCHEDULED; n++) {
		struct given given = claim();

		if (given.class == 'i') {
			last = n;
			scheduled_before = scheduled;
		} else {
			scheduled++;
		}
		finish(given);
	}
	/* One turn in eight is scheduled while there is interactive work. */
	assert_in_range(last, INTERACTIVE, INTERACTIVE * SHARE / (SHARE - 1));
	assert_in_range(scheduled_before, INTERACTIVE / (SHARE - 1) - 1, INTERACTIVE / (SHARE - 1));
	assert_int_equal(scheduled, SCHEDULED);
}

static void scheduled_work_takes_every_turn_that_nobody_else_wants(void **state)
{
	(void)state;
	enqueue_many(1, 20, 1, 's');
	for (int n = 0; n < 20; n++) {
		assert_int_equal(claim().class, 's');
	}
}

static void a_project_at_its_cap_lets_others_pass(void **state)
{
	struct given given[8];

	(void)state;
	redis_tell(&server, "HSET {t}:cap 1 2");
	enqueue_many(1, 5, 1, 'i');
	assert_int_equal(claim_with(4, LEASE_MS, CAP, given), 2);
	enqueue_many(101, 1, 2, 'i');
	assert_int_equal(claim_with(4, LEASE_MS, CAP, &given[2]), 1);
	assert_int_equal(given[2].project, 2);
	/* A free slot lets it back in at once, and tells whoever waits. */
	redis_tell(&server, "DEL {t}:bell");
	finish(given[0]);
	assert_int_equal(redis_ask_int(&server, "EXISTS {t}:bell"), 1);
	assert_int_equal(claim_with(4, LEASE_MS, CAP, &given[3]), 1);
	assert_int_equal(given[3].project, 1);
}

static void a_slot_that_nobody_freed_ends_by_time(void **state)
{
	enum { SHORT_MS = 150 };
	struct given given[4];

	(void)state;
	enqueue_many(1, 4, 1, 'i');
	assert_int_equal(claim_with(4, SHORT_MS, 2, given), 2);
	assert_int_equal(claim_with(4, SHORT_MS, 2, given), 0);
	assert_int_equal(running(), 2);
	(void)poll(NULL, 0, SHORT_MS + 20);
	assert_int_equal(claim_with(4, SHORT_MS, 2, given), 2);
	assert_int_equal(given[0].id, 3);
	assert_int_equal(running(), 2);
	/* The first two are forgotten, not leaked. */
	assert_int_equal(redis_ask_int(&server, "HLEN {t}:ids"), 2);
}

static void the_usual_cap_can_be_changed_for_all(void **state)
{
	struct given given[8];

	(void)state;
	enqueue_many(1, 8, 1, 'i');
	redis_tell(&server, "HSET {t}:cap * 3");
	assert_int_equal(claim_with(8, LEASE_MS, 1, given), 3);
}

static void a_cap_of_none_holds_a_project_until_it_is_raised(void **state)
{
	struct given given[2];

	(void)state;
	redis_tell(&server, "HSET {t}:cap 1 0");
	enqueue_many(1, 1, 1, 'i');
	assert_int_equal(claim_with(2, LEASE_MS, CAP, given), 0);
	redis_tell(&server, "HDEL {t}:cap 1");
	(void)poll(NULL, 0, 1020);
	assert_int_equal(claim_with(2, LEASE_MS, CAP, given), 1);
}

static void an_id_is_in_line_once(void **state)
{
	(void)state;
	assert_int_equal(enqueue(1, 1, 'i'), 1);
	assert_int_equal(enqueue(1, 1, 'i'), 0);
	assert_int_equal(claim().id, 1);
	/* On its way to whoever claimed it. */
	assert_int_equal(enqueue(1, 1, 'i'), 0);
	assert_int_equal(claim().id, 0);
}

static void an_id_whose_worker_died_is_put_in_line_again_and_frees_its_slot(void **state)
{
	struct given given;

	(void)state;
	redis_tell(&server, "HSET {t}:cap 1 1");
	assert_int_equal(enqueue(1, 1, 'i'), 1);
	assert_int_equal(claim().id, 1);
	assert_int_equal(enqueue(2, 1, 'i'), 1);
	assert_int_equal(claim().id, 0);
	assert_int_equal(enqueue_within(0, 1, 1, 'i'), 1);
	given = claim();
	assert_int_equal(given.id, 2);
	finish(given);
	assert_int_equal(claim().id, 1);
}

static void a_late_end_of_a_lost_run_does_not_take_the_id_out_of_line(void **state)
{
	struct given first;

	(void)state;
	assert_int_equal(enqueue(1, 1, 'i'), 1);
	first = claim();
	assert_int_equal(enqueue_within(0, 1, 1, 'i'), 1);
	finish(first);
	assert_int_equal(waiting(), 1);
	assert_int_equal(claim().id, 1);
}

static void everything_can_be_forgotten(void **state)
{
	struct given given;

	(void)state;
	enqueue_many(1, 10, 1, 'i');
	given = claim();
	redis_tell(&server, "FLUSHALL");
	assert_int_equal(claim().id, 0);
	finish(given);
	enqueue_many(1, 10, 1, 'i');
	for (long long id = 1; id <= 10; id++) {
		assert_int_equal(claim().id, id);
	}
}

static void a_line_or_a_ring_that_was_lost_is_made_anew(void **state)
{
	(void)state;
	assert_int_equal(enqueue(1, 1, 'i'), 1);
	redis_tell(&server, "DEL {t}:line:i:1");
	assert_int_equal(claim().id, 0);
	assert_int_equal(enqueue(1, 1, 'i'), 1);
	redis_tell(&server, "DEL {t}:ring:i");
	assert_int_equal(claim().id, 0);
	assert_int_equal(enqueue(1, 1, 'i'), 0);
	assert_int_equal(claim().id, 1);
}

static void weights_share_the_turns(void **state)
{
	long long turns[3] = {0};

	(void)state;
	redis_tell(&server, "HSET {t}:weight 1 3");
	enqueue_many(1, 800, 1, 'i');
	enqueue_many(10001, 800, 2, 'i');
	for (int n = 0; n < 800; n++) {
		struct given given = claim();

		turns[given.project]++;
		finish(given);
	}
	assert_in_range(turns[1], 599, 601);
}

static void projects_share_seconds_rather_than_turns(void **state)
{
	double seconds[3] = {0};

	(void)state;
	enqueue_many(1, 500, 1, 'i');
	enqueue_many(10001, 500, 2, 'i');
	for (int n = 0; n < 300; n++) {
		struct given given = claim();
		double took = given.project == 1 ? 10 : 0.5;

		seconds[given.project] += took;
		finish_after(given, took);
	}
	assert_true(seconds[1] > 0 && seconds[2] > 0);
	assert_true(seconds[1] - seconds[2] <= 10.5 && seconds[2] - seconds[1] <= 10.5);
}

static double time_of_ring(void)
{
	redisReply *reply = redis_ask(&server, "GET {t}:time:i");
	double time = reply->str ? g_ascii_strtod(reply->str, NULL) : 0;

	freeReplyObject(reply);
	return time;
}

/* Jobs that took less than a second give time back to their project, not to the ring. */
static void the_time_of_a_ring_never_goes_back(void **state)
{
	struct given given[4];

	(void)state;
	enqueue_many(1, 10, 1, 'i');
	assert_int_equal(claim_with(4, LEASE_MS, CAP, given), 4);
	assert_true(time_of_ring() >= 3);
	for (size_t i = 0; i < 4; i++) {
		finish_after(given[i], 0.1);
	}
	assert_int_equal(claim_with(1, LEASE_MS, CAP, given), 1);
	assert_true(time_of_ring() >= 3);
}

static void who_comes_late_shares_from_now_on(void **state)
{
	long long turns[3] = {0};

	(void)state;
	enqueue_many(1, 300, 1, 'i');
	for (int n = 0; n < 100; n++) {
		finish(claim());
	}
	enqueue_many(10001, 300, 2, 'i');
	for (int n = 0; n < 100; n++) {
		struct given given = claim();

		turns[given.project]++;
		finish(given);
	}
	assert_in_range(turns[2], 49, 51);
}

static void leaving_and_coming_back_forgives_no_debt(void **state)
{
	long long turns[3] = {0};

	(void)state;
	/* Project 1 runs a job of 20 s, alone; then both want to. */
	assert_int_equal(enqueue(1, 1, 'i'), 1);
	finish_after(claim(), 20);
	enqueue_many(1001, 50, 1, 'i');
	enqueue_many(2001, 50, 2, 'i');
	for (int n = 0; n < 25; n++) {
		struct given given = claim();

		turns[given.project]++;
		finish(given);
	}
	assert_in_range(turns[2], 19, 24);
}

static void the_bell_rings_while_there_is_work(void **state)
{
	struct given given[4];

	(void)state;
	enqueue_many(1, 5, 1, 'i');
	assert_int_equal(redis_ask_int(&server, "ZCARD {t}:bell"), 1);
	redis_tell(&server, "DEL {t}:bell");
	assert_int_equal(claim_with(4, LEASE_MS, CAP, given), 4);
	assert_int_equal(redis_ask_int(&server, "ZCARD {t}:bell"), 1);
	redis_tell(&server, "DEL {t}:bell");
	assert_int_equal(claim_with(4, LEASE_MS, CAP, given), 1);
	assert_int_equal(redis_ask_int(&server, "ZCARD {t}:bell"), 0);
}

static void a_paused_queue_gives_nothing_and_loses_nothing(void **state)
{
	(void)state;
	assert_int_equal(enqueue(1, 1, 'i'), 1);
	redis_tell(&server, "SET {t}:paused 1");
	assert_int_equal(claim().id, 0);
	redis_tell(&server, "DEL {t}:paused");
	assert_int_equal(claim().id, 1);
}

static void depth_counts_what_waits_and_what_runs(void **state)
{
	struct given given[2];

	(void)state;
	enqueue_many(1, 6, 1, 'i');
	enqueue_many(11, 4, 2, 's');
	assert_int_equal(waiting(), 10);
	assert_int_equal(running(), 0);
	assert_int_equal(claim_with(2, LEASE_MS, CAP, given), 2);
	assert_int_equal(waiting(), 8);
	assert_int_equal(running(), 2);
	finish(given[0]);
	finish(given[0]); /* again, as after a lost answer */
	assert_int_equal(waiting(), 8);
	assert_int_equal(running(), 1);
}

static void nothing_is_left_when_all_is_done(void **state)
{
	(void)state;
	for (long long p = 1; p <= 100; p++) {
		enqueue_many(p * 100, 2, p, p % 2 ? 'i' : 's');
	}
	for (int n = 0; n < 200; n++) {
		finish(claim());
	}
	assert_int_equal(redis_ask_int(&server, "HLEN {t}:ids"), 0);
	assert_int_equal(redis_ask_int(&server, "ZCARD {t}:out"), 0);
	assert_int_equal(redis_ask_int(&server, "EXISTS {t}:ring:i {t}:ring:s"), 0);
	/* Old tags go as others move on. */
	enqueue_many(100001, 300, 1, 'i');
	enqueue_many(200001, 300, 2, 's');
	for (int n = 0; n < 600; n++) {
		finish(claim());
	}
	assert_in_range(redis_ask_int(&server, "HLEN {t}:tag:i"), 0, 2);
	assert_in_range(redis_ask_int(&server, "HLEN {t}:tag:s"), 0, 2);
}

static void a_full_memory_refuses_new_work_and_lets_old_work_out(void **state)
{
	redisReply *reply;

	(void)state;
	enqueue_many(1, 100, 1, 'i');
	redis_tell(&server, "CONFIG SET maxmemory 1");
	reply = run(&script_enqueue, "%d 1 i %d", 101, GRACE_MS);
	assert_int_equal(reply->type, REDIS_REPLY_ERROR);
	assert_memory_equal(reply->str, "OOM", 3);
	freeReplyObject(reply);
	for (long long id = 1; id <= 100; id++) {
		struct given given = claim();

		assert_int_equal(given.id, id);
		finish(given);
	}
	redis_tell(&server, "CONFIG SET maxmemory 0");
}

static void many_turns_come_at_once(void **state)
{
	struct given given[64];
	bool seen[PROJECTS_MOST] = {false};

	(void)state;
	for (long long p = 1; p <= 64; p++) {
		enqueue_many(p * 100, 3, p, 'i');
	}
	assert_int_equal(claim_with(64, LEASE_MS, CAP, given), 64);
	for (size_t i = 0; i < 64; i++) {
		assert_false(seen[given[i].project]);
		seen[given[i].project] = true;
	}
}

static int start(void **state)
{
	(void)state;
	redis_server_start(&server, NULL);
	hash_is_what_redis_computes(NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	redis_server_stop(&server);
	return 0;
}

static int forget(void **state)
{
	(void)state;
	redis_tell(&server, "FLUSHALL");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hash_is_what_redis_computes, forget),
		cmocka_unit_test_setup(small_projects_do_not_wait_behind_a_large_one, forget),
		cmocka_unit_test_setup(a_project_is_served_in_order, forget),
		cmocka_unit_test_setup(
			interactive_work_goes_first_and_scheduled_keeps_its_share, forget),
		cmocka_unit_test_setup(
			scheduled_work_takes_every_turn_that_nobody_else_wants, forget),
		cmocka_unit_test_setup(a_project_at_its_cap_lets_others_pass, forget),
		cmocka_unit_test_setup(a_slot_that_nobody_freed_ends_by_time, forget),
		cmocka_unit_test_setup(the_usual_cap_can_be_changed_for_all, forget),
		cmocka_unit_test_setup(a_cap_of_none_holds_a_project_until_it_is_raised, forget),
		cmocka_unit_test_setup(an_id_is_in_line_once, forget),
		cmocka_unit_test_setup(
			an_id_whose_worker_died_is_put_in_line_again_and_frees_its_slot, forget),
		cmocka_unit_test_setup(
			a_late_end_of_a_lost_run_does_not_take_the_id_out_of_line, forget),
		cmocka_unit_test_setup(everything_can_be_forgotten, forget),
		cmocka_unit_test_setup(a_line_or_a_ring_that_was_lost_is_made_anew, forget),
		cmocka_unit_test_setup(weights_share_the_turns, forget),
		cmocka_unit_test_setup(projects_share_seconds_rather_than_turns, forget),
		cmocka_unit_test_setup(the_time_of_a_ring_never_goes_back, forget),
		cmocka_unit_test_setup(who_comes_late_shares_from_now_on, forget),
		cmocka_unit_test_setup(leaving_and_coming_back_forgives_no_debt, forget),
		cmocka_unit_test_setup(the_bell_rings_while_there_is_work, forget),
		cmocka_unit_test_setup(a_paused_queue_gives_nothing_and_loses_nothing, forget),
		cmocka_unit_test_setup(depth_counts_what_waits_and_what_runs, forget),
		cmocka_unit_test_setup(nothing_is_left_when_all_is_done, forget),
		cmocka_unit_test_setup(
			a_full_memory_refuses_new_work_and_lets_old_work_out, forget),
		cmocka_unit_test_setup(many_turns_come_at_once, forget),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
