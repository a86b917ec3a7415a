#include "insight/funnels.h"

#include "insight/brief.h"

#include <glib.h>
#include <string.h>

struct choice {
	const char *name;
	int value; /* -1: PostHog has it and this engine has not */
};

static const struct choice views[] = {{"steps", FUNNEL_STEPS},
	{"time_to_convert", FUNNEL_TIME_TO_CONVERT}, {"trends", FUNNEL_TRENDS}, {"flow", -1},
	{NULL, 0}};
static const struct choice orders[] = {{"ordered", FUNNEL_ORDERED}, {"strict", FUNNEL_STRICT},
	{"unordered", FUNNEL_UNORDERED}, {NULL, 0}};
static const struct choice attributions[] = {{"first_touch", ATTRIBUTE_FIRST},
	{"last_touch", ATTRIBUTE_LAST}, {"all_events", ATTRIBUTE_ALL}, {"step", ATTRIBUTE_STEP},
	{NULL, 0}};

/* Seconds; a month is 31 days (spec/insights.md 2.3). */
static const struct choice window_units[] = {{"second", 1}, {"minute", 60}, {"hour", 3600},
	{"day", 86400}, {"week", 7 * 86400}, {"month", 31 * 86400}, {NULL, 0}};

static bool read_choice(const json_t *filter, const char *key, const struct choice *choices,
	const char *otherwise, int *out, struct fault *f)
{
	const json_t *member = json_object_get(filter, key);
	const char *name = otherwise;
	char shown[BRIEF_BYTES];

	if (json_is_string(member)) {
		name = json_string_value(member);
	} else if (member && !json_is_null(member)) {
		return fault_set(f, FAULT_QUERY, "%s is not a text", key);
	}
	for (; choices->name; choices++) {
		if (strcmp(choices->name, name) != 0) {
			continue;
		}
		*out = choices->value;
		return choices->value >= 0 ||
		       fault_set(f, FAULT_UNSUPPORTED, "%s: '%s' is not computed here", key, name);
	}
	return fault_set(f, FAULT_QUERY, "%s: '%s' is none of its values", key, brief(name, shown));
}

static bool read_number(const json_t *filter, const char *key, int64_t low, int64_t high,
	int64_t otherwise, int64_t *out, struct fault *f)
{
	const json_t *member = json_object_get(filter, key);

	*out = otherwise;
	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_integer(member) || json_integer_value(member) < low ||
		json_integer_value(member) > high) {
		g_autofree char *text = json_write(member);

		return fault_set(f, FAULT_QUERY, "%s: %.40s is not a whole number from %d to %d",
			key, text, (int)low, (int)high);
	}
	*out = json_integer_value(member);
	return true;
}

static bool read_forms(const json_t *filter, struct funnel *out, struct fault *f)
{
	int view = 0, order = 0, attribution = 0;

	if (!read_choice(filter, "funnelVizType", views, "steps", &view, f) ||
		!read_choice(filter, "funnelOrderType", orders, "ordered", &order, f) ||
		!read_choice(filter, "breakdownAttributionType", attributions, "first_touch",
			&attribution, f)) {
		return false;
	}
	out->view = (enum funnel_view)view;
	out->order = (enum funnel_order)order;
	out->attribution = (enum funnel_attribution)attribution;
	return true;
}

static bool read_window(const json_t *filter, struct funnel *out, struct fault *f)
{
	int64_t number = 0;
	int seconds = 0;

	if (!read_number(filter, "funnelWindowInterval", 1, FUNNEL_MAX_WINDOW, 14, &number, f) ||
		!read_choice(
			filter, "funnelWindowIntervalUnit", window_units, "day", &seconds, f)) {
		return false;
	}
	out->window_us = number * seconds * US_PER_SECOND;
	return true;
}

static bool read_ends(const json_t *filter, struct funnel *out, struct fault *f)
{
	int64_t last = (int64_t)out->step_count - 1;
	int64_t from = 0, to = 0;

	if (!read_number(filter, "funnelFromStep", 0, last, 0, &from, f) ||
		!read_number(filter, "funnelToStep", 0, last, last, &to, f)) {
		return false;
	}
	out->from = (size_t)from;
	out->to = (size_t)to;
	return from < to || fault_set(f, FAULT_QUERY,
				    "funnelToStep: step %d does not come after funnelFromStep %d",
				    (int)to, (int)from);
}

