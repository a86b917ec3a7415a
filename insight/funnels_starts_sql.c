/* The chain of each start, in order: "starts" (spec/insights.md 2.3).
 *
 * Events are read from an actor's last to the first.  What is ahead of an event is then known when
 * it is met: the next event of step k, and where the chain goes on from there.  Each step is one
 * window over the same order, so the database sorts once.
 *
 * Without optional steps what is ahead never comes later for an earlier event, so min() keeps the
 * next one, column by column (t2_3: when the chain from the next step 2 is at step 3).  With them
 * a chain that skips a step has no time there: a list headed by the event's number keeps what
 * belongs together (a1: what is ahead of step 1).  In a strict funnel the next event is the only
 * one that counts. */
#include "insight/funnels_sql.h"

#include <glib.h>

/* The columns of what is ahead beside the times: one for each exclusion whose first step is not
 * the first, and one for the event that a value is taken from. */
static bool carries_exclusion(const struct funnel *t, size_t i, size_t step)
{
	return t->exclusions[i].from >= step && step > 0;
}

static bool carries_number(const struct funnel *t, size_t step)
{
	return funnel_points_at_value(t) && t->attribution_step >= step && step > 0;
}

static void open_ahead(struct funnel_writer *s, const char *aggregate, size_t step)
{
	sql_addf(s->w.sql, ", %s(CASE WHEN ", s->t->order == FUNNEL_STRICT ? "lag" : aggregate);
	funnel_write_is_step(s, step);
	sql_add(s->w.sql, " THEN ");
}

static void close_ahead(struct funnel_writer *s)
{
	sql_add(s->w.sql, " END) OVER w AS ");
}

static void write_level_end(struct funnel_writer *s, const char *from)
{
	sql_addf(s->w.sql, " FROM %s WINDOW w AS (PARTITION BY ", from);
	funnel_write_part(s);
	sql_addf(s->w.sql, " ORDER BY %s%s))", s->order,
		s->t->order == FUNNEL_STRICT ? ""
					     : " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING");
}

/* Of each event, the chain from the next event of `step`. */
static void write_columns_level(struct funnel_writer *s, size_t step)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;
	size_t k = step + 1;

	sql_addf(sql, ", level%zu AS (SELECT *", k);
	for (size_t j = k; j <= t->step_count; j++) {
		open_ahead(s, "min", step);
		if (j == k) {
			sql_add(sql, "ts");
		} else {
			sql_addf(sql, "t%zu_%zu", k + 1, j);
		}
		close_ahead(s);
		sql_addf(sql, "t%zu_%zu", k, j);
	}
	for (size_t i = 0; i < t->exclusion_count; i++) {
		if (!carries_exclusion(t, i, step)) {
			continue;
		}
		open_ahead(s, "min", step);
		if (t->exclusions[i].from == step) {
			sql_addf(sql, "next%zu", i + 1);
		} else {
			sql_addf(sql, "x%zu_%zu", k + 1, i + 1);
		}
		close_ahead(s);
		sql_addf(sql, "x%zu_%zu", k, i + 1);
	}
	if (carries_number(t, step)) {
		open_ahead(s, "max", step);
		if (t->attribution_step == step) {
			sql_add(sql, "n");
		} else {
			sql_addf(sql, "n%zu", k + 1);
		}
		close_ahead(s);
		sql_addf(sql, "n%zu", k);
	}
	if (step + 1 == t->step_count) {
		write_level_end(s, s->last);
	} else {
		g_autofree char *from = g_strdup_printf("level%zu", k + 1);

		write_level_end(s, from);
	}
}

/* A list of what is ahead: [1] the number of the next event, [k] when it is at step k, behind them
 * the exclusions and the event that a value is taken from. */
static size_t list_length(const struct funnel *t)
{
	return t->step_count + t->exclusion_count + 1;
}

static void write_exclusion_element(struct funnel_writer *s, size_t i, size_t step)
{
	size_t from = s->t->exclusions[i].from;

	if (from == step) {
		sql_addf(s->w.sql, "next%zu", i + 1);
	} else if (from > step) {
		sql_addf(s->w.sql, "a%zu[%zu]", step + 1, s->t->step_count + i + 1);
	} else {
		sql_add(s->w.sql, "NULL");
	}
}

static void write_number_element(struct funnel_writer *s, size_t step)
{
	const struct funnel *t = s->t;

	if (!funnel_points_at_value(t) || t->attribution_step < step) {
		sql_add(s->w.sql, "NULL");
	} else if (t->attribution_step == step) {
		sql_add(s->w.sql, "n");
	} else {
		sql_addf(s->w.sql, "a%zu[%zu]", step + 1, list_length(t));
	}
}

