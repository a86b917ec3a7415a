/* Calls about time: intervals, shifts, differences, cuts, formats. */
#include "insight/hogql_special.h"

#include "insight/brief.h"

#include <string.h>

enum { MAX_FORMAT = 200 };

static const struct {
	const char *word;
	enum calendar_unit unit;
} units[] = {{"second", UNIT_SECOND}, {"minute", UNIT_MINUTE}, {"hour", UNIT_HOUR},
	{"day", UNIT_DAY}, {"week", UNIT_WEEK}, {"month", UNIT_MONTH}, {"quarter", UNIT_QUARTER},
	{"year", UNIT_YEAR}};

/* "Days" of addDays, 'day' and day of dateDiff. */
static bool unit_of(const char *text, enum calendar_unit *out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		size_t length = strlen(units[i].word);

		if (g_ascii_strncasecmp(text, units[i].word, length) == 0 &&
			(!text[length] || g_ascii_strcasecmp(text + length, "s") == 0)) {
			*out = units[i].unit;
			return true;
		}
	}
	return false;
}

static bool read_unit(struct hogql_resolver *r, struct hogql_node *node)
{
	const struct hogql_node *arg = hogql_arg(node, 0);
	char shown[BRIEF_BYTES];

	if (arg->text && (arg->shape == NODE_TEXT || arg->shape == NODE_NAME) &&
		unit_of(arg->text, &node->unit)) {
		return true;
	}
	return hogql_fault(r->fault, FAULT_QUERY, arg->place, "'%s' is not a unit of time",
		brief(arg->text ? arg->text : "", shown));
}

/* The node is a shift of args[0] by args[1] units. */
static bool resolve_shift(struct hogql_resolver *r, struct hogql_node *node)
{
	struct hogql_node *time = hogql_arg(node, 0), *amount = hogql_arg(node, 1);

	if (!hogql_check_letter(r, node, time, 'D') || !hogql_check_letter(r, node, amount, 'n')) {
		return false;
	}
	node->type.kind = time->type.kind == HOGQL_DATE && node->unit >= UNIT_DAY ? HOGQL_DATE
										  : HOGQL_INSTANT;
	node->type.is_nullable =
		time->type.is_nullable || amount->type.is_nullable ||
		(hogql_kind_is_text(time->type.kind) && time->shape != NODE_TEXT) ||
		hogql_kind_is_text(amount->type.kind);
	return true;
}

/* Puts the amount and the unit of an interval in the place of argument `at`. */
static void open_interval(struct hogql_node *node, guint at)
{
	const struct hogql_node *interval = hogql_behind_alias(hogql_arg(node, at));

	node->unit = interval->unit;
	node->args->pdata[at] = hogql_arg(interval, 0);
}

static void swap_args(struct hogql_node *node, guint a, guint b)
{
	gpointer held = node->args->pdata[a];

	node->args->pdata[a] = node->args->pdata[b];
	node->args->pdata[b] = held;
}

static bool is_interval(const struct hogql_node *node)
{
	return node->type.kind == HOGQL_INTERVAL;
}

static void set_form(struct hogql_node *node, const char *name)
{
	bool has_condition;

	node->function = hogql_function_lookup(name, &has_condition);
}

/* dateAdd(x, INTERVAL 1 DAY), dateAdd('day', 1, x). */
bool hogql_resolve_date_add(struct hogql_resolver *r, struct hogql_node *node)
{
	bool adds = node->function->form == FORM_dateAdd;

	if (hogql_arg_count(node) == 3) {
		if (!read_unit(r, node)) {
			return false;
		}
		g_ptr_array_remove_index(node->args, 0);
		swap_args(node, 0, 1);
	} else if (is_interval(hogql_arg(node, 1))) {
		open_interval(node, 1);
	} else {
		return hogql_fault(r->fault, FAULT_QUERY, hogql_arg(node, 1)->place,
			"%s takes an interval here", node->function->name);
	}
	set_form(node, adds ? "addDays" : "subtractDays");
	return resolve_shift(r, node);
}

