#include "ctl/load_subjects.h"

enum { NAME_CHARACTERS = 400, KEY_CHARACTERS = 400, GROUP_MAX_INDEX = 4 };

static bool take_group_type(void *arg, const json_t *o, struct fault *f)
{
	struct project_load *l = arg;
	const char *type, *singular, *plural;
	int64_t index;
	struct sql *q;

	l->loaded->groups++;
	if (!shape_int(&l->shape, o, "group_type_index", 0, GROUP_MAX_INDEX, 0, &index, f) ||
		!shape_need_text(&l->shape, o, "group_type", KEY_CHARACTERS, &type, f) ||
		!shape_text(&l->shape, o, "name_singular", NAME_CHARACTERS, &singular, f) ||
		!shape_text(&l->shape, o, "name_plural", NAME_CHARACTERS, &plural, f)) {
		return false;
	}
	q = sql_create();
	sql_add(q, "INSERT INTO group_types (project_id, group_type_index, group_type,"
		   " name_singular, name_plural) VALUES (");
	sql_param_int(q, l->project_id);
	sql_add(q, ", ");
	sql_param_int(q, index);
	sql_add(q, ", ");
	sql_param_text(q, type);
	sql_add(q, ", ");
	sql_param_text(q, singular);
	sql_add(q, ", ");
	sql_param_text(q, plural);
	sql_add(q, ") ON CONFLICT (project_id, group_type_index) DO UPDATE SET"
		   " group_type = excluded.group_type, name_singular = excluded.name_singular,"
		   " name_plural = excluded.name_plural");
	return project_load_run(l, q, NULL, f);
}

static bool take_group(void *arg, const json_t *o, struct fault *f)
{
	struct project_load *l = arg;
	const char *key;
	const json_t *properties;
	g_autofree char *text = NULL;
	int64_t index;
	struct sql *q;

	l->loaded->groups++;
	if (!shape_int(&l->shape, o, "group_type_index", 0, GROUP_MAX_INDEX, 0, &index, f) ||
		!shape_need_text(&l->shape, o, "group_key", KEY_CHARACTERS, &key, f) ||
		!shape_object(&l->shape, o, "group_properties", &properties, f)) {
		return false;
	}
	text = project_load_json(o, "group_properties");
	q = sql_create();
	sql_add(q, "INSERT INTO groups (project_id, group_type_index, group_key, properties)"
		   " VALUES (");
	sql_param_int(q, l->project_id);
	sql_add(q, ", ");
	sql_param_int(q, index);
	sql_add(q, ", ");
	sql_param_text(q, key);
	sql_add(q, ", ");
	sql_param_as(q, text ? text : "{}", "jsonb");
	sql_add(q, ") ON CONFLICT (project_id, group_type_index, group_key) DO UPDATE SET"
		   " properties = excluded.properties");
	return project_load_run(l, q, NULL, f);
}

/* The id that an action or a cohort goes by: its own, that of its name, or 0 for a new one. */
static bool find_named(struct project_load *l, const json_t *o, const char *table, const char *name,
	int64_t *id, struct fault *f)
{
	struct sql *q;

	if (!shape_int(&l->shape, o, "id", 1, INT64_MAX, 0, id, f)) {
		return false;
	}
	if (*id) {
		return project_load_check_id(l, table, *id, NULL, f);
	}
	q = sql_create();
	sql_addf(q, "SELECT id FROM %s WHERE project_id = ", table);
	sql_param_int(q, l->project_id);
	sql_add(q, " AND name = ");
	sql_param_text(q, name);
	sql_add(q, " ORDER BY id LIMIT 1");
	return project_load_run(l, q, id, f);
}

static void add_id(struct sql *q, int64_t id)
{
	if (id) {
		sql_param_int(q, id);
	} else {
		sql_add(q, "DEFAULT");
	}
}

