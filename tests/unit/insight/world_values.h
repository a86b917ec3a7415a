/* What the properties of random worlds are called and what stands in them: of every kind that
 * customers send, right and wrong.
 *
 * To add a value, add it to its line of world_values.c; values are JSON, "" leaves the property
 * out. */
#pragma once
#include <glib.h>
#include <jansson.h>

/* Whose properties they are; a set of owners is a sum. */
enum world_owner {
	WORLD_OF_EVENT = 1,
	WORLD_OF_PERSON = 2,
	WORLD_OF_GROUP = 4,
	WORLD_OF_SESSION = 8,
	WORLD_OF_METADATA = 16,
	WORLD_OF_ANYONE = 31
};

/* What a property is filled with, for whoever looks for one that suits an operator. */
enum world_sort { WORLD_TEXTS, WORLD_NUMBERS, WORLD_DATES, WORLD_VERSIONS, WORLD_ANYTHING };

/* Of an event, a person or a group. */
json_t *world_random_properties(GRand *dice, enum world_owner owner);
/* A key that rows of this owner have, rarely another where there can be any. */
const char *world_random_key(GRand *dice, enum world_owner owner);
/* One of a sort, rarely of another. */
const char *world_random_key_of(GRand *dice, enum world_owner owner, enum world_sort sort);
/* What may stand under the key; null for what may be left out. */
json_t *world_random_value(GRand *dice, enum world_owner owner, const char *key);
