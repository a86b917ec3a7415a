#include "ctl/event_row.h"
#include "ctl/load.h"

#include <inttypes.h>

enum { COPY_BYTES = 256 * 1024 };

struct events_load {
	struct pg_wait *pg;
	int64_t project_id;
	struct event_columns columns;
	bool has_header;
	GString *copy;
	int64_t rows;
};

static bool flush(struct events_load *l, struct fault *f)
{
	bool ok = pg_wait_copy_add(l->pg, l->copy->str, l->copy->len, f);

	g_string_truncate(l->copy, 0);
	return ok;
}

static bool take_row(void *arg, const struct table_row *row, struct fault *f)
{
	struct events_load *l = arg;

	if (!l->has_header) {
		l->has_header = true;
		return event_columns_read(&l->columns, l->project_id, row, f);
	}
	l->rows++;
	return event_row_write(&l->columns, row, l->copy, f) &&
	       (l->copy->len < COPY_BYTES || flush(l, f));
}

static bool run(struct pg_wait *pg, struct sql *s, int64_t *affected, struct fault *f)
{
	const struct rows *rows;

	if (!pg_wait_query(pg, s, &rows, f)) {
		return false;
	}
	if (affected) {
		*affected = rows->affected;
	}
	return true;
}

static bool find_project(struct events_load *l, struct fault *f)
{
	struct sql *s = sql_create();
	const struct rows *rows;

	sql_add(s, "SELECT FROM projects WHERE id = ");
	sql_param_int(s, l->project_id);
	sql_add(s, " FOR KEY SHARE");
	if (!pg_wait_query(l->pg, s, &rows, f)) {
		return false;
	}
	if (rows->row_count == 0) {
		return fault_set(f, FAULT_NOT_FOUND,
			"there is no project %" PRId64 "; load its definitions first",
			l->project_id);
	}
	return true;
}

/* Rows go to a table of this transaction first, for COPY itself knows no conflicts. */
static bool copy_file(struct events_load *l, const char *path, struct fault *f)
{
	g_autofree char *columns = event_row_table_sql();
	g_autofree char *create =
		g_strdup_printf("CREATE TEMPORARY TABLE loading (%s) ON COMMIT DROP", columns);

	if (!pg_wait_script(l->pg, create, f) ||
		!pg_wait_copy_begin(l->pg, "COPY loading FROM STDIN", f) ||
		!table_file_read(path, take_row, l, f)) {
		return false;
	}
	if (!l->has_header) {
		return fault_set(f, FAULT_INPUT, "%s: is empty, not even a header", path);
	}
	return flush(l, f) && pg_wait_copy_end(l->pg, f) &&
	       pg_wait_script(l->pg, "ANALYZE loading", f);
}

/* A distinct id that is known already keeps its person. */
static bool add_persons(struct events_load *l, int64_t *persons, struct fault *f)
{
	struct sql *s = sql_create();

	sql_add(s, "INSERT INTO persons (project_id, id, created_at) SELECT ");
	sql_param_int(s, l->project_id);
	sql_add(s, ", l.person_id, min(l.\"timestamp\") FROM loading l"
		   " LEFT JOIN person_distinct_ids d ON d.project_id = ");
	sql_param_int(s, l->project_id);
	sql_add(s, " AND d.distinct_id = l.distinct_id WHERE d.person_id IS NULL"
		   " GROUP BY l.person_id ORDER BY l.person_id ON CONFLICT DO NOTHING");
	if (!run(l->pg, s, persons, f)) {
		return false;
	}
	s = sql_create();
	sql_add(s, "INSERT INTO person_distinct_ids (project_id, distinct_id, person_id)"
		   " SELECT DISTINCT ");
	sql_param_int(s, l->project_id);
	sql_add(s, ", distinct_id, person_id FROM loading ORDER BY distinct_id"
		   " ON CONFLICT DO NOTHING");
	return run(l->pg, s, NULL, f);
}

static bool add_events(struct events_load *l, int64_t *events, struct fault *f)
{
	struct sql *s = sql_create();

	sql_add(s, "INSERT INTO events (project_id, uuid, event, distinct_id, person_id,"
		   " \"timestamp\", properties, group_0, group_1, group_2, group_3, group_4)"
		   " SELECT d.project_id, l.uuid, l.event, l.distinct_id, d.person_id,"
		   " l.\"timestamp\", l.properties, l.group_0, l.group_1, l.group_2, l.group_3,"
		   " l.group_4 FROM loading l JOIN person_distinct_ids d ON d.project_id = ");
	sql_param_int(s, l->project_id);
	sql_add(s, " AND d.distinct_id = l.distinct_id ORDER BY l.\"timestamp\", l.uuid"
		   " ON CONFLICT DO NOTHING");
	return run(l->pg, s, events, f);
}

bool load_events(struct pg_wait *pg, int64_t project_id, const char *path,
	struct events_loaded *loaded, struct fault *f)
{
	struct events_load l = {.pg = pg, .project_id = project_id, .copy = g_string_new(NULL)};
	bool ok;

	ok = pg_wait_script(pg, "BEGIN", f) && find_project(&l, f) && copy_file(&l, path, f) &&
	     add_persons(&l, &loaded->persons, f) && add_events(&l, &loaded->events, f) &&
	     pg_wait_script(pg, "COMMIT", f) &&
	     pg_wait_script(pg, "ANALYZE events, persons, person_distinct_ids", f);
	loaded->rows = l.rows;
	g_string_free(l.copy, TRUE);
	return ok;
}