bool hogql_resolve_sum(struct hogql_resolver *r, struct hogql_node *node)
{
	bool adds = node->function->form == FORM_plus;
	struct hogql_node *a = hogql_arg(node, 0), *b = hogql_arg(node, 1);

	if (adds && (is_interval(a) || (hogql_kind_is_time(b->type.kind) &&
					       !hogql_kind_is_time(a->type.kind)))) {
		swap_args(node, 0, 1);
		a = hogql_arg(node, 0);
		b = hogql_arg(node, 1);
	}
	if (is_interval(b)) {
		open_interval(node, 1);
		set_form(node, adds ? "addDays" : "subtractDays");
		return resolve_shift(r, node);
	}
	if (hogql_kind_is_time(a->type.kind) && hogql_kind_is_number(b->type.kind)) {
		node->unit = a->type.kind == HOGQL_DATE ? UNIT_DAY : UNIT_SECOND;
		set_form(node, adds ? "addDays" : "subtractDays");
		return resolve_shift(r, node);
	}
	if (!hogql_check_letter(r, node, a, 'n') || !hogql_check_letter(r, node, b, 'n')) {
		return false;
	}
	if (hogql_kind_is_time(a->type.kind) || hogql_kind_is_time(b->type.kind)) {
		if (adds || !hogql_kind_is_time(a->type.kind) ||
			!hogql_kind_is_time(b->type.kind)) {
			return hogql_incomparable(r, node, a, b);
		}
		node->type.kind = HOGQL_INTEGER;
		node->type.is_nullable = hogql_any_nullable(node, 0);
		node->unit = a->type.kind == HOGQL_DATE && b->type.kind == HOGQL_DATE ? UNIT_DAY
										      : UNIT_SECOND;
		swap_args(node, 0, 1);
		set_form(node, "dateDiff");
		return true;
	}
	node->type.kind = HOGQL_INTEGER;
	for (guint i = 0; i < 2; i++) {
		const struct hogql_node *arg = hogql_arg(node, i);
		enum hogql_kind kind = arg->type.kind;

		if (kind != HOGQL_INTEGER && kind != HOGQL_COUNT && kind != HOGQL_BOOLEAN) {
			node->type.kind = HOGQL_REAL;
		}
		node->type.is_nullable =
			node->type.is_nullable || arg->type.is_nullable || hogql_kind_is_text(kind);
	}
	return true;
}

bool hogql_resolve_date_diff(struct hogql_resolver *r, struct hogql_node *node)
{
	if (!read_unit(r, node)) {
		return false;
	}
	g_ptr_array_remove_index(node->args, 0);
	node->type.kind = HOGQL_INTEGER;
	for (guint i = 0; i < 2; i++) {
		struct hogql_node *arg = hogql_arg(node, i);

		if (!hogql_check_letter(r, node, arg, 's')) {
			return false;
		}
		node->type.is_nullable =
			node->type.is_nullable || arg->type.is_nullable ||
			(hogql_kind_is_text(arg->type.kind) && arg->shape != NODE_TEXT);
	}
	return true;
}

/* The function that cuts a time to a unit. */
static const char *start_of(enum calendar_unit unit)
{
	static const char *const names[] = {[UNIT_SECOND] = "toStartOfSecond",
		[UNIT_MINUTE] = "toStartOfMinute",
		[UNIT_HOUR] = "toStartOfHour",
		[UNIT_DAY] = "toStartOfDay",
		[UNIT_WEEK] = "toStartOfWeek",
		[UNIT_MONTH] = "toStartOfMonth",
		[UNIT_QUARTER] = "toStartOfQuarter",
		[UNIT_YEAR] = "toStartOfYear"};

	return names[unit];
}

static bool cut_to(struct hogql_resolver *r, struct hogql_node *node, const char *function)
{
	struct hogql_node *time = hogql_arg(node, 0);

	set_form(node, function);
	if (!hogql_check_letter(r, node, time, 's')) {
		return false;
	}
	node->type.kind = node->function->form == FORM_toStartOfWeek ||
					  strcmp(node->function->gives, "D") == 0
				  ? HOGQL_DATE
				  : HOGQL_INSTANT;
	node->type.is_nullable = time->type.is_nullable ||
				 (hogql_kind_is_text(time->type.kind) && time->shape != NODE_TEXT);
	return true;
}

/* toStartOfWeek(x, 0) begins weeks on Sunday, 1 on Monday; without it the project says. */
bool hogql_resolve_week(struct hogql_resolver *r, struct hogql_node *node)
{
	if (hogql_arg_count(node) == 2) {
		const struct hogql_node *mode = hogql_arg(node, 1);

		if (mode->shape != NODE_NUMBER ||
			(strcmp(mode->text, "0") != 0 && strcmp(mode->text, "1") != 0 &&
				strcmp(mode->text, "3") != 0)) {
			return hogql_fault(r->fault, FAULT_UNSUPPORTED, mode->place,
				"this way of counting weeks is not computed here");
		}
		node->as = strcmp(mode->text, "0") == 0 ? HOGQL_TEXT : HOGQL_COUNT;
		g_ptr_array_remove_index(node->args, 1);
	}
	return cut_to(r, node, "toStartOfWeek");
}

bool hogql_resolve_trunc(struct hogql_resolver *r, struct hogql_node *node)
{
	if (!read_unit(r, node)) {
		return false;
	}
	g_ptr_array_remove_index(node->args, 0);
	return cut_to(r, node, start_of(node->unit));
}

