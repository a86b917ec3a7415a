#include "ctl/load_project.h"

#include <inttypes.h>

enum {
	NAME_CHARACTERS = 400,
	DESCRIPTION_CHARACTERS = 100000,
	BODY_CHARACTERS = 4000,
	COLOR_CHARACTERS = 64
};

static bool find_insight(struct project_load *l, const char *short_id, int64_t *id, struct fault *f)
{
	struct sql *q = sql_create();

	sql_add(q, "SELECT id FROM insights WHERE project_id = ");
	sql_param_int(q, l->project_id);
	sql_add(q, " AND short_id = ");
	sql_param_text(q, short_id);
	*id = 0;
	if (!project_load_run(l, q, id, f)) {
		return false;
	}
	return *id ? true
		   : shape_refuse(&l->shape, NULL, f, "there is no insight \"%s\"", short_id);
}

/* An insight of its own stands whole in the tile or is named by its short id. */
static bool tile_insight(struct project_load *l, const json_t *tile, int64_t *id, struct fault *f)
{
	const json_t *insight = json_object_get(tile, "insight");
	size_t mark = shape_enter(&l->shape, "insight", SHAPE_NO_INDEX);
	const char *short_id;
	bool ok;

	if (json_is_string(insight)) {
		ok = find_insight(l, json_string_value(insight), id, f);
	} else if (!json_is_object(insight)) {
		ok = shape_refuse(&l->shape, NULL, f, "must be an object or a short id");
	} else if (json_object_get(insight, "query") || json_object_get(insight, "result")) {
		ok = project_load_insight(l, insight, id, f);
	} else {
		ok = shape_need_text(
			     &l->shape, insight, "short_id", SHORT_ID_CHARACTERS, &short_id, f) &&
		     find_insight(l, short_id, id, f);
	}
	shape_leave(&l->shape, mark);
	return ok;
}

/* The text tile whose turn it is, made or written anew. */
static bool tile_text(struct project_load *l, const json_t *tile, int64_t dashboard_id,
	int64_t turn, int64_t *text_id, struct fault *f)
{
	const json_t *text;
	const char *body = NULL;
	size_t mark;
	bool ok;
	struct sql *q;

	if (!shape_object(&l->shape, tile, "text", &text, f)) {
		return false;
	}
	mark = shape_enter(&l->shape, "text", SHAPE_NO_INDEX);
	ok = shape_text(&l->shape, text, "body", BODY_CHARACTERS, &body, f);
	if (ok && !body) {
		ok = shape_refuse(&l->shape, "body", f, "is missing");
	}
	shape_leave(&l->shape, mark);
	if (!ok) {
		return false;
	}
	q = sql_create();
	sql_add(q, "UPDATE text_tiles SET body = ");
	sql_param_text(q, body);
	sql_add(q, " WHERE id = (SELECT text_tile_id FROM dashboard_tiles WHERE dashboard_id = ");
	sql_param_int(q, dashboard_id);
	sql_add(q, " AND text_tile_id IS NOT NULL ORDER BY id LIMIT 1 OFFSET ");
	sql_param_int(q, turn);
	sql_add(q, ") RETURNING id");
	*text_id = 0;
	if (!project_load_run(l, q, text_id, f)) {
		return false;
	}
	if (*text_id) {
		return true;
	}
	q = sql_create();
	sql_add(q, "INSERT INTO text_tiles (project_id, body) VALUES (");
	sql_param_int(q, l->project_id);
	sql_add(q, ", ");
	sql_param_text(q, body);
	sql_add(q, ") RETURNING id");
	return project_load_run(l, q, text_id, f);
}

struct dashboard_load {
	struct project_load *in;
	int64_t id, texts;
	GArray *kept; /* of int64_t: ids of tiles that are in the file */
};

/* What a tile says beside its content, in the order of the columns. */
struct tile_look {
	char *layouts, *filters_overrides;
	const char *color;
	bool show_description, transparent, deleted;
};

