/* Places where a test may make the program fail, die or wait: FAILPOINT("record.after") obeys
 * PLATEN_FAIL="record.after=kill,store.before=fail" in builds that have failpoints, and is
 * nothing in a release. */
#pragma once
#include <stdbool.h>

#ifdef WITH_FAILPOINTS
bool failpoint(const char *name); /* true: behave as failed */
#define FAILPOINT(name) failpoint(name)
#else
#define FAILPOINT(name) false
#endif
