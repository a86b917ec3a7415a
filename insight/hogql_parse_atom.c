/* What operators stand between: constants, names, calls, CASE, lists, placeholders. */
#include "insight/hogql_parse.h"

#include <string.h>

/* The arguments up to the sign that closes them. */
bool hogql_parse_args(struct hogql_parser *p, struct hogql_node *node, const char *closes)
{
	if (hogql_take_sign(p, closes)) {
		return true;
	}
	do {
		if (hogql_at_sign(p, "*") && hogql_is_sign(hogql_token(p, 1), ")")) {
			p->at++;
			break; /* count(*) */
		}
		if (!hogql_add(p, node, hogql_parse_value(p))) {
			return false;
		}
	} while (hogql_take_sign(p, ","));
	return hogql_need_sign(p, closes);
}

static const struct {
	const char *word, *function;
} units[] = {
	{"second", "toIntervalSecond"},
	{"minute", "toIntervalMinute"},
	{"hour", "toIntervalHour"},
	{"day", "toIntervalDay"},
	{"week", "toIntervalWeek"},
	{"month", "toIntervalMonth"},
	{"quarter", "toIntervalQuarter"},
	{"year", "toIntervalYear"},
};

/* INTERVAL 7 DAY, INTERVAL '7 days'. */
static struct hogql_node *parse_interval(struct hogql_parser *p)
{
	const struct hogql_token *at = hogql_token(p, 0);
	struct hogql_node *amount;
	g_autofree char *unit = NULL;

	p->at++;
	if (hogql_token(p, 0)->kind == TOKEN_TEXT) {
		const struct hogql_token *text = hogql_token(p, 0);
		size_t digits = strspn(text->text, "0123456789");

		if (digits == 0 || digits > 9 || text->text[digits] != ' ') {
			hogql_fault(p->fault, FAULT_QUERY, text->place, "this is no interval");
			return NULL;
		}
		amount = hogql_node_at(p, NODE_NUMBER, text);
		if (amount) {
			amount->text = hogql_tree_text(p->tree, text->text, digits);
			amount->type.kind = HOGQL_INTEGER;
		}
		unit = g_ascii_strdown(text->text + digits + 1, -1);
		p->at++;
	} else {
		amount = hogql_parse_primary(p);
		unit = amount ? g_ascii_strdown(hogql_token(p, 0)->text, -1) : NULL;
		p->at += amount != NULL;
	}
	if (!amount) {
		return NULL;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		size_t length = strlen(units[i].word);

		if (strncmp(unit, units[i].word, length) == 0 &&
			(!unit[length] || strcmp(unit + length, "s") == 0)) {
			return hogql_call_of(p, at, units[i].function, amount, NULL);
		}
	}
	hogql_fault(p->fault, FAULT_QUERY, at->place, "the interval has no unit");
	return NULL;
}

/* CASE WHEN a THEN b ELSE c END is multiIf(a, b, c); CASE x WHEN a compares x with a. */
static struct hogql_node *parse_case(struct hogql_parser *p)
{
	const struct hogql_token *at = hogql_token(p, 0);
	struct hogql_node *node = hogql_node_at(p, NODE_CALL, at);
	struct hogql_node *subject = NULL, *otherwise;

	p->at++;
	if (!node) {
		return NULL;
	}
	node->text = hogql_keep(p, "multiIf");
	if (!hogql_at_word(p, "when")) {
		subject = hogql_parse_value(p);
		if (!subject) {
			return NULL;
		}
	}
	if (!hogql_at_word(p, "when")) {
		hogql_unexpected(p, "WHEN");
		return NULL;
	}
	while (hogql_at_word(p, "when")) {
		const struct hogql_token *when = hogql_token(p, 0);
		struct hogql_node *condition;

		p->at++;
		condition = hogql_parse_value(p);
		if (condition && subject) {
			condition = hogql_call_of(p, when, "equals", subject, condition);
		}
		if (!hogql_add(p, node, condition) || !hogql_need_word(p, "then") ||
			!hogql_add(p, node, hogql_parse_value(p))) {
			return NULL;
		}
	}
	otherwise = hogql_take_word(p, "else") ? hogql_parse_value(p)
					       : hogql_node_at(p, NODE_NULL, hogql_token(p, 0));
	return hogql_add(p, node, otherwise) && hogql_need_word(p, "end") ? node : NULL;
}

static struct hogql_node *parse_parenthesis(struct hogql_parser *p)
{
	const struct hogql_token *at = hogql_token(p, 0);
	struct hogql_node *node, *list;

	p->at++;
	if (hogql_at_word(p, "select") || hogql_at_word(p, "with")) {
		node = hogql_node_at(p, NODE_SUBQUERY, at);
		if (!node) {
			return NULL;
		}
		node->query = hogql_parse_selects(p);
		return node->query && hogql_need_sign(p, ")") ? node : NULL;
	}
	if (hogql_take_sign(p, ")")) {
		return hogql_node_at(p, NODE_LIST, at);
	}
	node = hogql_parse_value(p);
	if (!node) {
		return NULL;
	}
	if (hogql_take_sign(p, ")")) {
		return node;
	}
	if (!hogql_need_sign(p, ",")) {
		return NULL;
	}
	list = hogql_node_at(p, NODE_LIST, at);
	return hogql_add(p, list, node) && hogql_parse_args(p, list, ")") ? list : NULL;
}

