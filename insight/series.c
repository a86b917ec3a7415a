#include "insight/series.h"

#include "insight/brief.h"

#include <glib.h>
#include <math.h>
#include <string.h>

const char *series_math(const json_t *node)
{
	const char *name = json_get_text(node, "math", "");

	return *name ? name : "total";
}

/* What a property of a math can belong to (spec/insights.md 1.5). */
static const struct {
	const char *name, *type;
} owners[] = {
	{"event_properties", "event"},
	{"person_properties", "person"},
	{"session_properties", "session"},
};

static bool find_owner(const json_t *node, const char *key, const char **type, struct fault *f)
{
	const json_t *member = json_object_get(node, "math_property_type");
	char shown[BRIEF_BYTES];

	/* its name alone says whose it is */
	*type = strcmp(key, "$session_duration") == 0 ? "session" : "event";
	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "math_property_type is not a text");
	}
	for (size_t i = 0; i < G_N_ELEMENTS(owners); i++) {
		if (strcmp(owners[i].name, json_string_value(member)) == 0) {
			*type = owners[i].type;
			return true;
		}
	}
	return fault_set(f, FAULT_UNSUPPORTED, "math_property_type: '%s' is not computed here",
		brief(json_string_value(member), shown));
}

static bool read_property(const json_t *node, const char *whose, struct series *s, struct fault *f)
{
	const json_t *key = json_object_get(node, "math_property");
	const char *type;
	char shown[BRIEF_BYTES];

	if (!json_is_string(key) || !*json_string_value(key)) {
		return fault_set(
			f, FAULT_QUERY, "math_property: '%s' needs the name of a property", whose);
	}
	if (json_truthy(json_object_get(node, "math_property_revenue_currency"))) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"math_property_revenue_currency: currencies are not computed here");
	}
	if (!find_owner(node, json_string_value(key), &type, f) ||
		!property_read(type, "math_property_type", json_string_value(key), "math_property",
			NULL, &s->property, f)) {
		return false;
	}
	return s->property.owner != PROPERTY_OF_session || series_is_of_session(s) ||
	       fault_set(f, FAULT_UNSUPPORTED,
		       "math_property: '%s' of a session is not computed here",
		       brief(s->property.key, shown));
}

static bool read_group(const json_t *node, struct series *s, struct fault *f)
{
	const json_t *index = json_object_get(node, "math_group_type_index");

	if (!json_is_integer(index) || json_integer_value(index) < 0 ||
		json_integer_value(index) > PROPERTY_MAX_GROUP) {
		return fault_set(f, FAULT_QUERY,
			"math_group_type_index is not a whole number from 0 to %d",
			PROPERTY_MAX_GROUP);
	}
	s->group_index = (int)json_integer_value(index);
	return true;
}

static bool read_own_aggregate(const json_t *node, struct series *s, struct fault *f)
{
	const json_t *text = json_object_get(node, "math_hogql");

	if (!json_is_string(text)) {
		return fault_set(f, FAULT_QUERY, "math_hogql is not a text");
	}
	return expression_read(json_string_value(text), EXPRESSION_AGGREGATE, EXPRESSION_OF_EVENTS,
		       &s->expression, f) ||
	       fault_wrap(f, "math_hogql: ");
}

static bool read_multiplier(const json_t *node, struct series *s, struct fault *f)
{
	const json_t *member = json_object_get(node, "math_multiplier");
	double number;

	s->multiplier = 1;
	if (!member || json_is_null(member)) {
		return true;
	}
	number = json_number_value(member);
	/* Sums of the greatest values times the greatest multiplier are doubles still, and so are
	 * means of the smallest ones. */
	if (!json_is_number(member) || fabs(number) > 1e6 || (number != 0 && fabs(number) < 1e-6)) {
		return fault_set(
			f, FAULT_QUERY, "math_multiplier is not a number from 0.000001 to 1000000");
	}
	s->multiplier = number;
	return true;
}

