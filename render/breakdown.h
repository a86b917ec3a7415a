/* What a breakdown value is called (spec/insights.md 2.2.6, 2.2.7): the engine's own keys for the
 * remainder and for missing values become words. */
#pragma once
#include "lib/base/json.h"

/* One value as a chart says it: "Chrome", "true", "None (i.e. no value)".  g_free() it. */
char *breakdown_text(const json_t *value);
/* The text for one of the engine's keys, else the text given. */
const char *breakdown_words(const char *text);

bool breakdown_is_other(const json_t *value);
bool breakdown_is_none(const json_t *value);

/* The names under breakdownFilter of this very node: texts, NULL-terminated, maybe none.
 * g_strfreev() them. */
char **breakdown_names(const json_t *node);
