/* What a connection makes of servers that are away, mute, wrong, half there or lying: each is
 * noticed within 3 s, work goes on within 5 s of the server being well again, and every command is
 * answered exactly once (reliability.md 3.2). */
#include "lib/base/clock.h"
#include "queue/redis_conn.h"
#include "tests/unit/queue/fake_redis.h"
#include "tests/unit/queue/redis_server.h"
#include "tests/unit/queue/test_loop.h"

#include <glib.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	AT_ONCE_MS = 1000, /* the kernel has told */
	NOTICED_MS = 3000,
	HEALED_MS = 5000,
	/* The sanitizers and a busy machine take time of their own. */
	SLACK_MS = 1000,
	MUCH_BYTES = 4 * 1024 * 1024 /* more than any limit and any socket takes */
};

/* One connection under test, with what is known about it. */
struct subject {
	struct test_loop loop;
	struct redis_address address;
	struct redis_conn *conn;
	size_t lives, silences;
	size_t asked, answered, refused, twice;
	bool seen[4096];
	char last_fault[256];
	struct fake_redis *fake;
	int step; /* of a fake's script */
	int64_t began_ms;
};

static struct redis_server server;

static void on_alive(void *arg)
{
	((struct subject *)arg)->lives++;
}

static void on_silent(void *arg)
{
	((struct subject *)arg)->silences++;
}

static const struct redis_conn_events events = {.alive = on_alive, .silent = on_silent};

static void subject_open(struct subject *t, const char *url)
{
	struct fault f;

	test_loop_open(&t->loop);
	assert_true(redis_address_read(&t->address, url, &f));
	t->conn = redis_conn_open(&t->loop.uv, &t->address, "queue", &events, t);
	t->began_ms = clock_elapsed_ms();
}

static void subject_open_at(struct subject *t, int port)
{
	g_autofree char *url = g_strdup_printf("redis://127.0.0.1:%d", port);

	subject_open(t, url);
}

static void subject_open_fake(struct subject *t, fake_command_fn command)
{
	struct fault f;
	g_autofree char *url = NULL;

	test_loop_open(&t->loop);
	t->fake = fake_redis_open(&t->loop.uv, 0, command, t);
	url = g_strdup_printf("redis://127.0.0.1:%d", fake_redis_port(t->fake));
	assert_true(redis_address_read(&t->address, url, &f));
	t->conn = redis_conn_open(&t->loop.uv, &t->address, "queue", &events, t);
	t->began_ms = clock_elapsed_ms();
}

/* Every command has had one answer by the time that all handles are closed. */
static void subject_close(struct subject *t)
{
	redis_conn_close(t->conn);
	if (t->fake) {
		fake_redis_close(t->fake);
	}
	test_loop_close(&t->loop);
	redis_address_finish(&t->address);
	assert_int_equal(t->answered + t->refused, t->asked);
	assert_int_equal(t->twice, 0);
}

struct question {
	struct subject *t;
	size_t number;
};

static void on_reply(void *arg, const redisReply *reply, const struct fault *f)
{
	struct question *q = arg;
	struct subject *t = q->t;

	t->twice += t->seen[q->number] ? 1 : 0;
	t->seen[q->number] = true;
	if (f) {
		assert_true(f->kind == FAULT_UNAVAILABLE || f->kind == FAULT_CANCELED);
		g_strlcpy(t->last_fault, f->detail, sizeof t->last_fault);
		t->refused++;
	} else {
		assert_non_null(reply);
		t->answered++;
	}
	free(q);
}

static void ask_words(struct subject *t, int count, const char *const *words)
{
	struct question *q = calloc(1, sizeof *q);

	assert_non_null(q);
	q->t = t;
	q->number = t->asked++;
	assert_true(q->number < G_N_ELEMENTS(t->seen));
	redis_conn_command(t->conn, REDIS_COMMAND_LIMIT_MS, count, words, NULL, on_reply, q);
}

static void ask(struct subject *t)
{
	ask_words(t, 2, (const char *const[]){"INCR", "asked"});
}

static bool is_alive(void *arg)
{
	return redis_conn_is_alive(((struct subject *)arg)->conn);
}

static bool is_away(void *arg)
{
	return !is_alive(arg);
}

