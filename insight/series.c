#include "insight/series.h"

#include "insight/brief.h"

#include <glib.h>
#include <string.h>

static const char *const kinds_elsewhere[] = {
	"ActionsNode", "DataWarehouseNode", "GroupNode", "PersonsNode"};

static const char *filled(const json_t *node, const char *key)
{
	const char *text = json_get_text(node, key, NULL);

	return text && *text ? text : NULL;
}

const char *series_name(const json_t *node)
{
	static const char *const keys[] = {"custom_name", "name", "event", "table_name"};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (filled(node, keys[i])) {
			return filled(node, keys[i]);
		}
	}
	return "All events";
}

const char *series_math(const json_t *node)
{
	const char *name = filled(node, "math");

	return name ? name : "total";
}

static bool check_kind(const json_t *node, struct fault *f)
{
	const char *kind = json_get_text(node, "kind", "EventsNode");
	char shown[BRIEF_BYTES];

	if (strcmp(kind, "EventsNode") == 0) {
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(kinds_elsewhere); i++) {
		if (strcmp(kind, kinds_elsewhere[i]) == 0) {
			return fault_set(f, FAULT_UNSUPPORTED,
				"kind: a series of kind '%s' is not computed here", kind);
		}
	}
	return fault_set(f, FAULT_QUERY, "kind: '%s' is not a kind of series", brief(kind, shown));
}

static bool check_text_members(const json_t *node, struct fault *f)
{
	static const char *const keys[] = {"kind", "event", "name", "custom_name", "math"};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const json_t *member = json_object_get(node, keys[i]);

		if (member && !json_is_null(member) && !json_is_string(member)) {
			return fault_set(f, FAULT_QUERY, "%s is not a text", keys[i]);
		}
	}
	return true;
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

static bool read_one(const json_t *node, struct filter_reader *r, struct series *s, struct fault *f)
{
	if (!json_is_object(node)) {
		return fault_set(f, FAULT_QUERY, "kind is missing");
	}
	if (!check_text_members(node, f) || !check_kind(node, f)) {
		return false;
	}
	s->node = node;
	/* An empty name is what a picker leaves behind that was opened and closed. */
	s->event = filled(node, "event");
	s->name = series_name(node);
	if (!read_math(node, s, f)) {
		return false;
	}
	if (!filter_read(r, json_object_get(node, "properties"), &s->filter, f)) {
		return fault_wrap(f, "properties");
	}
	if (!filter_read(r, json_object_get(node, "fixedProperties"), &s->fixed_filter, f)) {
		return fault_wrap(f, "fixedProperties");
	}
	return true;
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
		filter_destroy(list->items[i].filter);
		filter_destroy(list->items[i].fixed_filter);
	}
	list->count = 0;
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *copy_or_null(const json_t *node, const char *key)
{
	const json_t *member = json_object_get(node, key);

	return member ? json_deep_copy(member) : json_null();
}

json_t *series_action(const struct series *s, json_t *days)
{
	const json_t *properties = json_object_get(s->node, "properties");
	json_t *action = json_object();

	json_object_set_new(action, "id", text_or_null(s->event));
	json_object_set_new(action, "type", json_string("events"));
	json_object_set_new(action, "order", json_integer((json_int_t)s->order));
	json_object_set_new(action, "name",
		json_string(json_get_text(s->node, "name", s->event ? s->event : "All events")));
	json_object_set_new(action, "custom_name", copy_or_null(s->node, "custom_name"));
	json_object_set_new(action, "math", json_string(s->math->name));
	json_object_set_new(action, "math_property", copy_or_null(s->node, "math_property"));
	json_object_set_new(action, "math_hogql", copy_or_null(s->node, "math_hogql"));
	json_object_set_new(
		action, "math_group_type_index", copy_or_null(s->node, "math_group_type_index"));
	json_object_set_new(action, "properties",
		json_truthy(properties) ? json_deep_copy(properties) : json_object());
	if (days) {
		json_object_set_new(action, "days", days);
	}
	return action;
}