static bool read_look(
	const struct shape *s, const json_t *tile, struct tile_look *look, struct fault *f)
{
	const json_t *layouts, *overrides;

	if (!shape_object(s, tile, "layouts", &layouts, f) ||
		!shape_object(s, tile, "filters_overrides", &overrides, f) ||
		!shape_text(s, tile, "color", COLOR_CHARACTERS, &look->color, f) ||
		!shape_flag(s, tile, "show_description", false, &look->show_description, f) ||
		!shape_flag(s, tile, "transparent_background", false, &look->transparent, f) ||
		!shape_flag(s, tile, "deleted", false, &look->deleted, f)) {
		return false;
	}
	look->layouts = project_load_json(tile, "layouts");
	look->filters_overrides = project_load_json(tile, "filters_overrides");
	return true;
}

static bool save_tile(struct dashboard_load *d, const struct tile_look *look, const char *content,
	int64_t content_id, struct fault *f)
{
	struct sql *q = sql_create();
	int64_t id = 0;

	sql_add(q, "WITH known AS (UPDATE dashboard_tiles SET layouts = ");
	sql_param_json(q, look->layouts);
	sql_add(q, ", color = ");
	sql_param_text(q, look->color);
	sql_add(q, ", show_description = ");
	sql_param_bool(q, look->show_description);
	sql_add(q, ", transparent_background = ");
	sql_param_bool(q, look->transparent);
	sql_add(q, ", filters_overrides = ");
	sql_param_json(q, look->filters_overrides);
	sql_add(q, ", deleted = ");
	sql_param_bool(q, look->deleted);
	sql_add(q, " WHERE dashboard_id = ");
	sql_param_int(q, d->id);
	sql_addf(q, " AND %s = ", content);
	sql_param_int(q, content_id);
	sql_addf(q,
		" RETURNING id), made AS (INSERT INTO dashboard_tiles (dashboard_id, %s, layouts,"
		" color, show_description, transparent_background, filters_overrides, deleted)"
		" SELECT ",
		content);
	sql_param_int(q, d->id);
	sql_add(q, ", ");
	sql_param_int(q, content_id);
	sql_add(q, ", ");
	sql_param_json(q, look->layouts);
	sql_add(q, ", ");
	sql_param_text(q, look->color);
	sql_add(q, ", ");
	sql_param_bool(q, look->show_description);
	sql_add(q, ", ");
	sql_param_bool(q, look->transparent);
	sql_add(q, ", ");
	sql_param_json(q, look->filters_overrides);
	sql_add(q, ", ");
	sql_param_bool(q, look->deleted);
	sql_add(q, " WHERE NOT EXISTS (SELECT FROM known) RETURNING id)"
		   " SELECT id FROM known UNION ALL SELECT id FROM made");
	if (!project_load_run(d->in, q, &id, f)) {
		return false;
	}
	g_array_append_val(d->kept, id);
	d->in->loaded->tiles++;
	return true;
}

static bool take_tile(void *arg, const json_t *tile, struct fault *f)
{
	struct dashboard_load *d = arg;
	struct tile_look look = {0};
	bool has_insight = json_truthy(json_object_get(tile, "insight"));
	bool has_text = json_truthy(json_object_get(tile, "text"));
	int64_t content_id = 0;
	bool ok;

	if (has_insight && has_text) {
		return shape_refuse(&d->in->shape, NULL, f, "holds both an insight and a text");
	}
	if (!has_insight && !has_text) {
		d->in->loaded->skipped++;
		return true;
	}
	ok = read_look(&d->in->shape, tile, &look, f);
	if (ok && has_insight) {
		ok = tile_insight(d->in, tile, &content_id, f) &&
		     save_tile(d, &look, "insight_id", content_id, f);
	} else if (ok) {
		ok = tile_text(d->in, tile, d->id, d->texts++, &content_id, f) &&
		     save_tile(d, &look, "text_tile_id", content_id, f);
	}
	g_free(look.layouts);
	g_free(look.filters_overrides);
	return ok;
}