static struct hogql_node *parse_placeholder(struct hogql_parser *p)
{
	struct hogql_node *node = hogql_node_at(p, NODE_PLACEHOLDER, hogql_token(p, 0));

	p->at++;
	if (!node) {
		return NULL;
	}
	node->names = hogql_tree_list(p->tree);
	do {
		const struct hogql_token *t = hogql_token(p, 0);

		if (t->kind != TOKEN_WORD && t->kind != TOKEN_QUOTED) {
			hogql_unexpected(p, "a name");
			return NULL;
		}
		p->at++;
		g_ptr_array_add(node->names, hogql_keep(p, t->text));
	} while (hogql_take_sign(p, "."));
	return hogql_need_sign(p, "}") ? node : NULL;
}

static bool parse_frame_end(
	struct hogql_parser *p, enum hogql_frame_end *end, bool *follows, int64_t *rows)
{
	*follows = false;
	if (hogql_take_word(p, "current")) {
		*end = FRAME_CURRENT;
		return hogql_need_word(p, "row");
	}
	if (hogql_take_word(p, "unbounded")) {
		*end = FRAME_UNBOUNDED;
	} else if (hogql_token(p, 0)->kind == TOKEN_INTEGER &&
		   strlen(hogql_token(p, 0)->text) <= 9) {
		*end = FRAME_ROWS;
		*rows = g_ascii_strtoll(hogql_token(p, 0)->text, NULL, 10);
		p->at++;
	} else {
		return hogql_unexpected(p, "a number of rows");
	}
	*follows = hogql_take_word(p, "following");
	return *follows || hogql_need_word(p, "preceding");
}

static bool parse_over(struct hogql_parser *p, struct hogql_node *node)
{
	struct hogql_over *over = hogql_tree_take(p->tree, sizeof(*over));

	over->partition = hogql_tree_list(p->tree);
	over->order = hogql_tree_list(p->tree);
	node->over = over;
	if (!hogql_need_sign(p, "(")) {
		return false;
	}
	if (hogql_take_word(p, "partition") &&
		(!hogql_need_word(p, "by") || !hogql_parse_values(p, over->partition))) {
		return false;
	}
	if (hogql_take_word(p, "order") &&
		(!hogql_need_word(p, "by") || !hogql_parse_order(p, over->order))) {
		return false;
	}
	if (hogql_take_word(p, "rows")) {
		over->has_frame = true;
		over->to = FRAME_CURRENT;
		if (hogql_take_word(p, "between")) {
			if (!parse_frame_end(
				    p, &over->from, &over->from_follows, &over->from_rows) ||
				!hogql_need_word(p, "and") ||
				!parse_frame_end(p, &over->to, &over->to_follows, &over->to_rows)) {
				return false;
			}
		} else if (!parse_frame_end(
				   p, &over->from, &over->from_follows, &over->from_rows)) {
			return false;
		}
	} else if (hogql_at_word(p, "range")) {
		return hogql_fault(p->fault, FAULT_UNSUPPORTED, hogql_token(p, 0)->place,
			"a frame by RANGE is not computed here");
	}
	return hogql_need_sign(p, ")");
}

/* name(…), name(DISTINCT …), name(0.9)(…), each with OVER (…). */
static struct hogql_node *parse_call(struct hogql_parser *p)
{
	struct hogql_node *node = hogql_node_at(p, NODE_CALL, hogql_token(p, 0));

	p->at += 2;
	if (!node) {
		return NULL;
	}
	node->is_distinct = hogql_take_word(p, "distinct");
	if (!hogql_parse_args(p, node, ")")) {
		return NULL;
	}
	if (hogql_take_sign(p, "(")) {
		node->parameters = node->args ? node->args : hogql_tree_list(p->tree);
		node->args = NULL;
		node->is_distinct = hogql_take_word(p, "distinct");
		if (!hogql_parse_args(p, node, ")")) {
			return NULL;
		}
	}
	return !hogql_take_word(p, "over") || parse_over(p, node) ? node : NULL;
}

static struct hogql_node *parse_name(struct hogql_parser *p)
{
	struct hogql_node *node = hogql_node_at(p, NODE_NAME, hogql_token(p, 0));

	if (node) {
		node->names = hogql_tree_list(p->tree);
		g_ptr_array_add(node->names, hogql_keep(p, node->text));
	}
	p->at++;
	return node;
}

static struct hogql_node *take_constant(struct hogql_parser *p, enum hogql_shape shape)
{
	struct hogql_node *node = hogql_node_at(p, shape, hogql_token(p, 0));

