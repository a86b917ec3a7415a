/* The statement of retention: people and the sets of periods in which they were there, cohorts out
 * of those, columns out of cohorts.
 *
 * Whoever was there in the same periods is one row after the second grouping, so the pairs of
 * cohort and column are made of few rows; a join of (person, period) with itself would make tens of
 * them for each person. */
#include "insight/retention.h"

#include <glib.h>

/* Values are told apart by all of their text; what is shown of one is bounded. */
enum { LABEL_CHARACTERS = 2000 };

/* What the parts of the statement are written from. */
struct statement {
	const struct retention *r;
	struct writer w;
	int64_t from_us, to_us;
};

static void add(struct statement *s, const char *text)
{
	sql_add(s->w.sql, text);
}

static void add_rows(struct statement *s, const struct entity *e)
{
	scope_write_rows(&s->r->scope, &s->w, s->from_us, s->to_us);
	entities_write_and_named(&e, 1, &s->w);
	add(s, " AND ");
	entity_write(e, &s->w);
}

static void add_often_enough(struct statement *s)
{
	add(s, "count(*) >= ");
	sql_param_int(s->w.sql, s->r->min_occurrences);
}

static void add_label(struct statement *s)
{
	if (s->r->breakdown.is_set) {
		s->w.dialect->label(&s->w, &s->r->breakdown.property);
	} else {
		add(s, "''");
	}
}

static void add_seen(struct statement *s)
{
	add(s, "SELECT ");
	scope_write_actor(&s->r->scope, &s->w);
	add(s, " AS a, ");
	s->w.dialect->bucket(&s->w);
	add(s, " AS b");
}

/* (a, timestamp): everyone's first time, where it lies in the range.  Filters of FIRST_EVER choose
 * among first times, those of FIRST_TIME among events (spec/insights.md 2.4). */
static void add_firsts(struct statement *s)
{
	const struct retention *r = s->r;
	const struct entity *target = &r->target;

	add(s, "SELECT ");
	scope_write_actor(&r->scope, &s->w);
	add(s, " AS a, min(events.\"timestamp\") AS \"timestamp\"");
	if (r->start == RETENTION_FIRST_EVER) {
		scope_write_unfiltered_history(&r->scope, &s->w, s->to_us);
		entities_write_and_named(&target, 1, &s->w);
		add(s, " AND (");
		entity_write_unfiltered(target, &s->w);
		add(s, ")");
	} else {
		scope_write_history(&r->scope, &s->w, s->to_us);
		entities_write_and_named(&target, 1, &s->w);
		add(s, " AND ");
		entity_write(target, &s->w);
	}
	add(s, " GROUP BY 1 HAVING min(events.\"timestamp\") >= ");
	sql_param_time_us(s->w.sql, s->from_us);
	if (r->start == RETENTION_FIRST_EVER) {
		add(s, " AND min(events.\"timestamp\") ="
		       " min(events.\"timestamp\") FILTER (WHERE ");
		entity_write(target, &s->w);
		scope_write_filters(&r->scope, &s->w);
		add(s, ")");
	}
}

/* (a, v, b, at): who starts in which period, and there at first when. */
static void add_starts(struct statement *s)
{
	const struct retention *r = s->r;
	/* sets take one twice */
	bool are_distinct = r->is_rolling || r->value != RETENTION_COUNT || r->min_occurrences > 1;

	if (r->start == RETENTION_RECURRING) {
		add_seen(s);
		add(s, ", ");
		add_label(s);
		add(s, are_distinct ? " AS v, min(events.\"timestamp\") AS at" : " AS v");
		add_rows(s, &r->target);
		if (are_distinct) {
			add(s, " GROUP BY 1, 2, 3 HAVING ");
			add_often_enough(s);
		}
	} else if (r->breakdown.is_set) {
		/* two events at one instant have one value, the lesser one */
		add(s, "SELECT first.a, first.b, min(first.v) AS v, min(first.at) AS at FROM (");
		add_seen(s);
		add(s, ", ");
		add_label(s);
		add(s, " ");
		add(s, s->w.dialect->byte_order);
		add(s, " AS v, events.\"timestamp\" AS at");
		add_rows(s, &r->target);
		add(s, " AND (");
		scope_write_actor(&r->scope, &s->w);
		add(s, ", events.\"timestamp\") IN (");
		add_firsts(s);
		add(s, ")) AS first GROUP BY first.a, first.b");
	} else {
		/* rows that the dialect finds a bucket for, as it does for events */
		add(s, "SELECT events.a, ");
		s->w.dialect->bucket(&s->w);
		add(s, " AS b, '' AS v, events.\"timestamp\" AS at FROM (");
		add_firsts(s);
		add(s, ") AS events");
	}
}

