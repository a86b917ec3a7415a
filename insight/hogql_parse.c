#include "insight/hogql_parse.h"

#include "insight/brief.h"

#include <string.h>

/* Words that are no names unless they are quoted. */
static const char *const keywords[] = {"all", "and", "array", "as", "asc", "between", "by", "case",
	"cross", "desc", "distinct", "else", "end", "except", "final", "from", "full", "global",
	"group", "having", "ilike", "in", "inner", "intersect", "is", "join", "left", "like",
	"limit", "not", "nulls", "offset", "on", "or", "order", "outer", "over", "prewhere",
	"qualify", "right", "sample", "select", "settings", "then", "union", "using", "when",
	"where", "window", "with"};

const struct hogql_token *hogql_token(const struct hogql_parser *p, guint ahead)
{
	guint last = p->tokens.list->len - 1;

	return &g_array_index(p->tokens.list, struct hogql_token, MIN(p->at + ahead, last));
}

static bool is_sign(const struct hogql_token *t, const char *sign)
{
	return t->kind == TOKEN_SIGN && strcmp(t->text, sign) == 0;
}

static bool is_word(const struct hogql_token *t, const char *word)
{
	return t->kind == TOKEN_WORD && g_ascii_strcasecmp(t->text, word) == 0;
}

bool hogql_at_sign(const struct hogql_parser *p, const char *sign)
{
	return is_sign(hogql_token(p, 0), sign);
}

bool hogql_at_word(const struct hogql_parser *p, const char *word)
{
	return is_word(hogql_token(p, 0), word);
}

bool hogql_take_sign(struct hogql_parser *p, const char *sign)
{
	bool found = hogql_at_sign(p, sign);

	p->at += found;
	return found;
}

bool hogql_take_word(struct hogql_parser *p, const char *word)
{
	bool found = hogql_at_word(p, word);

	p->at += found;
	return found;
}

bool hogql_unexpected(struct hogql_parser *p, const char *wanted)
{
	const struct hogql_token *t = hogql_token(p, 0);
	char shown[BRIEF_BYTES];

	if (t->kind == TOKEN_END) {
		return hogql_fault(p->fault, FAULT_QUERY, t->place,
			"the text ends where %s is expected", wanted);
	}
	return hogql_fault(p->fault, FAULT_QUERY, t->place, "'%s' stands where %s is expected",
		brief(t->text, shown), wanted);
}

bool hogql_need_sign(struct hogql_parser *p, const char *sign)
{
	char wanted[8];

	if (hogql_take_sign(p, sign)) {
		return true;
	}
	g_snprintf(wanted, sizeof(wanted), "'%s'", sign);
	return hogql_unexpected(p, wanted);
}

bool hogql_need_word(struct hogql_parser *p, const char *word)
{
	return hogql_take_word(p, word) || hogql_unexpected(p, word);
}

static bool is_keyword(const struct hogql_token *t)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++) {
		if (is_word(t, keywords[i])) {
			return true;
		}
	}
	return false;
}

static bool is_name(const struct hogql_token *t)
{
	return t->kind == TOKEN_QUOTED || (t->kind == TOKEN_WORD && !is_keyword(t));
}

static char *keep(struct hogql_parser *p, const char *text)
{
	return hogql_tree_text(p->tree, text, strlen(text));
}

char *hogql_take_name(struct hogql_parser *p)
{
	const struct hogql_token *t = hogql_token(p, 0);

	if (!is_name(t)) {
		return NULL;
	}
	p->at++;
	return keep(p, t->text);
}

bool hogql_enter(struct hogql_parser *p)
{
	if (++p->depth > HOGQL_MAX_DEPTH) {
		return hogql_fault(p->fault, FAULT_QUERY, hogql_token(p, 0)->place,
			"the text is nested deeper than %d", HOGQL_MAX_DEPTH);
	}
	return true;
}

void hogql_leave(struct hogql_parser *p)
{
	p->depth--;
}

static struct hogql_node *node_at(
	struct hogql_parser *p, enum hogql_shape shape, const struct hogql_token *t)
{
	struct hogql_node *node = hogql_node_new(p->tree, shape, t->place);

	if (!node) {
		hogql_fault(p->fault, FAULT_QUERY, t->place, "the text has more than %d parts",
			HOGQL_MAX_NODES);
		return NULL;
	}
	node->text = keep(p, t->text);
	return node;
}

