/* The light static types of HogQL: what a value is, as far as the text alone can tell.
 *
 * A property's value is DYNAMIC: a text that becomes a number or a date where one is wanted, and
 * null where it is none.  To add a kind, add its enumerator, its name in hogql_type.c and what it
 * can become in hogql_become.c. */
#pragma once
#include <stdbool.h>

/* In an order that hogql_kind_common() goes by. */
enum hogql_kind {
	HOGQL_NULL,
	HOGQL_TEXT,
	HOGQL_DYNAMIC,
	HOGQL_COUNT, /* an integer that is never negative */
	HOGQL_INTEGER,
	HOGQL_REAL,
	HOGQL_BOOLEAN,
	HOGQL_DATE,
	HOGQL_INSTANT,
	HOGQL_INTERVAL,
	HOGQL_UUID,
	HOGQL_JSON,
	HOGQL_ARRAY,
	HOGQL_LIST /* (1, 2, 3) to the right of IN */
};

struct hogql_type {
	enum hogql_kind kind;
	enum hogql_kind element; /* of ARRAY and LIST */
	bool is_nullable;
};

bool hogql_kind_is_number(enum hogql_kind kind);
bool hogql_kind_is_text(enum hogql_kind kind); /* TEXT and DYNAMIC */
bool hogql_kind_is_time(enum hogql_kind kind); /* DATE and INSTANT */
/* Whether a value of one kind can be written as one of another. */
bool hogql_kind_becomes(enum hogql_kind from, enum hogql_kind to);
/* What both become where they must be one type; false when there is no such type. */
bool hogql_kind_common(enum hogql_kind a, enum hogql_kind b, enum hogql_kind *out);
bool hogql_type_common(struct hogql_type a, struct hogql_type b, struct hogql_type *out);
/* "a text": how messages call it. */
const char *hogql_kind_text(enum hogql_kind kind);
/* "Nullable(Float64)": ClickHouse's name.  g_free() it. */
char *hogql_type_name(struct hogql_type type);
