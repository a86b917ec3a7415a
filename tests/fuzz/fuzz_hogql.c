/* Any text as HogQL: it is refused with a sentence and its place or becomes a statement, and no
 * text of it is ever part of the statement's text.
 *
 * The proof is by alphabet and by a marker: every text, quoted name, name after a dot and alias of
 * the query gets the marker, and no statement may hold it. */
#include "insight/expression.h"
#include "insight/hogql_token.h"
#include "lib/base/require.h"
#include "tests/fuzz/target.h"

#include <glib.h>
#include <string.h>

static const char marker[] = "Zq7";
/* 2024-01-31 10:20 UTC */
static const struct insight_env env = {.project_id = 1,
	.timezone = "Europe/Berlin",
	.week_start_day = 1,
	.now_us = 1706696400000000LL};

/* Our statements have ASCII only, no comments, and quotes around nothing but their own literals. */
static void check_statement(const struct sql *sql)
{
	const char *text = sql_text(sql);

	REQUIRE(!strstr(text, marker));
	REQUIRE(!strstr(text, "--") && !strstr(text, "/*") && !strchr(text, ';'));
	for (const char *c = text; *c; c++) {
		REQUIRE(*c >= 0x20 && *c < 0x7f);
	}
}

static void check_fault(const struct fault *f)
{
	REQUIRE(f->kind == FAULT_QUERY || f->kind == FAULT_UNSUPPORTED || f->kind == FAULT_DATE);
	REQUIRE(f->detail[0] && g_utf8_validate(f->detail, -1, NULL));
}

static void try_expression(const char *text, enum expression_use use, enum expression_table table)
{
	struct writer w = writer_open(&dialect_postgres, &env, NULL);
	struct expression *e;
	struct fault f;

	if (!expression_read(text, use, table, &e, &f)) {
		check_fault(&f);
	} else {
		g_autofree char *type = expression_type(e);

		REQUIRE(type && expression_label(e));
		expression_write(e, &w);
		expression_write_text(e, &w);
		expression_write_number(e, &w);
		expression_write_cell(e, &w);
		check_statement(w.sql);
		expression_destroy(e);
	}
	sql_destroy(w.sql);
}

/* How many columns the statement gives: each is r.c0, r.c1 … in its outermost list. */
static size_t count_columns(const char *text)
{
	size_t count = 0;

	for (;; count++) {
		g_autofree char *column = g_strdup_printf("r.c%zu", count);

		if (!strstr(text, column)) {
			return count;
		}
	}
}

static void feed(struct insight_run *run, size_t columns)
{
	static const char *const samples[] = {
		"1", "t", NULL, "{}", "[1, null]", "1.50", "2024-01-01", "x", "1e400"};
	g_autofree const char **cells = g_new0(const char *, columns * 3 + 1);
	struct rows rows = {.row_count = 3, .column_count = columns, .cells = cells};
	struct fault f;
	json_t *result;

	for (size_t i = 0; i < columns * 3; i++) {
		cells[i] = samples[i % G_N_ELEMENTS(samples)];
	}
	REQUIRE(insight_feed(run, &rows, &f));
	{
		struct sql *none;
		g_autofree char *text = NULL;

		REQUIRE(insight_next(run, &none, &f) && !none);
		REQUIRE(insight_result(run, &result, &f));
		text = json_write(result);
		REQUIRE(g_utf8_validate(text, -1, NULL));
		REQUIRE(json_array_size(json_object_get(result, "columns")) == columns);
		json_decref(result);
	}
}

static void try_query(const char *text)
{
	json_t *query = json_pack("{s:s, s:s, s:{s:[i, s], s:f}, s:{s:{s:s, s:s}}, s:{s:{s:s}}}",
		"kind", "HogQLQuery", "query", text, "values", "list", 1, "Zq7", "real", 2.5,
		"variables", "1", "code_name", "x", "value", "Zq7", "filters", "dateRange",
		"date_from", "-7d");
	struct insight_run *run;
	struct fault f;
	struct sql *sql;

	if (!insight_begin(query, &env, &run, &f)) {
		check_fault(&f);
		json_decref(query);
		return;
	}
	REQUIRE(insight_next(run, &sql, &f) && sql);
	check_statement(sql);
	if (strstr(sql_text(sql), "FROM events")) {
		REQUIRE(strstr(sql_text(sql), "events.project_id = $"));
	}
	{
		size_t columns = count_columns(sql_text(sql));

		sql_destroy(sql);
		feed(run, columns);
	}
	insight_end(run);
	json_decref(query);
}

static bool is_word(const struct hogql_token *t, const char *word)
{
	return t->kind == TOKEN_WORD && g_ascii_strcasecmp(t->text, word) == 0;
}

/* The same text with the marker wherever the customer may choose what stands there. */
static char *mark(const char *text)
{
	struct hogql_tokens tokens;
	GString *out = g_string_new(NULL);
	bool after_dot = false;
	struct fault f;

	if (hogql_tokens_read(text, &tokens, &f)) {
		for (guint i = 0; i < tokens.list->len; i++) {
			const struct hogql_token *t =
				&g_array_index(tokens.list, struct hogql_token, i);

			if (t->kind == TOKEN_TEXT || t->kind == TOKEN_QUOTED) {
				char quote = text[t->start];

				g_string_append_printf(out, " %cZq7\\%c;--%.*s", quote, quote,
					(int)(t->end - t->start - 1), text + t->start + 1);
			} else if (t->kind == TOKEN_WORD && after_dot) {
				g_string_append_printf(out, "`Zq7\";--%s`", t->text);
			} else {
				g_string_append_printf(
					out, " %.*s", (int)(t->end - t->start), text + t->start);
			}
			after_dot = t->kind == TOKEN_SIGN && strcmp(t->text, ".") == 0;
			if (is_word(t, "as") && i + 1 < tokens.list->len) {
				after_dot = true;
			}
		}
	}
	hogql_tokens_finish(&tokens);
	return g_string_free(out, FALSE);
}

static void try_all(const char *text)
{
	for (int table = EXPRESSION_OF_EVENTS; table <= EXPRESSION_OF_GROUPS; table++) {
		try_expression(text, EXPRESSION_VALUE, (enum expression_table)table);
		try_expression(text, EXPRESSION_CONDITION, (enum expression_table)table);
		try_expression(text, EXPRESSION_AGGREGATE, (enum expression_table)table);
	}
	try_query(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *marked = NULL;
	g_autofree char *selected = NULL;

	/* What comes in by JSON is UTF-8 without zeros; the marker itself would be no proof. */
	if (!g_utf8_validate(text, -1, NULL) || strstr(text, marker)) {
		return 0;
	}
	try_all(text);
	marked = mark(text);
	if (g_utf8_validate(marked, -1, NULL)) {
		try_all(marked);
		selected = g_strdup_printf("SELECT %s AS Zq7 FROM events", marked);
		try_query(selected);
	}
	return 0;
}
