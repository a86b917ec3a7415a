/* Postgres 15: properties are jsonb, instants timestamptz.
 *
 * A cast that fails would fail the whole statement, and which row it met is for the planner to
 * decide: so every cast of customer data stands in a CASE behind a check of its form. */
#include "insight/dialect_postgres.h"
#include "insight/pattern.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

enum { NUMBER_CHARACTERS = 64 };

/* A list as Postgres reads arrays: every element quoted, so nothing in it is syntax. */
static char *array_text(const GPtrArray *texts)
{
	GString *s = g_string_new("{");

	for (guint i = 0; i < texts->len; i++) {
		g_string_append(s, i ? ",\"" : "\"");
		for (const char *c = g_ptr_array_index(texts, i); *c; c++) {
			if (*c == '"' || *c == '\\') {
				g_string_append_c(s, '\\');
			}
			g_string_append_c(s, *c);
		}
		g_string_append_c(s, '"');
	}
	return g_string_free(g_string_append_c(s, '}'), FALSE);
}

static void write_text_list(struct writer *w, const GPtrArray *texts)
{
	g_autofree char *text = array_text(texts);

	sql_param_as(w->sql, text, "text[]");
}

static int next_param(const struct writer *w)
{
	return sql_param_count(w->sql) + 1;
}

static void bind_cuts(struct writer *w)
{
	g_autoptr(GString) text = g_string_new("{");

	for (size_t i = 0; i < w->buckets->cut_count; i++) {
		struct calendar_date d = calendar_split(w->buckets->cuts[i]);

		g_string_append_printf(text, "%s\"%04d-%02d-%02d %02d:%02d:%02d.%06d+00\"",
			i ? "," : "", d.year, d.month, d.day, d.hour, d.minute, d.second, d.us);
	}
	g_string_append_c(text, '}');
	w->cuts_param = next_param(w);
	sql_param_as(w->sql, text->str, "timestamptz[]");
}

static void bind_cut_buckets(struct writer *w)
{
	g_autoptr(GString) text = g_string_new("{");

	for (size_t i = 0; i < w->buckets->cut_count; i++) {
		g_string_append_printf(text, "%s%u", i ? "," : "", w->buckets->cut_buckets[i] + 1);
	}
	g_string_append_c(text, '}');
	w->cut_buckets_param = next_param(w);
	sql_param_as(w->sql, text->str, "integer[]");
}

/* The clock's rules are applied once, to the cuts, and the database only searches among them: no
 * two databases of time zones can disagree.  A parameter is parsed once, however often it is named.
 */
static void write_bucket_of(struct writer *w, const char *expression)
{
	if (!w->buckets->is_plain) {
		sql_add(w->sql, "(");
		if (w->cut_buckets_param) {
			sql_addf(w->sql, "$%d::integer[]", w->cut_buckets_param);
		} else {
			bind_cut_buckets(w);
		}
		sql_add(w->sql, ")[");
	}
	sql_addf(w->sql, "width_bucket(%s, ", expression);
	if (w->cuts_param) {
		sql_addf(w->sql, "$%d::timestamptz[]", w->cuts_param);
	} else {
		bind_cuts(w);
	}
	sql_add(w->sql, w->buckets->is_plain ? ")" : ")]");
}

static void write_bucket(struct writer *w)
{
	write_bucket_of(w, "events.\"timestamp\"");
}

