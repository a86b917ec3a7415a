/* Calls as SQL: by their form, or by what their arguments are. */
#include "insight/hogql_write.h"

#include <string.h>

enum { MAX_SLOTS = 9 };

static enum hogql_kind kind_of_letter(const struct hogql_node *arg, char letter)
{
	enum hogql_kind own = arg->type.kind;

	switch (letter) {
	case 't':
	case 'p':
	case 'r':
		return HOGQL_TEXT;
	case 'n':
	case 'i':
		return hogql_kind_is_number(own) ? own : HOGQL_REAL;
	case 's':
		return HOGQL_INSTANT;
	case 'D':
		return HOGQL_DATE;
	case 'b':
		return HOGQL_BOOLEAN;
	default:
		return own == HOGQL_NULL ? HOGQL_TEXT : own;
	}
}

static bool is_text_slot(const struct hogql_node *node)
{
	return hogql_arg_count(node) > 0 &&
	       hogql_kind_is_text(hogql_arg(node, hogql_arg_count(node) - 1)->type.kind);
}

/* The form with every argument as its letter has it. */
static void write_by_letters(
	struct hogql_writer *hw, const struct hogql_node *node, enum hogql_form form)
{
	guint count = hogql_arg_count(node);
	struct hogql_slot *slots = g_new0(struct hogql_slot, count + 1);
	struct hogql_filling filling = {.slots = slots,
		.count = count,
		.call = node,
		.is_text = is_text_slot(node),
		.element = node->type.element};

	for (guint i = 0; i < count; i++) {
		const struct hogql_node *arg = hogql_arg(node, i);
		char letter = hogql_function_takes(node->function, i);

		slots[i] = (struct hogql_slot){.node = arg,
			.kind = kind_of_letter(arg, letter),
			.is_regex = letter == 'r',
			.form = letter == 'i' ? FORM_small_integer : FORM_NONE};
	}
	hogql_write_form(hw, form, &filling);
	g_free(slots);
}

/* The form with all arguments of one kind. */
static void write_alike(struct hogql_writer *hw, const struct hogql_node *node,
	enum hogql_form form, enum hogql_kind kind)
{
	guint count = hogql_arg_count(node);
	struct hogql_slot *slots = g_new0(struct hogql_slot, count + 1);
	struct hogql_filling filling = {.slots = slots,
		.count = count,
		.call = node,
		.is_text = hogql_kind_is_text(kind),
		.element = node->type.element};

	for (guint i = 0; i < count; i++) {
		slots[i] = (struct hogql_slot){.node = hogql_arg(node, i), .kind = kind};
	}
	hogql_write_form(hw, form, &filling);
	g_free(slots);
}

static bool is_null(const struct hogql_node *node)
{
	return node->shape == NODE_NULL && node->type.kind == HOGQL_NULL;
}

static void write_null_test(
	struct hogql_writer *hw, const struct hogql_node *node, const char *test)
{
	const struct hogql_node *a = hogql_arg(node, 0), *b = hogql_arg(node, 1);

	sql_add(hw->w->sql, "(");
	hogql_write_node(hw, is_null(a) ? b : a);
	sql_add(hw->w->sql, test);
}

/* = and != are never null: a missing property is not equal to anything that is there. */
static void write_equality(struct hogql_writer *hw, const struct hogql_node *node)
{
	const struct hogql_node *a = hogql_arg(node, 0), *b = hogql_arg(node, 1);
	bool a_null = hogql_is_nullable_as(a, node->as), b_null = hogql_is_nullable_as(b, node->as);
	bool is_equal = node->function->form == FORM_equals;

	if (is_null(a) || is_null(b)) {
		write_null_test(hw, node, is_equal ? " IS NULL)" : " IS NOT NULL)");
		return;
	}
	if (node->is_bare || (!a_null && !b_null)) {
		write_alike(
			hw, node, is_equal ? FORM_equals_plain : FORM_not_equals_plain, node->as);
	} else if (is_equal) {
		write_alike(hw, node, a_null && b_null ? FORM_equals_null : FORM_equals, node->as);
	} else {
		write_alike(hw, node, FORM_notEquals, node->as);
	}
}

