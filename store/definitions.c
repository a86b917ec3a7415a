#include "store/definitions.h"

#include "store/statement.h"

#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>

/* A dashboard is loaded whole, so it has a budget: tiles, and bytes of JSON over all of them. */
enum { TILES_MOST = 500, DASHBOARD_JSON_MOST = 64 << 20 };
enum { SHORT_ID_SHOWN = 40 };

/* Reads one JSON cell; null and SQL null are both NULL.  `what` and its id go into the fault. */
static bool read_json(const struct rows *rows, size_t row, size_t column, const char *what,
	const char *name, json_t **out, struct fault *f)
{
	const char *text = rows_text(rows, row, column);
	size_t length;

	*out = NULL;
	if (!text) {
		return true;
	}
	length = (size_t)rows->lengths[row * rows->column_count + column];
	if (!json_read(text, length, &json_stored_limits, out, f)) {
		/* What is stored was not sent with this request. */
		f->kind = f->kind == FAULT_TOO_LARGE ? FAULT_TOO_LARGE : FAULT_CORRUPT;
		return fault_wrap(f, "%s: %s: ", what, name);
	}
	if (json_is_null(*out)) {
		json_decref(*out);
		*out = NULL;
	}
	return true;
}

struct asked {
	union {
		project_fn project;
		definition_where_fn where;
		insight_row_fn insight;
		dashboard_row_fn dashboard;
	} done;
	void *arg;
	int64_t id;
	char *short_id; /* or NULL */
};

static struct asked *ask(int64_t id, void *arg)
{
	struct asked *a = g_new0(struct asked, 1);

	a->id = id;
	a->arg = arg;
	return a;
}

static void on_project(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked *a = arg;
	struct project_row p = {0};
	struct fault fault = {0};

	if (f) {
		a->done.project(a->arg, NULL, store_fault(f, &fault));
		g_free(a);
		return;
	}
	if (rows->row_count == 0) {
		fault_set(&fault, FAULT_NOT_FOUND, "There is no project %" PRId64 ".", a->id);
	} else if (read_json(rows, 0, 5, "project", "data_colors", &p.data_colors, &fault) &&
		   read_json(rows, 0, 6, "project", "test_account_filters", &p.test_account_filters,
			   &fault)) {
		p.id = rows_int(rows, 0, 0, 0);
		p.name = rows_text(rows, 0, 1);
		p.timezone = rows_text(rows, 0, 2);
		p.week_start_day = (int)rows_int(rows, 0, 3, 0);
		p.organization_id = rows_text(rows, 0, 4);
	}
	a->done.project(a->arg, fault.kind ? NULL : &p, fault.kind ? &fault : NULL);
	json_decref(p.data_colors);
	json_decref(p.test_account_filters);
	g_free(a);
}

void definitions_project(struct store *s, int64_t id, project_fn done, void *arg)
{
	struct asked *a = ask(id, arg);
	struct sql *sql = sql_create();

	a->done.project = done;
	sql_add(sql, "SELECT id, name, timezone, week_start_day, organization_id, data_colors, "
		     "test_account_filters FROM projects WHERE id = ");
	sql_param_int(sql, id);
	store_ask(s, sql, on_project, a);
}

static void on_where(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked *a = arg;
	struct fault room;

	a->done.where(a->arg, f || rows->row_count == 0 ? 0 : rows_int(rows, 0, 0, 0),
		store_fault(f, &room));
	g_free(a);
}

void definitions_where(
	struct store *s, enum definition_kind kind, int64_t id, definition_where_fn done, void *arg)
{
	struct asked *a = ask(id, arg);
	struct sql *sql = sql_create();

	a->done.where = done;
	switch (kind) {
	case DEFINITION_DASHBOARD:
		sql_add(sql, "SELECT project_id FROM dashboards WHERE NOT deleted AND id = ");
		break;
	case DEFINITION_INSIGHT:
		sql_add(sql, "SELECT project_id FROM insights WHERE NOT deleted AND id = ");
		break;
	}
	sql_param_int(sql, id);
	store_ask(s, sql, on_where, a);
}

static const char insight_columns[] =
	"i.id, i.short_id, i.name, i.derived_name, i.description, i.query, i.result";

static bool read_insight(
	const struct rows *rows, size_t row, size_t from, struct insight_row *out, struct fault *f)
{
	char what[40];

	*out = (struct insight_row){
		.id = rows_int(rows, row, from, 0),
		.short_id = rows_text(rows, row, from + 1),
		.name = rows_text(rows, row, from + 2),
		.derived_name = rows_text(rows, row, from + 3),
		.description = rows_text(rows, row, from + 4),
	};
	(void)g_snprintf(what, sizeof what, "insight %" PRId64, out->id);
	return read_json(rows, row, from + 5, what, "query", &out->query, f) &&
	       read_json(rows, row, from + 6, what, "result", &out->result, f);
}

