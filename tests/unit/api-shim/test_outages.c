/* What clients see while Redis or Postgres is away, and when the program is asked to stop. */
#include "lib/base/clock.h"
#include "tests/unit/api-shim/api_stack.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define EXPORTS "/api/projects/1/exports"
#define PNG "{\"export_format\":\"image/png\",\"insight\":12}"

enum { PATIENCE_MS = 20000 };

static struct api_stack stack;

static int set_up(void **state)
{
	(void)state;
	api_stack_start(&stack);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	api_stack_stop(&stack);
	return 0;
}

static int status_of(const char *path)
{
	struct reply r = api_ask(&stack.api, KEY_ALL, "GET", NULL, "%s", path);
	int status = r.raw.status;

	reply_finish(&r);
	return status;
}

static void becomes(const char *path, int status)
{
	int64_t until = clock_elapsed_ms() + PATIENCE_MS;
	int got;

	while ((got = status_of(path)) != status) {
		if (clock_elapsed_ms() > until) {
			fail_msg("%s is %d, not %d", path, got, status);
		}
		g_usleep(20000);
	}
}

/* One of the checks of /readyz. */
static void is_said(const struct api_process *p, int status, const char *check, bool fine)
{
	struct reply r = api_ask(p, NULL, "GET", NULL, "/readyz");
	const json_t *checks = json_object_get(r.json, "checks");

	if (r.raw.status != status ||
		(strcmp(json_get_text(checks, check, ""), "ok") == 0) != fine) {
		fail_msg("%s%s", r.raw.head, r.raw.body->str);
	}
	reply_finish(&r);
}

static void health_says_how_it_is(void **state)
{
	struct reply r = api_ask(&stack.api, NULL, "GET", NULL, "/livez");

	(void)state;
	assert_int_equal(r.raw.status, 200);
	assert_string_equal(r.raw.body->str, "{\"http\":true}");
	reply_finish(&r);
	becomes("/readyz", 200);
	assert_int_equal(status_of("/healthz"), 200);
}

static void without_redis_creates_are_still_201(void **state)
{
	static const char *const gone[] = {"--redis-url=unix:/nonexistent/redis.sock", NULL};
	static const char *const none[] = {"--redis-url=", NULL};
	const char *const *const cases[] = {gone, none};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct api_process p = api_start(&stack, cases[i]);
		int64_t before = private_postgres_number(
			&stack.postgres, "SELECT coalesce(max(id), 0) FROM exports");
		int fd = api_send(&p, KEY_ALL, "POST", "Prefer: wait=15\r\n", PNG, EXPORTS);
		int64_t from = clock_elapsed_ms();
		struct reply r;

		/* No hint comes, but the rows are asked. */
		hand_finish(&stack, hand_newest(&stack, before), "x", 1);
		r = api_receive(fd);
		assert_int_equal(r.raw.status, 201);
		assert_true(json_is_true(json_object_get(r.json, "has_content")));
		assert_in_range(clock_elapsed_ms() - from, 0, 5000);
		reply_finish(&r);
		is_said(&p, 200, "redis", false);
		is_said(&p, 200, "postgres", true);
		assert_int_equal(api_stop(&p), 0);
	}
}

static void without_postgres_everything_is_503_and_nothing_dies(void **state)
{
	int64_t before = private_postgres_number(
		&stack.postgres, "SELECT coalesce(max(id), 0) FROM exports");
	int waiting = api_send(&stack.api, KEY_ALL, "POST", "Prefer: wait=2\r\n", PNG, EXPORTS);
	g_autofree char *after = NULL;
	struct reply r;

	(void)state;
	(void)hand_newest(&stack, before);
	private_postgres_down(&stack.postgres);
	/* Its row is there, though it cannot be read again. */
	r = api_receive(waiting);
	assert_int_equal(r.raw.status, 201);
	assert_true(json_is_false(json_object_get(r.json, "has_content")));
	reply_finish(&r);
	r = api_ask(&stack.api, KEY_ALL, "POST", PNG, EXPORTS);
	after = raw_header(&r.raw, "Retry-After");
	assert_non_null(after);
	api_refuses(r, 503, "server_error", "unavailable", NULL,
		"The service is temporarily unavailable. Try again shortly.");
	assert_int_equal(status_of(EXPORTS), 503);
	assert_int_equal(status_of("/livez"), 200);
	becomes("/readyz", 503);
	/* After a while no one waits for it any more. */
	for (int64_t from = 0, until = clock_elapsed_ms() + PATIENCE_MS;;) {
		from = clock_elapsed_ms();
		assert_int_equal(status_of(EXPORTS), 503);
		if (clock_elapsed_ms() - from < 500) {
			break;
		}
		assert_true(from < until);
	}
	is_said(&stack.api, 503, "postgres", false);
	assert_int_equal(status_of("/healthz"), 200);
	private_postgres_up(&stack.postgres);
	becomes("/readyz", 200);
	becomes(EXPORTS, 200);
}