static void write_comparison(struct hogql_writer *hw, const struct hogql_node *node)
{
	bool can_be_null =
		!node->is_bare && (hogql_is_nullable_as(hogql_arg(node, 0), node->as) ||
					  hogql_is_nullable_as(hogql_arg(node, 1), node->as));

	sql_add(hw->w->sql, can_be_null ? "(" : "");
	write_alike(hw, node, node->function->form, node->as);
	sql_add(hw->w->sql, can_be_null ? " IS TRUE)" : "");
}

static const struct hogql_node *behind(const struct hogql_node *node)
{
	while (node->shape == NODE_ALIAS) {
		node = hogql_arg(node, 0);
	}
	return node;
}

static void write_set(struct hogql_writer *hw, const struct hogql_node *set, enum hogql_kind kind)
{
	struct sql *sql = hw->w->sql;

	if (set->shape == NODE_SUBQUERY) {
		sql_add(sql, "SELECT ");
		hogql_write_raw(hw, "found.c0", set->type.kind, kind);
		sql_add(sql, " FROM (");
		hogql_write_query(hw, set->query);
		sql_add(sql, ") AS found");
		return;
	}
	if (set->shape != NODE_LIST && set->shape != NODE_ARRAY) {
		hogql_write_as(hw, set, kind);
		return;
	}
	for (guint i = 0; i < hogql_arg_count(set); i++) {
		sql_add(sql, i ? ", " : "");
		hogql_write_as(hw, hogql_arg(set, i), kind);
	}
}

static void write_in(struct hogql_writer *hw, const struct hogql_node *node)
{
	const struct hogql_node *value = hogql_arg(node, 0), *set = behind(hogql_arg(node, 1));
	bool is_in = node->function->form == FORM_in;
	enum hogql_kind kind = node->as == HOGQL_NULL ? HOGQL_TEXT : node->as;
	bool is_list = set->shape == NODE_LIST || set->shape == NODE_ARRAY;

	if (is_list && hogql_arg_count(set) == 0) {
		sql_add(hw->w->sql, is_in ? "(1 = 0)" : "(1 = 1)");
		return;
	}
	/* Plain where it can be, so that an index is used. */
	sql_add(hw->w->sql, "((");
	hogql_write_as(hw, value, kind);
	sql_add(hw->w->sql, is_in ? " IN (" : " NOT IN (");
	write_set(hw, set, kind);
	if (is_in && !hogql_is_nullable_as(value, kind)) {
		sql_add(hw->w->sql, ")))");
	} else {
		sql_add(hw->w->sql, is_in ? ")) IS TRUE)" : ")) IS NOT FALSE)");
	}
}

static void write_choice(struct hogql_writer *hw, const struct hogql_node *node)
{
	guint count = hogql_arg_count(node);
	enum hogql_kind kind = node->type.kind == HOGQL_NULL ? HOGQL_TEXT : node->type.kind;

	sql_add(hw->w->sql, "(CASE");
	for (guint i = 0; i + 1 < count; i += 2) {
		sql_add(hw->w->sql, " WHEN ");
		hogql_write_as(hw, hogql_arg(node, i), HOGQL_BOOLEAN);
		sql_add(hw->w->sql, " THEN ");
		hogql_write_as(hw, hogql_arg(node, i + 1), kind);
	}
	sql_add(hw->w->sql, " ELSE ");
	hogql_write_as(hw, hogql_arg(node, count - 1), kind);
	sql_add(hw->w->sql, " END)");
}

static void write_common(struct hogql_writer *hw, const struct hogql_node *node)
{
	write_alike(hw, node, node->function->form,
		node->type.kind == HOGQL_NULL ? HOGQL_TEXT : node->type.kind);
}

static void write_null_if(struct hogql_writer *hw, const struct hogql_node *node)
{
	sql_add(hw->w->sql, "(CASE WHEN ");
	write_alike(hw, node, FORM_equals_plain, node->as);
	sql_add(hw->w->sql, " THEN NULL ELSE ");
	hogql_write_node(hw, hogql_arg(node, 0));
	sql_add(hw->w->sql, " END)");
}