static void finish_insight(struct insight_row *i)
{
	json_decref(i->query);
	json_decref(i->result);
}

static void on_insight(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked *a = arg;
	struct insight_row i = {0};
	struct fault fault = {0};

	if (f) {
		(void)fault_pass(&fault, store_fault(f, &fault));
	} else if (rows->row_count > 0) {
		(void)read_insight(rows, 0, 0, &i, &fault);
	} else if (a->short_id) {
		fault_set(&fault, FAULT_NOT_FOUND, "There is no insight '%.*s'.", SHORT_ID_SHOWN,
			a->short_id);
	} else {
		fault_set(&fault, FAULT_NOT_FOUND, "There is no insight %" PRId64 ".", a->id);
	}
	a->done.insight(a->arg, fault.kind ? NULL : &i, fault.kind ? &fault : NULL);
	finish_insight(&i);
	g_free(a->short_id);
	g_free(a);
}

void definitions_insight(
	struct store *s, int64_t project_id, int64_t id, insight_row_fn done, void *arg)
{
	struct asked *a = ask(id, arg);
	struct sql *sql = sql_create();

	a->done.insight = done;
	sql_addf(sql, "SELECT %s FROM insights i WHERE NOT i.deleted AND i.project_id = ",
		insight_columns);
	sql_param_int(sql, project_id);
	sql_add(sql, " AND i.id = ");
	sql_param_int(sql, id);
	store_ask(s, sql, on_insight, a);
}

void definitions_insight_short(
	struct store *s, int64_t project_id, const char *short_id, insight_row_fn done, void *arg)
{
	struct asked *a = ask(0, arg);
	struct sql *sql = sql_create();

	a->done.insight = done;
	a->short_id = g_strdup(short_id);
	sql_addf(sql, "SELECT %s FROM insights i WHERE NOT i.deleted AND i.project_id = ",
		insight_columns);
	sql_param_int(sql, project_id);
	sql_add(sql, " AND i.short_id = ");
	sql_param_text(sql, short_id);
	store_ask(s, sql, on_insight, a);
}

/* A tile with what it owns while it is being put in order. */
struct placed {
	struct tile_row tile;
	struct insight_row insight;
	double x, y;
};

enum {
	D_NAME,
	D_DESCRIPTION,
	D_FILTERS,
	D_VARIABLES,
	D_COLORS,
	D_BYTES,
	T_ID,
	T_TEXT,
	T_LAYOUTS,
	T_OVERRIDES,
	T_COLOR,
	T_DESCRIBED,
	T_TRANSPARENT,
	T_INSIGHT
};

/* Where the sm layout puts it; what has no place there comes last. */
static double coordinate(const json_t *layouts, const char *key)
{
	const json_t *place = json_get_object(layouts, "sm");
	const json_t *value = json_object_get(place, key);

	return json_is_number(value) ? json_number_value(value) : 100;
}

static bool read_tile(const struct rows *rows, size_t row, struct placed *out, struct fault *f)
{
	struct tile_row *t = &out->tile;
	char what[40];

	t->id = rows_int(rows, row, T_ID, 0);
	t->text = rows_text(rows, row, T_TEXT);
	t->color = rows_text(rows, row, T_COLOR);
	t->show_description = rows_bool(rows, row, T_DESCRIBED);
	t->transparent_background = rows_bool(rows, row, T_TRANSPARENT);
	(void)g_snprintf(what, sizeof what, "tile %" PRId64, t->id);
	if (!read_json(rows, row, T_LAYOUTS, what, "layouts", &t->layouts, f) ||
		!read_json(rows, row, T_OVERRIDES, what, "filters_overrides", &t->filters_overrides,
			f)) {
		return false;
	}
	out->x = coordinate(t->layouts, "x");
	out->y = coordinate(t->layouts, "y");
	return t->text || read_insight(rows, row, T_INSIGHT, &out->insight, f);
}

static int compare_places(const void *left, const void *right)
{
	const struct placed *a = left, *b = right;

	if (a->y < b->y || a->y > b->y) {
		return a->y < b->y ? -1 : 1;
	}
	if (a->x < b->x || a->x > b->x) {
		return a->x < b->x ? -1 : 1;
	}
	return (a->tile.id > b->tile.id) - (a->tile.id < b->tile.id);
}