static bool take_action(void *arg, const json_t *o, struct fault *f)
{
	struct project_load *l = arg;
	const char *name;
	g_autofree char *steps = project_load_json(o, "steps");
	int64_t id;
	struct sql *q;

	l->loaded->actions++;
	if (!shape_need_text(&l->shape, o, "name", NAME_CHARACTERS, &name, f) ||
		!find_named(l, o, "actions", name, &id, f)) {
		return false;
	}
	if (!json_is_array(json_object_get(o, "steps")) || !steps) {
		return shape_refuse(&l->shape, "steps", f, "must be a list with a step");
	}
	q = sql_create();
	sql_add(q, "INSERT INTO actions (id, project_id, name, steps) VALUES (");
	add_id(q, id);
	sql_add(q, ", ");
	sql_param_int(q, l->project_id);
	sql_add(q, ", ");
	sql_param_text(q, name);
	sql_add(q, ", ");
	sql_param_json(q, steps);
	sql_add(q, ") ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
		   " steps = excluded.steps, deleted = false");
	return project_load_run(l, q, NULL, f) && project_load_bump(l, "actions", f);
}

/* Who is in a static cohort, by the distinct ids that the project's events have. */
static bool save_people(
	struct project_load *l, int64_t cohort, const json_t *people, struct fault *f)
{
	const json_t *member;
	struct sql *q;
	size_t i;

	json_array_foreach(people, i, member)
	{
		if (!json_is_string(member)) {
			return shape_refuse(
				&l->shape, "distinct_ids", f, "must be a list of texts");
		}
		q = sql_create();
		sql_add(q, "INSERT INTO cohort_people (project_id, cohort_id, person_id)"
			   " SELECT project_id, ");
		sql_param_int(q, cohort);
		sql_add(q, ", person_id FROM person_distinct_ids WHERE project_id = ");
		sql_param_int(q, l->project_id);
		sql_add(q, " AND distinct_id = ");
		sql_param_text(q, json_string_value(member));
		sql_add(q, " ON CONFLICT DO NOTHING");
		if (!project_load_run(l, q, NULL, f)) {
			return false;
		}
	}
	return true;
}

static bool forget_people(struct project_load *l, int64_t cohort, struct fault *f)
{
	struct sql *q = sql_create();

	sql_add(q, "DELETE FROM cohort_people WHERE cohort_id = ");
	sql_param_int(q, cohort);
	return project_load_run(l, q, NULL, f);
}

static bool take_cohort(void *arg, const json_t *o, struct fault *f)
{
	struct project_load *l = arg;
	const char *name;
	const json_t *filters;
	g_autofree char *text = project_load_json(o, "filters");
	bool is_static;
	int64_t id;
	struct sql *q;

	l->loaded->cohorts++;
	if (!shape_need_text(&l->shape, o, "name", NAME_CHARACTERS, &name, f) ||
		!shape_flag(&l->shape, o, "is_static", false, &is_static, f) ||
		!shape_object(&l->shape, o, "filters", &filters, f) ||
		!find_named(l, o, "cohorts", name, &id, f)) {
		return false;
	}
	if (!is_static && !text) {
		return shape_refuse(&l->shape, "filters", f, "must be there unless is_static");
	}
	q = sql_create();
	sql_add(q, "INSERT INTO cohorts (id, project_id, name, is_static, filters) VALUES (");
	add_id(q, id);
	sql_add(q, ", ");
	sql_param_int(q, l->project_id);
	sql_add(q, ", ");
	sql_param_text(q, name);
	sql_add(q, ", ");
	sql_param_bool(q, is_static);
	sql_add(q, ", ");
	sql_param_json(q, text);
	sql_add(q, ") ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
		   " is_static = excluded.is_static, filters = excluded.filters,"
		   " deleted = false RETURNING id");
	return project_load_run(l, q, &id, f) && project_load_bump(l, "cohorts", f) &&
	       forget_people(l, id, f) && save_people(l, id, json_object_get(o, "distinct_ids"), f);
}

bool project_load_subjects(struct project_load *l, const json_t *object, struct fault *f)
{
	static const struct {
		const char *key;
		shape_fn take;
	} lists[] = {
		{"group_types", take_group_type},
		{"groups", take_group},
		{"actions", take_action},
		{"cohorts", take_cohort},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		if (json_array_size(json_object_get(object, lists[i].key)) > 0 && !l->project_id) {
			return shape_refuse(&l->shape, lists[i].key, f,
				"stand in no project; name one with --project");
		}
		if (!shape_each(&l->shape, object, lists[i].key, lists[i].take, l, f)) {
			return false;
		}
	}
	return true;
}
