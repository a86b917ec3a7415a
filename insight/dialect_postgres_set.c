/* Sets for Postgres: the bits of a bigint. */
#include "insight/dialect_postgres.h"

#include <inttypes.h>

static void write_of(struct writer *w, const char *number)
{
	sql_addf(w->sql, "(1::bigint << (%s)::integer)", number);
}

static void write_unite(struct writer *w, const char *sets)
{
	sql_addf(w->sql, "bit_or(%s)", sets);
}

static void write_down(struct writer *w, const char *set, const char *by)
{
	sql_addf(w->sql, "((%s) >> (%s)::integer)", set, by);
}

static void write_meet(struct writer *w, const char *a, const char *b)
{
	sql_addf(w->sql, "(%s) & (%s) <> 0", a, b);
}

static void write_table(struct writer *w, const char *name, const uint64_t *sets, size_t count)
{
	g_autoptr(GString) text = g_string_new("{");

	for (size_t i = 0; i < count; i++) {
		g_string_append_printf(text, "%s%" PRIu64, i ? "," : "", sets[i]);
	}
	g_string_append_c(text, '}');
	sql_add(w->sql, "unnest(");
	sql_param_as(w->sql, text->str, "bigint[]");
	sql_addf(w->sql, ") WITH ORDINALITY AS %s (members, place)", name);
}

const struct dialect_sets dialect_postgres_sets = {.of = write_of,
	.unite = write_unite,
	.down = write_down,
	.meet = write_meet,
	.table = write_table};
