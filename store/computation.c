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
	struct insight_run *run;
	struct pg_call *call; /* NULL when the answer is there: one of the two below */
	json_t *result;
	struct fault fault;
	bool is_canceled;
};

struct pg_pool *computation_pool_open(uv_loop_t *loop, const char *url, const char *name,
	unsigned connections, unsigned in_line, unsigned memory_mb)
{
	g_autofree char *session =
		g_strdup_printf("SET ROLE platen_query; SET work_mem TO '%uMB'", memory_mb);
	const struct pg_pool_options options = {
		.url = url,
		.name = name,
		.connections = connections,
		.queue_limit = in_line,
		.session_sql = session,
		.scope_setting = "platen.project_id",
	};

	return pg_pool_open(loop, &options);
}

static void end(void *arg)
{
	struct computation *c = arg;

	c->done(c->arg, c->result, c->result ? NULL : &c->fault);
	json_decref(c->result);
	insight_end(c->run);
	json_decref(c->query);
	json_decref(c->test_account_filters);
	g_free(c->timezone);
	g_free(c);
}

static void on_rows(void *arg, const struct rows *rows, const struct fault *f);

/* Sends the next statement; false when there is none: then the answer is there. */
static bool send_next(struct computation *c)
{
	struct sql *statement = NULL;
	char scope[24];

	if (!insight_next(c->run, &statement, &c->fault)) {
		return false;
	}
	if (!statement) {
		if (!insight_result(c->run, &c->result, &c->fault)) {
			c->result = NULL;
		}
		return false;
	}
	(void)g_snprintf(scope, sizeof scope, "%" PRId64, c->env.project_id);
	c->call = pg_query(c->queries, statement, scope, c->limit_ms, on_rows, c);
	return true;
}

static void on_rows(void *arg, const struct rows *rows, const struct fault *f)
{
	struct computation *c = arg;

	c->call = NULL;
	if (f) {
		c->fault = *f;
	} else if (c->is_canceled) {
		fault_set(&c->fault, FAULT_CANCELED, "the query was canceled");
	} else if (insight_feed(c->run, rows, &c->fault) && send_next(c)) {
		return;
	}
	end(c);
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
	if (!insight_begin(c->query, &c->env, &c->run, &c->fault)) {
		c->run = NULL;
		later(loop, end, c);
	} else if (!send_next(c)) {
		later(loop, end, c);
	}
	return c;
}

void computation_cancel(struct computation *c)
{
	c->is_canceled = true;
	if (c->call) {
		pg_cancel(c->call);
	}
}
