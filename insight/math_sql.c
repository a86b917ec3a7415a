/* Facts and cells of every math. */
#include "insight/counting.h"

static bool is_total(const struct counting *c)
{
	return c->trends->form == TRENDS_TOTAL;
}

static void write_bucket(struct counting *c)
{
	if (is_total(c)) {
		sql_add(c->writer.sql, "1");
	} else {
		c->writer.dialect->bucket(&c->writer);
	}
}

/* The number of the day, from 1, as activity.h counts them. */
static void write_day(struct counting *c, int *cuts_param, int *cut_buckets_param)
{
	struct writer *w = &c->writer;
	struct writer of_buckets = *w;

	w->buckets = c->pass->activity.days;
	w->cuts_param = *cuts_param;
	w->cut_buckets_param = *cut_buckets_param;
	w->dialect->bucket(w);
	*cuts_param = w->cuts_param;
	*cut_buckets_param = w->cut_buckets_param;
	w->buckets = of_buckets.buckets;
	w->cuts_param = of_buckets.cuts_param;
	w->cut_buckets_param = of_buckets.cut_buckets_param;
}

static void write_group_by(struct counting *c, const char *first)
{
	sql_addf(c->writer.sql, " GROUP BY %s", first);
	breakdown_write_keys(c, "");
}

/* Who or what is counted once. */
static void write_who(struct counting *c, const struct series *s)
{
	struct writer *w = &c->writer;

	if (s->math->shape == MATH_SESSIONS) {
		w->dialect->session(w);
	} else if (s->math->shape == MATH_GROUPS) {
		sql_addf(w->sql, "events.group_%d", s->group_index);
	} else {
		scope_write_actor(&c->trends->scope, w);
	}
}

static void write_is_someone(struct counting *c, const struct series *s)
{
	struct writer *w = &c->writer;

	if (s->math->shape == MATH_SESSIONS) {
		sql_add(w->sql, " AND ");
		w->dialect->session(w);
		sql_add(w->sql, " IS NOT NULL");
	} else if (s->math->shape == MATH_GROUPS) {
		sql_addf(w->sql, " AND events.group_%d <> ''", s->group_index);
	}
}

/* Two plain groupings hash; count(DISTINCT) would sort every event.  In a running total everyone
 * counts where they first appear (spec/insights.md 2.2.4). */
static void write_different(struct counting *c, const struct series *s)
{
	struct sql *sql = c->writer.sql;
	bool once = c->trends->form == TRENDS_CUMULATIVE &&
		    (s->math->shape == MATH_ACTORS || s->math->shape == MATH_GROUPS);

	sql_add(sql, once ? "SELECT min(" : "SELECT ");
	write_bucket(c);
	sql_add(sql, once ? ") AS b" : " AS b");
	breakdown_write_labels(c, s);
	sql_add(sql, ", ");
	write_who(c, s);
	sql_add(sql, " AS who");
	counting_write_rows(c, s);
	write_is_someone(c, s);
	write_group_by(c, once ? "who" : "b, who");
}

static void write_active_days(struct counting *c, const struct series *s)
{
	struct sql *sql = c->writer.sql;
	int cuts = 0, cut_buckets = 0;

	sql_add(sql, "SELECT ");
	write_day(c, &cuts, &cut_buckets);
	sql_add(sql, " AS b");
	breakdown_write_labels(c, s);
	sql_add(sql, ", ");
	write_who(c, s);
	sql_add(sql, " AS who");
	counting_write_rows(c, s);
	write_group_by(c, "b, who");
}

/* Of everyone the first event of all, or the first that matches, when it lies in the range
 * (spec/insights.md 2.2.2). */
static void write_firsts(struct counting *c, const struct series *s)
{
	struct writer *w = &c->writer;
	const struct scope *scope = &c->trends->scope;
	const struct date_range *range = &c->pass->window.range;

	sql_add(w->sql, "SELECT ");
	write_who(c, s);
	sql_add(w->sql, " AS who, min(events.\"timestamp\") AS at");
	if (s->math->shape == MATH_FIRST_MATCH) {
		scope_write_history(scope, w, range->to_us);
		sql_add(w->sql, " AND ");
		entity_write(&s->entity, w);
		sql_add(w->sql, " GROUP BY who HAVING min(events.\"timestamp\") >= ");
		sql_param_time_us(w->sql, range->from_us);
		return;
	}
	scope_write_unfiltered_history(scope, w, range->to_us);
	sql_add(w->sql, " AND ");
	entity_write_unfiltered(&s->entity, w);
	sql_add(w->sql, " GROUP BY who HAVING min(events.\"timestamp\") = min(CASE WHEN"
			" events.\"timestamp\" >= ");
	sql_param_time_us(w->sql, range->from_us);
	sql_add(w->sql, " AND ");
	entity_write(&s->entity, w);
	scope_write_filters(scope, w);
	sql_add(w->sql, " THEN events.\"timestamp\" END)");
}

