/* Which code answers which request: one table, route.def.
 *
 * The one rule: a route below a project names the scope that it needs, or the build fails; key,
 * scope and membership are then checked before its handler runs (auth.h).  To add an endpoint:
 * write route_<name>.c with route_<name>(), add its line to route.def and CMakeLists.txt. */
#pragma once
#include "api-shim/request.h"

enum route_kind {
	ROUTE_OPEN, /* anyone: /pattern */
	ROUTE_PROJECT /* a key: /api/projects/:project/pattern, /api/environments/:project/pattern
		       */
};

struct route {
	const char *name;
	enum request_method method;
	enum route_kind kind;
	const char *pattern; /* ":id" stands for one part of the path */
	const char *scope; /* "" only when open */
	/* Scopes that the body asks for besides; writes at most `room`, returns how many. */
	unsigned (*more_scopes)(struct request *r, const char **scopes, unsigned room);
	void (*handle)(struct request *r);
};

enum { ROUTE_SCOPES_MAX = 8, PARAM_PROJECT = 0, PARAM_ID = 1 };

size_t route_count(void);
const struct route *route_at(size_t i);

/* Fills in r->params.  NULL when there is none for this method; `allowed` then receives the
 * methods of the path, comma-separated, and stays empty for an unknown path.  *any is some route
 * of the path. */
const struct route *route_find(
	struct request *r, const struct route **any, char *allowed, size_t room);

/* Handles a request whose body is whole. */
void route_dispatch(struct api *api, struct request *r);

#define ROUTE(name, method, kind, pattern, scope, more_scopes) void route_##name(struct request *r);
#include "api-shim/route.def"
#undef ROUTE

unsigned exports_create_scopes(struct request *r, const char **scopes, unsigned room);
