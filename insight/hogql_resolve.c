#include "insight/hogql_resolve.h"

#include "insight/brief.h"

#include <string.h>

/* Aliases of aliases are followed this deep. */
enum { MAX_DEPTH = 1000, PERSON_NAMES = 2 };

struct hogql_node *hogql_behind_alias(struct hogql_node *node)
{
	while (node->shape == NODE_ALIAS) {
		node = hogql_arg(node, 0);
	}
	return node;
}

struct hogql_node *hogql_resolve_new(
	struct hogql_resolver *r, enum hogql_shape shape, struct hogql_place place)
{
	struct hogql_node *node = hogql_node_new(r->tree, shape, place);

	if (!node) {
		hogql_fault(r->fault, FAULT_QUERY, place, "the text has more than %d parts",
			HOGQL_MAX_NODES);
	}
	return node;
}

static const char *name_at(const struct hogql_node *node, guint i)
{
	return i < node->names->len ? g_ptr_array_index(node->names, i) : NULL;
}

static bool unknown(struct hogql_resolver *r, const struct hogql_node *node, const char *name)
{
	/* What PostHog has and this engine has not. */
	static const char *const elsewhere[] = {
		"elements", "elements_chain", "pdi", "poe", "session"};
	char shown[BRIEF_BYTES];

	for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++) {
		if (strcmp(elsewhere[i], name) == 0) {
			return hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place,
				"'%s' is not computed here", elsewhere[i]);
		}
	}

	return hogql_fault(
		r->fault, FAULT_QUERY, node->place, "'%s' is not a column", brief(name, shown));
}

/* The node becomes the column, or a path into it by the names from `rest` on. */
static bool become_column(struct hogql_resolver *r, struct hogql_node *node,
	struct hogql_table *table, const struct hogql_column *column, guint rest)
{
	struct hogql_node *target = node;

	if (rest < node->names->len) {
		if (column->type.kind != HOGQL_JSON) {
			return unknown(r, node, name_at(node, rest));
		}
		target = hogql_resolve_new(r, NODE_COLUMN, node->place);
		if (!target) {
			return false;
		}
		node->shape = NODE_PATH;
		g_ptr_array_remove_range(node->names, 0, rest);
		hogql_node_add(r->tree, node, target);
		node->type = (struct hogql_type){.kind = HOGQL_DYNAMIC, .is_nullable = true};
	}
	target->shape = NODE_COLUMN;
	target->table = table;
	target->column = column;
	target->type = column->type;
	target->type.is_nullable = column->type.is_nullable || table->is_left;
	target->is_resolved = true;
	target->has_column = true;
	node->has_column = true;
	if (column->via == VIA_PERSON) {
		table->joins_person = true;
	} else if (column->via == VIA_GROUP) {
		table->joins_group[column->group] = true;
	}
	return true;
}

/* "group_3" or "$group_3" to 3; -1 for any other name. */
static int group_of(const char *name)
{
	name += *name == '$';
	if (!g_str_has_prefix(name, "group_") || name[6] < '0' || name[6] > '4' || name[7]) {
		return -1;
	}
	return name[6] - '0';
}

static bool resolve_related(struct hogql_resolver *r, struct hogql_node *node,
	struct hogql_table *table, guint first, bool *found)
{
	const char *name = name_at(node, first), *next = name_at(node, first + 1);
	const struct hogql_column *column = NULL;
	int group = group_of(name);

	/* Columns of PostHog's events, properties here. */
	if (table->schema->has_person &&
		(strcmp(name, "$session_id") == 0 || strcmp(name, "$window_id") == 0)) {
		*found = true;
		return become_column(
			r, node, table, hogql_column_lookup(table->schema, "properties"), first);
	}
	*found = table->schema->has_person && (strcmp(name, "person") == 0 || group >= 0);
	if (!*found) {
		return true;
	}
	if (!next && group >= 0) {
		static const char *const keys[] = {
			"$group_0", "$group_1", "$group_2", "$group_3", "$group_4"};

		return become_column(
			r, node, table, hogql_column_lookup(table->schema, keys[group]), first + 1);
	}
	if (!next) {
		return hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place,
			"'%s' as a whole is not computed here: name its id or a property", name);
	}
	if (group < 0 && strcmp(next, "id") == 0) {
		column = hogql_column_lookup(table->schema, "person_id");
	} else if (group >= 0 && strcmp(next, "key") == 0) {
		column = hogql_column_lookup(
			table->schema, (const char *[]){"$group_0", "$group_1", "$group_2",
					       "$group_3", "$group_4"}[group]);
	} else {
		column = group < 0 ? hogql_person_column(next)
				   : hogql_group_column((unsigned)group, next);
	}
	return column ? become_column(r, node, table, column, first + PERSON_NAMES)
		      : unknown(r, node, next);
}

