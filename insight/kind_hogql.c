/* HogQLQuery: one statement, as the query is written (spec/insights.md 1.16, 2.8, 3.12). */
#include "insight/filter.h"
#include "insight/hogql_cell.h"
#include "insight/hogql_parse.h"
#include "insight/hogql_resolve.h"
#include "insight/kind.h"
#include "lib/base/require.h"

#include <string.h>

struct hogql_run {
	const struct kind_context *context;
	struct hogql_tree *tree;
	struct hogql_query *query;
	json_t *constants;
	struct filter *filter, *test_filter; /* or NULL */
	bool has_from, has_to;
	struct date_range range;
	int64_t limit, offset;
	bool is_asked, has_more;
	json_t *results;
};

/* Values by the name that the text has for them: {variables.name}, {name}. */
static bool read_constants(struct hogql_run *run, struct fault *f)
{
	const json_t *query = run->context->query;
	const json_t *values = json_object_get(query, "values");
	const json_t *variables = json_object_get(query, "variables");
	json_t *named = json_object();
	const char *key;
	json_t *variable;

	run->constants = json_is_object(values) ? json_deep_copy(values) : json_object();
	json_object_set_new(run->constants, "variables", named);
	if (!json_is_object(variables)) {
		return !variables || json_is_null(variables) ||
		       fault_set(f, FAULT_QUERY, "variables is not an object");
	}
	/* jansson iterates over objects that may change only; this one does not. */
	json_object_foreach((json_t *)(uintptr_t)variables, key, variable)
	{
		const char *name = json_get_text(variable, "code_name", NULL);
		json_t *value = json_object_get(variable, "value");
		bool is_null = json_get_bool(variable, "isNull", false);

		if (name) {
			json_object_set_new(named, name,
				value && !is_null ? json_deep_copy(value) : json_null());
		}
	}
	return true;
}

static bool read_dates(struct hogql_run *run, const json_t *filters, struct fault *f)
{
	struct date_request request;

	if (!dates_read(filters, &request, f)) {
		return fault_wrap(f, "filters.");
	}
	run->has_from = request.from.form != DATE_ABSENT && request.from.form != DATE_ALL;
	run->has_to = request.to.form != DATE_ABSENT;
	if (!run->has_from && !run->has_to) {
		return true;
	}
	return dates_resolve(&request, INTERVAL_DAY, &run->context->place, 0, &run->range, f) ||
	       fault_wrap(f, "filters.");
}

static bool read_filters(struct hogql_run *run, struct fault *f)
{
	const json_t *filters = json_object_get(run->context->query, "filters");
	struct filter_reader reader = {
		.place = &run->context->place, .references = run->context->references};

	if (!json_is_object(filters)) {
		return !filters || json_is_null(filters) ||
		       fault_set(f, FAULT_QUERY, "filters is not an object");
	}
	if (!read_dates(run, filters, f)) {
		return false;
	}
	if (!filter_read(&reader, json_object_get(filters, "properties"), &run->filter, f)) {
		return fault_wrap(f, "filters.properties");
	}
	if (json_get_bool(filters, "filterTestAccounts", false) &&
		!filter_read(
			&reader, run->context->env->test_account_filters, &run->test_filter, f)) {
		return fault_wrap(f, "test_account_filters");
	}
	return true;
}

/* What {filters} stands for. */
static void write_filters(const void *context, struct writer *w)
{
	const struct hogql_run *run = context;

	if (run->has_from) {
		sql_add(w->sql, " AND events.\"timestamp\" >= ");
		sql_param_time_us(w->sql, run->range.from_us);
	}
	if (run->has_to) {
		sql_add(w->sql, " AND events.\"timestamp\" <= ");
		sql_param_time_us(w->sql, run->range.to_us);
	}
	filter_write_and(run->filter, w);
	filter_write_and(run->test_filter, w);
}

/* One SELECT has the limit that is written; the branches of a union have their own, and the whole
 * has the default or, where one of them is limited, the maximum. */
