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

/* Definitions of cohorts within cohorts, the earliest event, two windows. */
enum { MAX_STATEMENTS = 10 };

static const char marker[] = "Zq7";

/* Every text of the query, keys included where they are the customer's, gets the marker put in
 * front when the query itself names nothing with it. */
static json_t *mark_texts(const json_t *value, const char *under)
{
	static const char *const ours[] = {"kind", "math", "operator", "type", "display",
		"interval", "date_from", "date_to", "breakdown_type", "compare_to", "retentionType",
		"period", "timeWindowMode", "aggregationType", "aggregationPropertyType",
		"math_property_type", "math_hogql", "formula", "formulas", "funnelVizType",
		"funnelOrderType", "funnelWindowIntervalUnit", "breakdownAttributionType"};

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

/* Our statements have ASCII only, no comments, and quotes around nothing but their own literals. */
static void check_statement(const struct sql *sql)
{
	const char *text = sql_text(sql);

	REQUIRE(!strstr(text, marker));
	REQUIRE(!strstr(text, "--") && !strstr(text, "/*") && !strchr(text, ';'));
	for (const char *c = text; *c; c++) {
		REQUIRE(*c >= 0x20 && *c < 0x7f);
	}
	/* SQL insights need no table. */
	REQUIRE(strstr(text, "project_id = $") || !strstr(text, "FROM events"));
}

/* How many columns the statement's rows have: commas between its own SELECT and its FROM. */
static size_t column_count(const char *text)
{
	size_t count = 1;
	int depth = 0;
	bool is_quoted = false, is_selected = false;

	for (; *text; text++) {
		is_quoted = is_quoted != (*text == '\'' || *text == '"');
		if (is_quoted) {
			continue;
		}
		depth += (*text == '(') - (*text == ')');
		if (depth > 0) {
			continue;
		}
		if (is_selected &&
			(g_str_has_prefix(text, " FROM ") || g_str_has_prefix(text, " UNION "))) {
			break;
		}
		is_selected = is_selected || g_str_has_prefix(text, "SELECT ");
		count += is_selected && *text == ',';
	}
	return count;
}

/* Rows as a database would send them, so that a run comes to its end: numbers that most statements
 * take for a series, a place or a bucket, then texts. */
static bool feed_any(struct insight_run *run, size_t columns, struct fault *f)
{
	static const char *const earliest[] = {"1704067200000000"};
	static const char *const starts[][4] = {
		{"0", "1", "1", "42"}, {"0", "2", "1", "7"}, {"0", "0", "1", "3"}};
	static const char *const texts[] = {"value", "", NULL};
	/* wide rows have no places, and so none that is 0 */
	size_t row_count = columns > 7 ? 1 : G_N_ELEMENTS(starts);
	g_autoptr(GPtrArray) cells = g_ptr_array_new();
	struct rows rows = {.row_count = 1, .column_count = 1, .cells = earliest};

	if (columns == 1) {
		return insight_feed(run, &rows, f);
	}
	for (size_t i = 0; i < row_count; i++) {
		for (size_t j = 0; j < columns; j++) {
			const char *cell = j < 4 ? starts[i][j] : texts[i];

			g_ptr_array_add(cells, (gpointer)(uintptr_t)cell);
		}
	}
	rows = (struct rows){.row_count = row_count,
		.column_count = columns,
		.cells = (const char *const *)cells->pdata};
	return insight_feed(run, &rows, f);
}

/* What a kind needs said its own way: the first that says a part of the statement. */
static const char *const retention[] = {"1", "value", "1", "1", "42", "1e3", "7", "2", "", "1", "1",
	"7", NULL, "0", "0", NULL, "1", "1", "3", "1e999", "1"};
static const char *const lines[] = {
	"1", "value", "1", "42", "7", "2", "", "1", "7", "0", "0", NULL, "1", "3", "3"};
static const char *const line[] = {"1", "1", "42", "7"};
static const char *const bins[] = {
	"0", "42", "0", "60", "2", "31.5e6", "3e7", "2", "7", "0", "60", "2", "31.5e6", "3e7"};
static const char *const values_of_two_steps[] = {
	"1", "", "42", "7", "1500000.25", "1e6", "0", NULL, "3", "0", NULL, NULL};
static const char *const two_steps[] = {"1", "42", "7", "1500000.25", "1e6"};
static const struct {
	const char *part;
	struct rows rows;
} answers[] = {
	{"columns.place", {.row_count = 3, .column_count = 7, .cells = retention}},
	{" AS v1, b, count(*) AS entered", {.row_count = 3, .column_count = 5, .cells = lines}},
	{" AS place, b, count(*) AS entered", {.row_count = 1, .column_count = 4, .cells = line}},
	{" FROM durations CROSS JOIN", {.row_count = 2, .column_count = 7, .cells = bins}},
	{" AS median3", {.row_count = 0}},
	{" AS v1, count(t1)", {.row_count = 2, .column_count = 6, .cells = values_of_two_steps}},
	{" AS place, count(t1)", {.row_count = 1, .column_count = 5, .cells = two_steps}},
};

static bool feed(struct insight_run *run, const struct sql *statement, struct fault *f)
{
	const char *text = sql_text(statement);

	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		if (strstr(text, answers[i].part)) {
			return insight_feed(run, &answers[i].rows, f);
		}
	}
	return feed_any(run, column_count(text), f);
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
		REQUIRE(i < MAX_STATEMENTS);
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
