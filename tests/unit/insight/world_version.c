#include "tests/unit/insight/world_version.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

enum { PARTS = 3, MOST_DIGITS = 9 };

struct parsed {
	int64_t parts[PARTS];
	guint count; /* of parts that are written */
	int rank; /* a beta comes before its release */
};

static bool parse(const char *text, struct parsed *out)
{
	g_autofree char *numbers = NULL;
	g_auto(GStrv) parts = NULL;
	size_t length;

	*out = (struct parsed){.count = 0};
	text += *text == 'v' || *text == 'V';
	length = strcspn(text, "-+");
	out->rank = text[length] == '-' ? -1 : 0;
	numbers = g_strndup(text, length);
	parts = g_strsplit(numbers, ".", 0);
	out->count = g_strv_length(parts);
	for (guint i = 0; i < out->count; i++) {
		size_t digits = strspn(parts[i], "0123456789");

		if (i >= PARTS || digits == 0 || digits > MOST_DIGITS || parts[i][digits]) {
			return false;
		}
		out->parts[i] = g_ascii_strtoll(parts[i], NULL, 10);
	}
	return out->count > 0;
}

static int compare(const struct parsed *a, const struct parsed *b)
{
	for (int i = 0; i < PARTS; i++) {
		if (a->parts[i] != b->parts[i]) {
			return a->parts[i] < b->parts[i] ? -1 : 1;
		}
	}
	return a->rank - b->rank;
}

/* The first `count` parts are those of the other. */
static bool begins_like(const struct parsed *a, const struct parsed *b, guint count)
{
	return memcmp(a->parts, b->parts, count * sizeof *a->parts) == 0;
}

/* ^ keeps everything up to the first part that is not 0. */
static guint kept_by_caret(const struct parsed *v)
{
	guint zeros = 0;

	while (zeros + 1 < v->count && v->parts[zeros] == 0) {
		zeros++;
	}
	return zeros + 1;
}

bool world_version_agrees(const char *op, const char *text, const char *value)
{
	bool is_wildcard = g_str_has_suffix(value, ".*");
	g_autofree char *written = g_strndup(value, strlen(value) - (is_wildcard ? 2 : 0));
	struct parsed x, v;
	int order;

	if (!parse(text, &x) || !parse(written, &v)) {
		return false;
	}
	order = compare(&x, &v);
	if (strcmp(op, "semver_gt") == 0) {
		return order > 0;
	}
	if (strcmp(op, "semver_gte") == 0) {
		return order >= 0;
	}
	if (strcmp(op, "semver_lt") == 0) {
		return order < 0;
	}
	if (strcmp(op, "semver_lte") == 0) {
		return order <= 0;
	}
	if (strcmp(op, "semver_caret") == 0) {
		return order >= 0 && begins_like(&x, &v, kept_by_caret(&v));
	}
	if (strcmp(op, "semver_tilde") == 0) {
		return order >= 0 && begins_like(&x, &v, MIN(v.count, 2));
	}
	if (strcmp(op, "semver_wildcard") == 0) {
		return order >= 0 && begins_like(&x, &v, v.count);
	}
	return order == 0; /* semver_eq, semver_neq */
}
