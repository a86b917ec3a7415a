#include "insight/property.h"

#include "insight/brief.h"

#include <glib.h>
#include <string.h>

static const struct {
	const char *name;
	int owner; /* -1: elsewhere */
} types[] = {
#define PROPERTY(name) {#name, PROPERTY_OF_##name},
#define PROPERTY_ELSEWHERE(name) {#name, -1},
#include "insight/property.def"
#undef PROPERTY
#undef PROPERTY_ELSEWHERE
};

bool property_owner_lookup(
	const char *type, const char *field, enum property_owner *out, struct fault *f)
{
	char shown[BRIEF_BYTES];

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		if (strcmp(types[i].name, type) != 0) {
			continue;
		}
		if (types[i].owner < 0) {
			return fault_set(f, FAULT_UNSUPPORTED,
				"%s: properties of type '%s' are not computed here", field, type);
		}
		*out = (enum property_owner)types[i].owner;
		return true;
	}
	return fault_set(
		f, FAULT_QUERY, "%s: '%s' is not a type of property", field, brief(type, shown));
}
