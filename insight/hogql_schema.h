/* The tables of HogQL and their columns.
 *
 * What a statement calls a column stands here, never in a query.  To add a column or a table, add
 * its line to hogql_schema.c. */
#pragma once
#include "insight/hogql_type.h"

#include <stddef.h>

enum hogql_via { VIA_ITSELF, VIA_PERSON, VIA_GROUP };

struct hogql_column {
	const char *name;
	const char *sql; /* quoted where it needs to be */
	struct hogql_type type;
	bool in_star;
	enum hogql_via via;
	unsigned group; /* of VIA_GROUP */
	const char *result_name; /* of a subquery's: as it was written */
};

struct hogql_schema {
	const char *name;
	const struct hogql_column *columns;
	size_t count;
	bool has_person; /* person.properties, group_0.properties */
};

extern const struct hogql_schema hogql_events, hogql_persons, hogql_groups;

const struct hogql_schema *hogql_schema_lookup(const char *name); /* or NULL */
const struct hogql_column *hogql_column_lookup(
	const struct hogql_schema *schema, const char *name); /* or NULL */
/* person.created_at and group_0.properties; NULL for a name that is none. */
const struct hogql_column *hogql_person_column(const char *name);
const struct hogql_column *hogql_group_column(unsigned group, const char *name);
