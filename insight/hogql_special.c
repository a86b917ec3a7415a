/* Calls whose arguments decide what is computed: comparisons, choices, JSON, aggregates. */
#include "insight/hogql_special.h"

#include "insight/brief.h"

#include <string.h>

static bool letters(struct hogql_resolver *r, struct hogql_node *node)
{
	for (guint i = 0; i < hogql_arg_count(node); i++) {
		if (!hogql_check_letter(
			    r, node, hogql_arg(node, i), hogql_function_takes(node->function, i))) {
			return false;
		}
	}
	return true;
}

bool hogql_any_nullable(const struct hogql_node *node, guint from)
{
	for (guint i = from; i < hogql_arg_count(node); i++) {
		if (hogql_arg(node, i)->type.is_nullable) {
			return true;
		}
	}
	return false;
}

bool hogql_incomparable(struct hogql_resolver *r, const struct hogql_node *node,
	const struct hogql_node *a, const struct hogql_node *b)
{
	return hogql_fault(r->fault, FAULT_QUERY, node->place, "%s does not go with %s here",
		hogql_kind_text(a->type.kind), hogql_kind_text(b->type.kind));
}

/* A written text beside a time is a date; beside a number, a text is a number or null. */
bool hogql_compared_kind(struct hogql_resolver *r, struct hogql_node *node, struct hogql_node *a,
	struct hogql_node *b, enum hogql_kind *out)
{
	enum hogql_kind x = a->type.kind, y = b->type.kind;

	if (hogql_kind_is_time(x) && b->shape == NODE_TEXT) {
		*out = HOGQL_INSTANT;
		return hogql_resolve_date(r, b);
	}
	if (hogql_kind_is_time(y) && a->shape == NODE_TEXT) {
		*out = HOGQL_INSTANT;
		return hogql_resolve_date(r, a);
	}
	if ((hogql_kind_is_number(x) && hogql_kind_is_text(y)) ||
		(hogql_kind_is_text(x) && hogql_kind_is_number(y))) {
		*out = HOGQL_REAL;
		return true;
	}
	if ((hogql_kind_is_time(x) && hogql_kind_is_text(y)) ||
		(hogql_kind_is_text(x) && hogql_kind_is_time(y))) {
		*out = HOGQL_INSTANT;
		return true;
	}
	if (x == HOGQL_JSON || y == HOGQL_JSON) {
		*out = HOGQL_TEXT;
		return x != HOGQL_ARRAY && y != HOGQL_ARRAY && x != HOGQL_LIST && y != HOGQL_LIST;
	}
	if (x == HOGQL_LIST || y == HOGQL_LIST || x == HOGQL_INTERVAL || y == HOGQL_INTERVAL ||
		!hogql_kind_common(x, y, out)) {
		return hogql_incomparable(r, node, a, b);
	}
	if (*out == HOGQL_ARRAY && a->type.element != b->type.element) {
		return hogql_incomparable(r, node, a, b);
	}
	return true;
}

/* What comes out false, or true of "not", where a side is null: PostHog's reading of a missing
 * property. */
static bool resolve_comparison(struct hogql_resolver *r, struct hogql_node *node)
{
	node->type.kind = HOGQL_BOOLEAN;
	node->is_bare = r->scope->in_on;
	return hogql_compared_kind(r, node, hogql_arg(node, 0), hogql_arg(node, 1), &node->as);
}