/* Whether the names from `first` on are a column of the table. */
static bool resolve_in_table(struct hogql_resolver *r, struct hogql_node *node,
	struct hogql_table *table, guint first, bool *found)
{
	const struct hogql_column *column =
		hogql_column_lookup(table->schema, name_at(node, first));

	*found = column != NULL;
	/* $group_0.properties goes on to the group. */
	if (column && !(table->schema->has_person && group_of(name_at(node, first)) >= 0)) {
		return become_column(r, node, table, column, first + 1);
	}
	return resolve_related(r, node, table, first, found);
}

/* A table by its alias, or by its name where it has none. */
static struct hogql_table *find_table(const struct hogql_select *select, const char *name)
{
	for (guint i = 0; i < select->tables->len; i++) {
		struct hogql_table *table = g_ptr_array_index(select->tables, i);
		const char *called = table->alias ? table->alias : table->name;

		if (called && strcmp(called, name) == 0) {
			return table;
		}
	}
	return NULL;
}

static bool become_alias(
	struct hogql_resolver *r, struct hogql_node *node, struct hogql_node *target)
{
	node->shape = NODE_ALIAS;
	hogql_node_add(r->tree, node, target);
	node->is_busy = true;
	if (!hogql_resolve_node(r, target)) {
		return false;
	}
	node->is_busy = false;
	node->type = target->type;
	node->has_aggregate = target->has_aggregate;
	node->has_window = target->has_window;
	node->has_column = target->has_column;
	return true;
}

/* Names of the select list and of WITH come before columns, but not inside of themselves. */
static struct hogql_node *find_alias(const struct hogql_resolver *r, const char *name)
{
	const struct hogql_select *select = r->scope->select;

	for (guint i = 0; i < select->items->len; i++) {
		struct hogql_item *item = g_ptr_array_index(select->items, i);

		if (item->alias && strcmp(item->alias, name) == 0 && !item->node->is_busy) {
			return item->node;
		}
	}
	for (guint i = 0; i < r->scope->with_count; i++) {
		struct hogql_with *with = g_ptr_array_index(select->with, i);

		if (with->node && strcmp(with->name, name) == 0 && !with->node->is_busy) {
			return with->node;
		}
	}
	return NULL;
}

static bool is_column(const struct hogql_select *select, const char *name)
{
	for (guint i = 0; i < select->tables->len; i++) {
		const struct hogql_table *table = g_ptr_array_index(select->tables, i);

		if (hogql_column_lookup(table->schema, name)) {
			return true;
		}
	}
	return false;
}

static bool resolve_name(struct hogql_resolver *r, struct hogql_node *node)
{
	const struct hogql_select *select = r->scope->select;
	const char *first = name_at(node, 0);
	struct hogql_node *alias = node->names->len == 1 ? find_alias(r, first) : NULL;
	struct hogql_table *table = find_table(select, first);
	bool found = false;

	/* max(timestamp) AS timestamp does not hide the column from WHERE. */
	if (alias && !(r->scope->in_where && alias->has_aggregate && is_column(select, first))) {
		return become_alias(r, node, alias);
	}
	if (table && node->names->len > 1) {
		return resolve_in_table(r, node, table, 1, &found) &&
		       (found || unknown(r, node, name_at(node, 1)));
	}
	for (guint i = 0; i < select->tables->len; i++) {
		if (!resolve_in_table(r, node, g_ptr_array_index(select->tables, i), 0, &found)) {
			return false;
		}
		if (found) {
			return true;
		}
	}
	return unknown(r, node, first);
}

static bool become_constant(
	struct hogql_resolver *r, struct hogql_node *node, const json_t *value, bool may_be_list)
{
	char number[32];
	const json_t *member;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_STRING:
		node->shape = NODE_TEXT;
		node->text = json_string_value(value); /* the constants outlive the tree */
		node->type.kind = HOGQL_TEXT;
		return true;
	case JSON_INTEGER:
		g_snprintf(
			number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		node->shape = NODE_NUMBER;
		node->text = hogql_tree_text(r->tree, number, strlen(number));
		node->type.kind = HOGQL_INTEGER;
		return true;
	case JSON_REAL:
		json_real_text(json_real_value(value), number);
		node->shape = NODE_NUMBER;
		node->text = hogql_tree_text(r->tree, number, strlen(number));
		node->type.kind = HOGQL_REAL;
		return true;
	case JSON_TRUE:
	case JSON_FALSE:
		node->shape = json_is_true(value) ? NODE_TRUE : NODE_FALSE;
		node->type.kind = HOGQL_BOOLEAN;
		return true;
	case JSON_NULL:
		node->shape = NODE_NULL;
		node->type = (struct hogql_type){.kind = HOGQL_NULL, .is_nullable = true};
		return true;
	case JSON_ARRAY:
		if (!may_be_list) {
			break;
		}
		node->shape = NODE_LIST;
		json_array_foreach(value, i, member)
		{
			struct hogql_node *part = hogql_resolve_new(r, NODE_NULL, node->place);

			if (!part || !become_constant(r, part, member, false)) {
				return false;
			}
			part->is_resolved = true;
			hogql_node_add(r->tree, node, part);
		}
		node->type.kind = HOGQL_LIST;
		return true;
	case JSON_OBJECT:
		break;
	}
	return hogql_fault(r->fault, FAULT_QUERY, node->place,
		"the value of a placeholder is neither a text, a number, true, false, null nor a "
		"list of them");
}

