/* `platen query` against a server that answers as it is told: what is sent, printed and said. */
#include "unit/ctl/scratch.h"
#include "unit/http/tiny_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char result[] =
	"{\"results\":[{\"label\":\"a\",\"data\":[1.0,0.1]}],\"is_cached\":false}";

static bool has(const char *request, const char *text)
{
	return strstr(request, text) != NULL;
}

static void answer_problem(int fd, int status, const char *attr, const char *detail)
{
	g_autofree char *body = g_strdup_printf(
		"{\"type\": \"x\", \"code\": \"y\", \"detail\": \"%s\", \"attr\": %s}", detail,
		attr);

	tiny_answer(fd, status, "Content-Type: application/json\r\n", body);
}

/* The query's kind says what becomes of it; what was sent comes back as a label. */
static void serve(int fd, const char *request)
{
	const char *body = strstr(request, "\r\n\r\n");

	if (!has(request, "\r\nAuthorization: Bearer phx_secret\r\n")) {
		answer_problem(fd, 401, "null", "Authentication credentials were not provided.");
	} else if (!g_str_has_prefix(request, "POST /api/projects/1/query/ ")) {
		answer_problem(fd, 404, "null", "Endpoint not found.");
	} else if (has(request, "\"Bad\"")) {
		answer_problem(fd, 400, "\"query\"", "series[0].event: wrong");
	} else if (has(request, "\"Barred\"")) {
		answer_problem(fd, 403, "null", "API key missing required scope 'query:read'");
	} else if (has(request, "\"Slow\"")) {
		answer_problem(fd, 504, "null", "the query took longer than its limit of 100 ms");
	} else if (has(request, "\"Busy\"")) {
		answer_problem(fd, 503, "null", "The service is temporarily unavailable.");
	} else if (has(request, "\"Login\"")) {
		tiny_answer(fd, 200, "Content-Type: text/html\r\n", "<html>a login page</html>");
	} else if (has(request, "\"Silent\"")) {
		return;
	} else if (has(request, "\"Echo\"") || has(request, "SavedInsightNode")) {
		g_autofree char *echo = g_strdup_printf("{\"results\":%s}", body ? body + 4 : "");

		tiny_answer(fd, 200, "Content-Type: application/json\r\n", echo);
	} else {
		tiny_answer(fd, 200, "Content-Type: application/json\r\n", result);
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
	p->url = g_strdup_printf("PLATEN_URL=http://127.0.0.1:%u", p->server.port);
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

/* What is printed and, in part, said; NULL: whatever. */
static void assert_run(
	struct place *p, const char *line, int status, const char *prints, const char *says)
{
	const char *const env[] = {
		p->url, "PLATEN_API_KEY=phx_secret", "PLATEN_PROJECT_ID=1", NULL};
	struct run r;

	scratch_run(&p->scratch, env, line, &r);
	if (r.status != status || (prints && strcmp(r.out, prints) != 0) || !strstr(r.err, says) ||
		(!*says && *r.err)) {
		fail_msg("%s: ended with %d, printed \"%s\", said \"%s\"", line, r.status, r.out,
			r.err);
	}
	run_finish(&r);
}

static void a_result_is_printed_in_one_line(void **state)
{
	struct place *p = *state;
	g_autofree char *line = g_strconcat(result, "\n", NULL);

	scratch_write(&p->scratch, "q.json", "{\"kind\": \"TrendsQuery\"}", -1);
	assert_run(p, "platen query q.json", 0, line, "");
	assert_run(p, "platen query - < q.json", 0, line, "");
	assert_run(p, "platen query q.json --project 1 -o -", 0, line, "");
}

static void on_a_terminal_it_is_laid_out(void **state)
{
	struct place *p = *state;

	scratch_write(&p->scratch, "q.json", "{\"kind\": \"TrendsQuery\"}", -1);
	assert_run(p, "script -qec 'platen query q.json' /dev/null | tr -d '\\r'", 0,
		"{\n  \"results\": [\n    {\n      \"label\": \"a\",\n      \"data\": [1.0, 0.1]\n    }\n  ],\n"
		"  \"is_cached\": false\n}\n",
		"");
}

static void it_goes_into_a_file_whole(void **state)
{
	struct place *p = *state;
	g_autofree char *line = g_strconcat(result, "\n", NULL);
	g_autofree char *there = NULL;

	scratch_write(&p->scratch, "q.json", "{\"kind\": \"TrendsQuery\"}", -1);
	assert_run(p, "platen query q.json --output out.json", 0, "", "");
	there = scratch_read(&p->scratch, "out.json");
	assert_string_equal(there, line);
	assert_run(p, "platen query q.json --output /nonexistent/out.json", 73, "", "nonexistent");
}

static void what_is_sent_is_what_the_file_says(void **state)
{
	struct place *p = *state;

	scratch_write(&p->scratch, "bare.json", "{\"kind\": \"Echo\"}", -1);
	scratch_write(&p->scratch, "sql.json", "{\"kind\": \"Echo\", \"query\": \"SELECT 1\"}", -1);
	scratch_write(&p->scratch, "whole.json",
		"{\"query\": {\"kind\": \"Echo\"}, \"filters_override\": {\"date_from\": \"-7d\"}}",
		-1);
	assert_run(p, "platen query bare.json", 0,
		"{\"results\":{\"query\":{\"kind\":\"Echo\"}}}\n", "");
	assert_run(p, "platen query sql.json", 0,
		"{\"results\":{\"query\":{\"kind\":\"Echo\",\"query\":\"SELECT 1\"}}}\n", "");
	assert_run(p, "platen query whole.json", 0,
		"{\"results\":{\"query\":{\"kind\":\"Echo\"},\"filters_override\":{\"date_from\":\"-7d\"}}}\n",
		"");
	assert_run(p, "platen query --insight aBc1", 0,
		"{\"results\":{\"query\":{\"kind\":\"SavedInsightNode\",\"shortId\":\"aBc1\"}}}\n",
		"");
}

static void each_refusal_has_its_exit_status(void **state)
{
	static const struct {
		const char *kind;
		int status;
		const char *says;
	} cases[] = {
		{"Bad", 65,
			"platen query: the server answered 400: query: series[0].event: wrong\n"},
		{"Barred", 77, "missing required scope 'query:read'"},
		{"Slow", 75, "longer than its limit of 100 ms"},
		{"Busy", 69, "temporarily unavailable"},
		{"Login", 69, "not as a query endpoint"},
		{"Silent", 69, "platen query: "},
	};
	struct place *p = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line = g_strdup_printf(
			"echo '{\"kind\": \"%s\"}' | platen query -", cases[i].kind);

		assert_run(p, line, cases[i].status, "", cases[i].says);
	}
	assert_run(p, "platen query --insight x --project 2", 65, "", "Endpoint not found");
	assert_run(
		p, "platen query --insight x --url http://127.0.0.1:1", 69, "", "platen query: ");
	assert_run(p, "PLATEN_API_KEY= platen query --insight x", 77, "", "no API key");
	assert_run(p, "platen query --insight x --key-file none", 66, "", "none");
}

static void wrong_usage_and_wrong_files_are_told_apart(void **state)
{
	struct place *p = *state;

	scratch_write(&p->scratch, "bad.json", "{\"kind\": ", -1);
	assert_run(p, "platen query", 2, "", "a file or --insight");
	assert_run(p, "platen query a b", 2, "", "\"b\" is one word too many");
	assert_run(p, "platen query a --insight x", 2, "", "\"a\" is one word too many");
	assert_run(p, "platen query --nonsense", 2, "", "nonsense");
	assert_run(p, "platen query --insight x --project y", 2, "", "is no number of a project");
	assert_run(p, "platen query --insight x --url ftp://x", 2, "", "must begin with http");
	assert_run(p, "platen query none.json", 66, "", "none.json: No such file");
	assert_run(p, "platen query bad.json", 65, "", "bad.json");
	assert_run(p, "platen query - < /dev/null", 65, "", "standard input");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_is_printed_in_one_line),
		cmocka_unit_test(on_a_terminal_it_is_laid_out),
		cmocka_unit_test(it_goes_into_a_file_whole),
		cmocka_unit_test(what_is_sent_is_what_the_file_says),
		cmocka_unit_test(each_refusal_has_its_exit_status),
		cmocka_unit_test(wrong_usage_and_wrong_files_are_told_apart),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
