/* What the client gets of the chains: a row for each value of a breakdown, bin or bucket. */
#include "insight/funnels_sql.h"

#include <glib.h>

/* Values are told apart by all of their text; what is shown of one is bounded. */
enum { LABEL_CHARACTERS = 2000 };

/* Ranks values by how many came to the last step, ties by what else was counted, then by bytes,
 * "none" last among them; the others have no match and come out under place 0. */
static void write_kept(struct funnel_writer *s, const char *rank)
{
	struct sql *sql = s->w.sql;
	size_t count = funnel_value_count(s->t);

	sql_addf(sql, ", kept AS (SELECT row_number() OVER (ORDER BY %s", rank);
	for (size_t i = 1; i <= count; i++) {
		sql_addf(sql, "%s v%zu = ''", i > 1 ? " OR" : ",", i);
	}
	for (size_t i = 1; i <= count; i++) {
		sql_addf(sql, ", v%zu %s", i, s->w.dialect->byte_order);
	}
	sql_add(sql, ") AS place");
	funnel_write_values(s, "");
	sql_addf(sql, " FROM %s GROUP BY v1", s->last);
	for (size_t i = 2; i <= count; i++) {
		sql_addf(sql, ", v%zu", i);
	}
	sql_add(sql, " ORDER BY place LIMIT ");
	sql_param_int(sql, s->t->breakdown.limit);
	sql_add(sql, ")");
}

/* (place, values) of the rows that are grouped by them. */
static void write_place(struct funnel_writer *s)
{
	size_t count = funnel_value_count(s->t);

	sql_add(s->w.sql, count > 0 ? "coalesce(kept.place, 0) AS place" : "1 AS place");
	for (size_t i = 1; i <= count; i++) {
		sql_addf(s->w.sql, ", left(kept.v%zu, %d) AS v%zu", i, LABEL_CHARACTERS, i);
	}
}

static void write_from_kept(struct funnel_writer *s)
{
	sql_addf(s->w.sql, " FROM %s", s->last);
	for (size_t i = 1; i <= funnel_value_count(s->t); i++) {
		sql_addf(s->w.sql, "%s kept.v%zu = %s.v%zu", i > 1 ? " AND" : " LEFT JOIN kept ON",
			i, s->last, i);
	}
}

/* From the step before to this one; where that was skipped, from the one before it. */
static char *time_since(const struct funnel *t, size_t step)
{
	GString *text = g_string_new(NULL);
	size_t k = step + 1, before = step;

	g_string_append_printf(text, "t%zu - coalesce(t%zu", k, before);
	while (before > 1 && t->steps[before - 1].is_optional) {
		before--;
		g_string_append_printf(text, ", t%zu", before);
	}
	return g_string_free(g_string_append_c(text, ')'), FALSE);
}

/* (place, values, count of step 1, then count, mean and median time of each further step) */
static void write_step_cells(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;
	g_autofree char *rank = g_strdup_printf("count(t%zu) DESC, count(t1) DESC", t->step_count);

	if (funnel_value_count(t) > 0) {
		write_kept(s, rank);
	}
	sql_add(sql, " SELECT ");
	write_place(s);
	sql_add(sql, ", count(t1) AS c1");
	for (size_t i = 1; i < t->step_count; i++) {
		g_autofree char *since = time_since(t, i);

		sql_addf(sql, ", count(t%zu) AS c%zu, avg(%s) AS mean%zu, ", i + 1, i + 1, since,
			i + 1);
		s->w.dialect->median(&s->w, since);
		sql_addf(sql, " AS median%zu", i + 1);
	}
	write_from_kept(s);
	if (funnel_value_count(t) > 0) {
		sql_add(sql, " GROUP BY kept.place");
		funnel_write_values(s, "kept.");
	}
}

/* spec/insights.md 2.3: bins of whole seconds.  (bin, count, lo, width, bins, mean, median). */
static void write_bin_cells(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;

	sql_addf(sql,
		", durations AS (SELECT t%zu - t%zu AS us FROM %s WHERE t%zu IS NOT NULL AND"
		" t%zu IS NOT NULL), sizes AS (SELECT floor(min(us) / 1000000.0) AS lo,"
		" ceil(max(us) / 1000000.0) AS hi, avg(us) AS mean, ",
		t->to + 1, t->from + 1, s->last, t->to + 1, t->from + 1);
	s->w.dialect->median(&s->w, "us");
	sql_add(sql, " AS middle, ");
	if (t->bins > 0) {
		sql_param_int(sql, t->bins);
	} else {
		sql_addf(sql, "greatest(least(ceil(cbrt(count(*))), %d), 1)", FUNNEL_MAX_OWN_BINS);
	}
	sql_add(sql,
		" AS bins FROM durations), widths AS (SELECT *,"
		" CASE WHEN hi = lo THEN 60 ELSE ceil((hi - lo) / bins) END AS width FROM sizes)"
		" SELECT floor((us / 1000000.0 - lo) / width) AS bin, count(*) AS c, lo, width,"
		" bins, mean, middle FROM durations CROSS JOIN widths"
		" GROUP BY 1, lo, width, bins, mean, middle");
}

/* An actor counts once in each bucket that a chain of theirs enters in, and as having come through
 * where one of these does.  (place, values, bucket, entered, came through). */
static void write_bucket_cells(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;
	g_autofree char *from = g_strdup_printf("t%zu", t->from + 1);

	sql_add(sql, ", entries AS (SELECT p");
	funnel_write_values(s, "");
	sql_add(sql, ", ");
	s->w.dialect->elapsed_bucket(&s->w, from, s->range->from_us);
	sql_addf(sql,
		" AS b, max(CASE WHEN t%zu IS NULL THEN 0 ELSE 1 END) AS done FROM %s WHERE %s IS NOT"
		" NULL GROUP BY p",
		t->to + 1, s->last, from);
	funnel_write_values(s, "");
	sql_add(sql, ", b)");
	s->last = "entries";
	if (funnel_value_count(t) > 0) {
		write_kept(s, "sum(done) DESC, count(*) DESC");
	}
	sql_add(sql, " SELECT ");
	write_place(s);
	sql_add(sql, ", b, count(*) AS entered, sum(done) AS done");
	write_from_kept(s);
	sql_add(sql, " GROUP BY b");
	if (funnel_value_count(t) > 0) {
		sql_add(sql, ", kept.place");
		funnel_write_values(s, "kept.");
	}
}

struct sql *funnel_statement(
	const struct funnel *t, const struct funnel_pass *pass, const struct kind_context *c)
{
	struct funnel_writer s = {
		.w = writer_open(c->dialect, c->env, pass->window.buckets),
		.t = t,
		.range = &pass->window.range,
	};

	if (funnel_is_searched(t)) {
		funnel_write_searched_starts(&s);
	} else {
		funnel_write_marked(&s);
		if (t->order == FUNNEL_UNORDERED) {
			funnel_write_unordered_starts(&s);
		} else {
			funnel_write_starts(&s);
		}
	}
	funnel_write_chains(&s);
	switch (t->view) {
	case FUNNEL_STEPS:
		write_step_cells(&s);
		break;
	case FUNNEL_TIME_TO_CONVERT:
		write_bin_cells(&s);
		break;
	case FUNNEL_TRENDS:
		write_bucket_cells(&s);
		break;
	}
	return s.w.sql;
}
