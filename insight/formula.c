#include "insight/formula.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum opcode {
	OP_NUMBER,
	OP_LETTER,
	OP_ADD,
	OP_SUBTRACT,
	OP_MULTIPLY,
	OP_DIVIDE,
	OP_REST,
	OP_POWER,
	OP_NEGATE
};

/* Operands first: a value is worked out with a stack. */
struct step {
	enum opcode op;
	double number;
	size_t letter;
};

struct formula {
	GArray *steps; /* struct step */
};

/* At each depth a sum, a product and a power may each wait for its right side. */
enum { MAX_HELD = 3 * (FORMULA_MAX_DEPTH + 1) };

struct parser {
	const char *text, *at;
	size_t letters;
	int depth;
	struct formula *out;
	struct fault *f;
};

static bool parse_sum(struct parser *p);

static bool wrong(struct parser *p, const char *what)
{
	return fault_set(p->f, FAULT_QUERY, "at %zu: %s", (size_t)(p->at - p->text) + 1, what);
}

static void skip_spaces(struct parser *p)
{
	while (g_ascii_isspace(*p->at)) {
		p->at++;
	}
}

static bool take(struct parser *p, const char *sign)
{
	skip_spaces(p);
	if (strncmp(p->at, sign, strlen(sign)) != 0) {
		return false;
	}
	p->at += strlen(sign);
	return true;
}

static void add(struct parser *p, struct step s)
{
	g_array_append_val(p->out->steps, s);
}

static bool parse_number(struct parser *p)
{
	char *end;
	struct step s = {.op = OP_NUMBER};

	/* strtod also knows 0x10, inf and nan, none of which begins like this */
	if (p->at[0] == '0' && (p->at[1] == 'x' || p->at[1] == 'X')) {
		return wrong(p, "a number has decimal digits only");
	}
	s.number = g_ascii_strtod(p->at, &end);
	if (end == p->at || !isfinite(s.number)) {
		return wrong(p, "not a number");
	}
	p->at = end;
	add(p, s);
	return true;
}

static bool parse_letter(struct parser *p)
{
	size_t letter = (size_t)(g_ascii_toupper(*p->at) - 'A');

	if (g_ascii_isalnum(p->at[1]) || p->at[1] == '_') {
		return wrong(p, "a series is one letter; there are no functions");
	}
	if (letter >= p->letters) {
		return fault_set(p->f, FAULT_QUERY, "at %zu: there is no series %c",
			(size_t)(p->at - p->text) + 1, (char)('A' + (int)letter));
	}
	p->at++;
	add(p, (struct step){.op = OP_LETTER, .letter = letter});
	return true;
}

static bool parse_atom(struct parser *p)
{
	skip_spaces(p);
	if (g_ascii_isdigit(*p->at) || *p->at == '.') {
		return parse_number(p);
	}
	if (g_ascii_isalpha(*p->at)) {
		return parse_letter(p);
	}
	if (*p->at == '\0') {
		return wrong(p, "the formula ends where a value should be");
	}
	if (!take(p, "(")) {
		return wrong(p, "neither a number, a letter nor a parenthesis");
	}
	if (!parse_sum(p)) {
		return false;
	}
	return take(p, ")") || wrong(p, "a ')' is missing");
}

static bool parse_signed(struct parser *p);

static bool parse_power(struct parser *p)
{
	if (!parse_atom(p)) {
		return false;
	}
	if (!take(p, "**") && !take(p, "^")) {
		return true;
	}
	if (!parse_signed(p)) {
		return false;
	}
	add(p, (struct step){.op = OP_POWER});
	return true;
}

/* Every way deeper comes through here. */
static bool parse_signed(struct parser *p)
{
	bool is_negative, fine;

	if (++p->depth > FORMULA_MAX_DEPTH) {
		return fault_set(p->f, FAULT_QUERY, "at %zu: nested deeper than %d",
			(size_t)(p->at - p->text) + 1, FORMULA_MAX_DEPTH);
	}
	is_negative = take(p, "-");
	fine = is_negative || take(p, "+") ? parse_signed(p) : parse_power(p);
	if (fine && is_negative) {
		add(p, (struct step){.op = OP_NEGATE});
	}
	p->depth--;
	return fine;
}