static void until_alive(struct subject *t)
{
	(void)loop_until(&t->loop, is_alive, t, HEALED_MS + SLACK_MS, "the connection to live");
}

/* One more command is answered: the connection works. */
static void until_working(struct subject *t)
{
	size_t before = t->answered;

	until_alive(t);
	ask(t);
	(void)loop_until_count(
		&t->loop, &t->answered, before + 1, AT_ONCE_MS + SLACK_MS, "an answer");
}

static int64_t until_refused(struct subject *t, size_t count, int64_t limit_ms)
{
	return loop_until_count(
		&t->loop, &t->refused, count, limit_ms + SLACK_MS, "the fault to be noticed");
}

static void a_connection_lives_and_answers(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open(&t, server.url);
	assert_false(redis_conn_is_ready(t.conn));
	ask(&t); /* waits for the first try */
	(void)loop_until_count(&t.loop, &t.answered, 1, AT_ONCE_MS + SLACK_MS, "an answer");
	assert_true(redis_conn_is_ready(t.conn));
	assert_int_equal(strlen(redis_conn_run_id(t.conn)), 40);
	assert_int_equal(redis_conn_was_away_ms(t.conn), -1);
	subject_close(&t);
}

static void an_idle_connection_stays_ready(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open(&t, server.url);
	until_alive(&t);
	loop_run_for(&t.loop, 2500);
	assert_true(redis_conn_is_ready(t.conn));
	assert_int_equal(t.lives, 1);
	subject_close(&t);
}

static void a_unix_socket_and_a_name_work_too(void **state)
{
	struct subject t = {0};
	struct subject named = {0};
	g_autofree char *url = g_strdup_printf("redis://localhost:%d/3", server.port);

	(void)state;
	subject_open(&t, server.unix_url);
	until_working(&t);
	subject_close(&t);
	subject_open(&named, url);
	until_working(&named);
	subject_close(&named);
	redis_tell(&server, "SELECT 3");
	assert_int_equal(redis_ask_int(&server, "GET asked"), 1);
	redis_tell(&server, "SELECT 0");
}

static void a_name_that_is_none_is_a_fault(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open(&t, "redis://no-such-host.invalid:6379");
	ask(&t);
	(void)until_refused(&t, 1, NOTICED_MS);
	subject_close(&t);
}

static void a_refused_connection_is_told_at_once_and_heals(void **state)
{
	struct subject t = {0};
	int port = server.port;

	(void)state;
	redis_server_kill(&server);
	subject_open_at(&t, port);
	ask(&t);
	assert_in_range(until_refused(&t, 1, NOTICED_MS), 0, AT_ONCE_MS);
	assert_non_null(strstr(t.last_fault, "refused"));
	ask(&t);
	assert_in_range(until_refused(&t, 2, NOTICED_MS), 0, AT_ONCE_MS);
	redis_server_restart(&server, NULL);
	until_working(&t);
	subject_close(&t);
}

/* Adapters that return on a poll error never see a refused connection: they have only the limit
 * to save them.  This is the test above, able to fail. */
static void ignoring_poll_errors_would_be_noticed(void **state)
{
	struct subject t = {0};

	(void)state;
#ifdef WITH_FAILPOINTS
	assert_int_equal(setenv("PLATEN_FAIL", "redis.ignore_poll_errors=fail", 1), 0);
	subject_open_at(&t, free_port());
	ask(&t);
	assert_in_range(until_refused(&t, 1, NOTICED_MS), AT_ONCE_MS + 1, NOTICED_MS);
	assert_null(strstr(t.last_fault, "refused"));
	subject_close(&t);
	assert_int_equal(unsetenv("PLATEN_FAIL"), 0);
#else
	(void)t;
	skip();
#endif
}

/* Fakes.  Each answers the greeting, and then does what its name says, the first time. */

static void reset_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words)) {
		if (t->step++ == 0) {
			fake_client_reset(c);
		} else {
			fake_client_send(c, ":1\r\n");
		}
	}
}

static void end_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words)) {
		if (t->step++ == 0) {
			fake_client_end(c);
		} else {
			fake_client_send(c, ":1\r\n");
		}
	}
}

static void cut_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words)) {
		fake_client_send(c, t->step++ == 0 ? "$100\r\nonly the beginn" : ":1\r\n");
	}
}