/* Days and longer go by the clock on the wall, shorter units by the time that passes. */
static enum hogql_form shift_form(const struct hogql_node *node)
{
	bool is_date = node->type.kind == HOGQL_DATE;

	switch (node->unit) {
	case UNIT_SECOND:
		return FORM_shift_second;
	case UNIT_MINUTE:
		return FORM_shift_minute;
	case UNIT_HOUR:
		return FORM_shift_hour;
	case UNIT_DAY:
	case UNIT_WEEK:
		return is_date ? FORM_shift_date : FORM_shift_day;
	case UNIT_MONTH:
	case UNIT_QUARTER:
	case UNIT_YEAR:
		break;
	}
	return is_date ? FORM_shift_date_month : FORM_shift_month;
}

static const char *shift_factor(const struct hogql_node *node)
{
	bool adds = node->function->form == FORM_addDays;

	switch (node->unit) {
	case UNIT_WEEK:
		return adds ? "7" : "-7";
	case UNIT_QUARTER:
		return adds ? "3" : "-3";
	case UNIT_YEAR:
		return adds ? "12" : "-12";
	case UNIT_SECOND:
	case UNIT_MINUTE:
	case UNIT_HOUR:
	case UNIT_DAY:
	case UNIT_MONTH:
		break;
	}
	return adds ? "1" : "-1";
}

static void write_shift(struct hogql_writer *hw, const struct hogql_node *node)
{
	const struct hogql_node *amount = hogql_arg(node, 1);
	struct hogql_slot slots[] = {
		{.node = hogql_arg(node, 0), .kind = node->type.kind},
		{.node = amount, .kind = kind_of_letter(amount, 'n')},
		{.raw = shift_factor(node)},
	};
	struct hogql_filling filling = {.slots = slots, .count = G_N_ELEMENTS(slots)};

	hogql_write_form(hw, shift_form(node), &filling);
}

static void write_apart(struct hogql_writer *hw, const struct hogql_node *node)
{
	static const enum hogql_form forms[] = {[UNIT_SECOND] = FORM_apart_second,
		[UNIT_MINUTE] = FORM_apart_minute,
		[UNIT_HOUR] = FORM_apart_hour,
		[UNIT_DAY] = FORM_apart_day,
		[UNIT_WEEK] = FORM_apart_week,
		[UNIT_MONTH] = FORM_apart_month,
		[UNIT_QUARTER] = FORM_apart_quarter,
		[UNIT_YEAR] = FORM_apart_year};

	write_alike(hw, node, forms[node->unit], HOGQL_INSTANT);
}

/* The weeks of the project, unless the query counts them its own way. */
static void write_week(struct hogql_writer *hw, const struct hogql_node *node)
{
	bool monday =
		node->as == HOGQL_NULL ? hw->w->env->week_start_day == 1 : node->as == HOGQL_COUNT;

	write_by_letters(hw, node, monday ? FORM_week_monday : FORM_week_sunday);
}

static void write_json(struct hogql_writer *hw, const struct hogql_node *node)
{
	enum hogql_form form = node->function->form;
	struct hogql_node path = *hogql_arg(node, 0);
	struct hogql_slot slot = {.node = &path, .kind = HOGQL_TEXT};
	struct hogql_filling filling = {.slots = &slot, .count = 1};

	if (form == FORM_JSONExtractBool) {
		slot.kind = HOGQL_BOOLEAN;
	} else if (form == FORM_JSONExtractInt || form == FORM_JSONExtractFloat) {
		slot.kind = HOGQL_REAL;
	} else if (form == FORM_JSONExtractRaw || form == FORM_JSONHas) {
		path.type.kind = HOGQL_JSON;
		slot.kind = HOGQL_JSON;
	}
	if (path.names->len == 0) {
		slot.node = hogql_arg(&path, 0);
	}
	hogql_write_form(hw, form, &filling);
}

