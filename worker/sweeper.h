/* Looks after rows that nobody is looking after: exports of dead workers, overdue ones, ones whose
 * hint was lost, expired ones and files without a row.
 *
 * Every worker runs one; all of its statements are safe beside those of others.  A pass is a walk
 * through the list in sweeper.c, one statement at a time; passes come every 5 s, with jitter. */
#pragma once
#include "worker/services.h"

struct sweeper;

struct sweeper *sweeper_open(struct services *s);
/* Ends after the call under way. */
void sweeper_close(struct sweeper *w);
/* A pass now, if none is under way: what was queued should be dispatched again. */
void sweeper_hurry(struct sweeper *w);