static void add_value(struct statement *s)
{
	add(s, ", ");
	s->w.dialect->real(&s->w, &s->r->property);
	add(s, " AS x");
}

/* (a, b, s, q): in which periods someone came back, and what was summed of how many values. */
static void add_returns(struct statement *s)
{
	bool sums = s->r->value != RETENTION_COUNT;

	add(s, sums ? "SELECT seen.a, seen.b, sum(seen.x) AS s, count(seen.x) AS q FROM ("
		    : "SELECT seen.a, seen.b FROM (");
	add_seen(s);
	if (sums) {
		add_value(s);
	}
	add_rows(s, &s->r->returning);
	add(s, ") AS seen");
	if (sums || s->r->min_occurrences > 1) {
		add(s, " GROUP BY seen.a, seen.b HAVING ");
		add_often_enough(s);
	}
}

/* The set of what a number of the rows says, as an aggregate. */
static void add_union_of(struct statement *s, const char *number)
{
	struct writer inner = {.sql = sql_create(), .dialect = s->w.dialect};

	s->w.dialect->sets->of(&inner, number);
	s->w.dialect->sets->unite(&s->w, sql_text(inner.sql));
	sql_destroy(inner.sql);
}

/* (v, t, r): one person's value, set of starts and set of periods with a return, from one look at
 * the events. */
static void add_people_at_once(struct statement *s)
{
	const struct retention *r = s->r;
	const struct entity *both[] = {&r->target, &r->returning};
	bool counts = r->min_occurrences > 1;

	add(s, "SELECT '' AS v, ");
	add_union_of(s, "seen.b - 1");
	add(s, " FILTER (WHERE seen.starts) AS t, ");
	add_union_of(s, "seen.b - 1");
	add(s, " FILTER (WHERE seen.returns) AS r FROM (");
	add_seen(s);
	for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
		add(s, counts ? ", count(*) FILTER (WHERE " : ", ");
		entity_write(both[i], &s->w);
		if (counts) {
			add(s, ") >= ");
			sql_param_int(s->w.sql, r->min_occurrences);
		}
		add(s, i ? " AS returns" : " AS starts");
	}
	scope_write_rows(&r->scope, &s->w, s->from_us, s->to_us);
	entities_write_and_named(both, G_N_ELEMENTS(both), &s->w);
	add(s, counts ? " GROUP BY 1, 2) AS seen GROUP BY seen.a" : ") AS seen GROUP BY seen.a");
}

/* The same where who starts and who returns are two questions of one kind of event. */
static void add_people_of_one_entity(struct statement *s)
{
	add(s, "SELECT '' AS v, ");
	add_union_of(s, "seen.b - 1");
	add(s, " AS t, ");
	add_union_of(s, "seen.b - 1");
	add(s, " AS r FROM (");
	add_returns(s);
	add(s, ") AS seen GROUP BY seen.a");
}

/* The same from the tables `starts` and `returns`. */
static void add_people_of_tables(struct statement *s)
{
	add(s, "SELECT started.v, started.t, returned.r FROM (SELECT starts.a, starts.v, ");
	add_union_of(s, "starts.b - 1");
	add(s, " AS t FROM starts GROUP BY starts.a, starts.v) AS started"
	       " LEFT JOIN (SELECT returns.a, ");
	add_union_of(s, "returns.b - 1");
	add(s, " AS r FROM returns GROUP BY returns.a) AS returned ON returned.a = started.a");
}

static void add_cohorts(struct statement *s)
{
	uint64_t sets[RETENTION_MAX_INTERVALS];

	for (int i = 0; i < s->r->interval_count; i++) {
		sets[i] = (uint64_t)1 << i;
	}
	s->w.dialect->sets->table(&s->w, "cohorts", sets, (size_t)s->r->interval_count);
}

/* Their sets of offsets, less by `by`. */
static void add_columns(struct statement *s, int by)
{
	uint64_t sets[RETENTION_MAX_INTERVALS];

	for (int i = 0; i < s->r->column_count; i++) {
		sets[i] = s->r->columns[i].offsets >> by;
	}
	s->w.dialect->sets->table(&s->w, "columns", sets, (size_t)s->r->column_count);
}

