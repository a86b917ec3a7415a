#include "tests/unit/insight/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>

char *lines_of(const json_t *result)
{
	GString *text = g_string_new(NULL);
	const json_t *item, *number;
	size_t i, j;

	json_array_foreach(json_get_array(result, "results"), i, item)
	{
		const json_t *total = json_object_get(item, "aggregated_value");
		const char *compare = json_get_text(item, "compare_label", NULL);

		g_string_append_printf(text, "%s%s%s%s:", i ? "; " : "",
			json_get_text(item, "label", "?"), compare ? " " : "",
			compare ? compare : "");
		json_array_foreach(json_object_get(item, "data"), j, number)
		{
			assert_true(json_is_real(number));
			g_string_append_printf(text, " %g", json_real_value(number));
		}
		g_string_append_printf(text, " = %g",
			json_number_value(total ? total : json_object_get(item, "count")));
	}
	return g_string_free(text, FALSE);
}

void lines_check(struct computed *c, const struct insight_env *env, const char *query_text,
	const char *expected)
{
	json_t *query = computed_json(query_text);
	json_t *result = computed_result(c, query, env);
	json_t *as_owner = computed_as_owner(c, query, env);
	g_autofree char *got = lines_of(result);

	print_message("%s\n", query_text);
	assert_string_equal(got, expected);
	/* Row-level security must not be what keeps the other project's events out. */
	assert_true(json_equal(result, as_owner));
	json_decref(query);
	json_decref(result);
	json_decref(as_owner);
}
