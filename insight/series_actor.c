#include "insight/series_actor.h"

#include "insight/brief.h"

#include <string.h>

static bool read_group(const json_t *node, int *out, struct fault *f)
{
	const json_t *member = json_object_get(node, "math_group_type_index");

	if (!json_is_integer(member) || json_integer_value(member) < 0 ||
		json_integer_value(member) > ACTOR_MAX_GROUP) {
		return fault_set(f, FAULT_QUERY,
			"math_group_type_index is not a whole number from 0 to %d",
			ACTOR_MAX_GROUP);
	}
	*out = (int)json_integer_value(member);
	return true;
}

bool series_actor_read(const json_t *node, const struct scope *s, int *out, struct fault *f)
{
	const json_t *member = json_object_get(node, "math");
	const json_t *multiplier = json_object_get(node, "math_multiplier");
	const char *math = json_get_text(node, "math", "");
	char shown[BRIEF_BYTES];

	*out = s->actor;
	if (member && !json_is_null(member) && !json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "math is not a text");
	}
	if (multiplier && !json_is_null(multiplier)) {
		return fault_set(f, FAULT_UNSUPPORTED, "math_multiplier is not computed here");
	}
	if (strcmp(math, "unique_group") == 0) {
		return read_group(node, out, f);
	}
	if (*math && strcmp(math, "total") != 0 && strcmp(math, "dau") != 0) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"math: '%s' is not computed here in a query that counts actors",
			brief(math, shown));
	}
	return true;
}
