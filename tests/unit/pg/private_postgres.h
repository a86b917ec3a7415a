/* A Postgres of a test program's own (deploy/private-servers), and a loop that is run until
 * something has happened.
 *
 * Start it in the group setup, stop it in the group teardown.  Only processes that it started are
 * ever signalled. */
#pragma once
#include "lib/loop/loop.h"
#include "lib/pg/pg_wait.h"

struct private_postgres {
	char *directory, *home; /* where it was asked for, and where it is */
	char *url;
};

void private_postgres_start(struct private_postgres *p);
void private_postgres_stop(struct private_postgres *p);
/* Off and on again; what stood in it stays. */
void private_postgres_down(struct private_postgres *p);
void private_postgres_up(struct private_postgres *p);
/* The files of deploy/schema in their order. */
void private_postgres_migrate(struct private_postgres *p);

/* Blocking, for looking on from beside; they fail the test with the server's message. */
void private_postgres_run(struct private_postgres *p, const char *sql);
/* The first cell, or NULL; g_free() it. */
char *private_postgres_text(struct private_postgres *p, const char *sql);
int64_t private_postgres_number(struct private_postgres *p, const char *sql);

/* Runs the loop until it holds; fails the test, saying `what`, after limit_ms. */
typedef bool (*holds_fn)(void *arg);
void run_until(uv_loop_t *loop, holds_fn holds, void *arg, unsigned limit_ms, const char *what);
bool is_true(void *flag); /* for a plain bool */
/* Runs the loop for a while, for what must not happen. */
void run_for(uv_loop_t *loop, unsigned ms);
/* Runs until nothing is open any more, and closes it. */
void loop_finish(uv_loop_t *loop);
