/* The columns of a table: expressions, objects, and names that stand for expressions. */
#include "insight/hogql_parse.h"
#include "insight/hogql_write.h"
#include "insight/table.h"

#include <string.h>

bool table_read_words(struct table *t, struct hogql_resolver *r)
{
	for (size_t i = 0; i < t->form->word_count; i++) {
		const struct table_word *word = &t->form->words[i];
		struct hogql_with *with = hogql_tree_take(t->tree, sizeof(*with));

		with->name = hogql_tree_text(t->tree, word->name, strlen(word->name));
		if (!hogql_parse_expression(t->tree, word->text, &with->node, NULL, r->fault)) {
			return false;
		}
		g_ptr_array_add(t->select->with, with);
		r->scope->with_count = t->select->with->len;
	}
	return true;
}

static void add_cell(struct table *t, guint item, bool is_ids)
{
	struct table_cell cell = {.item = item, .is_ids = is_ids};

	g_array_append_val(t->cells, cell);
}

/* A column that an object is made of, whatever the query calls by its name. */
static bool add_own_item(struct table *t, struct hogql_resolver *r, const char *name)
{
	static const char of_person[] = "person.";
	bool is_persons = g_str_has_prefix(name, of_person);
	const struct hogql_column *column = is_persons
						    ? hogql_person_column(name + strlen(of_person))
						    : hogql_column_lookup(t->form->schema, name);
	struct hogql_item *item = hogql_tree_take(t->tree, sizeof(*item));

	item->node = hogql_resolve_new(r, NODE_COLUMN, (struct hogql_place){1, 1});
	if (!item->node) {
		return false;
	}
	item->node->table = t->main;
	item->node->column = column;
	item->node->type = column->type;
	item->node->is_resolved = item->node->has_column = true;
	item->type = column->type;
	t->main->joins_person = t->main->joins_person || is_persons;
	add_cell(t, t->select->items->len, false);
	g_ptr_array_add(t->select->items, item);
	return true;
}

static bool add_object(struct table *t, struct hogql_resolver *r, const struct table_object *object)
{
	guint first = t->select->items->len;

	t->has_objects = true;
	for (size_t i = 0; object->columns[i]; i++) {
		if (strcmp(object->columns[i], "distinct_ids") == 0) {
			add_cell(t, first, true);
		} else if (!add_own_item(t, r, object->columns[i])) {
			return false;
		}
	}
	return true;
}

/* "person -- Who" to its object. */
static const struct table_object *find_object(const struct table_form *form, const char *text)
{
	const char *comment = strstr(text, "--");
	g_autofree char *word = g_strndup(text, comment ? (size_t)(comment - text) : strlen(text));

	g_strstrip(word);
	for (size_t i = 0; i < form->object_count; i++) {
		if (strcmp(form->objects[i].word, word) == 0) {
			return &form->objects[i];
		}
	}
	return NULL;
}

static bool add_item(struct table *t, const char *text, struct fault *f)
{
	struct hogql_item *item;

	if (!hogql_parse_item(t->tree, text, &item, f)) {
		return false;
	}
	add_cell(t, t->select->items->len, false);
	g_ptr_array_add(t->select->items, item);
	return true;
}

static bool add_column(struct table *t, struct hogql_resolver *r, const char *text)
{
	struct table_column column = {.first = t->cells->len};

	column.object = find_object(t->form, text);
	if (column.object ? !add_object(t, r, column.object) : !add_item(t, text, r->fault)) {
		return false;
	}
	column.name = g_strdup(text);
	column.count = t->cells->len - column.first;
	g_array_append_val(t->columns, column);
	return true;
}

static bool parse_columns(struct table *t, struct hogql_resolver *r, const json_t *list)
{
	const json_t *member;
	size_t i;

	if (t->form->has_own_columns || json_array_size(list) == 0) {
		for (i = 0; t->form->columns[i]; i++) {
			if (!add_column(t, r, t->form->columns[i])) {
				return false;
			}
		}
		return true;
	}
	json_array_foreach(list, i, member)
	{
		const char *text = json_string_value(member);

		if (t->form->skipped && strcmp(text, t->form->skipped) == 0) {
			continue;
		}
		if (!add_column(t, r, text)) {
			return fault_wrap(r->fault, "select[%zu]: ", i);
		}
	}
	return t->columns->len > 0 ||
	       fault_set(r->fault, FAULT_QUERY, "select: there is no column in it");
}

bool table_weigh(struct table *t, struct hogql_resolver *r, const struct hogql_node *node)
{
	t->weight = MIN(t->weight + node->weight, HOGQL_MAX_WRITTEN + 1U);
	return t->weight <= HOGQL_MAX_WRITTEN ||
	       hogql_fault(r->fault, FAULT_QUERY, node->place,
		       "written out, this has more than %d parts", HOGQL_MAX_WRITTEN);
}

static bool resolve_item(struct table *t, struct hogql_resolver *r, struct hogql_item *item)
{
	if (!hogql_resolve_node(r, item->node) || !table_weigh(t, r, item->node)) {
		return false;
	}
	item->type = item->node->type;
	if (item->type.kind == HOGQL_LIST || item->type.kind == HOGQL_INTERVAL) {
		return hogql_fault(r->fault, FAULT_UNSUPPORTED, item->node->place,
			"a column that is %s is not computed here",
			hogql_kind_text(item->type.kind));
	}
	return hogql_check_unnest(r, item->node, true);
}

size_t table_place_in_select(const struct table *t, const json_t *list, guint column)
{
	const json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
	{
		const char *skipped = t->form->skipped;

		if (!(skipped && strcmp(json_string_value(member), skipped) == 0) &&
			column-- == 0) {
			return i;
		}
	}
	return 0;
}

/* All texts are parsed by now, so that a column may name one that stands after it. */
static bool resolve_columns(struct table *t, struct hogql_resolver *r, const json_t *list)
{
	for (guint c = 0; c < t->columns->len; c++) {
		const struct table_column *column =
			&g_array_index(t->columns, struct table_column, c);
		guint first = g_array_index(t->cells, struct table_cell, column->first).item;
		struct hogql_item *item = g_ptr_array_index(t->select->items, first);

		if (!column->object && !resolve_item(t, r, item)) {
			return fault_wrap(
				r->fault, "select[%zu]: ", table_place_in_select(t, list, c));
		}
		t->is_grouped = t->is_grouped || item->node->has_aggregate;
	}
	return true;
}

bool table_read_columns(struct table *t, struct hogql_resolver *r, const json_t *list)
{
	return parse_columns(t, r, list) && resolve_columns(t, r, list);
}