static bool become_instant(struct hogql_node *node, bool is_known, int64_t us)
{
	node->shape = is_known ? NODE_TEXT : NODE_NULL;
	node->type.kind = HOGQL_INSTANT;
	node->type.is_nullable = !is_known;
	node->date = (struct date_text){.form = DATE_INSTANT, .us = us};
	return true;
}

static bool resolve_filters(struct hogql_resolver *r, struct hogql_node *node)
{
	const struct hogql_select *select = r->scope->select;

	if (node->names->len == 3 && strcmp(name_at(node, 1), "dateRange") == 0) {
		if (strcmp(name_at(node, 2), "from") == 0) {
			return become_instant(node, r->has_from, r->from_us);
		}
		if (strcmp(name_at(node, 2), "to") == 0) {
			return become_instant(node, r->has_to, r->to_us);
		}
	}
	if (node->names->len > 1) {
		return unknown(r, node, name_at(node, 1));
	}
	for (guint i = 0; i < select->tables->len; i++) {
		const struct hogql_table *table = g_ptr_array_index(select->tables, i);

		if (table->schema == &hogql_events) {
			node->shape = NODE_FILTERS;
			node->type.kind = HOGQL_BOOLEAN;
			return true;
		}
	}
	return hogql_fault(
		r->fault, FAULT_QUERY, node->place, "{filters} stands where there are no events");
}

static bool resolve_placeholder(struct hogql_resolver *r, struct hogql_node *node)
{
	const json_t *value = r->constants;
	char shown[BRIEF_BYTES];

	if (r->has_filters && strcmp(name_at(node, 0), "filters") == 0) {
		return resolve_filters(r, node);
	}
	for (guint i = 0; i < node->names->len; i++) {
		value = json_object_get(value, name_at(node, i));
		if (!value) {
			return hogql_fault(r->fault, FAULT_QUERY, node->place,
				"there is no value for the placeholder '%s'",
				brief(name_at(node, i), shown));
		}
	}
	return become_constant(r, node, value, true);
}

/* Lists and arrays: all of one kind. */
static bool resolve_list(struct hogql_resolver *r, struct hogql_node *node)
{
	struct hogql_type common = {.kind = HOGQL_NULL};

	for (guint i = 0; i < hogql_arg_count(node); i++) {
		struct hogql_node *arg = hogql_arg(node, i);

		if (!hogql_resolve_node(r, arg)) {
			return false;
		}
		if (arg->type.kind == HOGQL_LIST || arg->type.kind == HOGQL_INTERVAL ||
			!hogql_type_common(common, arg->type, &common)) {
			return hogql_fault(r->fault, FAULT_QUERY, arg->place,
				"%s among values of another type", hogql_kind_text(arg->type.kind));
		}
	}
	node->type.kind = node->shape == NODE_ARRAY ? HOGQL_ARRAY : HOGQL_LIST;
	node->type.element = common.kind == HOGQL_NULL ? HOGQL_TEXT : common.kind;
	if (node->shape == NODE_ARRAY && node->type.element == HOGQL_ARRAY) {
		return hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place,
			"an array of arrays is not computed here");
	}
	return true;
}

static bool resolve_subquery(struct hogql_resolver *r, struct hogql_node *node)
{
	const struct hogql_select *first = g_ptr_array_index(node->query->selects, 0);
	const struct hogql_item *item;

	if (!r->may_query) {
		return hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place,
			"a subquery is not computed here");
	}
	if (!hogql_resolve_query(r, node->query)) {
		return false;
	}
	if (first->items->len != 1) {
		return hogql_fault(r->fault, FAULT_QUERY, node->place,
			"a subquery among values has one column, not %u", first->items->len);
	}
	item = g_ptr_array_index(first->items, 0);
	node->type = item->type;
	node->type.is_nullable = true;
	return true;
}

