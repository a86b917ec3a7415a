/* Calls: which function, whether its arguments can become what it takes, and what it gives.
 * hogql_special.c has the functions whose type is no matter of a table. */
#include "insight/hogql_resolve.h"

#include "insight/brief.h"
#include "insight/pattern.h"

#include <string.h>

static bool wrong(struct hogql_resolver *r, const struct hogql_node *node,
	const struct hogql_node *arg, const char *wanted)
{
	return hogql_fault(r->fault, FAULT_QUERY, arg->place, "%s is given %s where it takes %s",
		node->function->name, hogql_kind_text(arg->type.kind), wanted);
}

static bool is_simple(enum hogql_kind kind)
{
	return kind != HOGQL_LIST && kind != HOGQL_INTERVAL;
}

bool hogql_check_letter(
	struct hogql_resolver *r, struct hogql_node *node, struct hogql_node *arg, char letter)
{
	enum hogql_kind kind = arg->type.kind;

	switch (letter) {
	case 't':
		return is_simple(kind) || wrong(r, node, arg, "a text");
	case 'p':
	case 'r':
		return arg->shape == NODE_TEXT ||
		       hogql_fault(r->fault, FAULT_UNSUPPORTED, arg->place,
			       "a pattern that is not written out is not computed here");
	case 'n':
	case 'i':
		return hogql_kind_is_number(kind) || hogql_kind_is_text(kind) ||
		       kind == HOGQL_BOOLEAN || kind == HOGQL_NULL || hogql_kind_is_time(kind) ||
		       wrong(r, node, arg, "a number");
	case 's':
	case 'D':
		/* A text may turn out to be no time: null comes of it.  One that is written out
		 * is looked at here. */
		if (arg->shape == NODE_TEXT) {
			return hogql_resolve_date(r, arg);
		}
		return hogql_kind_is_text(kind) || hogql_kind_is_time(kind) ||
		       hogql_kind_is_number(kind) || kind == HOGQL_NULL ||
		       wrong(r, node, arg, "a date or a time");
	case 'b':
		return kind == HOGQL_BOOLEAN || hogql_kind_is_number(kind) ||
		       kind == HOGQL_DYNAMIC || kind == HOGQL_NULL ||
		       (kind == HOGQL_TEXT && node->function->form == FORM_toBool) ||
		       wrong(r, node, arg, "a condition");
	case 'a':
		return kind == HOGQL_ARRAY || wrong(r, node, arg, "an array");
	case 'j':
		return kind == HOGQL_JSON || hogql_behind_alias(arg)->shape == NODE_PATH ||
		       hogql_fault(r->fault, FAULT_UNSUPPORTED, arg->place,
			       "JSON inside of a text is not computed here: name a property");
	case 'e':
		return (is_simple(kind) && kind != HOGQL_ARRAY) ||
		       hogql_fault(r->fault, FAULT_UNSUPPORTED, arg->place,
			       "%s of %s is not computed here", node->function->name,
			       hogql_kind_text(kind));
	case 'o':
		return (is_simple(kind) && kind != HOGQL_ARRAY) ||
		       wrong(r, node, arg, "what has an order");
	default:
		return is_simple(kind) || wrong(r, node, arg, "a single value");
	}
}

/* A backslash at its end would make LIKE fail for every row. */
static bool check_pattern(struct hogql_resolver *r, const struct hogql_node *arg)
{
	size_t length = strlen(arg->text), count = 0;

	while (count < length && arg->text[length - 1 - count] == '\\') {
		count++;
	}
	return count % 2 == 0 || hogql_fault(r->fault, FAULT_QUERY, arg->place,
					 "the pattern ends with a single backslash");
}

static bool check_regex(struct hogql_resolver *r, const struct hogql_node *arg)
{
	g_autofree char *place = g_strdup_printf("%u:%u", arg->place.line, arg->place.column);

	return pattern_check(arg->text, place, r->fault);
}

static bool check_args(struct hogql_resolver *r, struct hogql_node *node)
{
	for (guint i = 0; i < hogql_arg_count(node); i++) {
		struct hogql_node *arg = hogql_arg(node, i);
		char letter = hogql_function_takes(node->function, i);

		if (!hogql_check_letter(r, node, arg, letter)) {
			return false;
		}
		if ((letter == 'p' && !check_pattern(r, arg)) ||
			(letter == 'r' && !check_regex(r, arg))) {
			return false;
		}
	}
	return true;
}

static bool becomes_null(const struct hogql_node *arg, char letter)
{
	if (!hogql_kind_is_text(arg->type.kind)) {
		return false;
	}
	switch (letter) {
	case 's':
	case 'D':
		return arg->shape != NODE_TEXT; /* one that is written out was looked at */
	case 'n':
	case 'i':
	case 'b':
		return true;
	default:
		return false;
	}
}

