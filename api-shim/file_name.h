/* What a finished export is called (spec/exports.md 1.3). */
#pragma once
#include "store/exports.h"

#include <glib.h>

/* Appends e.g. export-weekly-signups-2021-08-25-220914.png. */
void file_name_add(GString *out, const struct export_row *row);

/* Django's slug: NFKD, ASCII, lower case, runs of blanks and dashes to one dash; may be empty. */
void file_name_add_slug(GString *out, const char *text);
