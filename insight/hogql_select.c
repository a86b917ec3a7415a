/* Whole queries: tables, WITH, the select list, and what may stand beside a GROUP BY. */
#include "insight/hogql_resolve.h"

#include "insight/brief.h"
#include "lib/base/require.h"

#include <string.h>

enum { MAX_TABLES = 20, MAX_ITEMS = 1000, SQL_NAME_BYTES = 16 };

/* A WITH of this select or of one around it. */
static struct hogql_query *find_with(const struct hogql_scope *scope, const char *name)
{
	for (; scope; scope = scope->outer) {
		for (guint i = 0; i < scope->with_count; i++) {
			struct hogql_with *with = g_ptr_array_index(scope->select->with, i);

			if (with->query && strcmp(with->name, name) == 0) {
				return with->query;
			}
		}
	}
	return NULL;
}

static char *sql_name(struct hogql_resolver *r, const char *letter, guint number)
{
	char name[SQL_NAME_BYTES];

	g_snprintf(name, sizeof(name), "%s%u", letter, number);
	return hogql_tree_text(r->tree, name, strlen(name));
}

/* The columns of a subquery are c0, c1 … to statements and have their names here only. */
static const struct hogql_schema *schema_of(
	struct hogql_resolver *r, const struct hogql_query *query)
{
	const struct hogql_select *first = g_ptr_array_index(query->selects, 0);
	struct hogql_schema *schema = hogql_tree_take(r->tree, sizeof(*schema));
	struct hogql_column *columns =
		hogql_tree_take(r->tree, sizeof(*columns) * first->items->len);

	for (guint i = 0; i < first->items->len; i++) {
		const struct hogql_item *item = g_ptr_array_index(first->items, i);

		columns[i] = (struct hogql_column){.name = item->alias ? item->alias : item->name,
			.sql = sql_name(r, "c", i),
			.type = item->type,
			.in_star = true,
			.result_name = item->name};
		if (item->type.kind == HOGQL_NULL) {
			columns[i].type =
				(struct hogql_type){.kind = HOGQL_DYNAMIC, .is_nullable = true};
		}
		if (!item->alias && item->node->names && item->node->names->len > 0) {
			columns[i].name =
				g_ptr_array_index(item->node->names, item->node->names->len - 1);
		}
	}
	*schema = (struct hogql_schema){.columns = columns, .count = first->items->len};
	return schema;
}

static bool resolve_table(struct hogql_resolver *r, struct hogql_table *table, guint number)
{
	struct hogql_scope *scope = r->scope;
	char shown[BRIEF_BYTES];
	bool fine;

	table->may_join = r->may_query;
	table->sql_name = sql_name(r, "t", number);
	if (table->name) {
		table->query = find_with(scope, table->name);
		table->schema = table->query ? NULL : hogql_schema_lookup(table->name);
	}
	if (table->schema) {
		return true;
	}
	if (!table->query) {
		static const char *const elsewhere[] = {"sessions", "cohort_people", "raw_sessions",
			"session_replay_events", "static_cohort_people", "log_entries", "numbers"};

		REQUIRE(table->name); /* a subquery has its query */
		for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++) {
			if (strcmp(elsewhere[i], table->name) == 0) {
				return hogql_fault(r->fault, FAULT_UNSUPPORTED, table->place,
					"the table '%s' is not computed here", elsewhere[i]);
			}
		}
		return hogql_fault(r->fault, FAULT_QUERY, table->place, "'%s' is not a table",
			brief(table->name, shown));
	}
	fine = hogql_resolve_query(r, table->query);
	if (fine) {
		table->schema = schema_of(r, table->query);
	}
	return fine;
}

/* Statements that others write expect events to be called events: the first one is. */
static bool resolve_tables(struct hogql_resolver *r, struct hogql_select *select)
{
	bool has_events = false;

	if (select->tables->len > MAX_TABLES) {
		return hogql_fault(r->fault, FAULT_QUERY, select->place,
			"a FROM of more than %d tables", MAX_TABLES);
	}
	for (guint i = 0; i < select->tables->len; i++) {
		struct hogql_table *table = g_ptr_array_index(select->tables, i);

		if (!resolve_table(r, table, i)) {
			return false;
		}
		if (table->schema == &hogql_events && !has_events) {
			has_events = true;
			table->sql_name = hogql_tree_text(r->tree, "events", strlen("events"));
		}
	}
	return true;
}

