#include "tests/unit/insight/world_filter.h"

#include "tests/unit/insight/world_axis.h"
#include "tests/unit/insight/world_session.h"
#include "tests/unit/insight/world_version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_CHARACTERS = 64 };

/* What an operator is asked: does the text `x` (never NULL) agree with the filter's value? */
struct question {
	const struct world *w;
	const char *op, *x;
	GPtrArray *texts; /* the filter's values, as text */
};

typedef bool (*agrees_fn)(const struct question *q);

char *world_filter_text(const struct world *w, const struct world_event *e, const char *type,
	int group_index, const char *key)
{
	if (strcmp(type, "person") == 0) {
		const struct world_person *person = world_person_of(w, e);

		return person ? world_text(person->properties, key) : NULL;
	}
	if (strcmp(type, "group") == 0) {
		const struct world_group *group =
			world_group(w, group_index, e->groups[group_index]);

		return group ? world_text(group->properties, key) : NULL;
	}
	if (strcmp(type, "session") == 0) {
		return world_session_text(w, e, key);
	}
	if (strcmp(type, "event_metadata") == 0) {
		return world_metadata_text(e, key);
	}
	g_assert(strcmp(type, "event") == 0);
	return world_text(e->properties, key);
}

/* A value of a query: JavaScript writes 7 for 7.0. */
static void add_text(GPtrArray *texts, json_t *value)
{
	json_t *object;
	char *text;

	if (!value || json_is_null(value)) {
		return;
	}
	object = json_pack("{s:O}", "x", value);
	text = world_text(object, "x");
	if (json_is_real(value) && g_str_has_suffix(text, ".0")) {
		*strrchr(text, '.') = '\0';
	}
	g_ptr_array_add(texts, text);
	json_decref(object);
}

static GPtrArray *texts_of(json_t *value)
{
	GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
	json_t *member;
	size_t i;

	if (!json_is_array(value)) {
		add_text(texts, value);
	}
	json_array_foreach(value, i, member)
	{
		add_text(texts, member);
	}
	return texts;
}

static bool equals(const struct question *q)
{
	for (guint i = 0; i < q->texts->len; i++) {
		if (strcmp(q->texts->pdata[i], q->x) == 0) {
			return true;
		}
	}
	return false;
}

static char *lower(const char *text)
{
	GString *s = g_string_new(NULL);

	for (; *text; text = g_utf8_next_char(text)) {
		g_string_append_unichar(s, g_unichar_tolower(g_utf8_get_char(text)));
	}
	return g_string_free(s, FALSE);
}

static bool contains(const struct question *q)
{
	g_autofree char *x = lower(q->x);
	bool any = false;

	for (guint i = 0; i < q->texts->len; i++) {
		g_autofree char *part = lower(q->texts->pdata[i]);

		any = any || strstr(x, part);
	}
	return any;
}

static bool matches(const struct question *q)
{
	bool any = false;

	for (guint i = 0; i < q->texts->len; i++) {
		any = any || g_regex_match_simple(q->texts->pdata[i], q->x,
				     G_REGEX_DOTALL | G_REGEX_DOLLAR_ENDONLY, (GRegexMatchFlags)0);
	}
	return any;
}

/* What is not written as a plain decimal number is none: NaN, which compares with nothing. */
static long double number_of(const char *text)
{
	const char *allowed = "0123456789+-.eE";
	const char *exponent = strpbrk(text, "eE");
	size_t mantissa = exponent ? (size_t)(exponent - text) : strlen(text);
	char *end;
	long double number = strtold(text, &end);

	if (strlen(text) > NUMBER_CHARACTERS || strspn(text, allowed) != strlen(text) ||
		strcspn(text, "0123456789") >= mantissa || *end) {
		return NAN;
	}
	if (exponent && strcspn(exponent, "0123456789") + 3 < strlen(exponent)) {
		return NAN;
	}
	return number;
}

static long double value_of(const struct question *q, guint i)
{
	return number_of(q->texts->pdata[i]);
}

static bool is_gt(const struct question *q)
{
	return number_of(q->x) > value_of(q, 0);
}

static bool is_gte(const struct question *q)
{
	return number_of(q->x) >= value_of(q, 0);
}

static bool is_lt(const struct question *q)
{
	return number_of(q->x) < value_of(q, 0);
}

static bool is_lte(const struct question *q)
{
	return number_of(q->x) <= value_of(q, 0);
}

