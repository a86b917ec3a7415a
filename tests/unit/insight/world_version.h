/* Versions as semver_… operators compare them, the slow way: "1.2.3", "v1.2", "1.2.3-beta". */
#pragma once
#include <stdbool.h>

/* Does the text, of any form, agree with the operator's value? */
bool world_version_agrees(const char *op, const char *text, const char *value);
