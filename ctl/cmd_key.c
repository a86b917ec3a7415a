#include "ctl/cmd.h"
#include "lib/pg/pg_wait.h"
#include "store/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char cmd_key_help[] =
	"usage: platen key create --user EMAIL --scopes SCOPE,… [--label TEXT] [--projects ID,…]\n"
	"\n"
	"Makes a personal API key and prints it, this once: the database keeps only its SHA-256.\n"
	"\n"
	"  --user EMAIL      whose key it is\n"
	"  --scopes LIST     what it may do: export:write,insight:read,dashboard:read,query:read\n"
	"                    asks for every export; export:read reads what is there; * may all\n"
	"  --label TEXT      what the key is for (platen)\n"
	"  --projects LIST   numbers of the only projects it is for\n";

struct key_flags {
	char *user, *label, *scopes, *projects;
};

static bool is_scope(const char *text)
{
	const char *colon = strchr(text, ':');

	if (strcmp(text, "*") == 0) {
		return true;
	}
	for (const char *c = text; colon && c < colon; c++) {
		if (!g_ascii_islower(*c) && *c != '_') {
			return false;
		}
	}
	return colon && colon > text &&
	       (strcmp(colon, ":read") == 0 || strcmp(colon, ":write") == 0);
}

/* A list as Postgres writes arrays.  Only what was checked comes here, so nothing needs quotes. */
static char *array_of(char *const *items)
{
	g_autofree char *inside = g_strjoinv(",", (char **)(uintptr_t)items);

	return g_strdup_printf("{%s}", inside);
}

static bool find_user(struct pg_wait *pg, const char *email, int64_t *id, struct fault *f)
{
	struct sql *q = sql_create();
	const struct rows *rows;

	sql_add(q, "SELECT id FROM users WHERE is_active AND email = ");
	sql_param_text(q, email);
	if (!pg_wait_query(pg, q, &rows, f)) {
		return false;
	}
	if (rows->row_count == 0) {
		return fault_set(f, FAULT_NOT_FOUND, "there is no active user \"%s\"", email);
	}
	*id = rows_int(rows, 0, 0, 0);
	return true;
}

/* A key for a project that its user is no member of would be of no use. */
static bool check_projects(
	struct pg_wait *pg, int64_t user_id, char *const *projects, struct fault *f)
{
	for (size_t i = 0; projects[i]; i++) {
		struct sql *q = sql_create();
		const struct rows *rows;

		sql_add(q, "SELECT FROM projects p JOIN memberships m USING (organization_id)"
			   " WHERE p.id = ");
		sql_param_as(q, projects[i], "bigint");
		sql_add(q, " AND m.user_id = ");
		sql_param_int(q, user_id);
		if (!pg_wait_query(pg, q, &rows, f)) {
			return false;
		}
		if (rows->row_count == 0) {
			return fault_set(f, FAULT_NOT_FOUND,
				"the user is a member of no project %s", projects[i]);
		}
	}
	return true;
}

static bool create(struct pg_wait *pg, const struct key_flags *flags, char *const *scopes,
	char *const *projects, char key[64], struct fault *f)
{
	g_autofree char *scopes_array = array_of(scopes);
	g_autofree char *projects_array = projects ? array_of(projects) : NULL;
	char secure_value[80];
	int64_t user_id = 0;
	struct sql *q;

	if (!find_user(pg, flags->user, &user_id, f) ||
		(projects && !check_projects(pg, user_id, projects, f))) {
		return false;
	}
	keys_make(key, secure_value);
	q = sql_create();
	sql_add(q, "INSERT INTO api_keys (user_id, label, secure_value, scopes, scoped_projects)"
		   " VALUES (");
	sql_param_int(q, user_id);
	sql_add(q, ", ");
	sql_param_text(q, flags->label ? flags->label : "platen");
	sql_add(q, ", ");
	sql_param_text(q, secure_value);
	sql_add(q, ", ");
	sql_param_as(q, scopes_array, "text[]");
	sql_add(q, ", ");
	sql_param_as(q, projects_array, "bigint[]");
	sql_add(q, ")");
	return pg_wait_query(pg, q, NULL, f);
}

static enum exit_status create_and_print(const struct config *config, const struct key_flags *flags,
	char *const *scopes, char *const *projects)
{
	struct pg_wait *pg;
	char key[64];
	struct fault f;
	bool ok;

	if (!pg_wait_open(config->database_url, &pg, &f)) {
		return cmd_fault("key", &f);
	}
	ok = create(pg, flags, scopes, projects, key, &f);
	pg_wait_close(pg);
	if (!ok) {
		return cmd_fault("key", &f);
	}
	printf("%s\n", key);
	return STATUS_OK;
}

static enum exit_status run(const struct config *config, const struct key_flags *flags)
{
	g_auto(GStrv) scopes = g_strsplit(flags->scopes, ",", -1);
	g_auto(GStrv) projects = flags->projects ? g_strsplit(flags->projects, ",", -1) : NULL;
	int64_t unused;

	if (!scopes[0]) {
		return cmd_usage("key", "--scopes is empty");
	}
	for (size_t i = 0; scopes[i]; i++) {
		if (!is_scope(scopes[i])) {
			return cmd_usage(
				"key", "\"%s\" is no scope such as export:write", scopes[i]);
		}
	}
	for (size_t i = 0; projects && projects[i]; i++) {
		if (!cmd_number(projects[i], 1, INT64_MAX, &unused)) {
			return cmd_usage("key", "\"%s\" is no number of a project", projects[i]);
		}
	}
	return create_and_print(config, flags, scopes, projects && projects[0] ? projects : NULL);
}

enum exit_status cmd_key(const struct config *config, int argc, char **argv)
{
	struct key_flags flags = {0};
	const GOptionEntry entries[] = {
		{"user", 0, 0, G_OPTION_ARG_FILENAME, &flags.user, NULL, NULL},
		{"label", 0, 0, G_OPTION_ARG_FILENAME, &flags.label, NULL, NULL},
		{"scopes", 0, 0, G_OPTION_ARG_FILENAME, &flags.scopes, NULL, NULL},
		{"projects", 0, 0, G_OPTION_ARG_FILENAME, &flags.projects, NULL, NULL}, {0}};
	enum exit_status status;

	if (!cmd_parse("key", entries, &argc, &argv)) {
		status = STATUS_USAGE;
	} else if (argc != 2 || strcmp(argv[1], "create") != 0) {
		status = cmd_usage("key", "the one thing it can do is create");
	} else if (!flags.user || !flags.scopes) {
		status = cmd_usage("key", "%s is missing", flags.user ? "--scopes" : "--user");
	} else {
		status = run(config, &flags);
	}
	g_free(flags.user);
	g_free(flags.label);
	g_free(flags.scopes);
	g_free(flags.projects);
	return status;
}
