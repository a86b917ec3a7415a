/* Paths in one statement: items, sessions, the part of each that counts, its edges
 * (spec/insights.md 2.5).
 *
 * Each step is a named subquery over the one before it.  Nearly all windows have the same order,
 * so that the events are sorted once. */
#include "insight/paths.h"

#include <glib.h>

/* The order of one actor's events; two of the same moment are told apart by their ids. */
#define IN_ORDER " WINDOW w AS (PARTITION BY actor ORDER BY at, uuid)"

static void write_types(struct writer *w, const struct paths *p)
{
	const char *between = "";

	if (p->has_all) {
		return;
	}
	sql_add(w->sql, " AND (");
	if (p->has_pages) {
		sql_add(w->sql, "events.event = '$pageview'");
		between = " OR ";
	}
	if (p->has_screens) {
		sql_add(w->sql, between);
		sql_add(w->sql, "events.event = '$screen'");
		between = " OR ";
	}
	if (p->has_custom) {
		sql_add(w->sql, between);
		sql_add(w->sql, "events.event NOT LIKE '$%'");
	}
	sql_add(w->sql, ")");
}

static void write_item(struct writer *w, const struct paths *p)
{
	static char url[] = "$current_url", screen[] = "$screen_name";
	const struct property page_name = {.owner = PROPERTY_OF_event, .key = url};
	const struct property screen_name = {.owner = PROPERTY_OF_event, .key = screen};

	sql_add(w->sql, "CASE");
	if (p->has_pages) {
		sql_add(w->sql, " WHEN events.event = '$pageview' THEN ");
		w->dialect->text(w, &page_name);
	}
	if (p->has_screens) {
		sql_add(w->sql, " WHEN events.event = '$screen' THEN ");
		w->dialect->text(w, &screen_name);
	}
	/* a CASE needs a WHEN */
	sql_add(w->sql, " WHEN true THEN ");
	if (p->expression) {
		expression_write_text(p->expression, w);
	} else {
		sql_add(w->sql, "events.event");
	}
	sql_add(w->sql, " END");
}

/* What happened when, as it was sent. */
static void write_raw(struct writer *w, const struct paths *p, const struct date_range *range)
{
	sql_add(w->sql, "SELECT ");
	scope_write_actor(&p->scope, w);
	sql_addf(w->sql,
		" AS actor, events.\"timestamp\" AS at, events.uuid AS uuid, %s AS is_page, ",
		p->has_pages ? "events.event = '$pageview'" : "false");
	write_item(w, p);
	sql_add(w->sql, " AS item");
	scope_write_rows(&p->scope, w, range->from_us, range->to_us);
	write_types(w, p);
	if (p->funnel.is_set) {
		paths_funnel_write_is_target(&p->funnel, w);
	}
	sql_add(w->sql, w->dialect->computed_once);
}

/* A wildcard is the only thing that a grouping does not mean literally. */
static char *grouping_pattern(const char *grouping)
{
	GString *s = g_string_new(NULL);

	for (const char *c = grouping; *c; c++) {
		if (*c == '%' || *c == '_' || *c == '\\') {
			g_string_append_c(s, '\\');
		}
		g_string_append_c(s, *c == '*' ? '%' : *c);
	}
	return g_string_free(s, FALSE);
}

/* The first grouping that matches all of an item. */
static void write_grouped(struct writer *w, const GPtrArray *groupings)
{
	sql_add(w->sql, groupings->len > 0 ? "CASE" : "item");
	for (guint i = 0; i < groupings->len; i++) {
		const char *grouping = g_ptr_array_index(groupings, i);
		g_autofree char *pattern = grouping_pattern(grouping);

		sql_add(w->sql, " WHEN item LIKE ");
		sql_param_text(w->sql, pattern);
		sql_add(w->sql, " THEN ");
		sql_param_text(w->sql, grouping);
	}
	sql_add(w->sql, groupings->len > 0 ? " ELSE item END" : "");
}

static void write_excluded(struct writer *w, const GPtrArray *excluded)
{
	for (guint i = 0; i < excluded->len; i++) {
		sql_add(w->sql, i ? ", " : " AND item NOT IN (");
		sql_param_text(w->sql, g_ptr_array_index(excluded, i));
	}
	sql_add(w->sql, excluded->len > 0 ? ")" : "");
}