static bool is_between(const struct question *q)
{
	return number_of(q->x) >= value_of(q, 0) && number_of(q->x) <= value_of(q, 1);
}

static bool is_outside(const struct question *q)
{
	return number_of(q->x) < value_of(q, 0) || number_of(q->x) > value_of(q, 1);
}

static GTimeZone *zone_of(const struct world *w, const char *offset)
{
	return offset && *offset ? g_time_zone_new_identifier(offset) : g_time_zone_ref(w->tz);
}

/* "2024-03-31", with a time, with a time and an offset.  No time of these worlds' properties is one
 * that a clock shows twice or skips. */
static bool read_iso(const struct world *w, const char *text, int64_t *us)
{
	static const char form[] =
		"^(19\\d\\d|2\\d\\d\\d)-(\\d\\d)-(\\d\\d)(?:[T ](\\d\\d):(\\d\\d)"
		"(?::(\\d\\d)(?:[.](\\d{1,9}))?)?(Z|[+-]\\d\\d(?::?\\d\\d)?)?)?$";
	static GRegex *regex;
	g_autoptr(GMatchInfo) match = NULL;
	g_autoptr(GTimeZone) tz = NULL;
	g_autoptr(GDateTime) at = NULL;
	int parts[8] = {0};
	g_autofree char *offset = NULL, *fraction = NULL;

	if (!regex) {
		regex = g_regex_new(
			form, G_REGEX_DOLLAR_ENDONLY | G_REGEX_OPTIMIZE, (GRegexMatchFlags)0, NULL);
	}
	if (!g_regex_match(regex, text, (GRegexMatchFlags)0, &match)) {
		return false;
	}
	for (int i = 1; i <= 6; i++) {
		g_autofree char *part = g_match_info_fetch(match, i);

		parts[i] = part ? (int)g_ascii_strtoll(part, NULL, 10) : 0;
	}
	fraction = g_match_info_fetch(match, 7);
	offset = g_match_info_fetch(match, 8);
	tz = zone_of(w, offset);
	at = g_date_time_new(tz, parts[1], parts[2], parts[3], parts[4], parts[5], parts[6]);
	if (!at) {
		return false;
	}
	*us = g_date_time_to_unix(at) * G_USEC_PER_SEC;
	if (fraction && *fraction) {
		g_autofree char *decimal = g_strdup_printf("0.%s", fraction);

		*us += llround(g_ascii_strtod(decimal, NULL) * G_USEC_PER_SEC);
	}
	if (strlen(text) == strlen("2024-03-31")) {
		*us = world_day_start(w, text);
	}
	return true;
}

/* Seconds or milliseconds since 1970. */
static bool read_epoch(const char *text, int64_t *us)
{
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;
	bool seconds = digits == 9 || digits == 10, whole = *rest == '\0';
	size_t part = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;

	if (seconds && (whole || (part >= 1 && part <= 6 && rest[part + 1] == '\0'))) {
		*us = llround(g_ascii_strtod(text, NULL) * G_USEC_PER_SEC);
		return true;
	}
	if (!whole || (digits != 12 && digits != 13)) {
		return false;
	}
	*us = g_ascii_strtoll(text, NULL, 10) * 1000;
	return true;
}

static bool read_instant(const struct question *q, int64_t *us)
{
	return read_iso(q->w, q->x, us) || read_epoch(q->x, us);
}

/* The whole day where a day is asked for, also "-3d". */
static void span_of(const struct question *q, int64_t *first, int64_t *last)
{
	const char *text = q->texts->pdata[0];
	char wall[WORLD_WALL], day[WORLD_BUCKET];

	if (*text == '-') {
		world_wall(q->w, q->w->now_us, wall);
		world_bucket_step(wall, "day", (int)g_ascii_strtoll(text, NULL, 10), day);
	} else if (strlen(text) > strlen("2024-03-31")) {
		bool fine = read_iso(q->w, text, first);

		g_assert(fine);
		*last = *first;
		return;
	} else {
		(void)g_strlcpy(day, text, sizeof day);
	}
	*first = world_day_start(q->w, day);
	world_wall(q->w, *first, wall);
	world_bucket_step(wall, "day", 1, day);
	*last = world_day_start(q->w, day) - 1;
}

