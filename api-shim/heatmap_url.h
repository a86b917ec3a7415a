/* Whether the page of a heatmap export may be named at all (spec/exports.md 2.2, check 7).
 *
 * Nothing here or later fetches it: the check keeps the wire's answers and keeps addresses of the
 * inside out of the records.  It looks at the text alone and asks no name server. */
#pragma once
#include <stdbool.h>

enum { HEATMAP_URL_REASON = 96 };

/* On false `reason` says why, in a few words. */
bool heatmap_url_allowed(const char *url, char reason[HEATMAP_URL_REASON]);