static bool take_product(struct parser *p, enum opcode *op)
{
	*op = take(p, "*")   ? OP_MULTIPLY
	      : take(p, "/") ? OP_DIVIDE
	      : take(p, "%") ? OP_REST
			     : OP_NUMBER;
	return *op != OP_NUMBER;
}

static bool parse_product(struct parser *p)
{
	enum opcode op;

	if (!parse_signed(p)) {
		return false;
	}
	while (take_product(p, &op)) {
		if (!parse_signed(p)) {
			return false;
		}
		add(p, (struct step){.op = op});
	}
	return true;
}

static bool take_sum(struct parser *p, enum opcode *op)
{
	*op = take(p, "+") ? OP_ADD : take(p, "-") ? OP_SUBTRACT : OP_NUMBER;
	return *op != OP_NUMBER;
}

static bool parse_sum(struct parser *p)
{
	enum opcode op;

	if (!parse_product(p)) {
		return false;
	}
	while (take_sum(p, &op)) {
		if (!parse_product(p)) {
			return false;
		}
		add(p, (struct step){.op = op});
	}
	return true;
}

bool formula_parse(const char *text, size_t letters, struct formula **out, struct fault *f)
{
	struct parser p = {.text = text, .at = text, .letters = letters, .f = f};
	bool fine;

	if (strlen(text) > FORMULA_MAX_LENGTH) {
		return fault_set(f, FAULT_QUERY, "%zu bytes are more than %d", strlen(text),
			FORMULA_MAX_LENGTH);
	}
	p.out = g_new0(struct formula, 1);
	p.out->steps = g_array_new(FALSE, FALSE, sizeof(struct step));
	fine = parse_sum(&p);
	skip_spaces(&p);
	if (!fine || (*p.at && !wrong(&p, "an operator is missing"))) {
		formula_destroy(p.out);
		return false;
	}
	*out = p.out;
	return true;
}

void formula_destroy(struct formula *formula)
{
	if (formula) {
		g_array_unref(formula->steps);
		g_free(formula);
	}
}

static double rest_of(double a, double b)
{
	double rest = b != 0 ? fmod(a, b) : 0;

	return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static double apply(enum opcode op, double a, double b)
{
	double value = 0;

	switch (op) {
	case OP_ADD:
		value = a + b;
		break;
	case OP_SUBTRACT:
		value = a - b;
		break;
	case OP_MULTIPLY:
		value = a * b;
		break;
	case OP_DIVIDE:
		value = b != 0 ? a / b : 0;
		break;
	case OP_REST:
		value = rest_of(a, b);
		break;
	case OP_POWER:
		value = pow(a, b);
		break;
	case OP_NUMBER:
	case OP_LETTER:
	case OP_NEGATE:
		break;
	}
	return isfinite(value) ? value : 0;
}

double formula_value(const struct formula *formula, const double *letters)
{
	double stack[MAX_HELD] = {0};
	size_t top = 0;

	for (guint i = 0; i < formula->steps->len; i++) {
		const struct step *s = &g_array_index(formula->steps, struct step, i);

		switch (s->op) {
		case OP_NUMBER:
			stack[top++] = s->number;
			break;
		case OP_LETTER:
			stack[top++] = letters[s->letter];
			break;
		case OP_NEGATE:
			stack[top - 1] = -stack[top - 1];
			break;
		case OP_ADD:
		case OP_SUBTRACT:
		case OP_MULTIPLY:
		case OP_DIVIDE:
		case OP_REST:
		case OP_POWER:
			top--;
			stack[top - 1] = apply(s->op, stack[top - 1], stack[top]);
			break;
		}
	}
	/* not -0, which JSON would show */
	return stack[0] + 0.0;
}