static void inherit(struct hogql_node *node, const GPtrArray *args)
{
	for (guint i = 0; args && i < args->len; i++) {
		const struct hogql_node *arg = g_ptr_array_index(args, i);

		node->has_aggregate = node->has_aggregate || arg->has_aggregate;
		node->has_window = node->has_window || arg->has_window;
		node->has_column = node->has_column || arg->has_column;
	}
}

static bool resolve_shape(struct hogql_resolver *r, struct hogql_node *node)
{
	switch (node->shape) {
	case NODE_TEXT:
		node->type.kind = node->date.form == DATE_ABSENT ? HOGQL_TEXT : HOGQL_INSTANT;
		return true;
	case NODE_TRUE:
	case NODE_FALSE:
		node->type.kind = HOGQL_BOOLEAN;
		return true;
	case NODE_NULL:
		node->type.is_nullable = true;
		return true;
	case NODE_NAME:
		return resolve_name(r, node);
	case NODE_CALL:
		return hogql_resolve_call(r, node);
	case NODE_LIST:
	case NODE_ARRAY:
		if (!resolve_list(r, node)) {
			return false;
		}
		inherit(node, node->args);
		return true;
	case NODE_SUBQUERY:
		return resolve_subquery(r, node);
	case NODE_STAR:
		return hogql_fault(
			r->fault, FAULT_QUERY, node->place, "'*' stands where a value is expected");
	case NODE_PLACEHOLDER:
		return resolve_placeholder(r, node);
	case NODE_NUMBER:
	case NODE_COLUMN:
	case NODE_PATH:
	case NODE_ALIAS:
	case NODE_FILTERS:
		break;
	}
	return true;
}

static void weigh_list(struct hogql_node *node, const GPtrArray *args)
{
	for (guint i = 0; args && i < args->len; i++) {
		const struct hogql_node *arg = g_ptr_array_index(args, i);

		node->weight = MIN(node->weight + MAX(arg->weight, 1), HOGQL_MAX_WRITTEN + 1);
		node->height = MAX(node->height, arg->height + 1);
	}
}

/* Once what it names is known: everything that walks over a tree walks so far. */
static bool weigh(struct hogql_resolver *r, struct hogql_node *node)
{
	node->weight = 1;
	weigh_list(node, node->args);
	weigh_list(node, node->parameters);
	weigh_list(node, node->over ? node->over->partition : NULL);
	for (guint i = 0; node->over && i < node->over->order->len; i++) {
		const struct hogql_order *order = g_ptr_array_index(node->over->order, i);

		node->weight = MIN(node->weight + order->node->weight, HOGQL_MAX_WRITTEN + 1);
		node->height = MAX(node->height, order->node->height + 1);
	}
	if (node->condition) {
		node->weight = MIN(node->weight + node->condition->weight, HOGQL_MAX_WRITTEN + 1);
		node->height = MAX(node->height, node->condition->height + 1);
	}
	if (node->weight > HOGQL_MAX_WRITTEN) {
		return hogql_fault(r->fault, FAULT_QUERY, node->place,
			"written out, this has more than %d parts", HOGQL_MAX_WRITTEN);
	}
	return node->height <= HOGQL_MAX_HEIGHT ||
	       hogql_fault(r->fault, FAULT_QUERY, node->place,
		       "names that mean names, deeper than %d", HOGQL_MAX_HEIGHT);
}

bool hogql_resolve_node(struct hogql_resolver *r, struct hogql_node *node)
{
	bool fine;

	if (node->is_resolved) {
		return true;
	}
	if (node->is_busy) {
		return hogql_fault(r->fault, FAULT_QUERY, node->place, "a name that means itself");
	}
	if (++r->depth > MAX_DEPTH) {
		return hogql_fault(r->fault, FAULT_QUERY, node->place,
			"names that mean names, deeper than %d", MAX_DEPTH);
	}
	node->is_busy = true;
	fine = resolve_shape(r, node) && weigh(r, node);
	/* What is always null without saying so is written as a text that may become anything. */
	if (node->type.kind == HOGQL_NULL && node->shape != NODE_NULL &&
		node->shape != NODE_ALIAS) {
		node->type = (struct hogql_type){.kind = HOGQL_DYNAMIC, .is_nullable = true};
	}
	node->is_busy = false;
	node->is_resolved = true;
	r->depth--;
	return fine;
}

bool hogql_resolve_date(struct hogql_resolver *r, struct hogql_node *node)
{
	char shown[BRIEF_BYTES];
	struct fault f;

	if (node->date.form != DATE_ABSENT) {
		return true;
	}
	if (date_read(node->text, "", &node->date, &f) &&
		(node->date.form == DATE_DAY || node->date.form == DATE_TIME ||
			node->date.form == DATE_INSTANT)) {
		return true;
	}
	return hogql_fault(
		r->fault, FAULT_DATE, node->place, "'%s' is not a date", brief(node->text, shown));
}
