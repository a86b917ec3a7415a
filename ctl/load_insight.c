#include "ctl/load_project.h"

enum { NAME_CHARACTERS = 400, DESCRIPTION_CHARACTERS = 100000 };

/* The API spreads a table's columns and types beside its result; they belong together. */
static char *result_text(const json_t *insight)
{
	static const char *const beside[] = {"columns", "types", "hasMore", "timezone"};
	const json_t *result = json_object_get(insight, "result");
	json_t *whole;
	char *text;

	if (!result || json_is_null(result)) {
		return NULL;
	}
	if (json_object_get(result, "results") || json_object_get(result, "result")) {
		return json_write(result);
	}
	whole = json_object();
	(void)json_object_set(whole, "results", (json_t *)(uintptr_t)result);
	for (size_t i = 0; i < G_N_ELEMENTS(beside); i++) {
		const json_t *member = json_object_get(insight, beside[i]);

		if (member && !json_is_null(member)) {
			(void)json_object_set(whole, beside[i], (json_t *)(uintptr_t)member);
		}
	}
	text = json_write(whole);
	json_decref(whole);
	return text;
}

static bool check_short_id(const struct shape *s, const char *short_id, struct fault *f)
{
	for (const char *c = short_id; *c; c++) {
		if (!g_ascii_isalnum(*c) && *c != '-' && *c != '_') {
			return shape_refuse(
				s, "short_id", f, "must be letters, digits, \"-\" and \"_\"");
		}
	}
	return true;
}

static bool check_query(const struct shape *s, const json_t *insight, struct fault *f)
{
	const json_t *query;

	if (!shape_object(s, insight, "query", &query, f)) {
		return false;
	}
	if (!query && !json_truthy(json_object_get(insight, "result"))) {
		return shape_refuse(s, NULL, f, "has neither a query nor a result");
	}
	if (query && !json_is_string(json_object_get(query, "kind"))) {
		return shape_refuse(s, "query", f, "has no kind");
	}
	return true;
}

static struct sql *insight_sql(const struct project_load *l, const json_t *insight, int64_t id,
	const char *short_id, const char *const texts[3], bool deleted)
{
	g_autofree char *query = project_load_json(insight, "query");
	g_autofree char *result = result_text(insight);
	struct sql *q = sql_create();

	sql_add(q, "INSERT INTO insights (id, project_id, short_id, name, derived_name,"
		   " description, query, result, result_at, deleted) VALUES (");
	if (id) {
		sql_param_int(q, id);
	} else {
		sql_add(q, "DEFAULT");
	}
	sql_add(q, ", ");
	sql_param_int(q, l->project_id);
	sql_add(q, ", ");
	sql_param_text(q, short_id);
	for (size_t i = 0; i < 3; i++) {
		sql_add(q, ", ");
		sql_param_text(q, texts[i]);
	}
	sql_add(q, ", ");
	sql_param_json(q, query);
	sql_add(q, ", ");
	sql_param_json(q, result);
	sql_add(q, result ? ", now(), " : ", NULL, ");
	sql_param_bool(q, deleted);
	sql_add(q, ") ON CONFLICT (project_id, short_id) DO UPDATE SET name = excluded.name,"
		   " derived_name = excluded.derived_name, description = excluded.description,"
		   " query = excluded.query, result = excluded.result,"
		   " result_at = excluded.result_at, deleted = excluded.deleted RETURNING id");
	return q;
}

bool project_load_insight(
	struct project_load *l, const json_t *insight, int64_t *insight_id, struct fault *f)
{
	const char *short_id, *texts[3];
	int64_t id;
	bool deleted;

	if (!shape_need_text(&l->shape, insight, "short_id", SHORT_ID_CHARACTERS, &short_id, f) ||
		!check_short_id(&l->shape, short_id, f) ||
		!shape_int(&l->shape, insight, "id", 1, INT64_MAX, 0, &id, f) ||
		!shape_text(&l->shape, insight, "name", NAME_CHARACTERS, &texts[0], f) ||
		!shape_text(&l->shape, insight, "derived_name", NAME_CHARACTERS, &texts[1], f) ||
		!shape_text(
			&l->shape, insight, "description", DESCRIPTION_CHARACTERS, &texts[2], f) ||
		!shape_flag(&l->shape, insight, "deleted", false, &deleted, f) ||
		!check_query(&l->shape, insight, f) ||
		(id && !project_load_check_id(l, "insights", id, short_id, f)) ||
		!project_load_run(
			l, insight_sql(l, insight, id, short_id, texts, deleted), insight_id, f)) {
		return false;
	}
	l->loaded->insights++;
	return id == 0 || project_load_bump(l, "insights", f);
}
