/* What the headers of a request amount to, and whether the request may be read on.
 *
 * The one rule: refused is what is too large, and what two servers in a row might read differently
 * (reliability.md 5.1 row 14): after that nothing on the connection can be trusted. */
#pragma once
#include "api-shim/refusal.h"

#include <stddef.h>
#include <stdint.h>

enum { HEAD_BYTES_MAX = 16384, HEAD_LINE_MAX = 8192, HEAD_LINES_MAX = 64 };

struct head {
	size_t bytes, longest;
	unsigned lines, lengths, encodings, hosts;
	bool malformed, content_coded, expects;
	uint64_t length; /* Content-Length, or 0 */
};

/* One header; a NULL value is an empty one. */
void head_add(struct head *h, const char *name, const char *value);
/* `target_bytes` of the request line count too.  `version` is "HTTP/1.1" or another;
 * `body_read_max` is what would be read of a body to be polite. */
bool head_check(const struct head *h, size_t target_bytes, const char *version, uint64_t body_max,
	uint64_t body_read_max, struct refusal *why);
