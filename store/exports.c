#include "store/exports.h"

#include "lib/base/failpoint.h"
#include "store/statement.h"

#include <glib.h>
#include <string.h>

/* What an export row is read from, in this order. */
enum {
	ID,
	PROJECT_ID,
	CREATED_BY,
	DASHBOARD_ID,
	INSIGHT_ID,
	FORMAT,
	CONTEXT,
	DASHBOARD_NAME,
	INSIGHT_NAME,
	CREATED_AT_US,
	EXPIRES_AFTER_US,
	STATE,
	EXCEPTION,
	CONTENT_STORE,
	CONTENT_LOCATION,
	CONTENT_SHA256,
	CONTENT_BYTES
};

static const char row_columns[] =
	"e.id, e.project_id, e.created_by, e.dashboard_id, e.insight_id, e.export_format, "
	"e.export_context::text, d.name AS dashboard_name, "
	"coalesce(nullif(i.name, ''), nullif(i.derived_name, '')) AS insight_name, "
	"(extract(epoch FROM e.created_at) * 1000000)::bigint AS created_at_us, "
	"(extract(epoch FROM e.expires_after) * 1000000)::bigint AS expires_after_us, "
	"e.state, e.exception, e.content_store, e.content_location, e.content_sha256, e.content_bytes";

static const char row_names[] = " LEFT JOIN dashboards d ON d.id = e.dashboard_id "
				"LEFT JOIN insights i ON i.id = e.insight_id ";

static void read_row(const struct rows *rows, size_t row, size_t from, struct export_row *out)
{
	*out = (struct export_row){
		.id = rows_int(rows, row, from + ID, 0),
		.project_id = rows_int(rows, row, from + PROJECT_ID, 0),
		.created_by = rows_int(rows, row, from + CREATED_BY, 0),
		.dashboard_id = rows_int(rows, row, from + DASHBOARD_ID, 0),
		.insight_id = rows_int(rows, row, from + INSIGHT_ID, 0),
		.format = rows_text(rows, row, from + FORMAT),
		.context = rows_text(rows, row, from + CONTEXT),
		.dashboard_name = rows_text(rows, row, from + DASHBOARD_NAME),
		.insight_name = rows_text(rows, row, from + INSIGHT_NAME),
		.created_at_us = rows_int(rows, row, from + CREATED_AT_US, 0),
		.expires_after_us = rows_int(rows, row, from + EXPIRES_AFTER_US, 0),
		.state = (enum export_state)rows_int(rows, row, from + STATE, 0),
		.exception = rows_text(rows, row, from + EXCEPTION),
		.content_store = rows_text(rows, row, from + CONTENT_STORE),
		.content_location = rows_text(rows, row, from + CONTENT_LOCATION),
		.content_sha256 = rows_text(rows, row, from + CONTENT_SHA256),
		.content_bytes = rows_int(rows, row, from + CONTENT_BYTES, 0),
	};
}

/* The texts lie behind the copy in the same piece of memory. */
struct export_row *export_row_copy(const struct export_row *row)
{
	const char *const from[] = {row->format, row->context, row->dashboard_name,
		row->insight_name, row->exception, row->content_store, row->content_location,
		row->content_sha256};
	struct export_row *copy;
	size_t lengths[G_N_ELEMENTS(from)], all = sizeof *copy;
	char *at;

	for (size_t i = 0; i < G_N_ELEMENTS(from); i++) {
		lengths[i] = from[i] ? strlen(from[i]) + 1 : 0;
		all += lengths[i];
	}
	copy = g_malloc(all);
	*copy = *row;
	at = (char *)(copy + 1);
	const char **const to[] = {&copy->format, &copy->context, &copy->dashboard_name,
		&copy->insight_name, &copy->exception, &copy->content_store,
		&copy->content_location, &copy->content_sha256};
	for (size_t i = 0; i < G_N_ELEMENTS(from); i++) {
		if (from[i]) {
			*to[i] = memcpy(at, from[i], lengths[i]);
			at += lengths[i];
		}
	}
	return copy;
}