/* Tiles that the file does not have any more go, with their texts. */
static bool drop_other_tiles(struct dashboard_load *d, struct fault *f)
{
	g_autoptr(GString) kept = g_string_new("{");
	struct sql *q = sql_create();

	for (guint i = 0; i < d->kept->len; i++) {
		g_string_append_printf(
			kept, "%s%" PRId64, i > 0 ? "," : "", g_array_index(d->kept, int64_t, i));
	}
	g_string_append_c(kept, '}');
	sql_add(q, "WITH gone AS (DELETE FROM dashboard_tiles WHERE dashboard_id = ");
	sql_param_int(q, d->id);
	sql_add(q, " AND id <> ALL (");
	sql_param_as(q, kept->str, "bigint[]");
	sql_add(q, ") RETURNING text_tile_id)"
		   " DELETE FROM text_tiles WHERE id IN (SELECT text_tile_id FROM gone)");
	return project_load_run(d->in, q, NULL, f);
}

static bool save_dashboard(
	struct project_load *l, const json_t *o, int64_t *dashboard_id, struct fault *f)
{
	g_autofree char *filters = project_load_json(o, "filters");
	g_autofree char *variables = project_load_json(o, "variables");
	g_autofree char *colors = project_load_json(o, "breakdown_colors");
	const char *name, *description;
	const json_t *unused;
	int64_t id;
	bool pinned, deleted;
	struct sql *q;

	if (!shape_need_text(&l->shape, o, "name", NAME_CHARACTERS, &name, f) ||
		!shape_text(&l->shape, o, "description", DESCRIPTION_CHARACTERS, &description, f) ||
		!shape_int(&l->shape, o, "id", 1, INT64_MAX, 0, &id, f) ||
		!shape_flag(&l->shape, o, "pinned", false, &pinned, f) ||
		!shape_flag(&l->shape, o, "deleted", false, &deleted, f) ||
		!shape_object(&l->shape, o, "filters", &unused, f)) {
		return false;
	}
	if (id) {
		if (!project_load_check_id(l, "dashboards", id, NULL, f)) {
			return false;
		}
	} else {
		q = sql_create();
		sql_add(q, "SELECT id FROM dashboards WHERE project_id = ");
		sql_param_int(q, l->project_id);
		sql_add(q, " AND name = ");
		sql_param_text(q, name);
		sql_add(q, " ORDER BY id LIMIT 1");
		if (!project_load_run(l, q, &id, f)) {
			return false;
		}
	}
	q = sql_create();
	sql_add(q, "INSERT INTO dashboards (id, project_id, name, description, pinned, filters,"
		   " variables, breakdown_colors, deleted) VALUES (");
	if (id) {
		sql_param_int(q, id);
	} else {
		sql_add(q, "DEFAULT");
	}
	sql_add(q, ", ");
	sql_param_int(q, l->project_id);
	sql_add(q, ", ");
	sql_param_text(q, name);
	sql_add(q, ", ");
	sql_param_text(q, description);
	sql_add(q, ", ");
	sql_param_bool(q, pinned);
	sql_add(q, ", ");
	sql_param_json(q, filters);
	sql_add(q, ", ");
	sql_param_json(q, variables);
	sql_add(q, ", ");
	sql_param_json(q, colors);
	sql_add(q, ", ");
	sql_param_bool(q, deleted);
	sql_add(q, ") ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
		   " description = excluded.description, pinned = excluded.pinned,"
		   " filters = excluded.filters, variables = excluded.variables,"
		   " breakdown_colors = excluded.breakdown_colors, deleted = excluded.deleted"
		   " RETURNING id");
	l->loaded->dashboards++;
	return project_load_run(l, q, dashboard_id, f) && project_load_bump(l, "dashboards", f);
}

bool project_load_dashboard(struct project_load *l, const json_t *dashboard, struct fault *f)
{
	struct dashboard_load d = {.in = l};
	bool ok;

	if (!save_dashboard(l, dashboard, &d.id, f)) {
		return false;
	}
	d.kept = g_array_new(FALSE, FALSE, sizeof(int64_t));
	ok = shape_each(&l->shape, dashboard, "tiles", take_tile, &d, f) && drop_other_tiles(&d, f);
	g_array_free(d.kept, TRUE);
	return ok;
}
