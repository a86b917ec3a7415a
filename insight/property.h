/* A property that a filter or a breakdown speaks of: whose it is and what it is called.
 *
 * The name is the customer's and never becomes part of a statement's text.  To add an owner
 * (session, group …), add its line to property.def and say in the dialects where it is kept. */
#pragma once
#include "lib/base/fault.h"

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
};

/* "event" to PROPERTY_OF_event.  FAULT_UNSUPPORTED for types that PostHog has and this engine has
 * not, FAULT_QUERY for any other text; `field` names it. */
bool property_owner_lookup(
	const char *type, const char *field, enum property_owner *out, struct fault *f) MUST_CHECK;
