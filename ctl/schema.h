/* The database's tables, brought up to date: deploy/schema/NNN_name.sql in order, each in a
 * transaction, under an advisory lock.
 *
 * A file is never changed once it is released; what comes later is another file. */
#pragma once
#include "lib/pg/pg_wait.h"

struct schema_listener {
	void (*applied)(void *arg, const char *file);
	void (*warned)(void *arg, const char *sentence);
	void *arg;
};

/* Where the files are: share/platen/schema of the installation, else deploy/schema of the source
 * tree around the program.  NULL when there is neither.  g_free() it. */
char *schema_directory(void);

/* *applied counts the files, also with a fault, which names its file: what was applied before
 * stays. */
bool schema_apply(struct pg_wait *pg, const char *directory, const struct schema_listener *listener,
	int *applied, struct fault *f) MUST_CHECK;