/* Names from property.c's list, which are columns; an instant as ISO text says it. */
static void write_column(struct writer *w, const struct property *p)
{
	if (strcmp(p->key, "timestamp") == 0) {
		sql_add(w->sql, "to_char(events.\"timestamp\" AT TIME ZONE 'UTC',"
				" 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
	} else {
		sql_addf(w->sql, "events.%s::text", p->key);
	}
}

/* What the events of the same session say; the index events_by_session finds them. */
static const struct {
	const char *key, *sql;
} of_sessions[] = {
	{"$end_current_url",
		"(array_agg(s.properties ->> '$current_url' ORDER BY s.\"timestamp\" DESC, s.uuid DESC)"
		" FILTER (WHERE s.properties ->> '$current_url' IS NOT NULL))[1]"},
	{"$end_timestamp", "to_char(max(s.\"timestamp\") AT TIME ZONE 'UTC',"
			   " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"},
	{"$entry_current_url",
		"(array_agg(s.properties ->> '$current_url' ORDER BY s.\"timestamp\", s.uuid)"
		" FILTER (WHERE s.properties ->> '$current_url' IS NOT NULL))[1]"},
	/* one page, no ten seconds */
	{"$is_bounce",
		"(count(*) FILTER (WHERE s.event = '$pageview') = 1"
		" AND max(s.\"timestamp\") - min(s.\"timestamp\") < interval '10 seconds')::text"},
	{"$pageview_count", "(count(*) FILTER (WHERE s.event = '$pageview'))::text"},
	{"$session_duration",
		"floor(extract(epoch FROM max(s.\"timestamp\") - min(s.\"timestamp\")))::text"},
	{"$start_timestamp", "to_char(min(s.\"timestamp\") AT TIME ZONE 'UTC',"
			     " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"},
};

static const char *session_sql(const struct property *p)
{
	for (size_t i = 0; i < G_N_ELEMENTS(of_sessions); i++) {
		if (strcmp(of_sessions[i].key, p->key) == 0) {
			return of_sessions[i].sql;
		}
	}
	return "NULL";
}

/* In one pass: to look up each session by itself would need an index over properties, which
 * row-level security keeps from being used. */
static void write_sessions(
	struct writer *w, const struct property *p, int64_t from_us, int64_t to_us)
{
	sql_add(w->sql,
		"(SELECT s.properties ->> '$session_id' AS id, min(s.\"timestamp\") AS start,"
		" floor(extract(epoch FROM max(s.\"timestamp\") - min(s.\"timestamp\")))::float8"
		" AS seconds");
	if (p) {
		sql_add(w->sql, ", jsonb_build_object(");
		sql_param_text(w->sql, p->key);
		sql_addf(w->sql, ", %s) AS properties", session_sql(p));
	}
	sql_add(w->sql, " FROM events AS s WHERE s.project_id = ");
	writer_project(w);
	sql_add(w->sql, " AND s.\"timestamp\" >= ");
	sql_param_time_us(w->sql, from_us);
	sql_add(w->sql, " AND s.\"timestamp\" <= ");
	sql_param_time_us(w->sql, to_us);
	sql_add(w->sql, " GROUP BY s.properties ->> '$session_id')");
}

static void write_of_session(struct writer *w, const struct property *p)
{
	sql_addf(w->sql,
		"(SELECT %s FROM events AS s WHERE s.project_id = events.project_id"
		" AND (s.properties ->> '$session_id') = (events.properties ->> '$session_id')"
		" AND events.properties ->> '$session_id' <> '' HAVING count(*) > 0)",
		session_sql(p));
}

static void write_properties(struct writer *w, const struct property *p)
{
	switch (p->owner) {
	case PROPERTY_OF_event:
	case PROPERTY_OF_feature:
		sql_add(w->sql, "events.properties");
		break;
	case PROPERTY_OF_person:
		sql_add(w->sql, "(SELECT persons.properties FROM persons"
				" WHERE persons.project_id = events.project_id"
				" AND persons.id = events.person_id)");
		break;
	case PROPERTY_OF_group:
		sql_addf(w->sql,
			"(SELECT groups.properties FROM groups"
			" WHERE groups.project_id = events.project_id"
			" AND groups.group_type_index = %d AND groups.group_key = events.group_%d)",
			p->group_index, p->group_index);
		break;
	case PROPERTY_OF_event_metadata:
	case PROPERTY_OF_session:
		break;
	}
}

/* The same text may be needed several times in one claim: it is bound the first time, with *param
 * 0, and named by its number afterwards. */
static void write_property(struct writer *w, const struct property *p, int *param)
{
	if (p->owner == PROPERTY_OF_event_metadata) {
		write_column(w, p);
		return;
	}
	if (p->owner == PROPERTY_OF_session && !p->table) {
		write_of_session(w, p);
		return;
	}
	sql_add(w->sql, "(");
	if (p->table) {
		sql_addf(w->sql, "%s.properties", p->table);
	} else {
		write_properties(w, p);
	}
	sql_add(w->sql, " ->> ");
	if (*param) {
		sql_addf(w->sql, "$%d::text", *param);
	} else {
		*param = next_param(w);
		sql_param_text(w->sql, p->key);
	}
	sql_add(w->sql, ")");
}

void postgres_property(struct writer *w, const struct property *p, int *param)
{
	write_property(w, p, param);
}

static void write_text(struct writer *w, const struct property *p)
{
	int param = 0;

	write_property(w, p, &param);
}

static void write_label(struct writer *w, const struct property *p)
{
	sql_add(w->sql, "coalesce(");
	write_text(w, p);
	sql_add(w->sql, ", '')");
}

static void write_equals_any(struct writer *w, const struct property *p, const GPtrArray *texts)
{
	write_text(w, p);
	sql_add(w->sql, " = ANY (");
	write_text_list(w, texts);
	sql_add(w->sql, ")");
}

/* What is asked for is a part of the text, so '%' and '_' in it mean themselves. */
static char *part_pattern(const char *text)
{
	GString *pattern = g_string_new("%");

	for (const char *c = text; *c; c++) {
		if (*c == '%' || *c == '_' || *c == '\\') {
			g_string_append_c(pattern, '\\');
		}
		g_string_append_c(pattern, *c);
	}
	return g_string_free(g_string_append_c(pattern, '%'), FALSE);
}

static void write_contains_any(struct writer *w, const struct property *p, const GPtrArray *texts)
{
	g_autoptr(GPtrArray) patterns = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < texts->len; i++) {
		g_ptr_array_add(patterns, part_pattern(g_ptr_array_index(texts, i)));
	}
	write_text(w, p);
	sql_add(w->sql, " ILIKE ANY (");
	write_text_list(w, patterns);
	sql_add(w->sql, ")");
}

