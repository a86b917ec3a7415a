#include "api-shim/pairs.h"

#include <glib.h>
#include <string.h>

char *pairs_decode(const char *text, size_t length, bool plus)
{
	GString *out = g_string_sized_new(length);

	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (c == '+' && plus) {
			c = ' ';
		} else if (c == '%' && i + 2 < length && g_ascii_isxdigit(text[i + 1]) &&
			   g_ascii_isxdigit(text[i + 2])) {
			c = (char)(g_ascii_xdigit_value(text[i + 1]) * 16 +
				   g_ascii_xdigit_value(text[i + 2]));
			i += 2;
		}
		if (c == '\0') {
			(void)g_string_free(out, TRUE);
			return NULL;
		}
		g_string_append_c(out, c);
	}
	if (!g_utf8_validate(out->str, (gssize)out->len, NULL)) {
		char *valid = g_utf8_make_valid(out->str, (gssize)out->len);

		(void)g_string_free(out, TRUE);
		return valid;
	}
	return g_string_free(out, FALSE);
}

bool pairs_add(struct pairs *p, char *name, char *value, struct fault *f)
{
	if (!name || !value || p->count == PAIRS_MAX) {
		bool nul = !name || !value;

		g_free(name);
		g_free(value);
		return nul ? fault_set(f, FAULT_INPUT, "Null characters are not allowed.")
			   : fault_set(f, FAULT_INPUT, "More than %d fields were sent.", PAIRS_MAX);
	}
	if (p->count == p->room) {
		p->room = p->room ? p->room * 2 : 8;
		p->at = g_renew(struct pair, p->at, p->room);
	}
	p->at[p->count++] = (struct pair){name, value};
	return true;
}

bool pairs_read(struct pairs *p, const char *text, size_t length, struct fault *f)
{
	const char *end = text + length;

	while (text < end) {
		const char *stop = memchr(text, '&', (size_t)(end - text)), *equals;

		if (!stop) {
			stop = end;
		}
		equals = memchr(text, '=', (size_t)(stop - text));
		if (!equals) {
			equals = stop;
		}
		if (stop > text) {
			const char *value = equals < stop ? equals + 1 : stop;

			if (!pairs_add(p, pairs_decode(text, (size_t)(equals - text), true),
				    pairs_decode(value, (size_t)(stop - value), true), f)) {
				return false;
			}
		}
		if (stop == end) {
			break;
		}
		text = stop + 1;
	}
	return true;
}

const char *pairs_value(const struct pairs *p, const char *name)
{
	for (size_t i = p->count; i > 0; i--) {
		if (strcmp(p->at[i - 1].name, name) == 0) {
			return p->at[i - 1].value;
		}
	}
	return NULL;
}

void pairs_finish(struct pairs *p)
{
	for (size_t i = 0; i < p->count; i++) {
		g_free(p->at[i].name);
		g_free(p->at[i].value);
	}
	g_free(p->at);
	memset(p, 0, sizeof *p);
}
