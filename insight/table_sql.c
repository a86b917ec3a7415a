/* A page of a table as one statement: what it selects is c0, c1 … inside, and from the outside
 * becomes text that no setting of the session changes, once for each row that is left. */
#include "insight/hogql_cell.h"
#include "insight/table.h"

enum { COLUMN_BYTES = 24 };

static const char *table_name(const struct table *t)
{
	return t->form->schema->name;
}

static const struct hogql_column *column_of(const struct table *t, const char *name)
{
	return hogql_column_lookup(t->form->schema, name);
}

static const char *byte_order(const struct table *t, const struct hogql_writer *hw)
{
	return column_of(t, t->form->key)->type.kind == HOGQL_TEXT ? hw->w->dialect->byte_order
								   : "";
}

/* The names of a person, by bytes, as a list of JSON. */
static void write_ids(const struct table *t, struct hogql_writer *hw, const char *person)
{
	struct sql *sql = hw->w->sql;

	(void)t;
	sql_add(sql, "(SELECT ");
	hw->w->dialect->list_of_texts(hw->w, "d.distinct_id");
	sql_add(sql, " FROM person_distinct_ids AS d WHERE d.project_id = ");
	writer_project(hw->w);
	sql_addf(sql, " AND d.person_id = %s)", person);
}

static void write_cell(
	const struct table *t, struct hogql_writer *hw, const struct table_cell *cell)
{
	char column[COLUMN_BYTES];

	g_snprintf(column, sizeof(column), "r.c%u", cell->item);
	if (cell->is_ids) {
		write_ids(t, hw, column);
	} else {
		hogql_cell_write(
			hw, (struct hogql_slot){.raw = column}, table_item(t, cell->item)->type);
	}
}

static void write_cells(const struct table *t, struct hogql_writer *hw)
{
	for (guint i = 0; i < t->cells->len; i++) {
		sql_add(hw->w->sql, i ? ", " : "SELECT ");
		write_cell(t, hw, &g_array_index(t->cells, struct table_cell, i));
	}
	if (t->is_keyed) {
		sql_add(hw->w->sql, ", ");
		hogql_cell_write(
			hw, (struct hogql_slot){.raw = "r.k0"}, column_of(t, t->form->time)->type);
		sql_add(hw->w->sql, ", ");
		hogql_cell_write(
			hw, (struct hogql_slot){.raw = "r.k1"}, column_of(t, t->form->key)->type);
	}
}

static void write_items(const struct table *t, struct hogql_writer *hw)
{
	for (guint i = 0; i < t->select->items->len; i++) {
		const struct hogql_item *item = table_item(t, i);

		sql_add(hw->w->sql, i ? ", " : "SELECT ");
		hogql_write_as(hw, item->node, item->type.kind);
		sql_addf(hw->w->sql, " AS c%u", i);
	}
	if (t->is_keyed) {
		sql_addf(hw->w->sql, ", %s.%s AS k0, %s.%s AS k1", table_name(t),
			column_of(t, t->form->time)->sql, table_name(t),
			column_of(t, t->form->key)->sql);
	}
}

/* Behind the last row of the page before. */
static void write_after(const struct table *t, struct hogql_writer *hw)
{
	struct sql *sql = hw->w->sql;
	const struct hogql_column *key = column_of(t, t->form->key);

	if (!t->last_key) {
		return;
	}
	sql_addf(sql, " AND (%s.%s, %s.%s%s%s) %s (", table_name(t),
		column_of(t, t->form->time)->sql, table_name(t), key->sql,
		*byte_order(t, hw) ? " " : "", byte_order(t, hw), t->is_descending ? "<" : ">");
	sql_param_time_us(sql, t->last_us);
	sql_add(sql, ", ");
	sql_param_as(sql, t->last_key, hw->w->dialect->types[key->type.kind]);
	sql_add(sql, ")");
}