/* A breakdown's values are those of the first event; of several at that instant, the least. */
static void write_first_facts(struct counting *c, const struct series *s)
{
	struct writer *w = &c->writer;

	sql_add(w->sql, "SELECT b");
	breakdown_write_keys(c, "");
	sql_add(w->sql, ", who FROM (SELECT b");
	breakdown_write_keys(c, "");
	sql_add(w->sql, ", who, row_number() OVER (PARTITION BY who ORDER BY b");
	for (size_t i = 1; i <= c->trends->breakdown.part_count; i++) {
		sql_addf(w->sql, ", v%zu %s", i, w->dialect->byte_order);
	}
	sql_add(w->sql, ") AS nth FROM (SELECT ");
	write_bucket(c);
	sql_add(w->sql, " AS b");
	breakdown_write_labels(c, s);
	sql_add(w->sql, ", ");
	write_who(c, s);
	sql_add(w->sql, " AS who");
	counting_write_rows(c, s);
	sql_add(w->sql, " AND (");
	write_who(c, s);
	sql_add(w->sql, ", events.\"timestamp\") IN (SELECT who, at FROM (");
	write_firsts(c, s);
	sql_add(w->sql, ") AS first)) AS seen) AS numbered WHERE nth = 1");
}

static void write_multiplied(struct counting *c, const struct series *s)
{
	if (s->multiplier != 1) {
		sql_add(c->writer.sql, " * ");
		sql_param_real(c->writer.sql, s->multiplier);
	}
}

/* One value a session, whatever it did how often. */
static void write_session_values(struct counting *c, const struct series *s)
{
	struct writer *w = &c->writer;
	const struct date_range *range = &c->pass->window.range;

	sql_add(w->sql, "SELECT b");
	breakdown_write_keys(c, "");
	sql_add(w->sql, ", ");
	sql_add(w->sql, "sessions.seconds");
	write_multiplied(c, s);
	sql_add(w->sql, " AS x, session AS who FROM (SELECT ");
	write_bucket(c);
	sql_add(w->sql, " AS b");
	breakdown_write_labels(c, s);
	sql_add(w->sql, ", ");
	w->dialect->session(w);
	sql_add(w->sql, " AS session");
	counting_write_rows(c, s);
	sql_add(w->sql, " AND ");
	w->dialect->session(w);
	sql_add(w->sql, " IS NOT NULL");
	write_group_by(c, "b, session");
	sql_add(w->sql, ") AS seen JOIN ");
	w->dialect->sessions(
		w, NULL, range->from_us - session_margin_us, range->to_us + session_margin_us);
	sql_add(w->sql, " AS sessions ON sessions.id = seen.session");
}

void math_write_values(struct counting *c, const struct series *s)
{
	struct writer *w = &c->writer;
	struct property property = counting_math_property(s);

	if (series_is_of_session(s)) {
		write_session_values(c, s);
		return;
	}
	sql_add(w->sql, "SELECT ");
	write_bucket(c);
	sql_add(w->sql, " AS b");
	breakdown_write_labels(c, s);
	sql_add(w->sql, ", ");
	w->dialect->real(w, &property);
	write_multiplied(c, s);
	sql_add(w->sql, " AS x");
	counting_write_rows(c, s);
}

static void write_times(struct counting *c, const struct series *s)
{
	struct sql *sql = c->writer.sql;

	sql_add(sql, "SELECT ");
	write_bucket(c);
	sql_add(sql, " AS b");
	breakdown_write_labels(c, s);
	sql_add(sql, ", ");
	write_who(c, s);
	sql_add(sql, " AS who, count(*) AS x");
	counting_write_rows(c, s);
	write_group_by(c, "b, who");
}

