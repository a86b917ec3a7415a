#include "api-shim/head.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

static bool is_token(const char *text)
{
	const char *c = text;

	while (g_ascii_isalnum(*c) || (*c && strchr("!#$%&'*+-.^_`|~", *c))) {
		c++;
	}
	return *text && !*c;
}

static bool has_controls(const char *text)
{
	for (; *text; text++) {
		if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f) {
			return true;
		}
	}
	return false;
}

void head_add(struct head *h, const char *name, const char *value)
{
	size_t length;

	value = value ? value : "";
	length = strlen(name) + strlen(value);
	h->lines++;
	h->bytes += length + strlen(": \r\n");
	h->longest = MAX(h->longest, length);
	h->malformed |= !is_token(name) || has_controls(value);
	if (g_ascii_strcasecmp(name, "Content-Length") == 0) {
		h->lengths++;
		h->malformed |= !*value || strlen(value) > 18 ||
				strspn(value, "0123456789") != strlen(value);
		h->length = g_ascii_strtoull(value, NULL, 10);
	} else if (g_ascii_strcasecmp(name, "Transfer-Encoding") == 0) {
		h->encodings++;
		h->malformed |= g_ascii_strcasecmp(value, "chunked") != 0;
	} else if (g_ascii_strcasecmp(name, "Host") == 0) {
		h->hosts++;
	} else if (g_ascii_strcasecmp(name, "Content-Encoding") == 0) {
		h->content_coded |= g_ascii_strcasecmp(value, "identity") != 0;
	} else if (g_ascii_strcasecmp(name, "Expect") == 0) {
		h->expects = true;
	}
}

bool head_check(const struct head *h, size_t target_bytes, const char *version, uint64_t body_max,
	uint64_t body_read_max, struct refusal *why)
{
	bool is_old = strcmp(version, "HTTP/1.0") == 0;

	if (h->bytes + target_bytes > HEAD_BYTES_MAX || h->longest > HEAD_LINE_MAX ||
		h->lines > HEAD_LINES_MAX) {
		return refuse_with(why, PROBLEM_HEADERS_TOO_LARGE,
			"The request headers are larger than %d bytes, one is larger than %d, or "
			"there are more than %d.",
			HEAD_BYTES_MAX, HEAD_LINE_MAX, HEAD_LINES_MAX);
	}
	if (h->malformed || h->lengths > 1 || h->encodings > 1 || (h->lengths && h->encodings) ||
		h->hosts > 1 || (h->hosts == 0 && !is_old) || (h->encodings && is_old)) {
		return refuse_with(why, PROBLEM_BAD_REQUEST, "The request headers are malformed.");
	}
	if (h->content_coded) {
		return refuse_with(
			why, PROBLEM_MEDIA_TYPE, "Encoded request bodies are not accepted.");
	}
	/* Who asks first, or has far more to say, is told before the body comes. */
	if (h->length > body_read_max || (h->length > body_max && h->expects)) {
		return refuse_with(why, PROBLEM_TOO_LARGE,
			"The request body is larger than %" PRIu64 " bytes (body_max_bytes).",
			body_max);
	}
	return true;
}