static bool add(struct hogql_parser *p, struct hogql_node *node, struct hogql_node *arg)
{
	if (!node || !arg) {
		return false;
	}
	hogql_node_add(p->tree, node, arg);
	if (node->height > HOGQL_MAX_HEIGHT) {
		return hogql_fault(p->fault, FAULT_QUERY, node->place,
			"more than %d operations in a row", HOGQL_MAX_HEIGHT);
	}
	return true;
}

/* A call that an operator is short for: named by the function, placed at the operator. */
static struct hogql_node *call(struct hogql_parser *p, const struct hogql_token *t,
	const char *function, struct hogql_node *a, struct hogql_node *b)
{
	struct hogql_node *node = a ? node_at(p, NODE_CALL, t) : NULL;

	if (!node) {
		return NULL;
	}
	node->text = keep(p, function);
	return add(p, node, a) && (!b || add(p, node, b)) ? node : NULL;
}

bool hogql_parse_values(struct hogql_parser *p, GPtrArray *list)
{
	do {
		struct hogql_node *value = hogql_parse_value(p);

		if (!value) {
			return false;
		}
		g_ptr_array_add(list, value);
	} while (hogql_take_sign(p, ","));
	return true;
}

/* The arguments up to the sign that closes them. */
static bool parse_args(struct hogql_parser *p, struct hogql_node *node, const char *closes)
{
	if (hogql_take_sign(p, closes)) {
		return true;
	}
	do {
		if (hogql_at_sign(p, "*") && is_sign(hogql_token(p, 1), ")")) {
			p->at++;
			break; /* count(*) */
		}
		if (!add(p, node, hogql_parse_value(p))) {
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

static struct hogql_node *parse_primary(struct hogql_parser *p);

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
		amount = node_at(p, NODE_NUMBER, text);
		if (amount) {
			amount->text = hogql_tree_text(p->tree, text->text, digits);
		}
		unit = g_ascii_strdown(text->text + digits + 1, -1);
		p->at++;
	} else {
		amount = parse_primary(p);
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
			return call(p, at, units[i].function, amount, NULL);
		}
	}
	hogql_fault(p->fault, FAULT_QUERY, at->place, "the interval has no unit");
	return NULL;
}

/* CASE WHEN a THEN b ELSE c END is multiIf(a, b, c); CASE x WHEN a compares x with a. */
static struct hogql_node *parse_case(struct hogql_parser *p)
{
	const struct hogql_token *at = hogql_token(p, 0);
	struct hogql_node *node = node_at(p, NODE_CALL, at);
	struct hogql_node *subject = NULL, *otherwise;

	p->at++;
	if (!node) {
		return NULL;
	}
	node->text = keep(p, "multiIf");
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
			condition = call(p, when, "equals", subject, condition);
		}
		if (!add(p, node, condition) || !hogql_need_word(p, "then") ||
			!add(p, node, hogql_parse_value(p))) {
			return NULL;
		}
	}
	otherwise = hogql_take_word(p, "else") ? hogql_parse_value(p)
					       : node_at(p, NODE_NULL, hogql_token(p, 0));
	return add(p, node, otherwise) && hogql_need_word(p, "end") ? node : NULL;
}

static struct hogql_node *parse_parenthesis(struct hogql_parser *p)
{
	const struct hogql_token *at = hogql_token(p, 0);
	struct hogql_node *node, *list;

	p->at++;
	if (hogql_at_word(p, "select") || hogql_at_word(p, "with")) {
		node = node_at(p, NODE_SUBQUERY, at);
		if (!node) {
			return NULL;
		}
		node->query = hogql_parse_selects(p);
		return node->query && hogql_need_sign(p, ")") ? node : NULL;
	}
	if (hogql_take_sign(p, ")")) {
		return node_at(p, NODE_LIST, at);
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
	list = node_at(p, NODE_LIST, at);
	return add(p, list, node) && parse_args(p, list, ")") ? list : NULL;
}

static struct hogql_node *parse_placeholder(struct hogql_parser *p)
{
	struct hogql_node *node = node_at(p, NODE_PLACEHOLDER, hogql_token(p, 0));

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
		g_ptr_array_add(node->names, keep(p, t->text));
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
	struct hogql_node *node = node_at(p, NODE_CALL, hogql_token(p, 0));

	p->at += 2;
	if (!node) {
		return NULL;
	}
	node->is_distinct = hogql_take_word(p, "distinct");
	if (!parse_args(p, node, ")")) {
		return NULL;
	}
	if (hogql_take_sign(p, "(")) {
		node->parameters = node->args ? node->args : hogql_tree_list(p->tree);
		node->args = NULL;
		node->is_distinct = hogql_take_word(p, "distinct");
		if (!parse_args(p, node, ")")) {
			return NULL;
		}
	}
	return !hogql_take_word(p, "over") || parse_over(p, node) ? node : NULL;
}

static struct hogql_node *parse_name(struct hogql_parser *p)
{
	struct hogql_node *node = node_at(p, NODE_NAME, hogql_token(p, 0));

