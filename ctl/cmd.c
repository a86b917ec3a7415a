#include "ctl/cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
#define COMMAND(name, summary) {#name, summary, cmd_##name##_help, cmd_##name},
#include "ctl/cmd.def"
#undef COMMAND
};

const struct command *cmd_lookup(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(commands[i].name, name) == 0) {
			return &commands[i];
		}
	}
	return NULL;
}

void cmd_print_list(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		printf("  %-9s %s\n", commands[i].name, commands[i].summary);
	}
}

bool cmd_parse(const char *command, const GOptionEntry *entries, int *argc, char ***argv)
{
	g_autoptr(GError) error = NULL;
	GOptionContext *context = g_option_context_new(NULL);
	bool ok;

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_add_main_entries(context, entries, NULL);
	ok = g_option_context_parse(context, argc, argv, &error);
	g_option_context_free(context);
	if (!ok) {
		(void)cmd_usage(command, "%s", error->message);
		return false;
	}
	/* What separates flags from names is no name. */
	if (*argc > 1 && strcmp((*argv)[1], "--") == 0) {
		memmove(&(*argv)[1], &(*argv)[2], (size_t)(*argc - 1) * sizeof **argv);
		(*argc)--;
	}
	return true;
}

enum exit_status cmd_usage(const char *command, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "platen %s: ", command);
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "; \"platen %s --help\" shows how\n", command);
	return STATUS_USAGE;
}

enum exit_status cmd_fail(const char *command, enum exit_status status, const struct fault *f)
{
	bool lacks_tables = f->kind == FAULT_QUERY && strstr(f->detail, "relation \"") &&
			    strstr(f->detail, "does not exist");

	fprintf(stderr, "platen %s: %s%s\n", command, f->detail[0] ? f->detail : fault_text(f),
		lacks_tables ? "; \"platen migrate\" makes the tables" : "");
	return status;
}

enum exit_status cmd_fault(const char *command, const struct fault *f)
{
	return cmd_fail(command, cmd_status_of(f->kind), f);
}

enum exit_status cmd_status_of(enum fault_kind kind)
{
	switch (kind) {
	case FAULT_NONE:
		return STATUS_OK;
	case FAULT_CORRUPT:
	case FAULT_DATE:
	case FAULT_INPUT:
	case FAULT_NOT_FOUND:
	case FAULT_QUERY:
	case FAULT_QUERY_SLOW:
	case FAULT_TOO_LARGE:
	case FAULT_UNSUPPORTED:
		return STATUS_DATA;
	case FAULT_STORAGE:
	case FAULT_UNAVAILABLE:
		return STATUS_UNAVAILABLE;
	case FAULT_CANCELED:
	case FAULT_LOST:
	case FAULT_TIMEOUT:
		return STATUS_LATER;
	case FAULT_FORBIDDEN:
		return STATUS_NOT_ALLOWED;
	case FAULT_BUG:
	case FAULT_CRASHED:
	case FAULT_KIND_COUNT:
		break;
	}
	return STATUS_BUG;
}

bool cmd_number(const char *text, int64_t least, int64_t most, int64_t *out)
{
	char *end;
	int64_t number;

	errno = 0;
	number = g_ascii_strtoll(text, &end, 10);
	if (errno || end == text || *end || number < least || number > most) {
		return false;
	}
	*out = number;
	return true;
}

static void print_help(FILE *to)
{
	fprintf(to, "usage: platen COMMAND [FLAGS] …\n\n"
		    "Turns dashboards and insights into files.\n\n");
	(void)fflush(to);
	if (to == stdout) {
		cmd_print_list();
		printf("\n\"platen COMMAND --help\" says more of each; \"platen --version\" prints "
		       "the version.\nSettings, with their defaults:\n\n");
		config_print_help();
	} else {
		fprintf(to, "\"platen --help\" lists the commands.\n");
	}
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			return true;
		}
	}
	return false;
}

static enum exit_status run(int argc, char **argv)
{
	bool helps = argc > 1 && strcmp(argv[1], "help") == 0;
	const struct command *command;
	struct config config;
	struct fault f;
	enum exit_status status;

	command = argc > 1 ? cmd_lookup(argv[helps && argc > 2 ? 2 : 1]) : NULL;
	if (command && (helps || asks_for_help(argc, argv))) {
		(void)fputs(command->help, stdout);
		return STATUS_OK;
	}
	if (helps || asks_for_help(argc, argv)) {
		print_help(stdout);
		return STATUS_OK;
	}
	if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)) {
		printf("platen %s (%s)\n", PLATEN_VERSION, BUILT_WITH);
		return STATUS_OK;
	}
	if (!config_load(&config, &argc, argv, &f)) {
		fprintf(stderr, "platen: %s\n", f.detail);
		config_finish(&config);
		return STATUS_CONFIG;
	}
	command = argc > 1 ? cmd_lookup(argv[1]) : NULL;
	if (command) {
		status = command->run(&config, argc - 1, argv + 1);
	} else {
		if (argc > 1) {
			fprintf(stderr, "platen: \"%s\" is no command\n", argv[1]);
		}
		print_help(stderr);
		status = STATUS_USAGE;
	}
	config_finish(&config);
	return status;
}

int cmd_main(int argc, char **argv)
{
	enum exit_status status;

	(void)signal(SIGPIPE, SIG_IGN);
	status = run(argc, argv);
	/* What was printed may have met a full disk or a reader that left. */
	if (fflush(stdout) != 0 && status == STATUS_OK) {
		if (errno != EPIPE) {
			fprintf(stderr, "platen: standard output: %s\n", g_strerror(errno));
		}
		status = STATUS_IO;
	}
	return (int)status;
}
