#include "insight/paths.h"

#include "insight/brief.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

static bool add_type(struct paths *out, const char *name, size_t i, struct fault *f)
{
	char shown[BRIEF_BYTES];

	if (strcmp(name, "$pageview") == 0) {
		out->has_pages = true;
	} else if (strcmp(name, "$screen") == 0) {
		out->has_screens = true;
	} else if (strcmp(name, "custom_event") == 0) {
		out->has_custom = true;
	} else if (strcmp(name, "hogql") == 0) {
		out->has_all = true;
	} else {
		return fault_set(f, FAULT_QUERY,
			"includeEventTypes[%zu]: '%s' is none of $pageview, $screen, custom_event,"
			" hogql",
			i, brief(name, shown));
	}
	return true;
}

static bool read_types(const json_t *filter, struct paths *out, struct fault *f)
{
	const json_t *list = json_object_get(filter, "includeEventTypes");
	const json_t *member;
	size_t i;

	if (list && !json_is_null(list) && !json_is_array(list)) {
		return fault_set(f, FAULT_QUERY, "includeEventTypes is not a list");
	}
	json_array_foreach(list, i, member)
	{
		if (!json_is_string(member)) {
			return fault_set(f, FAULT_QUERY, "includeEventTypes[%zu] is not a text", i);
		}
		if (!add_type(out, json_string_value(member), i, f)) {
			return false;
		}
	}
	if (json_array_size(list) == 0) {
		out->has_pages = out->has_screens = out->has_custom = true;
	}
	return true;
}

/* A whole number from `least` on; absent: *out stays. */
static bool read_number(const json_t *filter, const char *key, int64_t least, int64_t most,
	int64_t *out, struct fault *f)
{
	const json_t *member = json_object_get(filter, key);

	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_integer(member) || json_integer_value(member) < least ||
		json_integer_value(member) > most) {
		return fault_set(f, FAULT_QUERY,
			"%s is not a whole number from %" PRId64 " to %" PRId64, key, least, most);
	}
	*out = json_integer_value(member);
	return true;
}

static bool read_point(const json_t *filter, const char *key, const char **out, struct fault *f)
{
	const json_t *member = json_object_get(filter, key);
	const char *text = json_get_text(filter, key, "");

	*out = *text ? text : NULL;
	return !member || json_is_null(member) || json_is_string(member) ||
	       fault_set(f, FAULT_QUERY, "%s is not a text", key);
}

/* Asked for with the type "hogql" only. */
static bool read_expression(const json_t *filter, struct paths *out, struct fault *f)
{
	static const char key[] = "pathsHogQLExpression";
	const json_t *member = json_object_get(filter, key);
	const char *text = json_get_text(filter, key, "");

	if (member && !json_is_null(member) && !json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "%s is not a text", key);
	}
	return !out->has_all || !*text ||
	       expression_read(text, EXPRESSION_VALUE, EXPRESSION_OF_EVENTS, &out->expression, f) ||
	       fault_wrap(f, "%s: ", key);
}

static bool read_filter(const json_t *query, struct paths *out, struct fault *f)
{
	const json_t *filter = json_object_get(query, "pathsFilter");

	if (filter && !json_is_null(filter) && !json_is_object(filter)) {
		return fault_set(f, FAULT_QUERY, "pathsFilter is not an object");
	}
	return (read_types(filter, out, f) && read_expression(filter, out, f) &&
		       paths_rules_read(filter, &out->rules, f) &&
		       read_number(filter, "stepLimit", 1, PATHS_MAX_STEPS, &out->steps, f) &&
		       read_number(filter, "edgeLimit", 1, PATHS_MAX_EDGES, &out->edges, f) &&
		       read_number(filter, "minEdgeWeight", 0, INT32_MAX, &out->min_weight, f) &&
		       read_number(filter, "maxEdgeWeight", 0, INT32_MAX, &out->max_weight, f) &&
		       read_point(filter, "startPoint", &out->start, f) &&
		       read_point(filter, "endPoint", &out->end, f)) ||
	       fault_wrap(f, "pathsFilter.");
}

/* Who came to a step of a funnel is looked for among the actors of the paths. */
static bool check_actors(const struct paths *p, struct fault *f)
{
	return !p->funnel.is_set || p->funnel.funnel.scope.actor == p->scope.actor ||
	       fault_set(f, FAULT_UNSUPPORTED,
		       "funnelPathsFilter.funnelSource.aggregation_group_type_index: paths of"
		       " others than the funnel counts are not computed here");
}

bool paths_read(const struct kind_context *c, struct paths *out, struct fault *f)
{
	struct filter_reader reader = {.place = &c->place, .references = c->references};

	*out = (struct paths){.steps = PATHS_DEFAULT_STEPS, .edges = PATHS_DEFAULT_EDGES};
	return paths_funnel_read(c, &out->funnel, f) && read_filter(c->query, out, f) &&
	       scope_read(c, &reader, &out->scope, f) && check_actors(out, f);
}

void paths_finish(struct paths *p)
{
	expression_destroy(p->expression);
	p->expression = NULL;
	paths_rules_finish(&p->rules);
	paths_funnel_finish(&p->funnel);
	scope_finish(&p->scope);
}
