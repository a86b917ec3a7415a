/* The rows that a series counts. */
#include "insight/counting.h"

#include <glib.h>
#include <string.h>

enum math_shape counting_shape(const struct counting *c, const struct series *s)
{
	bool is_plain = s->math->shape == MATH_ACTIVE && !trends_counts_days(c->trends, s);

	return is_plain ? MATH_ACTORS : s->math->shape;
}

static int64_t from_us(const struct counting *c, const struct series *s)
{
	bool looks_back = s->math->shape == MATH_ACTIVE &&
			  (c->trends->form == TRENDS_TOTAL || counting_shape(c, s) == MATH_ACTIVE);

	return looks_back ? activity_from_us(&c->pass->activity, (int)s->math->number,
				    c->context->place.zone)
			  : c->pass->window.range.from_us;
}

static void write_cohort(struct counting *c)
{
	if (c->cohort && c->cohort->condition) {
		sql_add(c->writer.sql, " AND ");
		cohort_write(c->cohort->condition, &c->writer);
	}
}

/* The property of a series comes after the parts of a breakdown. */
enum { PLACE_OF_MATH = BREAKDOWN_MAX_PARTS };

struct property counting_joined(const struct property *p, size_t place)
{
	static const char *const groups[PROPERTY_MAX_GROUP + 1] = {
		"groups_0", "groups_1", "groups_2", "groups_3", "groups_4"};
	static const char *const sessions[PLACE_OF_MATH] = {
		"sessions_1", "sessions_2", "sessions_3"};
	struct property joined = *p;

	if (p->owner == PROPERTY_OF_person) {
		joined.table = "persons";
	} else if (p->owner == PROPERTY_OF_group) {
		joined.table = groups[p->group_index];
	} else if (p->owner == PROPERTY_OF_session && place < PLACE_OF_MATH) {
		joined.table = sessions[place];
	}
	return joined;
}

struct property counting_math_property(const struct series *s)
{
	return counting_joined(&s->property, PLACE_OF_MATH);
}

struct joining {
	const struct counting *counting;
	const struct series *series;
};

static const struct property *property_at(const struct joining *j, size_t place)
{
	const struct breakdown *b = &j->counting->trends->breakdown;

	if (place == PLACE_OF_MATH) {
		return j->series->property.key ? &j->series->property : NULL;
	}
	return place < b->part_count && b->parts[place].property.key ? &b->parts[place].property
								     : NULL;
}

static bool is_joined_before(const struct joining *j, size_t place, const char *table)
{
	for (size_t i = 0; i < place; i++) {
		const struct property *p = property_at(j, i);

		if (p && g_strcmp0(counting_joined(p, i).table, table) == 0) {
			return true;
		}
	}
	return false;
}

static void write_join(
	struct writer *w, const struct joining *j, const struct property *p, const char *table)
{
	const struct date_range *range = &j->counting->pass->window.range;

	if (p->owner == PROPERTY_OF_person) {
		sql_add(w->sql, " LEFT JOIN persons ON persons.project_id = events.project_id"
				" AND persons.id = events.person_id");
	} else if (p->owner == PROPERTY_OF_group) {
		sql_addf(w->sql,
			" LEFT JOIN groups AS %s ON %s.project_id = events.project_id"
			" AND %s.group_type_index = %d AND %s.group_key = events.group_%d",
			table, table, table, p->group_index, table, p->group_index);
	} else {
		sql_add(w->sql, " LEFT JOIN ");
		w->dialect->sessions(w, p, from_us(j->counting, j->series) - session_margin_us,
			range->to_us + session_margin_us);
		sql_addf(w->sql, " AS %s ON %s.id = ", table, table);
		w->dialect->session(w);
	}
}

/* A join finds each person once; a look-up beside each event would find them again and again. */
static void write_joins(struct writer *w, const void *arg)
{
	const struct joining *j = arg;

	for (size_t i = 0; i <= PLACE_OF_MATH; i++) {
		const struct property *p = property_at(j, i);
		const char *table = p ? counting_joined(p, i).table : NULL;

		if (table && !is_joined_before(j, i, table)) {
			write_join(w, j, p, table);
		}
	}
}

void counting_write_rows(struct counting *c, const struct series *s)
{
	struct writer *w = &c->writer;
	struct joining joining = {.counting = c, .series = s};

	w->join = write_joins;
	w->join_arg = &joining;
	scope_write_rows(&c->trends->scope, w, from_us(c, s), c->pass->window.range.to_us);
	w->join = NULL;
	w->join_arg = NULL;
	sql_add(w->sql, " AND ");
	entity_write(&s->entity, w);
	write_cohort(c);
}