	if (node) {
		node->names = hogql_tree_list(p->tree);
		g_ptr_array_add(node->names, keep(p, node->text));
	}
	p->at++;
	return node;
}

static struct hogql_node *take_constant(struct hogql_parser *p, enum hogql_shape shape)
{
	struct hogql_node *node = node_at(p, shape, hogql_token(p, 0));

	p->at++;
	return node;
}

static struct hogql_node *parse_word(struct hogql_parser *p)
{
	const struct hogql_token *t = hogql_token(p, 0), *after = hogql_token(p, 1);

	if (is_word(t, "case")) {
		return parse_case(p);
	}
	if (is_word(t, "true") || is_word(t, "false") || is_word(t, "null")) {
		return take_constant(p, is_word(t, "true")    ? NODE_TRUE
					: is_word(t, "false") ? NODE_FALSE
							      : NODE_NULL);
	}
	if (is_word(t, "interval") && !is_sign(after, ".") && !is_sign(after, ",") &&
		(after->kind == TOKEN_INTEGER || after->kind == TOKEN_TEXT || is_sign(after, "(") ||
			is_sign(after, "{") || is_name(after))) {
		return parse_interval(p);
	}
	if (is_sign(after, "(")) {
		if (!is_name(t) && !is_word(t, "not") && !is_word(t, "and") && !is_word(t, "or") &&
			!is_word(t, "like") && !is_word(t, "ilike") && !is_word(t, "in")) {
			hogql_unexpected(p, "a value");
			return NULL;
		}
		return parse_call(p);
	}
	if (!is_name(t)) {
		hogql_unexpected(p, "a value");
		return NULL;
	}
	return parse_name(p);
}

static struct hogql_node *parse_array(struct hogql_parser *p)
{
	struct hogql_node *node = take_constant(p, NODE_ARRAY);

