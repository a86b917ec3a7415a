/* A directory of a test's own, and the program run in it.  Everything in it goes with it. */
#pragma once
#include <glib.h>

struct scratch {
	char *path;
};

void scratch_make(struct scratch *s);
void scratch_remove(struct scratch *s);

/* Absolute; g_free() it. */
char *scratch_path(const struct scratch *s, const char *name);
void scratch_write(const struct scratch *s, const char *name, const char *bytes, gssize length);
/* g_free() it; NULL when there is no such file. */
char *scratch_read(const struct scratch *s, const char *name);
/* How many files there are, hidden ones too. */
int scratch_count(const struct scratch *s);

/* What a run of a program said, and its exit status. */
struct run {
	int status;
	char *out, *err;
};
/* `line` is a line of shell, run in the directory; "platen" in it is our program.  `env` is
 * "NAME=value" pairs on top of a bare environment, ended by NULL; or NULL. */
void scratch_run(const struct scratch *s, const char *const *env, const char *line, struct run *r);
void run_finish(struct run *r);