/* "items": actor, at, uuid, item; cleaned, without what has no item. */
static void write_items(struct writer *w, const struct paths *p, const struct date_range *range)
{
	static const char without_slash[] =
		"CASE WHEN is_page AND item LIKE '_%/' THEN left(item, length(item) - 1)"
		" ELSE item END";

	sql_add(w->sql, p->funnel.is_set ? ", raw AS (" : "WITH raw AS (");
	write_raw(w, p, range);
	sql_add(w->sql, "), replaced AS (SELECT actor, at, uuid, left(");
	w->dialect->replaced(w, without_slash, p->rules.replacements);
	sql_addf(w->sql, ", %d) AS item FROM raw%s), grouped AS (SELECT actor, at, uuid, ",
		PATHS_ITEM_CHARACTERS, w->dialect->computed_once);
	write_grouped(w, p->rules.groupings);
	sql_addf(w->sql,
		" AS item FROM replaced%s), items AS (SELECT actor, at, uuid, item FROM grouped",
		p->rules.groupings->len > 0 ? w->dialect->computed_once : "");
	if (p->funnel.is_set) {
		paths_funnel_write_join(&p->funnel, w, "grouped");
	}
	sql_add(w->sql, " WHERE item <> ''");
	write_excluded(w, p->rules.excluded);
	sql_add(w->sql, ")");
}

/* The later instant is of the same session as the earlier one. */
static void write_goes_on(struct writer *w, const char *later, const char *earlier)
{
	sql_addf(w->sql, "%s < %s + INTERVAL '%d' SECOND", later, earlier, PATHS_SESSION_SECONDS);
}

/* "moves": whether a session begins with the item; one of a single item leads nowhere and is left
 * out early, for many are. */
static void write_moves(struct writer *w)
{
	sql_add(w->sql,
		", pairs AS (SELECT actor, at, uuid, item, lag(at) OVER w AS at_before,"
		" lag(item) OVER w AS item_before, lead(at) OVER w AS at_after FROM items" IN_ORDER
		"), moves AS (SELECT actor, at, uuid, item, item_before, CASE WHEN ");
	write_goes_on(w, "at", "at_before");
	sql_add(w->sql, " THEN 0 ELSE 1 END AS begins FROM pairs WHERE ");
	write_goes_on(w, "at", "at_before");
	sql_add(w->sql, " OR ");
	write_goes_on(w, "at_after", "at");
	sql_add(w->sql, ")");
}

/* "sessions": what repeats the item before it is left out.  n numbers an actor's items, `first` is
 * the number that the session begins with; `source` and `left_at` are of the item before. */
static void write_sessions(struct writer *w)
{
	write_moves(w);
	sql_add(w->sql,
		", counted AS (SELECT actor, at, uuid, item, begins, row_number() OVER w AS n,"
		" lag(item) OVER w AS source, lag(at) OVER w AS left_at"
		" FROM moves WHERE begins = 1 OR item <> item_before" IN_ORDER ")"
		", sessions AS (SELECT actor, at, item, source, left_at, n,"
		" max(CASE WHEN begins = 1 THEN n END)"
		" OVER (w ROWS UNBOUNDED PRECEDING) AS first FROM counted" IN_ORDER ")");
}

/* "started": from the start point's first time in the session on, which is number `entry`; without
 * one, all of it. */
static void write_started(struct writer *w, const struct paths *p)
{
	if (!p->start) {
		sql_add(w->sql, ", started AS (SELECT actor, at, item, source, left_at, n, first,"
				" first AS entry FROM sessions)");
		return;
	}
	sql_add(w->sql, ", entries AS (SELECT actor, at, item, source, left_at, n, first,"
			" min(CASE WHEN item = ");
	sql_param_text(w->sql, p->start);
	sql_add(w->sql, " THEN n END) OVER (PARTITION BY actor, first) AS entry FROM sessions)"
			", started AS (SELECT actor, at, item, source, left_at, n, first, entry"
			" FROM entries WHERE n >= entry)");
}

