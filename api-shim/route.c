#include "api-shim/route.h"

#include "api-shim/api.h"
#include "api-shim/auth.h"
#include "api-shim/health.h"

#include <string.h>

#define ROUTE(name, method, kind, pattern, scope, more_scopes)                                     \
	_Static_assert(ROUTE_##kind == ROUTE_OPEN || sizeof(scope) > 1,                            \
		"route " #name " stands below a project and needs a scope");
#include "api-shim/route.def"
#undef ROUTE

static const struct route routes[] = {
#define ROUTE(name, method, kind, pattern, scope, more_scopes)                                     \
	{#name, REQUEST_##method, ROUTE_##kind, pattern, scope, more_scopes, route_##name},
#include "api-shim/route.def"
#undef ROUTE
};

static const char *const method_names[] = {
	[REQUEST_GET] = "GET, HEAD",
	[REQUEST_HEAD] = "HEAD",
	[REQUEST_POST] = "POST",
	[REQUEST_PUT] = "PUT",
	[REQUEST_PATCH] = "PATCH",
	[REQUEST_DELETE] = "DELETE",
	[REQUEST_OTHER] = "",
};

size_t route_count(void)
{
	return G_N_ELEMENTS(routes);
}

const struct route *route_at(size_t i)
{
	return &routes[i];
}

/* Compares the segments from `first` on with a pattern, and keeps what stands for ":id". */
static bool matches(struct request *r, const char *pattern, unsigned first)
{
	unsigned i = first;

	while (*pattern) {
		const char *end = strchrnul(pattern, '/');
		size_t n = (size_t)(end - pattern);

		if (i == r->segment_count) {
			return false;
		}
		if (*pattern == ':') {
			r->params[PARAM_ID] = r->segments[i];
		} else if (strncmp(r->segments[i], pattern, n) != 0 || r->segments[i][n]) {
			return false;
		}
		i++;
		pattern = *end ? end + 1 : end;
	}
	return i == r->segment_count;
}

static bool is_below_project(const struct request *r)
{
	return r->segment_count > 3 && strcmp(r->segments[0], "api") == 0 &&
	       (strcmp(r->segments[1], "projects") == 0 ||
		       strcmp(r->segments[1], "environments") == 0);
}

const struct route *route_find(
	struct request *r, const struct route **any, char *allowed, size_t room)
{
	enum request_method method = r->method == REQUEST_HEAD ? REQUEST_GET : r->method;
	bool below_project = is_below_project(r);

	*any = NULL;
	*allowed = '\0';
	if (below_project) {
		r->params[PARAM_PROJECT] = r->segments[2];
	}
	for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
		const struct route *route = &routes[i];

		if ((route->kind == ROUTE_PROJECT) != below_project ||
			!matches(r, route->pattern, below_project ? 3 : 0)) {
			continue;
		}
		if (route->method == method) {
			return *any = route;
		}
		*any = route;
		(void)g_strlcat(allowed, *allowed ? ", " : "", room);
		(void)g_strlcat(allowed, method_names[route->method], room);
	}
	return NULL;
}

static bool refuse_method(struct request *r)
{
	struct refusal why = {0};
	const struct route *any;
	char allowed[64];

	if (route_find(r, &any, allowed, sizeof allowed)) {
		return false;
	}
	answer_header(r, "Allow", "%s", allowed);
	(void)refuse_with(&why, PROBLEM_METHOD, "Method \"%s\" not allowed.", r->method_name);
	answer_refusal(r, &why);
	return true;
}

static void run(struct request *r)
{
	r->route->handle(r);
}

static void on_identified(struct request *r)
{
	if (!refuse_method(r)) {
		auth_admit(r, run);
	}
}

void route_dispatch(struct api *api, struct request *r)
{
	struct refusal why = {0};
	const struct route *any;
	char allowed[64];

	r->api = api;
	r->route = route_find(r, &any, allowed, sizeof allowed);
	if (!refusal_is_empty(&r->broken)) {
		answer_refusal(r, &r->broken);
	} else if (!any) {
		(void)refuse(&why, PROBLEM_NOT_FOUND);
		answer_refusal(r, &why);
	} else if (any->kind == ROUTE_PROJECT && health_is_outage(api)) {
		answer_unavailable(r);
	} else if (any->kind == ROUTE_PROJECT) {
		auth_identify(r, on_identified);
	} else if (!refuse_method(r)) {
		run(r);
	}
}