/* The list of a chain whose next event is this row as `step`; after the last step nothing is
 * ahead. */
static void write_list(struct funnel_writer *s, size_t step)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;

	sql_addf(sql, "%sn", s->w.dialect->list_open);
	for (size_t j = 1; j < t->step_count; j++) {
		if (j < step) {
			sql_add(sql, ", NULL");
		} else if (j == step) {
			sql_add(sql, ", ts");
		} else {
			sql_addf(sql, ", a%zu[%zu]", step + 1, j + 1);
		}
	}
	for (size_t i = 0; i < t->exclusion_count; i++) {
		sql_add(sql, ", ");
		write_exclusion_element(s, i, step);
	}
	sql_add(sql, ", ");
	write_number_element(s, step);
	sql_add(sql, s->w.dialect->list_close);
}

/* A chain at `step` waits for the next required one and all optional ones before it; an event that
 * is several of them is the highest. */
static void write_list_level(struct funnel_writer *s, size_t step)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;
	size_t last = step + 1;

	while (last < t->step_count - 1 && t->steps[last].is_optional) {
		last++;
	}
	sql_addf(sql, ", level%zu AS (SELECT *, %s(CASE", step + 1,
		t->order == FUNNEL_STRICT ? "lag" : "max");
	for (size_t j = last; j > step; j--) {
		sql_add(sql, " WHEN ");
		funnel_write_is_step(s, j);
		sql_add(sql, " THEN ");
		write_list(s, j);
	}
	sql_addf(sql, " END) OVER w AS a%zu", step + 1);
	if (step + 2 == t->step_count) {
		write_level_end(s, s->last);
	} else {
		g_autofree char *from = g_strdup_printf("level%zu", step + 2);

		write_level_end(s, from);
	}
}

static void write_ahead(struct funnel_writer *s, size_t step)
{
	sql_addf(s->w.sql, s->t->has_optional ? "a1[%zu]" : "t2_%zu", step + 1);
}

/* Of a chain the part that lies in the window from its start. */
static void write_times(struct funnel_writer *s)
{
	for (size_t j = 1; j < s->t->step_count; j++) {
		sql_add(s->w.sql, ", CASE WHEN ");
		write_ahead(s, j);
		sql_add(s->w.sql, " - ts <= ");
		funnel_write_window(s);
		sql_add(s->w.sql, " THEN ");
		write_ahead(s, j);
		sql_addf(s->w.sql, " END AS t%zu", j + 1);
	}
}

static void write_next_excluded(struct funnel_writer *s, size_t i)
{
	const struct funnel *t = s->t;

	if (t->exclusions[i].from == 0) {
		sql_addf(s->w.sql, ", next%zu AS y%zu", i + 1, i + 1);
	} else if (t->has_optional) {
		sql_addf(s->w.sql, ", a1[%zu] AS y%zu", t->step_count + i + 1, i + 1);
	} else {
		sql_addf(s->w.sql, ", x2_%zu AS y%zu", i + 1, i + 1);
	}
}

static void write_value_number(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;

	if (t->attribution_step == 0) {
		sql_add(sql, ", n AS an");
	} else {
		sql_add(sql, ", CASE WHEN ");
		write_ahead(s, t->attribution_step);
		sql_add(sql, " - ts <= ");
		funnel_write_window(s);
		if (t->has_optional) {
			sql_addf(sql, " THEN a1[%zu] END AS an", list_length(t));
		} else {
			sql_add(sql, " THEN n2 END AS an");
		}
	}
}

void funnel_write_starts(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;
	size_t first = t->has_optional ? 0 : 1;

	for (size_t step = t->step_count - (t->has_optional ? 1 : 0); step > first; step--) {
		if (t->has_optional) {
			write_list_level(s, step - 1);
		} else {
			write_columns_level(s, step - 1);
		}
	}
	sql_add(sql, ", starts AS (SELECT ");
	funnel_write_keys(s);
	sql_add(sql, ", ts AS t1");
	write_times(s);
	sql_add(sql, funnel_has_numbers(t) ? ", n" : "");
	if (funnel_points_at_value(t)) {
		write_value_number(s);
	}
	for (size_t i = 0; i < t->exclusion_count; i++) {
		write_next_excluded(s, i);
	}
	sql_addf(sql, " FROM level%zu WHERE ", first + 1);
	funnel_write_is_step(s, 0);
	sql_add(sql, ")");
	s->last = "starts";
}