static void mute_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words) && t->step++ > 0) {
		fake_client_send(c, ":1\r\n");
	}
}

static void stray_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words)) {
		fake_client_send(c, t->step++ == 0 ? ":1\r\n+AND MORE\r\n" : ":1\r\n");
	}
}

static void rave_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words)) {
		fake_client_send(c, t->step++ == 0 ? "HTTP/1.1 400 Bad Request\r\n\r\n" : ":1\r\n");
	}
}

static void claim_a_huge_array_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words)) {
		fake_client_send(c, t->step++ == 0 ? "*2147483647\r\n" : ":1\r\n");
	}
}

static void flood_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words)) {
		if (t->step++ == 0) {
			g_autofree char *much = g_strnfill(MUCH_BYTES, 'x');

			fake_client_send(c, "$1000000000\r\n");
			fake_client_send(c, much);
		} else {
			fake_client_send(c, ":1\r\n");
		}
	}
}

static void nest_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words)) {
		fake_client_send(c, t->step++ == 0 ? "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
						     "*1\r\n*1\r\n*1\r\n:1\r\n"
						   : ":1\r\n");
	}
}

static void refuse_the_surplus_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (t->step++ == 0) {
		fake_client_send(c, "-ERR max number of clients reached\r\n");
		fake_client_end(c);
	} else if (!fake_client_greet(c, words)) {
		fake_client_send(c, ":1\r\n");
	}
}

static void be_a_replica_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (strcmp(words, "ROLE") == 0 && t->step++ == 0) {
		fake_client_send(c,
			"*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:1\r\n$9\r\nconnected\r\n:1\r\n");
	} else if (!fake_client_greet(c, words)) {
		fake_client_send(c, ":1\r\n");
	}
}

static void fail_strangely_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words)) {
		fake_client_send(c, t->step++ == 0 ? "-STRANGE things happened\r\n" : ":1\r\n");
	}
}

/* What a fake does, and how soon it must be noticed. */
static const struct misdeed {
	const char *name;
	fake_command_fn command;
	int64_t least_ms, limit_ms;
	size_t refused; /* of the one command */
	const char *word;
} misdeeds[] = {
	{"reset", reset_once, 0, AT_ONCE_MS, 1, "reset"},
	{"end", end_once, 0, AT_ONCE_MS, 1, "closed"},
	{"cut", cut_once, 1500, NOTICED_MS, 1, "in time"},
	{"mute", mute_once, 1500, NOTICED_MS, 1, "in time"},
	{"stray", stray_once, 0, AT_ONCE_MS, 0, ""},
	{"rave", rave_once, 0, AT_ONCE_MS, 1, "no answer"},
	{"huge array", claim_a_huge_array_once, 0, AT_ONCE_MS, 1, "no answer"},
	{"flood", flood_once, 0, AT_ONCE_MS, 1, "1 MiB"},
	{"nest", nest_once, 0, AT_ONCE_MS, 1, "no answer"},
	{"surplus", refuse_the_surplus_once, 0, AT_ONCE_MS, 1, "max number"},
	{"replica", be_a_replica_once, 0, AT_ONCE_MS, 1, "master"},
	{"strange", fail_strangely_once, 0, AT_ONCE_MS, 1, "STRANGE"},
};

static void a_misbehaving_server_is_left_and_tried_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(misdeeds); i++) {
		const struct misdeed *m = &misdeeds[i];
		struct subject t = {0};

		print_message("    %s\n", m->name);
		subject_open_fake(&t, m->command);
		ask(&t);
		if (m->refused > 0) {
			assert_in_range(until_refused(&t, 1, m->limit_ms), m->least_ms,
				m->limit_ms + SLACK_MS);
			assert_non_null(strstr(t.last_fault, m->word));
		} else {
			(void)loop_until_count(
				&t.loop, &t.answered, 1, m->limit_ms + SLACK_MS, "an answer");
		}
		(void)loop_until(&t.loop, is_away, &t, AT_ONCE_MS, "the connection to end");
		until_working(&t);
		assert_int_equal(fake_redis_connections(t.fake), 2);
		assert_int_equal(t.asked, 2);
		assert_int_equal(t.refused, m->refused);
		subject_close(&t);
	}
}

