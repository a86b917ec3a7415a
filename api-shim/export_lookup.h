/* The export that a path names, if its caller may see it (spec/exports.md 2.6). */
#pragma once
#include "store/exports.h"

struct request;

/* `found` gets the row, borrowed; whatever else there is to say is answered here: 404 for an id
 * that is none, and for an export of another user or project, or expired. */
typedef void (*export_found_fn)(struct request *r, const struct export_row *row);
void export_lookup(struct request *r, export_found_fn found);