	return node && parse_args(p, node, "]") ? node : NULL;
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
		return is_sign(hogql_token(p, 1), "(") ? parse_call(p) : parse_name(p);
	case TOKEN_SIGN:
		if (is_sign(t, "(")) {
			return parse_parenthesis(p);
		}
		if (is_sign(t, "[")) {
			return parse_array(p);
		}
		if (is_sign(t, "{")) {
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
static struct hogql_node *parse_primary(struct hogql_parser *p)
{
	struct hogql_node *node = parse_atom(p);

	while (node) {
		const struct hogql_token *t = hogql_token(p, 0), *after = hogql_token(p, 1);

		if ((is_sign(t, ".") || is_sign(t, "?.")) && node->shape == NODE_NAME &&
			is_sign(after, "*")) {
			node->shape = NODE_STAR;
			p->at += 2;
		} else if (is_sign(t, ".") || is_sign(t, "?.")) {
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
			g_ptr_array_add(node->names, keep(p, after->text));
			p->at += 2;
		} else if (is_sign(t, "[")) {
			p->at++;
			if (node->shape == NODE_NAME && after->kind == TOKEN_TEXT) {
				p->at++;
				g_ptr_array_add(node->names, keep(p, after->text));
			} else {
				struct hogql_node *index = hogql_parse_value(p);

				node = index ? call(p, t, "arrayElement", node, index) : NULL;
			}
			if (!node || !hogql_need_sign(p, "]")) {
				return NULL;
			}
		} else if (is_sign(t, "->") || is_sign(t, "::")) {
			hogql_fault(p->fault, FAULT_UNSUPPORTED, t->place,
				is_sign(t, "->")
					? "a function of one's own (x -> …) is not computed here"
					: "a cast by '::' is not computed here: toString, toInt …");
			return NULL;
		} else {
			return node;
		}
	}
	return NULL;
}

static struct hogql_node *parse_unary(struct hogql_parser *p)
{
	const struct hogql_token *t = hogql_token(p, 0);
	struct hogql_node *node;

	if (hogql_take_sign(p, "+")) {
		return parse_unary(p);
	}
	if (!hogql_take_sign(p, "-")) {
		return parse_primary(p);
	}
	if (!hogql_enter(p)) {
		return NULL;
	}
	node = parse_unary(p);
	hogql_leave(p);
	return node ? call(p, t, "negate", node, NULL) : NULL;
}

struct infix {
	const char *sign, *function;
};

static const struct infix products[] = {
	{"*", "multiply"}, {"/", "divide"}, {"%", "modulo"}, {NULL, NULL}};
static const struct infix sums[] = {{"+", "plus"}, {"-", "minus"}, {"||", "concat"}, {NULL, NULL}};
static const struct infix comparisons[] = {{"=", "equals"}, {"==", "equals"}, {"!=", "notEquals"},
	{"<>", "notEquals"}, {"<=", "lessOrEquals"}, {">=", "greaterOrEquals"}, {"<", "less"},
	{">", "greater"}, {"=~", "match"}, {"!~", "notMatch"}, {NULL, NULL}};

static const char *infix_function(const struct hogql_parser *p, const struct infix *table)
{
	for (; table->sign; table++) {
		if (hogql_at_sign(p, table->sign)) {
			return table->function;
		}
	}
	return NULL;
}

static struct hogql_node *parse_product(struct hogql_parser *p)
{
	struct hogql_node *node = parse_unary(p);
	const char *function;

	while (node && (function = infix_function(p, products)) != NULL) {
		const struct hogql_token *t = hogql_token(p, 0);
		struct hogql_node *right;

		p->at++;
		right = parse_unary(p);
		node = right ? call(p, t, function, node, right) : NULL;
	}
	return node;
}

static struct hogql_node *parse_sum(struct hogql_parser *p)
{
	struct hogql_node *node = parse_product(p);
	const char *function;

	while (node && (function = infix_function(p, sums)) != NULL) {
		const struct hogql_token *t = hogql_token(p, 0);
		struct hogql_node *right;

		p->at++;
		right = parse_product(p);
		if (right && strcmp(function, "concat") == 0 && node->shape == NODE_CALL &&
			strcmp(node->text, "concat") == 0) {
			node = add(p, node, right) ? node : NULL;
		} else {
			node = right ? call(p, t, function, node, right) : NULL;
		}
	}
	return node;
}

static struct hogql_node *parse_between(
	struct hogql_parser *p, const struct hogql_token *t, struct hogql_node *value, bool negated)
{
	struct hogql_node *low = parse_sum(p), *high, *node;

	if (!low || !hogql_need_word(p, "and")) {
		return NULL;
	}
	high = parse_sum(p);
	if (!high) {
		return NULL;
	}
	low = call(p, t, "greaterOrEquals", value, low);
	high = call(p, t, "lessOrEquals", value, high);
	node = low && high ? call(p, t, "and", low, high) : NULL;
	return node && negated ? call(p, t, "not", node, NULL) : node;
}

/* IS NULL, IN, LIKE, BETWEEN, each with NOT; *found is false where none of them stands. */
static struct hogql_node *parse_word_comparison(
	struct hogql_parser *p, struct hogql_node *node, bool *found)
{
	const struct hogql_token *t = hogql_token(p, 0);
	struct hogql_node *right;
	bool negated;

	*found = true;
	if (hogql_take_word(p, "is")) {
		negated = hogql_take_word(p, "not");
		if (!hogql_take_word(p, "null")) {
			hogql_unexpected(p, "NULL");
			return NULL;
		}
		return call(p, t, negated ? "isNotNull" : "isNull", node, NULL);
	}
	negated = hogql_at_word(p, "not") &&
		  (is_word(hogql_token(p, 1), "in") || is_word(hogql_token(p, 1), "like") ||
			  is_word(hogql_token(p, 1), "ilike") ||
			  is_word(hogql_token(p, 1), "between"));
	p->at += negated;
	if (hogql_take_word(p, "between")) {
		return parse_between(p, t, node, negated);
	}
	if (hogql_take_word(p, "in")) {
		if (hogql_at_word(p, "cohort")) {
			hogql_fault(p->fault, FAULT_UNSUPPORTED, hogql_token(p, 0)->place,
				"IN COHORT is not computed here");
			return NULL;
		}
		right = parse_sum(p);
		return right ? call(p, t, negated ? "notIn" : "in", node, right) : NULL;
	}
	if (hogql_at_word(p, "like") || hogql_at_word(p, "ilike")) {
		const char *function = hogql_at_word(p, "like") ? (negated ? "notLike" : "like")
								: (negated ? "notILike" : "ilike");

		p->at++;
		right = parse_sum(p);
		return right ? call(p, t, function, node, right) : NULL;
	}
	*found = false;
	return node;
}

static struct hogql_node *parse_comparison(struct hogql_parser *p)
{
	struct hogql_node *node = parse_sum(p);
	bool found = true;

	while (node && found) {
		const struct hogql_token *t = hogql_token(p, 0);
		const char *function = infix_function(p, comparisons);

		if (function) {
			struct hogql_node *right;

			p->at++;
			right = parse_sum(p);
			node = right ? call(p, t, function, node, right) : NULL;
		} else {
			node = parse_word_comparison(p, node, &found);
		}
	}
	if (node && hogql_at_sign(p, "<=>")) {
		hogql_unexpected(p, "another operator");
		return NULL;
	}
	return node;
}

static struct hogql_node *parse_not(struct hogql_parser *p)
{
	const struct hogql_token *t = hogql_token(p, 0);
	struct hogql_node *node;

	if (!hogql_take_word(p, "not")) {
		return parse_comparison(p);
	}
	if (!hogql_enter(p)) {
		return NULL;
	}
	node = parse_not(p);
	hogql_leave(p);
	return node ? call(p, t, "not", node, NULL) : NULL;
}

/* a AND b AND c is one call: a long chain is no deep one. */
static struct hogql_node *parse_chain(struct hogql_parser *p, const char *word,
	struct hogql_node *(*part)(struct hogql_parser *p))
{
	struct hogql_node *node = part(p), *chain = NULL;

	while (node && hogql_at_word(p, word)) {
		const struct hogql_token *t = hogql_token(p, 0);
		struct hogql_node *right;

		p->at++;
		right = part(p);
		if (!right) {
			return NULL;
		}
		if (chain) {
			node = add(p, chain, right) ? chain : NULL;
		} else {
			node = chain = call(p, t, word, node, right);
		}
	}
	return node;
}

static struct hogql_node *parse_and(struct hogql_parser *p)
{
	return parse_chain(p, "and", parse_not);
}

static struct hogql_node *parse_ternary(struct hogql_parser *p)
{
	struct hogql_node *node = parse_chain(p, "or", parse_and);
	const struct hogql_token *t = hogql_token(p, 0);
	struct hogql_node *yes, *no;

	if (node && hogql_take_sign(p, "??")) {
		no = parse_chain(p, "or", parse_and);
		return no ? call(p, t, "coalesce", node, no) : NULL;
	}
	if (!node || !hogql_take_sign(p, "?")) {
		return node;
	}
	yes = hogql_parse_value(p);
	if (!yes || !hogql_need_sign(p, ":")) {
		return NULL;
	}
	no = hogql_parse_value(p);
	node = no ? call(p, t, "if", node, yes) : NULL;
	return node && add(p, node, no) ? node : NULL;
}

struct hogql_node *hogql_parse_value(struct hogql_parser *p)
{
	struct hogql_node *node = hogql_enter(p) ? parse_ternary(p) : NULL;

	hogql_leave(p);
	return node;
}

/* What follows the last "--" after the last token, without blanks around it. */
static const char *trailing_label(const struct hogql_parser *p)
{
	const struct hogql_token *end = hogql_token(p, 0);
	size_t from = p->at ? g_array_index(p->tokens.list, struct hogql_token, p->at - 1).end : 0;
	g_autofree char *rest = g_strndup(p->source + from, end->start - from);
	char *comment = strstr(rest, "--");

	return comment && *g_strstrip(comment + 2)
		       ? keep((struct hogql_parser *)(uintptr_t)p, comment + 2)
		       : NULL;
}

bool hogql_parse_expression(struct hogql_tree *tree, const char *text, struct hogql_node **out,
	const char **label, struct fault *f)
{
	struct hogql_parser p = {.tree = tree, .source = text, .fault = f};
	bool fine = hogql_tokens_read(text, &p.tokens, f);

	if (fine) {
		*out = hogql_parse_value(&p);
		fine = *out &&
		       (hogql_token(&p, 0)->kind == TOKEN_END || hogql_unexpected(&p, "the end"));
	}
	if (fine && label) {
		*label = trailing_label(&p);
	}
	hogql_tokens_finish(&p.tokens);
	return fine;
}

bool hogql_parse_query(
	struct hogql_tree *tree, const char *text, struct hogql_query **out, struct fault *f)
{
	struct hogql_parser p = {.tree = tree, .source = text, .fault = f};
	bool fine = hogql_tokens_read(text, &p.tokens, f);

	if (fine) {
		*out = hogql_parse_selects(&p);
		hogql_take_sign(&p, ";");
		fine = *out &&
		       (hogql_token(&p, 0)->kind == TOKEN_END || hogql_unexpected(&p, "the end"));
	}
	hogql_tokens_finish(&p.tokens);
	return fine;
}
