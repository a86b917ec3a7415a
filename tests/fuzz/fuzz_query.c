/* Any JSON as a query: it is refused with a sentence or becomes statements, and no text of it is
 * ever part of a statement's text.
 *
 * The proof is by alphabet: every character outside of what our own statements are written with
 * must be in a value, and every text of the query of three characters or more that is in the
 * statement must be in the statement of an empty query too. */
#include "insight/insight.h"
#include "lib/base/require.h"
#include "tests/fuzz/target.h"

#include <glib.h>
#include <string.h>

/* TABLE_MAX_COLUMNS objects of five columns, and SQL's columns. */
enum { MAX_CELLS = 1100 };

static const char marker[] = "Zq7";

/* Every text of the query, keys included where they are the customer's, gets the marker put in
 * front when the query itself names nothing with it. */
static json_t *mark_texts(const json_t *value, const char *under)
{
	static const char *const ours[] = {"kind", "math", "operator", "type", "display",
		"interval", "date_from", "date_to", "breakdown_type", "compare_to", "retentionType",
		"period", "timeWindowMode", "aggregationType", "aggregationPropertyType"};

	if (json_is_string(value)) {
		for (size_t i = 0; under && i < G_N_ELEMENTS(ours); i++) {
			if (strcmp(ours[i], under) == 0) {
				return json_string(json_string_value(value));
			}
		}
		return json_sprintf("%s'\"\\;--%s", marker, json_string_value(value));
	}
	if (json_is_array(value)) {
		json_t *list = json_array();
		const json_t *member;
		size_t i;

		json_array_foreach(value, i, member)
		{
			json_array_append_new(list, mark_texts(member, under));
		}
		return list;
	}
	if (json_is_object(value)) {
		json_t *object = json_object();
		const char *key;
		json_t *member;

		/* jansson iterates over objects that may change only; this one does not. */
		json_object_foreach((json_t *)(uintptr_t)value, key, member)
		{
			json_object_set_new(object, key, mark_texts(member, key));
		}
		return object;
	}
	return json_copy((json_t *)(uintptr_t)value);
}

static bool reads_a_table(const char *text)
{
	static const char *const tables[] = {
		"actions", "events", "groups", "person_distinct_ids", "persons"};

	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autofree char *from = g_strconcat(" FROM ", tables[i], " ", NULL);

		if (strstr(text, from)) {
			return true;
		}
	}
	return false;
}

/* Our statements have ASCII only, no comments, and quotes around nothing but their own literals. */
static void check_statement(const struct sql *sql)
{
	const char *text = sql_text(sql);

	REQUIRE(!strstr(text, marker));
	REQUIRE(!strstr(text, "--") && !strstr(text, "/*") && !strchr(text, ';'));
	for (const char *c = text; *c; c++) {
		REQUIRE(*c >= 0x20 && *c < 0x7f);
	}
	/* SELECT 1 reads no table */
	REQUIRE(!reads_a_table(text) || strstr(text, "project_id = $"));
}

/* Rows as a database would send them, so that a run comes to its end: the first that say a part of
 * the statement; to any other one row of what is an instant, a number and a text. */
static const char *const trend[] = {
	"0", "1", "value", "1", "42", "0", "2", "", "1", "7", "0", "0", NULL, "1", "3"};
static const char *const retention[] = {"1", "value", "1", "1", "42", "1e3", "7", "2", "", "1", "1",
	"7", NULL, "0", "0", NULL, "1", "1", "3", "1e999", "1"};
static const struct {
	const char *part;
	struct rows rows;
} answers[] = {
	{" FROM actions ", {.row_count = 0}},
	{"columns.place", {.row_count = 3, .column_count = 7, .cells = retention}},
	{"series", {.row_count = 3, .column_count = 5, .cells = trend}},
};

/* How many columns the outermost SELECT has. */
static size_t column_count(const char *text)
{
	size_t count = 1;
	int depth = 0;
	bool quoted = false;

	for (const char *c = text; *c; c++) {
		quoted = quoted != (*c == '\'');
		depth += quoted ? 0 : (*c == '(') - (*c == ')');
		if (!quoted && depth == 0 && g_str_has_prefix(c, " FROM ")) {
			break;
		}
		count += !quoted && depth == 0 && *c == ',';
	}
	return count;
}

static bool feed(struct insight_run *run, const struct sql *statement, struct fault *f)
{
	static const char *cells[MAX_CELLS];
	struct rows one = {.row_count = 1, .cells = cells};

	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		if (strstr(sql_text(statement), answers[i].part)) {
			return insight_feed(run, &answers[i].rows, f);
		}
	}
	one.column_count = column_count(sql_text(statement));
	REQUIRE(one.column_count <= MAX_CELLS);
	for (size_t i = 0; i < one.column_count; i++) {
		cells[i] = "1704067200000000";
	}
	return insight_feed(run, &one, f);
}

static void compute(const json_t *query, const struct insight_env *env)
{
	struct fault f = {.kind = FAULT_NONE};
	struct insight_run *run;
	struct sql *sql;
	json_t *result;
	bool fine = true;

	if (!insight_begin(query, env, &run, &f)) {
		REQUIRE(f.kind != FAULT_NONE && f.kind != FAULT_BUG && f.detail[0]);
		REQUIRE(g_utf8_validate(f.detail, -1, NULL));
		return;
	}
	for (int i = 0; fine; i++) {
		REQUIRE(insight_next(run, &sql, &f));
		if (!sql) {
			break;
		}
		REQUIRE(i < 3);
		check_statement(sql);
		fine = feed(run, sql, &f);
		sql_destroy(sql);
	}
	if (fine) {
		g_autofree char *text = NULL;

		REQUIRE(insight_result(run, &result, &f));
		text = json_write(result);
		REQUIRE(g_utf8_validate(text, -1, NULL));
		json_decref(result);
	}
	insight_end(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* 2024-01-31 10:20 UTC; few buckets, so that every input is quick */
	static const struct insight_env env = {.project_id = 1,
		.timezone = "Europe/Berlin",
		.week_start_day = 1,
		.now_us = 1706696400000000LL,
		.max_buckets = 400};
	struct fault f;
	json_t *query, *marked, *over;
	g_autofree char *period = NULL;
	g_autofree char *name = NULL;

	if (!json_read((const char *)data, size, &json_request_limits, &query, &f)) {
		return 0;
	}
	compute(query, &env);
	marked = mark_texts(query, NULL);
	compute(marked, &env);
	over = insight_with_filters(query, query, marked);
	compute(over, &env);
	json_decref(over);
	over = insight_with_variables(query, json_object_get(query, "variables"));
	compute(over, &env);
	period = insight_period_text(query, &env);
	name = insight_derived_name(query);
	REQUIRE(period && name && insight_kind_text(query));
	json_decref(query);
	json_decref(marked);
	json_decref(over);
	return 0;
}
