#include "insight/writer.h"

struct writer writer_open(
	const struct dialect *dialect, const struct insight_env *env, const struct buckets *buckets)
{
	return (struct writer){.sql = sql_create(),
		.dialect = dialect,
		.env = env,
		.buckets = buckets,
		.person = "events.person_id"};
}

void writer_project(struct writer *w)
{
	if (w->project_param) {
		sql_addf(w->sql, "$%d::bigint", w->project_param);
	} else {
		w->project_param = sql_param_count(w->sql) + 1;
		sql_param_int(w->sql, w->env->project_id);
	}
}
