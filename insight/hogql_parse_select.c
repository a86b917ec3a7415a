/* SELECT and its clauses, UNION ALL, WITH, FROM and JOIN. */
#include "insight/hogql_parse.h"

#include "insight/brief.h"

#include <string.h>

enum { MAX_SELECTS = 100, LIMIT_DIGITS = 15 };

static bool refuse_word(struct hogql_parser *p, const char *what)
{
	return hogql_fault(p->fault, FAULT_UNSUPPORTED, hogql_token(p, 0)->place,
		"%s is not computed here", what);
}

/* Clauses that HogQL has and this engine has not, each where it would stand. */
static bool refuse_clauses(struct hogql_parser *p)
{
	static const struct {
		const char *word, *text;
	} clauses[] = {{"sample", "SAMPLE"}, {"final", "FINAL"}, {"prewhere", "PREWHERE"},
		{"array", "ARRAY JOIN"}, {"window", "WINDOW"}, {"qualify", "QUALIFY"},
		{"settings", "SETTINGS"}, {"except", "EXCEPT"}, {"intersect", "INTERSECT"},
		{"using", "USING"}, {"right", "RIGHT JOIN"}, {"full", "FULL JOIN"},
		{"global", "GLOBAL JOIN"}};

	for (size_t i = 0; i < G_N_ELEMENTS(clauses); i++) {
		if (hogql_at_word(p, clauses[i].word)) {
			return refuse_word(p, clauses[i].text);
		}
	}
	return true;
}

bool hogql_parse_order(struct hogql_parser *p, GPtrArray *order)
{
	do {
		struct hogql_order *o = hogql_tree_take(p->tree, sizeof(*o));

		o->node = hogql_parse_value(p);
		if (!o->node) {
			return false;
		}
		o->is_descending = hogql_take_word(p, "desc");
		if (!o->is_descending) {
			hogql_take_word(p, "asc");
		}
		if (hogql_take_word(p, "nulls")) {
			o->has_nulls = true;
			o->nulls_first = hogql_take_word(p, "first");
			if (!o->nulls_first && !hogql_need_word(p, "last")) {
				return false;
			}
		}
		g_ptr_array_add(order, o);
	} while (hogql_take_sign(p, ","));
	return !hogql_at_word(p, "with") || refuse_word(p, "WITH FILL");
}

static bool parse_with(struct hogql_parser *p, struct hogql_select *select)
{
	do {
		struct hogql_with *with = hogql_tree_take(p->tree, sizeof(*with));
		const struct hogql_token *second = hogql_token(p, 1);

		if (hogql_at_word(p, "recursive")) {
			return refuse_word(p, "WITH RECURSIVE");
		}
		with->place = hogql_token(p, 0)->place;
		if (second->kind == TOKEN_WORD && g_ascii_strcasecmp(second->text, "as") == 0 &&
			hogql_token(p, 2)->kind == TOKEN_SIGN &&
			strcmp(hogql_token(p, 2)->text, "(") == 0) {
			with->name = hogql_take_name(p);
			p->at += with->name ? 2 : 0;
			if (!with->name) {
				return hogql_unexpected(p, "a name");
			}
			with->query = hogql_parse_selects(p);
			if (!with->query || !hogql_need_sign(p, ")")) {
				return false;
			}
		} else {
			with->node = hogql_parse_value(p);
			if (!with->node || !hogql_need_word(p, "as")) {
				return false;
			}
			with->name = hogql_take_name(p);
			if (!with->name) {
				return hogql_unexpected(p, "a name");
			}
		}
		g_ptr_array_add(select->with, with);
	} while (hogql_take_sign(p, ","));
	return true;
}

static struct hogql_node *parse_star(struct hogql_parser *p)
{
	struct hogql_node *star;

	if (!hogql_at_sign(p, "*")) {
		return hogql_parse_value(p);
	}
	star = hogql_node_new(p->tree, NODE_STAR, hogql_token(p, 0)->place);
	if (!star) {
		hogql_fault(p->fault, FAULT_QUERY, hogql_token(p, 0)->place,
			"the text has more than %d parts", HOGQL_MAX_NODES);
	}
	p->at++;
	return star;
}

static char *source_text(struct hogql_parser *p, guint from)
{
	size_t start = g_array_index(p->tokens.list, struct hogql_token, from).start;
	size_t end = g_array_index(p->tokens.list, struct hogql_token, p->at - 1).end;

	return hogql_tree_text(p->tree, p->source + start, end - start);
}

