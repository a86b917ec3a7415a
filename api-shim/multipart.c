#include "api-shim/multipart.h"

#include <glib.h>
#include <string.h>

enum { BOUNDARY_MAX = 70, HEADER_MAX = 8192 }; /* RFC 2046 5.1.1; ours */

struct span {
	const char *at;
	size_t length;
};

/* The value of a parameter of a header like `form-data; name="a"`, unquoted; NULL when there is
 * none such. */
static char *parameter(struct span header, const char *wanted)
{
	const char *at = header.at, *end = header.at + header.length;

	at = memchr(at, ';', (size_t)(end - at));
	while (at && at < end) {
		GString *value = g_string_new(NULL);
		const char *name;
		size_t name_length;

		at++;
		while (at < end && (*at == ' ' || *at == '\t')) {
			at++;
		}
		name = at;
		while (at < end && *at != '=' && *at != ';') {
			at++;
		}
		name_length = (size_t)(at - name);
		if (at < end && *at == '=') {
			bool quoted = ++at < end && *at == '"';

			at += quoted;
			while (at < end && (quoted ? *at != '"' : *at != ';')) {
				if (quoted && *at == '\\' && at + 1 < end) {
					at++;
				}
				g_string_append_c(value, *at++);
			}
			at = at < end ? memchr(at, ';', (size_t)(end - at)) : NULL;
		}
		if (name_length == strlen(wanted) &&
			g_ascii_strncasecmp(name, wanted, name_length) == 0) {
			return g_string_free(value, FALSE);
		}
		g_string_free(value, TRUE);
	}
	return NULL;
}

static const char *find(const char *at, const char *end, const char *wanted, size_t length)
{
	return at < end ? memmem(at, (size_t)(end - at), wanted, length) : NULL;
}

/* The header lines of one part: what its Content-Disposition says of name and file. */
static bool read_head(struct span head, char **name, bool *is_file, struct fault *f)
{
	static const char wanted[] = "content-disposition:";
	const char *at = head.at, *end = head.at + head.length;

	if (memchr(head.at, '\0', head.length)) {
		return fault_set(f, FAULT_INPUT, "Null characters are not allowed.");
	}
	while (at < end) {
		const char *stop = find(at, end, "\r\n", 2);
		struct span line = {at, (size_t)((stop ? stop : end) - at)};

		if (line.length > strlen(wanted) &&
			g_ascii_strncasecmp(line.at, wanted, strlen(wanted)) == 0) {
			g_autofree char *file = parameter(line, "filename");
			g_autofree char *file_utf8 = parameter(line, "filename*");

			*name = parameter(line, "name");
			*is_file = file || file_utf8;
			break;
		}
		at = stop ? stop + 2 : end;
	}
	return *name || fault_set(f, FAULT_INPUT, "a part has no name");
}

static bool add_part(
	struct pairs *p, const char *name, bool is_file, struct span content, struct fault *f)
{
	bool nul = memchr(content.at, '\0', content.length) != NULL;

	if (is_file) {
		return true;
	}
	return pairs_add(p, g_utf8_make_valid(name, -1),
		nul ? NULL : g_utf8_make_valid(content.at, (gssize)content.length), f);
}

bool multipart_read(
	struct pairs *p, const char *content_type, const char *text, size_t length, struct fault *f)
{
	struct span type = {content_type, strlen(content_type)};
	g_autofree char *boundary = parameter(type, "boundary");
	g_autofree char *mark = g_strconcat("\r\n--", boundary, NULL);
	const char *at = text, *end = text + length;
	size_t mark_length = strlen(mark);

	if (!boundary || !*boundary || strlen(boundary) > BOUNDARY_MAX) {
		return fault_set(f, FAULT_INPUT, "the boundary is missing or invalid");
	}
	/* The first boundary may begin the body: then it has no line before it. */
	if (length >= mark_length - 2 && memcmp(text, mark + 2, mark_length - 2) == 0) {
		at = text + mark_length - 2;
	} else {
		at = find(at, end, mark, mark_length);
		at = at ? at + mark_length : NULL;
	}
	while (at) {
		const char *head_end, *content_end;
		g_autofree char *name = NULL;
		bool is_file = false;
		struct span head, content;

		if (end - at >= 2 && memcmp(at, "--", 2) == 0) {
			return true;
		}
		while (at < end && (*at == ' ' || *at == '\t')) {
			at++;
		}
		if (end - at < 2 || memcmp(at, "\r\n", 2) != 0) {
			break;
		}
		head_end = find(at, end, "\r\n\r\n", 4);
		if (!head_end || head_end - at > HEADER_MAX) {
			break;
		}
		head = (struct span){at + 2, head_end > at ? (size_t)(head_end - at - 2) : 0};
		/* An empty content follows its head without a line of its own between. */
		content_end = find(head_end + 2, end, mark, mark_length);
		if (!content_end) {
			break;
		}
		content.at = head_end + 4;
		content.length = content_end > content.at ? (size_t)(content_end - content.at) : 0;
		if (!read_head(head, &name, &is_file, f) ||
			!add_part(p, name, is_file, content, f)) {
			return false;
		}
		at = content_end + mark_length;
	}
	return fault_set(f, FAULT_INPUT, "the form ends before its last boundary");
}
