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

bool hogql_is_sign(const struct hogql_token *t, const char *sign)
{
	return t->kind == TOKEN_SIGN && strcmp(t->text, sign) == 0;
}

bool hogql_is_word(const struct hogql_token *t, const char *word)
{
	return t->kind == TOKEN_WORD && g_ascii_strcasecmp(t->text, word) == 0;
}

bool hogql_at_sign(const struct hogql_parser *p, const char *sign)
{
	return hogql_is_sign(hogql_token(p, 0), sign);
}

bool hogql_at_word(const struct hogql_parser *p, const char *word)
{
	return hogql_is_word(hogql_token(p, 0), word);
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
	g_autofree char *wanted = g_ascii_strup(word, -1);

	return hogql_take_word(p, word) || hogql_unexpected(p, wanted);
}

static bool is_keyword(const struct hogql_token *t)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++) {
		if (hogql_is_word(t, keywords[i])) {
			return true;
		}
	}
	return false;
}

bool hogql_is_name(const struct hogql_token *t)
{
	return t->kind == TOKEN_QUOTED || (t->kind == TOKEN_WORD && !is_keyword(t));
}

char *hogql_keep(struct hogql_parser *p, const char *text)
{
	return hogql_tree_text(p->tree, text, strlen(text));
}

char *hogql_take_name(struct hogql_parser *p)
{
	const struct hogql_token *t = hogql_token(p, 0);

	if (!hogql_is_name(t)) {
		return NULL;
	}
	p->at++;
	return hogql_keep(p, t->text);
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

struct hogql_node *hogql_node_at(
	struct hogql_parser *p, enum hogql_shape shape, const struct hogql_token *t)
{
	struct hogql_node *node = hogql_node_new(p->tree, shape, t->place);

	if (!node) {
		hogql_fault(p->fault, FAULT_QUERY, t->place, "the text has more than %d parts",
			HOGQL_MAX_NODES);
		return NULL;
	}
	node->text = hogql_keep(p, t->text);
	return node;
}

bool hogql_add(struct hogql_parser *p, struct hogql_node *node, struct hogql_node *arg)
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
struct hogql_node *hogql_call_of(struct hogql_parser *p, const struct hogql_token *t,
	const char *function, struct hogql_node *a, struct hogql_node *b)
{
	struct hogql_node *node = a ? hogql_node_at(p, NODE_CALL, t) : NULL;

	if (!node) {
		return NULL;
	}
	node->text = hogql_keep(p, function);
	return hogql_add(p, node, a) && (!b || hogql_add(p, node, b)) ? node : NULL;
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

static struct hogql_node *parse_unary(struct hogql_parser *p)
{
	const struct hogql_token *t = hogql_token(p, 0);
	struct hogql_node *node;

	if (hogql_take_sign(p, "+")) {
		return parse_unary(p);
	}
	if (!hogql_take_sign(p, "-")) {
		return hogql_parse_primary(p);
	}
	if (!hogql_enter(p)) {
		return NULL;
	}
	node = parse_unary(p);
	hogql_leave(p);
	return node ? hogql_call_of(p, t, "negate", node, NULL) : NULL;
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
		node = right ? hogql_call_of(p, t, function, node, right) : NULL;
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
			node = hogql_add(p, node, right) ? node : NULL;
		} else {
			node = right ? hogql_call_of(p, t, function, node, right) : NULL;
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
	low = hogql_call_of(p, t, "greaterOrEquals", value, low);
	high = hogql_call_of(p, t, "lessOrEquals", value, high);
	node = low && high ? hogql_call_of(p, t, "and", low, high) : NULL;
	return node && negated ? hogql_call_of(p, t, "not", node, NULL) : node;
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
		return hogql_call_of(p, t, negated ? "isNotNull" : "isNull", node, NULL);
	}
	negated = hogql_at_word(p, "not") && (hogql_is_word(hogql_token(p, 1), "in") ||
						     hogql_is_word(hogql_token(p, 1), "like") ||
						     hogql_is_word(hogql_token(p, 1), "ilike") ||
						     hogql_is_word(hogql_token(p, 1), "between"));
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
		return right ? hogql_call_of(p, t, negated ? "notIn" : "in", node, right) : NULL;
	}
	if (hogql_at_word(p, "like") || hogql_at_word(p, "ilike")) {
		const char *function = hogql_at_word(p, "like") ? (negated ? "notLike" : "like")
								: (negated ? "notILike" : "ilike");

		p->at++;
		right = parse_sum(p);
		return right ? hogql_call_of(p, t, function, node, right) : NULL;
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
			node = right ? hogql_call_of(p, t, function, node, right) : NULL;
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
	return node ? hogql_call_of(p, t, "not", node, NULL) : NULL;
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
			node = hogql_add(p, chain, right) ? chain : NULL;
		} else {
			node = chain = hogql_call_of(p, t, word, node, right);
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
		return no ? hogql_call_of(p, t, "coalesce", node, no) : NULL;
	}
	if (!node || !hogql_take_sign(p, "?")) {
		return node;
	}
	yes = hogql_parse_value(p);
	if (!yes || !hogql_need_sign(p, ":")) {
		return NULL;
	}
	no = hogql_parse_value(p);
	node = no ? hogql_call_of(p, t, "if", node, yes) : NULL;
	return node && hogql_add(p, node, no) ? node : NULL;
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
		       ? hogql_keep((struct hogql_parser *)(uintptr_t)p, comment + 2)
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
