#include "insight/filter.h"

#include "insight/brief.h"
#include "insight/cohort.h"
#include "insight/expression.h"
#include "insight/operator.h"

#include <glib.h>
#include <string.h>

enum shape { SHAPE_TRUE, SHAPE_CLAIM, SHAPE_COHORTS, SHAPE_EXPRESSION, SHAPE_AND, SHAPE_OR };

struct filter {
	enum shape shape;
	GPtrArray *parts; /* of AND and OR */
	struct property property;
	const struct operator* op;
	struct operand operand;
	GPtrArray *cohorts; /* of COHORTS: in one of them */
	bool is_negated; /* of COHORTS */
	struct expression *expression; /* of EXPRESSION */
};

static void destroy_part(gpointer part)
{
	filter_destroy(part);
}

static struct filter *create(enum shape shape)
{
	struct filter *filter = g_new0(struct filter, 1);

	filter->shape = shape;
	filter->parts = g_ptr_array_new_with_free_func(destroy_part);
	return filter;
}

void filter_destroy(struct filter *filter)
{
	if (filter) {
		g_ptr_array_unref(filter->parts);
		property_finish(&filter->property);
		expression_destroy(filter->expression);
		operand_finish(&filter->operand);
		if (filter->cohorts) {
			g_ptr_array_unref(filter->cohorts);
		}
		g_free(filter);
	}
}

static bool get_text(const json_t *leaf, const char *key, const char *otherwise, const char **out,
	struct fault *f)
{
	const json_t *member = json_object_get(leaf, key);

	*out = otherwise;
	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "%s is not a text", key);
	}
	*out = json_string_value(member);
	return true;
}

static void destroy_cohort(gpointer cohort)
{
	cohort_destroy(cohort);
}

static bool add_cohort(
	struct filter_reader *r, const json_t *id, struct filter *filter, struct fault *f)
{
	struct cohort *cohort;

	if (r->rows == EXPRESSION_OF_GROUPS) {
		return fault_set(f, FAULT_QUERY, "type: a group is in no cohort");
	}
	if (!reference_id(id)) {
		return fault_set(f, FAULT_QUERY, "value: a cohort has a whole number above 0");
	}
	if (!cohort_read(reference_id(id), r, &cohort, f)) {
		return fault_wrap(f, "value: ");
	}
	g_ptr_array_add(filter->cohorts, cohort);
	return true;
}

/* {"type": "cohort", "key": "id", "value": 5, "operator": "in"} */
static bool read_cohorts(
	struct filter_reader *r, const json_t *leaf, struct filter *filter, struct fault *f)
{
	const json_t *value = json_object_get(leaf, "value");
	const json_t *member;
	const char *name;
	char shown[BRIEF_BYTES];
	size_t i;

	if (!get_text(leaf, "operator", "in", &name, f)) {
		return false;
	}
	filter->is_negated = strcmp(name, "not_in") == 0 || strcmp(name, "is_not") == 0;
	if (!filter->is_negated && strcmp(name, "in") != 0 && strcmp(name, "exact") != 0) {
		return fault_set(f, FAULT_QUERY, "operator: '%s' says nothing of a cohort",
			brief(name, shown));
	}
	if (!value || json_is_null(value)) {
		return true;
	}
	filter->cohorts = g_ptr_array_new_with_free_func(destroy_cohort);
	if (!json_is_array(value) && !add_cohort(r, value, filter, f)) {
		return false;
	}
	json_array_foreach(value, i, member)
	{
		if (!add_cohort(r, member, filter, f)) {
			return false;
		}
	}
	filter->shape = filter->cohorts->len > 0 ? SHAPE_COHORTS : SHAPE_TRUE;
	return true;
}