/* Cells (v, i, c, n, s, q) of people: of each value and cohort, `later` is a set of people's
 * returns, where 0 is the period after the start.  Whoever starts is in the first column. */
static void add_cells_of(struct statement *s, void (*add_later)(struct statement *s))
{
	add(s, "SELECT later.v, later.i, columns.place AS c, sum(later.n) AS n, 0 AS s, 0 AS q"
	       " FROM (");
	add_later(s);
	add(s, ") AS later JOIN ");
	add_columns(s, 1);
	add(s, " ON columns.place = 1 OR ");
	s->w.dialect->sets->meet(&s->w, "later.r", "columns.members");
	add(s, " GROUP BY 1, 2, 3");
}

static void add_later_strictly(struct statement *s)
{
	const struct retention *r = s->r;
	bool from_tables = r->start != RETENTION_RECURRING || r->breakdown.is_set ||
			   r->value != RETENTION_COUNT;

	add(s, "SELECT alike.v, cohorts.place AS i, ");
	s->w.dialect->sets->down(&s->w, "alike.r", "cohorts.place");
	add(s, " AS r, sum(alike.n) AS n FROM (SELECT people.v, people.t,"
	       " coalesce(people.r, 0) AS r, count(*) AS n FROM (");
	if (from_tables) {
		add_people_of_tables(s);
	} else if (r->is_one_entity) {
		add_people_of_one_entity(s);
	} else {
		add_people_at_once(s);
	}
	add(s, ") AS people GROUP BY 1, 2, 3) AS alike JOIN ");
	add_cohorts(s);
	add(s, " ON ");
	s->w.dialect->sets->meet(&s->w, "alike.t", "cohorts.members");
	add(s, " GROUP BY 1, 2, 3");
}

/* True where the column takes that offset. */
static void add_has(struct statement *s, const char *offset)
{
	struct writer inner = {.sql = sql_create(), .dialect = s->w.dialect};

	s->w.dialect->sets->of(&inner, offset);
	s->w.dialect->sets->meet(&s->w, "columns.members", sql_text(inner.sql));
	sql_destroy(inner.sql);
}

/* A cell's sum is over all that its people brought in its periods. */
static void add_strict_sums(struct statement *s)
{
	add(s, "SELECT starts.v, starts.b AS i, columns.place AS c, 0 AS n, sum(returns.s) AS s,"
	       " sum(returns.q) AS q FROM starts JOIN returns ON returns.a = starts.a"
	       " AND returns.b >= starts.b JOIN ");
	add_columns(s, 0);
	add(s, " ON ");
	add_has(s, "returns.b - starts.b");
	add(s, " GROUP BY 1, 2, 3");
}

/* Months are 30 days here: windows are lengths, and one of a month has no calendar. */
static int64_t window_length_us(enum interval period)
{
	switch (period) {
	case INTERVAL_HOUR:
		return us_per_hour;
	case INTERVAL_WEEK:
		return 7 * us_per_day;
	case INTERVAL_MONTH:
		return 30 * us_per_day;
	case INTERVAL_SECOND:
	case INTERVAL_MINUTE:
	case INTERVAL_DAY:
	case INTERVAL_QUARTER:
	case INTERVAL_YEAR:
		break;
	}
	return us_per_day;
}

/* (a, v, b, j, s, q): someone came back j windows after their own start.  Events at one instant
 * are one row before they meet starts, and their instant is a number once. */
static void add_rolling_returns(struct statement *s)
{
	const struct retention *r = s->r;
	bool sums = r->value != RETENTION_COUNT;
	bool are_distinct = sums || r->min_occurrences > 1;
	int64_t length = window_length_us(r->period);

	add(s, "SELECT starts.a, starts.v, starts.b, (seen.at - starts.at) / ");
	sql_param_int(s->w.sql, length);
	add(s, sums ? " AS j, sum(seen.s) AS s, sum(seen.q) AS q" : " AS j");
	add(s, " FROM starts JOIN (SELECT ");
	scope_write_actor(&r->scope, &s->w);
	add(s, " AS a, ");
	s->w.dialect->instant_us(&s->w, "events.\"timestamp\"");
	add(s, " AS at, count(*) AS times");
	if (sums) {
		add(s, ", sum(");
		s->w.dialect->real(&s->w, &r->property);
		add(s, ") AS s, count(");
		s->w.dialect->real(&s->w, &r->property);
		add(s, ") AS q");
	}
	add_rows(s, &r->returning);
	add(s, " GROUP BY 1, 2) AS seen ON seen.a = starts.a AND seen.at >= starts.at"
	       " AND seen.at - starts.at < (1 + ");
	sql_param_int(s->w.sql, r->interval_count);
	add(s, " - starts.b) * ");
	sql_param_int(s->w.sql, length);
	if (are_distinct) {
		add(s, " GROUP BY 1, 2, 3, 4 HAVING sum(seen.times) >= ");
		sql_param_int(s->w.sql, r->min_occurrences);
	}
}

