/* What blob.c finds by name: one constant per line of blob.def, in blob_<name>.c. */
#pragma once
#include "store/blob.h"

#define BLOB_KIND(name) extern const struct blob_kind blob_kind_##name;
#include "store/blob.def"
#undef BLOB_KIND

/* True for a location that every kind can keep: 1 to 1000 bytes, '/' between names, none of them
 * empty, "." or "..", none ending in ".tmp", no control characters.  Else FAULT_INPUT. */
bool blob_location_check(const char *location, struct fault *f);
