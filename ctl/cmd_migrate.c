#include "ctl/cmd.h"
#include "ctl/schema.h"

#include <stdio.h>

const char cmd_migrate_help[] =
	"usage: platen migrate [--schema DIRECTORY]\n"
	"\n"
	"Applies what the database named by --database-url lacks of NNN_name.sql, in order, each\n"
	"file in a transaction of its own, one program at a time.  A second run does nothing.\n"
	"\n"
	"  --schema DIRECTORY  where the files are (beside the installed program, else in the\n"
	"                      source tree that it was built in)\n"
	"  -q, --quiet         say nothing when all goes well\n";

static void say(void *arg, const char *file)
{
	if (!*(gboolean *)arg) {
		printf("applied %s\n", file);
		(void)fflush(stdout);
	}
}

static void warn(void *arg, const char *sentence)
{
	(void)arg;
	fprintf(stderr, "platen migrate: %s\n", sentence);
}

enum exit_status cmd_migrate(const struct config *config, int argc, char **argv)
{
	g_autofree char *directory = NULL;
	gboolean quiet = FALSE;
	const GOptionEntry entries[] = {
		{"schema", 0, 0, G_OPTION_ARG_FILENAME, &directory, NULL, NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, NULL, NULL}, {0}};
	struct schema_listener listener = {say, warn, &quiet};
	struct pg_wait *pg;
	struct fault f;
	int applied = 0;
	bool ok;

	if (!cmd_parse("migrate", entries, &argc, &argv)) {
		return STATUS_USAGE;
	}
	if (argc > 1) {
		return cmd_usage("migrate", "\"%s\" is one word too many", argv[1]);
	}
	if (!directory && !(directory = schema_directory())) {
		return cmd_usage(
			"migrate", "the schema's directory was not found; name it with --schema");
	}
	if (!pg_wait_open(config->database_url, &pg, &f)) {
		return cmd_fault("migrate", &f);
	}
	ok = schema_apply(pg, directory, &listener, &applied, &f);
	pg_wait_close(pg);
	if (!ok) {
		return cmd_fault("migrate", &f);
	}
	if (applied == 0 && !quiet) {
		printf("nothing to apply\n");
	}
	return STATUS_OK;
}
