#include "insight/stickiness.h"

#include "insight/brief.h"
#include "insight/series_actor.h"

#include <glib.h>
#include <string.h>

static bool read_series(
	const json_t *query, struct filter_reader *r, struct stickiness *out, struct fault *f)
{
	const json_t *list = json_object_get(query, "series");
	const json_t *node;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) == 0) {
		return fault_set(f, FAULT_QUERY, "series: a query needs at least one");
	}
	if (json_array_size(list) > SERIES_MAX_COUNT) {
		return fault_set(f, FAULT_QUERY, "series: %zu are more than %d",
			json_array_size(list), SERIES_MAX_COUNT);
	}
	json_array_foreach(list, i, node)
	{
		struct stickiness_series *s = &out->series[i];

		out->series_count = i + 1;
		s->scope = out->scope;
		if (!entity_read(node, r, &s->entity, f) ||
			!series_actor_read(node, &out->scope, &s->scope.actor, f)) {
			return fault_wrap(f, "series[%zu].", i);
		}
	}
	return true;
}

static bool read_interval_count(const json_t *query, int64_t *out, struct fault *f)
{
	const json_t *member = json_object_get(query, "intervalCount");

	*out = 1;
	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_integer(member) || json_integer_value(member) < 1 ||
		json_integer_value(member) > STICKINESS_MAX_INTERVAL_COUNT) {
		return fault_set(f, FAULT_QUERY, "intervalCount is not a whole number from 1 to %d",
			STICKINESS_MAX_INTERVAL_COUNT);
	}
	*out = json_integer_value(member);
	return true;
}

static bool read_criteria(const json_t *filter, struct stickiness_criteria *out, struct fault *f)
{
	static const char *const names[] = {[STICKINESS_AT_LEAST] = "gte",
		[STICKINESS_AT_MOST] = "lte",
		[STICKINESS_EXACTLY] = "exact"};
	const json_t *member = json_object_get(filter, "stickinessCriteria");
	const json_t *value = json_object_get(member, "value");
	const char *name = json_get_text(member, "operator", "");
	char shown[BRIEF_BYTES];

	out->is_set = member && !json_is_null(member);
	if (!out->is_set) {
		return true;
	}
	if (!json_is_object(member)) {
		return fault_set(f, FAULT_QUERY, "stickinessCriteria is not an object");
	}
	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		return fault_set(
			f, FAULT_QUERY, "stickinessCriteria.value is not a whole number from 0");
	}
	out->value = json_integer_value(value);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(names[i], name) == 0) {
			out->operator=(enum stickiness_operator) i;
			return true;
		}
	}
	return fault_set(f, FAULT_QUERY,
		"stickinessCriteria.operator: '%s' is none of gte, lte, exact", brief(name, shown));
}

static bool read_computed_as(const json_t *filter, bool *is_cumulative, struct fault *f)
{
	const json_t *member = json_object_get(filter, "computedAs");
	const char *name = json_get_text(filter, "computedAs", "non_cumulative");
	char shown[BRIEF_BYTES];

	if (member && !json_is_null(member) && !json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "computedAs is not a text");
	}
	*is_cumulative = strcmp(name, "cumulative") == 0;
	return *is_cumulative || strcmp(name, "non_cumulative") == 0 ||
	       fault_set(f, FAULT_QUERY,
		       "computedAs: '%s' is neither cumulative nor non_cumulative",
		       brief(name, shown));
}

static bool read_filter(const json_t *query, struct stickiness *out, struct fault *f)
{
	const json_t *filter = json_object_get(query, "stickinessFilter");

	if (filter && !json_is_null(filter) && !json_is_object(filter)) {
		return fault_set(f, FAULT_QUERY, "stickinessFilter is not an object");
	}
	return (read_criteria(filter, &out->criteria, f) &&
		       read_computed_as(filter, &out->is_cumulative, f)) ||
	       fault_wrap(f, "stickinessFilter.");
}

bool stickiness_read(const struct kind_context *c, struct stickiness *out, struct fault *f)
{
	struct filter_reader reader = {.place = &c->place, .references = c->references};

	*out = (struct stickiness){.interval_count = 1};
	return read_filter(c->query, out, f) &&
	       read_interval_count(c->query, &out->interval_count, f) &&
	       scope_read(c, &reader, &out->scope, f) && read_series(c->query, &reader, out, f);
}

void stickiness_finish(struct stickiness *s)
{
	for (size_t i = 0; i < s->series_count; i++) {
		entity_finish(&s->series[i].entity);
	}
	s->series_count = 0;
	scope_finish(&s->scope);
}