/* Which properties the rows have, and the table that they stand in. */
static bool place_property(
	const struct filter_reader *r, const char *type, struct property *p, struct fault *f)
{
	switch (r->rows) {
	case EXPRESSION_OF_EVENTS:
		return true;
	case EXPRESSION_OF_PERSONS:
		p->table = "persons";
		return p->owner == PROPERTY_OF_person ||
		       fault_set(f, FAULT_UNSUPPORTED,
			       "type: of a person, properties of type '%s' are not computed here",
			       type);
	case EXPRESSION_OF_GROUPS:
		p->table = "groups";
		if (p->owner != PROPERTY_OF_group) {
			return fault_set(f, FAULT_UNSUPPORTED,
				"type: of a group, properties of type '%s' are not computed here",
				type);
		}
		return p->group_index == r->group_index ||
		       fault_set(f, FAULT_QUERY, "group_type_index: the rows are groups of type %d",
			       r->group_index);
	}
	return true;
}

static bool read_claim(struct filter_reader *r, const json_t *leaf, const char *type,
	struct filter *filter, struct fault *f)
{
	const char *key, *name;
	bool is_complete;

	if (!get_text(leaf, "key", NULL, &key, f) ||
		!get_text(leaf, "operator", "exact", &name, f)) {
		return false;
	}
	if (!key) {
		return fault_set(f, FAULT_QUERY, "key is missing");
	}
	if (!property_read(type, "type", key, "key", json_object_get(leaf, "group_type_index"),
		    &filter->property, f) ||
		!place_property(r, type, &filter->property, f) ||
		!operator_lookup(name, &filter->op, f) ||
		!operand_read(filter->op, json_object_get(leaf, "value"), r->place,
			&filter->operand, &is_complete, f)) {
		return false;
	}
	filter->shape = is_complete ? SHAPE_CLAIM : SHAPE_TRUE;
	return true;
}

/* {"type": "hogql", "key": "properties.a = properties.b"} */
static bool read_expression(
	const struct filter_reader *r, const json_t *leaf, struct filter *filter, struct fault *f)
{
	const char *text;

	if (!get_text(leaf, "key", "", &text, f)) {
		return false;
	}
	if (!*text) {
		return true;
	}
	if (!expression_read(text, EXPRESSION_CONDITION, r->rows, &filter->expression, f)) {
		return fault_wrap(f, "key: ");
	}
	filter->shape = SHAPE_EXPRESSION;
	return true;
}

static const char *const usual_types[] = {
	[EXPRESSION_OF_EVENTS] = "event",
	[EXPRESSION_OF_PERSONS] = "person",
	[EXPRESSION_OF_GROUPS] = "group",
};

static bool read_leaf(
	struct filter_reader *r, const json_t *leaf, struct filter *filter, struct fault *f)
{
	const char *type;

	if (++r->count > FILTER_MAX_COUNT) {
		return fault_set(f, FAULT_QUERY, ": a query takes at most %d property filters",
			FILTER_MAX_COUNT);
	}
	/* An empty object is what an unfinished filter looks like. */
	if (json_object_size(leaf) == 0) {
		return true;
	}
	if (!get_text(leaf, "type", usual_types[r->rows], &type, f)) {
		return false;
	}
	if (strcmp(type, "cohort") == 0) {
		return read_cohorts(r, leaf, filter, f);
	}
	if (strcmp(type, "hogql") == 0) {
		return read_expression(r, leaf, filter, f);
	}
	return strcmp(type, "empty") == 0 || read_claim(r, leaf, type, filter, f);
}

static bool read_any(struct filter_reader *r, const json_t *value, unsigned depth,
	struct filter **out, struct fault *f);

static bool read_list(struct filter_reader *r, const json_t *list, unsigned depth,
	struct filter *group, struct fault *f)
{
	const json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
	{
		struct filter *part;

		if (!read_any(r, member, depth, &part, f)) {
			return fault_wrap(f, "[%zu]%s", i, f->detail[0] == ':' ? "" : ".");
		}
		g_ptr_array_add(group->parts, part);
	}
	return true;
}

static bool read_group(struct filter_reader *r, const json_t *group, unsigned depth,
	struct filter *filter, struct fault *f)
{
	const json_t *type = json_object_get(group, "type");
	const json_t *values = json_object_get(group, "values");
	const char *name = json_is_string(type) ? json_string_value(type) : "AND";
	char shown[BRIEF_BYTES];