static void load_for_a_while(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (clock_elapsed_ms() - t->began_ms < 1500 && !g_str_has_prefix(words, "ROLE")) {
		fake_client_send(c, "-LOADING Redis is loading the dataset in memory\r\n");
	} else if (!fake_client_greet(c, words)) {
		fake_client_send(c, ":1\r\n");
	}
}

static void a_loading_server_is_not_alive_until_it_has_loaded(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open_fake(&t, load_for_a_while);
	ask(&t);
	assert_in_range(until_refused(&t, 1, NOTICED_MS), 0, AT_ONCE_MS);
	assert_non_null(strstr(t.last_fault, "LOADING"));
	until_working(&t);
	assert_true(clock_elapsed_ms() - t.began_ms >= 1500);
	assert_int_equal(t.lives, 1);
	subject_close(&t);
}

static void be_busy_twice(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words)) {
		fake_client_send(
			c, t->step++ < 2 ? "-BUSY Redis is busy running a script\r\n" : ":1\r\n");
	}
}

static void a_busy_or_full_server_keeps_its_connection(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open_fake(&t, be_busy_twice);
	until_alive(&t);
	ask(&t);
	ask(&t);
	(void)until_refused(&t, 2, AT_ONCE_MS);
	until_working(&t);
	assert_int_equal(t.lives, 1);
	subject_close(&t);
}

static void send_in_crumbs(void *arg, struct fake_client *c, const char *words)
{
	(void)arg;
	if (!fake_client_greet(c, words)) {
		const char *crumbs[] = {
			"*", "2\r", "\n$", "3\r\na", "b", "c\r\n:", "1", "2\r", "\n"};

		for (size_t i = 0; i < G_N_ELEMENTS(crumbs); i++) {
			fake_client_send(c, crumbs[i]);
		}
	}
}

static void an_answer_in_crumbs_is_one_answer(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open_fake(&t, send_in_crumbs);
	for (size_t n = 1; n <= 20; n++) {
		ask(&t);
	}
	(void)loop_until_count(&t.loop, &t.answered, 20, AT_ONCE_MS, "twenty answers");
	subject_close(&t);
}

static void stop_reading_once(void *arg, struct fake_client *c, const char *words)
{
	struct subject *t = arg;

	if (!fake_client_greet(c, words)) {
		if (t->step++ == 0) {
			fake_client_stop_reading(c);
		} else {
			fake_client_send(c, ":1\r\n");
		}
	}
}

static void a_command_that_is_half_written_has_its_limit(void **state)
{
	struct subject t = {0};
	g_autofree char *large = g_strnfill(MUCH_BYTES, 'x');

	(void)state;
	subject_open_fake(&t, stop_reading_once);
	until_alive(&t);
	ask(&t);
	for (int i = 0; i < 8; i++) {
		ask_words(&t, 3, (const char *const[]){"SET", "k", large});
	}
	assert_in_range(until_refused(&t, 9, NOTICED_MS), 1500, NOTICED_MS + SLACK_MS);
	until_working(&t);
	subject_close(&t);
}

static void not_more_than_a_thousand_commands_are_under_way(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open_fake(&t, mute_once);
	t.step = -2000;
	until_alive(&t);
	for (int i = 0; i < 1001; i++) {
		ask(&t);
	}
	assert_int_equal(t.refused, 0); /* never from inside the call */
	(void)until_refused(&t, 1, AT_ONCE_MS);
	assert_non_null(strstr(t.last_fault, "1000"));
	assert_int_equal(t.refused, 1);
	(void)until_refused(&t, 1001, NOTICED_MS);
	subject_close(&t);
}

static void a_thousand_commands_are_answered_in_order(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open(&t, server.url);
	until_alive(&t);
	for (int i = 0; i < 1000; i++) {
		ask(&t);
	}
	(void)loop_until_count(&t.loop, &t.answered, 1000, HEALED_MS, "a thousand answers");
	assert_int_equal(t.refused, 0);
	subject_close(&t);
}

