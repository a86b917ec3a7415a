/* `platen export` against a server that answers as it is told: how each answer ends. */
#include "unit/ctl/scratch.h"
#include "unit/http/tiny_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char key_line[] = "\r\nAuthorization: Bearer phx_secret\r\n";
static const char ready[] =
	"\"has_content\": true, \"exception\": null, \"filename\": \"export-x.png\"}";
static const char waiting[] =
	"\"has_content\": false, \"exception\": null, \"filename\": \"export-x.png\"}";

static bool has(const char *request, const char *text)
{
	return strstr(request, text) != NULL;
}

static void answer_row(int fd, int status, int id, const char *rest)
{
	g_autofree char *body = g_strdup_printf("{\"id\": %d, %s", id, rest);

	tiny_answer(fd, status, "Content-Type: application/json\r\n", body);
}

static void answer_problem(int fd, int status, const char *headers, const char *detail)
{
	g_autofree char *body = g_strdup_printf(
		"{\"type\": \"x\", \"code\": \"y\", \"detail\": \"%s\", \"attr\": null}", detail);

	tiny_answer(fd, status, headers, body);
}

/* How often something was asked, over all connections. */
static int count(int of)
{
	static atomic_int counts[100];

	return atomic_fetch_add(&counts[of], 1) + 1;
}

static void answer_failed(int fd, int id, const char *exception)
{
	g_autofree char *rest = g_strdup_printf(
		"\"has_content\": false, \"exception\": \"%s\", \"filename\": \"x\"}", exception);

	answer_row(fd, 201, id, rest);
}

/* The insight's number says what happens to its export, whose number it also is. */
static void create(int fd, const char *request)
{
	const char *at = strstr(request, "\"insight\":");
	int id = at ? (int)g_ascii_strtoll(at + 10, NULL, 10) : 0;

	switch (id) {
	case 2: /* later */
	case 3: /* never */
		answer_row(fd, 201, id, waiting);
		break;
	case 4:
		answer_failed(fd, id, "The query could not be run.");
		break;
	case 5:
		answer_failed(fd, id, "The exporter made a mistake; it has been logged.");
		break;
	case 6:
		answer_failed(fd, id, "A service the export needs cannot be reached.");
		break;
	case 7:
		answer_failed(fd, id, "step query passed 60000 ms");
		break;
	case 10:
		answer_problem(fd, 400, "", "Invalid pk");
		break;
	case 11:
		answer_problem(fd, 401, "", "Personal API key is invalid.");
		break;
	case 12:
		answer_problem(fd, 403, "", "API key missing required scope");
		break;
	case 13:
		answer_problem(fd, 429, "Retry-After: 60\r\n", "Request was throttled.");
		break;
	case 23: /* once, then gladly */
		if (count(23) == 1) {
			answer_problem(fd, 429, "Retry-After: 1\r\n", "Request was throttled.");
		} else {
			answer_row(fd, 201, id, ready);
		}
		break;
	case 14:
		answer_problem(fd, 500, "", "A server error occurred.");
		break;
	case 15:
		tiny_answer(fd, 200, "Content-Type: text/html\r\n", "<html>a login page</html>");
		break;
	case 16:
		break; /* no answer at all */
	case 17:
		answer_row(fd, 201, id,
			"\"has_content\": true, \"exception\": null, \"filename\": \"../../evil\"}");
		break;
	default:
		answer_row(fd, 201, id, ready);
		break;
	}
}

static void read_row(int fd, int id)
{
	if (id == 2 && count(2) == 2) {
		answer_problem(fd, 503, "", "for a moment");
	} else {
		answer_row(fd, 200, id, id == 2 && count(3) >= 2 ? ready : waiting);
	}
}

static void content(int fd, const char *request, int id)
{
	if (id == 20) {
		tiny_answer(fd, 302, "Location: /blob/20?signature=1\r\n", "");
	} else if (id == 21) {
		answer_problem(fd, 404, "", "Not found.");
	} else if (id == 22 && count(22) == 1) {
		tiny_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
	} else {
		tiny_answer(fd, 200, "Content-Type: image/png\r\n",
			has(request, "?download=true") ? "the file" : "asked wrongly");
	}
}

