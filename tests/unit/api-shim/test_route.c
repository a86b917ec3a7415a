#include "api-shim/route.h"

#include "tests/unit/api-shim/paper_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void finds(const char *method, const char *target, const char *name, const char *project,
	const char *id, const char *allowed_methods)
{
	struct paper_wire wire = paper_wire(NULL, NULL);
	struct request *r = request_create(&wire.wire, method, target);
	const struct route *any, *route;
	char allowed[64];

	route = route_find(r, &any, allowed, sizeof allowed);
	if (g_strcmp0(route ? route->name : NULL, name) != 0 ||
		(!route && strcmp(allowed, allowed_methods) != 0)) {
		fail_msg("%s %s: %s, allowed \"%s\"", method, target, route ? route->name : "none",
			allowed);
	}
	assert_int_equal(any != NULL, name || *allowed_methods);
	if (project) {
		assert_string_equal(r->params[PARAM_PROJECT], project);
	}
	if (id) {
		assert_string_equal(r->params[PARAM_ID], id);
	}
	request_destroy(r);
}

static void every_endpoint_is_found_under_both_names(void **state)
{
	static const char *const bases[] = {"/api/projects/12/", "/api/environments/12/"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bases); i++) {
		for (int slash = 0; slash < 2; slash++) {
			g_autofree char *all =
				g_strconcat(bases[i], "exports", slash ? "/" : "", NULL);
			g_autofree char *one =
				g_strconcat(bases[i], "exports/34", slash ? "/" : "", NULL);
			g_autofree char *content =
				g_strconcat(bases[i], "exports/34/content", slash ? "/" : "", NULL);

			finds("GET", all, "exports_list", "12", NULL, "");
			finds("HEAD", all, "exports_list", "12", NULL, "");
			finds("POST", all, "exports_create", "12", NULL, "");
			finds("GET", one, "exports_read", "12", "34", "");
			finds("GET", content, "exports_content", "12", "34", "");
		}
	}
	finds("GET", "/api/projects/@current/exports?limit=1", "exports_list", "@current", NULL,
		"");
	finds("GET", "/livez", "livez", NULL, NULL, "");
	finds("GET", "/readyz/", "readyz", NULL, NULL, "");
}

static void a_known_path_names_its_methods(void **state)
{
	static const char *const methods[] = {"PUT", "PATCH", "DELETE", "OPTIONS", "get"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		finds(methods[i], "/api/projects/1/exports", NULL, NULL, NULL, "POST, GET, HEAD");
		finds(methods[i], "/api/projects/1/exports/2", NULL, NULL, NULL, "GET, HEAD");
		finds(methods[i], "/api/projects/1/exports/2/content/", NULL, NULL, NULL,
			"GET, HEAD");
		finds(methods[i], "/livez", NULL, NULL, NULL, "GET, HEAD");
	}
	finds("POST", "/api/projects/1/exports/2", NULL, NULL, NULL, "GET, HEAD");
}

static void other_paths_are_unknown(void **state)
{
	static const char *const paths[] = {
		"/",
		"/api",
		"/api/projects",
		"/api/projects/1",
		"/api/projects/1/",
		"/api/projects/1/export",
		"/api/projects/1/exportsx",
		"/api/projects/1/exports/2/contents",
		"/api/projects/1/exports/2/content/3",
		"/api/projects/1//exports",
		"/api/teams/1/exports",
		"/exports",
		"/api/projects/1/livez",
		"/API/projects/1/exports",
		"/api/projects/1/exports%00",
		"//livez",
		"/../livez",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		finds("GET", paths[i], NULL, NULL, NULL, "");
		finds("PUT", paths[i], NULL, NULL, NULL, "");
	}
}

static void the_table_is_sorted_and_closed(void **state)
{
	(void)state;
	for (size_t i = 0; i < route_count(); i++) {
		const struct route *route = route_at(i);

		if (i > 0) {
			assert_true(strcmp(route_at(i - 1)->name, route->name) < 0);
		}
		assert_int_equal(route->kind == ROUTE_PROJECT, *route->scope != '\0');
		assert_non_null(route->handle);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_endpoint_is_found_under_both_names),
		cmocka_unit_test(a_known_path_names_its_methods),
		cmocka_unit_test(other_paths_are_unknown),
		cmocka_unit_test(the_table_is_sorted_and_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
