#include "insight/cohort.h"

#include "insight/brief.h"
#include "insight/entity.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

enum shape { SHAPE_LIST, SHAPE_PERSON, SHAPE_DID, SHAPE_COHORT, SHAPE_AND, SHAPE_OR };

enum behaviour { DID_ONCE, DID_TIMES, DID_FIRST, DID_STOP };

struct cohort {
	enum shape shape;
	bool is_negated;
	int64_t id; /* of LIST */
	GPtrArray *parts; /* of COHORT (one), AND, OR */
	struct filter *filter; /* of PERSON */
	/* of DID */
	enum behaviour behaviour;
	struct entity entity;
	int64_t from_us, stop_us;
	const char *comparison;
	int64_t times;
};

/* NULL: PostHog has it and this engine has not. */
static const struct {
	const char *name;
	int behaviour; /* -1: elsewhere */
} behaviours[] = {
	{"performed_event", DID_ONCE},
	{"performed_event_first_time", DID_FIRST},
	{"performed_event_multiple", DID_TIMES},
	{"performed_event_regularly", -1},
	{"performed_event_sequence", -1},
	{"restarted_performing_event", -1},
	{"stopped_performing_event", DID_STOP},
};

static const struct {
	const char *name, *sql;
} comparisons[] = {
	{"eq", "="}, {"exact", "="}, {"gt", ">"}, {"gte", ">="}, {"lt", "<"}, {"lte", "<="}};

static void destroy_part(gpointer part)
{
	cohort_destroy(part);
}

static struct cohort *create(enum shape shape)
{
	struct cohort *c = g_new0(struct cohort, 1);

	c->shape = shape;
	c->parts = g_ptr_array_new_with_free_func(destroy_part);
	return c;
}

void cohort_destroy(struct cohort *c)
{
	if (c) {
		g_ptr_array_unref(c->parts);
		filter_destroy(c->filter);
		entity_finish(&c->entity);
		g_free(c);
	}
}

static bool read_unit(const json_t *leaf, const char *key, char *out, struct fault *f)
{
	static const struct {
		const char *name;
		char letter;
	} units[] = {{"minute", 'M'}, {"hour", 'h'}, {"day", 'd'}, {"week", 'w'}, {"month", 'm'},
		{"year", 'y'}};
	const char *name = json_get_text(leaf, key, "day");
	char shown[BRIEF_BYTES];

	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		if (strcmp(units[i].name, name) == 0) {
			*out = units[i].letter;
			return true;
		}
	}
	return fault_set(f, FAULT_QUERY, "%s: '%s' is not a unit of time", key, brief(name, shown));
}

/* "30 days ago" in the words of the date language. */
static bool read_since(const json_t *leaf, const char *value_key, const char *unit_key,
	const char *text, struct filter_reader *r, int64_t *out, struct fault *f)
{
	enum { MOST = 10000 };
	g_autofree char *made = NULL;
	int64_t number = reference_id(json_object_get(leaf, value_key));
	struct date_text date;
	int64_t last_us;
	char letter = 0;

	if (!text) {
		if (number < 1 || number > MOST) {
			return fault_set(f, FAULT_QUERY, "%s is not a whole number from 1 to %d",
				value_key, MOST);
		}
		if (!read_unit(leaf, unit_key, &letter, f)) {
			return false;
		}
		made = g_strdup_printf("-%" PRId64 "%c", number, letter);
		text = made;
		value_key = unit_key;
	} else {
		value_key = "explicit_datetime";
	}
	return date_read(text, value_key, &date, f) &&
	       date_span(&date, text, value_key, r->place, out, &last_us, f);
}

static bool read_times(const json_t *leaf, struct cohort *c, struct fault *f)
{
	const char *name = json_get_text(leaf, "operator", "gte");
	const json_t *times = json_object_get(leaf, "operator_value");
	char shown[BRIEF_BYTES];

	for (size_t i = 0; i < G_N_ELEMENTS(comparisons); i++) {
		if (strcmp(comparisons[i].name, name) == 0) {
			c->comparison = comparisons[i].sql;
		}
	}
	if (!c->comparison) {
		return fault_set(f, FAULT_QUERY, "operator: '%s' does not compare how often",
			brief(name, shown));
	}
	c->times = json_is_integer(times) ? json_integer_value(times) : reference_id(times);
	return (c->times >= 0 && (json_is_integer(times) || c->times > 0)) ||
	       fault_set(f, FAULT_QUERY, "operator_value is not a whole number");
}