static void serve(int fd, const char *request)
{
	static const char prefix[] = "GET /api/projects/1/exports/";

	if (g_str_has_prefix(request, "GET /blob/20?signature=1 ")) {
		tiny_answer(
			fd, 200, "", has(request, "phx_secret") ? "a key too many" : "the file");
	} else if (!has(request, key_line)) {
		answer_problem(fd, 401, "", "Authentication credentials were not provided.");
	} else if (g_str_has_prefix(request, "POST /api/projects/1/exports/ ")) {
		create(fd, request);
	} else if (g_str_has_prefix(request, prefix)) {
		int id = (int)g_ascii_strtoll(request + strlen(prefix), NULL, 10);

		if (has(request, "/content/")) {
			content(fd, request, id);
		} else {
			read_row(fd, id);
		}
	} else {
		answer_problem(fd, 404, "", "Endpoint not found.");
	}
}

struct place {
	struct scratch scratch;
	struct tiny_server server;
	char *url;
};

static int set_up(void **state)
{
	struct place *p = g_new0(struct place, 1);

	scratch_make(&p->scratch);
	tiny_server_start(&p->server, serve);
	p->url = g_strdup_printf("PLATEN_URL=http://127.0.0.1:%u/", p->server.port);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	tiny_server_stop(&p->server);
	scratch_remove(&p->scratch);
	g_free(p->url);
	g_free(p);
	return 0;
}

static void run(struct place *p, const char *line, struct run *r)
{
	const char *const env[] = {
		p->url, "PLATEN_API_KEY=phx_secret", "PLATEN_PROJECT_ID=1", NULL};

	scratch_run(&p->scratch, env, line, r);
}

static void assert_ends(struct place *p, const char *line, int status, const char *says)
{
	struct run r;

	run(p, line, &r);
	if (!strstr(r.err, says) || (!*says && *r.err)) {
		fail_msg("%s: said \"%s\"", line, r.err);
	}
	if (r.status != status) {
		fail_msg("%s: ended with %d instead of %d", line, r.status, status);
	}
	run_finish(&r);
}

static void assert_file(struct place *p, const char *name, const char *text)
{
	g_autofree char *there = scratch_read(&p->scratch, name);

	assert_non_null(there);
	assert_string_equal(there, text);
}

static void a_ready_export_is_saved_and_nothing_is_said(void **state)
{
	struct place *p = *state;
	struct run r;

	assert_ends(p, "platen export --insight 1 --wait --output a.png", 0, "");
	assert_file(p, "a.png", "the file");
	assert_ends(p, "platen export --insight 1 --format csv", 0, "");
	assert_file(p, "export-x.png", "the file");
	assert_int_equal(scratch_count(&p->scratch), 2);
	run(p, "platen export --insight 1 --output - -v", &r);
	assert_string_equal(r.out, "the file");
	assert_non_null(strstr(r.err, "export 1 is made"));
	run_finish(&r);
}

static void an_export_that_takes_its_time_is_waited_for(void **state)
{
	struct place *p = *state;

	assert_ends(p, "platen export --insight 2 --wait 20 --output a.png", 0, "");
	assert_file(p, "a.png", "the file");
}

static void one_that_takes_too_long_may_be_tried_again(void **state)
{
	struct place *p = *state;

	assert_ends(p, "platen export --insight 3 --wait 1 --output a.png", 75,
		"export 3 has not ended after 1 s");
	assert_int_equal(scratch_count(&p->scratch), 0);
}

static void without_waiting_its_number_is_printed(void **state)
{
	struct place *p = *state;
	struct run r;

	run(p, "platen export --insight 3 --no-wait", &r);
	assert_string_equal(r.out, "3\n");
	assert_string_equal(r.err, "");
	assert_int_equal(r.status, 0);
	run_finish(&r);
	assert_int_equal(scratch_count(&p->scratch), 0);
}

static void a_server_that_wants_a_pause_gets_it(void **state)
{
	struct place *p = *state;

	assert_ends(p, "platen export --insight 23 --wait 20 --output a.png", 0, "");
	assert_file(p, "a.png", "the file");
}

