#include "ctl/input.h"
#include "ctl/load.h"
#include "ctl/load_project.h"

#include <string.h>

enum { NAME_CHARACTERS = 400, EMAIL_CHARACTERS = 254 };

struct definitions_load {
	struct project_load in; /* the connection, the path, the counts */
	bool has_content; /* false: projects are made, their insights wait */
};

static bool find_organization(struct shape *s, struct pg_wait *pg, const char *key,
	const char *name, char id[37], struct fault *f)
{
	struct sql *q = sql_create();
	const struct rows *rows;

	sql_add(q, "SELECT id FROM organizations WHERE name = ");
	sql_param_text(q, name);
	sql_add(q, " OR id::text = lower(");
	sql_param_text(q, name);
	sql_add(q, ") LIMIT 2");
	if (!pg_wait_query(pg, q, &rows, f)) {
		return shape_blame(s, f);
	}
	if (rows->row_count != 1) {
		return shape_refuse(s, key, f,
			rows->row_count == 0
				? "there is no organization \"%s\""
				: "there are several organizations \"%s\"; name its id",
			name);
	}
	(void)g_strlcpy(id, rows_text(rows, 0, 0), 37);
	return true;
}

static bool take_organization(void *arg, const json_t *o, struct fault *f)
{
	struct project_load *l = arg;
	const char *id, *name;
	struct sql *q;

	l->loaded->organizations++;
	if (!shape_text(&l->shape, o, "id", 36, &id, f) ||
		!shape_need_text(&l->shape, o, "name", NAME_CHARACTERS, &name, f)) {
		return false;
	}
	if (id && !g_uuid_string_is_valid(id)) {
		return shape_refuse(&l->shape, "id", f, "must be a UUID");
	}
	q = sql_create();
	if (id) {
		sql_add(q, "INSERT INTO organizations (id, name) VALUES (");
		sql_param_as(q, id, "uuid");
		sql_add(q, ", ");
		sql_param_text(q, name);
		sql_add(q, ") ON CONFLICT (id) DO UPDATE SET name = excluded.name");
	} else {
		sql_add(q, "INSERT INTO organizations (name) SELECT ");
		sql_param_text(q, name);
		sql_add(q, " WHERE NOT EXISTS (SELECT FROM organizations WHERE name = ");
		sql_param_text(q, name);
		sql_add(q, ")");
	}
	return project_load_run(l, q, NULL, f);
}

static bool take_membership(struct project_load *l, const json_t *user, int64_t user_id,
	const char *organization, struct fault *f)
{
	char id[37];
	int64_t level;
	struct sql *q;

	if (!shape_int(&l->shape, user, "level", 1, 15, 1, &level, f) ||
		!find_organization(&l->shape, l->pg, "organization", organization, id, f)) {
		return false;
	}
	q = sql_create();
	sql_add(q, "INSERT INTO memberships (organization_id, user_id, level) VALUES (");
	sql_param_as(q, id, "uuid");
	sql_add(q, ", ");
	sql_param_int(q, user_id);
	sql_add(q, ", ");
	sql_param_int(q, level);
	sql_add(q, ") ON CONFLICT (organization_id, user_id) DO UPDATE SET level = excluded.level");
	return project_load_run(l, q, NULL, f);
}

static bool take_user(void *arg, const json_t *u, struct fault *f)
{
	struct project_load *l = arg;
	const char *email, *first_name, *organization;
	int64_t project, id;
	bool is_active;
	struct sql *q;

	l->loaded->users++;
	if (!shape_need_text(&l->shape, u, "email", EMAIL_CHARACTERS, &email, f) ||
		!shape_text(&l->shape, u, "first_name", NAME_CHARACTERS, &first_name, f) ||
		!shape_text(&l->shape, u, "organization", NAME_CHARACTERS, &organization, f) ||
		!shape_int(&l->shape, u, "current_project", 1, INT64_MAX, 0, &project, f) ||
		!shape_flag(&l->shape, u, "is_active", true, &is_active, f)) {
		return false;
	}
	if (!strchr(email, '@')) {
		return shape_refuse(&l->shape, "email", f, "must be an address");
	}
	q = sql_create();
	sql_add(q, "INSERT INTO users (email, first_name, is_active, current_project_id) VALUES (");
	sql_param_text(q, email);
	sql_add(q, ", ");
	sql_param_text(q, first_name ? first_name : "");
	sql_add(q, ", ");
	sql_param_bool(q, is_active);
	sql_add(q, ", ");
	sql_param_int_or_null(q, project);
	sql_add(q, ") ON CONFLICT (email) DO UPDATE SET first_name = excluded.first_name,"
		   " is_active = excluded.is_active, current_project_id ="
		   " coalesce(excluded.current_project_id, users.current_project_id)"
		   " RETURNING id");
	return project_load_run(l, q, &id, f) &&
	       (!organization || take_membership(l, u, id, organization, f));
}

static bool check_timezone(const struct shape *s, const char *name, struct fault *f)
{
	g_autoptr(GTimeZone) zone = name ? g_time_zone_new_identifier(name) : NULL;

	return !name || zone ? true
			     : shape_refuse(s, "timezone", f, "\"%s\" is no time zone", name);
}

/* Without an id a project is known by its name in its organization. */
static bool find_project(struct project_load *l, const char *organization_id, const char *name,
	int64_t *id, struct fault *f)
{
	struct sql *q = sql_create();

	sql_add(q, "SELECT id FROM projects WHERE ");
	if (*id) {
		sql_add(q, "id = ");
		sql_param_int(q, *id);
		sql_add(q, " AND organization_id <> ");
		sql_param_as(q, organization_id, "uuid");
	} else {
		sql_add(q, "organization_id = ");
		sql_param_as(q, organization_id, "uuid");
		sql_add(q, " AND name = ");
		sql_param_text(q, name);
		sql_add(q, " ORDER BY id LIMIT 1");
	}
	if (*id) {
		int64_t foreign = 0;

		if (!project_load_run(l, q, &foreign, f)) {
			return false;
		}
		return foreign == 0 ? true
				    : shape_refuse(&l->shape, "id", f,
					      "belongs to a project of another organization");
	}
	return project_load_run(l, q, id, f);
}

