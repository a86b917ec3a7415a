/* The queue as its users see it, on a real Redis: calls, the bell, hints, and coming back. */
#include "lib/base/clock.h"
#include "queue/queue.h"
#include "tests/unit/queue/redis_server.h"
#include "tests/unit/queue/test_loop.h"

#include <glib.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum {
	LEASE_MS = 60000,
	BY_BELL_MS = 2500, /* before an idle worker looks by itself */
	SOON_MS = 5000,
	HEALED_MS = 6000
};

static struct redis_server server;
static struct test_loop loop;

/* A process with a queue: a worker that claims when it is told to, or one that waits for hints. */
struct process {
	struct queue *queue;
	size_t slots; /* free ones; 0: it has its hands full */
	size_t rung, returned, finished, claims;
	size_t done, failed;
	enum fault_kind last_fault;
	struct turn turns[1024];
	size_t turn_count;
	int64_t finished_id;
	struct queue_depth depth;
	bool is_claiming, ends_turns;
};

static void on_done(void *arg, const struct fault *f)
{
	struct process *p = arg;

	p->done += f ? 0 : 1;
	p->failed += f ? 1 : 0;
	p->last_fault = f ? f->kind : FAULT_NONE;
}

static void on_depth(void *arg, const struct queue_depth *d, const struct fault *f)
{
	struct process *p = arg;

	if (d) {
		p->depth = *d;
	}
	on_done(arg, f);
}

static void claim(struct process *p);

static void on_claimed(void *arg, const struct turn *turns, size_t count, const struct fault *f)
{
	struct process *p = arg;
	size_t wanted = p->slots;

	p->is_claiming = false;
	p->claims++;
	if (f) {
		p->failed++;
		p->last_fault = f->kind;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		assert_true(p->turn_count < G_N_ELEMENTS(p->turns));
		p->turns[p->turn_count++] = turns[i];
		if (p->ends_turns) {
			queue_finish(p->queue, &turns[i], 1, on_done, p);
		} else {
			p->slots--;
		}
	}
	if (count == wanted) {
		claim(p);
	}
}

static void claim(struct process *p)
{
	if (p->slots > 0 && !p->is_claiming) {
		p->is_claiming = true;
		queue_claim(p->queue, (unsigned)p->slots, LEASE_MS, on_claimed, p);
	}
}

static void on_rung(void *arg)
{
	struct process *p = arg;

	p->rung++;
	claim(p);
}

static void on_returned(void *arg)
{
	((struct process *)arg)->returned++;
}

static void on_finished(void *arg, int64_t export_id)
{
	struct process *p = arg;

	p->finished++;
	p->finished_id = export_id;
}

static void process_open_at(struct process *p, const char *url)
{
	struct fault f;

	p->queue = queue_open(&loop.uv, &(struct queue_options){url, "test"}, &f);
	assert_non_null(p->queue);
}

/* Its calls are answered before the test lets go of it. */
static void process_close(struct process *p)
{
	queue_close(p->queue);
	loop_run_for(&loop, 20);
}

static void process_open(struct process *p)
{
	process_open_at(p, server.url);
}

static bool is_ready(void *arg)
{
	return queue_is_ready(((struct process *)arg)->queue);
}

static bool is_not_ready(void *arg)
{
	return !is_ready(arg);
}

static long long blocked_clients(void)
{
	redisReply *reply = redis_ask(&server, "INFO clients");
	const char *at = strstr(reply->str, "blocked_clients:");
	long long blocked;

	assert_non_null(at);
	blocked = g_ascii_strtoll(at + strlen("blocked_clients:"), NULL, 10);
	freeReplyObject(reply);
	return blocked;
}

static bool is_blocked(void *arg)
{
	return blocked_clients() >= *(long long *)arg;
}

/* So many idle workers wait for the bell. */
static void until_waiting(long long workers)
{
	(void)loop_until(&loop, is_blocked, &workers, SOON_MS, "the workers to wait");
}