bool math_has_facts(const struct counting *c, const struct series *s)
{
	switch (counting_shape(c, s)) {
	case MATH_ROWS:
	case MATH_EXPRESSION:
		return false;
	case MATH_FIRST_EVENT:
	case MATH_FIRST_MATCH:
		return c->trends->breakdown.is_set;
	case MATH_ACTORS:
	case MATH_SESSIONS:
	case MATH_GROUPS:
	case MATH_ACTIVE:
	case MATH_PROPERTY:
	case MATH_PER_ACTOR:
		break;
	}
	return true;
}

void math_write_facts(struct counting *c, const struct series *s)
{
	switch (counting_shape(c, s)) {
	case MATH_ACTORS:
	case MATH_SESSIONS:
	case MATH_GROUPS:
		write_different(c, s);
		break;
	case MATH_ACTIVE:
		write_active_days(c, s);
		break;
	case MATH_FIRST_EVENT:
	case MATH_FIRST_MATCH:
		write_first_facts(c, s);
		break;
	case MATH_PROPERTY:
		math_write_values(c, s);
		break;
	case MATH_PER_ACTOR:
		write_times(c, s);
		break;
	case MATH_ROWS:
	case MATH_EXPRESSION:
		break;
	}
}

static void write_from_facts(struct counting *c, const struct series *s, const char *facts)
{
	struct sql *sql = c->writer.sql;

	if (facts) {
		sql_addf(sql, " FROM %s AS facts", facts);
		return;
	}
	sql_add(sql, " FROM (");
	math_write_facts(c, s);
	sql_add(sql, ") AS facts");
}

/* Of x; a null aggregate is 0.  A mean is not avg(): that one also squares, and fails where the
 * squares are too great. */
static void write_aggregate(struct counting *c, const struct math *m)
{
	struct writer *w = &c->writer;

	sql_add(w->sql, ", coalesce(");
	switch (m->aggregate) {
	case AGGREGATE_OWN:
	case AGGREGATE_COUNT:
		sql_add(w->sql, "count(x)");
		break;
	case AGGREGATE_SUM:
		sql_add(w->sql, "sum(x)");
		break;
	case AGGREGATE_AVG:
		sql_add(w->sql, "sum(x) / nullif(count(x), 0)");
		break;
	case AGGREGATE_MIN:
		sql_add(w->sql, "min(x)");
		break;
	case AGGREGATE_MAX:
		sql_add(w->sql, "max(x)");
		break;
	case AGGREGATE_PERCENTILE:
		w->dialect->percentile(w, m->number, "x");
		break;
	}
	sql_add(w->sql, ", 0) AS n");
}

/* What is counted without facts. */
static void write_row_aggregate(struct counting *c, const struct series *s)
{
	struct writer *w = &c->writer;

	if (s->math->shape == MATH_ROWS) {
		sql_add(w->sql, ", count(*) AS n");
		return;
	}
	sql_add(w->sql, ", coalesce(");
	expression_write_number(s->expression, w);
	sql_add(w->sql, ", 0) AS n");
}

static void write_row_cells(struct counting *c, const struct series *s)
{
	sql_add(c->writer.sql, "SELECT ");
	write_bucket(c);
	sql_add(c->writer.sql, " AS b");
	breakdown_write_labels(c, s);
	write_row_aggregate(c, s);
	counting_write_rows(c, s);
	write_group_by(c, "b");
}

static void write_first_cells(struct counting *c, const struct series *s)
{
	struct writer *w = &c->writer;

	sql_add(w->sql, "SELECT ");
	if (is_total(c)) {
		sql_add(w->sql, "1");
	} else {
		w->dialect->bucket_of(w, "first.at");
	}
	sql_add(w->sql, " AS b, count(*) AS n FROM (");
	write_firsts(c, s);
	sql_add(w->sql, ") AS first GROUP BY b");
}

/* Someone who was active on a day counts on that day and on those after it, until they are active
 * again and a stretch of its own begins: so each is counted once a day, and a stretch is one more
 * where it begins and one less where it has ended, however long it is. */
