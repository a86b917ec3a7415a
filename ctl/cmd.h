/* A command of `platen`: one verb of the command line.
 *
 * What was asked for goes to standard output, everything else to standard error; the exit status
 * tells a script what to do next.
 *
 * To add one: write cmd_<name>.c with cmd_<name>() and cmd_<name>_help, add its line to cmd.def
 * and to CMakeLists.txt, and a section to deploy/man/platen.1. */
#pragma once
#include "lib/base/config.h"
#include "lib/base/fault.h"

#include <glib.h>

/* From sysexits.h, so that cron and systemd know 75 for "may be tried again" (users.md 4.2). */
enum exit_status {
	STATUS_OK = 0,
	STATUS_USAGE = 2,
	STATUS_DATA = 65, /* the input, or what was asked for, is wrong */
	STATUS_NO_INPUT = 66, /* a file to read is missing */
	STATUS_UNAVAILABLE = 69, /* a server cannot be reached */
	STATUS_BUG = 70, /* a mistake of ours */
	STATUS_CANNOT_CREATE = 73, /* a file cannot be made */
	STATUS_IO = 74, /* writing failed */
	STATUS_LATER = 75, /* not finished in time; may be tried again */
	STATUS_NOT_ALLOWED = 77, /* no key, a wrong one, or one that may not */
	STATUS_CONFIG = 78 /* a setting is wrong */
};

struct command {
	const char *name, *summary, *help;
	/* argv[0] is the command's name; flags that are settings are gone. */
	enum exit_status (*run)(const struct config *config, int argc, char **argv);
};

#define COMMAND(name, summary)                                                                     \
	extern const char cmd_##name##_help[];                                                     \
	enum exit_status cmd_##name(const struct config *config, int argc, char **argv);
#include "ctl/cmd.def"
#undef COMMAND

const struct command *cmd_lookup(const char *name); /* or NULL */
void cmd_print_list(void);

/* Takes the flags of `entries` out of argv and leaves the rest.  Says what is wrong with them. */
bool cmd_parse(
	const char *command, const GOptionEntry *entries, int *argc, char ***argv) MUST_CHECK;

/* Each says on standard error why the command ends and returns the status to end with. */
enum exit_status cmd_usage(const char *command, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum exit_status cmd_fail(const char *command, enum exit_status status, const struct fault *f);
enum exit_status cmd_fault(const char *command, const struct fault *f); /* status by its kind */
enum exit_status cmd_status_of(enum fault_kind kind);

/* A whole number from `least` to `most`. */
bool cmd_number(const char *text, int64_t least, int64_t most, int64_t *out);

/* The program's whole run, for main(). */
int cmd_main(int argc, char **argv);
