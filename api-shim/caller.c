#include "api-shim/caller.h"

#include <glib.h>

struct caller *caller_create(const struct key_row *k)
{
	struct caller *c = g_new0(struct caller, 1);

	c->key_id = k->id;
	c->user_id = k->user_id;
	c->current_project_id = k->current_project_id;
	c->scopes = g_strdupv((char **)(uintptr_t)k->scopes);
	c->organizations = g_strdupv((char **)(uintptr_t)k->scoped_organizations);
	if (k->scoped_projects) {
		c->project_count = k->scoped_project_count;
		c->projects = g_new(int64_t, c->project_count + 1);
		for (size_t i = 0; i < c->project_count; i++) {
			c->projects[i] = k->scoped_projects[i];
		}
	}
	return c;
}

void caller_destroy(struct caller *c)
{
	if (c) {
		g_strfreev(c->scopes);
		g_strfreev(c->organizations);
		g_free(c->projects);
		g_free(c);
	}
}

/* An empty list limits nothing, as in PostHog. */
bool caller_may_see_project(const struct caller *c, int64_t project_id)
{
	for (size_t i = 0; i < c->project_count; i++) {
		if (c->projects[i] == project_id) {
			return true;
		}
	}
	return c->project_count == 0;
}

bool caller_may_see_organization(const struct caller *c, const char *organization_id)
{
	return !c->organizations || !c->organizations[0] ||
	       g_strv_contains((const char *const *)c->organizations, organization_id);
}

bool caller_has_scope(const struct caller *c, const char *wanted)
{
	return c->scopes && scopes_allow((const char *const *)c->scopes, wanted);
}
