/* The values of a breakdown: how rows are told apart, ranked and shown (spec/insights.md 2.2.6). */
#include "insight/counting.h"

#include <glib.h>

/* Values are told apart by all of their text; what is shown of one is bounded. */
enum { LABEL_CHARACTERS = 2000 };

static char *bounds_name(const struct counting *c, const struct series *s, size_t part)
{
	return g_strdup_printf(
		"bounds_%zu_%zu", trends_shares_places(c->trends) ? 0 : s->order, part + 1);
}

static void write_label(struct counting *c, const struct series *s, size_t i)
{
	const struct breakdown_part *part = &c->trends->breakdown.parts[i];
	struct property property = counting_joined(&part->property, i);
	struct writer *w = &c->writer;

	if (part->expression) {
		sql_add(w->sql, "coalesce(");
		expression_write_text(part->expression, w);
		sql_add(w->sql, ", '')");
	} else if (part->bins > 0) {
		g_autofree char *bounds = bounds_name(c, s, i);

		w->dialect->bin(w, &property, part->bins, bounds);
	} else if (part->trims_urls) {
		w->dialect->trimmed_label(w, &property);
	} else {
		w->dialect->label(w, &property);
	}
}

void breakdown_write_labels(struct counting *c, const struct series *s)
{
	for (size_t i = 0; i < c->trends->breakdown.part_count; i++) {
		sql_add(c->writer.sql, ", ");
		write_label(c, s, i);
		sql_addf(c->writer.sql, " AS v%zu", i + 1);
	}
}

void breakdown_write_keys(struct counting *c, const char *prefix)
{
	for (size_t i = 1; i <= c->trends->breakdown.part_count; i++) {
		sql_addf(c->writer.sql, ", %sv%zu", prefix, i);
	}
}

void breakdown_write_match(struct counting *c, const char *a, const char *b)
{
	for (size_t i = 1; i <= c->trends->breakdown.part_count; i++) {
		sql_addf(c->writer.sql, "%s%s.v%zu = %s.v%zu", i > 1 ? " AND " : "", a, i, b, i);
	}
}

void breakdown_write_row_match(struct counting *c, const struct series *s, const char *a)
{
	for (size_t i = 0; i < c->trends->breakdown.part_count; i++) {
		sql_addf(c->writer.sql, "%s%s.v%zu = ", i ? " AND " : "", a, i + 1);
		write_label(c, s, i);
	}
}

void breakdown_write_shown(struct counting *c, const struct series *s, const char *prefix)
{
	const struct breakdown *b = &c->trends->breakdown;
	struct writer *w = &c->writer;

	for (size_t i = 0; i < b->part_count; i++) {
		g_autofree char *key = g_strdup_printf("%sv%zu", prefix, i + 1);

		if (b->parts[i].bins > 0) {
			g_autofree char *bounds = bounds_name(c, s, i);

			sql_add(w->sql, ", ");
			w->dialect->bin_label(w, key, b->parts[i].bins, bounds);
		} else {
			sql_addf(w->sql, ", left(%s, %d)", key, LABEL_CHARACTERS);
		}
		sql_addf(w->sql, " AS v%zu", i + 1);
	}
}

static void write_measured(struct counting *c, const struct series *s, size_t part)
{
	struct property property =
		counting_joined(&c->trends->breakdown.parts[part].property, part);

	sql_add(c->writer.sql, "SELECT ");
	c->writer.dialect->real(&c->writer, &property);
	sql_add(c->writer.sql, " AS x");
	counting_write_rows(c, s);
}

/* They hold for all values of the other parts. */
void breakdown_write_bounds(struct counting *c, const struct series *s)
{
	const struct breakdown *b = &c->trends->breakdown;
	const struct series_list *list = &c->trends->series;

	for (size_t i = 0; i < b->part_count; i++) {
		g_autofree char *name = bounds_name(c, s ? s : list->items, i);

		if (b->parts[i].bins == 0) {
			continue;
		}
		sql_addf(c->writer.sql, "%s AS (SELECT min(x) AS lo, max(x) AS hi FROM (", name);
		for (size_t j = 0; j < list->count; j++) {
			if (!s || s == &list->items[j]) {
				sql_add(c->writer.sql, !s && j ? " UNION ALL " : "");
				write_measured(c, &list->items[j], i);
			}
		}
		sql_add(c->writer.sql, ") AS measured), ");
	}
}

/* By the sum of the buckets: of active people, whose cells are changes from day to day, each change
 * is in all buckets from then on. */
static void write_scores(struct counting *c, const struct series *s)
{
	struct writer *w = &c->writer;
	bool is_active = counting_shape(c, s) == MATH_ACTIVE;
	double scale = trends_scale(c->trends, s);

	sql_addf(w->sql, "SELECT %s", is_active ? "sum(cells.n * weights.number)" : "cells.n");
	if (scale != 1) {
		sql_add(w->sql, " * ");
		sql_param_real(w->sql, scale);
	}
	sql_add(w->sql, " AS n");
	breakdown_write_keys(c, "cells.");
	sql_addf(w->sql, " FROM cells_%zu AS cells", s->order);
	if (is_active) {
		g_autofree unsigned *weights = activity_weights(&c->pass->activity);

		sql_add(w->sql, " JOIN ");
		w->dialect->number_table(
			w, weights, (size_t)c->pass->activity.day_count + 1, "weights");
		sql_add(w->sql, " ON weights.place = cells.b GROUP BY");
		for (size_t i = 1; i <= c->trends->breakdown.part_count; i++) {
			sql_addf(w->sql, "%s cells.v%zu", i > 1 ? "," : "", i);
		}
		sql_add(w->sql, " HAVING sum(cells.n * weights.number) > 0");
	}
}

void breakdown_write_kept(struct counting *c, const struct series *s, const char *name)
{
	const struct breakdown *b = &c->trends->breakdown;
	const struct series_list *list = &c->trends->series;
	struct sql *sql = c->writer.sql;

	sql_addf(sql, "%s AS (SELECT row_number() OVER (ORDER BY sum(n) DESC", name);
	for (size_t i = 1; i <= b->part_count; i++) {
		sql_addf(sql, "%s v%zu = ''", i > 1 ? " OR" : ",", i);
	}
	for (size_t i = 1; i <= b->part_count; i++) {
		sql_addf(sql, ", v%zu %s", i, c->writer.dialect->byte_order);
	}
	sql_add(sql, ") AS place");
	breakdown_write_keys(c, "");
	sql_add(sql, " FROM (");
	for (size_t i = 0; i < list->count; i++) {
		if (!s || s == &list->items[i]) {
			sql_add(sql, !s && i ? " UNION ALL " : "");
			write_scores(c, &list->items[i]);
		}
	}
	sql_add(sql, ") AS scores GROUP BY");
	for (size_t i = 1; i <= b->part_count; i++) {
		sql_addf(sql, "%s v%zu", i > 1 ? "," : "", i);
	}
	sql_add(sql, " ORDER BY place LIMIT ");
	sql_param_int(sql, b->limit);
	sql_add(sql, ")");
}
