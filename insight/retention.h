/* What a RetentionQuery asks for, its statement, and the rows of its table (spec/insights.md 1.12,
 * 2.4).
 *
 * The last so many periods are counted from 0; cohort i starts in period i, and its column says how
 * much of it came back so many periods later.  Rows of the statement are (place, value, cohort,
 * column, people, sum, summed values), cohorts and columns from 1; place 0 with a value NULL is the
 * remainder past the breakdown's limit. */
#pragma once
#include "insight/breakdown.h"
#include "insight/entity.h"
#include "insight/window.h"

enum {
	/* The periods in which someone came back are one set of the dialect. */
	RETENTION_MAX_INTERVALS = DIALECT_SET_SIZE,
	RETENTION_DEFAULT_INTERVALS = 8,
	RETENTION_MAX_BRACKET = 1000,
	RETENTION_MAX_OCCURRENCES = 1000000,
	/* 24 MB here. */
	RETENTION_MAX_CELLS = 1000000
};

enum retention_start {
	RETENTION_RECURRING, /* anyone who does it in the period */
	RETENTION_FIRST_TIME, /* who does it, filters and all, for the first time */
	RETENTION_FIRST_EVER /* whose first time at all passes the filters */
};

enum retention_value { RETENTION_COUNT, RETENTION_SUM, RETENTION_AVERAGE };

struct retention_column {
	int first, last; /* periods after the start; past the last cohort where a bracket is */
	uint64_t offsets; /* the set of those that count for it */
};

struct retention {
	json_t *default_entity;
	struct entity target, returning;
	bool is_one_entity; /* target and returning are the same */
	enum retention_start start;
	enum interval period;
	int interval_count, column_count;
	struct retention_column columns[RETENTION_MAX_INTERVALS];
	bool is_rolling; /* periods of a cohort's people begin with their own first event */
	int64_t min_occurrences;
	enum retention_value value;
	struct property property; /* of RETENTION_SUM and RETENTION_AVERAGE */
	struct breakdown breakdown;
	struct scope scope;
};

/* FAULT_QUERY, FAULT_UNSUPPORTED.  The caller finishes *out in either case. */
bool retention_read(
	const struct kind_context *c, struct retention *out, struct fault *f) MUST_CHECK;
void retention_finish(struct retention *r);

struct sql *retention_statement(
	const struct retention *r, const struct window *w, const struct kind_context *c);

/* One table: of all people, or of those of one breakdown value. */
struct retention_table {
	bool is_other;
	int64_t place;
	char *value; /* "" for none */
	struct retention_cell {
		double people, sum, summed;
	} * cells; /* [interval_count * column_count] */
};

struct retention_tables {
	GPtrArray *list; /* struct retention_table, in the order of the result */
	bool has_hidden_values;
};

/* Finish *out in either case. */
bool retention_collect(const struct retention *r, const struct rows *rows,
	struct retention_tables *out, struct fault *f) MUST_CHECK;
void retention_tables_finish(struct retention_tables *t);
/* What the API answers; the caller owns it. */
json_t *retention_result(const struct retention *r, const struct window *w, const struct zone *zone,
	const struct retention_tables *tables);