static bool is_watched(void *arg)
{
	redisReply *reply = redis_ask(&server, "PUBSUB NUMSUB {test}:done");
	bool is_so = reply->element[1]->integer > 0;

	(void)arg;
	freeReplyObject(reply);
	return is_so;
}

static void until_watched(void)
{
	(void)loop_until(&loop, is_watched, NULL, HEALED_MS, "the watcher to subscribe");
}

static void until_ready(struct process *p)
{
	(void)loop_until(&loop, is_ready, p, HEALED_MS, "the queue to be ready");
}

static void until_done(struct process *p, size_t least)
{
	(void)loop_until_count(&loop, &p->done, least, SOON_MS, "a call to be done");
}

static void enqueue(struct process *p, int64_t id, int64_t project)
{
	const struct turn turn = {id, project, EXPORT_INTERACTIVE};

	queue_enqueue(p->queue, &turn, on_done, p);
}

static void a_turn_goes_its_way(void **state)
{
	const struct turn sent = {INT64_MAX, 7, EXPORT_SCHEDULED};
	struct process p = {.slots = 4};

	(void)state;
	process_open(&p);
	queue_enqueue(p.queue, &sent, on_done, &p);
	queue_measure(p.queue, on_depth, &p);
	until_done(&p, 2);
	assert_int_equal(p.depth.waiting, 1);
	assert_int_equal(p.depth.running, 0);
	claim(&p);
	(void)loop_until_count(&loop, &p.turn_count, 1, SOON_MS, "a turn to be claimed");
	assert_int_equal(p.turns[0].export_id, INT64_MAX);
	assert_int_equal(p.turns[0].project_id, 7);
	assert_int_equal(p.turns[0].class, EXPORT_SCHEDULED);
	queue_measure(p.queue, on_depth, &p);
	until_done(&p, 3);
	assert_int_equal(p.depth.waiting, 0);
	assert_int_equal(p.depth.running, 1);
	queue_finish(p.queue, &p.turns[0], 0.25, on_done, &p);
	until_done(&p, 4);
	queue_measure(p.queue, on_depth, &p);
	until_done(&p, 5);
	assert_int_equal(p.depth.running, 0);
	claim(&p);
	(void)loop_until_count(&loop, &p.claims, 2, SOON_MS, "an empty claim");
	assert_int_equal(p.turn_count, 1);
	assert_int_equal(p.failed, 0);
	process_close(&p);
}

static void scripts_come_back_after_they_were_forgotten(void **state)
{
	struct process p = {0};

	(void)state;
	process_open(&p);
	enqueue(&p, 1, 1);
	until_done(&p, 1);
	redis_tell(&server, "SCRIPT FLUSH");
	enqueue(&p, 2, 1);
	enqueue(&p, 3, 1);
	until_done(&p, 3);
	assert_int_equal(p.failed, 0);
	assert_int_equal(redis_ask_int(&server, "LLEN {test}:line:i:1"), 3);
	process_close(&p);
}

static void without_an_address_everything_is_unavailable(void **state)
{
	const struct turn turn = {1, 1, EXPORT_INTERACTIVE};
	struct process p = {.slots = 1};

	(void)state;
	process_open_at(&p, "");
	assert_false(queue_is_ready(p.queue));
	enqueue(&p, 1, 1);
	queue_finish(p.queue, &turn, 1, on_done, &p);
	queue_measure(p.queue, on_depth, &p);
	claim(&p);
	queue_listen(p.queue, on_rung, on_returned, &p);
	queue_watch(p.queue, on_finished, &p);
	assert_int_equal(p.failed, 0); /* later, not from inside the call */
	(void)loop_until_count(&loop, &p.failed, 4, SOON_MS, "four faults");
	assert_int_equal(p.last_fault, FAULT_UNAVAILABLE);
	process_close(&p);
}