static void write_where(const struct table *t, struct hogql_writer *hw)
{
	t->rows.write_where(t->rows.context, hw->w);
	for (guint i = 0; i < t->where->len; i++) {
		sql_add(hw->w->sql, " AND ");
		hogql_write_as(hw, g_ptr_array_index(t->where, i), HOGQL_BOOLEAN);
	}
	write_after(t, hw);
}

static void write_groups(const struct table *t, struct hogql_writer *hw)
{
	for (guint i = 0; i < t->select->group->len; i++) {
		sql_add(hw->w->sql, i ? ", " : " GROUP BY ");
		hogql_write_node(hw, g_ptr_array_index(t->select->group, i));
	}
	for (guint i = 0; i < t->having->len; i++) {
		sql_add(hw->w->sql, i ? " AND " : " HAVING ");
		hogql_write_as(hw, g_ptr_array_index(t->having, i), HOGQL_BOOLEAN);
	}
}

/* A time and an id are never null: said without NULLS LAST, the order is that of the index. */
static void write_keyed_order(const struct table *t, struct hogql_writer *hw)
{
	const char *direction = t->is_descending ? "DESC" : "ASC";

	sql_addf(hw->w->sql, " ORDER BY %s.%s %s, %s.%s%s%s %s", table_name(t),
		column_of(t, t->form->time)->sql, direction, table_name(t),
		column_of(t, t->form->key)->sql, *byte_order(t, hw) ? " " : "", byte_order(t, hw),
		direction);
}

/* A page that counts rows needs an order without ties: by what is grouped, or by the id. */
static void write_ties(const struct table *t, struct hogql_writer *hw, const char *before)
{
	for (guint i = 0; i < t->select->group->len; i++) {
		struct hogql_order order = {.node = g_ptr_array_index(t->select->group, i)};

		sql_add(hw->w->sql, before);
		hogql_write_order(hw, &order);
		before = ", ";
	}
	if (!t->is_grouped) {
		sql_addf(hw->w->sql, "%s%s.%s%s%s", before, table_name(t),
			column_of(t, t->form->key)->sql, *byte_order(t, hw) ? " " : "",
			byte_order(t, hw));
	}
}

static void write_orders(const struct table *t, struct hogql_writer *hw)
{
	if (t->is_keyed) {
		write_keyed_order(t, hw);
		return;
	}
	for (guint i = 0; i < t->select->order->len; i++) {
		sql_add(hw->w->sql, i ? ", " : " ORDER BY ");
		hogql_write_order(hw, g_ptr_array_index(t->select->order, i));
	}
	write_ties(t, hw, t->select->order->len > 0 ? ", " : " ORDER BY ");
}

static void write_inner(
	const struct table *t, struct hogql_writer *hw, int64_t limit, int64_t offset)
{
	write_items(t, hw);
	sql_addf(hw->w->sql, " FROM %s", table_name(t));
	hogql_write_related(hw, t->main);
	t->rows.write_joined(t->rows.context, hw->w);
	write_where(t, hw);
	write_groups(t, hw);
	write_orders(t, hw);
	sql_add(hw->w->sql, " LIMIT ");
	sql_param_int(hw->w->sql, limit);
	if (offset > 0) {
		sql_add(hw->w->sql, " OFFSET ");
		sql_param_int(hw->w->sql, offset);
	}
}

struct sql *table_statement(const struct table *t, int64_t limit, int64_t offset)
{
	const struct kind_context *c = t->context;
	struct writer w = writer_open(c->dialect, c->env, NULL);
	struct hogql_writer hw;
	bool is_full;

	hogql_writer_init(&hw, &w);
	write_cells(t, &hw);
	sql_add(w.sql, " FROM (");
	write_inner(t, &hw, limit, offset);
	sql_add(w.sql, ") AS r");
	is_full = hw.is_full;
	hogql_writer_finish(&hw);
	if (is_full) {
		sql_destroy(w.sql);
		return NULL;
	}
	return w.sql;
}
