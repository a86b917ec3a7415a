#include "lib/pg/pg_wait.h"

#include "lib/pg/pg_fault.h"
#include "lib/pg/pg_rows.h"

#include <glib.h>
#include <string.h>

struct pg_wait {
	PGconn *pg;
	struct pg_rows *rows; /* of the last query */
};

static void drop_notice(void *arg, const PGresult *notice)
{
	(void)arg;
	(void)notice;
}

bool pg_wait_open(const char *url, struct pg_wait **out, struct fault *f)
{
	/* A later keyword wins over the same one in the expanded dbname, and an earlier one yields:
	 * the url may set its own connect_timeout. */
	static const char *const keywords[] = {
		"connect_timeout", "dbname", "client_encoding", "application_name", NULL};
	const char *values[] = {"10", url, "UTF8", "platen", NULL};
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &message);
	struct pg_wait *w;

	PQfreemem(message);
	if (!options) {
		return fault_set(
			f, FAULT_INPUT, "database_url is no conninfo or URI that libpq reads");
	}
	PQconninfoFree(options);
	w = g_new0(struct pg_wait, 1);
	w->pg = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(w->pg) != CONNECTION_OK) {
		pg_fault_connection(f, w->pg);
		pg_wait_close(w);
		return false;
	}
	(void)PQsetNoticeReceiver(w->pg, drop_notice, NULL);
	*out = w;
	return pg_wait_script(w, "SET timezone TO 'UTC'; SET datestyle TO ISO", f);
}

void pg_wait_close(struct pg_wait *w)
{
	if (w) {
		pg_rows_destroy(w->rows);
		PQfinish(w->pg);
		g_free(w);
	}
}

/* The state of a result that is an error, or of the connection when there is none. */
static bool fail(struct pg_wait *w, const PGresult *r, struct fault *f)
{
	if (PQstatus(w->pg) == CONNECTION_BAD) {
		return pg_fault_connection(f, w->pg);
	}
	return pg_fault_result(f, r);
}

static bool is_well(const PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
	       status == PGRES_EMPTY_QUERY;
}

bool pg_wait_script(struct pg_wait *w, const char *sql, struct fault *f)
{
	PGresult *r = PQexec(w->pg, sql);
	bool well = is_well(r) || fail(w, r, f);

	PQclear(r);
	return well;
}

bool pg_wait_query(
	struct pg_wait *w, struct sql *statement, const struct rows **rows, struct fault *f)
{
	PGresult *r = PQexecParams(w->pg, sql_text(statement), sql_param_count(statement), NULL,
		sql_param_values(statement), sql_param_lengths(statement),
		sql_param_formats(statement), 0);

	sql_destroy(statement);
	pg_rows_destroy(w->rows);
	w->rows = NULL;
	if (!is_well(r)) {
		fail(w, r, f);
		PQclear(r);
		return false;
	}
	w->rows = pg_rows_of(r);
	if (rows) {
		*rows = &w->rows->rows;
	}
	return true;
}

bool pg_wait_copy_begin(struct pg_wait *w, const char *copy_sql, struct fault *f)
{
	PGresult *r = PQexec(w->pg, copy_sql);
	bool well = PQresultStatus(r) == PGRES_COPY_IN;

	if (!well && is_well(r)) {
		fault_set(f, FAULT_BUG, "this is no COPY FROM STDIN");
	} else if (!well) {
		fail(w, r, f);
	}
	PQclear(r);
	return well;
}

bool pg_wait_copy_add(struct pg_wait *w, const char *data, size_t length, struct fault *f)
{
	while (length > 0) {
		int piece = (int)MIN(length, (size_t)1 << 20);

		if (PQputCopyData(w->pg, data, piece) != 1) {
			return pg_fault_connection(f, w->pg);
		}
		data += piece;
		length -= (size_t)piece;
	}
	return true;
}

bool pg_wait_copy_end(struct pg_wait *w, struct fault *f)
{
	bool well = PQputCopyEnd(w->pg, NULL) == 1;
	PGresult *r;

	if (!well) {
		pg_fault_connection(f, w->pg);
	}
	while ((r = PQgetResult(w->pg))) {
		if (well && !is_well(r)) {
			well = fail(w, r, f);
		}
		PQclear(r);
	}
	return well;
}
