#include "ctl/account.h"

#include <stdio.h>
#include <string.h>

/* From a flag, else from the environment, else the value given. */
static const char *chosen(const char *flag, const char *variable, const char *otherwise)
{
	const char *value = flag ? flag : g_getenv(variable);

	return value && *value ? value : otherwise;
}

const char *account_project(const char *command, const struct account *a)
{
	const char *project = chosen(a->project, "PLATEN_PROJECT_ID", "@current");
	int64_t number;

	if (strcmp(project, "@current") != 0 && !cmd_number(project, 1, INT64_MAX, &number)) {
		(void)cmd_usage(command, "\"%s\" is no number of a project", project);
		return NULL;
	}
	return project;
}

static char *read_key(const char *command, const struct account *a, enum exit_status *status)
{
	g_autoptr(GError) error = NULL;
	char *key = NULL;

	if (!a->key_file) {
		key = g_strdup(g_getenv("PLATEN_API_KEY"));
	} else if (!g_file_get_contents(a->key_file, &key, NULL, &error)) {
		fprintf(stderr, "platen %s: %s\n", command, error->message);
		*status = STATUS_NO_INPUT;
		return NULL;
	}
	if (!key || !*g_strstrip(key)) {
		g_free(key);
		fprintf(stderr,
			"platen %s: no API key: set PLATEN_API_KEY or name a file with "
			"--key-file\n",
			command);
		*status = STATUS_NOT_ALLOWED;
		return NULL;
	}
	return key;
}

enum exit_status account_enter(const char *command, const struct account *a, struct server **out)
{
	const char *url = chosen(a->url, "PLATEN_URL", "http://127.0.0.1:8600");
	enum exit_status status = STATUS_OK;
	g_autofree char *key = read_key(command, a, &status);
	struct fault f;

	if (!key) {
		return status;
	}
	return server_open(url, key, out, &f) ? STATUS_OK : cmd_usage(command, "%s", f.detail);
}

void account_finish(struct account *a)
{
	g_free(a->project);
	g_free(a->url);
	g_free(a->key_file);
}