static void add_later_rolling(struct statement *s)
{
	add(s, "SELECT people.v, people.b AS i, people.r, count(*) AS n FROM ("
	       "SELECT one.a, one.v, one.b, ");
	s->w.dialect->sets->unite(&s->w, "one.r");
	add(s, " AS r FROM (SELECT starts.a, starts.v, starts.b, 0 AS r FROM starts"
	       " UNION ALL SELECT returns.a, returns.v, returns.b, ");
	s->w.dialect->sets->of(&s->w, "returns.j - 1");
	add(s, " FROM returns WHERE returns.j > 0) AS one GROUP BY 1, 2, 3) AS people"
	       " GROUP BY 1, 2, 3");
}

static void add_rolling_sums(struct statement *s)
{
	add(s, "SELECT returns.v, returns.b AS i, columns.place AS c, 0 AS n,"
	       " sum(returns.s) AS s, sum(returns.q) AS q FROM returns JOIN ");
	add_columns(s, 0);
	add(s, " ON ");
	add_has(s, "returns.j");
	add(s, " GROUP BY 1, 2, 3");
}

static void add_tables(struct statement *s)
{
	const struct retention *r = s->r;
	bool is_plain = !r->is_rolling && r->start == RETENTION_RECURRING && !r->breakdown.is_set &&
			r->value == RETENTION_COUNT;

	if (is_plain) {
		return;
	}
	if (r->is_rolling) {
		add(s, "starts AS (SELECT first.a, first.v, first.b, ");
		s->w.dialect->instant_us(&s->w, "first.at");
		add(s, " AS at FROM (");
		add_starts(s);
		add(s, ") AS first), returns AS (");
		add_rolling_returns(s);
	} else {
		add(s, "starts AS (");
		add_starts(s);
		add(s, "), returns AS (");
		add_returns(s);
	}
	add(s, "), ");
}

static void add_cells(struct statement *s)
{
	bool is_rolling = s->r->is_rolling;

	add_cells_of(s, is_rolling ? add_later_rolling : add_later_strictly);
	if (s->r->value != RETENTION_COUNT) {
		add(s, " UNION ALL ");
		(is_rolling ? add_rolling_sums : add_strict_sums)(s);
	}
}

/* Values rank by the sizes of their cohorts, as those of trends do by what was counted; cells of
 * the others have no match and come out under place 0 (spec/insights.md 2.2.6). */
static void add_ranked(struct statement *s)
{
	sql_addf(s->w.sql,
		", kept AS (SELECT cells.v, row_number() OVER (ORDER BY sum(cells.n) DESC,"
		" cells.v = '', cells.v %s) AS place FROM cells WHERE cells.c = 1"
		" GROUP BY cells.v ORDER BY place LIMIT ",
		s->w.dialect->byte_order);
	sql_param_int(s->w.sql, s->r->breakdown.limit);
	sql_addf(s->w.sql,
		") SELECT coalesce(kept.place, 0) AS place, left(kept.v, %d) AS v, cells.i,"
		" cells.c, sum(cells.n) AS n, sum(cells.s) AS s, sum(cells.q) AS q"
		" FROM cells LEFT JOIN kept ON kept.v = cells.v"
		" GROUP BY kept.place, kept.v, cells.i, cells.c",
		LABEL_CHARACTERS);
}

struct sql *retention_statement(
	const struct retention *r, const struct window *w, const struct kind_context *c)
{
	struct statement s = {.r = r,
		.w = writer_open(c->dialect, c->env, w->buckets),
		.from_us = w->range.from_us,
		.to_us = w->range.to_us};

	add(&s, "WITH ");
	add_tables(&s);
	add(&s, "cells AS (");
	add_cells(&s);
	add(&s, ")");
	if (r->breakdown.is_set) {
		add_ranked(&s);
	} else {
		add(&s, " SELECT 1 AS place, '' AS v, cells.i, cells.c, sum(cells.n) AS n,"
			" sum(cells.s) AS s, sum(cells.q) AS q FROM cells GROUP BY cells.i, cells.c");
	}
	return s.w.sql;
}