static void a_stopped_server_is_noticed_and_taken_up_again(void **state)
{
	struct subject t = {0};
	int64_t stopped_at;

	(void)state;
	subject_open(&t, server.url);
	until_working(&t);
	redis_server_signal(&server, SIGSTOP);
	stopped_at = clock_elapsed_ms();
	ask(&t);
	assert_in_range(until_refused(&t, 1, NOTICED_MS), 1500, NOTICED_MS + SLACK_MS);
	assert_int_equal(t.silences, 1);
	assert_true(is_away(&t));
	/* The kernel of a stopped server accepts connections: that is no life. */
	loop_run_for(&t.loop, 1500);
	assert_int_equal(t.lives, 1);
	redis_server_signal(&server, SIGCONT);
	until_working(&t);
	assert_in_range(
		redis_conn_was_away_ms(t.conn), 3000, clock_elapsed_ms() - stopped_at + 1000);
	subject_close(&t);
}

static void a_stopped_server_is_noticed_by_an_idle_connection(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open(&t, server.url);
	until_alive(&t);
	redis_server_signal(&server, SIGSTOP);
	(void)loop_until(&t.loop, is_away, &t, NOTICED_MS + SLACK_MS, "the silence to be noticed");
	redis_server_signal(&server, SIGCONT);
	until_working(&t);
	subject_close(&t);
}

/* It was us: the answer has long come when the loop turns again. */
static void a_loop_that_was_held_up_does_not_blame_the_server(void **state)
{
	struct subject t = {0};
	g_autofree char *text = g_strnfill(2000, 'x');

	(void)state;
	subject_open(&t, server.url);
	until_alive(&t);
	for (int i = 0; i < 500; i++) {
		ask_words(&t, 2, (const char *const[]){"ECHO", text});
	}
	(void)uv_run(&t.loop.uv, UV_RUN_NOWAIT);
	(void)poll(NULL, 0, REDIS_COMMAND_LIMIT_MS + 300);
	(void)loop_until_count(&t.loop, &t.answered, 500, HEALED_MS, "the answers that had come");
	assert_int_equal(t.refused, 0);
	assert_int_equal(t.lives, 1);
	subject_close(&t);
}

static void a_killed_client_comes_back(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open(&t, server.url);
	until_working(&t);
	redis_tell(&server, "CLIENT KILL TYPE normal SKIPME yes");
	(void)loop_until(&t.loop, is_away, &t, AT_ONCE_MS, "the end to be noticed");
	until_working(&t);
	assert_int_equal(t.lives, 2);
	assert_in_range(redis_conn_was_away_ms(t.conn), 0, 1000);
	subject_close(&t);
}

static void a_server_that_became_a_replica_is_left(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open(&t, server.url);
	until_working(&t);
	redis_tell(&server, "REPLICAOF 127.0.0.1 1");
	ask(&t);
	(void)until_refused(&t, 1, AT_ONCE_MS);
	assert_non_null(strstr(t.last_fault, "READONLY"));
	loop_run_for(&t.loop, 500);
	assert_true(is_away(&t));
	redis_tell(&server, "REPLICAOF NO ONE");
	until_working(&t);
	subject_close(&t);
}

static void a_changed_password_is_noticed_and_heals(void **state)
{
	struct subject t = {0};
	g_autofree char *url = g_strdup_printf("redis://:s%%40cret@127.0.0.1:%d", server.port);

	(void)state;
	redis_tell(&server, "CONFIG SET requirepass s@cret");
	subject_open(&t, url);
	until_working(&t);
	redis_tell(&server, "CONFIG SET requirepass other");
	redis_tell(&server, "CLIENT KILL TYPE normal SKIPME yes");
	(void)loop_until(&t.loop, is_away, &t, AT_ONCE_MS, "the end to be noticed");
	loop_run_for(&t.loop, 500);
	assert_true(is_away(&t));
	redis_tell(&server, "CONFIG SET requirepass s@cret");
	until_working(&t);
	redis_tell(&server, "CONFIG SET requirepass %s", "");
	subject_close(&t);
}