static void settings_that_are_wrong_are_faults(void **state)
{
	static const struct queue_options wrong[] = {{"nonsense", "test"},
		{"redis://127.0.0.1", ""}, {"redis://127.0.0.1", "a b"},
		{"redis://127.0.0.1", "{a}"}, {"", "\n"}};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		struct fault f = {0};

		assert_null(queue_open(&loop.uv, &wrong[i], &f));
		assert_int_equal(f.kind, FAULT_INPUT);
	}
}

static void closing_answers_every_call_once(void **state)
{
	struct process p = {.slots = 0};

	(void)state;
	process_open(&p);
	queue_listen(p.queue, on_rung, on_returned, &p);
	queue_watch(p.queue, on_finished, &p);
	until_waiting(1);
	until_watched();
	p.done = p.failed = 0;
	for (int i = 0; i < 50; i++) {
		enqueue(&p, i + 1, 1);
		queue_measure(p.queue, on_depth, &p);
	}
	queue_close(p.queue);
	assert_int_equal(p.failed, 0);
	(void)loop_until_count(&loop, &p.failed, 100, SOON_MS, "a hundred answers");
	assert_int_equal(p.last_fault, FAULT_CANCELED);
	assert_int_equal(p.done, 0);
	loop_run_for(&loop, 50);
	assert_int_equal(p.failed, 100);
}

static void junk_in_line_is_passed_over(void **state)
{
	struct process p = {.slots = 8};

	(void)state;
	process_open(&p);
	enqueue(&p, 1, 1);
	until_done(&p, 1);
	redis_tell(&server, "LPUSH {test}:line:i:1 nonsense 99999999999999999999 -5 %s", "");
	redis_tell(&server, "RPUSH {test}:line:i:robot 5");
	redis_tell(&server, "ZADD {test}:ring:i 0 robot");
	claim(&p);
	(void)loop_until_count(&loop, &p.claims, 1, SOON_MS, "a claim");
	assert_int_equal(p.turn_count, 1);
	assert_int_equal(p.turns[0].export_id, 1);
	process_close(&p);
}

static void keys_of_another_type_are_a_fault_until_they_are_gone(void **state)
{
	struct process p = {.slots = 8};

	(void)state;
	process_open(&p);
	redis_tell(&server, "SET {test}:ring:i junk");
	claim(&p);
	(void)loop_until_count(&loop, &p.failed, 1, SOON_MS, "a fault");
	assert_int_equal(p.last_fault, FAULT_UNAVAILABLE);
	redis_tell(&server, "DEL {test}:ring:i");
	until_ready(&p);
	enqueue(&p, 1, 1);
	until_done(&p, 1);
	process_close(&p);
}

static void a_first_connection_has_returned(void **state)
{
	struct process p = {0};

	(void)state;
	process_open(&p);
	queue_listen(p.queue, on_rung, on_returned, &p);
	(void)loop_until_count(&loop, &p.returned, 1, SOON_MS, "the first return");
	loop_run_for(&loop, 200);
	assert_int_equal(p.returned, 1);
	process_close(&p);
}

static void an_idle_worker_is_woken_at_once(void **state)
{
	struct process api = {0};
	struct process worker = {.slots = 4};

	(void)state;
	process_open(&api);
	process_open(&worker);
	queue_listen(worker.queue, on_rung, on_returned, &worker);
	for (size_t n = 1; n <= 4; n++) {
		until_waiting(1);
		enqueue(&api, (int64_t)n, 1);
		assert_in_range(loop_until_count(&loop, &worker.turn_count, n, SOON_MS, "a turn"),
			0, BY_BELL_MS);
	}
	process_close(&api);
	process_close(&worker);
}

static size_t turns_of(const struct process *p, size_t count)
{
	size_t turns = 0;

	for (size_t i = 0; i < count; i++) {
		turns += p[i].turn_count;
	}
	return turns;
}

static bool is_given(void *arg)
{
	return turns_of(arg, 3) > 0;
}

