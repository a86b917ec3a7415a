/* Which server a command speaks to, with which key and for which project: as its flags say, else as
 * the environment does.
 *
 * A key is never taken from the command line, which every process of the machine can read. */
#pragma once
#include "ctl/cmd.h"
#include "ctl/server.h"

struct account {
	char *project, *url, *key_file; /* the flags of these names; NULL: not given */
};

/* A number or "@current"; NULL after saying what is wrong with it. */
const char *account_project(const char *command, const struct account *a);
/* Other than STATUS_OK: it was said why. */
enum exit_status account_enter(
	const char *command, const struct account *a, struct server **out) MUST_CHECK;
void account_finish(struct account *a);
