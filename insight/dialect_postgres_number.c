/* What is counted, measured and sorted into bins. */
#include "insight/dialect_postgres.h"

#include <glib.h>

void postgres_trimmed_label(struct writer *w, const struct property *p)
{
	int param = 0;

	sql_add(w->sql, "coalesce(nullif(rtrim(");
	postgres_property(w, p, &param);
	sql_add(w->sql, ", '/?#'), ''), CASE WHEN ");
	postgres_property(w, p, &param);
	sql_add(w->sql, " <> '' THEN '/' ELSE '' END)");
}

enum { FIRST_BIN = 1000 }; /* bins have as many digits, so that their texts sort */

void postgres_bin(struct writer *w, const struct property *p, int count, const char *bounds)
{
	sql_addf(w->sql,
		"coalesce((SELECT CASE WHEN x = hi THEN %d ELSE %d"
		" + width_bucket(x, lo, hi, %d) END FROM %s, (SELECT ",
		FIRST_BIN + count, FIRST_BIN, count, bounds);
	w->dialect->real(w, p);
	sql_add(w->sql, " AS x) AS measured WHERE x IS NOT NULL)::text, '')");
}

/* A cast to numeric keeps fifteen digits, so that the third of one ends with a 3. */
void postgres_bin_label(struct writer *w, const char *bin, int count, const char *bounds)
{
	sql_addf(w->sql,
		"(SELECT CASE WHEN %s = '' THEN '' WHEN lo = hi"
		" THEN '[' || trim_scale(lo::numeric) || ',' || trim_scale(hi::numeric) || ']'"
		" ELSE '[' || trim_scale((lo + (hi - lo) * (%s::integer - %d) / %d)::numeric)"
		" || ',' || trim_scale((lo + (hi - lo) * (%s::integer - %d) / %d)::numeric)"
		" || ']' END FROM %s)",
		bin, bin, FIRST_BIN + 1, count, bin, FIRST_BIN, count, bounds);
}

void postgres_hour_of_week(struct writer *w, const char *instant)
{
	int zone = sql_param_count(w->sql) + 1;

	sql_addf(w->sql, "(extract(isodow FROM %s AT TIME ZONE ", instant);
	sql_param_text(w->sql, w->env->timezone);
	sql_addf(w->sql,
		")::integer * 24 - 24 + extract(hour FROM %s AT TIME ZONE $%d::text)::integer)",
		instant, zone);
}

void postgres_session(struct writer *w)
{
	sql_add(w->sql, "nullif(events.properties ->> '$session_id', '')");
}

void postgres_percentile(struct writer *w, double fraction, const char *expression)
{
	sql_add(w->sql, "percentile_cont(");
	sql_param_real(w->sql, fraction);
	sql_addf(w->sql, ") WITHIN GROUP (ORDER BY %s)", expression);
}

void postgres_number_table(
	struct writer *w, const unsigned *numbers, size_t count, const char *name)
{
	g_autoptr(GString) text = g_string_new("{");

	for (size_t i = 0; i < count; i++) {
		g_string_append_printf(text, "%s%u", i ? "," : "", numbers[i]);
	}
	g_string_append_c(text, '}');
	sql_add(w->sql, "unnest(");
	sql_param_as(w->sql, text->str, "integer[]");
	sql_addf(w->sql, ") WITH ORDINALITY AS %s (number, place)", name);
}
