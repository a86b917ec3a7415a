/* The steps of a funnel and what must not happen between them. */
#include "insight/funnels.h"

#include "insight/brief.h"
#include "insight/math.h"
#include "insight/series.h"

#include <glib.h>
#include <string.h>

/* spec/insights.md 1.6: of the maths of a series a funnel has these; unique users are what it
 * counts anyway, and old queries say so. */
static const struct {
	const char *name;
	enum funnel_once once;
} step_maths[] = {
	{"dau", STEP_ALWAYS},
	{"first_matching_event_for_user", STEP_FIRST_TIME_WITH_FILTERS},
	{"first_time_for_user", STEP_FIRST_TIME},
	{"first_time_for_user_with_filters", STEP_FIRST_TIME_WITH_FILTERS},
	{"total", STEP_ALWAYS},
	{"unique_group", STEP_ALWAYS},
};

static bool read_math(const json_t *node, struct funnel_step *step, struct fault *f)
{
	const json_t *member = json_object_get(node, "math");
	const char *name = series_math(node);
	char shown[BRIEF_BYTES];

	if (member && !json_is_null(member) && !json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "math is not a text");
	}
	for (size_t i = 0; i < G_N_ELEMENTS(step_maths); i++) {
		if (strcmp(step_maths[i].name, name) == 0) {
			step->once = step_maths[i].once;
			return true;
		}
	}
	if (math_lookup(name)) {
		/* What a chart counted before it was made a funnel changes nothing there. */
		step->once = STEP_ALWAYS;
		return true;
	}
	return fault_set(f, FAULT_QUERY, "math: '%s' is not a math of a step", brief(name, shown));
}

static bool read_optional(
	const json_t *node, size_t place, struct funnel_step *step, struct fault *f)
{
	step->is_optional = json_truthy(json_object_get(node, "optionalInFunnel"));
	return !step->is_optional || place > 0 ||
	       fault_set(f, FAULT_QUERY, "optionalInFunnel: the first step is never optional");
}

bool funnel_read_steps(
	const json_t *query, struct filter_reader *r, struct funnel *out, struct fault *f)
{
	const json_t *list = json_object_get(query, "series");
	size_t count = json_is_array(list) ? json_array_size(list) : 0;
	const json_t *node;
	size_t i;

	if (count < FUNNEL_MIN_STEPS || count > FUNNEL_MAX_STEPS) {
		return fault_set(f, FAULT_QUERY, "series: a funnel has %d to %d steps, not %zu",
			FUNNEL_MIN_STEPS, FUNNEL_MAX_STEPS, count);
	}
	json_array_foreach(list, i, node)
	{
		struct funnel_step *step = &out->steps[i];

		out->step_count = i + 1;
		if (!entity_read(node, r, &step->entity, f) || !read_math(node, step, f) ||
			!read_optional(node, i, step, f)) {
			return fault_wrap(f, "series[%zu].", i);
		}
		out->has_optional = out->has_optional || step->is_optional;
		out->has_once = out->has_once || step->once != STEP_ALWAYS;
	}
	return true;
}

static bool read_end(
	const json_t *node, const char *key, const struct funnel *t, size_t *out, struct fault *f)
{
	const json_t *member = json_object_get(node, key);

	if (!json_is_integer(member) || json_integer_value(member) < 0 ||
		json_integer_value(member) >= (json_int_t)t->step_count) {
		return fault_set(f, FAULT_QUERY, "%s is not a whole number from 0 to %zu", key,
			t->step_count - 1);
	}
	*out = (size_t)json_integer_value(member);
	return true;
}

static bool read_exclusion(const json_t *node, struct filter_reader *r, const struct funnel *t,
	struct funnel_exclusion *out, struct fault *f)
{
	if (!entity_read(node, r, &out->entity, f) ||
		!read_end(node, "funnelFromStep", t, &out->from, f) ||
		!read_end(node, "funnelToStep", t, &out->to, f)) {
		return false;
	}
	if (out->from >= out->to) {
		return fault_set(f, FAULT_QUERY,
			"funnelToStep: step %zu does not come after funnelFromStep %zu", out->to,
			out->from);
	}
	if (t->order == FUNNEL_UNORDERED && (out->from > 0 || out->to < t->step_count - 1)) {
		return fault_set(f, FAULT_QUERY,
			"funnelFromStep: steps in any order are excluded from all of them only");
	}
	return true;
}

bool funnel_read_exclusions(
	const json_t *filter, struct filter_reader *r, struct funnel *out, struct fault *f)
{
	const json_t *list = json_object_get(filter, "exclusions");
	const json_t *node;
	size_t i;

	if (list && !json_is_null(list) && !json_is_array(list)) {
		return fault_set(f, FAULT_QUERY, "exclusions is not a list");
	}
	if (json_array_size(list) > FUNNEL_MAX_EXCLUSIONS) {
		return fault_set(f, FAULT_QUERY, "exclusions: %zu are more than %d",
			json_array_size(list), FUNNEL_MAX_EXCLUSIONS);
	}
	if (json_array_size(list) > 0 && out->order == FUNNEL_STRICT) {
		return fault_set(f, FAULT_QUERY,
			"exclusions: between steps that follow each other at once is nothing to"
			" exclude");
	}
	json_array_foreach(list, i, node)
	{
		out->exclusion_count = i + 1;
		if (!read_exclusion(node, r, out, &out->exclusions[i], f)) {
			return fault_wrap(f, "exclusions[%zu].", i);
		}
	}
	return true;
}
