#include "insight/operator.h"

#include "insight/brief.h"

#include <glib.h>
#include <string.h>

enum { MAX_VALUES = 1000, NUMBER_CHARACTERS = 64 };

enum operand_kind { OPERAND_NONE, OPERAND_TEXTS, OPERAND_NUMBER, OPERAND_RANGE, OPERAND_DATE };

typedef void (*claim_fn)(struct writer *w, const struct property *p, const struct operand *o);

struct operator
{
	const char *name;
	claim_fn claim; /* NULL: elsewhere */
	enum operand_kind needs;
	bool negated;
};

static void claim_equals(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->equals_any(w, p, o->texts);
}

static void claim_contains(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->contains_any(w, p, o->texts);
}

static void claim_matches(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->matches_any(w, p, o->texts);
}

static void claim_present(struct writer *w, const struct property *p, const struct operand *o)
{
	(void)o;
	w->dialect->text(w, p);
	sql_add(w->sql, " IS NOT NULL");
}

static void claim_absent(struct writer *w, const struct property *p, const struct operand *o)
{
	(void)o;
	w->dialect->text(w, p);
	sql_add(w->sql, " IS NULL");
}

static void claim_gt(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->compares(w, p, COMPARE_GT, g_ptr_array_index(o->texts, 0));
}

static void claim_gte(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->compares(w, p, COMPARE_GTE, g_ptr_array_index(o->texts, 0));
}

static void claim_lt(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->compares(w, p, COMPARE_LT, g_ptr_array_index(o->texts, 0));
}

static void claim_lte(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->compares(w, p, COMPARE_LTE, g_ptr_array_index(o->texts, 0));
}

static void claim_in_range(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->compares(w, p, COMPARE_GTE, g_ptr_array_index(o->texts, 0));
	sql_add(w->sql, " AND ");
	w->dialect->compares(w, p, COMPARE_LTE, g_ptr_array_index(o->texts, 1));
}

static void claim_out_of_range(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->compares(w, p, COMPARE_LT, g_ptr_array_index(o->texts, 0));
	sql_add(w->sql, " OR ");
	w->dialect->compares(w, p, COMPARE_GT, g_ptr_array_index(o->texts, 1));
}

static void claim_before(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->is_before(w, p, o->first_us);
}

static void claim_after(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->is_after(w, p, o->last_us);
}

static void claim_at(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->is_after(w, p, o->first_us - 1);
	sql_add(w->sql, " AND ");
	w->dialect->is_before(w, p, o->last_us + 1);
}

static const struct operator operators[] = {
#define OPERATOR(name, needs, claim, negated) {#name, claim_##claim, needs, negated},
#define OPERATOR_ELSEWHERE(name) {#name, NULL, OPERAND_NONE, false},
#include "insight/operator.def"
#undef OPERATOR
#undef OPERATOR_ELSEWHERE
};

bool operator_lookup(const char *name, const struct operator** out, struct fault *f)
{
	char shown[BRIEF_BYTES];

	for (size_t i = 0; i < G_N_ELEMENTS(operators); i++) {
		if (strcmp(operators[i].name, name) != 0) {
			continue;
		}
		if (!operators[i].claim) {
			return fault_set(
				f, FAULT_UNSUPPORTED, "operator: '%s' is not computed here", name);
		}
		*out = &operators[i];
		return true;
	}
	return fault_set(f, FAULT_QUERY, "operator: '%s' is not an operator", brief(name, shown));
}

/* What `properties ->> key` gives for the same JSON value; whole reals lose their ".0", for
 * JavaScript, which writes most queries, knows no other way to say them. */
static char *text_of(const json_t *value)
{
	char number[32];
	size_t length;

	switch (json_typeof(value)) {
	case JSON_STRING:
		return g_strdup(json_string_value(value));
	case JSON_REAL:
		json_real_text(json_real_value(value), number);
		length = strlen(number);
		if (length > 2 && strcmp(number + length - 2, ".0") == 0) {
			number[length - 2] = '\0';
		}
		return g_strdup(number);
	case JSON_INTEGER:
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_OBJECT:
	case JSON_ARRAY:
	case JSON_NULL:
		break;
	}
	return json_write(value);
}