bool hogql_resolve_interval_start(struct hogql_resolver *r, struct hogql_node *node)
{
	const struct hogql_node *interval = hogql_behind_alias(hogql_arg(node, 1)), *amount;
	const char *function = NULL;

	if (!is_interval(interval)) {
		return hogql_fault(r->fault, FAULT_QUERY, interval->place, "%s takes an interval",
			node->function->name);
	}
	amount = hogql_arg(interval, 0);
	if (amount->shape == NODE_NUMBER && strcmp(amount->text, "1") == 0) {
		function = start_of(interval->unit);
	} else if (amount->shape == NODE_NUMBER && interval->unit == UNIT_MINUTE) {
		function = strcmp(amount->text, "5") == 0    ? "toStartOfFiveMinutes"
			   : strcmp(amount->text, "10") == 0 ? "toStartOfTenMinutes"
			   : strcmp(amount->text, "15") == 0 ? "toStartOfFifteenMinutes"
							     : NULL;
	}
	if (!function) {
		return hogql_fault(r->fault, FAULT_UNSUPPORTED, amount->place,
			"an interval of this length is not computed here");
	}
	g_ptr_array_remove_index(node->args, 1);
	return cut_to(r, node, function);
}

/* ClickHouse's and MySQL's letters to those of the dialects (to_char). */
static bool convert_format(struct hogql_resolver *r, struct hogql_node *format)
{
	static const struct {
		char letter;
		const char *pattern;
	} specifiers[] = {{'Y', "YYYY"}, {'y', "YY"}, {'m', "MM"}, {'c', "FMMM"}, {'d', "DD"},
		{'e', "FMDD"}, {'H', "HH24"}, {'k', "FMHH24"}, {'h', "HH12"}, {'I', "HH12"},
		{'i', "MI"}, {'M', "FMMonth"}, {'b', "Mon"}, {'S', "SS"}, {'s', "SS"}, {'f', "US"},
		{'F', "YYYY-MM-DD"}, {'T', "HH24:MI:SS"}, {'R', "HH24:MI"}, {'D', "MM/DD/YY"},
		{'a', "Dy"}, {'W', "FMDay"}, {'u', "ID"}, {'j', "DDD"}, {'p', "AM"}, {'Q', "Q"},
		{'G', "IYYY"}, {'g', "IY"}, {'V', "IW"}};
	g_autoptr(GString) out = g_string_new(NULL);

	if (format->shape != NODE_TEXT || strlen(format->text) > MAX_FORMAT) {
		return hogql_fault(r->fault, FAULT_UNSUPPORTED, format->place,
			"a format that is not written out is not computed here");
	}
	for (const char *c = format->text; *c; c++) {
		const char *pattern = NULL;

		if (*c != '%' || c[1] == '%') {
			c += *c == '%';
			g_string_append(out, *c == '"' || *c == '\\' ? "\"\\" : "\"");
			g_string_append_c(out, *c);
			g_string_append_c(out, '"');
			continue;
		}
		c++;
		for (size_t i = 0; i < G_N_ELEMENTS(specifiers); i++) {
			if (*c && specifiers[i].letter == *c) {
				pattern = specifiers[i].pattern;
			}
		}
		if (!pattern) {
			return hogql_fault(r->fault, FAULT_UNSUPPORTED, format->place,
				"this format of a date is not computed here");
		}
		g_string_append(out, pattern);
	}
	format->text = hogql_tree_text(r->tree, out->str, out->len);
	return true;
}

bool hogql_resolve_format(struct hogql_resolver *r, struct hogql_node *node)
{
	struct hogql_node *time = hogql_arg(node, 0), *format = hogql_arg(node, 1);
	struct hogql_node *own = hogql_resolve_new(r, NODE_TEXT, format->place);

	if (!own || !hogql_check_letter(r, node, time, 's')) {
		return false;
	}
	/* The text may stand elsewhere too, as an alias. */
	format = hogql_behind_alias(format);
	own->shape = format->shape;
	own->text = format->text;
	own->type.kind = HOGQL_TEXT;
	own->is_resolved = true;
	node->args->pdata[1] = own;
	node->type.kind = HOGQL_TEXT;
	node->type.is_nullable = time->type.is_nullable ||
				 (hogql_kind_is_text(time->type.kind) && time->shape != NODE_TEXT);
	return convert_format(r, own);
}

bool hogql_resolve_interval(struct hogql_resolver *r, struct hogql_node *node)
{
	node->type.kind = HOGQL_INTERVAL;
	return unit_of(node->function->name + strlen("toInterval"), &node->unit) &&
	       hogql_check_letter(r, node, hogql_arg(node, 0), 'n');
}

bool hogql_resolve_shift_named(struct hogql_resolver *r, struct hogql_node *node)
{
	const char *name = node->function->name;
	bool adds = g_str_has_prefix(name, "add");

	if (!unit_of(name + strlen(adds ? "add" : "subtract"), &node->unit)) {
		return false;
	}
	set_form(node, adds ? "addDays" : "subtractDays");
	return resolve_shift(r, node);
}
