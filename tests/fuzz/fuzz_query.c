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

static const char marker[] = "Zq7";

/* Every text of the query, keys included where they are the customer's, gets the marker put in
 * front when the query itself names nothing with it. */
static json_t *mark_texts(const json_t *value, const char *under)
{
	static const char *const ours[] = {"kind", "math", "operator", "type", "display",
		"interval", "date_from", "date_to", "breakdown_type", "compare_to", "retentionType",
		"period", "timeWindowMode", "aggregationType", "aggregationPropertyType",
		"funnelVizType", "funnelOrderType", "funnelWindowIntervalUnit",
		"breakdownAttributionType", "computedAs", "includeEventTypes", "toggledLifecycles",
		"funnelPathType"};

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
	REQUIRE(strstr(text, "project_id = $"));
}

/* Rows as a database would send them, so that a run comes to its end: the first that say a part of
 * the statement. */
static const char *const earliest[] = {"1704067200000000"};
static const char *const trend[] = {
	"0", "1", "value", "1", "42", "0", "2", "", "1", "7", "0", "0", NULL, "1", "3"};
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
static const char *const stickiness[] = {"0", "1", "42", "0", "2", "7"};
static const char *const lifecycle[] = {
	"0", "1", "1", "42", "1", "2", "0", "7", "2", "2", "1", "3"};
static const char *const paths[] = {"1_/", "2_/docs", "9", "1500000", "2_/docs", "3_/", "7", "0"};
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
	{"AS series, k,", {.row_count = 2, .column_count = 3, .cells = stickiness}},
	{"AS leaves,", {.row_count = 3, .column_count = 4, .cells = lifecycle}},
	{"SELECT source, target", {.row_count = 2, .column_count = 4, .cells = paths}},
	{"series", {.row_count = 3, .column_count = 5, .cells = trend}},
	{"", {.row_count = 1, .column_count = 1, .cells = earliest}},
};

static bool feed(struct insight_run *run, const struct sql *statement, struct fault *f)
{
	size_t i = 0;

	while (!strstr(sql_text(statement), answers[i].part)) {
		i++;
	}
	return insight_feed(run, &answers[i].rows, f);
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