static struct hogql_item *parse_item(struct hogql_parser *p)
{
	struct hogql_item *item = hogql_tree_take(p->tree, sizeof(*item));
	guint from = p->at;

	item->node = parse_star(p);
	if (!item->node) {
		return NULL;
	}
	item->name = source_text(p, from);
	if (hogql_take_word(p, "as")) {
		item->alias = hogql_take_name(p);
		if (!item->alias) {
			hogql_unexpected(p, "a name");
			return NULL;
		}
	} else {
		item->alias = hogql_take_name(p);
	}
	if (item->alias && item->node->shape == NODE_STAR) {
		hogql_fault(p->fault, FAULT_QUERY, item->node->place, "'*' takes no other name");
		return NULL;
	}
	item->name = item->alias ? item->alias : item->name;
	return item;
}

static bool parse_items(struct hogql_parser *p, struct hogql_select *select)
{
	do {
		struct hogql_item *item = parse_item(p);

		if (!item) {
			return false;
		}
		g_ptr_array_add(select->items, item);
	} while (hogql_take_sign(p, ","));
	return true;
}

static bool at_end(struct hogql_parser *p)
{
	return hogql_token(p, 0)->kind == TOKEN_END || hogql_unexpected(p, "the end");
}

bool hogql_parse_item(
	struct hogql_tree *tree, const char *text, struct hogql_item **out, struct fault *f)
{
	struct hogql_parser p = {.tree = tree, .source = text, .fault = f};
	bool fine = hogql_tokens_read(text, &p.tokens, f);

	if (fine) {
		*out = parse_item(&p);
		fine = *out && at_end(&p);
	}
	hogql_tokens_finish(&p.tokens);
	return fine;
}

bool hogql_parse_orders(
	struct hogql_tree *tree, const char *text, GPtrArray *order, struct fault *f)
{
	struct hogql_parser p = {.tree = tree, .source = text, .fault = f};
	bool fine =
		hogql_tokens_read(text, &p.tokens, f) && hogql_parse_order(&p, order) && at_end(&p);

	hogql_tokens_finish(&p.tokens);
	return fine;
}

static struct hogql_table *parse_table(struct hogql_parser *p)
{
	struct hogql_table *table = hogql_tree_take(p->tree, sizeof(*table));

	table->place = hogql_token(p, 0)->place;
	if (hogql_take_sign(p, "(")) {
		table->query = hogql_parse_selects(p);
		if (!table->query || !hogql_need_sign(p, ")")) {
			return NULL;
		}
	} else {
		table->name = hogql_take_name(p);
		if (!table->name) {
			hogql_unexpected(p, "a table");
			return NULL;
		}
		if (hogql_at_sign(p, "(") || hogql_at_sign(p, ".")) {
			refuse_word(p, "a table of another kind");
			return NULL;
		}
	}
	if (!refuse_clauses(p)) {
		return NULL;
	}
	if (hogql_take_word(p, "as")) {
		table->alias = hogql_take_name(p);
		if (!table->alias) {
			hogql_unexpected(p, "a name");
			return NULL;
		}
	} else {
		table->alias = hogql_take_name(p);
	}
	return refuse_clauses(p) ? table : NULL;
}

/* Steps over the words before JOIN; false with *failed unset where no join stands. */
static bool take_join(struct hogql_parser *p, bool *is_left, bool *is_cross, bool *failed)
{
	guint from = p->at;

	*is_left = false;
	*is_cross = false;
	*failed = !refuse_clauses(p);
	if (*failed) {
		return false;
	}
	if (hogql_at_word(p, "any") || hogql_at_word(p, "asof") || hogql_at_word(p, "semi")) {
		*failed = true;
		return refuse_word(p, "this kind of JOIN");
	}
	if (hogql_take_word(p, "left")) {
		*is_left = true;
		hogql_take_word(p, "outer");
	} else if (hogql_take_word(p, "cross")) {
		*is_cross = true;
	} else {
		hogql_take_word(p, "inner");
	}
	if (hogql_take_word(p, "join")) {
		return true;
	}
	if (p->at != from) {
		*failed = true;
		return hogql_unexpected(p, "JOIN");
	}
	if (hogql_take_sign(p, ",")) {
		*is_cross = true;
		return true;
	}
	return false;
}

