/* What is known of a session from its events: all of the project with the same $session_id. */
#pragma once
#include "tests/unit/insight/world.h"

/* NULL for an event without a session, or with an empty one; g_free() it. */
char *world_session_text(const struct world *w, const struct world_event *e, const char *key);
/* Columns: "event", "timestamp" and the like; g_free() it. */
char *world_metadata_text(const struct world_event *e, const char *key);