static bool find_behaviour(const json_t *leaf, struct cohort *c, struct fault *f)
{
	const char *name = json_get_text(leaf, "value", "");
	char shown[BRIEF_BYTES];

	for (size_t i = 0; i < G_N_ELEMENTS(behaviours); i++) {
		if (strcmp(behaviours[i].name, name) != 0) {
			continue;
		}
		if (behaviours[i].behaviour < 0) {
			return fault_set(
				f, FAULT_UNSUPPORTED, "value: '%s' is not computed here", name);
		}
		c->behaviour = (enum behaviour)behaviours[i].behaviour;
		return true;
	}
	return fault_set(f, FAULT_QUERY, "value: '%s' is not a behaviour", brief(name, shown));
}

/* What was done is written like an entity of retention: an event's name or an action's id. */
static bool read_done(
	const json_t *leaf, struct filter_reader *r, struct cohort *c, struct fault *f)
{
	json_t *node = json_object();
	const json_t *filters = json_object_get(leaf, "event_filters");
	bool fine;

	json_object_set_new(node, "type", json_string(json_get_text(leaf, "event_type", "events")));
	json_object_set(node, "id", json_object_get(leaf, "key"));
	if (filters) {
		json_object_set_new(node, "properties", json_deep_copy(filters));
	}
	fine = entity_read(node, r, &c->entity, f) || fault_wrap(f, "event: ");
	/* what is kept of the node outlives it: its texts are the definition's own */
	c->entity.node = leaf;
	if (fine && c->entity.event) {
		c->entity.event = json_get_text(leaf, "key", NULL);
	}
	json_decref(node);
	return fine;
}

static bool read_did(const json_t *leaf, struct filter_reader *r, struct cohort *c, struct fault *f)
{
	const char *since = json_get_text(leaf, "explicit_datetime", NULL);

	c->shape = SHAPE_DID;
	return find_behaviour(leaf, c, f) && read_done(leaf, r, c, f) &&
	       read_since(leaf, "time_value", "time_interval", since, r, &c->from_us, f) &&
	       (c->behaviour != DID_TIMES || read_times(leaf, c, f)) &&
	       (c->behaviour != DID_STOP || read_since(leaf, "seq_time_value", "seq_time_interval",
						    NULL, r, &c->stop_us, f));
}

static bool read_nested(
	const json_t *leaf, struct filter_reader *r, struct cohort *c, struct fault *f)
{
	int64_t id = reference_id(json_object_get(leaf, "value"));
	struct cohort *nested = NULL;

	c->shape = SHAPE_COHORT;
	if (!cohort_read(id, r, &nested, f)) {
		return fault_wrap(f, "value: ");
	}
	g_ptr_array_add(c->parts, nested);
	return true;
}

static bool read_person(
	const json_t *leaf, struct filter_reader *r, struct cohort *c, struct fault *f)
{
	c->shape = SHAPE_PERSON;
	return filter_read(r, leaf, &c->filter, f);
}

static bool read_any(const json_t *value, struct filter_reader *r, unsigned depth,
	struct cohort **out, struct fault *f);

static bool read_group(const json_t *group, struct filter_reader *r, unsigned depth,
	struct cohort *c, struct fault *f)
{
	const json_t *values = json_object_get(group, "values");
	const json_t *member;
	size_t i;

	if (depth > FILTER_MAX_DEPTH) {
		return fault_set(f, FAULT_QUERY,
			"values: groups of filters are nested deeper than %d", FILTER_MAX_DEPTH);
	}
	c->shape = strcmp(json_get_text(group, "type", "AND"), "OR") == 0 ? SHAPE_OR : SHAPE_AND;
	json_array_foreach(values, i, member)
	{
		struct cohort *part;

		if (!read_any(member, r, depth, &part, f)) {
			return fault_wrap(f, "values[%zu].", i);
		}
		g_ptr_array_add(c->parts, part);
	}
	return true;
}

static bool read_leaf(
	const json_t *leaf, struct filter_reader *r, struct cohort *c, struct fault *f)
{
	const char *type = json_get_text(leaf, "type", "");
	char shown[BRIEF_BYTES];

	if (++r->count > FILTER_MAX_COUNT) {
		return fault_set(f, FAULT_QUERY, "a query takes at most %d property filters",
			FILTER_MAX_COUNT);
	}
	c->is_negated = json_is_true(json_object_get(leaf, "negation"));
	if (strcmp(type, "person") == 0) {
		return read_person(leaf, r, c, f);
	}
	if (strcmp(type, "behavioral") == 0) {
		return read_did(leaf, r, c, f);
	}
	if (strcmp(type, "cohort") == 0) {
		return read_nested(leaf, r, c, f);
	}
	return fault_set(
		f, FAULT_UNSUPPORTED, "type: '%s' is not computed here", brief(type, shown));
}

static bool read_any(const json_t *value, struct filter_reader *r, unsigned depth,
	struct cohort **out, struct fault *f)
{
	struct cohort *c;

	if (!json_is_object(value)) {
		return fault_set(f, FAULT_QUERY, "type is missing");
	}
	c = create(SHAPE_AND);
	if (json_object_get(value, "values") ? !read_group(value, r, depth + 1, c, f)
					     : !read_leaf(value, r, c, f)) {
		cohort_destroy(c);
		return false;
	}
	*out = c;
	return true;
}