static bool resolve_joins(struct hogql_resolver *r, const struct hogql_select *select)
{
	for (guint i = 0; i < select->tables->len; i++) {
		struct hogql_table *table = g_ptr_array_index(select->tables, i);
		bool fine;

		if (!table->on) {
			continue;
		}
		r->scope->in_on = true;
		fine = hogql_resolve_node(r, table->on);
		r->scope->in_on = false;
		if (!fine) {
			return false;
		}
		if (table->on->type.kind != HOGQL_BOOLEAN || table->on->has_aggregate ||
			table->on->has_window) {
			return hogql_fault(r->fault, FAULT_QUERY, table->on->place,
				"ON takes a condition without aggregates");
		}
	}
	return true;
}

static bool add_star_item(struct hogql_resolver *r, GPtrArray *items, const struct hogql_node *star,
	struct hogql_table *table, const struct hogql_column *column)
{
	struct hogql_item *item = hogql_tree_take(r->tree, sizeof(*item));

	item->node = hogql_resolve_new(r, NODE_COLUMN, star->place);
	if (!item->node) {
		return false;
	}
	item->node->table = table;
	item->node->column = column;
	item->node->type = column->type;
	item->node->type.is_nullable = column->type.is_nullable || table->is_left;
	item->node->is_resolved = true;
	item->node->has_column = true;
	item->name = hogql_tree_text(r->tree, column->name, strlen(column->name));
	g_ptr_array_add(items, item);
	return true;
}

static bool expand_star(struct hogql_resolver *r, const struct hogql_select *select,
	const struct hogql_node *star, GPtrArray *items)
{
	const char *of = star->names ? g_ptr_array_index(star->names, 0) : NULL;
	char shown[BRIEF_BYTES];
	bool any = false;

	for (guint i = 0; i < select->tables->len; i++) {
		struct hogql_table *table = g_ptr_array_index(select->tables, i);
		const char *called = table->alias ? table->alias : table->name;

		if (of && (!called || strcmp(of, called) != 0 || star->names->len > 1)) {
			continue;
		}
		any = true;
		for (size_t c = 0; c < table->schema->count; c++) {
			if (table->schema->columns[c].in_star &&
				!add_star_item(r, items, star, table, &table->schema->columns[c])) {
				return false;
			}
		}
	}
	return any || hogql_fault(r->fault, FAULT_QUERY, star->place,
			      of ? "'%s' is not a table here" : "'*' without a table%s",
			      of ? brief(of, shown) : "");
}

static bool expand_stars(struct hogql_resolver *r, struct hogql_select *select)
{
	GPtrArray *items = hogql_tree_list(r->tree);

	for (guint i = 0; i < select->items->len; i++) {
		struct hogql_item *item = g_ptr_array_index(select->items, i);

		if (item->node->shape != NODE_STAR) {
			g_ptr_array_add(items, item);
		} else if (!expand_star(r, select, item->node, items)) {
			return false;
		}
	}
	select->items = items;
	return items->len <= MAX_ITEMS ||
	       hogql_fault(r->fault, FAULT_QUERY, select->place, "more than %d columns", MAX_ITEMS);
}

static bool resolve_items(struct hogql_resolver *r, struct hogql_select *select)
{
	if (!expand_stars(r, select)) {
		return false;
	}
	for (guint i = 0; i < select->items->len; i++) {
		struct hogql_item *item = g_ptr_array_index(select->items, i);

		if (!hogql_resolve_node(r, item->node)) {
			return false;
		}
		item->type = item->node->type;
		if (item->type.kind == HOGQL_LIST || item->type.kind == HOGQL_INTERVAL) {
			return hogql_fault(r->fault, FAULT_UNSUPPORTED, item->node->place,
				"a column that is %s is not computed here",
				hogql_kind_text(item->type.kind));
		}
		select->has_aggregate = select->has_aggregate || item->node->has_aggregate;
	}
	return true;
}

bool hogql_resolve_condition(
	struct hogql_resolver *r, struct hogql_node *node, bool takes_aggregates)
{
	enum hogql_kind kind;
	bool fine;