/* Any null makes null of everything but the few that say otherwise. */
static bool args_are_nullable(const struct hogql_node *node)
{
	for (guint i = 0; i < hogql_arg_count(node); i++) {
		const struct hogql_node *arg = hogql_arg(node, i);

		if (arg->type.is_nullable ||
			becomes_null(arg, hogql_function_takes(node->function, i))) {
			return true;
		}
	}
	return false;
}

static bool args_are_whole(const struct hogql_node *node)
{
	for (guint i = 0; i < hogql_arg_count(node); i++) {
		enum hogql_kind kind = hogql_arg(node, i)->type.kind;

		if (kind != HOGQL_INTEGER && kind != HOGQL_COUNT && kind != HOGQL_BOOLEAN) {
			return false;
		}
	}
	return true;
}

static void set_type(struct hogql_node *node)
{
	const char *gives = node->function->gives;
	struct hogql_type *type = &node->type;
	struct hogql_type first = {.kind = HOGQL_NULL};

	if (hogql_arg_count(node) > 0) {
		first = hogql_arg(node, 0)->type;
	}
	switch (gives[0]) {
	case 'T':
		type->kind = HOGQL_TEXT;
		break;
	case 'U':
		type->kind = HOGQL_COUNT;
		break;
	case 'I':
		type->kind = HOGQL_INTEGER;
		break;
	case 'R':
		type->kind = HOGQL_REAL;
		break;
	case 'N':
		type->kind = args_are_whole(node) ? HOGQL_INTEGER : HOGQL_REAL;
		break;
	case 'B':
		type->kind = HOGQL_BOOLEAN;
		break;
	case 'D':
		type->kind = HOGQL_DATE;
		break;
	case 'S':
		type->kind = HOGQL_INSTANT;
		break;
	case 'L':
		*type = (struct hogql_type){.kind = HOGQL_ARRAY, .element = HOGQL_TEXT};
		break;
	case 'A':
		*type = (struct hogql_type){.kind = HOGQL_ARRAY, .element = first.kind};
		break;
	default:
		*type = first;
		break;
	}
	type->is_nullable = gives[1] == '?' || (gives[1] != '!' && args_are_nullable(node));
}

static bool check_arity(struct hogql_resolver *r, const struct hogql_node *node)
{
	int least, most, count = (int)hogql_arg_count(node);

	hogql_function_arity(node->function, &least, &most);
	if (count >= least && (most < 0 || count <= most)) {
		return true;
	}
	if (least == most) {
		return hogql_fault(r->fault, FAULT_QUERY, node->place, "%s takes %d values, not %d",
			node->function->name, least, count);
	}
	return hogql_fault(r->fault, FAULT_QUERY, node->place, "%s takes %s%d values, not %d",
		node->function->name, count < least ? "at least " : "at most ",
		count < least ? least : most, count);
}

/* The last argument of sumIf is what must hold. */
static bool take_condition(struct hogql_resolver *r, struct hogql_node *node)
{
	guint count = hogql_arg_count(node);

	if (count == 0) {
		return hogql_fault(r->fault, FAULT_QUERY, node->place, "%s takes a condition",
			node->function->name);
	}
	node->condition = g_ptr_array_remove_index(node->args, count - 1);
	if (!hogql_resolve_node(r, node->condition) ||
		!hogql_check_letter(r, node, node->condition, 'b')) {
		return false;
	}
	return !node->condition->has_aggregate ||
	       hogql_fault(r->fault, FAULT_QUERY, node->condition->place,
		       "an aggregate inside of an aggregate");
}

/* Of ordered rows, and of different ones, databases have no windows. */
static bool takes_over(const struct hogql_node *node)
{
	enum hogql_form form = node->function->form;

	return !node->is_distinct && form != FORM_any && form != FORM_argMax &&
	       form != FORM_argMin && form != FORM_groupArray && form != FORM_groupUniqArray &&
	       form != FORM_median && form != FORM_quantile && form != FORM_uniq;
}

static void inherit_over(struct hogql_node *node, const struct hogql_node *part)
{
	node->has_column = node->has_column || part->has_column;
	node->has_aggregate = node->has_aggregate || part->has_aggregate;
	node->has_window = node->has_window || part->has_window;
}

static bool resolve_over(struct hogql_resolver *r, struct hogql_node *node)
{
	struct hogql_over *over = node->over;

	if (!r->may_query) {
		return hogql_fault(
			r->fault, FAULT_UNSUPPORTED, node->place, "OVER is not computed here");
	}
	if (!takes_over(node)) {
		return hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place,
			"%s%s with OVER is not computed here", node->function->name,
			node->is_distinct ? "(DISTINCT)" : "");
	}
	for (guint i = 0; i < over->partition->len; i++) {
		struct hogql_node *part = g_ptr_array_index(over->partition, i);

		if (!hogql_resolve_node(r, part) || !hogql_check_letter(r, node, part, 'x')) {
			return false;
		}
		inherit_over(node, part);
	}
	for (guint i = 0; i < over->order->len; i++) {
		const struct hogql_order *order = g_ptr_array_index(over->order, i);

		if (!hogql_resolve_node(r, order->node) ||
			!hogql_check_letter(r, node, order->node, 'o')) {
			return false;
		}
		inherit_over(node, order->node);
	}
	return !node->has_window ||
	       hogql_fault(r->fault, FAULT_QUERY, node->place, "an OVER inside of an OVER");
}

