/* Random small worlds of events, persons and groups, which every random test of insights counts
 * two ways: the engine over Postgres, and the test itself straight over these arrays.
 *
 * The same seed makes the same worlds.  They are never changed once made.  To add an odd value,
 * add it to world_values.c; to add a kind of row, a member here, its part of world_make.c and its
 * COPY in world_load.c. */
#pragma once
#include "insight/insight.h"

#include <glib.h>

enum {
	WORLD_FIRST_PROJECT = 100,
	WORLD_GROUP_TYPES = 5,
	WORLD_USED_GROUP_TYPES = 2, /* the first ones; keys of the others are "" */
	WORLD_UUID = 37,
	WORLD_WALL = sizeof "2024-03-31 23:59:59.999999",
	WORLD_BUCKET = sizeof "2024-03-31 23:00:00"
};

struct world_event {
	int64_t us;
	char uuid[WORLD_UUID];
	char person[WORLD_UUID]; /* there may be no such person */
	char wall[WORLD_WALL]; /* what the clock on the project's wall shows */
	char *name, *distinct_id;
	json_t *properties;
	char *groups[WORLD_GROUP_TYPES]; /* keys; "": none */
};

struct world_person {
	char id[WORLD_UUID];
	int64_t created_us;
	json_t *properties;
};

struct world_distinct_id {
	char *text;
	char person[WORLD_UUID];
};

struct world_group {
	int index;
	char *key;
	int64_t created_us;
	json_t *properties;
};

struct world {
	int64_t project_id;
	const char *timezone;
	GTimeZone *tz;
	int week_start_day;
	int64_t now_us; /* after all events */
	struct world_event *events; /* by time, then uuid */
	struct world_person *persons;
	struct world_distinct_id *distinct_ids;
	struct world_group *groups;
	guint event_count, person_count, distinct_id_count, group_count;
};

extern const char *const world_group_types[WORLD_USED_GROUP_TYPES];

/* struct world; unref it in the end.  Projects are numbered from WORLD_FIRST_PROJECT on. */
GPtrArray *worlds_create(guint32 seed, guint count);

/* NULL: it is not there. */
const struct world_person *world_person(const struct world *w, const char *id);
const struct world_group *world_group(const struct world *w, int index, const char *key);
const struct world_person *world_person_of(const struct world *w, const struct world_event *e);

struct insight_env world_env(const struct world *w);

/* What `properties ->> key` gives for a jsonb column: NULL for an absent or null one.  g_free()
 * it.  NULL properties have nothing in them. */
char *world_text(const json_t *properties, const char *key);

/* Random pieces, all from `dice`. */
int world_below(GRand *dice, int limit); /* 0 … limit - 1 */
const char *world_pick(GRand *dice, const char *const *texts, size_t count);
#define WORLD_PICK(dice, texts) world_pick(dice, texts, G_N_ELEMENTS(texts))
const struct world *world_random(GRand *dice, const GPtrArray *worlds);
/* The name of an event of this world, rarely of none; never NULL. */
const char *world_random_name(GRand *dice, const struct world *w);
/* The same or NULL, which is "all events". */
const char *world_random_event(GRand *dice, const struct world *w);
