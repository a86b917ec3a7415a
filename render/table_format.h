/* The files that tables are written to, one table_<format>.c each. */
#pragma once
#include "render/table.h"

#include <glib.h>

/* The bytes of spec/exports.md 3.3.7.  g_string_free() *out. */
bool table_write_csv(const struct table *t, GString **out, struct fault *f) MUST_CHECK;