static bool is_number(const char *text)
{
	const char *p = text;
	size_t whole, part = 0;

	if (strlen(text) > NUMBER_CHARACTERS) {
		return false;
	}
	p += *p == '+' || *p == '-';
	whole = strspn(p, "0123456789");
	p += whole;
	if (*p == '.') {
		p++;
		part = strspn(p, "0123456789");
		p += part;
	}
	if (whole + part == 0) {
		return false;
	}
	if (*p == 'e' || *p == 'E') {
		size_t digits;

		p++;
		p += *p == '+' || *p == '-';
		digits = strspn(p, "0123456789");
		if (digits < 1 || digits > 3) {
			return false;
		}
		p += digits;
	}
	return *p == '\0';
}

static bool check_numbers(const struct operand *o, struct fault *f)
{
	char shown[BRIEF_BYTES];

	for (guint i = 0; i < o->texts->len; i++) {
		const char *text = g_ptr_array_index(o->texts, i);

		if (!is_number(text)) {
			return fault_set(
				f, FAULT_QUERY, "value: '%s' is not a number", brief(text, shown));
		}
	}
	return true;
}

static bool read_texts(const json_t *value, struct operand *out, struct fault *f)
{
	const json_t *member;
	size_t i;

	if (!json_is_array(value)) {
		if (value && !json_is_null(value)) {
			g_ptr_array_add(out->texts, text_of(value));
		}
		return true;
	}
	if (json_array_size(value) > MAX_VALUES) {
		return fault_set(f, FAULT_QUERY, "value: %zu values are more than %d",
			json_array_size(value), MAX_VALUES);
	}
	json_array_foreach(value, i, member)
	{
		if (!json_is_null(member)) {
			g_ptr_array_add(out->texts, text_of(member));
		}
	}
	return true;
}

static bool read_date(
	const char *text, const struct date_place *place, struct operand *out, struct fault *f)
{
	struct date_text date;
	char shown[BRIEF_BYTES];

	if (!date_read(text, "value", &date, f)) {
		return false;
	}
	if (date.form == DATE_ALL) {
		return fault_set(f, FAULT_DATE, "value: '%s' is not a date", brief(text, shown));
	}
	return date_span(&date, text, "value", place, &out->first_us, &out->last_us, f);
}

bool operand_read(const struct operator* op, const json_t *value, const struct date_place *place,
	struct operand *out, bool *is_complete, struct fault *f)
{
	bool empty;

	*out = (struct operand){.texts = g_ptr_array_new_with_free_func(g_free)};
	*is_complete = true;
	if (op->needs == OPERAND_NONE) {
		return true;
	}
	if (!read_texts(value, out, f)) {
		return false;
	}
	empty = out->texts->len == 0 ||
		(op->needs != OPERAND_TEXTS && !*(char *)g_ptr_array_index(out->texts, 0));
	if (empty) {
		*is_complete = false;
		return true;
	}
	switch (op->needs) {
	case OPERAND_NONE:
	case OPERAND_TEXTS:
		return true;
	case OPERAND_NUMBER:
		if (out->texts->len != 1) {
			return fault_set(f, FAULT_QUERY, "value: '%s' takes one number", op->name);
		}
		return check_numbers(out, f);
	case OPERAND_RANGE:
		if (out->texts->len != 2) {
			return fault_set(f, FAULT_QUERY, "value: '%s' takes two numbers", op->name);
		}
		return check_numbers(out, f);
	case OPERAND_DATE:
		if (out->texts->len != 1) {
			return fault_set(f, FAULT_QUERY, "value: '%s' takes one date", op->name);
		}
		return read_date(g_ptr_array_index(out->texts, 0), place, out, f);
	}
	return true;
}

void operand_finish(struct operand *o)
{
	if (o->texts) {
		g_ptr_array_unref(o->texts);
	}
}

void operator_write(const struct operator* op, struct writer *w, const struct property *p,
	const struct operand *o)
{
	sql_add(w->sql, "(");
	op->claim(w, p, o);
	sql_add(w->sql, op->negated ? ") IS NOT TRUE" : ")");
}
