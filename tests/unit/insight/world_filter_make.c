/* Random property filters: operators with values that suit them, mostly ones that occur. */
#include "tests/unit/insight/world_filter.h"

#include <string.h>

enum { DEEPEST = 2 };

static const char *const parts[] = {"r", "R", "FREE", "%", "_", "\\", "'", "\"", "", "\xc3\xa9",
	"\xc3\x89", "t", "1", "true", "\xe6\x97\xa5", "%r", "a_b", "b\": 1", "\n"};
static const char *const regexes[] = {"^f", "o$", "^$", "[0-9]+", "^(free|pro)$", "(?i)PRO", "a.b",
	"a[_]b", "\\d", "\xc3\xa9", "^.{2,4}$", "%", "\\\\", "two.lines", "two$", "^-", "\\.5",
	"'"};
static const char *const days[] = {"2024-03-31", "2024-03-30", "2024-04-01", "2024-03-10",
	"2024-11-03", "2024-10-27", "2011-12-29", "2011-12-31", "2018-11-04", "2018-02-17",
	"2024-02-29", "2024-04-07", "2024-03-31 06:07:00", "2024-03-31T06:07:00",
	"2024-10-26T23:59:59Z", "2024-11-03T04:00:00.123456Z", "2024-10-27T06:07:08.5+02:00", "-1d",
	"-30d", "-400d", "", "2011-12-30T10:00:00Z"};
static const char *const numbers[] = {"7", "-4", "20.0", "2.5", "1e3", "9007199254740992",
	"9007199254740993", "+5", ".5", "0", "100000000000000000000", "-1000000000000000", "1e400",
	"-0.1", "0.0000001", ""};

static const char *const versions[] = {"1.2.3", "1.2.3-beta", "v1.2", "1", "0.2.3", "0.0.3", "0",
	"2.0.0-beta", "1.2.3+build", "1.10", "0.0", ""};
static const char *const wildcards[] = {"1.*", "1.2.*", "v0.*", "0.0.*", "2.0.*"};

static const char *type_of(enum world_owner owner)
{
	switch (owner) {
	case WORLD_OF_EVENT:
		return "event";
	case WORLD_OF_PERSON:
		return "person";
	case WORLD_OF_GROUP:
		return "group";
	case WORLD_OF_SESSION:
		return "session";
	case WORLD_OF_METADATA:
		return "event_metadata";
	case WORLD_OF_ANYONE:
		break;
	}
	g_error("not one owner: %d", (int)owner);
}

/* A value as it stands in some row, or might. */
static json_t *known_value(
	GRand *dice, const struct world *w, enum world_owner owner, const char *key)
{
	const struct world_event *e = &w->events[world_below(dice, (int)w->event_count)];
	g_autofree char *text = NULL;

	if (world_below(dice, 4)) {
		text = world_filter_text(w, e, type_of(owner), 0, key);
	}
	return text ? json_string(text) : world_random_value(dice, owner, key);
}

/* No objects or lists: texts of them are compared as they are kept, which no query knows. */
static json_t *scalar(json_t *value)
{
	if (json_is_object(value) || json_is_array(value)) {
		json_decref(value);
		return json_string("[]");
	}
	/* nor huge reals, which a query writes with an exponent and the database without */
	if (json_is_real(value) &&
		(json_real_value(value) > 1e15 || json_real_value(value) < 1e-4)) {
		json_decref(value);
		return json_real(2.5);
	}
	return value;
}

static json_t *equal_value(
	GRand *dice, const struct world *w, enum world_owner owner, const char *key)
{
	json_t *list;

	if (world_below(dice, 3) == 0) {
		return scalar(known_value(dice, w, owner, key));
	}
	list = json_array();
	for (int i = world_below(dice, 4); i >= 0; i--) {
		json_array_append_new(list, scalar(known_value(dice, w, owner, key)));
	}
	return list;
}

static json_t *text_value(GRand *dice, const char *const *texts, size_t count)
{
	json_t *list;

	if (world_below(dice, 3)) {
		return json_string(world_pick(dice, texts, count));
	}
	list = json_array();
	for (int i = world_below(dice, 3); i >= 0; i--) {
		json_array_append_new(list, json_string(world_pick(dice, texts, count)));
	}
	return list;
}

static json_t *number_value(GRand *dice)
{
	switch (world_below(dice, 3)) {
	case 0:
		return json_integer(world_below(dice, 30) - 5);
	case 1:
		return json_real(world_below(dice, 100) / 4.0 - 5);
	default:
		return json_string(WORLD_PICK(dice, numbers));
	}
}

static json_t *range_value(GRand *dice)
{
	json_t *low = number_value(dice), *high = number_value(dice);

	if (json_is_string(high) && !*json_string_value(high)) {
		json_decref(high);
		high = json_integer(20);
	}
	return json_pack("[o, o]", low, high);
}

enum needs { NOTHING, EQUAL, PART, REGEX, NUMBER, RANGE, DATE, VERSION, WILDCARD };

