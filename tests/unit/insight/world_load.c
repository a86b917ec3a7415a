#include "tests/unit/insight/world_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>

/* One cell of COPY's text format; the first of a row is its project. */
static void add_cell(GString *s, const char *text)
{
	g_string_append_c(s, '\t');
	for (; *text; text++) {
		switch (*text) {
		case '\\':
			g_string_append(s, "\\\\");
			break;
		case '\t':
			g_string_append(s, "\\t");
			break;
		case '\n':
			g_string_append(s, "\\n");
			break;
		case '\r':
			g_string_append(s, "\\r");
			break;
		default:
			g_string_append_c(s, *text);
		}
	}
}

static void add_time(GString *s, int64_t us)
{
	g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
	g_autofree char *text = g_date_time_format(at, "%Y-%m-%d %H:%M:%S");

	g_string_append_printf(s, "\t%s.%06dZ", text, (int)(us % G_USEC_PER_SEC));
}

static void add_json(GString *s, const json_t *value)
{
	g_autofree char *text = json_write(value);

	add_cell(s, text);
}

static void begin_row(GString *s, const struct world *w)
{
	g_string_append_printf(s, "%" PRId64, w->project_id);
}

static void add_project(GString *s, const struct world *w)
{
	begin_row(s, w);
	add_cell(s, "world");
	add_cell(s, w->timezone);
	g_string_append_printf(s, "\t%d\n", w->week_start_day);
}

static void add_events(GString *s, const struct world *w)
{
	for (guint i = 0; i < w->event_count; i++) {
		const struct world_event *e = &w->events[i];

		begin_row(s, w);
		add_cell(s, e->uuid);
		add_cell(s, e->name);
		add_cell(s, e->distinct_id);
		add_cell(s, e->person);
		add_time(s, e->us);
		add_json(s, e->properties);
		for (int j = 0; j < WORLD_GROUP_TYPES; j++) {
			add_cell(s, e->groups[j]);
		}
		g_string_append_c(s, '\n');
	}
}

static void add_persons(GString *s, const struct world *w)
{
	for (guint i = 0; i < w->person_count; i++) {
		begin_row(s, w);
		add_cell(s, w->persons[i].id);
		add_time(s, w->persons[i].created_us);
		add_json(s, w->persons[i].properties);
		g_string_append_c(s, '\n');
	}
}

static void add_distinct_ids(GString *s, const struct world *w)
{
	for (guint i = 0; i < w->distinct_id_count; i++) {
		begin_row(s, w);
		add_cell(s, w->distinct_ids[i].text);
		add_cell(s, w->distinct_ids[i].person);
		g_string_append_c(s, '\n');
	}
}

static void add_group_types(GString *s, const struct world *w)
{
	for (size_t i = 0; i < G_N_ELEMENTS(world_group_types); i++) {
		begin_row(s, w);
		g_string_append_printf(s, "\t%zu", i);
		add_cell(s, world_group_types[i]);
		g_string_append_c(s, '\n');
	}
}

static void add_groups(GString *s, const struct world *w)
{
	for (guint i = 0; i < w->group_count; i++) {
		begin_row(s, w);
		g_string_append_printf(s, "\t%d", w->groups[i].index);
		add_cell(s, w->groups[i].key);
		add_time(s, w->groups[i].created_us);
		add_json(s, w->groups[i].properties);
		g_string_append_c(s, '\n');
	}
}

static const struct {
	const char *table, *columns;
	void (*add)(GString *s, const struct world *w);
} tables[] = {
	{"events",
		"project_id, uuid, event, distinct_id, person_id, \"timestamp\", properties,"
		" group_0, group_1, group_2, group_3, group_4",
		add_events},
	{"persons", "project_id, id, created_at, properties", add_persons},
	{"person_distinct_ids", "project_id, distinct_id, person_id", add_distinct_ids},
	{"group_types", "project_id, group_type_index, group_type", add_group_types},
	{"groups", "project_id, group_type_index, group_key, created_at, properties", add_groups},
};

static void copy(struct computed *c, const char *table, const char *columns, const GString *rows)
{
	g_autofree char *sql = g_strdup_printf("COPY %s (%s) FROM STDIN", table, columns);
	struct fault f;

	if (!pg_wait_copy_begin(c->wait, sql, &f) ||
		!pg_wait_copy_add(c->wait, rows->str, rows->len, &f) ||
		!pg_wait_copy_end(c->wait, &f)) {
		fail_msg("%s: %s", table, f.detail);
	}
}

/* The organization is looked up, for COPY takes only what it is told. */
static void load_projects(struct computed *c, const GPtrArray *worlds)
{
	g_autoptr(GString) rows = g_string_new(NULL);

	for (guint i = 0; i < worlds->len; i++) {
		add_project(rows, worlds->pdata[i]);
	}
	computed_run(c,
		"CREATE TEMPORARY TABLE made (id bigint, name text, timezone text, start smallint)");
	copy(c, "made", "id, name, timezone, start", rows);
	computed_run(c, "INSERT INTO projects (id, organization_id, name, timezone, week_start_day)"
			" SELECT made.id, organizations.id, made.name, made.timezone, made.start"
			" FROM made, organizations; DROP TABLE made");
}

void worlds_load(struct computed *c, const GPtrArray *worlds)
{
	load_projects(c, worlds);
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autoptr(GString) rows = g_string_new(NULL);

		for (guint j = 0; j < worlds->len; j++) {
			tables[i].add(rows, worlds->pdata[j]);
		}
		copy(c, tables[i].table, tables[i].columns, rows);
	}
	computed_run(c, "ANALYZE");
}
