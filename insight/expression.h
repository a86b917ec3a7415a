/* An expression of HogQL over the rows of one table, as math, filters and breakdowns take it.
 *
 * Over events, columns are written as events.x, for statements say FROM events; a person's and a
 * group's properties are looked up.  What an expression may name stands in hogql_schema.c, what it
 * may call in hogql_function.def. */
#pragma once
#include "insight/dialect.h"

struct expression;

enum expression_use {
	EXPRESSION_VALUE, /* no aggregate */
	EXPRESSION_CONDITION, /* no aggregate, true or false */
	EXPRESSION_AGGREGATE /* no column outside of an aggregate */
};

enum expression_table { EXPRESSION_OF_EVENTS, EXPRESSION_OF_PERSONS, EXPRESSION_OF_GROUPS };

/* FAULT_QUERY, FAULT_DATE and FAULT_UNSUPPORTED name the place: "1:14: 'foo' is not a function".
 * The caller puts the field before it with fault_wrap(). */
bool expression_read(const char *text, enum expression_use use, enum expression_table table,
	struct expression **out, struct fault *f) MUST_CHECK;
void expression_destroy(struct expression *e); /* NULL is fine */

/* In its own type; a condition as a boolean that may be null. */
void expression_write(const struct expression *e, struct writer *w);
/* As text, null when absent; booleans as true and false, times as the project's clock shows them.
 */
void expression_write_text(const struct expression *e, struct writer *w);
/* As float8, null when it is none. */
void expression_write_number(const struct expression *e, struct writer *w);
/* So that expression_cell() makes the value of it that answers have: numbers, true and false,
 * lists, ISO texts of the zone's clock.  The caller owns the value. */
void expression_write_cell(const struct expression *e, struct writer *w);
json_t *expression_cell(const struct expression *e, const char *cell, const struct zone *zone);
/* "Nullable(Float64)": ClickHouse's name of its type.  g_free() it. */
char *expression_type(const struct expression *e);
/* The text after a last "--", or all of the text. */
const char *expression_label(const struct expression *e);