	if (!node) {
		return true;
	}
	r->scope->in_where = !takes_aggregates;
	fine = hogql_resolve_node(r, node);
	r->scope->in_where = false;
	if (!fine) {
		return false;
	}
	kind = node->type.kind;
	if (kind != HOGQL_BOOLEAN && kind != HOGQL_DYNAMIC && kind != HOGQL_NULL &&
		!hogql_kind_is_number(kind)) {
		return hogql_fault(r->fault, FAULT_QUERY, node->place,
			"%s stands where a condition is expected", hogql_kind_text(kind));
	}
	if (node->has_window || (node->has_aggregate && !takes_aggregates)) {
		return hogql_fault(r->fault, FAULT_QUERY, node->place,
			"an aggregate stands where there are no groups yet");
	}
	return true;
}

/* GROUP BY 1 and ORDER BY 2 mean columns of the select list. */
static struct hogql_node *by_number(const struct hogql_select *select, struct hogql_node *node)
{
	gint64 number = node->shape == NODE_NUMBER && node->type.kind == HOGQL_INTEGER &&
					strlen(node->text) <= 9
				? g_ascii_strtoll(node->text, NULL, 10)
				: 0;

	if (number >= 1 && number <= select->items->len) {
		return ((struct hogql_item *)g_ptr_array_index(select->items, number - 1))->node;
	}
	return node;
}

static bool resolve_group(struct hogql_resolver *r, struct hogql_select *select)
{
	for (guint i = 0; i < select->group->len; i++) {
		struct hogql_node *node = by_number(select, g_ptr_array_index(select->group, i));

		select->group->pdata[i] = node;
		r->scope->in_where = true;
		if (!hogql_resolve_node(r, node)) {
			return false;
		}
		r->scope->in_where = false;
		if (node->has_aggregate || node->has_window) {
			return hogql_fault(r->fault, FAULT_QUERY, node->place,
				"an aggregate stands where there are no groups yet");
		}
		if (node->type.kind == HOGQL_LIST || node->type.kind == HOGQL_INTERVAL) {
			return hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place,
				"groups by %s are not computed here",
				hogql_kind_text(node->type.kind));
		}
	}
	return true;
}

static bool is_item(const struct hogql_select *select, const struct hogql_node *node)
{
	for (guint i = 0; i < select->items->len; i++) {
		const struct hogql_item *item = g_ptr_array_index(select->items, i);

		if (hogql_node_same(item->node, node)) {
			return true;
		}
	}
	return false;
}

static bool resolve_order(struct hogql_resolver *r, struct hogql_select *select)
{
	for (guint i = 0; i < select->order->len; i++) {
		struct hogql_order *order = g_ptr_array_index(select->order, i);

		order->node = by_number(select, order->node);
		if (!hogql_resolve_node(r, order->node)) {
			return false;
		}
		if (order->node->type.kind == HOGQL_LIST ||
			order->node->type.kind == HOGQL_INTERVAL) {
			return hogql_fault(r->fault, FAULT_UNSUPPORTED, order->node->place,
				"an order by %s is not computed here",
				hogql_kind_text(order->node->type.kind));
		}
		if (select->is_distinct && !is_item(select, order->node)) {
			return hogql_fault(r->fault, FAULT_QUERY, order->node->place,
				"after DISTINCT, the order is by one of its columns");
		}
		select->has_aggregate = select->has_aggregate || order->node->has_aggregate;
	}
	return true;
}

static bool is_grouped(const struct hogql_select *select, const struct hogql_node *node)
{
	for (guint i = 0; i < select->group->len; i++) {
		if (hogql_node_same(g_ptr_array_index(select->group, i), node)) {
			return true;
		}
	}
	return false;
}

