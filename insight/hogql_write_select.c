/* Selects as SQL.  Columns of the select list are c0, c1 …; every table of ours stands as its rows
 * of the one project. */
#include "insight/hogql_write.h"

#include <inttypes.h>

static void write_frame_end(
	struct hogql_writer *hw, enum hogql_frame_end end, bool follows, int64_t rows)
{
	struct sql *sql = hw->w->sql;
	char number[32];

	switch (end) {
	case FRAME_NONE:
	case FRAME_CURRENT:
		sql_add(sql, "CURRENT ROW");
		return;
	case FRAME_UNBOUNDED:
		sql_add(sql, "UNBOUNDED");
		break;
	case FRAME_ROWS:
		g_snprintf(number, sizeof(number), "%" PRId64, rows);
		hogql_bind(hw, number, "bigint");
		break;
	}
	sql_add(sql, follows ? " FOLLOWING" : " PRECEDING");
}

void hogql_write_over(struct hogql_writer *hw, const struct hogql_over *over)
{
	struct sql *sql = hw->w->sql;

	sql_add(sql, " OVER (");
	for (guint i = 0; i < over->partition->len; i++) {
		sql_add(sql, i ? ", " : "PARTITION BY ");
		hogql_write_node(hw, g_ptr_array_index(over->partition, i));
	}
	for (guint i = 0; i < over->order->len; i++) {
		sql_add(sql, i ? ", " : " ORDER BY ");
		hogql_write_order(hw, g_ptr_array_index(over->order, i));
	}
	if (over->has_frame) {
		sql_add(sql, " ROWS BETWEEN ");
		write_frame_end(hw, over->from, over->from_follows, over->from_rows);
		sql_add(sql, " AND ");
		write_frame_end(hw, over->to, over->to_follows, over->to_rows);
	}
	sql_add(sql, ")");
}

/* ClickHouse has nulls last whichever way it sorts. */
static void write_direction(struct hogql_writer *hw, const struct hogql_order *order)
{
	sql_add(hw->w->sql, order->is_descending ? " DESC" : " ASC");
	/* Without nulls, an index may be read from its end. */
	if (!order->has_nulls && !order->node->type.is_nullable) {
		return;
	}
	sql_add(hw->w->sql,
		order->has_nulls && order->nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

/* A property sorts by its number where it is one, then as a text. */
void hogql_write_order(struct hogql_writer *hw, const struct hogql_order *order)
{
	enum hogql_kind kind = order->node->type.kind;

	if (kind == HOGQL_DYNAMIC) {
		hogql_write_as(hw, order->node, HOGQL_REAL);
		write_direction(hw, order);
		sql_add(hw->w->sql, ", ");
	}
	hogql_write_node(hw, order->node);
	if (hogql_kind_is_text(kind)) {
		sql_addf(hw->w->sql, " %s", hw->w->dialect->byte_order);
	}
	write_direction(hw, order);
}

void hogql_write_related(struct hogql_writer *hw, const struct hogql_table *table)
{
	struct sql *sql = hw->w->sql;
	const char *name = table->sql_name;

	if (table->joins_person) {
		sql_addf(sql, " LEFT JOIN persons AS %s_person ON %s_person.project_id = ", name,
			name);
		writer_project(hw->w);
		sql_addf(sql, " AND %s_person.id = %s.person_id", name, name);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(table->joins_group); i++) {
		if (table->joins_group[i]) {
			sql_addf(sql,
				" LEFT JOIN groups AS %s_group_%u ON %s_group_%u.project_id = ",
				name, i, name, i);
			writer_project(hw->w);
			sql_addf(sql,
				" AND %s_group_%u.group_type_index = %u"
				" AND %s_group_%u.group_key = %s.group_%u",
				name, i, i, name, i, name, i);
		}
	}
}

static bool has_related(const struct hogql_table *table)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(table->joins_group); i++) {
		if (table->joins_group[i]) {
			return true;
		}
	}
	return table->joins_person;
}

/* The project is named although row-level security holds it too: a policy that is missing must not
 * show. */
static void write_table(struct hogql_writer *hw, const struct hogql_table *table)
{
	struct sql *sql = hw->w->sql;

	sql_add(sql, has_related(table) ? "(" : "");
	if (table->query) {
		sql_add(sql, "(");
		hogql_write_query(hw, table->query);
	} else {
		sql_addf(sql, "(SELECT * FROM %s WHERE %s.project_id = ", table->schema->name,
			table->schema->name);
		writer_project(hw->w);
	}
	sql_addf(sql, ") AS %s", table->sql_name);
	hogql_write_related(hw, table);
	sql_add(sql, has_related(table) ? ")" : "");
}

