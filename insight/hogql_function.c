#include "insight/hogql_function.h"

#include <glib.h>
#include <string.h>

static const struct hogql_function functions[] = {
#define PLAIN(name, takes, gives) {#name, FAMILY_PLAIN, takes, gives, FORM_##name, NULL},
#define AGGREGATE(name, takes, gives) {#name, FAMILY_AGGREGATE, takes, gives, FORM_##name, NULL},
#define WINDOW(name, takes, gives) {#name, FAMILY_WINDOW, takes, gives, FORM_##name, NULL},
#define SPECIAL(name, takes) {#name, FAMILY_SPECIAL, takes, "", FORM_##name, NULL},
#define SYNONYM(name, other) {#name, FAMILY_SPECIAL, "", "", FORM_NONE, #other},
#define ELSEWHERE(name) {#name, FAMILY_ELSEWHERE, "", "", FORM_NONE, NULL},
#include "insight/hogql_function.def"
#undef PLAIN
#undef AGGREGATE
#undef WINDOW
#undef SPECIAL
#undef SYNONYM
#undef ELSEWHERE
};

static const struct hogql_function *find(const char *name, size_t length)
{
	for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
		const struct hogql_function *function = &functions[i];

		if (strlen(function->name) == length &&
			g_ascii_strncasecmp(function->name, name, length) == 0) {
			return function->other ? find(function->other, strlen(function->other))
					       : function;
		}
	}
	return NULL;
}

const struct hogql_function *hogql_function_lookup(const char *name, bool *has_condition)
{
	size_t length = strlen(name);
	const struct hogql_function *function = NULL;

	*has_condition = false;
	function = find(name, length);
	if (function || length < 3 || g_ascii_strcasecmp(name + length - 2, "If") != 0) {
		return function;
	}
	function = find(name, length - 2);
	*has_condition = function && hogql_function_is_aggregate(function);
	return *has_condition ? function : NULL;
}

bool hogql_function_is_aggregate(const struct hogql_function *function)
{
	return function->family == FAMILY_AGGREGATE || function->form == FORM_count ||
	       function->form == FORM_sum || function->form == FORM_min ||
	       function->form == FORM_max || function->form == FORM_quantile ||
	       function->form == FORM_uniq;
}

void hogql_function_arity(const struct hogql_function *function, int *least, int *most)
{
	bool optional = false;

	*least = 0;
	*most = 0;
	for (const char *c = function->takes; *c; c++) {
		if (*c == '?') {
			optional = true;
		} else if (*c == '*') {
			*most = -1;
		} else {
			*most += 1;
			*least += !optional;
		}
	}
}

char hogql_function_takes(const struct hogql_function *function, unsigned i)
{
	char letter = 'x';

	for (const char *c = function->takes; *c; c++) {
		if (*c == '?') {
			continue;
		}
		if (*c == '*') {
			return letter;
		}
		letter = *c;
		if (i-- == 0) {
			return letter;
		}
	}
	return letter;
}