static void write_contains(struct writer *w, const char *expression, const char *text)
{
	g_autofree char *pattern = part_pattern(text);

	sql_addf(w->sql, "%s::text ILIKE ", expression);
	sql_param_text(w->sql, pattern);
}

static void write_matches_any(struct writer *w, const struct property *p, const GPtrArray *regexes)
{
	g_autoptr(GPtrArray) patterns = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < regexes->len; i++) {
		g_ptr_array_add(patterns, pattern_for_postgres(g_ptr_array_index(regexes, i)));
	}
	write_text(w, p);
	sql_add(w->sql, " ~ ANY (");
	write_text_list(w, patterns);
	sql_add(w->sql, ")");
}

static void write_number(struct writer *w, const struct property *p)
{
	int param = 0;

	sql_add(w->sql, "CASE WHEN length(");
	write_property(w, p, &param);
	sql_addf(w->sql, ") <= %d AND ", NUMBER_CHARACTERS);
	write_property(w, p, &param);
	sql_add(w->sql, " ~ '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$' THEN ");
	write_property(w, p, &param);
	sql_add(w->sql, "::numeric END");
}

/* A number of 64 characters whose exponent has two digits fits a double; one of three digits may
 * not, and of what is beyond 1e290 sums would not fit. */
static void write_real(struct writer *w, const struct property *p)
{
	int param = 0;

	sql_add(w->sql, "CASE WHEN length(");
	write_property(w, p, &param);
	sql_addf(w->sql, ") > %d THEN NULL WHEN ", NUMBER_CHARACTERS);
	write_property(w, p, &param);
	sql_add(w->sql, " ~ '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$' THEN ");
	write_property(w, p, &param);
	sql_add(w->sql, "::float8 WHEN ");
	write_property(w, p, &param);
	sql_add(w->sql, " ~ '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)[eE][+-]?[0-9]{3}$' THEN CASE"
			" WHEN abs(");
	write_property(w, p, &param);
	sql_add(w->sql, "::numeric) > 1e290 THEN NULL WHEN abs(");
	write_property(w, p, &param);
	sql_add(w->sql, "::numeric) < 1e-290 THEN 0 ELSE ");
	write_property(w, p, &param);
	sql_add(w->sql, "::float8 END END");
}

static const char *const comparisons[] = {
	[COMPARE_GT] = " > ", [COMPARE_GTE] = " >= ", [COMPARE_LT] = " < ", [COMPARE_LTE] = " <= "};

static void write_compares(
	struct writer *w, const struct property *p, enum comparison how, const char *number)
{
	write_number(w, p);
	sql_add(w->sql, comparisons[how]);
	sql_param_as(w->sql, number, "numeric");
}

