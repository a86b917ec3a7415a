#include "ctl/load_project.h"

#include "ctl/load_subjects.h"

#include <inttypes.h>

bool project_load_run(struct project_load *l, struct sql *q, int64_t *first, struct fault *f)
{
	const struct rows *rows;

	if (!pg_wait_query(l->pg, q, &rows, f)) {
		return shape_blame(&l->shape, f);
	}
	if (first && rows->row_count > 0) {
		*first = rows_int(rows, 0, 0, 0);
	}
	return true;
}

bool project_load_bump(struct project_load *l, const char *table, struct fault *f)
{
	struct sql *q = sql_create();

	sql_addf(q,
		"SELECT setval('%s_id_seq', greatest(max(id), (SELECT last_value FROM %s_id_seq)))"
		" FROM %s HAVING max(id) IS NOT NULL",
		table, table, table);
	return project_load_run(l, q, NULL, f);
}

char *project_load_json(const json_t *object, const char *key)
{
	const json_t *member = json_object_get(object, key);

	return json_truthy(member) ? json_write(member) : NULL;
}

bool project_load_check_id(struct project_load *l, const char *table, int64_t id,
	const char *short_id, struct fault *f)
{
	struct sql *q = sql_create();
	int64_t taken = 0;

	sql_addf(q, "SELECT id FROM %s WHERE id = ", table);
	sql_param_int(q, id);
	sql_add(q, " AND (project_id <> ");
	sql_param_int(q, l->project_id);
	if (short_id) {
		sql_add(q, " OR short_id <> ");
		sql_param_text(q, short_id);
	}
	sql_add(q, ")");
	if (!project_load_run(l, q, &taken, f)) {
		return false;
	}
	return taken == 0 ? true
			  : shape_refuse(&l->shape, "id", f,
				    "%" PRId64 " belongs to another of the %s", id, table);
}

static bool need_project(const struct project_load *l, struct fault *f)
{
	return l->project_id ? true
			     : shape_refuse(&l->shape, NULL, f,
				       "stands in no project; name one with --project");
}

static bool take_insight(void *arg, const json_t *o, struct fault *f)
{
	int64_t id;

	return need_project(arg, f) && project_load_insight(arg, o, &id, f);
}

static bool take_dashboard(void *arg, const json_t *o, struct fault *f)
{
	return need_project(arg, f) && project_load_dashboard(arg, o, f);
}

bool project_load_content(struct project_load *l, const json_t *object, struct fault *f)
{
	return project_load_subjects(l, object, f) &&
	       shape_each(&l->shape, object, "insights", take_insight, l, f) &&
	       shape_each(&l->shape, object, "dashboards", take_dashboard, l, f);
}

bool project_load_item(void *arg, const json_t *item, struct fault *f)
{
	struct project_load *l = arg;

	if (json_object_get(item, "tiles")) {
		return take_dashboard(l, item, f);
	}
	if (json_object_get(item, "short_id") || json_object_get(item, "query")) {
		return take_insight(l, item, f);
	}
	return shape_refuse(&l->shape, NULL, f,
		"is neither a dashboard (no tiles) nor an insight (no short_id, no query)");
}
