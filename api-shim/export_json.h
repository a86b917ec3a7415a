/* An export as the wire shows it: eleven keys, always the same (spec/exports.md 2.3).
 *
 * To add a key, add it to export_json_add(); clients ignore what they do not know. */
#pragma once
#include "store/exports.h"

#include <glib.h>

/* `now_us` decides whether a row that has not ended is shown as stuck; the row itself stays. */
void export_json_add(GString *json, const struct export_row *row, int64_t now_us);

/* Appends e.g. 2021-08-25T22:09:14.252000Z; microseconds only when there are any. */
void export_json_add_time(GString *json, int64_t us);