static void write_element(struct hogql_writer *hw, const struct hogql_node *node)
{
	if (hogql_arg_count(node) == 1) {
		hogql_write_node(hw, hogql_arg(node, 0));
		return;
	}
	{
		const struct hogql_node *index = hogql_arg(node, 1);
		struct hogql_slot slots[] = {
			{.node = hogql_arg(node, 0), .kind = HOGQL_ARRAY},
			{.node = index,
				.kind = kind_of_letter(index, 'n'),
				.form = FORM_small_integer},
		};
		struct hogql_filling filling = {.slots = slots, .count = G_N_ELEMENTS(slots)};

		hogql_write_form(hw, FORM_element, &filling);
	}
}

static void write_has(struct hogql_writer *hw, const struct hogql_node *node)
{
	const struct hogql_node *array = hogql_arg(node, 0);
	struct hogql_slot slots[] = {
		{.node = array, .kind = HOGQL_ARRAY},
		{.node = hogql_arg(node, 1), .kind = array->type.element},
	};
	struct hogql_filling filling = {.slots = slots, .count = G_N_ELEMENTS(slots)};

	hogql_write_form(hw, FORM_has, &filling);
}

/* The largest of a property is the largest number where all of them are numbers. */
static void write_extreme(struct hogql_writer *hw, const struct hogql_node *node)
{
	bool is_max = node->function->form == FORM_max;

	if (node->as == HOGQL_DYNAMIC) {
		const struct hogql_node *arg = hogql_arg(node, 0);
		struct hogql_slot slots[] = {
			{.node = arg, .kind = HOGQL_TEXT}, {.node = arg, .kind = HOGQL_REAL}};
		struct hogql_filling filling = {.slots = slots,
			.count = G_N_ELEMENTS(slots),
			.call = node,
			.is_text = true};

		hogql_write_form(hw, is_max ? FORM_max_dynamic : FORM_min_dynamic, &filling);
		return;
	}
	write_alike(hw, node, node->function->form, node->as);
}

static void write_any(struct hogql_writer *hw, const struct hogql_node *node)
{
	enum hogql_kind kind = hogql_arg(node, 0)->type.kind;
	bool has_no_order = kind == HOGQL_BOOLEAN || kind == HOGQL_UUID || kind == HOGQL_JSON;

	write_by_letters(hw, node, has_no_order ? FORM_any_json : FORM_any);
}

static void write_quantile(struct hogql_writer *hw, const struct hogql_node *node)
{
	const struct hogql_node *arg = hogql_arg(node, 0);
	struct hogql_slot slots[] = {
		{.node = arg, .kind = kind_of_letter(arg, 'n'), .form = hogql_real_form(arg)},
		{.raw = "0.5"},
	};
	struct hogql_filling filling = {.slots = slots, .count = G_N_ELEMENTS(slots), .call = node};

	if (node->parameters) {
		slots[1] = (struct hogql_slot){
			.node = g_ptr_array_index(node->parameters, 0), .kind = HOGQL_REAL};
	}
	hogql_write_form(hw, FORM_quantile, &filling);
}

static void write_count(struct hogql_writer *hw, const struct hogql_node *node)
{
	bool is_uniq = node->function->form == FORM_uniq;

	if (hogql_arg_count(node) == 0) {
		write_by_letters(hw, node, FORM_count_all);
	} else {
		write_by_letters(
			hw, node, is_uniq || node->is_distinct ? FORM_count_distinct : FORM_count);
	}
}

static void write_sum_of(struct hogql_writer *hw, const struct hogql_node *node)
{
	write_by_letters(hw, node, node->type.is_nullable ? FORM_sum : FORM_sum_zero);
}

static void write_length(struct hogql_writer *hw, const struct hogql_node *node)
{
	const struct hogql_node *arg = hogql_arg(node, 0);
	enum hogql_form form = node->function->form;

	if (arg->type.kind == HOGQL_ARRAY) {
		form = form == FORM_length  ? FORM_length_array
		       : form == FORM_empty ? FORM_empty_array
					    : FORM_not_empty_array;
		write_alike(hw, node, form, HOGQL_ARRAY);
	} else {
		write_alike(hw, node, form, HOGQL_TEXT);
	}
}

