#include "insight/trends.h"

#include <glib.h>

/* Values are told apart by all of their text; what is shown of one is bounded. */
enum { LABEL_CHARACTERS = 2000 };

static void write_project(struct writer *w)
{
	if (w->project_param) {
		sql_addf(w->sql, "$%d::bigint", w->project_param);
	} else {
		w->project_param = sql_param_count(w->sql) + 1;
		sql_param_int(w->sql, w->env->project_id);
	}
}

/* spec/insights.md 2.1.  The project is named although row-level security holds it too: an index
 * begins with it, and a policy that is missing must not show. */
static void write_rows(struct writer *w, const struct trends *t, const struct series *s,
	const struct date_range *range)
{
	sql_add(w->sql, " FROM events WHERE events.project_id = ");
	write_project(w);
	if (s->event) {
		sql_add(w->sql, " AND events.event = ");
		sql_param_text(w->sql, s->event);
	}
	sql_add(w->sql, " AND events.\"timestamp\" >= ");
	sql_param_time_us(w->sql, range->from_us);
	sql_add(w->sql, " AND events.\"timestamp\" <= ");
	sql_param_time_us(w->sql, range->to_us);
	filter_write_and(s->filter, w);
	filter_write_and(s->fixed_filter, w);
	filter_write_and(t->filter, w);
	filter_write_and(t->test_filter, w);
}

static void write_bucket(struct writer *w, const struct trends *t)
{
	if (t->form == TRENDS_TOTAL) {
		sql_add(w->sql, "1");
	} else {
		w->dialect->bucket(w);
	}
}

static void write_label(struct writer *w, const struct trends *t)
{
	if (t->breakdown.is_set) {
		w->dialect->label(w, &t->breakdown.property);
	} else {
		sql_add(w->sql, "''");
	}
}

/* (b, v, n): bucket, breakdown value with '' for none, number. */
static void write_cells(struct writer *w, const struct trends *t, const struct series *s,
	const struct date_range *range)
{
	bool once = t->form == TRENDS_CUMULATIVE;

	switch (s->math->shape) {
	case MATH_ROWS:
		sql_add(w->sql, "SELECT ");
		write_bucket(w, t);
		sql_add(w->sql, " AS b, ");
		write_label(w, t);
		sql_add(w->sql, " AS v, count(*) AS n");
		write_rows(w, t, s, range);
		sql_add(w->sql, " GROUP BY 1, 2");
		break;
	case MATH_ACTORS:
		/* Two plain groupings hash; count(DISTINCT) would sort every event.  In a running
		 * total everyone counts where they first appear (spec/insights.md 2.2.4). */
		sql_add(w->sql, "SELECT b, v, count(*) AS n FROM (SELECT ");
		sql_add(w->sql, once ? "min(" : "");
		write_bucket(w, t);
		sql_add(w->sql, once ? ") AS b, " : " AS b, ");
		write_label(w, t);
		sql_add(w->sql, " AS v, events.person_id");
		write_rows(w, t, s, range);
		sql_add(w->sql, once ? " GROUP BY 2, 3" : " GROUP BY 1, 2, 3");
		sql_add(w->sql, ") AS seen GROUP BY b, v");
		break;
	case MATH_REFUSED:
		break;
	}
}

/* Ranks values by their sum and keeps the first ones; cells of the others have no match and
 * come out under place 0 (spec/insights.md 2.2.6). */
static void write_breakdown(struct writer *w, const struct trends *t, const struct series *s,
	const struct date_range *range)
{
	sql_add(w->sql, "(WITH cells AS (");
	write_cells(w, t, s, range);
	sql_addf(w->sql,
		"), kept AS (SELECT v, row_number() OVER (ORDER BY sum(n) DESC, v = '', v %s)"
		" AS place FROM cells GROUP BY v ORDER BY place LIMIT ",
		w->dialect->byte_order);
	sql_param_int(w->sql, t->breakdown.limit);
	sql_addf(w->sql,
		") SELECT %zu AS series, coalesce(kept.place, 0) AS place, left(kept.v, %d) AS v,"
		" cells.b, sum(cells.n) AS n FROM cells LEFT JOIN kept ON kept.v = cells.v"
		" GROUP BY kept.place, kept.v, cells.b)",
		s->order, LABEL_CHARACTERS);
}

static struct writer begin_statement(
	const struct dialect *dialect, const struct insight_env *env, const struct buckets *buckets)
{
	return (struct writer){
		.sql = sql_create(), .dialect = dialect, .env = env, .buckets = buckets};
}

struct sql *trends_statement(const struct trends *t, const struct trends_pass *pass,
	const struct dialect *dialect, const struct insight_env *env)
{
	struct writer w = begin_statement(dialect, env, pass->buckets);

	for (size_t i = 0; i < t->series.count; i++) {
		const struct series *s = &t->series.items[i];

		sql_add(w.sql, i ? " UNION ALL " : "");
		if (t->breakdown.is_set) {
			write_breakdown(&w, t, s, &pass->range);
		} else {
			sql_addf(w.sql, "SELECT %zu AS series, 1 AS place, v, b, n FROM (",
				s->order);
			write_cells(&w, t, s, &pass->range);
			sql_add(w.sql, ") AS cells");
		}
	}
	return w.sql;
}

/* The earliest event of each name is one step into the index; min() over a list of names would
 * read them all. */
struct sql *trends_earliest_statement(
	const struct trends *t, const struct dialect *dialect, const struct insight_env *env)
{
	struct writer w = begin_statement(dialect, env, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	bool any = false;

	for (size_t i = 0; i < t->series.count; i++) {
		/* GPtrArray is not const; the names are only read. */
		g_ptr_array_add(names, (gpointer)(uintptr_t)t->series.items[i].event);
		any = any || !t->series.items[i].event;
	}
	sql_add(w.sql, "SELECT ");
	if (any) {
		dialect->instant_us(&w, "min(events.\"timestamp\")");
		sql_add(w.sql, " FROM events WHERE events.project_id = ");
		write_project(&w);
		return w.sql;
	}
	dialect->instant_us(&w, "min(first.at)");
	sql_add(w.sql, " FROM ");
	dialect->text_table(&w, names);
	sql_add(w.sql,
		", LATERAL (SELECT events.\"timestamp\" AS at FROM events WHERE events.project_id = ");
	write_project(&w);
	sql_add(w.sql,
		" AND events.event = wanted.name ORDER BY events.\"timestamp\" LIMIT 1) AS first");
	return w.sql;
}
