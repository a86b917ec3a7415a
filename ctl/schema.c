#include "ctl/schema.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

/* A number of our own choice, so that no other program's lock is ours. */
static const char lock_sql[] = "SELECT pg_advisory_lock(7165295821)";

static const char table_sql[] =
	"CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL,"
	" sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";

struct migration {
	int number;
	char *name, *sql, *sha256;
};

static void migration_free(void *arg)
{
	struct migration *m = arg;

	g_free(m->name);
	g_free(m->sql);
	g_free(m->sha256);
	g_free(m);
}

static bool has_schema(const char *directory)
{
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		if (g_str_has_prefix(name, "001_") && g_str_has_suffix(name, ".sql")) {
			return true;
		}
	}
	return false;
}

char *schema_directory(void)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	char *at = program ? g_path_get_dirname(program) : NULL, *found = NULL;

	if (at) {
		found = g_build_filename(at, "..", "share", "platen", "schema", NULL);
	}
	/* A program lies in build/<preset>/bin of its tree. */
	for (int up = 0; at && up < 5 && !has_schema(found); up++) {
		char *parent = g_path_get_dirname(at);

		g_free(found);
		found = g_build_filename(at, "deploy", "schema", NULL);
		g_free(at);
		at = parent;
	}
	g_free(at);
	if (found && !has_schema(found)) {
		g_clear_pointer(&found, g_free);
	}
	return found ? found
		     : (has_schema(PLATEN_PREFIX "/share/platen/schema")
				       ? g_strdup(PLATEN_PREFIX "/share/platen/schema")
				       : NULL);
}

static bool is_numbered(const char *name)
{
	return g_ascii_isdigit(name[0]) && g_ascii_isdigit(name[1]) && g_ascii_isdigit(name[2]) &&
	       name[3] == '_';
}

static bool read_migration(const char *directory, const char *name, GPtrArray *to, struct fault *f)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autoptr(GError) error = NULL;
	struct migration *m;
	char *sql;
	gsize length;

	if (!is_numbered(name)) {
		return fault_set(f, FAULT_INPUT, "%s: is not called NNN_name.sql", path);
	}
	if (!g_file_get_contents(path, &sql, &length, &error)) {
		return fault_set(f, FAULT_INPUT, "%s", error->message);
	}
	m = g_new0(struct migration, 1);
	m->number = (int)g_ascii_strtoll(name, NULL, 10);
	m->name = g_strdup(name);
	m->sql = sql;
	m->sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)sql, length);
	g_ptr_array_add(to, m);
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct migration *const *x = a, *const *y = b;

	return (*x)->number - (*y)->number;
}

static bool read_directory(const char *directory, GPtrArray *to, struct fault *f)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) dir = g_dir_open(directory, 0, &error);
	const char *name;

	if (!dir) {
		return fault_set(f, FAULT_INPUT, "%s", error->message);
	}
	while ((name = g_dir_read_name(dir))) {
		if (g_str_has_suffix(name, ".sql") && !read_migration(directory, name, to, f)) {
			return false;
		}
	}
	g_ptr_array_sort(to, by_number);
	for (guint i = 1; i < to->len; i++) {
		const struct migration *a = to->pdata[i - 1], *b = to->pdata[i];

		if (a->number == b->number) {
			return fault_set(f, FAULT_INPUT, "%s: %s and %s have the same number",
				directory, a->name, b->name);
		}
	}
	return to->len > 0 ? true : fault_set(f, FAULT_INPUT, "%s: has no .sql file", directory);
}

/* *sha256 is NULL when the file is still to be applied; g_free() it. */
static bool lookup_applied(struct pg_wait *pg, int number, char **sha256, struct fault *f)
{
	struct sql *q = sql_create();
	const struct rows *rows;

	sql_add(q, "SELECT sha256 FROM schema_migrations WHERE number = ");
	sql_param_int(q, number);
	if (!pg_wait_query(pg, q, &rows, f)) {
		return false;
	}
	*sha256 = rows->row_count > 0 ? g_strdup(rows_text(rows, 0, 0)) : NULL;
	return true;
}

static bool record(struct pg_wait *pg, const struct migration *m, struct fault *f)
{
	struct sql *q = sql_create();

	sql_add(q, "INSERT INTO schema_migrations (number, name, sha256) VALUES (");
	sql_param_int(q, m->number);
	sql_add(q, ", ");
	sql_param_text(q, m->name);
	sql_add(q, ", ");
	sql_param_text(q, m->sha256);
	sql_add(q, ")");
	return pg_wait_query(pg, q, NULL, f);
}

static bool apply(struct pg_wait *pg, const struct migration *m, struct fault *f)
{
	if (pg_wait_script(pg, "BEGIN", f) && pg_wait_script(pg, m->sql, f) && record(pg, m, f) &&
		pg_wait_script(pg, "COMMIT", f)) {
		return true;
	}
	return fault_wrap(f, "%s: ", m->name);
}

static bool apply_missing(struct pg_wait *pg, const GPtrArray *migrations,
	const struct schema_listener *listener, int *applied, struct fault *f)
{
	for (guint i = 0; i < migrations->len; i++) {
		const struct migration *m = migrations->pdata[i];
		g_autofree char *sha256 = NULL;

		if (!lookup_applied(pg, m->number, &sha256, f)) {
			return false;
		}
		if (!sha256) {
			if (!apply(pg, m, f)) {
				return false;
			}
			++*applied;
			listener->applied(listener->arg, m->name);
		} else if (strcmp(sha256, m->sha256) != 0) {
			g_autofree char *sentence = g_strdup_printf(
				"%s has changed since it was applied; the database keeps what it was",
				m->name);

			listener->warned(listener->arg, sentence);
		}
	}
	return true;
}

bool schema_apply(struct pg_wait *pg, const char *directory, const struct schema_listener *listener,
	int *applied, struct fault *f)
{
	g_autoptr(GPtrArray) migrations = g_ptr_array_new_with_free_func(migration_free);

	return read_directory(directory, migrations, f) && pg_wait_script(pg, lock_sql, f) &&
	       pg_wait_script(pg, table_sql, f) &&
	       apply_missing(pg, migrations, listener, applied, f);
}