static bool resolve_in(struct hogql_resolver *r, struct hogql_node *node)
{
	struct hogql_node *value = hogql_arg(node, 0);
	struct hogql_node *set = hogql_behind_alias(hogql_arg(node, 1));
	enum hogql_kind kind = value->type.kind;

	node->type.kind = HOGQL_BOOLEAN;
	node->as = kind;
	if (kind == HOGQL_LIST || kind == HOGQL_ARRAY || kind == HOGQL_INTERVAL) {
		return hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place,
			"IN for %s is not computed here", hogql_kind_text(kind));
	}
	if (set->shape != NODE_LIST && set->shape != NODE_ARRAY) {
		return hogql_compared_kind(r, node, value, set, &node->as);
	}
	for (guint i = 0; i < hogql_arg_count(set); i++) {
		struct hogql_node probe = {.type.kind = node->as};
		enum hogql_kind with = HOGQL_TEXT;

		if (!hogql_compared_kind(r, node, i ? &probe : value, hogql_arg(set, i), &with)) {
			return false;
		}
		node->as = with;
	}
	/* ids and objects beside numbers are texts */
	for (guint i = 0; i < hogql_arg_count(set); i++) {
		if (!hogql_kind_becomes(kind, node->as) ||
			!hogql_kind_becomes(hogql_arg(set, i)->type.kind, node->as)) {
			node->as = HOGQL_TEXT;
		}
	}
	return true;
}

/* The values become one type. */
static bool common_of(struct hogql_resolver *r, struct hogql_node *node)
{
	struct hogql_type common = {.kind = HOGQL_NULL};

	for (guint i = 0; i < hogql_arg_count(node); i++) {
		struct hogql_node *arg = hogql_arg(node, i);

		if (arg->type.kind == HOGQL_LIST ||
			!hogql_type_common(common, arg->type, &common)) {
			return hogql_fault(r->fault, FAULT_QUERY, arg->place,
				"%s beside %s: both must be of one type",
				hogql_kind_text(arg->type.kind), hogql_kind_text(common.kind));
		}
	}
	node->type = common;
	return true;
}

/* multiIf(c1, a, c2, b, else): the branches are every second one and the last. */
static bool resolve_choice(struct hogql_resolver *r, struct hogql_node *node)
{
	guint count = hogql_arg_count(node);
	struct hogql_type common;
	struct hogql_node *otherwise;

	if (count % 2 == 0) {
		return hogql_fault(r->fault, FAULT_QUERY, node->place,
			"%s takes conditions and values in turn, and a last value",
			node->function->name);
	}
	for (guint i = 0; i + 1 < count; i += 2) {
		if (!hogql_check_letter(r, node, hogql_arg(node, i), 'b')) {
			return false;
		}
	}
	otherwise = hogql_arg(node, count - 1);
	common = otherwise->type;
	for (guint i = 1; i < count; i += 2) {
		struct hogql_node *arg = hogql_arg(node, i);

		if (arg->type.kind == HOGQL_LIST ||
			!hogql_type_common(common, arg->type, &common)) {
			return hogql_incomparable(r, node, otherwise, arg);
		}
	}
	common.is_nullable = common.is_nullable || otherwise->type.kind == HOGQL_NULL;
	node->type = common;
	return true;
}

static bool resolve_coalesce(struct hogql_resolver *r, struct hogql_node *node)
{
	if (!common_of(r, node)) {
		return false;
	}
	/* The greatest of two properties is that of their numbers. */
	if (node->function->form != FORM_coalesce && node->type.kind == HOGQL_DYNAMIC) {
		node->type.kind = HOGQL_REAL;
	}
	for (guint i = 0; i < hogql_arg_count(node); i++) {
		const struct hogql_node *arg = hogql_arg(node, i);

		/* A property that becomes a number may be none. */
		if (!arg->type.is_nullable && !(hogql_kind_is_text(arg->type.kind) &&
						      !hogql_kind_is_text(node->type.kind))) {
			node->type.is_nullable = false;
		}
	}
	return true;
}

