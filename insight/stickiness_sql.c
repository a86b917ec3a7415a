#include "insight/stickiness.h"

#include <glib.h>

/* Buckets of the window, several of which are one interval when the query says so; they are
 * grouped from the range's beginning on. */
static void write_interval(struct writer *w, const struct stickiness *s)
{
	if (s->interval_count == 1) {
		w->dialect->bucket(w);
		return;
	}
	sql_add(w->sql, "floor((");
	w->dialect->bucket(w);
	sql_add(w->sql, " - 1) / ");
	sql_param_int(w->sql, s->interval_count);
	sql_add(w->sql, ")");
}

static void write_criteria(struct writer *w, const struct stickiness_criteria *c)
{
	static const char *const operators[] = {[STICKINESS_AT_LEAST] = " >= ",
		[STICKINESS_AT_MOST] = " <= ",
		[STICKINESS_EXACTLY] = " = "};

	if (c->is_set) {
		sql_add(w->sql, " HAVING count(*)");
		sql_add(w->sql, operators[c->operator]);
		sql_param_int(w->sql, c->value);
	}
}

/* Three plain groupings hash: who was there when, how often each, how many so often
 * (spec/insights.md 2.6). */
static void write_series(
	struct writer *w, const struct stickiness *s, size_t i, const struct date_range *range)
{
	const struct stickiness_series *one = &s->series[i];
	const struct entity *entity = &one->entity;

	sql_addf(w->sql,
		"SELECT %zu AS series, k, count(*) AS n FROM (SELECT actor, count(*) AS k"
		" FROM (SELECT ",
		i);
	scope_write_actor(&one->scope, w);
	sql_add(w->sql, " AS actor, ");
	write_interval(w, s);
	sql_add(w->sql, " AS b");
	scope_write_rows(&one->scope, w, range->from_us, range->to_us);
	if (!entity->event) {
		entities_write_and_named(&entity, 1, w);
	}
	sql_add(w->sql, " AND ");
	entity_write(entity, w);
	sql_add(w->sql, " GROUP BY 1, 2");
	write_criteria(w, &s->criteria);
	sql_add(w->sql, ") AS active GROUP BY actor) AS actors GROUP BY k");
}

struct sql *stickiness_statement(const struct stickiness *s, const struct stickiness_pass *pass,
	const struct kind_context *c)
{
	struct writer w = writer_open(c->dialect, c->env, pass->window.buckets);

	for (size_t i = 0; i < s->series_count; i++) {
		sql_add(w.sql, i ? " UNION ALL " : "");
		write_series(&w, s, i, &pass->window.range);
	}
	return w.sql;
}
