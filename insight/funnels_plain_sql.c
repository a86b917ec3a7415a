/* The chain of each start where names tell steps apart and nothing is asked for but times:
 * "starts", without sorting the events of the first step, which are most of them.
 *
 * Of each later step an actor's times are a sorted list, with a list of equal length for every
 * step behind it: where the chain from there goes on.  The next event of a step is then a search
 * in a short list.  Of the starts before the same next event the last one decides: it is in the
 * window whenever an earlier one is. */
#include "insight/funnels_sql.h"

#include <glib.h>

bool funnel_is_searched(const struct funnel *t)
{
	return t->is_plain && t->order == FUNNEL_ORDERED && !t->has_optional &&
	       t->exclusion_count == 0 && !t->breakdown.is_set;
}

/* (p, ts, place, lists…): of each event of the step, where in the lists of the next one the chain
 * goes on.  Events of an instant are in the order of their steps, so that the next step may be at
 * the same time. */
static void write_with_place(struct funnel_writer *s, size_t step)
{
	struct sql *sql = s->w.sql;

	sql_add(sql, "(SELECT step.p, step.ts, ");
	if (step + 1 < s->t->step_count) {
		g_autofree char *list = g_strdup_printf("ahead%zu.t%zu", step + 2, step + 2);

		s->w.dialect->count_up_to(&s->w, "step.ts - 1", list);
		sql_add(sql, " + 1 AS place");
		for (size_t j = step + 1; j < s->t->step_count; j++) {
			sql_addf(sql, ", ahead%zu.t%zu", step + 2, j + 1);
		}
	} else {
		sql_add(sql, "0 AS place");
	}
	sql_add(sql, " FROM (SELECT ");
	funnel_write_actor(s);
	sql_add(sql, " AS p, ");
	s->w.dialect->elapsed_us(&s->w, "events.\"timestamp\"", s->range->from_us);
	sql_add(sql, " AS ts");
	scope_write_rows(&s->t->scope, &s->w, s->range->from_us, s->range->to_us);
	sql_add(sql, " AND ");
	entity_write(&s->t->steps[step].entity, &s->w);
	funnel_write_known(s);
	sql_add(sql, ") AS step");
	if (step + 1 < s->t->step_count) {
		sql_addf(sql, " LEFT JOIN ahead%zu ON ahead%zu.p = step.p", step + 2, step + 2);
	}
	sql_add(sql, ") AS placed");
}

static void write_lists(struct funnel_writer *s, size_t step)
{
	struct sql *sql = s->w.sql;

	sql_addf(sql, "%sahead%zu AS (SELECT p, ", step + 1 == s->t->step_count ? "WITH " : ", ",
		step + 1);
	s->w.dialect->list_of(&s->w, "ts", "ts");
	sql_addf(sql, " AS t%zu", step + 1);
	for (size_t j = step + 1; j < s->t->step_count; j++) {
		g_autofree char *time = g_strdup_printf("t%zu[place]", j + 1);

		sql_add(sql, ", ");
		s->w.dialect->list_of(&s->w, time, "ts");
		sql_addf(sql, " AS t%zu", j + 1);
	}
	sql_add(sql, " FROM ");
	write_with_place(s, step);
	sql_add(sql, " GROUP BY p)");
}

/* When the chain of a start is at each step: within the window from it. */
static void write_times(struct funnel_writer *s, const char *start, const char *place)
{
	for (size_t j = 1; j < s->t->step_count; j++) {
		sql_addf(s->w.sql, ", CASE WHEN t%zu%s - %s <= ", j + 1, place, start);
		funnel_write_window(s);
		sql_addf(s->w.sql, " THEN t%zu%s END AS t%zu", j + 1, place, j + 1);
	}
}

/* Starts with the same next event go on alike: of them the last. */
static void write_latest(struct funnel_writer *s)
{
	struct sql *sql = s->w.sql;

	sql_add(sql, ", latest AS (SELECT p, max(ts) AS t1, t2[place] AS t2");
	for (size_t j = 2; j < s->t->step_count; j++) {
		sql_addf(sql, ", min(t%zu[place]) AS t%zu", j + 1, j + 1);
	}
	sql_add(sql, " FROM ");
	write_with_place(s, 0);
	sql_add(sql, " GROUP BY p, t2[place])");
}

void funnel_write_searched_starts(struct funnel_writer *s)
{
	struct sql *sql = s->w.sql;

	for (size_t step = s->t->step_count; step > 1; step--) {
		write_lists(s, step - 1);
	}
	if (s->t->view == FUNNEL_TRENDS) {
		/* each start is in a bucket of its own */
		sql_add(sql, ", starts AS (SELECT p, ts AS t1");
		write_times(s, "ts", "[place]");
		sql_add(sql, " FROM ");
		write_with_place(s, 0);
		sql_add(sql, ")");
	} else {
		write_latest(s);
		sql_add(sql, ", starts AS (SELECT p, t1");
		write_times(s, "t1", "");
		sql_add(sql, " FROM latest)");
	}
	s->last = "starts";
}