/* Makes args[0] the path that the keys after it lead along, and takes the keys away. */
static bool resolve_json(struct hogql_resolver *r, struct hogql_node *node)
{
	struct hogql_node *base = hogql_behind_alias(hogql_arg(node, 0)), *path;
	enum hogql_form form = node->function->form;

	if (!hogql_check_letter(r, node, hogql_arg(node, 0), 'j')) {
		return false;
	}
	path = hogql_resolve_new(r, NODE_PATH, base->place);
	if (!path) {
		return false;
	}
	path->names = hogql_tree_list(r->tree);
	for (guint i = 0; base->shape == NODE_PATH && i < base->names->len; i++) {
		g_ptr_array_add(path->names, g_ptr_array_index(base->names, i));
	}
	hogql_node_add(r->tree, path, base->shape == NODE_PATH ? hogql_arg(base, 0) : base);
	for (guint i = 1; i < hogql_arg_count(node); i++) {
		const struct hogql_node *key = hogql_behind_alias(hogql_arg(node, i));

		if (key->shape != NODE_TEXT) {
			return hogql_fault(r->fault, FAULT_UNSUPPORTED, key->place,
				"a key that is not a written text is not computed here");
		}
		/* GPtrArray is not const; names are only read. */
		g_ptr_array_add(path->names, (gpointer)(uintptr_t)key->text);
	}
	path->type = (struct hogql_type){.kind = HOGQL_DYNAMIC, .is_nullable = true};
	path->is_resolved = true;
	path->has_column = true;
	node->args->pdata[0] = path;
	g_ptr_array_set_size(node->args, 1);
	node->type.kind = form == FORM_JSONExtractInt                            ? HOGQL_INTEGER
			  : form == FORM_JSONExtractFloat                        ? HOGQL_REAL
			  : form == FORM_JSONExtractBool || form == FORM_JSONHas ? HOGQL_BOOLEAN
										 : HOGQL_TEXT;
	return true;
}

static bool resolve_element(struct hogql_resolver *r, struct hogql_node *node)
{
	struct hogql_node *array = hogql_behind_alias(hogql_arg(node, 0));
	struct hogql_node *index = hogql_behind_alias(hogql_arg(node, 1));

	if (array->type.kind == HOGQL_ARRAY) {
		node->type = (struct hogql_type){.kind = array->type.element, .is_nullable = true};
		return hogql_check_letter(r, node, index, 'i');
	}
	if (index->shape == NODE_TEXT) {
		if (!resolve_json(r, node)) {
			return false;
		}
		node->type = hogql_arg(node, 0)->type;
		return true;
	}
	return hogql_fault(r->fault, FAULT_UNSUPPORTED, index->place,
		"an element of %s by its number is not computed here",
		hogql_kind_text(array->type.kind));
}

static bool resolve_extreme(struct hogql_resolver *r, struct hogql_node *node)
{
	struct hogql_node *arg = hogql_arg(node, 0);

	if (!hogql_check_letter(r, node, arg, 'o')) {
		return false;
	}
	node->type = arg->type;
	node->type.is_nullable = true;
	if (arg->type.kind == HOGQL_UUID || arg->type.kind == HOGQL_JSON) {
		node->type.kind = HOGQL_TEXT;
	} else if (arg->type.kind == HOGQL_BOOLEAN || arg->type.kind == HOGQL_NULL) {
		node->type.kind = HOGQL_INTEGER;
	}
	node->as = node->type.kind;
	if (arg->type.kind == HOGQL_DYNAMIC && node->over) {
		node->as = HOGQL_TEXT;
	}
	return true;
}

static bool resolve_quantile(struct hogql_resolver *r, struct hogql_node *node)
{
	const struct hogql_node *level = node->parameters && node->parameters->len == 1
						 ? g_ptr_array_index(node->parameters, 0)
						 : NULL;
	double value =
		level && level->shape == NODE_NUMBER ? g_ascii_strtod(level->text, NULL) : -1;

	if (!(value >= 0 && value <= 1)) {
		return hogql_fault(r->fault, FAULT_QUERY, node->place,
			"quantile takes its level from 0 to 1: quantile(0.9)(x)");
	}
	node->type = (struct hogql_type){.kind = HOGQL_REAL, .is_nullable = true};
	return letters(r, node);
}

