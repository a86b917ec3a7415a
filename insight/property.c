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

/* Columns of an event, and what is known of a session from its events. */
static const char *const columns[] = {"distinct_id", "event", "person_id", "timestamp", "uuid"};
static const char *const of_sessions[] = {"$end_current_url", "$end_timestamp",
	"$entry_current_url", "$is_bounce", "$pageview_count", "$session_duration",
	"$start_timestamp"};

static bool is_one_of(const char *const *names, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], key) == 0) {
			return true;
		}
	}
	return false;
}

static bool check_key(const struct property *p, const char *key_field, struct fault *f)
{
	char shown[BRIEF_BYTES];

	if (p->owner == PROPERTY_OF_event_metadata &&
		!is_one_of(columns, G_N_ELEMENTS(columns), p->key)) {
		return fault_set(f, FAULT_QUERY, "%s: an event has no column '%s'", key_field,
			brief(p->key, shown));
	}
	if (p->owner == PROPERTY_OF_session &&
		!is_one_of(of_sessions, G_N_ELEMENTS(of_sessions), p->key)) {
		return fault_set(f, FAULT_UNSUPPORTED, "%s: '%s' of a session is not computed here",
			key_field, brief(p->key, shown));
	}
	return true;
}

static bool read_group_index(const json_t *member, struct property *out, struct fault *f)
{
	if (!json_is_integer(member) || json_integer_value(member) < 0 ||
		json_integer_value(member) > PROPERTY_MAX_GROUP) {
		return fault_set(f, FAULT_QUERY,
			"group_type_index is not a whole number from 0 to %d", PROPERTY_MAX_GROUP);
	}
	out->group_index = (int)json_integer_value(member);
	return true;
}

bool property_read(const char *type, const char *type_field, const char *key, const char *key_field,
	const json_t *group_index, struct property *out, struct fault *f)
{
	*out = (struct property){.key = g_strdup(key)};
	return property_owner_lookup(type ? type : "event", type_field, &out->owner, f) &&
	       (out->owner != PROPERTY_OF_group || read_group_index(group_index, out, f)) &&
	       check_key(out, key_field, f);
}

void property_finish(struct property *p)
{
	g_free(p->key);
	p->key = NULL;
}