static void one_turn_wakes_one_worker(void **state)
{
	struct process api = {0};
	struct process workers[3] = {{.slots = 4}, {.slots = 4}, {.slots = 4}};
	size_t rung = 0;

	(void)state;
	process_open(&api);
	until_ready(&api);
	for (size_t i = 0; i < 3; i++) {
		process_open(&workers[i]);
		queue_listen(workers[i].queue, on_rung, on_returned, &workers[i]);
	}
	until_waiting(3);
	for (size_t i = 0; i < 3; i++) {
		workers[i].rung = 0;
	}
	enqueue(&api, 1, 1);
	(void)loop_until(&loop, is_given, workers, BY_BELL_MS, "the turn to be given");
	loop_run_for(&loop, 200);
	for (size_t i = 0; i < 3; i++) {
		rung += workers[i].rung;
		process_close(&workers[i]);
	}
	assert_int_equal(rung, 1);
	assert_int_equal(turns_of(workers, 3), 1);
	process_close(&api);
}

static void a_full_worker_passes_the_bell_on(void **state)
{
	struct process api = {0};
	struct process full = {.slots = 0};
	struct process idle = {.slots = 4};

	(void)state;
	process_open(&api);
	process_open(&full);
	process_open(&idle);
	until_ready(&api);
	/* It waits first, so it is the first to be woken. */
	queue_listen(full.queue, on_rung, on_returned, &full);
	until_waiting(1);
	queue_listen(idle.queue, on_rung, on_returned, &idle);
	until_waiting(2);
	assert_int_equal(full.rung, 1);
	enqueue(&api, 1, 1);
	assert_in_range(
		loop_until_count(&loop, &idle.turn_count, 1, SOON_MS, "the turn"), 50, BY_BELL_MS);
	assert_int_equal(full.rung, 2);
	/* From now on the full one leaves the bell alone. */
	until_waiting(1);
	enqueue(&api, 2, 1);
	assert_in_range(
		loop_until_count(&loop, &idle.turn_count, 2, SOON_MS, "the turn"), 0, BY_BELL_MS);
	assert_int_equal(full.rung, 2);
	process_close(&api);
	process_close(&full);
	process_close(&idle);
}

static void an_idle_worker_looks_now_and_then_though_nothing_rings(void **state)
{
	struct process api = {0};
	struct process worker = {.slots = 1};

	(void)state;
	process_open(&api);
	process_open(&worker);
	queue_listen(worker.queue, on_rung, on_returned, &worker);
	(void)loop_until_count(&loop, &worker.claims, 1, SOON_MS, "the first claim");
	/* The bell is lost: as when a worker dies between hearing and claiming. */
	redis_tell(&server, "SET {test}:paused 1");
	enqueue(&api, 1, 1);
	(void)loop_until_count(&loop, &worker.claims, 2, SOON_MS, "a claim while paused");
	redis_tell(&server, "DEL {test}:paused");
	(void)loop_until_count(&loop, &worker.turn_count, 1, 4000, "the turn to be found");
	process_close(&api);
	process_close(&worker);
}

static void watchers_hear_what_has_ended(void **state)
{
	const struct turn turn = {42, 1, EXPORT_INTERACTIVE};
	struct process api = {0};
	struct process worker = {0};

	(void)state;
	process_open(&api);
	process_open(&worker);
	queue_watch(api.queue, on_finished, &api);
	until_watched();
	queue_finish(worker.queue, &turn, 1, on_done, &worker);
	(void)loop_until_count(&loop, &api.finished, 1, SOON_MS, "the hint");
	assert_int_equal(api.finished_id, 42);
	redis_tell(&server, "PUBLISH {test}:done nonsense");
	redis_tell(&server, "PUBLISH {test}:done 43");
	(void)loop_until_count(&loop, &api.finished, 2, SOON_MS, "the hint");
	assert_int_equal(api.finished_id, 43);
	/* It is asked whether it lives while it listens, and told again after an end. */
	loop_run_for(&loop, 1200);
	redis_tell(&server, "CLIENT KILL TYPE pubsub");
	until_watched();
	redis_tell(&server, "PUBLISH {test}:done 44");
	(void)loop_until_count(&loop, &api.finished, 3, SOON_MS, "the hint");
	process_close(&api);
	process_close(&worker);
}