static void write_neighbour(struct hogql_writer *hw, const struct hogql_node *node)
{
	guint count = hogql_arg_count(node);
	enum hogql_kind kind = node->type.kind == HOGQL_NULL ? HOGQL_TEXT : node->type.kind;
	struct hogql_slot slots[3] = {{.node = hogql_arg(node, 0), .kind = kind}};
	struct hogql_filling filling = {.slots = slots, .count = count, .call = node};

	if (count > 1) {
		const struct hogql_node *offset = hogql_arg(node, 1);

		slots[1] = (struct hogql_slot){.node = offset,
			.kind = kind_of_letter(offset, 'n'),
			.form = FORM_small_integer};
	}
	if (count > 2) {
		slots[2] = (struct hogql_slot){.node = hogql_arg(node, 2), .kind = kind};
	}
	hogql_write_form(hw, node->function->form, &filling);
}

static void write_as_written(struct hogql_writer *hw, const struct hogql_node *node)
{
	write_by_letters(hw, node, node->function->form);
}

static void write_numbers(struct hogql_writer *hw, const struct hogql_node *node)
{
	write_alike(hw, node, node->function->form, HOGQL_REAL);
}

static void write_format(struct hogql_writer *hw, const struct hogql_node *node)
{
	struct hogql_slot slots[] = {
		{.node = hogql_arg(node, 0), .kind = HOGQL_INSTANT},
		{.node = hogql_arg(node, 1), .kind = HOGQL_TEXT},
	};
	struct hogql_filling filling = {.slots = slots, .count = G_N_ELEMENTS(slots)};

	hogql_write_form(hw, FORM_formatDateTime, &filling);
}

static const struct {
	enum hogql_form form;
	void (*write)(struct hogql_writer *hw, const struct hogql_node *node);
} specials[] = {
	{FORM_addDays, write_shift},
	{FORM_any, write_any},
	{FORM_arrayElement, write_element},
	{FORM_coalesce, write_common},
	{FORM_count, write_count},
	{FORM_dateDiff, write_apart},
	{FORM_empty, write_length},
	{FORM_equals, write_equality},
	{FORM_formatDateTime, write_format},
	{FORM_greater, write_comparison},
	{FORM_greaterOrEquals, write_comparison},
	{FORM_greatest, write_common},
	{FORM_has, write_has},
	{FORM_if, write_choice},
	{FORM_in, write_in},
	{FORM_JSONExtractBool, write_json},
	{FORM_JSONExtractFloat, write_json},
	{FORM_JSONExtractInt, write_json},
	{FORM_JSONExtractRaw, write_json},
	{FORM_JSONExtractString, write_json},
	{FORM_JSONHas, write_json},
	{FORM_lag, write_neighbour},
	{FORM_lead, write_neighbour},
	{FORM_least, write_common},
	{FORM_length, write_length},
	{FORM_less, write_comparison},
	{FORM_lessOrEquals, write_comparison},
	{FORM_max, write_extreme},
	{FORM_median, write_quantile},
	{FORM_min, write_extreme},
	{FORM_minus, write_numbers},
	{FORM_multiIf, write_choice},
	{FORM_notEmpty, write_length},
	{FORM_notEquals, write_equality},
	{FORM_notIn, write_in},
	{FORM_nullIf, write_null_if},
	{FORM_plus, write_numbers},
	{FORM_quantile, write_quantile},
	{FORM_subtractDays, write_shift},
	{FORM_sum, write_sum_of},
	{FORM_toStartOfWeek, write_week},
	{FORM_uniq, write_count},
};

void hogql_write_call(struct hogql_writer *hw, const struct hogql_node *node)
{
	for (size_t i = 0; i < G_N_ELEMENTS(specials); i++) {
		if (specials[i].form == node->function->form) {
			specials[i].write(hw, node);
			return;
		}
	}
	write_as_written(hw, node);
}
