/* A property that a filter or a breakdown speaks of: whose it is and what it is called
 * (spec/insights.md 1.4).
 *
 * The name is the customer's and never becomes part of a statement's text; names of columns and of
 * what is known of sessions are looked up in property.c's own lists.  To add an owner, add its
 * line to property.def and say in the dialects where it is kept. */
#pragma once
#include "lib/base/json.h"

enum { PROPERTY_MAX_GROUP = 4 };

enum property_owner {
#define PROPERTY(name) PROPERTY_OF_##name,
#define PROPERTY_ELSEWHERE(name)
#include "insight/property.def"
#undef PROPERTY
#undef PROPERTY_ELSEWHERE
};

struct property {
	enum property_owner owner;
	char *key;
	int group_index; /* of PROPERTY_OF_group */
	/* The table that it is read from; NULL: the rows of events, and what they point to. */
	const char *table;
};

/* Reads type ("event" when NULL), name and group_type_index of a filter or a breakdown;
 * `type_field` and `key_field` name them in faults.  Finish *out in either case. */
bool property_read(const char *type, const char *type_field, const char *key, const char *key_field,
	const json_t *group_index, struct property *out, struct fault *f) MUST_CHECK;
void property_finish(struct property *p);

/* "event" to PROPERTY_OF_event.  FAULT_UNSUPPORTED for types that PostHog has and this engine has
 * not, FAULT_QUERY for any other text; `field` names it. */
bool property_owner_lookup(
	const char *type, const char *field, enum property_owner *out, struct fault *f) MUST_CHECK;
