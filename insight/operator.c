#include "insight/operator.h"

#include "insight/brief.h"
#include "insight/pattern.h"

#include <glib.h>
#include <string.h>

enum { MAX_VALUES = 1000, NUMBER_CHARACTERS = 64 };

enum operand_kind {
	OPERAND_NONE,
	OPERAND_TEXTS,
	OPERAND_PATTERNS,
	OPERAND_NUMBER,
	OPERAND_RANGE,
	OPERAND_DATE,
	OPERAND_VERSION,
	OPERAND_CARET,
	OPERAND_TILDE,
	OPERAND_WILDCARD
};

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

static void claim_version_gt(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->compares_version(w, p, COMPARE_GT, &o->first);
}

static void claim_version_gte(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->compares_version(w, p, COMPARE_GTE, &o->first);
}

static void claim_version_lt(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->compares_version(w, p, COMPARE_LT, &o->first);
}

static void claim_version_lte(struct writer *w, const struct property *p, const struct operand *o)
{
	w->dialect->compares_version(w, p, COMPARE_LTE, &o->first);
}

static void claim_version_eq(struct writer *w, const struct property *p, const struct operand *o)
{
	claim_version_gte(w, p, o);
	sql_add(w->sql, " AND ");
	claim_version_lte(w, p, o);
}

/* From the first up to, and without, the next that is no longer compatible. */
static void claim_version_in(struct writer *w, const struct property *p, const struct operand *o)
{
	claim_version_gte(w, p, o);
	sql_add(w->sql, " AND ");
	w->dialect->compares_version(w, p, COMPARE_LT, &o->end);
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

static bool check_patterns(const struct operand *o, struct fault *f)
{
	for (guint i = 0; i < o->texts->len; i++) {
		if (!pattern_check(g_ptr_array_index(o->texts, i), "value", f)) {
			return false;
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

/* "1.2.3", "v1.2", "1.2.3-beta", and for a wildcard "1.2.*"; parts that are missing are 0. */
static bool read_version(
	const char *text, bool is_wildcard, struct version *out, unsigned *parts, struct fault *f)
{
	const char *p = text;
	char shown[BRIEF_BYTES];

	*out = (struct version){.part = {0}};
	*parts = 0;
	p += *p == 'v' || *p == 'V';
	while (*parts < VERSION_PARTS && g_ascii_isdigit(*p)) {
		size_t digits = strspn(p, "0123456789");

		if (digits > 9) {
			break;
		}
		out->part[(*parts)++] = (int)g_ascii_strtoll(p, NULL, 10);
		p += digits;
		if (*p != '.') {
			break;
		}
		p++;
	}
	if (is_wildcard && *parts > 0 && strcmp(p, "*") == 0) {
		return true;
	}
	out->is_before_release = *p == '-';
	if (*parts == 0 || p[-1] == '.' || (*p && *p != '-' && *p != '+') || is_wildcard) {
		return fault_set(f, FAULT_QUERY, "value: '%s' is not a version%s",
			brief(text, shown), is_wildcard ? " that ends in .*" : "");
	}
	return true;
}

/* ^1.2.3 ends before 2.0.0, ^0.2.3 before 0.3.0, ^0.0.3 before 0.0.4; ~1.2.3 before 1.3.0 and ~1
 * before 2.0.0; 1.2.* before 1.3.0 (semver ranges as npm has them). */
static unsigned part_that_grows(
	enum operand_kind needs, const struct version *first, unsigned parts)
{
	unsigned i = 0;

	if (needs == OPERAND_CARET) {
		while (i + 1 < parts && first->part[i] == 0) {
			i++;
		}
		return i;
	}
	if (needs == OPERAND_TILDE) {
		return parts > 1 ? 1 : 0;
	}
	return parts - 1;
}

static bool read_versions(
	enum operand_kind needs, const char *text, struct operand *out, struct fault *f)
{
	unsigned parts, i;

	if (!read_version(text, needs == OPERAND_WILDCARD, &out->first, &parts, f)) {
		return false;
	}
	i = part_that_grows(needs, &out->first, parts);
	/* what comes before a release of the end is not compatible either */
	out->end = (struct version){.is_before_release = true};
	memcpy(out->end.part, out->first.part, (i + 1) * sizeof *out->end.part);
	out->end.part[i]++;
	return true;
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
		(op->needs != OPERAND_TEXTS && op->needs != OPERAND_PATTERNS &&
			!*(char *)g_ptr_array_index(out->texts, 0));
	if (empty) {
		*is_complete = false;
		return true;
	}
	switch (op->needs) {
	case OPERAND_NONE:
	case OPERAND_TEXTS:
		return true;
	case OPERAND_PATTERNS:
		return check_patterns(out, f);
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
	case OPERAND_VERSION:
	case OPERAND_CARET:
	case OPERAND_TILDE:
	case OPERAND_WILDCARD:
		if (out->texts->len != 1) {
			return fault_set(f, FAULT_QUERY, "value: '%s' takes one version", op->name);
		}
		return read_versions(op->needs, g_ptr_array_index(out->texts, 0), out, f);
	}
	return true;
}

void operand_finish(struct operand *o)
{
	if (o->texts) {
		g_ptr_array_unref(o->texts);
	}
}

/* The opposite of a claim about an absent property is about a present one. */
static void write_positive(const struct operator* op, struct writer *w, const struct property *p,
	const struct operand *o)
{
	if (op->claim == claim_absent) {
		claim_present(w, p, o);
	} else {
		op->claim(w, p, o);
	}
}

/* IS TRUE keeps the list a list that is made once and looked up by its hash: as a join, a wrong
 * guess of how many people a claim keeps would cost an index search for each of them. */
static void write_of_person(const struct operator* op, struct writer *w, const struct property *p,
	const struct operand *o)
{
	struct property theirs = {.owner = p->owner, .key = p->key, .table = "persons"};
	bool is_negative = op->negated || op->claim == claim_absent;

	sql_addf(w->sql,
		"((%s %sIN (SELECT persons.id FROM persons WHERE persons.project_id = ", w->person,
		is_negative ? "NOT " : "");
	writer_project(w);
	sql_add(w->sql, " AND (");
	write_positive(op, w, &theirs, o);
	sql_add(w->sql, "))) IS TRUE)");
}

static void write_of_group(const struct operator* op, struct writer *w, const struct property *p,
	const struct operand *o)
{
	struct property theirs = {.owner = p->owner, .key = p->key, .table = "groups"};
	bool is_negative = op->negated || op->claim == claim_absent;

	sql_addf(w->sql,
		"((events.group_%d %sIN (SELECT groups.group_key FROM groups"
		" WHERE groups.project_id = ",
		p->group_index, is_negative ? "NOT " : "");
	writer_project(w);
	sql_addf(w->sql, " AND groups.group_type_index = %d AND (", p->group_index);
	write_positive(op, w, &theirs, o);
	sql_add(w->sql, "))) IS TRUE)");
}

void operator_write(const struct operator* op, struct writer *w, const struct property *p,
	const struct operand *o)
{
	if (p->owner == PROPERTY_OF_person && !p->table) {
		write_of_person(op, w, p, o);
		return;
	}
	if (p->owner == PROPERTY_OF_group && !p->table) {
		write_of_group(op, w, p, o);
		return;
	}
	sql_add(w->sql, "(");
	op->claim(w, p, o);
	sql_add(w->sql, op->negated ? ") IS NOT TRUE" : ")");
}