static void the_status_says_whose_fault_it_was(void **state)
{
	static const struct {
		int insight, status;
		const char *says;
	} cases[] = {
		{4, 65, "export 4 failed: The query could not be run."},
		{5, 70, "The exporter made a mistake"},
		{6, 69, "A service the export needs cannot be reached."},
		{7, 65, "export 7 failed: step query"},
		{10, 65, "the server answered 400: Invalid pk"},
		{11, 77, "the server answered 401: Personal API key is invalid."},
		{12, 77, "the server answered 403: API key missing required scope"},
		{13, 75, "the server answered 429: Request was throttled."},
		{14, 69, "the server answered 500: A server error occurred."},
		{15, 69, "not as an exports endpoint"},
		{16, 69, "platen export: "},
		{21, 65, "the server answered 404: Not found."},
	};
	struct place *p = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line = g_strdup_printf(
			"platen export --insight %d --wait 2 --output a.png", cases[i].insight);

		assert_ends(p, line, cases[i].status, cases[i].says);
		assert_int_equal(scratch_count(&p->scratch), 0);
	}
}

static void a_redirect_is_followed_without_the_key(void **state)
{
	struct place *p = *state;

	assert_ends(p, "platen export --insight 20 --output a.png", 0, "");
	assert_file(p, "a.png", "the file");
}

static void half_a_file_is_fetched_again(void **state)
{
	struct place *p = *state;

	assert_ends(p, "platen export --insight 22 --output a.png", 0, "");
	assert_file(p, "a.png", "the file");
	assert_int_equal(scratch_count(&p->scratch), 1);
}

static void a_name_from_elsewhere_stays_in_the_directory(void **state)
{
	struct place *p = *state;

	assert_ends(p, "platen export --insight 17", 0, "");
	assert_file(p, "export-17.png", "the file");
	assert_int_equal(scratch_count(&p->scratch), 1);
}

static void a_key_comes_from_a_file_or_the_environment_only(void **state)
{
	struct place *p = *state;

	scratch_write(&p->scratch, "key", "phx_secret\n", -1);
	assert_ends(p, "env -u PLATEN_API_KEY platen export --insight 1 --key-file key -o a.png", 0,
		"");
	assert_ends(p, "PLATEN_API_KEY=phx_wrong platen export --insight 1 -o b.png", 77, "401");
	assert_ends(p, "env -u PLATEN_API_KEY platen export --insight 1", 77, "no API key");
	assert_ends(p, "PLATEN_API_KEY='a b' platen export --insight 1", 2,
		"a character that no key has");
	assert_ends(p, "platen export --insight 1 --key-file none", 66, "none");
	assert_ends(p, "platen export --insight 1 --key phx_secret", 2, "--key");
}

static void wrong_usage_is_told(void **state)
{
	static const struct {
		const char *flags;
		int status;
		const char *says;
	} cases[] = {
		{"", 2, "one of --insight and --dashboard must be there"},
		{"--insight 1 --dashboard 1", 2, "one of --insight and --dashboard"},
		{"--insight abc", 2, "\"abc\" is no number of an insight"},
		{"--dashboard 0", 2, "\"0\" is no number of a dashboard"},
		{"--insight 1 --format jpeg", 2, "\"jpeg\" is no format"},
		{"--insight 1 --wait 0", 2, "must be 1 to 86400"},
		{"--insight 1 --no-wait --output x", 2, "--no-wait leaves nothing"},
		{"--insight 1 --project x", 2, "no number of a project"},
		{"--insight 1 --url ftp://x", 2, "must begin with http://"},
		{"--insight 1 more", 2, "one word too many"},
		{"--insight 1 --output no/such/a.png", 73, "no/such: No such file"},
		{"--insight 1 --url http://127.0.0.1:1 --output a.png", 69, "127.0.0.1"},
	};
	struct place *p = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line = g_strconcat("platen export ", cases[i].flags, NULL);

		assert_ends(p, line, cases[i].status, cases[i].says);
	}
	assert_int_equal(scratch_count(&p->scratch), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_ready_export_is_saved_and_nothing_is_said),
		TEST(an_export_that_takes_its_time_is_waited_for),
		TEST(one_that_takes_too_long_may_be_tried_again),
		TEST(without_waiting_its_number_is_printed),
		TEST(a_server_that_wants_a_pause_gets_it),
		TEST(the_status_says_whose_fault_it_was),
		TEST(a_redirect_is_followed_without_the_key),
		TEST(half_a_file_is_fetched_again),
		TEST(a_name_from_elsewhere_stays_in_the_directory),
		TEST(a_key_comes_from_a_file_or_the_environment_only),
		TEST(wrong_usage_is_told),
	};
#undef TEST

	return cmocka_run_group_tests_name("ctl export", tests, NULL, NULL);
}
