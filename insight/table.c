#include "insight/table.h"

#include "insight/brief.h"
#include "insight/hogql_parse.h"
#include "insight/hogql_write.h"

#include <string.h>

static void clear_column(gpointer data)
{
	g_free(((struct table_column *)data)->name);
}

static struct hogql_table *add_table(
	struct table *t, const struct hogql_schema *schema, const char *alias)
{
	struct hogql_table *table = hogql_tree_take(t->tree, sizeof(*table));

	table->name = hogql_tree_text(t->tree, schema->name, strlen(schema->name));
	table->alias = alias ? hogql_tree_text(t->tree, alias, strlen(alias)) : NULL;
	table->sql_name = table->name;
	table->schema = schema;
	table->may_join = true;
	g_ptr_array_add(t->select->tables, table);
	return table;
}

static void open_table(struct table *t, const struct hogql_schema *joined)
{
	struct hogql_select *select;

	t->tree = hogql_tree_create();
	t->select = select = hogql_tree_take(t->tree, sizeof(*select));
	select->with = hogql_tree_list(t->tree);
	select->items = hogql_tree_list(t->tree);
	select->tables = hogql_tree_list(t->tree);
	select->group = hogql_tree_list(t->tree);
	select->order = hogql_tree_list(t->tree);
	t->where = hogql_tree_list(t->tree);
	t->having = hogql_tree_list(t->tree);
	t->main = add_table(t, t->form->schema, t->form->alias);
	if (joined) {
		add_table(t, joined, NULL);
	}
	t->columns = g_array_new(FALSE, TRUE, sizeof(struct table_column));
	g_array_set_clear_func(t->columns, clear_column);
	t->cells = g_array_new(FALSE, TRUE, sizeof(struct table_cell));
	t->order_texts = g_array_new(FALSE, TRUE, sizeof(size_t));
	t->having_texts = g_array_new(FALSE, TRUE, sizeof(size_t));
	t->results = json_array();
}

const struct hogql_item *table_item(const struct table *t, guint i)
{
	return g_ptr_array_index(t->select->items, i);
}

/* A list of at most `most` texts; NULL is an empty one. */
static bool check_list(const json_t *list, const char *name, size_t most, struct fault *f)
{
	const json_t *member;
	size_t i;

	if (!list || json_is_null(list)) {
		return true;
	}
	if (!json_is_array(list)) {
		return fault_set(f, FAULT_QUERY, "%s is not a list", name);
	}
	if (json_array_size(list) > most) {
		return fault_set(f, FAULT_QUERY, "%s has more than %zu members", name, most);
	}
	json_array_foreach(list, i, member)
	{
		if (!json_is_string(member)) {
			return fault_set(f, FAULT_QUERY, "%s[%zu] is not a text", name, i);
		}
	}
	return true;
}

/* What is computed of groups restricts groups. */
static bool read_conditions(struct table *t, struct hogql_resolver *r, const json_t *list)
{
	const json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
	{
		struct hogql_node *node;

		if (!hogql_parse_expression(
			    t->tree, json_string_value(member), &node, NULL, r->fault) ||
			!hogql_resolve_condition(r, node, true) || !table_weigh(t, r, node) ||
			!hogql_check_unnest(r, node, false)) {
			return fault_wrap(r->fault, "where[%zu]: ", i);
		}
		if (node->has_aggregate) {
			t->is_grouped = true;
			g_array_append_val(t->having_texts, i);
		}
		g_ptr_array_add(node->has_aggregate ? t->having : t->where, node);
	}
	return true;
}

static bool is_count(const struct hogql_node *node)
{
	return node->shape == NODE_CALL && node->function && !node->condition &&
	       hogql_arg_count(node) == 0 && strcmp(node->function->name, "count") == 0;
}

static void add_order(struct table *t, struct hogql_node *node, bool is_descending)
{
	struct hogql_order *order = hogql_tree_take(t->tree, sizeof(*order));

	order->node = node;
	order->is_descending = is_descending;
	g_ptr_array_add(t->select->order, order);
}

