/* Reading and writing JSON (jansson) within limits.
 *
 * Input is refused rather than mended: duplicate keys, U+0000, bad UTF-8, numbers that do not
 * fit, more bytes or deeper nesting than the limits say.  Integers and reals stay apart, for
 * tables print 10 and 10.0 differently. */
#pragma once
#include "lib/base/fault.h"

#include <jansson.h>
#include <stddef.h>

struct json_limits {
	size_t bytes;
	unsigned depth;
};

/* For what a client sends and for what we keep ourselves. */
extern const struct json_limits json_request_limits; /* 256 KiB, 64 deep */
extern const struct json_limits json_stored_limits; /* 32 MiB, 64 deep */

/* The caller owns *out.  FAULT_TOO_LARGE past a limit, else FAULT_INPUT with line and column. */
bool json_read(const char *text, size_t length, const struct json_limits *limits, json_t **out,
	struct fault *f) MUST_CHECK;
bool json_read_file(const char *path, const struct json_limits *limits, json_t **out,
	struct fault *f) MUST_CHECK;

/* Compact text; reals in the shortest form that reads back the same.  g_free() it. */
char *json_write(const json_t *value);
/* The same on lines of its own, for people. */
char *json_write_lines(const json_t *value);

/* The shortest decimal form of a double that reads back the same, always with a '.' or an
 * exponent: 100.0, -33.8715, 1e+16, 1e-05; nan, inf, -inf (spec/exports.md 3.3.7).
 * `out` holds at least 32 bytes. */
const char *json_real_text(double value, char *out);

/* Borrowed members, or the value given when the key is missing or of another type.  `object` may
 * be NULL or no object. */
const char *json_get_text(const json_t *object, const char *key, const char *otherwise);
json_int_t json_get_int(const json_t *object, const char *key, json_int_t otherwise);
bool json_get_bool(const json_t *object, const char *key, bool otherwise);
const json_t *json_get_object(const json_t *object, const char *key); /* or NULL */
const json_t *json_get_array(const json_t *object, const char *key); /* or NULL */
/* Python's and JavaScript's shared idea: null, false, 0, "", [] and {} are not. */
bool json_truthy(const json_t *value);
