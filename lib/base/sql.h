/* One SQL statement being written: text with $1, $2 … and the values behind them.
 *
 * A value never becomes part of the text: what comes from a request, a definition or an event
 * goes through the sql_param_* functions, which write the placeholder and keep the value.
 * sql_add() takes literals of ours and names from our own tables. */
#pragma once
#include "lib/base/fault.h"

#include <stddef.h>
#include <stdint.h>

struct sql;

struct sql *sql_create(void);
void sql_destroy(struct sql *s); /* NULL is fine */

void sql_add(struct sql *s, const char *text);
void sql_addf(struct sql *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Each writes "$n" followed by its cast and keeps a copy of the value; NULL text is SQL null. */
void sql_param_text(struct sql *s, const char *value); /* $n::text */
void sql_param_int(struct sql *s, int64_t value); /* $n::bigint */
void sql_param_int_or_null(struct sql *s, int64_t value); /* 0 is null */
void sql_param_bool(struct sql *s, bool value); /* $n::boolean */
void sql_param_real(struct sql *s, double value); /* $n::float8 */
void sql_param_json(struct sql *s, const char *json); /* $n::json */
void sql_param_time_us(struct sql *s, int64_t us); /* $n::timestamptz */
void sql_param_time_us_or_null(struct sql *s, int64_t us); /* 0 is null */
void sql_param_as(struct sql *s, const char *value, const char *cast); /* $n::cast */
/* Binary, of any length up to 1 GiB.  `bytes` is borrowed until the statement is destroyed. */
void sql_param_bytes(struct sql *s, const void *bytes, size_t length); /* $n::bytea */

/* What a driver needs: arrays of sql_param_count() each, owned by the statement.  A format of 1
 * marks a binary value, whose length then counts. */
const char *sql_text(const struct sql *s);
int sql_param_count(const struct sql *s);
const char *const *sql_param_values(const struct sql *s);
const int *sql_param_lengths(const struct sql *s);
const int *sql_param_formats(const struct sql *s);