static void a_missing_or_wrong_login_is_a_fault(void **state)
{
	struct subject none = {0};
	struct subject wrong = {0};
	g_autofree char *url = g_strdup_printf("redis://who:what@127.0.0.1:%d", server.port);

	(void)state;
	redis_tell(&server, "CONFIG SET requirepass s3cret");
	subject_open(&none, server.url);
	ask(&none);
	(void)until_refused(&none, 1, AT_ONCE_MS);
	assert_non_null(strstr(none.last_fault, "NOAUTH"));
	subject_close(&none);
	subject_open(&wrong, url);
	ask(&wrong);
	(void)until_refused(&wrong, 1, AT_ONCE_MS);
	assert_non_null(strstr(wrong.last_fault, "WRONGPASS"));
	assert_null(strstr(wrong.last_fault, "what"));
	subject_close(&wrong);
	redis_tell(&server, "CONFIG SET requirepass %s", "");
}

static void a_killed_server_is_noticed_and_its_next_start_is_another(void **state)
{
	struct subject t = {0};
	g_autofree char *run_id = NULL;

	(void)state;
	subject_open(&t, server.url);
	until_working(&t);
	run_id = g_strdup(redis_conn_run_id(t.conn));
	redis_server_kill(&server);
	(void)loop_until(&t.loop, is_away, &t, AT_ONCE_MS, "the end to be noticed");
	ask(&t);
	(void)until_refused(&t, 1, AT_ONCE_MS);
	loop_run_for(&t.loop, 1200);
	redis_server_restart(&server, NULL);
	until_working(&t);
	assert_string_not_equal(redis_conn_run_id(t.conn), run_id);
	assert_in_range(redis_conn_was_away_ms(t.conn), 1200, HEALED_MS + 1200);
	subject_close(&t);
}

static void closing_answers_what_is_under_way(void **state)
{
	struct subject t = {0};

	(void)state;
	subject_open(&t, server.url);
	until_alive(&t);
	for (int i = 0; i < 100; i++) {
		ask(&t);
	}
	redis_conn_close(t.conn);
	assert_int_equal(t.refused, 0);
	test_loop_close(&t.loop);
	redis_address_finish(&t.address);
	assert_int_equal(t.refused, 100);
	assert_int_equal(t.twice, 0);
}

static void closing_is_possible_at_any_moment(void **state)
{
	(void)state;
	for (int turns = 0; turns < 24; turns++) {
		struct subject t = {0};
		struct subject named = {0};

		subject_open(&t, server.url);
		ask(&t);
		for (int n = 0; n < turns; n++) {
			(void)uv_run(&t.loop.uv, UV_RUN_NOWAIT);
		}
		subject_close(&t);
		subject_open(&named, "redis://localhost:1");
		ask(&named);
		for (int n = 0; n < turns; n++) {
			(void)uv_run(&named.loop.uv, UV_RUN_NOWAIT);
		}
		subject_close(&named);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_lives_and_answers),
		cmocka_unit_test(an_idle_connection_stays_ready),
		cmocka_unit_test(a_unix_socket_and_a_name_work_too),
		cmocka_unit_test(a_name_that_is_none_is_a_fault),
		cmocka_unit_test(a_refused_connection_is_told_at_once_and_heals),
		cmocka_unit_test(ignoring_poll_errors_would_be_noticed),
		cmocka_unit_test(a_misbehaving_server_is_left_and_tried_again),
		cmocka_unit_test(a_loading_server_is_not_alive_until_it_has_loaded),
		cmocka_unit_test(a_busy_or_full_server_keeps_its_connection),
		cmocka_unit_test(an_answer_in_crumbs_is_one_answer),
		cmocka_unit_test(a_command_that_is_half_written_has_its_limit),
		cmocka_unit_test(not_more_than_a_thousand_commands_are_under_way),
		cmocka_unit_test(a_thousand_commands_are_answered_in_order),
		cmocka_unit_test(a_stopped_server_is_noticed_and_taken_up_again),
		cmocka_unit_test(a_stopped_server_is_noticed_by_an_idle_connection),
		cmocka_unit_test(a_loop_that_was_held_up_does_not_blame_the_server),
		cmocka_unit_test(a_killed_client_comes_back),
		cmocka_unit_test(a_server_that_became_a_replica_is_left),
		cmocka_unit_test(a_changed_password_is_noticed_and_heals),
		cmocka_unit_test(a_missing_or_wrong_login_is_a_fault),
		cmocka_unit_test(a_killed_server_is_noticed_and_its_next_start_is_another),
		cmocka_unit_test(closing_answers_what_is_under_way),
		cmocka_unit_test(closing_is_possible_at_any_moment),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
