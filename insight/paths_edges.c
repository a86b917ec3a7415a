/* Rows of a path to the edges of a result (spec/insights.md 2.5, 3.9). */
#include "insight/paths.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { COLUMN_SOURCE, COLUMN_TARGET, COLUMN_WEIGHT, COLUMN_US, COLUMN_COUNT };

struct edge {
	const char *source, *target; /* borrowed from the rows */
	double weight, us; /* of the sample */
};

static bool is_in_bounds(const struct paths *p, int64_t weight)
{
	return (!p->min_weight || weight >= p->min_weight) &&
	       (!p->max_weight || weight <= p->max_weight);
}

/* spec/insights.md 1.2: what a sample counts is scaled, to whole ways again */
static int64_t weight_of(const struct paths *p, const struct edge *e)
{
	return llround(e->weight / p->scope.sample);
}

static bool read_edges(
	const struct paths *p, const struct rows *rows, GArray *edges, struct fault *f)
{
	if (rows->row_count > 0 && rows->column_count != COLUMN_COUNT) {
		return fault_set(
			f, FAULT_BUG, "rows of paths have %zu columns", rows->column_count);
	}
	for (size_t i = 0; i < rows->row_count; i++) {
		struct edge e = {.source = rows_text(rows, i, COLUMN_SOURCE),
			.target = rows_text(rows, i, COLUMN_TARGET),
			.weight = rows_real(rows, i, COLUMN_WEIGHT, 0),
			.us = rows_real(rows, i, COLUMN_US, 0)};

		if (!e.source || !e.target || !(e.weight >= 1)) {
			return fault_set(
				f, FAULT_BUG, "row %zu of paths is not one that was asked for", i);
		}
		if (is_in_bounds(p, weight_of(p, &e))) {
			g_array_append_val(edges, e);
		}
	}
	return true;
}

/* The place of a node, 2 of "2_/pricing": edges go from one place to the next. */
static guint64 place_of(const char *node)
{
	return g_ascii_strtoull(node, NULL, 10);
}

static gint by_place(gconstpointer a, gconstpointer b)
{
	guint64 x = place_of((*(const struct edge *const *)a)->source);
	guint64 y = place_of((*(const struct edge *const *)b)->source);

	return x < y ? -1 : x > y;
}

/* The nodes that some way from a first node leads to. */
static GHashTable *reached_nodes(GArray *edges)
{
	GHashTable *reached = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(edges->len);

	for (guint i = 0; i < edges->len; i++) {
		g_ptr_array_add(sorted, &g_array_index(edges, struct edge, i));
	}
	g_ptr_array_sort(sorted, by_place);
	for (guint i = 0; i < sorted->len; i++) {
		const struct edge *e = g_ptr_array_index(sorted, i);

		if (place_of(e->source) == 1 || g_hash_table_contains(reached, e->source)) {
			g_hash_table_add(reached, (gpointer)(uintptr_t)e->source);
			g_hash_table_add(reached, (gpointer)(uintptr_t)e->target);
		}
	}
	return reached;
}

bool paths_edges(const struct paths *p, const struct rows *rows, json_t **out, struct fault *f)
{
	g_autoptr(GArray) edges = g_array_new(FALSE, FALSE, sizeof(struct edge));
	g_autoptr(GHashTable) reached = NULL;

	if (!read_edges(p, rows, edges, f)) {
		return false;
	}
	reached = reached_nodes(edges);
	*out = json_array();
	for (guint i = 0; i < edges->len; i++) {
		const struct edge *e = &g_array_index(edges, struct edge, i);

		if (g_hash_table_contains(reached, e->source)) {
			json_array_append_new(*out,
				json_pack("{s:s, s:s, s:I, s:f}", "source", e->source, "target",
					e->target, "value", (json_int_t)weight_of(p, e),
					"average_conversion_time", e->us / e->weight / US_PER_MS));
		}
	}
	return true;
}
