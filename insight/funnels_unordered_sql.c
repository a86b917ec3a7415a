/* The chain of each start where steps complete in any order: "starts" (spec/insights.md 2.3).
 *
 * Any event that is a step begins a window; e1 to en say when each step first happens in it, t1 is
 * its beginning.  Which step came first, second and so on is told when chains are chosen. */
#include "insight/funnels_sql.h"

#include <glib.h>

static const char in_window[] =
	" ORDER BY ts DESC RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))";

static void write_soonest(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;

	sql_add(sql, ", soonest AS (SELECT *");
	for (size_t i = 0; i < t->step_count; i++) {
		sql_add(sql, ", min(CASE WHEN ");
		funnel_write_is_step(s, i);
		sql_addf(sql, " THEN ts END) OVER u AS t%zu", i + 1);
	}
	if (funnel_points_at_value(t)) {
		sql_add(sql, ", max(CASE WHEN ");
		funnel_write_is_step(s, t->attribution_step);
		sql_add(sql, " THEN n END) OVER u AS soonest_n");
	}
	sql_addf(sql, " FROM %s WINDOW u AS (PARTITION BY ", s->last);
	funnel_write_part(s);
	sql_add(sql, in_window);
	s->last = "soonest";
}

static void write_within(struct funnel_writer *s, size_t step, const char *what)
{
	sql_addf(s->w.sql, ", CASE WHEN t%zu - ts <= ", step + 1);
	funnel_write_window(s);
	sql_addf(s->w.sql, " THEN %s", what);
}

void funnel_write_unordered_starts(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;

	write_soonest(s);
	sql_add(sql, ", starts AS (SELECT ");
	funnel_write_keys(s);
	sql_add(sql, ", ts AS t1");
	for (size_t i = 0; i < t->step_count; i++) {
		g_autofree char *what = g_strdup_printf("t%zu END AS e%zu", i + 1, i + 1);

		write_within(s, i, what);
	}
	sql_add(sql, funnel_has_numbers(t) ? ", n" : "");
	if (funnel_points_at_value(t)) {
		write_within(s, t->attribution_step, "soonest_n END AS an");
	}
	for (size_t i = 0; i < t->exclusion_count; i++) {
		sql_addf(sql, ", next%zu AS y%zu", i + 1, i + 1);
	}
	sql_add(sql, " FROM soonest WHERE ");
	for (size_t i = 0; i < t->step_count; i++) {
		sql_add(sql, i ? " OR " : "");
		funnel_write_is_step(s, i);
	}
	sql_add(sql, ")");
	s->last = "starts";
}
