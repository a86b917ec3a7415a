/* What happened to each actor that has to do with a funnel: "marked". */
#include "insight/funnels_sql.h"

#include <glib.h>

bool funnel_points_at_value(const struct funnel *t)
{
	return t->breakdown.is_set && t->attribution == ATTRIBUTE_STEP;
}

bool funnel_has_numbers(const struct funnel *t)
{
	return t->has_optional || (t->breakdown.is_set && t->attribution != ATTRIBUTE_ALL);
}

/* Which of two events of an instant comes first matters where one can be several steps or a value
 * is taken from it. */
static bool has_ids(const struct funnel *t)
{
	return !t->is_plain || t->breakdown.is_set;
}

void funnel_write_values(struct funnel_writer *s, const char *before)
{
	for (size_t i = 1; i <= funnel_value_count(s->t); i++) {
		sql_addf(s->w.sql, ", %sv%zu", before, i);
	}
}

void funnel_write_part(struct funnel_writer *s)
{
	sql_add(s->w.sql, "p");
	if (s->shares_values) {
		funnel_write_values(s, "");
	}
}

void funnel_write_keys(struct funnel_writer *s)
{
	sql_add(s->w.sql, "p");
	if (s->shares_values || s->touches) {
		funnel_write_values(s, "");
	}
}

/* What an event itself says, which is not yet the value of its actor. */
static char label_letter(const struct funnel_writer *s)
{
	return s->touches ? 'u' : 'v';
}

void funnel_write_is_step(struct funnel_writer *s, size_t step)
{
	sql_addf(s->w.sql, s->t->is_plain ? "tie = %zu" : "s%zu", step + 1);
}

void funnel_write_is_exclusion(struct funnel_writer *s, size_t exclusion)
{
	if (s->t->is_plain) {
		sql_addf(s->w.sql, "tie = %zu", s->t->step_count + exclusion + 1);
	} else {
		sql_addf(s->w.sql, "x%zu", exclusion + 1);
	}
}

void funnel_write_window(struct funnel_writer *s)
{
	if (s->window_param) {
		sql_addf(s->w.sql, "$%d::bigint", s->window_param);
	} else {
		s->window_param = sql_param_count(s->w.sql) + 1;
		sql_param_int(s->w.sql, s->t->window_us);
	}
}

void funnel_write_actor(struct funnel_writer *s)
{
	if (s->t->actor) {
		expression_write_text(s->t->actor, &s->w);
	} else {
		scope_write_actor(&s->t->scope, &s->w);
	}
}

void funnel_write_known(struct funnel_writer *s)
{
	if (s->t->actor) {
		sql_add(s->w.sql, " AND ");
		expression_write_text(s->t->actor, &s->w);
		sql_add(s->w.sql, " <> ''");
	}
}

static const struct entity *entity_at(const struct funnel *t, size_t i)
{
	return i < t->step_count ? &t->steps[i].entity : &t->exclusions[i - t->step_count].entity;
}

static void write_flags(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct writer *w = &s->w;
	size_t count = t->step_count + t->exclusion_count;

	sql_add(w->sql, t->is_plain ? ", CASE" : "");
	for (size_t i = 0; i < count; i++) {
		sql_add(w->sql, t->is_plain ? " WHEN " : ", ");
		entity_write(entity_at(t, i), w);
		if (t->is_plain) {
			sql_addf(w->sql, " THEN %zu", i + 1);
		} else if (i < t->step_count) {
			sql_addf(w->sql, " AS s%zu", i + 1);
		} else {
			sql_addf(w->sql, " AS x%zu", i - t->step_count + 1);
		}
	}
	if (t->is_plain && t->order == FUNNEL_STRICT) {
		sql_addf(w->sql, " ELSE %zu", count + 1);
	}
	sql_add(w->sql, t->is_plain ? " END AS tie" : "");
}