/* The most of count(), or else of the first aggregate. */
static void order_groups(struct table *t)
{
	struct hogql_node *found = NULL;

	for (guint i = 0; i < t->select->items->len; i++) {
		struct hogql_node *node = table_item(t, i)->node;
		struct hogql_node *behind = hogql_behind_alias(node);

		if (node->has_aggregate && (!found || (is_count(behind) && !is_count(found)))) {
			found = behind;
		}
	}
	if (found) {
		add_order(t, found, true);
	}
}

static bool order_by_default(struct table *t, struct hogql_resolver *r)
{
	struct hogql_node *node;

	if (t->is_grouped) {
		order_groups(t);
		return true;
	}
	node = hogql_resolve_new(r, NODE_COLUMN, (struct hogql_place){1, 1});
	if (!node) {
		return false;
	}
	node->table = t->main;
	node->column = hogql_column_lookup(t->form->schema, t->form->time);
	node->type = node->column->type;
	node->is_resolved = node->has_column = true;
	add_order(t, node, true);
	return true;
}

static bool resolve_orders(struct table *t, struct hogql_resolver *r, guint from)
{
	for (guint i = from; i < t->select->order->len; i++) {
		struct hogql_order *order = g_ptr_array_index(t->select->order, i);

		if (!hogql_resolve_node(r, order->node) || !table_weigh(t, r, order->node) ||
			!hogql_check_unnest(r, order->node, false)) {
			return false;
		}
		if (order->node->type.kind == HOGQL_LIST ||
			order->node->type.kind == HOGQL_INTERVAL) {
			return hogql_fault(r->fault, FAULT_UNSUPPORTED, order->node->place,
				"an order by %s is not computed here",
				hogql_kind_text(order->node->type.kind));
		}
		t->is_grouped = t->is_grouped || order->node->has_aggregate;
	}
	return true;
}

static bool read_orders(struct table *t, struct hogql_resolver *r, const json_t *list)
{
	const json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
	{
		guint from = t->select->order->len;

		if (!hogql_parse_orders(
			    t->tree, json_string_value(member), t->select->order, r->fault) ||
			!resolve_orders(t, r, from)) {
			return fault_wrap(r->fault, "orderBy[%zu]: ", i);
		}
		for (; from < t->select->order->len; from++) {
			g_array_append_val(t->order_texts, i);
		}
	}
	return t->select->order->len > 0 || order_by_default(t, r);
}

/* Beside aggregates the other columns are what rows are grouped by; one that is the same for all
 * rows groups nothing. */
static void group(struct table *t)
{
	for (guint i = 0; t->is_grouped && i < t->select->items->len; i++) {
		struct hogql_node *node = table_item(t, i)->node;

		if (!node->has_aggregate && node->has_column) {
			g_ptr_array_add(t->select->group, node);
		}
	}
}

static bool check_columns(struct table *t, struct hogql_resolver *r, const json_t *select)
{
	for (guint i = 0; i < t->columns->len; i++) {
		guint first = g_array_index(t->columns, struct table_column, i).first;
		guint item = g_array_index(t->cells, struct table_cell, first).item;

		if (!hogql_check_groups(r, t->select, table_item(t, item)->node)) {
			return fault_wrap(
				r->fault, "select[%zu]: ", table_place_in_select(t, select, i));
		}
	}
	return true;
}

static bool check_groups(struct table *t, struct hogql_resolver *r, const json_t *select)
{
	if (!t->is_grouped) {
		return true;
	}
	if (!check_columns(t, r, select)) {
		return false;
	}
	/* the default order has no text and is one of the columns */
	for (guint i = 0; i < t->order_texts->len; i++) {
		const struct hogql_order *order = g_ptr_array_index(t->select->order, i);

		if (!hogql_check_groups(r, t->select, order->node)) {
			return fault_wrap(r->fault,
				"orderBy[%zu]: ", g_array_index(t->order_texts, size_t, i));
		}
	}
	for (guint i = 0; i < t->having->len; i++) {
		if (!hogql_check_groups(r, t->select, g_ptr_array_index(t->having, i))) {
			return fault_wrap(r->fault,
				"where[%zu]: ", g_array_index(t->having_texts, size_t, i));
		}
	}
	return true;
}

