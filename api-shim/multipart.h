/* multipart/form-data (RFC 7578), read from a body that is whole.
 *
 * The one rule: files are left out, for no endpoint takes any.  libmicrohttpd has a reader too;
 * it works only inside a connection, so that neither a unit test nor a fuzzer could call it. */
#pragma once
#include "api-shim/pairs.h"

/* Appends the fields.  The boundary is a parameter of `content_type`.  FAULT_INPUT says what is
 * wrong. */
bool multipart_read(struct pairs *p, const char *content_type, const char *text, size_t length,
	struct fault *f) MUST_CHECK;