static bool resolve_count(struct hogql_resolver *r, struct hogql_node *node)
{
	for (guint i = 0; i < hogql_arg_count(node); i++) {
		if (!hogql_check_letter(r, node, hogql_arg(node, i), 'x')) {
			return false;
		}
	}
	node->type.kind = HOGQL_COUNT;
	return true;
}

static bool resolve_sum_of(struct hogql_resolver *r, struct hogql_node *node)
{
	const struct hogql_node *arg = hogql_arg(node, 0);
	enum hogql_kind kind = arg->type.kind;

	if (hogql_kind_is_time(kind)) {
		return hogql_fault(r->fault, FAULT_QUERY, arg->place, "a sum of times");
	}
	node->type.kind = kind == HOGQL_COUNT || kind == HOGQL_BOOLEAN ? HOGQL_COUNT
			  : kind == HOGQL_INTEGER                      ? HOGQL_INTEGER
								       : HOGQL_REAL;
	node->type.is_nullable = arg->type.is_nullable || hogql_kind_is_text(kind);
	return hogql_check_letter(r, node, hogql_arg(node, 0), 'n');
}

static bool resolve_neighbour(struct hogql_resolver *r, struct hogql_node *node)
{
	node->type = hogql_arg(node, 0)->type;
	node->type.is_nullable = true;
	if (hogql_arg_count(node) == 3) {
		struct hogql_type common;

		if (!hogql_type_common(
			    hogql_arg(node, 0)->type, hogql_arg(node, 2)->type, &common)) {
			return hogql_incomparable(r, node, hogql_arg(node, 0), hogql_arg(node, 2));
		}
		node->type = common;
	}
	return hogql_arg_count(node) < 2 || hogql_check_letter(r, node, hogql_arg(node, 1), 'i');
}

static bool resolve_length(struct hogql_resolver *r, struct hogql_node *node)
{
	struct hogql_node *arg = hogql_arg(node, 0);

	node->type.kind = node->function->form == FORM_length ? HOGQL_COUNT : HOGQL_BOOLEAN;
	node->type.is_nullable = arg->type.is_nullable;
	return arg->type.kind == HOGQL_ARRAY || hogql_check_letter(r, node, arg, 't');
}

/* The value becomes what the elements are. */
static bool resolve_has(struct hogql_resolver *r, struct hogql_node *node)
{
	struct hogql_node *array = hogql_arg(node, 0), *value = hogql_arg(node, 1);

	node->type.kind = HOGQL_BOOLEAN;
	if (!hogql_check_letter(r, node, array, 'a')) {
		return false;
	}
	if (hogql_kind_is_time(array->type.element) && value->shape == NODE_TEXT) {
		return hogql_resolve_date(r, value);
	}
	return hogql_kind_becomes(value->type.kind, array->type.element) ||
	       hogql_incomparable(r, node, array, value);
}

static bool resolve_unnest(struct hogql_resolver *r, struct hogql_node *node)
{
	if (!r->may_query) {
		return hogql_fault(
			r->fault, FAULT_UNSUPPORTED, node->place, "arrayJoin is not computed here");
	}
	node->type.kind = hogql_arg(node, 0)->type.element;
	node->type.is_nullable = true;
	return hogql_check_letter(r, node, hogql_arg(node, 0), 'a');
}

static bool resolve_null_if(struct hogql_resolver *r, struct hogql_node *node)
{
	node->type = hogql_arg(node, 0)->type;
	node->type.is_nullable = true;
	return hogql_compared_kind(r, node, hogql_arg(node, 0), hogql_arg(node, 1), &node->as);
}

