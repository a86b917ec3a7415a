/* How the items of paths are cleaned: replacements, groupings, exclusions (spec/insights.md 2.5).
 */
#include "insight/paths.h"
#include "insight/pattern.h"

#include <glib.h>
#include <string.h>

static bool read_list(const json_t *filter, const char *key, const json_t **out, struct fault *f)
{
	*out = json_object_get(filter, key);
	if (json_is_null(*out)) {
		*out = NULL;
	}
	if (*out && !json_is_array(*out)) {
		return fault_set(f, FAULT_QUERY, "%s is not a list", key);
	}
	if (json_array_size(*out) > PATHS_MAX_RULES) {
		return fault_set(f, FAULT_QUERY, "%s: %zu are more than %d", key,
			json_array_size(*out), PATHS_MAX_RULES);
	}
	return true;
}

static bool read_texts(const json_t *filter, const char *key, GPtrArray *out, struct fault *f)
{
	const json_t *list, *member;
	size_t i;

	if (!read_list(filter, key, &list, f)) {
		return false;
	}
	json_array_foreach(list, i, member)
	{
		if (!json_is_string(member)) {
			return fault_set(f, FAULT_QUERY, "%s[%zu] is not a text", key, i);
		}
		/* an empty one is what an editor leaves behind */
		if (json_string_length(member) > 0) {
			g_ptr_array_add(out, (gpointer)(uintptr_t)json_string_value(member));
		}
	}
	return true;
}

static bool is_text_or_nothing(const json_t *member)
{
	return !member || json_is_null(member) || json_is_string(member);
}

/* A rule without its regular expression changes nothing. */
static bool read_replacements(
	const json_t *filter, const char *key, GPtrArray *out, struct fault *f)
{
	const json_t *list, *member;
	size_t i;

	if (!read_list(filter, key, &list, f)) {
		return false;
	}
	json_array_foreach(list, i, member)
	{
		const char *regex = json_get_text(member, "regex", "");
		struct replacement *r;

		if (!json_is_object(member) ||
			!is_text_or_nothing(json_object_get(member, "regex")) ||
			!is_text_or_nothing(json_object_get(member, "alias"))) {
			return fault_set(f, FAULT_QUERY,
				"%s[%zu] is not a regex and an alias, both texts", key, i);
		}
		if (!pattern_check(regex, "regex", f)) {
			return fault_wrap(f, "%s[%zu].", key, i);
		}
		if (*regex) {
			r = g_new(struct replacement, 1);
			*r = (struct replacement){
				.regex = regex, .alias = json_get_text(member, "alias", "")};
			g_ptr_array_add(out, r);
		}
	}
	return true;
}

bool paths_rules_read(const json_t *filter, struct paths_rules *out, struct fault *f)
{
	const json_t *replacements = json_object_get(filter, "pathReplacements");

	*out = (struct paths_rules){.replacements = g_ptr_array_new_with_free_func(g_free),
		.groupings = g_ptr_array_new(),
		.excluded = g_ptr_array_new()};
	/* true: the project's own rules; false: without them */
	if (json_is_true(replacements)) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"pathReplacements: the rules of a project are not known here; name them in"
			" localPathCleaningFilters");
	}
	return (json_is_false(replacements) ||
		       read_replacements(filter, "pathReplacements", out->replacements, f)) &&
	       read_replacements(filter, "localPathCleaningFilters", out->replacements, f) &&
	       read_texts(filter, "pathGroupings", out->groupings, f) &&
	       read_texts(filter, "excludeEvents", out->excluded, f);
}

void paths_rules_finish(struct paths_rules *r)
{
	if (r->replacements) {
		g_ptr_array_unref(r->replacements);
		g_ptr_array_unref(r->groupings);
		g_ptr_array_unref(r->excluded);
	}
	*r = (struct paths_rules){.replacements = NULL};
}
