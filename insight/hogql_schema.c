#include "insight/hogql_schema.h"

#include <glib.h>
#include <string.h>

#define TYPE(of)                                                                                   \
	{                                                                                          \
		.kind = (of)                                                                       \
	}
#define NULLABLE(of)                                                                               \
	{                                                                                          \
		.kind = (of), .is_nullable = true                                                  \
	}

enum { GROUP_COUNT = 5 };

static const struct hogql_column events_columns[] = {
	{"uuid", "uuid", TYPE(HOGQL_UUID), .in_star = true},
	{"event", "event", TYPE(HOGQL_TEXT), .in_star = true},
	{"properties", "properties", TYPE(HOGQL_JSON), .in_star = true},
	{"timestamp", "\"timestamp\"", TYPE(HOGQL_INSTANT), .in_star = true},
	{"distinct_id", "distinct_id", TYPE(HOGQL_TEXT), .in_star = true},
	{"person_id", "person_id", TYPE(HOGQL_UUID), .in_star = true},
	{"$group_0", "group_0", TYPE(HOGQL_TEXT), .in_star = false},
	{"$group_1", "group_1", TYPE(HOGQL_TEXT), .in_star = false},
	{"$group_2", "group_2", TYPE(HOGQL_TEXT), .in_star = false},
	{"$group_3", "group_3", TYPE(HOGQL_TEXT), .in_star = false},
	{"$group_4", "group_4", TYPE(HOGQL_TEXT), .in_star = false},
};

static const struct hogql_column persons_columns[] = {
	{"id", "id", TYPE(HOGQL_UUID), .in_star = true},
	{"properties", "properties", TYPE(HOGQL_JSON), .in_star = true},
	{"created_at", "created_at", TYPE(HOGQL_INSTANT), .in_star = true},
};

static const struct hogql_column ids_columns[] = {
	{"distinct_id", "distinct_id", TYPE(HOGQL_TEXT), .in_star = true},
	{"person_id", "person_id", TYPE(HOGQL_UUID), .in_star = true},
};

static const struct hogql_column groups_columns[] = {
	{"index", "group_type_index", TYPE(HOGQL_INTEGER), .in_star = true},
	{"key", "group_key", TYPE(HOGQL_TEXT), .in_star = true},
	{"properties", "properties", TYPE(HOGQL_JSON), .in_star = true},
	{"created_at", "created_at", TYPE(HOGQL_INSTANT), .in_star = true},
	{"group_type_index", "group_type_index", TYPE(HOGQL_INTEGER), .in_star = false},
	{"group_key", "group_key", TYPE(HOGQL_TEXT), .in_star = false},
};

/* Of an event's person, who may be unknown. */
static const struct hogql_column person_columns[] = {
	{"properties", "properties", NULLABLE(HOGQL_JSON), .via = VIA_PERSON},
	{"created_at", "created_at", NULLABLE(HOGQL_INSTANT), .via = VIA_PERSON},
};

#define GROUP_COLUMNS(n)                                                                           \
	{                                                                                          \
		{"properties", "properties", NULLABLE(HOGQL_JSON), .via = VIA_GROUP,               \
			.group = (n)},                                                             \
			{"created_at", "created_at", NULLABLE(HOGQL_INSTANT), .via = VIA_GROUP,    \
				.group = (n)},                                                     \
	}

static const struct hogql_column group_columns[GROUP_COUNT][2] = {
	GROUP_COLUMNS(0), GROUP_COLUMNS(1), GROUP_COLUMNS(2), GROUP_COLUMNS(3), GROUP_COLUMNS(4)};

const struct hogql_schema hogql_events = {
	"events", events_columns, G_N_ELEMENTS(events_columns), true};
const struct hogql_schema hogql_persons = {
	"persons", persons_columns, G_N_ELEMENTS(persons_columns), false};
const struct hogql_schema hogql_groups = {
	"groups", groups_columns, G_N_ELEMENTS(groups_columns), false};
static const struct hogql_schema ids = {
	"person_distinct_ids", ids_columns, G_N_ELEMENTS(ids_columns), false};

const struct hogql_schema *hogql_schema_lookup(const char *name)
{
	static const struct hogql_schema *const schemas[] = {
		&hogql_events, &hogql_persons, &hogql_groups, &ids};

	for (size_t i = 0; i < G_N_ELEMENTS(schemas); i++) {
		if (strcmp(schemas[i]->name, name) == 0) {
			return schemas[i];
		}
	}
	return NULL;
}

static const struct hogql_column *find(
	const struct hogql_column *columns, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(columns[i].name, name) == 0 ||
			(columns[i].result_name && strcmp(columns[i].result_name, name) == 0)) {
			return &columns[i];
		}
	}
	return NULL;
}

const struct hogql_column *hogql_column_lookup(const struct hogql_schema *schema, const char *name)
{
	return find(schema->columns, schema->count, name);
}

const struct hogql_column *hogql_person_column(const char *name)
{
	return find(person_columns, G_N_ELEMENTS(person_columns), name);
}

const struct hogql_column *hogql_group_column(unsigned group, const char *name)
{
	return group < GROUP_COUNT ? find(group_columns[group], 2, name) : NULL;
}