static const struct {
	enum hogql_form form;
	bool (*resolve)(struct hogql_resolver *r, struct hogql_node *node);
} specials[] = {
	{FORM_addDays, hogql_resolve_shift_named},
	{FORM_addHours, hogql_resolve_shift_named},
	{FORM_addMinutes, hogql_resolve_shift_named},
	{FORM_addMonths, hogql_resolve_shift_named},
	{FORM_addQuarters, hogql_resolve_shift_named},
	{FORM_addSeconds, hogql_resolve_shift_named},
	{FORM_addWeeks, hogql_resolve_shift_named},
	{FORM_addYears, hogql_resolve_shift_named},
	{FORM_arrayElement, resolve_element},
	{FORM_arrayJoin, resolve_unnest},
	{FORM_coalesce, resolve_coalesce},
	{FORM_count, resolve_count},
	{FORM_dateAdd, hogql_resolve_date_add},
	{FORM_dateDiff, hogql_resolve_date_diff},
	{FORM_dateSub, hogql_resolve_date_add},
	{FORM_dateTrunc, hogql_resolve_trunc},
	{FORM_empty, resolve_length},
	{FORM_equals, resolve_comparison},
	{FORM_formatDateTime, hogql_resolve_format},
	{FORM_greater, resolve_comparison},
	{FORM_greaterOrEquals, resolve_comparison},
	{FORM_greatest, resolve_coalesce},
	{FORM_has, resolve_has},
	{FORM_if, resolve_choice},
	{FORM_in, resolve_in},
	{FORM_JSONExtractBool, resolve_json},
	{FORM_JSONExtractFloat, resolve_json},
	{FORM_JSONExtractInt, resolve_json},
	{FORM_JSONExtractRaw, resolve_json},
	{FORM_JSONExtractString, resolve_json},
	{FORM_JSONHas, resolve_json},
	{FORM_lag, resolve_neighbour},
	{FORM_lead, resolve_neighbour},
	{FORM_least, resolve_coalesce},
	{FORM_length, resolve_length},
	{FORM_less, resolve_comparison},
	{FORM_lessOrEquals, resolve_comparison},
	{FORM_max, resolve_extreme},
	{FORM_min, resolve_extreme},
	{FORM_minus, hogql_resolve_sum},
	{FORM_multiIf, resolve_choice},
	{FORM_notEmpty, resolve_length},
	{FORM_notEquals, resolve_comparison},
	{FORM_notIn, resolve_in},
	{FORM_nullIf, resolve_null_if},
	{FORM_plus, hogql_resolve_sum},
	{FORM_quantile, resolve_quantile},
	{FORM_subtractDays, hogql_resolve_shift_named},
	{FORM_subtractHours, hogql_resolve_shift_named},
	{FORM_subtractMinutes, hogql_resolve_shift_named},
	{FORM_subtractMonths, hogql_resolve_shift_named},
	{FORM_subtractQuarters, hogql_resolve_shift_named},
	{FORM_subtractSeconds, hogql_resolve_shift_named},
	{FORM_subtractWeeks, hogql_resolve_shift_named},
	{FORM_subtractYears, hogql_resolve_shift_named},
	{FORM_sum, resolve_sum_of},
	{FORM_toIntervalDay, hogql_resolve_interval},
	{FORM_toIntervalHour, hogql_resolve_interval},
	{FORM_toIntervalMinute, hogql_resolve_interval},
	{FORM_toIntervalMonth, hogql_resolve_interval},
	{FORM_toIntervalQuarter, hogql_resolve_interval},
	{FORM_toIntervalSecond, hogql_resolve_interval},
	{FORM_toIntervalWeek, hogql_resolve_interval},
	{FORM_toIntervalYear, hogql_resolve_interval},
	{FORM_toStartOfInterval, hogql_resolve_interval_start},
	{FORM_toStartOfWeek, hogql_resolve_week},
	{FORM_uniq, resolve_count},
};

bool hogql_resolve_special(struct hogql_resolver *r, struct hogql_node *node)
{
	for (size_t i = 0; i < G_N_ELEMENTS(specials); i++) {
		if (specials[i].form == node->function->form) {
			return specials[i].resolve(r, node);
		}
	}
	return hogql_fault(r->fault, FAULT_UNSUPPORTED, node->place, "'%s' is not computed here",
		node->function->name);
}