static bool read_definition(const json_t *definition, int64_t id, struct filter_reader *r,
	struct cohort **out, struct fault *f)
{
	const json_t *filters = json_object_get(definition, "filters");
	const json_t *properties = json_object_get(filters, "properties");

	if (json_is_true(json_object_get(definition, "is_static"))) {
		*out = create(SHAPE_LIST);
		(*out)->id = id;
		return true;
	}
	if (json_array_size(json_object_get(properties, "values")) == 0) {
		return fault_set(f, FAULT_QUERY, "it has no filters");
	}
	return read_any(properties, r, 0, out, f) || fault_wrap(f, "filters.properties.");
}

bool cohort_read(int64_t id, struct filter_reader *r, struct cohort **out, struct fault *f)
{
	const json_t *definition = references_cohort(r->references, id);
	enum expression_table rows = r->rows;
	bool fine;

	if (!definition) {
		return fault_set(f, FAULT_QUERY, "there is no such cohort");
	}
	if (r->cohort_depth >= COHORT_MAX_DEPTH) {
		return fault_set(f, FAULT_QUERY, "cohorts name each other more than %d deep",
			COHORT_MAX_DEPTH);
	}
	r->cohort_depth++;
	/* what its people did are events; its claims about them take them by their ids */
	r->rows = EXPRESSION_OF_EVENTS;
	fine = read_definition(definition, id, r, out, f) ||
	       fault_wrap(f, "cohort %" PRId64 ": ", id);
	r->rows = rows;
	r->cohort_depth--;
	return fine;
}

static void write_list(const struct cohort *c, struct writer *w)
{
	sql_addf(w->sql,
		"(%s IN (SELECT cohort_people.person_id FROM cohort_people"
		" WHERE cohort_people.project_id = ",
		w->person);
	writer_project(w);
	sql_add(w->sql, " AND cohort_people.cohort_id = ");
	sql_param_int(w->sql, c->id);
	sql_add(w->sql, ")) IS TRUE");
}

static void write_since(struct writer *w, int64_t from_us)
{
	sql_add(w->sql, " AND events.\"timestamp\" >= ");
	sql_param_time_us(w->sql, from_us);
}

static void write_did(const struct cohort *c, struct writer *w)
{
	const char *person = w->person;
	const struct entity *entity = &c->entity;

	sql_addf(w->sql,
		"(%s IN (SELECT events.person_id FROM events WHERE events.project_id = ", person);
	w->person = "events.person_id";
	writer_project(w);
	entities_write_and_named(&entity, 1, w);
	/* a first time is one of all history */
	if (c->behaviour != DID_FIRST) {
		write_since(w, c->from_us);
	}
	sql_add(w->sql, " AND events.\"timestamp\" <= ");
	sql_param_time_us(w->sql, w->env->now_us);
	sql_add(w->sql, " AND ");
	entity_write(entity, w);
	sql_add(w->sql, " GROUP BY events.person_id");
	switch (c->behaviour) {
	case DID_ONCE:
		break;
	case DID_TIMES:
		sql_addf(w->sql, " HAVING count(*) %s ", c->comparison);
		sql_param_int(w->sql, c->times);
		break;
	case DID_FIRST:
		sql_add(w->sql, " HAVING min(events.\"timestamp\") >= ");
		sql_param_time_us(w->sql, c->from_us);
		break;
	case DID_STOP:
		sql_add(w->sql, " HAVING max(events.\"timestamp\") < ");
		sql_param_time_us(w->sql, c->stop_us);
		break;
	}
	sql_add(w->sql, ")) IS TRUE");
	w->person = person;
}

static void write_parts(const struct cohort *c, struct writer *w)
{
	for (guint i = 0; i < c->parts->len; i++) {
		sql_add(w->sql, i == 0 ? "" : c->shape == SHAPE_OR ? " OR " : " AND ");
		cohort_write(g_ptr_array_index(c->parts, i), w);
	}
	/* a group without members restricts nothing */
	sql_add(w->sql, c->parts->len == 0 ? "true" : "");
}

void cohort_write(const struct cohort *c, struct writer *w)
{
	sql_add(w->sql, c->is_negated ? "NOT (" : "(");
	switch (c->shape) {
	case SHAPE_LIST:
		write_list(c, w);
		break;
	case SHAPE_PERSON:
		sql_add(w->sql, "true");
		filter_write_and(c->filter, w);
		break;
	case SHAPE_DID:
		write_did(c, w);
		break;
	case SHAPE_COHORT:
	case SHAPE_AND:
	case SHAPE_OR:
		write_parts(c, w);
		break;
	}
	sql_add(w->sql, ")");
}
