/* JSON from a file or, for "-", from standard input. */
#pragma once
#include "lib/base/json.h"

/* Faults begin with the path.  The caller owns *out. */
bool input_read_json(const char *path, json_t **out, struct fault *f) MUST_CHECK;
/* Whether there is something to read: what tells a missing file from a bad one. */
bool input_is_there(const char *path);