/* Rows that a statement makes of more or less than one row each have no key. */
static bool makes_rows(const struct table *t)
{
	for (guint i = 0; i < t->select->items->len; i++) {
		const struct hogql_node *node = table_item(t, i)->node;

		if (node->has_window || hogql_has_unnest(node)) {
			return true;
		}
	}
	return t->is_grouped;
}

static void find_key(struct table *t)
{
	const struct hogql_order *order;
	const struct hogql_node *node;

	if (t->select->order->len != 1 || makes_rows(t)) {
		return;
	}
	order = g_ptr_array_index(t->select->order, 0);
	node = hogql_behind_alias(order->node);
	t->is_descending = order->is_descending;
	t->is_keyed = node->shape == NODE_COLUMN && node->table == t->main &&
		      node->column == hogql_column_lookup(t->form->schema, t->form->time);
}

static bool read_whole(
	const json_t *query, const char *name, int64_t otherwise, int64_t *out, struct fault *f)
{
	const json_t *member = json_object_get(query, name);

	*out = otherwise;
	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_integer(member) || json_integer_value(member) < 0 ||
		json_integer_value(member) > INT32_MAX) {
		return fault_set(
			f, FAULT_QUERY, "%s is not a whole number from 0 to %d", name, INT32_MAX);
	}
	*out = json_integer_value(member);
	return true;
}

/* An export takes all there is, whatever part of it a page of the query would show. */
static bool read_limits(struct table *t, struct fault *f)
{
	const json_t *query = t->context->query;
	int most = t->context->env->max_rows;

	if (!read_whole(query, "limit", ROWS_DEFAULT_LIMIT, &t->limit, f) ||
		!read_whole(query, "offset", 0, &t->offset, f)) {
		return false;
	}
	t->limit = most > 0        ? MIN(most, ROWS_MAX_EXPORTED)
		   : t->limit == 0 ? ROWS_DEFAULT_LIMIT
				   : MIN(t->limit, ROWS_MAX_LIMIT);
	return true;
}

static bool read_parts(struct table *t, struct hogql_resolver *r)
{
	const json_t *query = t->context->query;
	const json_t *select = json_object_get(query, "select");
	const json_t *where = json_object_get(query, "where");
	const json_t *order = json_object_get(query, "orderBy");
	struct fault *f = r->fault;

	if (!check_list(select, "select", TABLE_MAX_COLUMNS, f) ||
		!check_list(where, "where", TABLE_MAX_CONDITIONS, f) ||
		!check_list(order, "orderBy", TABLE_MAX_ORDERS, f) || !table_read_words(t, r) ||
		!table_read_columns(t, r, select) || !read_conditions(t, r, where) ||
		!read_orders(t, r, order)) {
		return false;
	}
	group(t);
	return check_groups(t, r, select);
}

bool table_read(struct table *out, const struct table_form *form, const struct hogql_schema *joined,
	const struct table_rows *rows, const struct kind_context *c, struct fault *f)
{
	struct hogql_scope scope = {.outer = NULL};
	struct hogql_resolver r = {.scope = &scope, .may_query = true, .fault = f};
	struct sql *trial;

	*out = (struct table){.form = form, .context = c, .rows = *rows};
	open_table(out, joined);
	r.tree = out->tree;
	scope.select = out->select;
	if (!read_limits(out, f) || !read_parts(out, &r)) {
		return false;
	}
	find_key(out);
	trial = table_statement(out, 1, 0);
	if (!trial) {
		return fault_set(f, FAULT_QUERY, "select: written out, this has more than %d parts",
			HOGQL_MAX_WRITTEN);
	}
	sql_destroy(trial);
	return true;
}

void table_finish(struct table *t)
{
	if (t->tree) {
		hogql_tree_destroy(t->tree);
		g_array_unref(t->columns);
		g_array_unref(t->cells);
		g_array_unref(t->order_texts);
		g_array_unref(t->having_texts);
	}
	g_free(t->last_key);
	json_decref(t->results);
}
