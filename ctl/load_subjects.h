/* What queries speak of besides events: group types, groups, actions and cohorts, from lists of
 * those names in a project.
 *
 * An action and a cohort are known by their id, or else by their name; a group by its type and key.
 * To add a subject: its list in project_load_subjects(). */
#pragma once
#include "ctl/load_project.h"

/* The lists "group_types", "groups", "actions" and "cohorts" of an object. */
bool project_load_subjects(
	struct project_load *l, const json_t *object, struct fault *f) MUST_CHECK;