static bool has_one_heard(void *arg)
{
	const struct process *workers = arg;

	return workers[0].returned + workers[1].returned > 2;
}

static void a_flush_is_noticed_by_one_worker(void **state)
{
	struct process workers[2] = {{.slots = 1}, {.slots = 1}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		process_open(&workers[i]);
		queue_listen(workers[i].queue, on_rung, on_returned, &workers[i]);
		(void)loop_until_count(&loop, &workers[i].returned, 1, SOON_MS, "the return");
	}
	redis_tell(&server, "FLUSHALL");
	(void)loop_until(&loop, has_one_heard, workers, SOON_MS, "the flush to be noticed");
	loop_run_for(&loop, 3500);
	assert_int_equal(workers[0].returned + workers[1].returned, 3);
	process_close(&workers[0]);
	process_close(&workers[1]);
}

static void a_short_break_is_no_return(void **state)
{
	struct process p = {.slots = 1};

	(void)state;
	process_open(&p);
	queue_listen(p.queue, on_rung, on_returned, &p);
	(void)loop_until_count(&loop, &p.returned, 1, SOON_MS, "the first return");
	redis_tell(&server, "CLIENT KILL TYPE normal SKIPME yes");
	(void)loop_until(&loop, is_not_ready, &p, SOON_MS, "the break");
	until_ready(&p);
	loop_run_for(&loop, 300);
	assert_int_equal(p.returned, 1);
	process_close(&p);
}

/* A worker at work, and a kill -9 of everything that Redis knew. */
static void work_goes_on_after_a_restart(void **state)
{
	struct process p = {.slots = 4, .ends_turns = true};
	size_t returned;

	(void)state;
	process_open(&p);
	queue_listen(p.queue, on_rung, on_returned, &p);
	(void)loop_until_count(&loop, &p.returned, 1, SOON_MS, "the first return");
	for (int64_t id = 1; id <= 20; id++) {
		enqueue(&p, id, id % 3);
	}
	(void)loop_until_count(&loop, &p.turn_count, 20, SOON_MS, "twenty turns");
	returned = p.returned;
	redis_server_kill(&server);
	(void)loop_until(&loop, is_not_ready, &p, 1500, "the end to be noticed");
	enqueue(&p, 100, 1);
	(void)loop_until_count(&loop, &p.failed, 1, 1500, "the fault");
	redis_server_restart(&server, NULL);
	until_ready(&p);
	(void)loop_until_count(&loop, &p.returned, returned + 1, HEALED_MS, "the return");
	for (int64_t id = 101; id <= 120; id++) {
		enqueue(&p, id, id % 3);
	}
	(void)loop_until_count(&loop, &p.turn_count, 40, SOON_MS, "twenty more turns");
	process_close(&p);
}

static void work_goes_on_after_a_stop(void **state)
{
	struct process p = {.slots = 4, .ends_turns = true};
	struct process api = {0};
	int64_t stopped_at;

	(void)state;
	process_open(&p);
	process_open(&api);
	queue_listen(p.queue, on_rung, on_returned, &p);
	queue_watch(api.queue, on_finished, &api);
	(void)loop_until_count(&loop, &p.returned, 1, SOON_MS, "the first return");
	until_waiting(1);
	until_watched();
	redis_server_signal(&server, SIGSTOP);
	stopped_at = clock_elapsed_ms();
	(void)loop_until(&loop, is_not_ready, &p, 4000, "the stop to be noticed");
	loop_run_for(&loop, MAX(0, 3500 - (clock_elapsed_ms() - stopped_at)));
	redis_server_signal(&server, SIGCONT);
	(void)loop_until_count(&loop, &p.returned, 2, HEALED_MS, "the return");
	until_ready(&api);
	until_watched();
	enqueue(&api, 7, 1);
	(void)loop_until_count(&loop, &p.turn_count, 1, SOON_MS, "the turn");
	(void)loop_until_count(&loop, &api.finished, 1, HEALED_MS, "the hint");
	process_close(&p);
	process_close(&api);
}

