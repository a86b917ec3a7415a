#include "insight/trends.h"

#include <glib.h>

/* Values are told apart by all of their text; what is shown of one is bounded. */
enum { LABEL_CHARACTERS = 2000 };

static void write_rows(struct writer *w, const struct trends *t, const struct series *s,
	const struct date_range *range)
{
	scope_write_rows(&t->scope, w, range->from_us, range->to_us);
	sql_add(w->sql, " AND ");
	entity_write(&s->entity, w);
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

struct sql *trends_statement(
	const struct trends *t, const struct trends_pass *pass, const struct kind_context *c)
{
	struct writer w = writer_open(c->dialect, c->env, pass->window.buckets);
	const struct date_range *range = &pass->window.range;

	for (size_t i = 0; i < t->series.count; i++) {
		const struct series *s = &t->series.items[i];

		sql_add(w.sql, i ? " UNION ALL " : "");
		if (t->breakdown.is_set) {
			write_breakdown(&w, t, s, range);
		} else {
			sql_addf(w.sql, "SELECT %zu AS series, 1 AS place, v, b, n FROM (",
				s->order);
			write_cells(&w, t, s, range);
			sql_add(w.sql, ") AS cells");
		}
	}
	return w.sql;
}