static bool save_project(struct project_load *l, const json_t *p, const char *organization_id,
	const char *name, int64_t id, struct fault *f)
{
	const char *zone_name;
	int64_t week_start_day;
	const json_t *colors = json_object_get(p, "data_colors");
	const json_t *accounts = json_object_get(p, "test_account_filters");
	g_autofree char *colors_text = json_truthy(colors) ? json_write(colors) : NULL;
	g_autofree char *accounts_text = json_truthy(accounts) ? json_write(accounts) : NULL;
	struct sql *q;

	if (!shape_text(&l->shape, p, "timezone", NAME_CHARACTERS, &zone_name, f) ||
		!check_timezone(&l->shape, zone_name, f) ||
		!shape_int(&l->shape, p, "week_start_day", 0, 1, 0, &week_start_day, f)) {
		return false;
	}
	q = sql_create();
	sql_add(q, "INSERT INTO projects (id, organization_id, name, timezone, week_start_day,"
		   " data_colors, test_account_filters) VALUES (");
	if (id) {
		sql_param_int(q, id);
	} else {
		sql_add(q, "DEFAULT");
	}
	sql_add(q, ", ");
	sql_param_as(q, organization_id, "uuid");
	sql_add(q, ", ");
	sql_param_text(q, name);
	sql_add(q, ", ");
	sql_param_text(q, zone_name ? zone_name : "UTC");
	sql_add(q, ", ");
	sql_param_int(q, week_start_day);
	sql_add(q, ", ");
	sql_param_json(q, colors_text);
	sql_add(q, ", ");
	sql_param_json(q, accounts_text);
	sql_add(q, ") ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
		   " timezone = excluded.timezone, week_start_day = excluded.week_start_day,"
		   " data_colors = excluded.data_colors,"
		   " test_account_filters = excluded.test_account_filters RETURNING id");
	return project_load_run(l, q, &l->project_id, f);
}

static bool take_project(void *arg, const json_t *p, struct fault *f)
{
	struct definitions_load *d = arg;
	struct project_load *l = &d->in;
	const char *organization, *name;
	char organization_id[37];
	int64_t id;

	if (!shape_need_text(&l->shape, p, "name", NAME_CHARACTERS, &name, f) ||
		!shape_need_text(&l->shape, p, "organization", NAME_CHARACTERS, &organization, f) ||
		!shape_int(&l->shape, p, "id", 1, INT64_MAX, 0, &id, f) ||
		!find_organization(
			&l->shape, l->pg, "organization", organization, organization_id, f) ||
		!find_project(l, organization_id, name, &id, f)) {
		return false;
	}
	if (d->has_content) {
		l->project_id = id;
		return project_load_content(l, p, f);
	}
	l->loaded->projects++;
	return save_project(l, p, organization_id, name, id, f) &&
	       project_load_bump(l, "projects", f);
}

/* Projects come before users, for users name theirs, and both before what is in the projects. */
static bool take_all(struct definitions_load *d, const json_t *root, struct fault *f)
{
	struct project_load *l = &d->in;
	int64_t outside = l->project_id;

	if (!shape_each(&l->shape, root, "organizations", take_organization, l, f) ||
		!shape_each(&l->shape, root, "projects", take_project, d, f) ||
		!shape_each(&l->shape, root, "users", take_user, l, f)) {
		return false;
	}
	d->has_content = true;
	if (!shape_each(&l->shape, root, "projects", take_project, d, f)) {
		return false;
	}
	l->project_id = outside;
	return project_load_content(l, root, f);
}

static bool is_bundle(const json_t *root)
{
	static const char *const keys[] = {"organizations", "users", "projects", "insights",
		"dashboards", "group_types", "groups", "actions", "cohorts"};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (json_object_get(root, keys[i])) {
			return true;
		}
	}
	return false;
}

static bool take_root(struct definitions_load *d, const json_t *root, struct fault *f)
{
	struct project_load *l = &d->in;

	if (is_bundle(root)) {
		return take_all(d, root, f);
	}
	/* A page of the API's list endpoints, a list, or one object, as somebody saved it. */
	if (json_is_array(json_object_get(root, "results"))) {
		return shape_each(&l->shape, root, "results", project_load_item, l, f);
	}
	if (json_is_array(root)) {
		return shape_each(&l->shape, root, NULL, project_load_item, l, f);
	}
	if (json_is_object(root)) {
		return project_load_item(l, root, f);
	}
	return shape_refuse(&l->shape, NULL, f, "must be an object or a list");
}

bool load_definitions(struct pg_wait *pg, int64_t project_id, const char *path,
	struct definitions_loaded *loaded, struct fault *f)
{
	struct definitions_load d = {.in = {.pg = pg, .project_id = project_id, .loaded = loaded}};
	json_t *root;
	bool ok;

	if (!input_read_json(path, &root, f)) {
		return false;
	}
	d.in.shape.path = g_string_new(NULL);
	ok = pg_wait_script(pg, "BEGIN", f) && take_root(&d, root, f) &&
	     pg_wait_script(pg, "COMMIT", f);
	if (!ok) {
		fault_wrap(f, "%s: ", strcmp(path, "-") == 0 ? "standard input" : path);
	}
	g_string_free(d.in.shape.path, TRUE);
	json_decref(root);
	return ok;
}
