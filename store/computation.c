#include "store/computation.h"

#include <glib.h>
#include <inttypes.h>

struct computation {
	struct pg_pool *queries;
	unsigned limit_ms;
	computation_fn done;
	void *arg;
	json_t *query, *test_account_filters;
	char *timezone;
	struct insight_env env; /* points to the above; the run keeps a pointer to it */
	struct insight_run *run; /* NULL: the query was refused */
	struct fault refused;
	struct pg_call *call; /* NULL between statements */
	bool is_canceled;
};

static void end(struct computation *c, json_t *result, const struct fault *f)
{
	c->done(c->arg, result, f);
	json_decref(result);
	insight_end(c->run);
	json_decref(c->query);
	json_decref(c->test_account_filters);
	g_free(c->timezone);
	g_free(c);
}

static void ask(struct computation *c);

static void on_rows(void *arg, const struct rows *rows, const struct fault *f)
{
	struct computation *c = arg;
	struct fault why;

	c->call = NULL;
	if (f) {
		end(c, NULL, f);
	} else if (!insight_feed(c->run, rows, &why)) {
		end(c, NULL, &why);
	} else {
		ask(c);
	}
}

static void finish(struct computation *c)
{
	json_t *result = NULL;
	struct fault why;

	if (insight_result(c->run, &result, &why)) {
		end(c, result, NULL);
	} else {
		end(c, NULL, &why);
	}
}

/* Sends the next statement, or takes the result. */
static void ask(struct computation *c)
{
	struct sql *statement = NULL;
	char scope[24];
	struct fault why;

	if (c->is_canceled) {
		fault_set(&why, FAULT_CANCELED, "the query was canceled");
		end(c, NULL, &why);
	} else if (!insight_next(c->run, &statement, &why)) {
		end(c, NULL, &why);
	} else if (!statement) {
		finish(c);
	} else {
		(void)g_snprintf(scope, sizeof scope, "%" PRId64, c->env.project_id);
		c->call = pg_query(c->queries, statement, scope, c->limit_ms, on_rows, c);
	}
}

static void on_begun(void *arg)
{
	struct computation *c = arg;

	if (c->run) {
		ask(c);
	} else {
		end(c, NULL, &c->refused);
	}
}

/* Only counted, never changed. */
static json_t *keep(const json_t *value)
{
	return json_incref((json_t *)(uintptr_t)value);
}

struct computation *computation_start(struct pg_pool *queries, uv_loop_t *loop, const json_t *query,
	const struct insight_env *env, unsigned limit_ms, computation_fn done, void *arg)
{
	struct computation *c = g_new0(struct computation, 1);

	c->queries = queries;
	c->limit_ms = limit_ms;
	c->done = done;
	c->arg = arg;
	c->query = keep(query);
	c->test_account_filters = keep(env->test_account_filters);
	c->timezone = g_strdup(env->timezone);
	c->env = *env;
	c->env.test_account_filters = c->test_account_filters;
	c->env.timezone = c->timezone;
	if (!insight_begin(c->query, &c->env, &c->run, &c->refused)) {
		c->run = NULL;
	}
	later(loop, on_begun, c);
	return c;
}

void computation_cancel(struct computation *c)
{
	c->is_canceled = true;
	if (c->call) {
		pg_cancel(c->call);
	}
}
