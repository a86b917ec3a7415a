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

struct property counting_joined(const struct property *p)
{
	static const char *const groups[PROPERTY_MAX_GROUP + 1] = {
		"groups_0", "groups_1", "groups_2", "groups_3", "groups_4"};
	struct property joined = *p;

	if (p->owner == PROPERTY_OF_person) {
		joined.table = "persons";
	} else if (p->owner == PROPERTY_OF_group) {
		joined.table = groups[p->group_index];
	}
	return joined;
}

static void add_join(GString *joins, const struct property *p)
{
	g_autofree char *join = NULL;

	if (p->owner == PROPERTY_OF_person) {
		join = g_strdup(" LEFT JOIN persons ON persons.project_id = events.project_id"
				" AND persons.id = events.person_id");
	} else if (p->owner == PROPERTY_OF_group) {
		const char *table = counting_joined(p).table;

		join = g_strdup_printf(" LEFT JOIN groups AS %s ON %s.project_id ="
				       " events.project_id AND %s.group_type_index = %d"
				       " AND %s.group_key = events.group_%d",
			table, table, table, p->group_index, table, p->group_index);
	}
	if (join && !strstr(joins->str, join)) {
		g_string_append(joins, join);
	}
}

/* A join finds each person once; a look-up beside each event would find them again and again. */
static char *joins_of(const struct counting *c, const struct series *s)
{
	g_autoptr(GString) joins = g_string_new(NULL);

	for (size_t i = 0; i < c->trends->breakdown.part_count; i++) {
		add_join(joins, &c->trends->breakdown.parts[i].property);
	}
	if (s->property.key) {
		add_join(joins, &s->property);
	}
	return g_strdup(joins->str);
}

void counting_write_rows(struct counting *c, const struct series *s)
{
	struct writer *w = &c->writer;
	g_autofree char *joins = joins_of(c, s);

	w->joined = joins;
	scope_write_rows(&c->trends->scope, w, from_us(c, s), c->pass->window.range.to_us);
	w->joined = NULL;
	sql_add(w->sql, " AND ");
	entity_write(&s->entity, w);
	write_cohort(c);
}
