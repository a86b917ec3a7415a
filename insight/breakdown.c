#include "insight/breakdown.h"

#include <glib.h>

static bool refuse_when_set(const json_t *object, const char *key, struct fault *f)
{
	if (json_truthy(json_object_get(object, key))) {
		return fault_set(f, FAULT_UNSUPPORTED, "%s is not computed here", key);
	}
	return true;
}

static bool read_property(const json_t *name, const json_t *type, const char *type_field,
	const json_t *group_index, struct breakdown *out, struct fault *f)
{
	if (json_is_array(name) && json_array_size(name) == 1) {
		name = json_array_get(name, 0);
	}
	if (json_is_array(name)) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"breakdown: a list of %zu is not computed here", json_array_size(name));
	}
	if (type && !json_is_null(type) && !json_is_string(type)) {
		return fault_set(f, FAULT_QUERY, "%s is not a text", type_field);
	}
	if (!json_is_string(name)) {
		return fault_set(f, FAULT_QUERY, "breakdown is not the name of a property");
	}
	if (!property_read(json_is_string(type) ? json_string_value(type) : NULL, type_field,
		    json_string_value(name), "breakdown", group_index, &out->property, f)) {
		return false;
	}
	out->is_set = true;
	return true;
}

static bool read_list(const json_t *list, struct breakdown *out, struct fault *f)
{
	const json_t *first = json_array_get(list, 0);

	if (json_array_size(list) > 3) {
		return fault_set(
			f, FAULT_QUERY, "breakdowns: %zu are more than 3", json_array_size(list));
	}
	if (json_array_size(list) > 1) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"breakdowns: splitting by more than one property is not computed here");
	}
	if (!json_is_object(first)) {
		return fault_set(f, FAULT_QUERY, "breakdowns[0] is not an object");
	}
	if (!refuse_when_set(first, "histogram_bin_count", f) ||
		!refuse_when_set(first, "normalize_url", f) ||
		!read_property(json_object_get(first, "property"), json_object_get(first, "type"),
			"type", json_object_get(first, "group_type_index"), out, f)) {
		return fault_wrap(f, "breakdowns[0].");
	}
	return true;
}

static bool read_limit(
	const json_t *filter, int default_limit, struct breakdown *out, struct fault *f)
{
	const json_t *limit = json_object_get(filter, "breakdown_limit");

	out->limit = default_limit;
	if (!limit || json_is_null(limit)) {
		return true;
	}
	if (!json_is_integer(limit) || json_integer_value(limit) < 1 ||
		json_integer_value(limit) > BREAKDOWN_MAX_LIMIT) {
		g_autofree char *text = json_write(limit);

		return fault_set(f, FAULT_QUERY,
			"breakdown_limit: %.40s is not a whole number from 1 to %d", text,
			BREAKDOWN_MAX_LIMIT);
	}
	out->limit = (int)json_integer_value(limit);
	return true;
}

static bool read_filter(
	const json_t *filter, int default_limit, struct breakdown *out, struct fault *f)
{
	const json_t *list = json_object_get(filter, "breakdowns");
	const json_t *name = json_object_get(filter, "breakdown");

	out->hides_other =
		json_is_true(json_object_get(filter, "breakdown_hide_other_aggregation"));
	if (!read_limit(filter, default_limit, out, f)) {
		return false;
	}
	if (list && !json_is_null(list) && !json_is_array(list)) {
		return fault_set(f, FAULT_QUERY, "breakdowns is not a list");
	}
	if (json_array_size(list) > 0) {
		return read_list(list, out, f);
	}
	if (!json_truthy(name)) {
		return true;
	}
	return refuse_when_set(filter, "breakdown_histogram_bin_count", f) &&
	       refuse_when_set(filter, "breakdown_normalize_url", f) &&
	       refuse_when_set(filter, "breakdown_path_cleaning", f) &&
	       read_property(name, json_object_get(filter, "breakdown_type"), "breakdown_type",
		       json_object_get(filter, "breakdown_group_type_index"), out, f);
}

bool breakdown_read(const json_t *query, int default_limit, struct breakdown *out, struct fault *f)
{
	const json_t *filter = json_object_get(query, "breakdownFilter");

	*out = (struct breakdown){.limit = default_limit};
	if (!filter || json_is_null(filter)) {
		return true;
	}
	if (!json_is_object(filter)) {
		return fault_set(f, FAULT_QUERY, "breakdownFilter is not an object");
	}
	return read_filter(filter, default_limit, out, f) || fault_wrap(f, "breakdownFilter.");
}

void breakdown_finish(struct breakdown *b)
{
	property_finish(&b->property);
}
