#include "insight/pattern.h"

#include "insight/brief.h"

#include <glib.h>
#include <string.h>

/* PCRE takes what RE2 takes and says where it does not.  Only compiled: it never matches. */
bool pattern_check(const char *pattern, const char *field, struct fault *f)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GRegex) compiled = NULL;
	char shown[BRIEF_BYTES];

	if (strlen(pattern) > PATTERN_MAX_BYTES) {
		return fault_set(f, FAULT_QUERY, "%s: a regular expression takes at most %d bytes",
			field, PATTERN_MAX_BYTES);
	}
	compiled = g_regex_new(pattern, 0, 0, &error);
	if (!compiled) {
		return fault_set(f, FAULT_QUERY, "%s: '%s' is not a regular expression: %s", field,
			brief(pattern, shown), error->message);
	}
	return true;
}

/* Escapes that mean something else there: \b is a backspace, \z is unknown. */
static const char *escape_for_postgres(char letter)
{
	switch (letter) {
	case 'b':
		return "\\y";
	case 'B':
		return "\\Y";
	case 'z':
		return "\\Z";
	default:
		return NULL;
	}
}

/* "(?P<name>" and "(?<name>" open a group like any other.  Returns the bytes to leave out. */
static size_t group_name(const char *at)
{
	const char *name = g_str_has_prefix(at, "(?P<")                                  ? at + 4
			   : g_str_has_prefix(at, "(?<") && at[3] != '=' && at[3] != '!' ? at + 3
											 : NULL;
	const char *end = name ? strchr(name, '>') : NULL;

	return end ? (size_t)(end + 1 - at) : 0;
}

char *pattern_for_postgres(const char *pattern)
{
	GString *out = g_string_new(NULL);
	bool in_brackets = false;

	for (const char *c = pattern; *c; c++) {
		if (*c == '\\' && c[1]) {
			const char *other = in_brackets ? NULL : escape_for_postgres(c[1]);

			if (other) {
				g_string_append(out, other);
			} else {
				g_string_append_len(out, c, 2);
			}
			c++;
			continue;
		}
		if (!in_brackets && group_name(c) > 0) {
			g_string_append_c(out, '(');
			c += group_name(c) - 1;
			continue;
		}
		if (*c == '[' && !in_brackets) {
			in_brackets = true;
			/* a bracket right after the opening one is a member */
			g_string_append_c(out, *c);
			if (c[1] == '^') {
				g_string_append_c(out, *++c);
			}
			if (c[1] == ']') {
				g_string_append_c(out, *++c);
			}
			continue;
		}
		if (*c == '[' && c[1] == ':' && strstr(c + 2, ":]")) {
			const char *end = strstr(c + 2, ":]") + 2;

			g_string_append_len(out, c, end - c);
			c = end - 1;
			continue;
		}
		in_brackets = in_brackets && *c != ']';
		g_string_append_c(out, *c);
	}
	return g_string_free(out, FALSE);
}