/* {1,2,3,0}; what comes before a release has -1 in the last place. */
static void write_compares_version(struct writer *w, const struct property *p, enum comparison how,
	const struct version *version)
{
	g_autofree char *text = g_strdup_printf("{%d,%d,%d,%d}", version->part[0], version->part[1],
		version->part[2], version->is_before_release ? -1 : 0);
	int param = 0;

	sql_add(w->sql, "CASE WHEN ");
	write_property(w, p, &param);
	sql_add(w->sql, " ~ '^[vV]?[0-9]{1,9}([.][0-9]{1,9}){0,2}([-+].*)?$' THEN "
			"(string_to_array(substring(");
	write_property(w, p, &param);
	sql_add(w->sql, " from '^[vV]?([0-9.]+)'), '.')::integer[] || '{0,0}')[1:3]"
			" || CASE WHEN ");
	write_property(w, p, &param);
	sql_add(w->sql, " ~ '^[vV]?[0-9.]+-' THEN -1 ELSE 0 END END");
	sql_add(w->sql, comparisons[how]);
	sql_param_as(w->sql, text, "integer[]");
}

/* ISO dates and times of the project's clock or with an offset, and seconds or milliseconds since
 * 1970.  2024-02-30 is no date: its day is past the end of its month. */
static void write_instant(struct writer *w, const struct property *p)
{
	int param = 0;

	sql_add(w->sql, "CASE WHEN ");
	write_property(w, p, &param);
	sql_add(w->sql, " ~ '^(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
			"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
			"(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?)?$' THEN CASE WHEN substr(");
	write_property(w, p, &param);
	sql_add(w->sql, ", 9, 2)::integer > extract(day FROM make_date(left(");
	write_property(w, p, &param);
	sql_add(w->sql, ", 4)::integer, substr(");
	write_property(w, p, &param);
	sql_add(w->sql, ", 6, 2)::integer, 1) + interval '1 month - 1 day') THEN NULL WHEN ");
	write_property(w, p, &param);
	sql_add(w->sql, " ~ ':[0-9]{2}[0-9:.]*(Z|[+-][0-9:]+)$' THEN ");
	write_property(w, p, &param);
	sql_add(w->sql, "::timestamptz ELSE ");
	write_property(w, p, &param);
	sql_add(w->sql, "::timestamp AT TIME ZONE ");
	sql_param_text(w->sql, w->env->timezone);
	sql_add(w->sql, " END WHEN ");
	write_property(w, p, &param);
	sql_add(w->sql, " ~ '^[0-9]{9,10}([.][0-9]{1,6})?$' THEN to_timestamp(");
	write_property(w, p, &param);
	sql_add(w->sql, "::float8) WHEN ");
	write_property(w, p, &param);
	sql_add(w->sql, " ~ '^[0-9]{12,13}$' THEN to_timestamp(");
	write_property(w, p, &param);
	sql_add(w->sql, "::float8 / 1000) END");
}

static void write_is_before(struct writer *w, const struct property *p, int64_t instant_us)
{
	write_instant(w, p);
	sql_add(w->sql, " < ");
	sql_param_time_us(w->sql, instant_us);
}

static void write_is_after(struct writer *w, const struct property *p, int64_t instant_us)
{
	write_instant(w, p);
	sql_add(w->sql, " > ");
	sql_param_time_us(w->sql, instant_us);
}

static void write_instant_us(struct writer *w, const char *expression)
{
	sql_addf(w->sql, "(extract(epoch FROM %s) * 1000000)::bigint", expression);
}

/* An interval of days and less is exact as float8 of seconds, and quicker by far than numeric. */
static void write_elapsed_us(struct writer *w, const char *expression, int64_t since_us)
{
	sql_addf(w->sql, "(date_part('epoch', %s - ", expression);
	sql_param_time_us(w->sql, since_us);
	sql_add(w->sql, ") * 1000000)::bigint");
}

static void write_elapsed_bucket(struct writer *w, const char *expression, int64_t since_us)
{
	g_autoptr(GString) cuts = g_string_new("{");

	for (size_t i = 0; i < w->buckets->cut_count; i++) {
		g_string_append_printf(
			cuts, "%s%" PRId64, i ? "," : "", w->buckets->cuts[i] - since_us);
	}
	g_string_append_c(cuts, '}');
	if (!w->buckets->is_plain) {
		sql_add(w->sql, "(");
		bind_cut_buckets(w);
		sql_add(w->sql, ")[");
	}
	sql_addf(w->sql, "width_bucket(%s, ", expression);
	sql_param_as(w->sql, cuts->str, "bigint[]");
	sql_add(w->sql, w->buckets->is_plain ? ")" : ")]");
}