static void set_limit(struct hogql_run *run)
{
	struct hogql_select *first;
	int exported = MIN(run->context->env->max_rows, ROWS_MAX_EXPORTED);
	int most = exported > 0 ? exported : ROWS_MAX_LIMIT;
	int usual = exported > 0 ? exported : ROWS_DEFAULT_LIMIT;
	bool is_limited = false;

	REQUIRE(run->query);
	first = g_ptr_array_index(run->query->selects, 0);

	for (guint i = 0; i < run->query->selects->len; i++) {
		const struct hogql_select *select = g_ptr_array_index(run->query->selects, i);

		is_limited = is_limited || select->limit >= 0;
	}
	if (run->query->selects->len > 1) {
		run->limit = is_limited ? most : usual;
		return;
	}
	run->limit = is_limited ? MIN(first->limit, most) : usual;
	run->offset = MAX(first->offset, 0);
	first->limit = run->limit + 1;
}

static const struct hogql_select *first_select(const struct hogql_run *run)
{
	return g_ptr_array_index(run->query->selects, 0);
}

static void write_statement(const struct hogql_run *run, struct hogql_writer *hw)
{
	const struct hogql_select *first = first_select(run);

	for (guint i = 0; i < first->items->len; i++) {
		const struct hogql_item *item = g_ptr_array_index(first->items, i);
		char column[16];

		g_snprintf(column, sizeof(column), "r.c%u", i);
		sql_add(hw->w->sql, i ? ", " : "SELECT ");
		hogql_cell_write(hw, (struct hogql_slot){.raw = column}, item->type);
	}
	sql_add(hw->w->sql, " FROM (");
	hogql_write_query(hw, run->query);
	sql_add(hw->w->sql, ") AS r LIMIT ");
	sql_param_int(hw->w->sql, run->limit + 1);
}

/* The statement, or NULL where it would be too long. */
static struct sql *make_statement(const struct hogql_run *run)
{
	const struct kind_context *c = run->context;
	struct writer w = writer_open(c->dialect, c->env, NULL);
	struct hogql_writer hw;
	bool is_full;

	w.person = "events.person_id";
	hogql_writer_init(&hw, &w);
	hw.filters = write_filters;
	hw.filters_context = run;
	write_statement(run, &hw);
	is_full = hw.is_full;
	hogql_writer_finish(&hw);
	if (is_full) {
		sql_destroy(w.sql);
		return NULL;
	}
	return w.sql;
}

static bool read_query(struct hogql_run *run, struct fault *f)
{
	const char *text = json_get_text(run->context->query, "query", NULL);
	struct hogql_resolver r = {.tree = run->tree,
		.may_query = true,
		.constants = run->constants,
		.has_filters = true,
		.has_from = run->has_from,
		.has_to = run->has_to,
		.from_us = run->range.from_us,
		.to_us = run->range.to_us,
		.fault = f};

	if (!text) {
		fault_set(f, FAULT_QUERY, "query is not a text");
		return false;
	}
	if (!hogql_parse_query(run->tree, text, &run->query, f) ||
		!hogql_resolve_query(&r, run->query)) {
		fault_wrap(f, "query: ");
		return false;
	}
	return true;
}

static bool open_run(const struct kind_context *c, void **state, struct fault *f)
{
	struct hogql_run *run = g_new0(struct hogql_run, 1);

	*state = run;
	run->context = c;
	run->tree = hogql_tree_create();
	return read_constants(run, f) && read_filters(run, f) && read_query(run, f);
}

static bool check_length(const struct hogql_run *run, struct fault *f)
{
	struct sql *trial = make_statement(run);

	if (!trial) {
		return fault_set(f, FAULT_QUERY, "query: written out, this has more than %d parts",
			HOGQL_MAX_WRITTEN);
	}
	sql_destroy(trial);
	return true;
}

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	if (!open_run(c, state, f)) {
		return false;
	}
	set_limit(*state);
	return check_length(*state, f);
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct hogql_run *run = state;

	(void)f;
	*statement = run->is_asked ? NULL : make_statement(run);
	run->is_asked = true;
	return true;
}

