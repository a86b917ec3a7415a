/* What the body of a query may say, and which word of refusal it gets. */
#include "api-shim/query_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#define QUERY "\"query\": {\"kind\": \"TrendsQuery\"}"

static void what_is_understood_is_taken(void **state)
{
	static const struct {
		const char *form;
		bool has_filters, has_variables;
	} cases[] = {
		{"{" QUERY "}", false, false},
		{"{" QUERY ", \"refresh\": true}", false, false},
		{"{" QUERY ", \"refresh\": \"force_blocking\", \"client_query_id\": \"a-b\"}",
			false, false},
		{"{" QUERY
		 ", \"refresh\": null, \"client_query_id\": null, \"filters_override\": null, "
		 "\"variables_override\": null}",
			false, false},
		{"{" QUERY ", \"filters_override\": {}, \"variables_override\": {\"a\": {}}}", true,
			true},
		{"{" QUERY ", \"async\": true, \"unknown\": [1]}", false, false},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *form = json_loads(cases[i].form, 0, NULL);
		struct query_form out;
		struct refusal why = {0};

		assert_non_null(form);
		assert_true(query_form_read(form, &out, &why));
		assert_string_equal(json_get_text(out.query, "kind", ""), "TrendsQuery");
		assert_int_equal(out.filters != NULL, cases[i].has_filters);
		assert_int_equal(out.variables != NULL, cases[i].has_variables);
		json_decref(form);
	}
}

static void the_first_wrong_field_is_told(void **state)
{
	static const struct {
		const char *form, *attr, *code, *detail;
	} cases[] = {
		{"{}", "query", "required", "This field is required."},
		{"{\"query\": null}", "query", "null", "This field may not be null."},
		{"{\"query\": []}", "query", "invalid_input", "The query must be an object."},
		{"{\"query\": \"{}\", \"refresh\": 7}", "query", "invalid_input",
			"The query must be an object."},
		{"{" QUERY ", \"refresh\": 7}", "refresh", "invalid_input",
			"Must be a text or a boolean."},
		{"{" QUERY ", \"client_query_id\": 7, \"filters_override\": 7}", "client_query_id",
			"invalid_input", "Must be a text of at most 200 bytes."},
		{"{" QUERY ", \"filters_override\": [], \"variables_override\": []}",
			"filters_override", "invalid_input", "Must be an object."},
		{"{" QUERY ", \"variables_override\": \"x\"}", "variables_override",
			"invalid_input", "Must be an object."},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *form = json_loads(cases[i].form, 0, NULL);
		struct query_form out;
		struct refusal why = {0};

		assert_non_null(form);
		assert_false(query_form_read(form, &out, &why));
		assert_int_equal(why.status, 400);
		assert_string_equal(why.type, "validation_error");
		assert_string_equal(why.attr, cases[i].attr);
		assert_string_equal(why.code, cases[i].code);
		assert_string_equal(why.detail, cases[i].detail);
		refusal_finish(&why);
		json_decref(form);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_understood_is_taken),
		cmocka_unit_test(the_first_wrong_field_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
