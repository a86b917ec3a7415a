#include "tests/unit/pg/private_postgres.h"

#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What is still to be stopped when the program leaves: a failed setup has no teardown. */
static struct private_postgres *running;

static char *run_script(const struct private_postgres *p, const char *verb)
{
	char *program = g_strdup(SOURCE_DIR "/deploy/private-servers");
	char *argv[] = {program, g_strdup(verb), p->directory, NULL};
	g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "FSYNC", "off", TRUE);
	char *out = NULL;
	g_autofree char *err = NULL;
	g_autoptr(GError) error = NULL;
	int status = -1;

	if (!g_spawn_sync(NULL, argv, environment, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, &status,
		    &error) ||
		status != 0) {
		fail_msg("private-servers %s: %s", verb, error ? error->message : err);
	}
	g_free(argv[0]);
	g_free(argv[1]);
	return out;
}

static void stop_at_exit(void)
{
	if (running) {
		private_postgres_stop(running);
	}
}

void private_postgres_start(struct private_postgres *p)
{
	g_autofree char *out = NULL, *link = NULL;
	const char *mark = "PLATEN_DATABASE_URL=", *at;

	p->directory = g_dir_make_tmp("platen-unit-XXXXXX", NULL);
	assert_non_null(p->directory);
	running = p;
	assert_int_equal(atexit(stop_at_exit), 0);
	/* The server runs as another user when the tests are root. */
	assert_int_equal(chmod(p->directory, 0755), 0);
	out = run_script(p, "start");
	at = strstr(out, mark);
	assert_non_null(at);
	p->url = g_strndup(at + strlen(mark), strcspn(at + strlen(mark), "\n"));
	link = g_build_filename(p->directory, "servers", NULL);
	p->home = g_file_read_link(link, NULL);
	if (!p->home) {
		p->home = g_strdup(p->directory);
	}
}

void private_postgres_down(struct private_postgres *p)
{
	g_free(run_script(p, "stop"));
}

void private_postgres_up(struct private_postgres *p)
{
	g_free(run_script(p, "start"));
}

static void remove_tree(char *path)
{
	char program[] = "rm", flags[] = "-rf", end[] = "--";
	char *argv[] = {program, flags, end, path, NULL};

	(void)g_spawn_sync(
		NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

void private_postgres_stop(struct private_postgres *p)
{
	running = NULL;
	private_postgres_down(p);
	if (p->home) {
		remove_tree(p->home);
	}
	remove_tree(p->directory);
	g_free(p->directory);
	g_free(p->home);
	g_free(p->url);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

void private_postgres_migrate(struct private_postgres *p)
{
	g_autoptr(GDir) dir = g_dir_open(SOURCE_DIR "/deploy/schema", 0, NULL);
	GList *names = NULL;
	const char *name;

	assert_non_null(dir);
	while ((name = g_dir_read_name(dir))) {
		if (g_str_has_suffix(name, ".sql")) {
			names = g_list_insert_sorted(names, g_strdup(name), compare_names);
		}
	}
	for (GList *l = names; l; l = l->next) {
		g_autofree char *path =
			g_build_filename(SOURCE_DIR "/deploy/schema", l->data, NULL);
		g_autofree char *sql = NULL;

		assert_true(g_file_get_contents(path, &sql, NULL, NULL));
		private_postgres_run(p, sql);
	}
	g_list_free_full(names, g_free);
}

static struct pg_wait *look_on(struct private_postgres *p)
{
	struct pg_wait *w;
	struct fault f;

	if (!pg_wait_open(p->url, &w, &f)) {
		fail_msg("%s", f.detail);
	}
	return w;
}

void private_postgres_run(struct private_postgres *p, const char *sql)
{
	struct pg_wait *w = look_on(p);
	struct fault f;

	if (!pg_wait_script(w, sql, &f)) {
		fail_msg("%s", f.detail);
	}
	pg_wait_close(w);
}

char *private_postgres_text(struct private_postgres *p, const char *sql)
{
	struct pg_wait *w = look_on(p);
	struct sql *statement = sql_create();
	const struct rows *rows = NULL;
	struct fault f;
	char *cell;

	sql_add(statement, sql);
	if (!pg_wait_query(w, statement, &rows, &f)) {
		fail_msg("%s", f.detail);
	}
	cell = rows->row_count > 0 ? g_strdup(rows_text(rows, 0, 0)) : NULL;
	pg_wait_close(w);
	return cell;
}

int64_t private_postgres_number(struct private_postgres *p, const char *sql)
{
	g_autofree char *text = private_postgres_text(p, sql);

	return text ? g_ascii_strtoll(text, NULL, 10) : -1;
}

bool is_true(void *flag)
{
	return *(bool *)flag;
}

static void wake(void *arg)
{
	(void)arg;
}

void run_until(uv_loop_t *loop, holds_fn holds, void *arg, unsigned limit_ms, const char *what)
{
	int64_t end = clock_elapsed_ms() + limit_ms;
	struct timer *t = timer_create_on(loop, wake, NULL);

	timer_start(t, 5, 5);
	while (!holds(arg) && clock_elapsed_ms() < end) {
		(void)uv_run(loop, UV_RUN_ONCE);
	}
	timer_destroy(t);
	(void)uv_run(loop, UV_RUN_NOWAIT);
	if (!holds(arg)) {
		fail_msg("not within %u ms: %s", limit_ms, what);
	}
}

void run_for(uv_loop_t *loop, unsigned ms)
{
	int64_t end = clock_elapsed_ms() + ms;
	struct timer *t = timer_create_on(loop, wake, NULL);

	timer_start(t, 5, 5);
	while (clock_elapsed_ms() < end) {
		(void)uv_run(loop, UV_RUN_ONCE);
	}
	timer_destroy(t);
	(void)uv_run(loop, UV_RUN_NOWAIT);
}

void loop_finish(uv_loop_t *loop)
{
	(void)uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(loop), 0);
}