/* A dashboard without tiles is one row whose tile is null. */
static size_t count_tiles(const struct rows *rows)
{
	return rows_text(rows, 0, T_ID) ? rows->row_count : 0;
}

static bool read_dashboard(const struct rows *rows, struct dashboard_row *d, struct placed *placed,
	struct tile_row *tiles, struct fault *f)
{
	if (count_tiles(rows) > TILES_MOST) {
		return fault_set(
			f, FAULT_TOO_LARGE, "The dashboard has more than %d tiles.", TILES_MOST);
	}
	if (rows_int(rows, 0, D_BYTES, 0) > DASHBOARD_JSON_MOST) {
		return fault_set(f, FAULT_TOO_LARGE,
			"The dashboard's stored results are larger than %d bytes.",
			DASHBOARD_JSON_MOST);
	}
	d->name = rows_text(rows, 0, D_NAME);
	d->description = rows_text(rows, 0, D_DESCRIPTION);
	if (!read_json(rows, 0, D_FILTERS, "dashboard", "filters", &d->filters, f) ||
		!read_json(rows, 0, D_VARIABLES, "dashboard", "variables", &d->variables, f) ||
		!read_json(rows, 0, D_COLORS, "dashboard", "breakdown_colors", &d->breakdown_colors,
			f)) {
		return false;
	}
	d->tile_count = count_tiles(rows);
	for (size_t i = 0; i < d->tile_count; i++) {
		if (!read_tile(rows, i, &placed[i], f)) {
			return false;
		}
	}
	qsort(placed, d->tile_count, sizeof *placed, compare_places);
	for (size_t i = 0; i < d->tile_count; i++) {
		tiles[i] = placed[i].tile;
		tiles[i].insight = tiles[i].text ? NULL : &placed[i].insight;
	}
	d->tiles = tiles;
	return true;
}

static void on_dashboard(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked *a = arg;
	struct dashboard_row d = {.id = a->id};
	struct placed *placed;
	struct tile_row *tiles;
	struct fault fault = {0};

	if (f) {
		a->done.dashboard(a->arg, NULL, store_fault(f, &fault));
		g_free(a);
		return;
	}
	placed = g_new0(struct placed, rows->row_count);
	tiles = g_new0(struct tile_row, rows->row_count);
	if (rows->row_count == 0) {
		fault_set(&fault, FAULT_NOT_FOUND, "There is no dashboard %" PRId64 ".", a->id);
	} else {
		(void)read_dashboard(rows, &d, placed, tiles, &fault);
	}
	a->done.dashboard(a->arg, fault.kind ? NULL : &d, fault.kind ? &fault : NULL);
	for (size_t i = 0; i < rows->row_count; i++) {
		json_decref(placed[i].tile.layouts);
		json_decref(placed[i].tile.filters_overrides);
		finish_insight(&placed[i].insight);
	}
	json_decref(d.filters);
	json_decref(d.variables);
	json_decref(d.breakdown_colors);
	g_free(placed);
	g_free(tiles);
	g_free(a);
}

/* One statement: the dashboard's own columns stand beside each of its tiles.  A result that would
 * pass the budget stays where it is; only its size comes. */
void definitions_dashboard(
	struct store *s, int64_t project_id, int64_t id, dashboard_row_fn done, void *arg)
{
	struct asked *a = ask(id, arg);
	struct sql *sql = sql_create();

	a->done.dashboard = done;
	sql_addf(sql,
		"SELECT d.name, d.description, d.filters, d.variables, d.breakdown_colors, "
		"sum(octet_length(i.result::text)) OVER () AS bytes, t.id, x.body, t.layouts, "
		"t.filters_overrides, t.color, t.show_description, t.transparent_background, "
		"i.id, i.short_id, i.name, i.derived_name, i.description, i.query, "
		"CASE WHEN sum(octet_length(i.result::text)) OVER () <= %d THEN i.result END "
		"FROM dashboards d LEFT JOIN (dashboard_tiles t "
		"LEFT JOIN insights i ON i.id = t.insight_id "
		"LEFT JOIN text_tiles x ON x.id = t.text_tile_id) "
		"ON t.dashboard_id = d.id AND NOT t.deleted AND (x.project_id = d.project_id "
		"OR (i.project_id = d.project_id AND NOT i.deleted)) "
		"WHERE NOT d.deleted AND d.project_id = ",
		DASHBOARD_JSON_MOST);
	sql_param_int(sql, project_id);
	sql_add(sql, " AND d.id = ");
	sql_param_int(sql, id);
	sql_addf(sql, " LIMIT %d", TILES_MOST + 1);
	store_ask(s, sql, on_dashboard, a);
}
