/* Who is calling: what auth found out about a key, kept as long as the request needs it. */
#pragma once
#include "store/keys.h"

struct caller {
	int64_t key_id, user_id, current_project_id;
	char **scopes;
	int64_t *projects; /* NULL: all */
	size_t project_count;
	char **organizations; /* NULL: all */
};

struct caller *caller_create(const struct key_row *k);
void caller_destroy(struct caller *c); /* NULL is fine */

/* What a key is limited to. */
bool caller_may_see_project(const struct caller *c, int64_t project_id);
bool caller_may_see_organization(const struct caller *c, const char *organization_id);
bool caller_has_scope(const struct caller *c, const char *wanted);
