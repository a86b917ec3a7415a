#include "ctl/account.h"
#include "ctl/cmd.h"
#include "ctl/input.h"
#include "ctl/output.h"
#include "ctl/refused.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char cmd_query_help[] =
	"usage: platen query FILE | --insight SHORT_ID [--output OUT] [FLAGS]\n"
	"\n"
	"Asks a server for the numbers of a query and prints the result as JSON.  FILE, or \"-\" for\n"
	"standard input, holds the query alone or {\"query\": …} with what goes along with it:\n"
	"filters_override, variables_override.\n"
	"\n"
	"  --insight SHORT_ID the query of a saved insight, by the id in its address\n"
	"  -o, --output OUT   the file to make (\"-\", standard output)\n"
	"  --project ID       PLATEN_PROJECT_ID, else the key's current project\n"
	"  --url ADDRESS      PLATEN_URL, else http://127.0.0.1:8600\n"
	"  --key-file FILE    holds the API key; without it PLATEN_API_KEY does\n"
	"\n"
	"On a terminal the result is laid out for reading.\n"
	"\n"
	"Exit status: 0 printed; 2 wrong usage; 65 FILE or its query is wrong; 66 FILE is missing;\n"
	"69 the server, or something it needs, cannot be reached; 73 OUT cannot be made; 74 writing\n"
	"failed; 75 the query takes too long, or the server is asked too much; 77 no key, or one that\n"
	"may not.\n";

/* Longer than any query may take on a server. */
enum { ANSWER_WAIT_S = 600 };

struct query_flags {
	struct account account;
	char *insight, *output;
};

/* The body to send; NULL after saying what is wrong, with *status. */
static json_t *read_body(
	const struct query_flags *flags, const char *path, enum exit_status *status)
{
	json_t *input;
	struct fault f;

	if (flags->insight) {
		return json_pack("{s:{s:s, s:s}}", "query", "kind", "SavedInsightNode", "shortId",
			flags->insight);
	}
	if (!input_is_there(path)) {
		fprintf(stderr, "platen query: %s: %s\n", path, g_strerror(errno));
		*status = STATUS_NO_INPUT;
		return NULL;
	}
	if (!input_read_json(path, &input, &f)) {
		*status = cmd_fault("query", &f);
		return NULL;
	}
	/* A SQL query has its text under the same key. */
	return json_is_object(json_object_get(input, "query")) ? input
							       : json_pack("{s:o}", "query", input);
}

static enum exit_status save(const char *path, const json_t *result)
{
	bool is_read = strcmp(path, "-") == 0 && isatty(STDOUT_FILENO);
	g_autofree char *text = is_read ? json_write_lines(result) : json_write(result);
	struct output *output;
	struct fault f;

	if (!output_open(path, &output, &f)) {
		return cmd_fail("query", STATUS_CANNOT_CREATE, &f);
	}
	if (!output_write(output, text, strlen(text), &f) || !output_write(output, "\n", 1, &f)) {
		output_abandon(output);
		return cmd_fail("query", STATUS_IO, &f);
	}
	return output_commit(output, &f) ? STATUS_OK : cmd_fail("query", STATUS_IO, &f);
}

static enum exit_status ask(
	struct server *server, const char *project, const json_t *body, const char *output)
{
	g_autofree char *path = g_strdup_printf("/api/projects/%s/query/", project);
	struct server_answer a;
	enum exit_status status;
	struct fault f;

	if (!server_ask(server, "POST", path, body, ANSWER_WAIT_S, &a, &f)) {
		return cmd_fault("query", &f);
	}
	if (a.status == 504) {
		(void)refused_say("query", &a);
		status = STATUS_LATER;
	} else if (a.status != 200) {
		status = refused_say("query", &a);
	} else if (!json_object_get(a.body, "results")) {
		fprintf(stderr, "platen query: the address answers, but not as a query endpoint\n");
		status = STATUS_UNAVAILABLE;
	} else {
		status = save(output, a.body);
	}
	json_decref(a.body);
	return status;
}

static enum exit_status run(const struct query_flags *flags, const char *path)
{
	const char *project = account_project("query", &flags->account);
	enum exit_status status = STATUS_USAGE;
	struct server *server;
	json_t *body;

	if (!project) {
		return STATUS_USAGE;
	}
	body = read_body(flags, path, &status);
	if (!body) {
		return status;
	}
	status = account_enter("query", &flags->account, &server);
	if (status == STATUS_OK) {
		status = ask(server, project, body, flags->output ? flags->output : "-");
		server_close(server);
	}
	json_decref(body);
	return status;
}

enum exit_status cmd_query(const struct config *config, int argc, char **argv)
{
	struct query_flags flags = {0};
	const GOptionEntry entries[] = {
		{"insight", 0, 0, G_OPTION_ARG_STRING, &flags.insight, NULL, NULL},
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &flags.output, NULL, NULL},
		{"project", 0, 0, G_OPTION_ARG_FILENAME, &flags.account.project, NULL, NULL},
		{"url", 0, 0, G_OPTION_ARG_FILENAME, &flags.account.url, NULL, NULL},
		{"key-file", 0, 0, G_OPTION_ARG_FILENAME, &flags.account.key_file, NULL, NULL},
		{0}};
	enum exit_status status = STATUS_USAGE;

	(void)config;
	if (!cmd_parse("query", entries, &argc, &argv)) {
		status = STATUS_USAGE;
	} else if (argc > 2 || (argc == 2 && flags.insight)) {
		status = cmd_usage("query", "\"%s\" is one word too many", argv[argc - 1]);
	} else if (argc < 2 && !flags.insight) {
		status = cmd_usage("query", "a file or --insight must be there");
	} else {
		status = run(&flags, argv[1]);
	}
	account_finish(&flags.account);
	g_free(flags.insight);
	g_free(flags.output);
	return status;
}