/* The rights that README.md names, and no others. */
static void the_documented_rights_are_enough(void **state)
{
	struct process p = {.slots = 4, .ends_turns = true};
	g_autofree char *readme = NULL;
	g_autofree char *rights = NULL;
	g_autofree char *url = g_strdup_printf("redis://platen:secret@127.0.0.1:%d", server.port);
	g_auto(GStrv) words = NULL;
	const char *all[64];
	const char *at;
	redisReply *reply;
	int count = 0;

	(void)state;
	assert_true(g_file_get_contents(SOURCE_DIR "/queue/README.md", &readme, NULL, NULL));
	at = strstr(readme, "ACL SETUSER");
	assert_non_null(at);
	rights = g_strndup(at, strcspn(at, "\n"));
	words = g_strsplit(rights, " ", -1);
	for (; count < 64 && words[count]; count++) {
		all[count] = strcmp(words[count], "~{platen}*") == 0   ? "~{test}*"
			     : strcmp(words[count], "&{platen}*") == 0 ? "&{test}*"
								       : words[count];
	}
	reply = redisCommandArgv(server.admin, count, all, NULL);
	assert_non_null(reply);
	assert_int_equal(reply->type, REDIS_REPLY_STATUS);
	freeReplyObject(reply);
	process_open_at(&p, url);
	queue_listen(p.queue, on_rung, on_returned, &p);
	queue_watch(p.queue, on_finished, &p);
	until_watched();
	enqueue(&p, 1, 1);
	(void)loop_until_count(&loop, &p.turn_count, 1, SOON_MS, "the turn");
	(void)loop_until_count(&loop, &p.finished, 1, SOON_MS, "the hint");
	queue_measure(p.queue, on_depth, &p);
	until_done(&p, 3);
	assert_int_equal(p.failed, 0);
	process_close(&p);
}

static int start(void **state)
{
	(void)state;
	redis_server_start(&server, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	redis_server_stop(&server);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	redis_tell(&server, "FLUSHALL");
	test_loop_open(&loop);
	return 0;
}

/* Whatever a test closed must be gone: handles, memory, answers. */
static int end(void **state)
{
	(void)state;
	test_loop_close(&loop);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_turn_goes_its_way, begin, end),
		cmocka_unit_test_setup_teardown(
			scripts_come_back_after_they_were_forgotten, begin, end),
		cmocka_unit_test_setup_teardown(
			without_an_address_everything_is_unavailable, begin, end),
		cmocka_unit_test_setup_teardown(settings_that_are_wrong_are_faults, begin, end),
		cmocka_unit_test_setup_teardown(closing_answers_every_call_once, begin, end),
		cmocka_unit_test_setup_teardown(junk_in_line_is_passed_over, begin, end),
		cmocka_unit_test_setup_teardown(
			keys_of_another_type_are_a_fault_until_they_are_gone, begin, end),
		cmocka_unit_test_setup_teardown(a_first_connection_has_returned, begin, end),
		cmocka_unit_test_setup_teardown(an_idle_worker_is_woken_at_once, begin, end),
		cmocka_unit_test_setup_teardown(one_turn_wakes_one_worker, begin, end),
		cmocka_unit_test_setup_teardown(a_full_worker_passes_the_bell_on, begin, end),
		cmocka_unit_test_setup_teardown(
			an_idle_worker_looks_now_and_then_though_nothing_rings, begin, end),
		cmocka_unit_test_setup_teardown(watchers_hear_what_has_ended, begin, end),
		cmocka_unit_test_setup_teardown(a_flush_is_noticed_by_one_worker, begin, end),
		cmocka_unit_test_setup_teardown(a_short_break_is_no_return, begin, end),
		cmocka_unit_test_setup_teardown(work_goes_on_after_a_restart, begin, end),
		cmocka_unit_test_setup_teardown(work_goes_on_after_a_stop, begin, end),
		cmocka_unit_test_setup_teardown(the_documented_rights_are_enough, begin, end),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