void export_row_destroy(struct export_row *row)
{
	g_free(row);
}

struct asked_row {
	export_row_fn done;
	void *arg;
	int64_t id; /* 0: a row that is being made */
};

static void on_row(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked_row *a = arg;
	struct fault room;
	struct export_row row;

	if (!f && a->id == 0 && FAILPOINT("create.after")) {
		fault_set(&room, FAULT_UNAVAILABLE, "failpoint");
		f = &room;
	}
	if (f && f->kind == FAULT_INPUT) {
		/* The only constraints that a checked request can still meet are its references. */
		fault_set(&room, FAULT_INPUT, "What this export is of was deleted just now.");
		f = &room;
	}
	if (f) {
		a->done(a->arg, NULL, store_fault(f, &room));
	} else if (rows->row_count == 0) {
		fault_set(
			&room, FAULT_NOT_FOUND, "There is no export %" G_GINT64_FORMAT ".", a->id);
		a->done(a->arg, NULL, &room);
	} else {
		read_row(rows, 0, 0, &row);
		a->done(a->arg, &row, NULL);
	}
	g_free(a);
}

static struct asked_row *ask_row(int64_t id, export_row_fn done, void *arg)
{
	struct asked_row *a = g_new(struct asked_row, 1);

	*a = (struct asked_row){done, arg, id};
	return a;
}

void exports_create(struct store *s, const struct export_request *r, export_row_fn done, void *arg)
{
	struct sql *sql = sql_create();
	const char class[2] = {(char)r->class, '\0'};

	sql_add(sql,
		"WITH e AS (INSERT INTO exports (project_id, created_by, dashboard_id, insight_id, "
		"export_format, export_context, class, source_authentication, "
		"source_credential_id, dispatch_at, give_up_at, expires_after) VALUES (");
	sql_param_int(sql, r->project_id);
	sql_add(sql, ", ");
	sql_param_int_or_null(sql, r->created_by);
	sql_add(sql, ", ");
	sql_param_int_or_null(sql, r->dashboard_id);
	sql_add(sql, ", ");
	sql_param_int_or_null(sql, r->insight_id);
	sql_add(sql, ", ");
	sql_param_text(sql, r->format);
	sql_add(sql, ", ");
	sql_param_json(sql, r->context);
	sql_add(sql, ", ");
	sql_param_as(sql, class, "\"char\"");
	sql_add(sql, ", ");
	sql_param_text(sql, r->source_authentication);
	sql_add(sql, ", ");
	sql_param_int_or_null(sql, r->source_credential_id);
	sql_add(sql, ", now() + interval '2 seconds', now() + interval '1 millisecond' * ");
	sql_param_int(sql, r->give_up_ms);
	sql_add(sql, ", ");
	sql_param_time_us_or_null(sql, r->expires_after_us);
	sql_addf(sql, ") RETURNING *) SELECT %s FROM e%s", row_columns, row_names);
	store_ask(s, sql, on_row, ask_row(0, done, arg));
}

/* A row that a reader may see.  State 5 has expired whatever its time says. */
static void add_visible(struct sql *sql, int64_t project_id, int64_t user_id)
{
	sql_add(sql, "e.project_id = ");
	sql_param_int(sql, project_id);
	sql_add(sql, " AND e.created_by = ");
	sql_param_int(sql, user_id);
	sql_add(sql, " AND e.state <> 5 AND (e.expires_after IS NULL OR e.expires_after >= now())");
}

void exports_read(struct store *s, int64_t project_id, int64_t user_id, int64_t id,
	export_row_fn done, void *arg)
{
	struct sql *sql = sql_create();

	sql_addf(sql, "SELECT %s FROM exports e%sWHERE e.id = ", row_columns, row_names);
	sql_param_int(sql, id);
	sql_add(sql, " AND ");
	add_visible(sql, project_id, user_id);
	store_ask(s, sql, on_row, ask_row(id, done, arg));
}

