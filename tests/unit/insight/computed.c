#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <inttypes.h>

void computed_run(struct computed *c, const char *sql)
{
	struct fault f;

	if (!pg_wait_script(c->wait, sql, &f)) {
		fail_msg("%s", f.detail);
	}
}

void computed_start(struct computed *c)
{
	struct fault f;

	private_postgres_start(&c->server);
	private_postgres_migrate(&c->server);
	c->query_project = 0;
	if (!pg_wait_open(c->server.url, &c->wait, &f) ||
		!pg_wait_open(c->server.url, &c->query_wait, &f) ||
		!pg_wait_script(c->query_wait, "SET ROLE platen_query", &f)) {
		fail_msg("%s", f.detail);
	}
	computed_run(c, "INSERT INTO organizations (name) VALUES ('o');"
			"INSERT INTO projects (id, organization_id, name)"
			" SELECT n, id, 'p' FROM organizations, generate_series(1, 3) AS n");
}

void computed_stop(struct computed *c)
{
	pg_wait_close(c->wait);
	pg_wait_close(c->query_wait);
	private_postgres_stop(&c->server);
}

static bool run_statements(struct pg_wait *wait, struct insight_run *run, struct fault *f)
{
	const struct rows *rows;
	struct sql *sql;

	for (;;) {
		if (!insight_next(run, &sql, f)) {
			return false;
		}
		if (!sql) {
			return true;
		}
		if (!pg_wait_query(wait, sql, &rows, f) || !insight_feed(run, rows, f)) {
			return false;
		}
	}
}

static bool compute(struct pg_wait *wait, const json_t *query, const struct insight_env *env,
	json_t **result, struct fault *f)
{
	struct insight_run *run;
	bool fine;

	if (!insight_begin(query, env, &run, f)) {
		return false;
	}
	fine = run_statements(wait, run, f) && insight_result(run, result, f);
	insight_end(run);
	return fine;
}

/* Statements name the project themselves; the setting is told only when it changes. */
static bool enter_project(struct computed *c, int64_t project_id, struct fault *f)
{
	g_autofree char *setting = NULL;

	if (project_id == c->query_project) {
		return true;
	}
	setting = g_strdup_printf("SET platen.project_id = '%" PRId64 "'", project_id);
	c->query_project = project_id;
	return pg_wait_script(c->query_wait, setting, f);
}

bool computed_try(struct computed *c, const json_t *query, const struct insight_env *env,
	json_t **result, struct fault *f)
{
	return enter_project(c, env->project_id, f) &&
	       compute(c->query_wait, query, env, result, f);
}

json_t *computed_result(struct computed *c, const json_t *query, const struct insight_env *env)
{
	json_t *result = NULL;
	struct fault f;

	if (!computed_try(c, query, env, &result, &f)) {
		g_autofree char *text = json_write(query);

		fail_msg("%s: %s in %s", fault_name(f.kind), f.detail, text);
	}
	return result;
}

json_t *computed_as_owner(struct computed *c, const json_t *query, const struct insight_env *env)
{
	json_t *result = NULL;
	struct fault f;

	if (!compute(c->wait, query, env, &result, &f)) {
		fail_msg("%s", f.detail);
	}
	return result;
}

json_t *computed_json(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_DECODE_ANY, &error);

	if (!value) {
		fail_msg("%s at %d in %s", error.text, error.position, text);
	}
	return value;
}
