/* The chains that count, of all that were begun: "chains" (spec/insights.md 2.3). */
#include "insight/funnels_sql.h"

#include <glib.h>

/* In the list by which chains are compared. */
enum { PART_REACHED = 1, PART_SOONER, PART_START, PART_EVENT, PART_VALUE, PART_COUNT };

static char column_letter(const struct funnel *t)
{
	return t->order == FUNNEL_UNORDERED ? 'e' : 't';
}

/* How many steps a chain has; of steps in an order, the number of the furthest one. */
static void write_reached(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;

	if (t->order == FUNNEL_UNORDERED) {
		for (size_t i = 1; i <= t->step_count; i++) {
			sql_addf(sql, "%sCASE WHEN e%zu IS NULL THEN 0 ELSE 1 END",
				i > 1 ? " + " : "(", i);
		}
		sql_add(sql, ")");
		return;
	}
	sql_add(sql, "CASE");
	for (size_t i = t->step_count; i > 1; i--) {
		sql_addf(sql, " WHEN t%zu IS NOT NULL THEN %zu", i, i);
	}
	sql_add(sql, " ELSE 1 END");
}

/* When a complete chain is at its end. */
static void write_completed(struct funnel_writer *s)
{
	const struct funnel *t = s->t;

	if (t->order == FUNNEL_ORDERED || t->order == FUNNEL_STRICT) {
		sql_addf(s->w.sql, "t%zu", t->step_count);
		return;
	}
	sql_add(s->w.sql, "CASE WHEN ");
	write_reached(s);
	sql_addf(s->w.sql, " = %zu THEN greatest(", t->step_count);
	for (size_t i = 1; i <= t->step_count; i++) {
		sql_addf(s->w.sql, "%se%zu", i > 1 ? ", " : "", i);
	}
	sql_add(s->w.sql, ") END");
}

/* An excluded event voids a chain that has come to the step before and not yet to the one after;
 * when that never comes, to the end of the window. */
static void write_void(struct funnel_writer *s, size_t i)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;

	if (t->order != FUNNEL_UNORDERED && t->exclusions[i].from > 0) {
		sql_addf(sql, "t%zu IS NOT NULL AND ", t->exclusions[i].from + 1);
	}
	sql_addf(sql, "y%zu < coalesce(", i + 1);
	if (t->order == FUNNEL_UNORDERED) {
		write_completed(s);
		sql_add(sql, ", ");
	}
	for (size_t j = t->exclusions[i].to; t->order != FUNNEL_UNORDERED && j < t->step_count;
		j++) {
		sql_addf(sql, "t%zu, ", j + 1);
	}
	sql_add(sql, "t1 + 1 + ");
	funnel_write_window(s);
	sql_add(sql, ")");
}

static void write_alive(struct funnel_writer *s)
{
	sql_addf(s->w.sql, ", alive AS (SELECT * FROM %s WHERE ", s->last);
	for (size_t i = 0; i < s->t->exclusion_count; i++) {
		sql_add(s->w.sql, i ? " AND (" : "(");
		write_void(s, i);
		sql_add(s->w.sql, ") IS NOT TRUE");
	}
	sql_add(s->w.sql, ")");
	s->last = "alive";
}

/* Of each actor the chain that got furthest: of complete ones those that were complete first; of
 * these the one that began last.  Lists are compared part by part. */
static void write_best(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;

	sql_add(sql, ", best AS (SELECT ");
	funnel_write_part(s);
	for (size_t i = 1; s->touches && i <= funnel_value_count(t); i++) {
		sql_addf(sql, ", max(v%zu) AS v%zu", i, i);
	}
	sql_addf(sql, ", max(%s", s->w.dialect->list_open);
	write_reached(s);
	sql_add(sql, ", coalesce(-(");
	write_completed(s);
	sql_addf(sql, "), 0), t1, %s, %s", funnel_has_numbers(t) ? "-n" : "0",
		funnel_points_at_value(t) ? "an" : "0");
	for (size_t i = 1; i <= t->step_count; i++) {
		sql_addf(sql, ", %c%zu", column_letter(t), i);
	}
	sql_addf(sql, "%s) AS a FROM %s GROUP BY ", s->w.dialect->list_close, s->last);
	funnel_write_part(s);
	sql_add(sql, "), chosen AS (SELECT ");
	funnel_write_keys(s);
	sql_addf(sql, ", a[%d] AS an", PART_VALUE);
	for (size_t i = 1; i <= t->step_count; i++) {
		sql_addf(sql, ", a[%zu] AS %c%zu", PART_COUNT - 1 + i, column_letter(t), i);
	}
	sql_add(sql, " FROM best)");
	s->last = "chosen";
}

/* Steps without an order are counted as they complete: t1 is the first, whichever it was. */
static void write_sorted(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;

	sql_add(sql, ", sorted AS (SELECT ");
	funnel_write_keys(s);
	sql_add(sql, funnel_points_at_value(t) ? ", an" : "");
	for (size_t k = 0; k < t->step_count; k++) {
		sql_add(sql, ", (SELECT x.t FROM (VALUES ");
		for (size_t i = 1; i <= t->step_count; i++) {
			sql_addf(sql, "%s(e%zu)", i > 1 ? ", " : "", i);
		}
		sql_addf(sql,
			") AS x (t) WHERE x.t IS NOT NULL ORDER BY x.t LIMIT 1 OFFSET %zu) AS t%zu",
			k, k + 1);
	}
	sql_addf(sql, " FROM %s)", s->last);
	s->last = "sorted";
}

/* The value of the event that a chain's value is taken from; '' without such an event. */
static void write_valued(struct funnel_writer *s)
{

	struct sql *sql = s->w.sql;

	sql_addf(sql, ", valued AS (SELECT %s.*", s->last);
	for (size_t i = 1; i <= funnel_value_count(s->t); i++) {
		sql_addf(sql, ", coalesce(numbered.v%zu, '') AS v%zu", i, i);
	}
	sql_addf(sql, " FROM %s LEFT JOIN numbered ON numbered.p = %s.p AND numbered.n = %s.an)",
		s->last, s->last, s->last);
	s->last = "valued";
}

void funnel_write_chains(struct funnel_writer *s)
{
	if (s->t->exclusion_count > 0) {
		write_alive(s);
	}
	if (s->t->view != FUNNEL_TRENDS) {
		write_best(s);
	}
	if (s->t->order == FUNNEL_UNORDERED) {
		write_sorted(s);
	}
	if (funnel_points_at_value(s->t)) {
		write_valued(s);
	}
}