/* "ended": up to the end point's first time after that, which is number `last`. */
static void write_ended(struct writer *w, const struct paths *p)
{
	sql_add(w->sql, ", exits AS (SELECT actor, at, item, source, left_at, n, first, entry,"
			" min(CASE WHEN item = ");
	sql_param_text(w->sql, p->end);
	sql_add(w->sql, " THEN n END) OVER (PARTITION BY actor, first) AS last FROM started)"
			", ended AS (SELECT actor, at, item, source, left_at, n, first, entry, last"
			" FROM exits WHERE n <= last)");
}

/* "ways": the first items. */
static void write_head(struct writer *w, const struct paths *p)
{
	sql_add(w->sql, ", ways AS (SELECT n - entry + 1 AS place, source, left_at, item, at"
			" FROM started WHERE n - entry < ");
	sql_param_int(w->sql, p->steps);
	sql_add(w->sql, ")");
}

/* "ways": the end point and the last items before it. */
static void write_tail(struct writer *w, const struct paths *p)
{
	sql_add(w->sql, ", ways AS (SELECT n - greatest(entry, last + 1 - ");
	sql_param_int(w->sql, p->steps);
	sql_add(w->sql, ") + 1 AS place, source, left_at, item, at FROM ended)");
}

/* "ways" from the start point to the end point: of one that is too long both ends are kept, and
 * what lies between is one item, "...", which has the moment of the first that it stands for. */
static void write_both(struct writer *w, const struct paths *p)
{
	sql_add(w->sql, ", measured AS (SELECT actor, at, item, source, left_at, n, first, last,"
			" last - entry >= ");
	sql_param_int(w->sql, p->steps);
	sql_add(w->sql, " AS is_long, entry, ");
	sql_param_int(w->sql, p->steps / 2);
	sql_add(w->sql,
		" AS half FROM ended)"
		", halves AS (SELECT at, item, source, left_at, n, entry, last, half, is_long,"
		" is_long AND n = entry + half AS is_gap, is_long AND n = last - half + 1 AS is_after,"
		" max(CASE WHEN n = entry + half THEN at END)"
		" OVER (PARTITION BY actor, first) AS gap_at FROM measured)"
		", ways AS (SELECT CASE WHEN is_long AND n > last - half"
		" THEN n - last + 2 * half + 1 ELSE n - entry + 1 END AS place,"
		" CASE WHEN is_after THEN '...' ELSE source END AS source,"
		" CASE WHEN is_after THEN gap_at ELSE left_at END AS left_at,"
		" CASE WHEN is_gap THEN '...' ELSE item END AS item, at FROM halves"
		" WHERE NOT is_long OR n <= entry + half OR n > last - half)");
}

static void write_ways(struct writer *w, const struct paths *p)
{
	write_started(w, p);
	if (!p->end) {
		write_head(w, p);
		return;
	}
	write_ended(w, p);
	if (p->start) {
		write_both(w, p);
	} else {
		write_tail(w, p);
	}
}

/* From each item of a way to the one after it. */
static void write_edges(struct writer *w, const struct paths *p)
{
	sql_add(w->sql, ", edges AS (SELECT concat(place - 1, '_', source) AS source,"
			" concat(place, '_', item) AS target, count(*) AS n, ");
	w->dialect->instant_us(w, "sum(at - left_at)");
	sql_addf(w->sql,
		" AS us FROM ways WHERE place > 1 GROUP BY place, source, item)"
		" SELECT source, target, n, us FROM edges ORDER BY n DESC, source %s, target %s"
		" LIMIT ",
		w->dialect->byte_order, w->dialect->byte_order);
	sql_param_int(w->sql, p->edges);
}

struct sql *paths_statement(
	const struct paths *p, const struct date_range *range, const struct kind_context *c)
{
	struct writer w = writer_open(c->dialect, c->env, NULL);

	if (p->funnel.is_set) {
		paths_funnel_write_targets(&p->funnel, &w);
	}
	write_items(&w, p, range);
	write_sessions(&w);
	write_ways(&w, p);
	write_edges(&w, p);
	return w.sql;
}