static bool read_attribution(const json_t *filter, struct funnel *out, struct fault *f)
{
	int64_t step = 0;

	if (out->attribution != ATTRIBUTE_STEP) {
		return true;
	}
	if (!read_number(filter, "breakdownAttributionValue", 0, (int64_t)out->step_count - 1, 0,
		    &step, f)) {
		return false;
	}
	out->attribution_step = (size_t)step;
	return true;
}

static bool read_actor(const json_t *filter, struct funnel *out, struct fault *f)
{
	static const char key[] = "funnelAggregateByHogQL";
	const json_t *member = json_object_get(filter, key);
	const char *text = json_is_string(member) ? json_string_value(member) : "";

	if (member && !json_is_null(member) && !json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "%s is not a text", key);
	}
	/* who is counted anyway */
	if (!*text || strcmp(text, "person_id") == 0) {
		return true;
	}
	return expression_read(text, EXPRESSION_VALUE, EXPRESSION_OF_EVENTS, &out->actor, f) ||
	       fault_wrap(f, "%s: ", key);
}

static bool refuse_the_rest(const json_t *filter, struct fault *f)
{
	if (json_truthy(json_object_get(filter, "hideIncompleteConversionWindowPeriods"))) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"hideIncompleteConversionWindowPeriods is not computed here");
	}
	return true;
}

/* Names tell steps apart where each has its own and nothing else makes an event two of them. */
static bool has_plain_steps(const struct funnel *t)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	for (size_t i = 0; i < t->step_count + t->exclusion_count; i++) {
		const struct entity *e = i < t->step_count
						 ? &t->steps[i].entity
						 : &t->exclusions[i - t->step_count].entity;

		if (!e->event || e->any_of ||
			!g_hash_table_add(names, (gpointer)(uintptr_t)e->event)) {
			return false;
		}
	}
	return !t->has_once;
}

static bool read_filter(
	const json_t *filter, struct filter_reader *r, struct funnel *out, struct fault *f)
{
	return (read_forms(filter, out, f) && read_window(filter, out, f) &&
		       read_ends(filter, out, f) && read_attribution(filter, out, f) &&
		       read_number(filter, "binCount", 1, FUNNEL_MAX_BINS, 0, &out->bins, f) &&
		       read_actor(filter, out, f) && refuse_the_rest(filter, f) &&
		       funnel_read_exclusions(filter, r, out, f)) ||
	       fault_wrap(f, "funnelsFilter.");
}

static bool check_optional(const struct funnel *t, struct fault *f)
{
	for (size_t i = 0; i < t->step_count; i++) {
		if (t->steps[i].is_optional && t->order == FUNNEL_UNORDERED) {
			return fault_set(f, FAULT_QUERY,
				"series[%zu].optionalInFunnel: a step without a place in an order"
				" cannot be optional",
				i);
		}
		if (t->steps[i].is_optional && t->view != FUNNEL_STEPS) {
			return fault_set(f, FAULT_QUERY,
				"series[%zu].optionalInFunnel: steps are optional in the view of"
				" steps only",
				i);
		}
	}
	return true;
}

bool funnel_read(const struct kind_context *c, struct funnel *out, struct fault *f)
{
	struct filter_reader reader = {.place = &c->place, .references = c->references};
	const json_t *filter = json_object_get(c->query, "funnelsFilter");

	*out = (struct funnel){.step_count = 0};
	if (filter && !json_is_null(filter) && !json_is_object(filter)) {
		return fault_set(f, FAULT_QUERY, "funnelsFilter is not an object");
	}
	if (!funnel_read_steps(c->query, &reader, out, f) ||
		!read_filter(filter, &reader, out, f) || !check_optional(out, f) ||
		!breakdown_read(c->query, BREAKDOWN_DEFAULT_LIMIT, &out->breakdown, f) ||
		!scope_read(c, &reader, &out->scope, f)) {
		return false;
	}
	/* A time to convert is one number of bins, whatever dashboards split by. */
	out->breakdown.is_set = out->breakdown.is_set && out->view != FUNNEL_TIME_TO_CONVERT;
	out->is_plain = has_plain_steps(out);
	return true;
}

size_t funnel_value_count(const struct funnel *t)
{
	return t->breakdown.is_set ? 1 : 0;
}

void funnel_finish(struct funnel *t)
{
	for (size_t i = 0; i < t->step_count; i++) {
		entity_finish(&t->steps[i].entity);
	}
	for (size_t i = 0; i < t->exclusion_count; i++) {
		entity_finish(&t->exclusions[i].entity);
	}
	expression_destroy(t->actor);
	breakdown_finish(&t->breakdown);
	scope_finish(&t->scope);
}
