#include "insight/expression.h"

#include "insight/hogql_cell.h"
#include "insight/hogql_parse.h"
#include "insight/hogql_resolve.h"
#include "insight/hogql_write.h"

#include <string.h>

struct expression {
	struct hogql_tree *tree;
	struct hogql_node *root;
	char *label;
	bool is_condition;
};

static const struct hogql_schema *const schemas[] = {
	[EXPRESSION_OF_EVENTS] = &hogql_events,
	[EXPRESSION_OF_PERSONS] = &hogql_persons,
	[EXPRESSION_OF_GROUPS] = &hogql_groups,
};

static struct hogql_select *select_of(struct hogql_tree *tree, const struct hogql_schema *schema)
{
	struct hogql_select *select = hogql_tree_take(tree, sizeof(*select));
	struct hogql_table *table = hogql_tree_take(tree, sizeof(*table));

	table->name = hogql_tree_text(tree, schema->name, strlen(schema->name));
	table->sql_name = table->name;
	table->schema = schema;
	select->with = hogql_tree_list(tree);
	select->items = hogql_tree_list(tree);
	select->tables = hogql_tree_list(tree);
	g_ptr_array_add(select->tables, table);
	return select;
}

static bool check_condition(const struct hogql_node *root, struct fault *f)
{
	enum hogql_kind kind = root->type.kind;

	return kind == HOGQL_BOOLEAN || kind == HOGQL_DYNAMIC || kind == HOGQL_NULL ||
	       hogql_kind_is_number(kind) ||
	       hogql_fault(f, FAULT_QUERY, root->place, "%s stands where a condition is expected",
		       hogql_kind_text(kind));
}

static bool check_use(const struct hogql_node *root, enum expression_use use, struct fault *f)
{
	if (root->type.kind == HOGQL_LIST || root->type.kind == HOGQL_INTERVAL) {
		return hogql_fault(f, FAULT_QUERY, root->place,
			"%s stands where a value is expected", hogql_kind_text(root->type.kind));
	}
	if (use != EXPRESSION_AGGREGATE) {
		return root->has_aggregate
			       ? hogql_fault(f, FAULT_QUERY, root->place,
					 "an aggregate stands where a single event is looked at")
			       : use == EXPRESSION_VALUE || check_condition(root, f);
	}
	if (!root->has_aggregate) {
		return hogql_fault(f, FAULT_QUERY, root->place,
			"there is no aggregate in it, such as count() or sum(properties.amount)");
	}
	return !root->has_column ||
	       hogql_fault(f, FAULT_QUERY, root->place, "a column stands outside of an aggregate");
}

/* Names that stand for names make a statement longer than its text: the limit is tried here, for
 * writing cannot fail. */
static bool check_length(const struct expression *e, struct fault *f)
{
	static const struct insight_env env = {.timezone = "UTC"};
	struct writer w = writer_open(&dialect_postgres, &env, NULL);
	struct hogql_writer hw;
	bool fine;

	hogql_writer_init(&hw, &w);
	hogql_write_as(&hw, e->root, HOGQL_TEXT);
	fine = !hw.is_full;
	hogql_writer_finish(&hw);
	sql_destroy(w.sql);
	return fine || hogql_fault(f, FAULT_QUERY, e->root->place,
			       "written out, this has more than %d parts", HOGQL_MAX_WRITTEN);
}

static bool read_into(struct expression *e, const char *text, enum expression_use use,
	enum expression_table table, struct fault *f)
{
	struct hogql_scope scope = {.select = select_of(e->tree, schemas[table])};
	struct hogql_resolver r = {.tree = e->tree, .scope = &scope, .fault = f};
	const char *label;

	if (!hogql_parse_expression(e->tree, text, &e->root, &label, f) ||
		!hogql_resolve_node(&r, e->root) || !check_use(e->root, use, f)) {
		return false;
	}
	e->label = g_strdup(label ? label : text);
	e->is_condition = use == EXPRESSION_CONDITION;
	return check_length(e, f);
}

bool expression_read(const char *text, enum expression_use use, enum expression_table table,
	struct expression **out, struct fault *f)
{
	struct expression *e = g_new0(struct expression, 1);

	e->tree = hogql_tree_create();
	if (!read_into(e, text, use, table, f)) {
		expression_destroy(e);
		return false;
	}
	*out = e;
	return true;
}

void expression_destroy(struct expression *e)
{
	if (e) {
		hogql_tree_destroy(e->tree);
		g_free(e->label);
		g_free(e);
	}
}

static void write_as(const struct expression *e, struct writer *w, enum hogql_kind kind)
{
	struct hogql_writer hw;

	hogql_writer_init(&hw, w);
	hogql_write_as(&hw, e->root, kind);
	hogql_writer_finish(&hw);
}

void expression_write(const struct expression *e, struct writer *w)
{
	write_as(e, w, e->is_condition ? HOGQL_BOOLEAN : e->root->type.kind);
}

void expression_write_text(const struct expression *e, struct writer *w)
{
	write_as(e, w, HOGQL_TEXT);
}

void expression_write_number(const struct expression *e, struct writer *w)
{
	struct hogql_slot slot = {.node = e->root, .kind = HOGQL_REAL};
	struct hogql_filling filling = {.slots = &slot, .count = 1};
	struct hogql_writer hw;

	hogql_writer_init(&hw, w);
	hogql_write_form(&hw, hogql_real_form(e->root), &filling);
	hogql_writer_finish(&hw);
}

void expression_write_cell(const struct expression *e, struct writer *w)
{
	struct hogql_slot slot = {.node = e->root, .kind = e->root->type.kind};
	struct hogql_writer hw;

	hogql_writer_init(&hw, w);
	hogql_cell_write(&hw, slot, e->root->type);
	hogql_writer_finish(&hw);
}

json_t *expression_cell(const struct expression *e, const char *cell, const struct zone *zone)
{
	return hogql_cell_read(cell, e->root->type, zone);
}

char *expression_type(const struct expression *e)
{
	return hogql_type_name(e->root->type);
}

const char *expression_label(const struct expression *e)
{
	return e->label;
}
