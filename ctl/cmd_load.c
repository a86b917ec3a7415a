#include "ctl/cmd.h"
#include "ctl/input.h"
#include "ctl/load.h"
#include "lib/base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char cmd_load_help[] =
	"usage: platen load --project ID events FILE…\n"
	"       platen load [--project ID] definitions FILE…\n"
	"\n"
	"events: CSV, plain or gzip, with a header.  Columns: uuid, event, distinct_id, timestamp;\n"
	"and, where there are any, properties (a JSON object) and group_0 … group_4.\n"
	"\n"
	"definitions: JSON.  Either an object with the lists organizations, users, projects (each\n"
	"with its insights and dashboards), or insights and dashboards as PostHog's API answers\n"
	"with them; those go into the project that --project names.\n"
	"\n"
	"A file is loaded whole or not at all, and loading it again changes nothing.  A mistake is\n"
	"named with file, line and column, or file and JSON path.  FILE may be \"-\".\n"
	"\n"
	"  --project ID      where events go, and definitions that stand outside of a project\n"
	"  -q, --quiet       say nothing when all goes well\n";

struct load_flags {
	int64_t project_id;
	gboolean quiet;
};

static bool load_events_file(
	struct pg_wait *pg, const struct load_flags *flags, const char *path, struct fault *f)
{
	struct events_loaded n = {0};
	double begun = clock_elapsed_fine_ms();

	if (!load_events(pg, flags->project_id, path, &n, f)) {
		return false;
	}
	if (!flags->quiet) {
		printf("%s: %" PRId64 " events loaded, %" PRId64 " were there already, %" PRId64
		       " new persons (%.1f s)\n",
			path, n.events, n.rows - n.events, n.persons,
			(clock_elapsed_fine_ms() - begun) / 1000);
	}
	return true;
}

static bool load_definitions_file(
	struct pg_wait *pg, const struct load_flags *flags, const char *path, struct fault *f)
{
	struct definitions_loaded n = {0};

	if (!load_definitions(pg, flags->project_id, path, &n, f)) {
		return false;
	}
	if (!flags->quiet) {
		printf("%s: %d organizations, %d users, %d projects, %d insights, %d dashboards "
		       "with %d tiles loaded\n",
			path, n.organizations, n.users, n.projects, n.insights, n.dashboards,
			n.tiles);
	}
	if (!flags->quiet && n.groups + n.actions + n.cohorts > 0) {
		printf("%s: %d groups and types, %d actions, %d cohorts loaded\n", path, n.groups,
			n.actions, n.cohorts);
	}
	if (n.skipped > 0) {
		fprintf(stderr,
			"platen load: %s: %d tiles left out that hold neither an insight nor a "
			"text\n",
			path, n.skipped);
	}
	return true;
}

static enum exit_status load_files(const struct config *config, const struct load_flags *flags,
	bool is_events, char **paths, int count)
{
	enum exit_status status = STATUS_OK;
	struct pg_wait *pg;
	struct fault f;

	if (!pg_wait_open(config->database_url, &pg, &f)) {
		return cmd_fault("load", &f);
	}
	for (int i = 0; i < count && status == STATUS_OK; i++) {
		bool ok = is_events ? load_events_file(pg, flags, paths[i], &f)
				    : load_definitions_file(pg, flags, paths[i], &f);

		if (!ok) {
			status = cmd_fault("load", &f);
		}
	}
	/* Closing is what takes back a file that failed half-way. */
	pg_wait_close(pg);
	return status;
}

enum exit_status cmd_load(const struct config *config, int argc, char **argv)
{
	struct load_flags flags = {0};
	g_autofree char *project = NULL;
	const GOptionEntry entries[] = {
		{"project", 0, 0, G_OPTION_ARG_FILENAME, &project, NULL, NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &flags.quiet, NULL, NULL}, {0}};
	bool is_events;

	if (!cmd_parse("load", entries, &argc, &argv)) {
		return STATUS_USAGE;
	}
	if (argc < 3) {
		return cmd_usage("load", "what to load and from which file is missing");
	}
	is_events = strcmp(argv[1], "events") == 0;
	if (!is_events && strcmp(argv[1], "definitions") != 0) {
		return cmd_usage("load", "\"%s\" is neither events nor definitions", argv[1]);
	}
	if (project && !cmd_number(project, 1, INT64_MAX, &flags.project_id)) {
		return cmd_usage(
			"load", "--project is \"%s\", must be a project's number", project);
	}
	if (is_events && !project) {
		return cmd_usage("load", "--project is missing");
	}
	for (int i = 2; i < argc; i++) {
		if (!input_is_there(argv[i])) {
			fprintf(stderr, "platen load: %s: %s\n", argv[i], g_strerror(errno));
			return STATUS_NO_INPUT;
		}
	}
	return load_files(config, &flags, is_events, argv + 2, argc - 2);
}