static void write_names(struct funnel_writer *s)
{
	const struct entity *entities[FUNNEL_MAX_STEPS + FUNNEL_MAX_EXCLUSIONS];
	size_t count = s->t->step_count + s->t->exclusion_count;

	for (size_t i = 0; i < count; i++) {
		entities[i] = entity_at(s->t, i);
	}
	entities_write_and_named(entities, count, &s->w);
}

static void write_labels(struct funnel_writer *s)
{
	if (funnel_value_count(s->t) > 0) {
		sql_add(s->w.sql, ", ");
		s->w.dialect->label(&s->w, &s->t->breakdown.property);
		sql_addf(s->w.sql, " AS %c1", label_letter(s));
	}
}

/* What breaks a strict chain can be any event. */
static void write_seen(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct writer *w = &s->w;

	sql_add(w->sql, "WITH seen AS (SELECT ");
	funnel_write_actor(s);
	sql_add(w->sql, " AS p, ");
	w->dialect->elapsed_us(w, "events.\"timestamp\"", s->range->from_us);
	sql_add(w->sql, " AS ts");
	write_flags(s);
	write_labels(s);
	sql_add(w->sql, has_ids(t) ? ", events.uuid AS id" : "");
	scope_write_rows(&t->scope, w, s->range->from_us, s->range->to_us);
	if (t->order != FUNNEL_STRICT) {
		write_names(s);
	}
	funnel_write_known(s);
	sql_add(w->sql, ")");
	s->last = "seen";
}

/* When each actor first did what a step is about, ever (spec/insights.md 2.2.2). */
static void write_first(struct funnel_writer *s, size_t i)
{
	const struct funnel_step *step = &s->t->steps[i];
	bool filtered = step->once == STEP_FIRST_TIME_WITH_FILTERS;
	g_autoptr(GPtrArray) nothing = g_ptr_array_new();
	struct entity bare = step->entity;
	struct scope scope = s->t->scope;

	bare.filters = nothing;
	if (!filtered) {
		scope.filter = scope.test_filter = NULL;
	}
	sql_addf(s->w.sql, ", first%zu AS (SELECT ", i + 1);
	funnel_write_actor(s);
	sql_add(s->w.sql, " AS p, ");
	s->w.dialect->elapsed_us(&s->w, "min(events.\"timestamp\")", s->range->from_us);
	sql_add(s->w.sql, " AS at");
	scope_write_history(&scope, &s->w, s->range->to_us);
	sql_add(s->w.sql, " AND ");
	entity_write(filtered ? &step->entity : &bare, &s->w);
	funnel_write_known(s);
	sql_add(s->w.sql, " GROUP BY 1)");
}

static void write_timely(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;

	for (size_t i = 0; i < t->step_count; i++) {
		if (t->steps[i].once != STEP_ALWAYS) {
			write_first(s, i);
		}
	}
	sql_add(sql, ", timely AS (SELECT seen.p, seen.ts, seen.id");
	for (size_t i = 1; i <= funnel_value_count(t); i++) {
		sql_addf(sql, ", seen.%c%zu", label_letter(s), i);
	}
	for (size_t i = 0; i < t->step_count; i++) {
		if (t->steps[i].once == STEP_ALWAYS) {
			sql_addf(sql, ", seen.s%zu", i + 1);
		} else {
			sql_addf(sql, ", (seen.s%zu AND seen.ts = first%zu.at) AS s%zu", i + 1,
				i + 1, i + 1);
		}
	}
	for (size_t i = 0; i < t->exclusion_count; i++) {
		sql_addf(sql, ", seen.x%zu", i + 1);
	}
	sql_add(sql, " FROM seen");
	for (size_t i = 0; i < t->step_count; i++) {
		if (t->steps[i].once != STEP_ALWAYS) {
			sql_addf(sql, " LEFT JOIN first%zu ON first%zu.p = seen.p", i + 1, i + 1);
		}
	}
	sql_add(sql, ")");
	s->last = "timely";
}