static const struct {
	const char *name;
	enum needs needs;
} operators[] = {
	{"between", RANGE},
	{"exact", EQUAL},
	{"exact", EQUAL},
	{"gt", NUMBER},
	{"gte", NUMBER},
	{"icontains", PART},
	{"icontains", PART},
	{"icontains_multi", PART},
	{"in", EQUAL},
	{"is_date_after", DATE},
	{"is_date_before", DATE},
	{"is_date_exact", DATE},
	{"is_not", EQUAL},
	{"is_not", EQUAL},
	{"is_not_set", NOTHING},
	{"is_set", NOTHING},
	{"lt", NUMBER},
	{"lte", NUMBER},
	{"max", NUMBER},
	{"min", NUMBER},
	{"not_between", RANGE},
	{"not_icontains", PART},
	{"not_icontains_multi", PART},
	{"not_in", EQUAL},
	{"not_regex", REGEX},
	{"regex", REGEX},
	{"semver_caret", VERSION},
	{"semver_eq", VERSION},
	{"semver_gt", VERSION},
	{"semver_gte", VERSION},
	{"semver_lt", VERSION},
	{"semver_lte", VERSION},
	{"semver_neq", VERSION},
	{"semver_tilde", VERSION},
	{"semver_wildcard", WILDCARD},
};

static enum world_sort sort_for(GRand *dice, enum needs needs)
{
	switch (needs) {
	case NUMBER:
	case RANGE:
		return WORLD_NUMBERS;
	case DATE:
		return WORLD_DATES;
	case VERSION:
	case WILDCARD:
		return WORLD_VERSIONS;
	case PART:
	case REGEX:
		return world_below(dice, 4) ? WORLD_TEXTS : WORLD_ANYTHING;
	case NOTHING:
	case EQUAL:
		break;
	}
	return (enum world_sort)world_below(dice, WORLD_ANYTHING + 1);
}

static json_t *value_for(GRand *dice, const struct world *w, enum world_owner owner,
	const char *key, enum needs needs)
{
	if (needs == NOTHING || world_below(dice, 40) == 0) {
		return world_below(dice, 2) ? json_null() : json_array();
	}
	switch (needs) {
	case NOTHING:
	case EQUAL:
		break;
	case PART:
		return text_value(dice, parts, G_N_ELEMENTS(parts));
	case REGEX:
		return text_value(dice, regexes, G_N_ELEMENTS(regexes));
	case NUMBER:
		return number_value(dice);
	case RANGE:
		return range_value(dice);
	case DATE:
		return json_string(WORLD_PICK(dice, days));
	case VERSION:
		return json_string(WORLD_PICK(dice, versions));
	case WILDCARD:
		return json_string(WORLD_PICK(dice, wildcards));
	}
	return equal_value(dice, w, owner, key);
}

static enum world_owner random_owner(GRand *dice, unsigned owners)
{
	for (;;) {
		unsigned owner = 1U << world_below(dice, 5);

		if (owners & owner) {
			return (enum world_owner)owner;
		}
	}
}

json_t *world_random_filter(GRand *dice, const struct world *w, unsigned owners)
{
	int i = world_below(dice, G_N_ELEMENTS(operators));
	bool is_version = operators[i].needs == VERSION || operators[i].needs == WILDCARD;
	unsigned versioned = owners & (WORLD_OF_EVENT | WORLD_OF_PERSON);
	enum world_owner owner = random_owner(dice, is_version && versioned ? versioned : owners);
	const char *key = world_random_key_of(dice, owner, sort_for(dice, operators[i].needs));
	json_t *filter = json_pack("{s:s, s:o}", "key", key, "value",
		value_for(dice, w, owner, key, operators[i].needs));

	if (owner != WORLD_OF_EVENT || world_below(dice, 2)) {
		json_object_set_new(filter, "type", json_string(type_of(owner)));
	}
	if (owner == WORLD_OF_GROUP) {
		json_object_set_new(filter, "group_type_index",
			json_integer(world_below(dice, WORLD_USED_GROUP_TYPES)));
	}
	if (strcmp(operators[i].name, "exact") != 0 || world_below(dice, 2)) {
		json_object_set_new(filter, "operator", json_string(operators[i].name));
	}
	return filter;
}

static json_t *random_tree(GRand *dice, const struct world *w, unsigned owners, int depth)
{
	json_t *values = json_array();

	for (int i = world_below(dice, 4); i > 0; i--) {
		bool deeper = depth < DEEPEST && world_below(dice, 3) == 0;

		json_array_append_new(values, deeper ? random_tree(dice, w, owners, depth + 1)
						     : world_random_filter(dice, w, owners));
	}
	if (world_below(dice, 30) == 0) {
		json_array_append_new(values, json_object());
	}
	return json_pack(
		"{s:s, s:o}", "type", world_below(dice, 3) ? "OR" : "AND", "values", values);
}

json_t *world_random_filters(GRand *dice, const struct world *w, unsigned owners)
{
	json_t *list;

	switch (world_below(dice, 5)) {
	case 0:
		return NULL;
	case 1:
		return random_tree(dice, w, owners, 0);
	default:
		break;
	}
	list = json_array();
	for (int i = world_below(dice, 3); i >= 0; i--) {
		bool is_tree = world_below(dice, 8) == 0;

		json_array_append_new(list, is_tree ? random_tree(dice, w, owners, 1)
						    : world_random_filter(dice, w, owners));
	}
	return list;
}