static void write_median(struct writer *w, const char *expression)
{
	sql_addf(w->sql, "percentile_cont(0.5) WITHIN GROUP (ORDER BY %s)", expression);
}

static void write_list_of(struct writer *w, const char *expression, const char *order)
{
	sql_addf(w->sql, "array_agg(%s ORDER BY %s)", expression, order);
}

static void write_count_up_to(struct writer *w, const char *number, const char *list)
{
	sql_addf(w->sql, "width_bucket(%s, %s)", number, list);
}

static void write_sample(struct writer *w, double part)
{
	sql_add(w->sql, "('x' || left(md5(events.distinct_id), 8))::bit(32)::bigint < ");
	sql_param_real(w->sql, part * 4294967296.0);
}

/* "\1" means the same here; a backslash before anything else means itself. */
static char *replacement_text(const char *alias)
{
	GString *s = g_string_new(NULL);

	for (const char *c = alias; *c; c++) {
		bool is_part = c[0] == '\\' && c[1] >= '1' && c[1] <= '9';

		g_string_append(s, c[0] == '\\' && !is_part ? "\\\\" : "");
		if (c[0] != '\\' || is_part) {
			g_string_append_c(s, *c);
		}
	}
	return g_string_free(s, FALSE);
}

static void write_replaced(struct writer *w, const char *expression, const GPtrArray *replacements)
{
	for (guint i = 0; i < replacements->len; i++) {
		sql_add(w->sql, "regexp_replace(");
	}
	sql_add(w->sql, expression);
	for (guint i = 0; i < replacements->len; i++) {
		const struct replacement *r = g_ptr_array_index(replacements, i);
		g_autofree char *alias = replacement_text(r->alias);
		g_autofree char *pattern = pattern_for_postgres(r->regex);

		sql_add(w->sql, ", ");
		sql_param_text(w->sql, pattern);
		sql_add(w->sql, ", ");
		sql_param_text(w->sql, alias);
		sql_add(w->sql, ", 'g')");
	}
}

static void write_text_table(struct writer *w, const GPtrArray *texts)
{
	sql_add(w->sql, "unnest(");
	write_text_list(w, texts);
	sql_add(w->sql, ") AS wanted (name)");
}

static void write_list_of_texts(struct writer *w, const char *expression)
{
	sql_addf(w->sql, "coalesce(jsonb_agg(%s ORDER BY %s COLLATE \"C\"), '[]')::text",
		expression, expression);
}

const struct dialect dialect_postgres = {
	.name = "postgres",
	.sets = &dialect_postgres_sets,
	.bucket = write_bucket,
	.bucket_of = write_bucket_of,
	.text = write_text,
	.real = write_real,
	.label = write_label,
	.trimmed_label = postgres_trimmed_label,
	.bin = postgres_bin,
	.bin_label = postgres_bin_label,
	.hour_of_week = postgres_hour_of_week,
	.session = postgres_session,
	.sessions = write_sessions,
	.percentile = postgres_percentile,
	.equals_any = write_equals_any,
	.contains_any = write_contains_any,
	.contains = write_contains,
	.matches_any = write_matches_any,
	.compares = write_compares,
	.compares_version = write_compares_version,
	.is_before = write_is_before,
	.is_after = write_is_after,
	.instant_us = write_instant_us,
	.elapsed_us = write_elapsed_us,
	.elapsed_bucket = write_elapsed_bucket,
	.median = write_median,
	.list_of = write_list_of,
	.count_up_to = write_count_up_to,
	.replaced = write_replaced,
	.sample = write_sample,
	.text_table = write_text_table,
	.list_of_texts = write_list_of_texts,
	.number_table = postgres_number_table,
	.list_open = "ARRAY[",
	.list_close = "]",
	.byte_order = "COLLATE \"C\"",
	.pattern = pattern_for_postgres,
	.forms = dialect_postgres_forms,
	.types = dialect_postgres_types,
	.computed_once = " OFFSET 0",
};