/* A text of the requester's as a piece of a LIKE pattern that means itself. */
static char *like_anywhere(const char *text)
{
	GString *pattern = g_string_new("%");

	for (; *text; text++) {
		if (*text == '%' || *text == '_' || *text == '\\') {
			g_string_append_c(pattern, '\\');
		}
		g_string_append_c(pattern, *text);
	}
	g_string_append_c(pattern, '%');
	return g_string_free(pattern, FALSE);
}

static void add_filter(struct sql *sql, const struct export_filter *f)
{
	add_visible(sql, f->project_id, f->user_id);
	if (f->format) {
		sql_add(sql, " AND e.export_format = ");
		sql_param_text(sql, f->format);
	}
	if (f->session_recording_id) {
		sql_add(sql, " AND e.export_context ->> 'session_recording_id' = ");
		sql_param_text(sql, f->session_recording_id);
	}
	if (f->context_path) {
		g_autofree char *pattern = like_anywhere(f->context_path);

		sql_add(sql, " AND e.export_context ->> 'path' ILIKE ");
		sql_param_text(sql, pattern);
	}
}

struct asked_rows {
	export_rows_fn done;
	void *arg;
};

/* The total comes first; its row has nulls behind it when the page is empty. */
static void on_rows(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked_rows *a = arg;
	struct fault room;

	if (f) {
		a->done(a->arg, NULL, 0, 0, store_fault(f, &room));
	} else {
		size_t count = rows_text(rows, 0, 1 + ID) ? rows->row_count : 0;
		g_autofree struct export_row *list = g_new(struct export_row, count);

		for (size_t i = 0; i < count; i++) {
			read_row(rows, i, 1, &list[i]);
		}
		a->done(a->arg, list, count, rows_int(rows, 0, 0, 0), NULL);
	}
	g_free(a);
}

void exports_list(
	struct store *s, const struct export_filter *filter, export_rows_fn done, void *arg)
{
	struct asked_rows *a = g_new(struct asked_rows, 1);
	struct sql *sql = sql_create();

	*a = (struct asked_rows){done, arg};
	sql_add(sql, "SELECT total.count, page.* FROM (SELECT count(*) FROM exports e WHERE ");
	add_filter(sql, filter);
	sql_addf(
		sql, ") total LEFT JOIN (SELECT %s FROM exports e%sWHERE ", row_columns, row_names);
	add_filter(sql, filter);
	sql_add(sql, " ORDER BY e.created_at DESC, e.id DESC LIMIT ");
	sql_param_int(sql, MAX(filter->limit, 0));
	sql_add(sql, " OFFSET ");
	sql_param_int(sql, MAX(filter->offset, 0));
	sql_add(sql, ") page ON true ORDER BY page.created_at_us DESC, page.id DESC");
	store_ask(s, sql, on_rows, a);
}

struct asked_ids {
	export_ids_fn done;
	void *arg;
};

static void on_ids(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked_ids *a = arg;
	struct fault room;

	if (f) {
		a->done(a->arg, NULL, 0, store_fault(f, &room));
	} else {
		g_autofree int64_t *ids = g_new(int64_t, rows->row_count);

		for (size_t i = 0; i < rows->row_count; i++) {
			ids[i] = rows_int(rows, i, 0, 0);
		}
		a->done(a->arg, ids, rows->row_count, NULL);
	}
	g_free(a);
}

void exports_ended(struct store *s, const int64_t *ids, size_t count, export_ids_fn done, void *arg)
{
	struct asked_ids *a = g_new(struct asked_ids, 1);
	struct sql *sql = sql_create();
	g_autofree char *list = store_ids_text(ids, count);

	*a = (struct asked_ids){done, arg};
	sql_add(sql, "SELECT id FROM exports WHERE id = ANY (");
	sql_param_as(sql, list, "bigint[]");
	sql_add(sql, ") AND state IN (2, 3, 4, 5)");
	store_ask(s, sql, on_ids, a);
}
