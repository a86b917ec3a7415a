/* A dashboard's filters, and then a tile's, laid over a query (spec/insights.md 6.1), and other
 * values for its variables.
 *
 * A date range and a breakdown replace what the query says; properties are required on top of it.
 * The query itself is not changed. */
#include "insight/insight.h"
#include "insight/kind.h"

#include <string.h>

static bool is_present(const json_t *value)
{
	return value && !json_is_null(value) &&
	       !(json_is_string(value) && json_string_length(value) == 0);
}

static void set_or_null(json_t *object, const char *key, const json_t *value)
{
	json_object_set_new(object, key, value ? json_deep_copy(value) : json_null());
}

/* Both ends go together: "from 2020" of a query and "to -30d" of a dashboard make no range. */
static void lay_dates(json_t *query, const json_t *filters)
{
	const json_t *from = json_object_get(filters, "date_from");
	const json_t *to = json_object_get(filters, "date_to");
	const json_t *is_explicit = json_object_get(filters, "explicitDate");
	json_t *range;

	if (!is_present(from) && !is_present(to)) {
		return;
	}
	range = json_object();
	set_or_null(range, "date_from", is_present(from) ? from : NULL);
	set_or_null(range, "date_to", is_present(to) ? to : NULL);
	if (is_explicit) {
		set_or_null(range, "explicitDate", is_explicit);
	}
	json_object_set_new(query, "dateRange", range);
}

static json_t *as_group(const json_t *properties)
{
	if (json_is_array(properties)) {
		return json_pack("{s:s, s:o}", "type", "AND", "values", json_deep_copy(properties));
	}
	return json_deep_copy(properties);
}

static bool has_equal(const json_t *list, const json_t *wanted)
{
	const json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
	{
		if (json_equal(member, wanted)) {
			return true;
		}
	}
	return false;
}

/* What is required already is not required twice: a query that a dashboard asks nothing more of
 * stays the query it is, and a result stored with it answers it. */
static json_t *all_of(const json_t *own, const json_t *added)
{
	json_t *both = json_deep_copy(own);
	const json_t *member;
	size_t i;

	json_array_foreach(added, i, member)
	{
		if (!has_equal(own, member)) {
			json_array_append_new(both, json_deep_copy(member));
		}
	}
	return both;
}

static void lay_properties(json_t *query, const json_t *filters)
{
	const json_t *added = json_object_get(filters, "properties");
	const json_t *own = json_object_get(query, "properties");

	if (!json_truthy(added)) {
		return;
	}
	if (!json_truthy(own)) {
		json_object_set_new(query, "properties", json_deep_copy(added));
	} else if (json_is_array(own) && json_is_array(added)) {
		json_object_set_new(query, "properties", all_of(own, added));
	} else {
		json_object_set_new(query, "properties",
			json_pack("{s:s, s:[o, o]}", "type", "AND", "values", as_group(own),
				as_group(added)));
	}
}

static bool takes_breakdown(const char *kind)
{
	return strcmp(kind, "TrendsQuery") == 0 || strcmp(kind, "FunnelsQuery") == 0 ||
	       strcmp(kind, "RetentionQuery") == 0;
}

static void lay_breakdown(json_t *query, const json_t *filters)
{
	const json_t *breakdown = json_object_get(filters, "breakdown_filter");

	if (json_truthy(breakdown) && takes_breakdown(kind_name(query))) {
		json_object_set_new(query, "breakdownFilter", json_deep_copy(breakdown));
	}
}

/* A SQL text keeps what {filters} stands for under a key of its own; lists of events have other
 * names for the two dates. */
static void lay(json_t *query, const json_t *filters)
{
	const char *kind = kind_name(query);

	if (!json_is_object(filters)) {
		return;
	}
	if (strcmp(kind, "HogQLQuery") == 0) {
		json_t *own = json_object_get(query, "filters");

		if (!json_is_object(own)) {
			own = json_object();
			json_object_set_new(query, "filters", own);
		}
		lay_dates(own, filters);
		lay_properties(own, filters);
		return;
	}
	if (strcmp(kind, "EventsQuery") == 0) {
		if (is_present(json_object_get(filters, "date_from"))) {
			set_or_null(query, "after", json_object_get(filters, "date_from"));
		}
		if (is_present(json_object_get(filters, "date_to"))) {
			set_or_null(query, "before", json_object_get(filters, "date_to"));
		}
	} else {
		lay_dates(query, filters);
	}
	lay_properties(query, filters);
	lay_breakdown(query, filters);
}

json_t *insight_with_filters(const json_t *query, const json_t *filters, const json_t *overrides)
{
	json_t *copy = json_deep_copy(query);
	/* The inner query belongs to the copy, which is ours to change. */
	json_t *inner = (json_t *)(uintptr_t)kind_unwrap(copy);

	if (json_is_object(inner)) {
		lay(inner, filters);
		lay(inner, overrides);
	}
	return copy;
}

/* What the SQL text calls it stays. */
static json_t *with_value_of(const json_t *own, const json_t *other)
{
	static const char *const names[] = {"code_name", "variableId"};
	json_t *variable = json_deep_copy(other);

	for (size_t i = 0; i < 2; i++) {
		json_t *name = json_object_get(own, names[i]);

		if (name) {
			json_object_set(variable, names[i], name);
		}
	}
	return variable;
}

json_t *insight_with_variables(const json_t *query, const json_t *variables)
{
	json_t *copy = json_deep_copy(query);
	json_t *own = json_object_get(kind_unwrap(copy), "variables");
	json_t *result = json_object();
	const char *id;
	json_t *variable;

	json_object_foreach(own, id, variable)
	{
		const json_t *other = json_get_object(variables, id);

		json_object_set_new(
			result, id, other ? with_value_of(variable, other) : json_incref(variable));
	}
	if (json_object_size(result) > 0) {
		(void)json_object_update(own, result);
	}
	json_decref(result);
	return copy;
}