static void write_active_cells(struct counting *c, const struct series *s, const char *facts)
{
	struct sql *sql = c->writer.sql;
	int days = (int)s->math->number;

	sql_add(sql, "SELECT CASE WHEN side.n = 1 THEN b ELSE past END AS b");
	breakdown_write_keys(c, "");
	sql_addf(sql,
		", sum(side.n) AS n FROM (SELECT b, least(b + %d, lead(b, 1, b + %d)"
		" OVER (PARTITION BY who",
		days, days);
	breakdown_write_keys(c, "");
	sql_add(sql, " ORDER BY b)) AS past");
	breakdown_write_keys(c, "");
	write_from_facts(c, s, facts);
	sql_add(sql, ") AS stretch CROSS JOIN (SELECT 1 AS n UNION ALL SELECT -1) AS side"
		     " GROUP BY CASE WHEN side.n = 1 THEN b ELSE past END");
	breakdown_write_keys(c, "");
}

void math_write_cells(struct counting *c, const struct series *s, const char *facts)
{
	struct sql *sql = c->writer.sql;
	enum math_shape shape = counting_shape(c, s);

	if (shape == MATH_ROWS || shape == MATH_EXPRESSION) {
		write_row_cells(c, s);
		return;
	}
	if (shape == MATH_ACTIVE) {
		write_active_cells(c, s, facts);
		return;
	}
	if (!math_has_facts(c, s)) {
		write_first_cells(c, s);
		return;
	}
	sql_add(sql, "SELECT b");
	breakdown_write_keys(c, "");
	if (s->math->aggregate == AGGREGATE_COUNT) {
		sql_add(sql, ", count(*) AS n");
	} else {
		write_aggregate(c, s->math);
	}
	write_from_facts(c, s, facts);
	write_group_by(c, "b");
}

static bool is_merged(const struct series *s)
{
	return s->math->shape == MATH_PER_ACTOR || series_is_of_session(s);
}

/* Over all values that share the place, how often each did it adds up first, and a session is
 * there once. */
static void write_merged_facts(
	struct counting *c, const struct series *s, const char *facts, const char *kept)
{
	struct sql *sql = c->writer.sql;

	sql_add(sql, " FROM (SELECT kept.place, facts.b");
	breakdown_write_keys(c, "kept.");
	sql_addf(sql, ", %s(facts.x) AS x FROM %s AS facts LEFT JOIN %s AS kept ON ",
		s->math->shape == MATH_PER_ACTOR ? "sum" : "min", facts, kept);
	breakdown_write_match(c, "kept", "facts");
	sql_add(sql, " GROUP BY kept.place, facts.b, facts.who");
	breakdown_write_keys(c, "kept.");
	sql_add(sql, ") AS merged");
}

/* An aggregate of the query's own reads events themselves: the kept values have their cells, and
 * what remains is counted again. */
static void write_own_places(struct counting *c, const struct series *s, const char *kept)
{
	struct sql *sql = c->writer.sql;

	sql_addf(sql, "SELECT %zu AS series, kept.place, cells.b, cells.n", s->order);
	breakdown_write_shown(c, s, "kept.");
	sql_addf(sql, " FROM cells_%zu AS cells JOIN %s AS kept ON ", s->order, kept);
	breakdown_write_match(c, "kept", "cells");
	sql_addf(sql, " UNION ALL SELECT %zu, 0, ", s->order);
	write_bucket(c);
	sql_add(sql, " AS b");
	write_row_aggregate(c, s);
	for (size_t i = 0; i < c->trends->breakdown.part_count; i++) {
		sql_add(sql, ", NULL");
	}
	counting_write_rows(c, s);
	sql_add(sql, " AND NOT EXISTS (SELECT FROM ");
	sql_addf(sql, "%s AS kept WHERE ", kept);
	breakdown_write_row_match(c, s, "kept");
	sql_add(sql, ") GROUP BY b");
}

void math_write_places(
	struct counting *c, const struct series *s, const char *facts, const char *kept)
{
	struct sql *sql = c->writer.sql;
	const char *prefix = is_merged(s) ? "merged." : "kept.";

	if (s->math->shape == MATH_EXPRESSION) {
		write_own_places(c, s, kept);
		return;
	}
	sql_addf(sql, "SELECT %zu AS series, coalesce(%splace, 0) AS place, b", s->order, prefix);
	write_aggregate(c, s->math);
	breakdown_write_shown(c, s, prefix);
	if (is_merged(s)) {
		write_merged_facts(c, s, facts, kept);
	} else {
		sql_addf(sql, " FROM %s AS facts LEFT JOIN %s AS kept ON ", facts, kept);
		breakdown_write_match(c, "kept", "facts");
	}
	sql_addf(sql, " GROUP BY %splace, b", prefix);
	breakdown_write_keys(c, prefix);
}