static void asked_to_stop_it_answers_who_waits_and_goes(void **state)
{
	struct api_process p = api_start(&stack, NULL);
	int64_t before = private_postgres_number(
			&stack.postgres, "SELECT coalesce(max(id), 0) FROM exports"),
		from;
	int fd = api_send(&p, KEY_ALL, "POST", "Prefer: wait=60\r\n", PNG, EXPORTS), status = -1;
	struct reply r;

	(void)state;
	(void)hand_newest(&stack, before);
	from = clock_elapsed_ms();
	assert_int_equal(kill(p.pid, SIGTERM), 0);
	r = api_receive(fd);
	assert_int_equal(r.raw.status, 201);
	reply_finish(&r);
	assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
	assert_int_equal(status, 0);
	assert_in_range(clock_elapsed_ms() - from, 0, 5000);
	p.pid = 0;
	g_free(p.log);
}

static void killed_it_loses_nothing_it_has_answered(void **state)
{
	struct api_process p = api_start(&stack, NULL);
	int64_t before = private_postgres_number(
		&stack.postgres, "SELECT coalesce(max(id), 0) FROM exports");
	struct reply r =
		api_receive(api_send(&p, KEY_ALL, "POST", "Prefer: wait=0\r\n", PNG, EXPORTS));

	(void)state;
	assert_int_equal(r.raw.status, 201);
	(void)kill(p.pid, SIGKILL);
	(void)waitpid(p.pid, NULL, 0);
	assert_int_equal(hand_newest(&stack, before), json_get_int(r.json, "id", 0));
	reply_finish(&r);
	g_free(p.log);
}

/* What the command line of the program answers; its exit status. */
static int run(const char *arguments, char **text)
{
	g_autofree char *command = g_strdup_printf("%s/bin/platen-api %s", BINARY_DIR, arguments);
	g_autofree char *err = NULL, *out = NULL;
	int status = -1;

	assert_true(g_spawn_command_line_sync(command, &out, &err, &status, NULL));
	*text = g_strconcat(out, err, NULL);
	return WEXITSTATUS(status);
}

static void the_command_line_says_what_is_wrong(void **state)
{
	g_autofree char *port = g_strdup_printf("--listen-port=%u", stack.api.port);
	const struct {
		const char *arguments;
		int status;
		const char *says;
	} cases[] = {
		{"--help", 0, "--listen-port"},
		{"--version", 0, "platen-api 0."},
		{"--nonsense", 2, "--nonsense is no option"},
		{"--listen-port=x", 2, "listen_port"},
		{"--blob-store=tape", 1, "blob_store is \"tape\""},
		{"--redis-url=gopher:x", 1, "redis"},
		{"--listen-address=no.such.host.invalid", 1, "listen_address"},
		{port, 1, "listen_port"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = NULL;
		int status = run(cases[i].arguments, &text);

		if (status != cases[i].status || !strstr(text, cases[i].says)) {
			fail_msg("%s: %d %s", cases[i].arguments, status, text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(health_says_how_it_is),
		cmocka_unit_test(without_redis_creates_are_still_201),
		cmocka_unit_test(asked_to_stop_it_answers_who_waits_and_goes),
		cmocka_unit_test(killed_it_loses_nothing_it_has_answered),
		cmocka_unit_test(the_command_line_says_what_is_wrong),
		cmocka_unit_test(without_postgres_everything_is_503_and_nothing_dies),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
