#include "ctl/input.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool input_is_there(const char *path)
{
	return strcmp(path, "-") == 0 || access(path, R_OK) == 0;
}

bool input_read_json(const char *path, json_t **out, struct fault *f)
{
	g_autoptr(GByteArray) text = NULL;
	guint8 piece[16384];
	size_t n;

	if (strcmp(path, "-") != 0) {
		return json_read_file(path, &json_stored_limits, out, f);
	}
	text = g_byte_array_new();
	while ((n = fread(piece, 1, sizeof piece, stdin)) > 0) {
		g_byte_array_append(text, piece, (guint)n);
		if (text->len > json_stored_limits.bytes) {
			return fault_set(f, FAULT_TOO_LARGE, "standard input: more than %zu bytes",
				json_stored_limits.bytes);
		}
	}
	if (ferror(stdin)) {
		return fault_set(f, FAULT_INPUT, "standard input: %s", g_strerror(errno));
	}
	if (!json_read((const char *)text->data, text->len, &json_stored_limits, out, f)) {
		return fault_wrap(f, "standard input: ");
	}
	return true;
}