static bool is_at(const struct question *q)
{
	int64_t us, first, last;

	span_of(q, &first, &last);
	return read_instant(q, &us) && us >= first && us <= last;
}

static bool is_before(const struct question *q)
{
	int64_t us, first, last;

	span_of(q, &first, &last);
	return read_instant(q, &us) && us < first;
}

static bool is_after(const struct question *q)
{
	int64_t us, first, last;

	span_of(q, &first, &last);
	return read_instant(q, &us) && us > last;
}

static bool is_version(const struct question *q)
{
	return world_version_agrees(q->op, q->x, q->texts->pdata[0]);
}

static const struct {
	const char *name;
	agrees_fn agrees;
	bool is_negated; /* holds where it does not agree, and where there is no text */
	bool takes_texts; /* "" is a value like others; elsewhere it is none */
} operators[] = {
	{"between", is_between, false, false},
	{"exact", equals, false, true},
	{"gt", is_gt, false, false},
	{"gte", is_gte, false, false},
	{"icontains", contains, false, true},
	{"icontains_multi", contains, false, true},
	{"in", equals, false, true},
	{"is_date_after", is_after, false, false},
	{"is_date_before", is_before, false, false},
	{"is_date_exact", is_at, false, false},
	{"is_not", equals, true, true},
	{"lt", is_lt, false, false},
	{"lte", is_lte, false, false},
	{"max", is_lte, false, false},
	{"min", is_gte, false, false},
	{"not_between", is_outside, false, false},
	{"not_icontains", contains, true, true},
	{"not_icontains_multi", contains, true, true},
	{"not_in", equals, true, true},
	{"not_regex", matches, true, true},
	{"regex", matches, false, true},
	{"semver_caret", is_version, false, false},
	{"semver_eq", is_version, false, false},
	{"semver_gt", is_version, false, false},
	{"semver_gte", is_version, false, false},
	{"semver_lt", is_version, false, false},
	{"semver_lte", is_version, false, false},
	{"semver_neq", is_version, true, false},
	{"semver_tilde", is_version, false, false},
	{"semver_wildcard", is_version, false, false},
};

static bool asks(const char *op, const char *x, json_t *value, const struct world *w)
{
	g_autoptr(GPtrArray) texts = texts_of(value);
	struct question q = {.w = w, .op = op, .x = x, .texts = texts};

	for (size_t i = 0; i < G_N_ELEMENTS(operators); i++) {
		if (strcmp(operators[i].name, op) != 0) {
			continue;
		}
		/* an unfinished filter restricts nothing */
		if (texts->len == 0 ||
			(!operators[i].takes_texts && !*(const char *)texts->pdata[0])) {
			return true;
		}
		if (operators[i].is_negated) {
			return !x || !operators[i].agrees(&q);
		}
		return x && operators[i].agrees(&q);
	}
	g_error("no such operator: %s", op);
}

static bool leaf_holds(const json_t *filter, const struct world *w, const struct world_event *e)
{
	const char *op = json_get_text(filter, "operator", "exact");
	const char *key = json_get_text(filter, "key", NULL);
	g_autofree char *x = NULL;

	if (json_object_size(filter) == 0) {
		return true;
	}
	x = world_filter_text(w, e, json_get_text(filter, "type", "event"),
		(int)json_get_int(filter, "group_type_index", 0), key);
	if (strcmp(op, "is_set") == 0) {
		return x != NULL;
	}
	if (strcmp(op, "is_not_set") == 0) {
		return x == NULL;
	}
	return asks(op, x, json_object_get(filter, "value"), w);
}

static bool list_holds(
	const json_t *list, bool any, const struct world *w, const struct world_event *e)
{
	const json_t *member;
	size_t i, holding = 0;

	json_array_foreach(list, i, member)
	{
		holding += world_filter_holds(member, w, e);
	}
	return any && json_array_size(list) > 0 ? holding > 0 : holding == json_array_size(list);
}

bool world_filter_holds(const json_t *filter, const struct world *w, const struct world_event *e)
{
	const json_t *values = json_object_get(filter, "values");

	if (!filter || json_is_null(filter)) {
		return true;
	}
	if (json_is_array(filter)) {
		return list_holds(filter, false, w, e);
	}
	if (values) {
		bool any = strcmp(json_get_text(filter, "type", "AND"), "OR") == 0;

		return list_holds(values, any, w, e);
	}
	return leaf_holds(filter, w, e);
}