static bool parse_from(struct hogql_parser *p, struct hogql_select *select)
{
	struct hogql_table *table = parse_table(p);
	bool is_left, is_cross, failed;

	if (!table) {
		return false;
	}
	g_ptr_array_add(select->tables, table);
	while (take_join(p, &is_left, &is_cross, &failed)) {
		table = parse_table(p);
		if (!table) {
			return false;
		}
		table->is_left = is_left;
		if (!is_cross) {
			if (!hogql_need_word(p, "on")) {
				return false;
			}
			table->on = hogql_parse_value(p);
			if (!table->on) {
				return false;
			}
		}
		g_ptr_array_add(select->tables, table);
	}
	return !failed;
}

static bool parse_whole(struct hogql_parser *p, int64_t *out)
{
	const struct hogql_token *t = hogql_token(p, 0);

	if (t->kind != TOKEN_INTEGER || strlen(t->text) > LIMIT_DIGITS) {
		return hogql_unexpected(p, "a whole number");
	}
	*out = g_ascii_strtoll(t->text, NULL, 10);
	p->at++;
	return true;
}

static bool parse_limit(struct hogql_parser *p, struct hogql_select *select)
{
	if (hogql_take_word(p, "limit")) {
		if (!parse_whole(p, &select->limit)) {
			return false;
		}
		if (hogql_take_sign(p, ",")) {
			select->offset = select->limit;
			if (!parse_whole(p, &select->limit)) {
				return false;
			}
		}
		if (hogql_at_word(p, "by")) {
			return refuse_word(p, "LIMIT BY");
		}
		if (hogql_at_word(p, "with")) {
			return refuse_word(p, "LIMIT WITH TIES");
		}
	}
	return !hogql_take_word(p, "offset") || parse_whole(p, &select->offset);
}

static bool parse_clauses(struct hogql_parser *p, struct hogql_select *select)
{
	if (hogql_take_word(p, "from") && !parse_from(p, select)) {
		return false;
	}
	if (!refuse_clauses(p)) {
		return false;
	}
	if (hogql_take_word(p, "where") && !(select->where = hogql_parse_value(p))) {
		return false;
	}
	if (hogql_take_word(p, "group") &&
		(!hogql_need_word(p, "by") || !hogql_parse_values(p, select->group))) {
		return false;
	}
	if (hogql_at_word(p, "with")) {
		return refuse_word(p, "GROUP BY … WITH");
	}
	if (hogql_take_word(p, "having") && !(select->having = hogql_parse_value(p))) {
		return false;
	}
	if (!refuse_clauses(p)) {
		return false;
	}
	if (hogql_take_word(p, "order") &&
		(!hogql_need_word(p, "by") || !hogql_parse_order(p, select->order))) {
		return false;
	}
	return parse_limit(p, select) && refuse_clauses(p);
}

static struct hogql_select *parse_select(struct hogql_parser *p)
{
	struct hogql_select *select = hogql_tree_take(p->tree, sizeof(*select));

	select->place = hogql_token(p, 0)->place;
	select->with = hogql_tree_list(p->tree);
	select->items = hogql_tree_list(p->tree);
	select->tables = hogql_tree_list(p->tree);
	select->group = hogql_tree_list(p->tree);
	select->order = hogql_tree_list(p->tree);
	select->limit = -1;
	select->offset = -1;
	if (hogql_take_word(p, "with") && !parse_with(p, select)) {
		return NULL;
	}
	if (!hogql_need_word(p, "select")) {
		return NULL;
	}
	select->is_distinct = hogql_take_word(p, "distinct");
	return parse_items(p, select) && parse_clauses(p, select) ? select : NULL;
}

/* A WITH before the first SELECT holds for the whole union. */
static struct hogql_query *parse_union(struct hogql_parser *p)
{
	struct hogql_query *query = hogql_tree_take(p->tree, sizeof(*query));

	query->selects = hogql_tree_list(p->tree);
	do {
		bool parenthesis = hogql_take_sign(p, "(");
		struct hogql_select *select = parse_select(p);

		if (!select || (parenthesis && !hogql_need_sign(p, ")"))) {
			return NULL;
		}
		g_ptr_array_add(query->selects, select);
		if (query->selects->len > MAX_SELECTS) {
			hogql_fault(p->fault, FAULT_QUERY, select->place,
				"UNION ALL of more than %d", MAX_SELECTS);
			return NULL;
		}
		if (!hogql_take_word(p, "union")) {
			return query;
		}
		if (!hogql_at_word(p, "all")) {
			refuse_word(p, "UNION without ALL");
			return NULL;
		}
		p->at++;
	} while (true);
}

struct hogql_query *hogql_parse_selects(struct hogql_parser *p)
{
	struct hogql_query *query = hogql_enter(p) ? parse_union(p) : NULL;

	hogql_leave(p);
	return query;
}
