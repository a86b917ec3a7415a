#include "insight/series.h"

#include "insight/brief.h"

#include <glib.h>
#include <string.h>

const char *series_math(const json_t *node)
{
	const char *name = json_get_text(node, "math", "");

	return *name ? name : "total";
}

static bool read_math(const json_t *node, struct series *s, struct fault *f)
{
	const char *name = series_math(node);
	const json_t *multiplier = json_object_get(node, "math_multiplier");
	char shown[BRIEF_BYTES];

	s->math = math_lookup(name);
	if (!s->math || s->math->shape == MATH_REFUSED) {
		return fault_set(f, FAULT_UNSUPPORTED, "math: '%s' is not computed here",
			brief(name, shown));
	}
	if (multiplier && !json_is_null(multiplier)) {
		return fault_set(f, FAULT_UNSUPPORTED, "math_multiplier is not computed here");
	}
	return true;
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
			series_finish(out);
			return fault_wrap(f, "series[%zu].", i);
		}
	}
	return true;
}

void series_finish(struct series_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		entity_finish(&list->items[i].entity);
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