	if (type && !json_is_null(type) && strcmp(name, "AND") != 0 && strcmp(name, "OR") != 0) {
		return fault_set(
			f, FAULT_QUERY, "type: '%s' is neither AND nor OR", brief(name, shown));
	}
	if (depth > FILTER_MAX_DEPTH) {
		return fault_set(f, FAULT_QUERY,
			"values: groups of filters are nested deeper than %d", FILTER_MAX_DEPTH);
	}
	filter->shape = strcmp(name, "OR") == 0 ? SHAPE_OR : SHAPE_AND;
	if (values && !json_is_null(values) && !json_is_array(values)) {
		return fault_set(f, FAULT_QUERY, "values is not a list");
	}
	return read_list(r, values, depth, filter, f) || fault_wrap(f, "values");
}

static bool read_any(struct filter_reader *r, const json_t *value, unsigned depth,
	struct filter **out, struct fault *f)
{
	struct filter *filter = create(SHAPE_TRUE);
	bool fine;

	if (!json_is_object(value)) {
		fine = fault_set(f, FAULT_QUERY, ": not a property filter");
	} else if (json_object_get(value, "values")) {
		fine = read_group(r, value, depth + 1, filter, f);
	} else {
		fine = read_leaf(r, value, filter, f);
	}
	if (!fine) {
		filter_destroy(filter);
		return false;
	}
	*out = filter;
	return true;
}

bool filter_read(
	struct filter_reader *r, const json_t *properties, struct filter **out, struct fault *f)
{
	struct filter *filter;

	*out = NULL;
	if (!properties || json_is_null(properties)) {
		return true;
	}
	if (!json_is_array(properties)) {
		return (json_is_object(properties) && json_object_size(properties) == 0) ||
		       read_any(r, properties, 0, out, f) ||
		       fault_wrap(f, "%s", f->detail[0] == ':' ? "" : ".");
	}
	filter = create(SHAPE_AND);
	if (!read_list(r, properties, 0, filter, f)) {
		filter_destroy(filter);
		return false;
	}
	*out = filter;
	return true;
}

/* An OR with nothing in it restricts nothing, like an AND. */
static bool is_always_true(const struct filter *filter)
{
	switch (filter->shape) {
	case SHAPE_TRUE:
		return true;
	case SHAPE_CLAIM:
	case SHAPE_COHORTS:
	case SHAPE_EXPRESSION:
		return false;
	case SHAPE_AND:
		for (guint i = 0; i < filter->parts->len; i++) {
			if (!is_always_true(g_ptr_array_index(filter->parts, i))) {
				return false;
			}
		}
		return true;
	case SHAPE_OR:
		for (guint i = 0; i < filter->parts->len; i++) {
			if (is_always_true(g_ptr_array_index(filter->parts, i))) {
				return true;
			}
		}
		return filter->parts->len == 0;
	}
	return true;
}

static void write_cohorts(const struct filter *filter, struct writer *w)
{
	sql_add(w->sql, filter->is_negated ? "NOT (" : "(");
	for (guint i = 0; i < filter->cohorts->len; i++) {
		sql_add(w->sql, i ? " OR " : "");
		cohort_write(g_ptr_array_index(filter->cohorts, i), w);
	}
	sql_add(w->sql, ")");
}

static void write_filter(const struct filter *filter, struct writer *w)
{
	const char *between = "";

	if (filter->shape == SHAPE_CLAIM) {
		operator_write(filter->op, w, &filter->property, &filter->operand);
		return;
	}
	if (filter->shape == SHAPE_EXPRESSION) {
		sql_add(w->sql, "(");
		expression_write(filter->expression, w);
		sql_add(w->sql, ")");
		return;
	}
	if (filter->shape == SHAPE_COHORTS) {
		write_cohorts(filter, w);
		return;
	}
	sql_add(w->sql, "(");
	for (guint i = 0; i < filter->parts->len; i++) {
		const struct filter *part = g_ptr_array_index(filter->parts, i);

		if (!is_always_true(part)) {
			sql_add(w->sql, between);
			write_filter(part, w);
			between = filter->shape == SHAPE_OR ? " OR " : " AND ";
		}
	}
	sql_add(w->sql, ")");
}

void filter_write_and(const struct filter *filter, struct writer *w)
{
	if (filter && !is_always_true(filter)) {
		sql_add(w->sql, " AND ");
		write_filter(filter, w);
	}
}