static bool is_window(const struct hogql_function *function)
{
	return function->family == FAMILY_WINDOW || function->form == FORM_lag ||
	       function->form == FORM_lead;
}

static bool takes_distinct(const struct hogql_function *function)
{
	return function->form == FORM_count || function->form == FORM_uniq ||
	       function->form == FORM_groupArray;
}

static bool check_modifiers(struct hogql_resolver *r, struct hogql_node *node)
{
	const struct hogql_function *function = node->function;

	if (node->parameters && function->form != FORM_quantile) {
		return hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place,
			"parameters of %s are not computed here", function->name);
	}
	if (node->is_distinct && !takes_distinct(function)) {
		return hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place,
			"DISTINCT in %s is not computed here", function->name);
	}
	if (is_window(function) && !node->over) {
		return hogql_fault(
			r->fault, FAULT_QUERY, node->place, "%s takes an OVER (…)", function->name);
	}
	if (node->over && !is_window(function) && !hogql_function_is_aggregate(function)) {
		return hogql_fault(
			r->fault, FAULT_QUERY, node->place, "%s takes no OVER", function->name);
	}
	return !node->over || resolve_over(r, node);
}

/* Which arguments are words of the language rather than values: dateDiff('day', …). */
static bool is_unit_arg(const struct hogql_node *node, guint i)
{
	enum hogql_form form = node->function->form;

	return i == 0 && (form == FORM_dateDiff || form == FORM_dateTrunc ||
				 ((form == FORM_dateAdd || form == FORM_dateSub) &&
					 hogql_arg_count(node) == 3));
}

/* Intervals and lists are no values: few functions know what to do with one. */
static bool check_place(struct hogql_resolver *r, const struct hogql_node *node,
	const struct hogql_node *arg, guint i)
{
	enum hogql_form form = node->function->form;
	bool fits = true;

	if (arg->type.kind == HOGQL_INTERVAL) {
		fits = form == FORM_plus || form == FORM_minus || form == FORM_dateAdd ||
		       form == FORM_dateSub || form == FORM_toStartOfInterval;
	} else if (arg->type.kind == HOGQL_LIST) {
		fits = i == 1 && (form == FORM_in || form == FORM_notIn);
	}
	return fits || wrong(r, node, arg, "a single value");
}

static bool resolve_args(struct hogql_resolver *r, struct hogql_node *node)
{
	for (guint i = 0; i < hogql_arg_count(node); i++) {
		struct hogql_node *arg = hogql_arg(node, i);

		if (is_unit_arg(node, i)) {
			continue;
		}
		if (!hogql_resolve_node(r, arg) || !check_place(r, node, arg, i)) {
			return false;
		}
		node->has_aggregate = node->has_aggregate || arg->has_aggregate;
		node->has_window = node->has_window || arg->has_window;
		node->has_column = node->has_column || arg->has_column;
	}
	return true;
}

static bool settle_aggregate(struct hogql_resolver *r, struct hogql_node *node)
{
	if (node->over) {
		node->has_window = true;
		return true;
	}
	if (!hogql_function_is_aggregate(node->function)) {
		return true;
	}
	if (node->has_aggregate || node->has_window) {
		return hogql_fault(
			r->fault, FAULT_QUERY, node->place, "an aggregate inside of an aggregate");
	}
	node->has_aggregate = true;
	node->has_column = false;
	return true;
}

bool hogql_resolve_call(struct hogql_resolver *r, struct hogql_node *node)
{
	char shown[BRIEF_BYTES];
	bool has_condition;

	node->function = hogql_function_lookup(node->text, &has_condition);
	if (!node->function) {
		return hogql_fault(r->fault, FAULT_QUERY, node->place, "'%s' is not a function",
			brief(node->text, shown));
	}
	if (node->function->family == FAMILY_ELSEWHERE) {
		return hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place,
			"'%s' is not computed here", node->function->name);
	}
	if ((has_condition && !take_condition(r, node)) || !check_arity(r, node) ||
		!resolve_args(r, node) || !check_modifiers(r, node)) {
		return false;
	}
	if (node->function->family == FAMILY_SPECIAL) {
		if (!hogql_resolve_special(r, node)) {
			return false;
		}
	} else {
		if (!check_args(r, node)) {
			return false;
		}
		set_type(node);
	}
	return settle_aggregate(r, node);
}
