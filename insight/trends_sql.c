#include "insight/counting.h"

#include <glib.h>

static char *name_of(const char *what, const struct series *s)
{
	return g_strdup_printf("%s_%zu", what, s->order);
}

static void write_tables(struct counting *c, const struct series *s)
{
	struct sql *sql = c->writer.sql;
	g_autofree char *facts = name_of("facts", s);
	bool has_facts = math_has_facts(c, s);

	if (!trends_shares_places(c->trends)) {
		breakdown_write_bounds(c, s);
	}
	if (has_facts) {
		sql_addf(sql, "%s AS (", facts);
		math_write_facts(c, s);
		sql_add(sql, "), ");
	}
	sql_addf(sql, "cells_%zu AS (", s->order);
	math_write_cells(c, s, has_facts ? facts : NULL);
	sql_add(sql, ")");
	if (!trends_shares_places(c->trends)) {
		g_autofree char *kept = name_of("kept", s);

		sql_add(sql, ", ");
		breakdown_write_kept(c, s, kept);
	}
}

/* Cells of values that have no place come out under place 0. */
static void write_places(struct counting *c, const struct series *s)
{
	struct sql *sql = c->writer.sql;
	g_autofree char *facts = name_of("facts", s);
	g_autofree char *kept =
		trends_shares_places(c->trends) ? g_strdup("kept") : name_of("kept", s);

	if (!math_is_additive(s->math)) {
		math_write_places(c, s, facts, kept);
		return;
	}
	sql_addf(sql,
		"SELECT %zu AS series, coalesce(kept.place, 0) AS place, cells.b,"
		" sum(cells.n) AS n",
		s->order);
	breakdown_write_shown(c, s, "kept.");
	sql_addf(sql, " FROM cells_%zu AS cells LEFT JOIN %s AS kept ON ", s->order, kept);
	breakdown_write_match(c, "kept", "cells");
	sql_add(sql, " GROUP BY kept.place, cells.b");
	breakdown_write_keys(c, "kept.");
}

static void write_broken_down(struct counting *c)
{
	const struct series_list *list = &c->trends->series;
	struct sql *sql = c->writer.sql;

	sql_add(sql, "WITH ");
	if (trends_shares_places(c->trends)) {
		breakdown_write_bounds(c, NULL);
	}
	for (size_t i = 0; i < list->count; i++) {
		sql_add(sql, i ? ", " : "");
		write_tables(c, &list->items[i]);
	}
	if (trends_shares_places(c->trends)) {
		sql_add(sql, ", ");
		breakdown_write_kept(c, NULL, "kept");
	}
	for (size_t i = 0; i < list->count; i++) {
		sql_add(sql, i ? " UNION ALL " : " ");
		write_places(c, &list->items[i]);
	}
}

static void write_whole(struct counting *c, const struct series *s, size_t place)
{
	struct sql *sql = c->writer.sql;

	sql_addf(sql, "SELECT %zu AS series, %zu AS place, b, n FROM (", s->order, place);
	math_write_cells(c, s, NULL);
	sql_add(sql, ") AS cells");
}

struct sql *trends_statement(
	const struct trends *t, const struct trends_pass *pass, const struct kind_context *c)
{
	struct counting counting = {.trends = t,
		.pass = pass,
		.context = c,
		.writer = writer_open(c->dialect, c->env, pass->window.buckets)};
	size_t cohorts = t->breakdown.cohort_count;

	if (t->breakdown.part_count > 0) {
		write_broken_down(&counting);
		return counting.writer.sql;
	}
	for (size_t i = 0; i < t->series.count; i++) {
		for (size_t j = 0; j < MAX(cohorts, 1); j++) {
			counting.cohort = cohorts > 0 ? &t->breakdown.cohorts[j] : NULL;
			sql_add(counting.writer.sql, i || j ? " UNION ALL " : "");
			write_whole(&counting, &t->series.items[i], j + 1);
		}
	}
	return counting.writer.sql;
}