/* Beside groups every column is one of them or inside of an aggregate. */
bool hogql_check_groups(
	struct hogql_resolver *r, const struct hogql_select *select, struct hogql_node *node)
{
	if (!node->has_column || is_grouped(select, node)) {
		return true;
	}
	if (node->shape == NODE_CALL && !node->over && node->function &&
		hogql_function_is_aggregate(node->function)) {
		return true;
	}
	if (node->shape == NODE_COLUMN || node->shape == NODE_PATH) {
		char shown[BRIEF_BYTES];
		const struct hogql_node *column =
			node->shape == NODE_PATH ? hogql_arg(node, 0) : node;
		const char *name = node->shape == NODE_PATH && node->names->len > 0
					   ? g_ptr_array_index(node->names, node->names->len - 1)
					   : column->column->name;

		return is_grouped(select, column) ||
		       hogql_fault(r->fault, FAULT_QUERY, node->place,
			       "'%s' is neither grouped by nor inside of an aggregate",
			       brief(name, shown));
	}
	for (guint i = 0; i < hogql_arg_count(node); i++) {
		if (!hogql_check_groups(r, select, hogql_arg(node, i))) {
			return false;
		}
	}
	for (guint i = 0; node->over && i < node->over->partition->len; i++) {
		if (!hogql_check_groups(r, select, g_ptr_array_index(node->over->partition, i))) {
			return false;
		}
	}
	for (guint i = 0; node->over && i < node->over->order->len; i++) {
		const struct hogql_order *order = g_ptr_array_index(node->over->order, i);

		if (!hogql_check_groups(r, select, order->node)) {
			return false;
		}
	}
	return true;
}

static bool check_all_groups(struct hogql_resolver *r, const struct hogql_select *select)
{
	if (select->group->len == 0 && !select->has_aggregate && !select->having) {
		return true;
	}
	for (guint i = 0; i < select->items->len; i++) {
		const struct hogql_item *item = g_ptr_array_index(select->items, i);

		if (!hogql_check_groups(r, select, item->node)) {
			return false;
		}
	}
	for (guint i = 0; i < select->order->len; i++) {
		const struct hogql_order *order = g_ptr_array_index(select->order, i);

		if (!hogql_check_groups(r, select, order->node)) {
			return false;
		}
	}
	return !select->having || hogql_check_groups(r, select, select->having);
}

/* arrayJoin makes rows, so it stands alone as a column. */
static bool is_unnest(const struct hogql_node *node)
{
	return node->shape == NODE_CALL && node->function && node->function->form == FORM_arrayJoin;
}

bool hogql_has_unnest(const struct hogql_node *node)
{
	if (is_unnest(node)) {
		return true;
	}
	for (guint i = 0; i < hogql_arg_count(node); i++) {
		if (hogql_has_unnest(hogql_arg(node, i))) {
			return true;
		}
	}
	return false;
}

bool hogql_check_unnest(struct hogql_resolver *r, struct hogql_node *node, bool is_column)
{
	bool fine;

	node = hogql_behind_alias(node);
	fine = is_column && is_unnest(node) ? !hogql_has_unnest(hogql_arg(node, 0))
					    : !hogql_has_unnest(node);
	return fine || hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place,
			       "arrayJoin inside of another value is not computed here");
}

static bool check_all_unnests(struct hogql_resolver *r, const struct hogql_select *select)
{
	for (guint i = 0; i < select->items->len; i++) {
		const struct hogql_item *item = g_ptr_array_index(select->items, i);

		if (!hogql_check_unnest(r, item->node, true)) {
			return false;
		}
	}
	for (guint i = 0; i < select->tables->len; i++) {
		const struct hogql_table *table = g_ptr_array_index(select->tables, i);

		if (table->on && !hogql_check_unnest(r, table->on, false)) {
			return false;
		}
	}
	for (guint i = 0; i < select->group->len; i++) {
		if (!hogql_check_unnest(r, g_ptr_array_index(select->group, i), true)) {
			return false;
		}
	}
	for (guint i = 0; i < select->order->len; i++) {
		const struct hogql_order *order = g_ptr_array_index(select->order, i);

		if (!hogql_check_unnest(r, order->node, true)) {
			return false;
		}
	}
	return (!select->where || hogql_check_unnest(r, select->where, false)) &&
	       (!select->having || hogql_check_unnest(r, select->having, false));
}

static bool resolve_with(struct hogql_resolver *r, struct hogql_select *select)
{
	for (guint i = 0; i < select->with->len; i++) {
		struct hogql_with *with = g_ptr_array_index(select->with, i);

		if (with->query && !hogql_resolve_query(r, with->query)) {
			return false;
		}
		r->scope->with_count = i + 1;
	}
	return true;
}

static unsigned weight_of(const GPtrArray *nodes)
{
	unsigned weight = 0;

	for (guint i = 0; i < nodes->len; i++) {
		const struct hogql_node *node = g_ptr_array_index(nodes, i);

		weight = MIN(weight + node->weight, HOGQL_MAX_WRITTEN + 1);
	}
	return weight;
}