static bool read_math(const json_t *node, struct series *s, struct fault *f)
{
	const char *name = series_math(node);
	char shown[BRIEF_BYTES];

	s->math = math_lookup(name);
	if (!s->math) {
		return fault_set(f, FAULT_QUERY, "math: '%s' is not a math", brief(name, shown));
	}
	return (s->math->shape != MATH_PROPERTY || read_property(node, name, s, f)) &&
	       (s->math->shape != MATH_GROUPS || read_group(node, s, f)) &&
	       (s->math->shape != MATH_EXPRESSION || read_own_aggregate(node, s, f)) &&
	       read_multiplier(node, s, f);
}

bool series_read_property(struct series *s, const char *whose, struct fault *f)
{
	return s->property.key || read_property(s->entity.node, whose, s, f) ||
	       fault_wrap(f, "series[%zu].", s->order);
}

bool series_is_of_session(const struct series *s)
{
	return s->property.key && s->property.owner == PROPERTY_OF_session &&
	       strcmp(s->property.key, "$session_duration") == 0;
}

static bool check_math(const json_t *node, struct fault *f)
{
	const json_t *member = json_object_get(node, "math");

	return !member || json_is_null(member) || json_is_string(member) ||
	       fault_set(f, FAULT_QUERY, "math is not a text");
}

static bool read_one(const json_t *node, struct filter_reader *r, struct series *s, struct fault *f)
{
	return entity_read(node, r, &s->entity, f) && check_math(node, f) && read_math(node, s, f);
}

bool series_read(
	const json_t *query, struct filter_reader *r, struct series_list *out, struct fault *f)
{
	const json_t *list = json_object_get(query, "series");
	const json_t *node;
	size_t i;

	*out = (struct series_list){.count = 0};
	if (!json_is_array(list) || json_array_size(list) == 0) {
		return fault_set(f, FAULT_QUERY, "series: a query needs at least one");
	}
	if (json_array_size(list) > SERIES_MAX_COUNT) {
		return fault_set(f, FAULT_QUERY, "series: %zu are more than %d",
			json_array_size(list), SERIES_MAX_COUNT);
	}
	json_array_foreach(list, i, node)
	{
		out->items[i].order = i;
		out->count = i + 1;
		if (!read_one(node, r, &out->items[i], f)) {
			return fault_wrap(f, "series[%zu].", i);
		}
	}
	return true;
}

void series_finish(struct series_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		entity_finish(&list->items[i].entity);
		property_finish(&list->items[i].property);
		expression_destroy(list->items[i].expression);
	}
	list->count = 0;
}

static json_t *copy_or_null(const json_t *node, const char *key)
{
	const json_t *member = json_object_get(node, key);

	return member ? json_deep_copy(member) : json_null();
}

json_t *series_action(const struct series *s, json_t *days)
{
	const json_t *node = s->entity.node;
	const json_t *properties = json_object_get(node, "properties");
	json_t *action = json_object();

	json_object_set_new(action, "id", entity_id(&s->entity));
	json_object_set_new(action, "type", json_string(entity_type(&s->entity)));
	json_object_set_new(action, "order", json_integer((json_int_t)s->order));
	json_object_set_new(action, "name", json_string(entity_plain_name(&s->entity)));
	json_object_set_new(action, "custom_name", copy_or_null(node, "custom_name"));
	json_object_set_new(action, "math", json_string(s->math->name));
	json_object_set_new(action, "math_property", copy_or_null(node, "math_property"));
	json_object_set_new(action, "math_hogql", copy_or_null(node, "math_hogql"));
	json_object_set_new(
		action, "math_group_type_index", copy_or_null(node, "math_group_type_index"));
	json_object_set_new(action, "properties",
		json_truthy(properties) ? json_deep_copy(properties) : json_object());
	if (days) {
		json_object_set_new(action, "days", days);
	}
	return action;
}
