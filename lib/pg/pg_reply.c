#include "lib/pg/pg_reply.h"

#include "lib/pg/pg_fault.h"

void pg_reply_begin(struct pg_reply *r, int before, size_t max_bytes)
{
	*r = (struct pg_reply){.main_result = before, .max_bytes = max_bytes};
	if (max_bytes > 0) {
		r->rows = pg_rows_begin();
	}
}

bool pg_reply_is_at_main(const struct pg_reply *r)
{
	return r->results == r->main_result;
}

static enum pg_reply_step take_rows(struct pg_reply *r, PGresult *result, bool last)
{
	bool well;

	if (r->max_bytes == 0) {
		r->rows = pg_rows_of(result);
		return REPLY_GOES_ON;
	}
	well = pg_rows_add(r->rows, result, r->max_bytes, &r->fault);
	if (well && last) {
		pg_rows_end(r->rows, result);
	}
	PQclear(result);
	return well ? REPLY_GOES_ON : REPLY_FAILED;
}

/* What is not the main statement's rows: an error, or what went before. */
static enum pg_reply_step take_other(struct pg_reply *r, const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
		if (r->fault.kind == FAULT_NONE) {
			pg_fault_result(&r->fault, result);
		}
		r->is_spoiled = r->is_spoiled || pg_fault_spoils(result);
		return REPLY_GOES_ON;
	}
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		r->went_before++;
		return REPLY_GOES_ON;
	}
	if (status == PGRES_PIPELINE_ABORTED) {
		return REPLY_GOES_ON;
	}
	fault_set(&r->fault, FAULT_BUG, "Postgres: %s is no answer that is read here",
		PQresStatus(status));
	return REPLY_FAILED;
}

enum pg_reply_step pg_reply_take(struct pg_reply *r, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	enum pg_reply_step step;

	if (status == PGRES_PIPELINE_SYNC) {
		PQclear(result);
		return REPLY_IS_WHOLE;
	}
	if (status == PGRES_SINGLE_TUPLE && pg_reply_is_at_main(r)) {
		return take_rows(r, result, false);
	}
	if ((status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
		    status == PGRES_EMPTY_QUERY) &&
		pg_reply_is_at_main(r)) {
		r->results++;
		return take_rows(r, result, true);
	}
	step = take_other(r, result);
	r->results++;
	PQclear(result);
	return step;
}

struct pg_rows *pg_reply_steal(struct pg_reply *r)
{
	struct pg_rows *rows = r->rows;

	r->rows = NULL;
	if (r->fault.kind != FAULT_NONE) {
		pg_rows_destroy(rows);
		rows = NULL;
	}
	return rows;
}

void pg_reply_finish(struct pg_reply *r)
{
	pg_rows_destroy(r->rows);
	r->rows = NULL;
}