static bool feed(void *state, const struct rows *rows, struct fault *f)
{
	struct hogql_run *run = state;
	const GPtrArray *items = first_select(run)->items;
	size_t count = MIN(rows->row_count, (size_t)run->limit);

	if (rows->row_count > 0 && rows->column_count != items->len) {
		return fault_set(f, FAULT_BUG, "%zu columns where %u were asked for",
			rows->column_count, items->len);
	}
	run->has_more = rows->row_count > count;
	run->results = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *row = json_array();

		for (guint c = 0; c < items->len; c++) {
			const struct hogql_item *item = g_ptr_array_index(items, c);

			json_array_append_new(row, hogql_cell_read(rows_text(rows, i, c),
							   item->type, run->context->place.zone));
		}
		json_array_append_new(run->results, row);
	}
	return true;
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct hogql_run *run = state;
	const GPtrArray *items = first_select(run)->items;
	json_t *columns = json_array(), *types = json_array();

	(void)f;
	for (guint i = 0; i < items->len; i++) {
		const struct hogql_item *item = g_ptr_array_index(items, i);
		g_autofree char *type = hogql_type_name(item->type);

		json_array_append_new(columns, json_string(item->name));
		json_array_append_new(types, json_pack("[s, s]", item->name, type));
	}
	*out = json_pack("{s:o, s:o, s:o, s:b, s:I, s:I}", "columns", columns, "types", types,
		"results", run->results ? json_incref(run->results) : json_array(), "hasMore",
		run->has_more, "limit", (json_int_t)run->limit, "offset", (json_int_t)run->offset);
	return true;
}

static void end(void *state)
{
	struct hogql_run *run = state;

	hogql_tree_destroy(run->tree);
	filter_destroy(run->filter);
	filter_destroy(run->test_filter);
	json_decref(run->constants);
	json_decref(run->results);
	g_free(run);
}

/* The column that says who: by its name, or else the first. */
static guint actor_column(const struct hogql_run *run)
{
	static const char *const names[] = {"person_id", "actor_id", "id"};
	const GPtrArray *items = first_select(run)->items;

	for (size_t n = 0; n < G_N_ELEMENTS(names); n++) {
		for (guint i = 0; i < items->len; i++) {
			const struct hogql_item *item = g_ptr_array_index(items, i);

			if (strcmp(item->name, names[n]) == 0) {
				return i;
			}
		}
	}
	return 0;
}

static bool begin_actors(
	const struct kind_context *c, const json_t *part, void **state, struct fault *f)
{
	const struct hogql_run *run;
	const struct hogql_item *item;

	(void)part;
	if (!open_run(c, state, f) || !check_length(*state, f)) {
		return false;
	}
	run = *state;
	item = g_ptr_array_index(first_select(run)->items, actor_column(run));
	return item->type.kind == HOGQL_UUID ||
	       fault_set(f, FAULT_UNSUPPORTED,
		       "query: its first column is %s, not the id of a person",
		       hogql_kind_text(item->type.kind));
}

static void write_actors(const void *state, struct writer *w)
{
	const struct hogql_run *run = state;
	guint column = actor_column(run);
	struct hogql_writer hw;

	hogql_writer_init(&hw, w);
	hw.filters = write_filters;
	hw.filters_context = run;
	sql_addf(w->sql, "SELECT s.c%u AS actor_id, count(*) AS event_count FROM (", column);
	hogql_write_query(&hw, run->query);
	sql_addf(w->sql, ") AS s GROUP BY s.c%u", column);
	hogql_writer_finish(&hw);
}

static const struct kind_actors actors = {.begin = begin_actors, .write = write_actors, .end = end};

const struct kind_methods kind_hogql = {.begin = begin,
	.next = next,
	.feed = feed,
	.result = result,
	.end = end,
	.actors = &actors};
