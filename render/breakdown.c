#include "render/breakdown.h"

#include <glib.h>
#include <math.h>
#include <string.h>

static const char other_key[] = "$$_posthog_breakdown_other_$$";
static const char none_key[] = "$$_posthog_breakdown_null_$$";

const char *breakdown_words(const char *text)
{
	if (strcmp(text, other_key) == 0) {
		return "Other (i.e. all remaining values)";
	}
	if (strcmp(text, none_key) == 0) {
		return "None (i.e. no value)";
	}
	return text;
}

bool breakdown_is_other(const json_t *value)
{
	return json_is_string(value) && strcmp(json_string_value(value), other_key) == 0;
}

bool breakdown_is_none(const json_t *value)
{
	return !value || json_is_null(value) ||
	       (json_is_string(value) && strcmp(json_string_value(value), none_key) == 0);
}

char *breakdown_text(const json_t *value)
{
	if (breakdown_is_none(value)) {
		return g_strdup(breakdown_words(none_key));
	}
	if (json_is_string(value)) {
		const char *text = json_string_value(value);

		return g_strdup(text[0] != '\0' ? breakdown_words(text) : "(empty string)");
	}
	if (json_is_real(value) && fabs(json_real_value(value)) < 1e15 &&
		json_real_value(value) == floor(json_real_value(value))) {
		return g_strdup_printf("%.0f", json_real_value(value));
	}
	return json_write(value);
}

/* A cohort breakdown lists ids where others have a name. */
static char *name_of(const json_t *property)
{
	GString *name;
	const json_t *member;
	size_t i;

	if (json_is_string(property)) {
		return g_strdup(json_string_value(property));
	}
	if (!json_is_array(property)) {
		return property && !json_is_null(property) ? json_write(property) : NULL;
	}
	name = g_string_new(NULL);
	json_array_foreach(property, i, member)
	{
		g_autofree char *text = breakdown_text(member);

		g_string_append_printf(name, "%s%s", i > 0 ? ", " : "", text);
	}
	return g_string_free(name, FALSE);
}

char **breakdown_names(const json_t *node)
{
	const json_t *filter = json_get_object(node, "breakdownFilter");
	const json_t *several = json_get_array(filter, "breakdowns");
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const json_t *member;
	size_t i;
	char *name;

	if (json_array_size(several) > 0) {
		json_array_foreach(several, i, member)
		{
			name = name_of(json_object_get(member, "property"));
			if (name) {
				g_ptr_array_add(names, name);
			}
		}
	} else if (json_truthy(json_object_get(filter, "breakdown"))) {
		g_ptr_array_add(names, name_of(json_object_get(filter, "breakdown")));
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_steal(names, NULL);
}