/* The events of an instant are taken in the order of their steps. */
static void write_ties(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;
	const char *between = "";

	if (t->is_plain) {
		sql_addf(sql, ", marked AS (SELECT * FROM %s WHERE tie IS NOT NULL)", s->last);
		return;
	}
	sql_add(sql, ", marked AS (SELECT *, CASE");
	for (size_t i = 0; i < t->step_count; i++) {
		sql_addf(sql, " WHEN s%zu THEN %zu", i + 1, i + 1);
	}
	sql_addf(sql, " ELSE %zu END AS tie FROM %s", t->step_count + 1, s->last);
	if (t->order != FUNNEL_STRICT) {
		sql_add(sql, " WHERE ");
		for (size_t i = 0; i < t->step_count + t->exclusion_count; i++) {
			sql_add(sql, between);
			if (i < t->step_count) {
				sql_addf(sql, "s%zu", i + 1);
			} else {
				sql_addf(sql, "x%zu", i - t->step_count + 1);
			}
			between = " OR ";
		}
	}
	sql_add(sql, ")");
}

/* Of each event, when the next excluded one comes strictly after it. */
static void write_numbered(struct funnel_writer *s)
{
	const struct funnel *t = s->t;
	struct sql *sql = s->w.sql;

	sql_add(sql, ", numbered AS (SELECT *");
	if (funnel_has_numbers(t)) {
		sql_add(sql, ", row_number() OVER (PARTITION BY ");
		funnel_write_part(s);
		sql_addf(sql, " ORDER BY %s) AS n", s->order);
	}
	for (size_t i = 0; i < t->exclusion_count; i++) {
		sql_add(sql, ", min(CASE WHEN ");
		funnel_write_is_exclusion(s, i);
		sql_add(sql, " THEN ts END) OVER (PARTITION BY ");
		funnel_write_part(s);
		sql_addf(sql,
			" ORDER BY ts DESC RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS"
			" next%zu",
			i + 1);
	}
	sql_add(sql, " FROM marked)");
	s->last = "numbered";
}

/* All of an actor's events, in the order in which they come anyway. */
static void write_whole_part(struct funnel_writer *s, const char *from)
{
	sql_addf(s->w.sql,
		" FROM %s WINDOW w AS (PARTITION BY p ORDER BY %s ROWS BETWEEN UNBOUNDED PRECEDING AND"
		" UNBOUNDED FOLLOWING))",
		from, s->order);
}

/* The value of the first or the last event that has one is that of all the actor's.  Numbers count
 * back from the latest event. */
static void write_touched(struct funnel_writer *s)
{
	struct sql *sql = s->w.sql;
	size_t count = funnel_value_count(s->t);

	sql_addf(sql, ", touching AS (SELECT *, %s(CASE WHEN ",
		s->t->attribution == ATTRIBUTE_FIRST ? "max" : "min");
	for (size_t i = 1; i <= count; i++) {
		sql_addf(sql, "%su%zu <> ''", i > 1 ? " OR " : "", i);
	}
	sql_add(sql, " THEN n END) OVER w AS touch");
	write_whole_part(s, "numbered");
	sql_add(sql, ", touched AS (SELECT *");
	for (size_t i = 1; i <= count; i++) {
		sql_addf(sql,
			", coalesce(max(CASE WHEN n = touch THEN u%zu END) OVER w, '') AS v%zu", i,
			i);
	}
	write_whole_part(s, "touching");
	s->last = "touched";
}

void funnel_write_marked(struct funnel_writer *s)
{
	const struct funnel *t = s->t;

	s->shares_values = t->breakdown.is_set && t->attribution == ATTRIBUTE_ALL;
	s->touches = t->breakdown.is_set &&
		     (t->attribution == ATTRIBUTE_FIRST || t->attribution == ATTRIBUTE_LAST);
	s->order = has_ids(t) ? "ts DESC, tie DESC, id DESC" : "ts DESC, tie DESC";
	write_seen(s);
	if (t->has_once) {
		write_timely(s);
	}
	write_ties(s);
	s->last = "marked";
	if (funnel_has_numbers(t) || t->exclusion_count > 0) {
		write_numbered(s);
	}
	if (s->touches) {
		write_touched(s);
	}
}