	p->at++;
	return node;
}

static struct hogql_node *parse_word(struct hogql_parser *p)
{
	const struct hogql_token *t = hogql_token(p, 0), *after = hogql_token(p, 1);

	if (hogql_is_word(t, "case")) {
		return parse_case(p);
	}
	if (hogql_is_word(t, "true") || hogql_is_word(t, "false") || hogql_is_word(t, "null")) {
		return take_constant(p, hogql_is_word(t, "true")    ? NODE_TRUE
					: hogql_is_word(t, "false") ? NODE_FALSE
								    : NODE_NULL);
	}
	if (hogql_is_word(t, "interval") && !hogql_is_sign(after, ".") &&
		!hogql_is_sign(after, ",") &&
		(after->kind == TOKEN_INTEGER || after->kind == TOKEN_TEXT ||
			hogql_is_sign(after, "(") || hogql_is_sign(after, "{") ||
			hogql_is_name(after))) {
		return parse_interval(p);
	}
	if (hogql_is_sign(after, "(")) {
		if (!hogql_is_name(t) && !hogql_is_word(t, "not") && !hogql_is_word(t, "and") &&
			!hogql_is_word(t, "or") && !hogql_is_word(t, "like") &&
			!hogql_is_word(t, "ilike") && !hogql_is_word(t, "in")) {
			hogql_unexpected(p, "a value");
			return NULL;
		}
		return parse_call(p);
	}
	if (!hogql_is_name(t)) {
		hogql_unexpected(p, "a value");
		return NULL;
	}
	return parse_name(p);
}

static struct hogql_node *parse_array(struct hogql_parser *p)
{
	struct hogql_node *node = take_constant(p, NODE_ARRAY);

	return node && hogql_parse_args(p, node, "]") ? node : NULL;
}

static struct hogql_node *parse_atom(struct hogql_parser *p)
{
	const struct hogql_token *t = hogql_token(p, 0);

	switch (t->kind) {
	case TOKEN_INTEGER:
	case TOKEN_REAL: {
		struct hogql_node *node = take_constant(p, NODE_NUMBER);

		if (node) {
			node->type.kind = t->kind == TOKEN_REAL ? HOGQL_REAL : HOGQL_INTEGER;
		}
		return node;
	}
	case TOKEN_TEXT:
		return take_constant(p, NODE_TEXT);
	case TOKEN_WORD:
		return parse_word(p);
	case TOKEN_QUOTED:
		return hogql_is_sign(hogql_token(p, 1), "(") ? parse_call(p) : parse_name(p);
	case TOKEN_SIGN:
		if (hogql_is_sign(t, "(")) {
			return parse_parenthesis(p);
		}
		if (hogql_is_sign(t, "[")) {
			return parse_array(p);
		}
		if (hogql_is_sign(t, "{")) {
			return parse_placeholder(p);
		}
		break;
	case TOKEN_END:
		break;
	}
	hogql_unexpected(p, "a value");
	return NULL;
}

/* What follows a value: .name and [index]. */
struct hogql_node *hogql_parse_primary(struct hogql_parser *p)
{
	struct hogql_node *node = parse_atom(p);

	while (node) {
		const struct hogql_token *t = hogql_token(p, 0), *after = hogql_token(p, 1);

		if ((hogql_is_sign(t, ".") || hogql_is_sign(t, "?.")) && node->shape == NODE_NAME &&
			hogql_is_sign(after, "*")) {
			node->shape = NODE_STAR;
			p->at += 2;
		} else if (hogql_is_sign(t, ".") || hogql_is_sign(t, "?.")) {
			if (after->kind != TOKEN_WORD && after->kind != TOKEN_QUOTED) {
				p->at++;
				hogql_unexpected(p, "a name");
				return NULL;
			}
			if (node->shape != NODE_NAME) {
				hogql_fault(p->fault, FAULT_UNSUPPORTED, after->place,
					"a part of a value that is no name is not computed here");
				return NULL;
			}
			g_ptr_array_add(node->names, hogql_keep(p, after->text));
			p->at += 2;
		} else if (hogql_is_sign(t, "[")) {
			p->at++;
			if (node->shape == NODE_NAME && after->kind == TOKEN_TEXT) {
				p->at++;
				g_ptr_array_add(node->names, hogql_keep(p, after->text));
			} else {
				struct hogql_node *index = hogql_parse_value(p);

				node = index ? hogql_call_of(p, t, "arrayElement", node, index)
					     : NULL;
			}
			if (!node || !hogql_need_sign(p, "]")) {
				return NULL;
			}
		} else if (hogql_is_sign(t, "->") || hogql_is_sign(t, "::")) {
			hogql_fault(p->fault, FAULT_UNSUPPORTED, t->place,
				hogql_is_sign(t, "->")
					? "a function of one's own (x -> …) is not computed here"
					: "a cast by '::' is not computed here: toString, toInt …");
			return NULL;
		} else {
			return node;
		}
	}
	return NULL;
}