/* Before anything walks over all of it. */
static bool check_weight(struct hogql_resolver *r, const struct hogql_select *select)
{
	unsigned weight = weight_of(select->group);

	weight += select->having ? select->having->weight : 0;
	weight += select->where ? select->where->weight : 0;
	for (guint i = 0; i < select->items->len; i++) {
		const struct hogql_item *item = g_ptr_array_index(select->items, i);

		weight = MIN(weight + item->node->weight, 4 * HOGQL_MAX_WRITTEN);
	}
	for (guint i = 0; i < select->order->len; i++) {
		const struct hogql_order *order = g_ptr_array_index(select->order, i);

		weight = MIN(weight + order->node->weight, 4 * HOGQL_MAX_WRITTEN);
	}
	return weight <= HOGQL_MAX_WRITTEN ||
	       hogql_fault(r->fault, FAULT_QUERY, select->place,
		       "written out, this has more than %d parts", HOGQL_MAX_WRITTEN);
}

static bool resolve_clauses(struct hogql_resolver *r, struct hogql_select *select)
{
	return resolve_with(r, select) && resolve_tables(r, select) && resolve_items(r, select) &&
	       resolve_joins(r, select) && hogql_resolve_condition(r, select->where, false) &&
	       resolve_group(r, select) && hogql_resolve_condition(r, select->having, true) &&
	       resolve_order(r, select) && check_weight(r, select) && check_all_groups(r, select) &&
	       check_all_unnests(r, select);
}

static bool resolve_select(
	struct hogql_resolver *r, struct hogql_select *select, struct hogql_scope *outer)
{
	struct hogql_scope scope = {.outer = outer, .select = select};
	struct hogql_scope *before = r->scope;
	bool fine;

	r->scope = &scope;
	fine = resolve_clauses(r, select);
	r->scope = before;
	outer->depth = MAX(outer->depth, scope.depth);
	return fine;
}

/* Branches of a UNION ALL have as many columns, and column by column one type. */
static bool unite(struct hogql_resolver *r, const struct hogql_query *query)
{
	const struct hogql_select *first = g_ptr_array_index(query->selects, 0);

	for (guint c = 0; c < first->items->len; c++) {
		struct hogql_type common =
			((struct hogql_item *)g_ptr_array_index(first->items, c))->type;

		for (guint i = 1; i < query->selects->len; i++) {
			const struct hogql_select *select = g_ptr_array_index(query->selects, i);
			const struct hogql_item *item;

			if (select->items->len != first->items->len) {
				return hogql_fault(r->fault, FAULT_QUERY, select->place,
					"%u columns under %u of the first SELECT",
					select->items->len, first->items->len);
			}
			item = g_ptr_array_index(select->items, c);
			if (!hogql_type_common(common, item->type, &common)) {
				return hogql_fault(r->fault, FAULT_QUERY, item->node->place,
					"%s under %s of the first SELECT",
					hogql_kind_text(item->type.kind),
					hogql_kind_text(common.kind));
			}
		}
		for (guint i = 0; i < query->selects->len; i++) {
			const struct hogql_select *select = g_ptr_array_index(query->selects, i);

			((struct hogql_item *)g_ptr_array_index(select->items, c))->type = common;
		}
	}
	return true;
}

/* What the first SELECT of a union names by WITH, the others may name too. */
bool hogql_resolve_query(struct hogql_resolver *r, struct hogql_query *query)
{
	struct hogql_select *first = g_ptr_array_index(query->selects, 0);
	struct hogql_scope shared = {.outer = r->scope, .select = first};

	if (!query->is_resolved) {
		for (guint i = 0; i < query->selects->len; i++) {
			shared.with_count = i > 0 ? first->with->len : 0;
			if (!resolve_select(r, g_ptr_array_index(query->selects, i), &shared)) {
				return false;
			}
		}
		query->is_resolved = true;
		query->depth = shared.depth + 1;
		if (query->selects->len > 1 && !unite(r, query)) {
			return false;
		}
	}
	if (r->scope) {
		r->scope->depth = MAX(r->scope->depth, query->depth);
	}
	return query->depth <= HOGQL_MAX_DEPTH ||
	       hogql_fault(r->fault, FAULT_QUERY, first->place,
		       "queries within queries, deeper than %d", HOGQL_MAX_DEPTH);
}
