#include "insight/hogql_node.h"

#include <string.h>

struct hogql_tree {
	GPtrArray *owned, *lists;
	GStringChunk *texts;
	unsigned node_count;
};

static void unref_list(gpointer list)
{
	g_ptr_array_unref(list);
}

struct hogql_tree *hogql_tree_create(void)
{
	struct hogql_tree *tree = g_new0(struct hogql_tree, 1);

	tree->owned = g_ptr_array_new_with_free_func(g_free);
	tree->lists = g_ptr_array_new_with_free_func(unref_list);
	tree->texts = g_string_chunk_new(1024);
	return tree;
}

void hogql_tree_destroy(struct hogql_tree *tree)
{
	if (tree) {
		g_ptr_array_unref(tree->owned);
		g_ptr_array_unref(tree->lists);
		g_string_chunk_free(tree->texts);
		g_free(tree);
	}
}

void *hogql_tree_take(struct hogql_tree *tree, size_t bytes)
{
	void *block = g_malloc0(bytes);

	g_ptr_array_add(tree->owned, block);
	return block;
}

char *hogql_tree_text(struct hogql_tree *tree, const char *text, size_t length)
{
	return g_string_chunk_insert_len(tree->texts, text, (gssize)length);
}

GPtrArray *hogql_tree_list(struct hogql_tree *tree)
{
	GPtrArray *list = g_ptr_array_new();

	g_ptr_array_add(tree->lists, list);
	return list;
}

struct hogql_node *hogql_node_new(
	struct hogql_tree *tree, enum hogql_shape shape, struct hogql_place place)
{
	struct hogql_node *node;

	if (++tree->node_count > HOGQL_MAX_NODES) {
		return NULL;
	}
	node = hogql_tree_take(tree, sizeof(*node));
	node->shape = shape;
	node->place = place;
	node->height = 1;
	return node;
}

void hogql_node_add(struct hogql_tree *tree, struct hogql_node *node, struct hogql_node *arg)
{
	if (!node->args) {
		node->args = hogql_tree_list(tree);
	}
	g_ptr_array_add(node->args, arg);
	node->height = MAX(node->height, arg->height + 1);
}

struct hogql_node *hogql_arg(const struct hogql_node *node, guint i)
{
	return g_ptr_array_index(node->args, i);
}

guint hogql_arg_count(const struct hogql_node *node)
{
	return node->args ? node->args->len : 0;
}

static bool same_names(const GPtrArray *a, const GPtrArray *b)
{
	guint count = a ? a->len : 0;

	if (count != (b ? b->len : 0)) {
		return false;
	}
	for (guint i = 0; i < count; i++) {
		if (strcmp(g_ptr_array_index(a, i), g_ptr_array_index(b, i)) != 0) {
			return false;
		}
	}
	return true;
}

static bool same_nodes(const GPtrArray *a, const GPtrArray *b)
{
	guint count = a ? a->len : 0;

	if (count != (b ? b->len : 0)) {
		return false;
	}
	for (guint i = 0; i < count; i++) {
		if (!hogql_node_same(g_ptr_array_index(a, i), g_ptr_array_index(b, i))) {
			return false;
		}
	}
	return true;
}

static const struct hogql_node *without_alias(const struct hogql_node *node)
{
	while (node->shape == NODE_ALIAS) {
		node = hogql_arg(node, 0);
	}
	return node;
}

bool hogql_node_same(const struct hogql_node *a, const struct hogql_node *b)
{
	a = without_alias(a);
	b = without_alias(b);
	if (a == b) {
		return true;
	}
	if (a->shape != b->shape) {
		return false;
	}
	switch (a->shape) {
	case NODE_NUMBER:
	case NODE_TEXT:
		return strcmp(a->text, b->text) == 0;
	case NODE_TRUE:
	case NODE_FALSE:
	case NODE_NULL:
		return true;
	case NODE_COLUMN:
		return a->table == b->table && a->column == b->column;
	case NODE_NAME:
	case NODE_PATH:
		return same_names(a->names, b->names) && same_nodes(a->args, b->args);
	case NODE_CALL:
		return a->function == b->function && a->unit == b->unit &&
		       a->is_distinct == b->is_distinct && !a->over && !b->over && !a->condition &&
		       !b->condition && same_nodes(a->parameters, b->parameters) &&
		       same_nodes(a->args, b->args);
	case NODE_LIST:
	case NODE_ARRAY:
		return same_nodes(a->args, b->args);
	case NODE_ALIAS:
	case NODE_SUBQUERY:
	case NODE_STAR:
	case NODE_PLACEHOLDER:
	case NODE_FILTERS:
		break;
	}
	return false;
}
