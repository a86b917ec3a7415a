#include "ctl/account.h"
#include "ctl/cmd.h"
#include "ctl/order.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char cmd_export_help[] =
	"usage: platen export --insight ID | --dashboard ID [--format NAME] [--output FILE] [FLAGS]\n"
	"\n"
	"Asks a server for a file, waits until it is made and saves it whole or not at all.  Says\n"
	"nothing when all goes well.\n"
	"\n"
	"  --insight ID       the insight's number\n"
	"  --dashboard ID     the dashboard's number\n"
	"  --format NAME      png, csv, … or a MIME type (png)\n"
	"  -o, --output FILE  the file to make, \"-\" for standard output (the name that the\n"
	"                     server gives it, in the current directory)\n"
	"  --wait [SECONDS]   how long to wait for the file, 1 to 86400 (300)\n"
	"  --no-wait          create it, print its number and leave\n"
	"  --project ID       PLATEN_PROJECT_ID, else the key's current project\n"
	"  --url ADDRESS      PLATEN_URL, else http://127.0.0.1:8600\n"
	"  --key-file FILE    holds the API key; without it PLATEN_API_KEY does\n"
	"  -v, --verbose      say on standard error what is going on\n"
	"\n"
	"Exit status: 0 saved; 2 wrong usage; 65 the export failed for a reason of its own; 69 the\n"
	"server, or something it needs, cannot be reached; 70 the server made a mistake; 73 FILE\n"
	"cannot be made; 74 writing failed; 75 not ready in time, may be tried again; 77 no key, or\n"
	"one that may not.\n";

struct export_flags {
	struct account account;
	char *insight, *dashboard, *format, *output, *wait;
	gboolean no_wait, verbose;
};

/* "--wait" may stand alone. */
static void complete_wait(int argc, char **argv)
{
	static const char complete[] = "--wait=300";

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--wait") == 0 && (i + 1 == argc || argv[i + 1][0] == '-')) {
			argv[i] = (char *)(uintptr_t)complete;
		}
	}
}

static bool read_target(const struct export_flags *flags, struct order *order)
{
	const char *text = flags->insight ? flags->insight : flags->dashboard;
	int64_t id;

	if (!text || (flags->insight && flags->dashboard)) {
		(void)cmd_usage("export", "one of --insight and --dashboard must be there");
		return false;
	}
	if (!cmd_number(text, 1, INT64_MAX, &id)) {
		(void)cmd_usage("export", "\"%s\" is no number of %s", text,
			flags->insight ? "an insight" : "a dashboard");
		return false;
	}
	order->insight_id = flags->insight ? id : 0;
	order->dashboard_id = flags->insight ? 0 : id;
	return true;
}

static bool read_format(const struct export_flags *flags, struct order *order)
{
	const char *name = flags->format ? flags->format : "png";
	const struct format *format = format_named(name);

	/* A server may know types that this program does not. */
	order->mime = format ? format->mime : strchr(name, '/') ? name : NULL;
	if (!order->mime) {
		(void)cmd_usage("export", "\"%s\" is no format", name);
	}
	return order->mime;
}

static bool read_flags(const struct export_flags *flags, struct order *order)
{
	order->output = flags->output;
	order->verbose = flags->verbose;
	order->wait_s = 300;
	if (!read_target(flags, order) || !read_format(flags, order)) {
		return false;
	}
	order->project = account_project("export", &flags->account);
	if (!order->project) {
		return false;
	}
	if (flags->wait && !cmd_number(flags->wait, 1, 86400, &order->wait_s)) {
		(void)cmd_usage(
			"export", "--wait is \"%s\", must be 1 to 86400 seconds", flags->wait);
		return false;
	}
	if (flags->no_wait && (flags->wait || flags->output)) {
		(void)cmd_usage("export", "--no-wait leaves nothing to wait for or to save");
		return false;
	}
	order->wait_s = flags->no_wait ? 0 : order->wait_s;
	return true;
}

/* Better said now than after the export was made. */
static bool can_create(const char *output)
{
	g_autofree char *directory = output ? g_path_get_dirname(output) : g_strdup(".");

	if ((output && strcmp(output, "-") == 0) || access(directory, W_OK | X_OK) == 0) {
		return true;
	}
	fprintf(stderr, "platen export: %s: %s\n", directory, g_strerror(errno));
	return false;
}

static enum exit_status run(const struct export_flags *flags)
{
	struct order order = {0};
	enum exit_status status;
	struct server *server;

	if (!read_flags(flags, &order)) {
		return STATUS_USAGE;
	}
	if (order.wait_s > 0 && !can_create(order.output)) {
		return STATUS_CANNOT_CREATE;
	}
	status = account_enter("export", &flags->account, &server);
	if (status != STATUS_OK) {
		return status;
	}
	status = order_run(server, &order);
	server_close(server);
	return status;
}

enum exit_status cmd_export(const struct config *config, int argc, char **argv)
{
	struct export_flags flags = {0};
	const GOptionEntry entries[] = {
		{"insight", 0, 0, G_OPTION_ARG_FILENAME, &flags.insight, NULL, NULL},
		{"dashboard", 0, 0, G_OPTION_ARG_FILENAME, &flags.dashboard, NULL, NULL},
		{"format", 0, 0, G_OPTION_ARG_FILENAME, &flags.format, NULL, NULL},
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &flags.output, NULL, NULL},
		{"project", 0, 0, G_OPTION_ARG_FILENAME, &flags.account.project, NULL, NULL},
		{"url", 0, 0, G_OPTION_ARG_FILENAME, &flags.account.url, NULL, NULL},
		{"key-file", 0, 0, G_OPTION_ARG_FILENAME, &flags.account.key_file, NULL, NULL},
		{"wait", 0, 0, G_OPTION_ARG_FILENAME, &flags.wait, NULL, NULL},
		{"no-wait", 0, 0, G_OPTION_ARG_NONE, &flags.no_wait, NULL, NULL},
		{"verbose", 'v', 0, G_OPTION_ARG_NONE, &flags.verbose, NULL, NULL}, {0}};
	enum exit_status status;

	(void)config;
	complete_wait(argc, argv);
	if (!cmd_parse("export", entries, &argc, &argv)) {
		status = STATUS_USAGE;
	} else if (argc > 1) {
		status = cmd_usage("export", "\"%s\" is one word too many", argv[1]);
	} else {
		status = run(&flags);
	}
	account_finish(&flags.account);
	g_free(flags.insight);
	g_free(flags.dashboard);
	g_free(flags.format);
	g_free(flags.output);
	g_free(flags.wait);
	return status;
}