static void write_from(struct hogql_writer *hw, const struct hogql_select *select)
{
	struct sql *sql = hw->w->sql;

	for (guint i = 0; i < select->tables->len; i++) {
		const struct hogql_table *table = g_ptr_array_index(select->tables, i);

		if (i == 0) {
			sql_add(sql, " FROM ");
		} else if (!table->on) {
			sql_add(sql, " CROSS JOIN ");
		} else {
			sql_add(sql, table->is_left ? " LEFT JOIN " : " INNER JOIN ");
		}
		write_table(hw, table);
		if (table->on) {
			sql_add(sql, " ON ");
			hogql_write_node(hw, table->on);
		}
	}
}

static void write_items(struct hogql_writer *hw, const struct hogql_select *select)
{
	for (guint i = 0; i < select->items->len; i++) {
		const struct hogql_item *item = g_ptr_array_index(select->items, i);

		sql_add(hw->w->sql, i ? ", " : "");
		hogql_write_as(hw, item->node, item->type.kind);
		sql_addf(hw->w->sql, " AS c%u", i);
	}
}

static void write_groups(struct hogql_writer *hw, const struct hogql_select *select)
{
	for (guint i = 0; i < select->group->len; i++) {
		sql_add(hw->w->sql, i ? ", " : " GROUP BY ");
		hogql_write_node(hw, g_ptr_array_index(select->group, i));
	}
}

static void write_condition(
	struct hogql_writer *hw, const char *clause, const struct hogql_node *condition)
{
	if (condition) {
		sql_add(hw->w->sql, clause);
		hogql_write_as(hw, condition, HOGQL_BOOLEAN);
	}
}

static void write_limits(struct hogql_writer *hw, const struct hogql_select *select)
{
	if (select->limit >= 0) {
		sql_add(hw->w->sql, " LIMIT ");
		sql_param_int(hw->w->sql, select->limit);
	}
	if (select->offset >= 0) {
		sql_add(hw->w->sql, " OFFSET ");
		sql_param_int(hw->w->sql, select->offset);
	}
}

/* Which column of the select list it is, or -1. */
static int item_of(const struct hogql_select *select, const struct hogql_node *node)
{
	for (guint i = 0; i < select->items->len; i++) {
		const struct hogql_item *item = g_ptr_array_index(select->items, i);

		if (hogql_node_same(item->node, node)) {
			return (int)i;
		}
	}
	return -1;
}

static void write_orders(struct hogql_writer *hw, const struct hogql_select *select)
{
	for (guint i = 0; i < select->order->len; i++) {
		sql_add(hw->w->sql, i ? ", " : " ORDER BY ");
		hogql_write_order(hw, g_ptr_array_index(select->order, i));
	}
}

/* After DISTINCT the order is one of its columns, from the outside. */
static void write_distinct_orders(struct hogql_writer *hw, const struct hogql_select *select)
{
	for (guint i = 0; i < select->order->len; i++) {
		const struct hogql_order *order = g_ptr_array_index(select->order, i);
		int item = item_of(select, order->node);
		enum hogql_kind kind = order->node->type.kind;

		sql_add(hw->w->sql, i ? ", " : " ORDER BY ");
		sql_addf(hw->w->sql, "kept.c%d", MAX(item, 0));
		if (hogql_kind_is_text(kind)) {
			sql_addf(hw->w->sql, " %s", hw->w->dialect->byte_order);
		}
		write_direction(hw, order);
	}
}

static void write_select(struct hogql_writer *hw, const struct hogql_select *select)
{
	bool wraps = select->is_distinct && select->order->len > 0;

	sql_add(hw->w->sql, wraps ? "SELECT * FROM (" : "");
	sql_add(hw->w->sql, select->is_distinct ? "SELECT DISTINCT " : "SELECT ");
	write_items(hw, select);
	write_from(hw, select);
	write_condition(hw, " WHERE ", select->where);
	write_groups(hw, select);
	write_condition(hw, " HAVING ", select->having);
	if (wraps) {
		sql_add(hw->w->sql, ") AS kept");
		write_distinct_orders(hw, select);
	} else {
		write_orders(hw, select);
	}
	write_limits(hw, select);
}

void hogql_write_query(struct hogql_writer *hw, const struct hogql_query *query)
{
	for (guint i = 0; i < query->selects->len && !hw->is_full; i++) {
		sql_add(hw->w->sql, i ? " UNION ALL " : "");
		sql_add(hw->w->sql, query->selects->len > 1 ? "(" : "");
		write_select(hw, g_ptr_array_index(query->selects, i));
		sql_add(hw->w->sql, query->selects->len > 1 ? ")" : "");
	}
}
