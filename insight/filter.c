#include "insight/filter.h"

#include "insight/brief.h"
#include "insight/operator.h"

#include <glib.h>
#include <string.h>

enum shape { SHAPE_TRUE, SHAPE_CLAIM, SHAPE_AND, SHAPE_OR };

struct filter {
	enum shape shape;
	GPtrArray *parts; /* of AND and OR */
	struct property property;
	const struct operator* op;
	struct operand operand;
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
		g_free(filter->property.key);
		operand_finish(&filter->operand);
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

static bool read_leaf(
	struct filter_reader *r, const json_t *leaf, struct filter *filter, struct fault *f)
{
	const char *key, *type, *name;
	bool is_complete;

	if (++r->count > FILTER_MAX_COUNT) {
		return fault_set(f, FAULT_QUERY, ": a query takes at most %d property filters",
			FILTER_MAX_COUNT);
	}
	/* An empty object is what an unfinished filter looks like. */
	if (json_object_size(leaf) == 0) {
		return true;
	}
	if (!get_text(leaf, "key", NULL, &key, f) || !get_text(leaf, "type", "event", &type, f) ||
		!get_text(leaf, "operator", "exact", &name, f) ||
		!property_owner_lookup(type, "type", &filter->property.owner, f) ||
		!operator_lookup(name, &filter->op, f)) {
		return false;
	}
	if (!key) {
		return fault_set(f, FAULT_QUERY, "key is missing");
	}
	filter->property.key = g_strdup(key);
	if (!operand_read(filter->op, json_object_get(leaf, "value"), r->place, &filter->operand,
		    &is_complete, f)) {
		return false;
	}
	filter->shape = is_complete ? SHAPE_CLAIM : SHAPE_TRUE;
	return true;
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

static void write_filter(const struct filter *filter, struct writer *w)
{
	const char *between = "";

	if (filter->shape == SHAPE_CLAIM) {
		operator_write(filter->op, w, &filter->property, &filter->operand);
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
