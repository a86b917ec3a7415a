/* A time zone of the IANA database: instants to what the clock on the wall shows, and back.
 *
 * An instant is microseconds since 1970 UTC; wall time is microseconds as calendar.h reads them.
 * A clock that jumps forward skips wall times, one that falls back shows them twice. */
#pragma once
#include "lib/base/fault.h"

#include <stdint.h>

struct zone;

/* FAULT_INPUT names a zone that the system does not know. */
bool zone_open(const char *name, struct zone **out, struct fault *f) MUST_CHECK;
void zone_close(struct zone *z); /* NULL is fine */

int64_t zone_wall_us(const struct zone *z, int64_t instant_us);
/* The first instant that shows wall_us; of a time that was skipped, the moment of the jump. */
int64_t zone_instant_us(const struct zone *z, int64_t wall_us);
/* The first change of the clock after `after_us` and not after `limit_us`; INT64_MAX for none. */
int64_t zone_next_change_us(const struct zone *z, int64_t after_us, int64_t limit_us);

/* "2024-01-03T00:00:00+01:00", with microseconds where there are any and Z for UTC.  g_free() it.
 */
char *zone_instant_text(const struct zone *z, int64_t instant_us);
