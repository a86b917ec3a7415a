/* One picture, in a process of its own.
 *
 * A child is forked from the warmed renderer, draws one document and ends.  It answers through a
 * page it shares with its parent, which believes nothing of it before the child is gone and
 * checks every value then. */
#pragma once
#include "worker/renderer/protocol.h"

#include <sys/types.h>

struct child {
	pid_t pid;
	int pidfd;
	int picture; /* memfd it writes to; sealed when it has ended */
	struct render_request request;
	int64_t until_ms; /* elapsed clock: when it is killed */
	bool canceled, overdue;
	struct render_reply *said; /* shared */
};

/* Takes `document` (a memfd) over, whatever happens. */
bool child_start(struct child *c, const struct render_request *request, int document,
	struct fault *f) MUST_CHECK;
void child_kill(struct child *c);
/* After pidfd says that it ended: reaps it and fills in what to answer; *picture is the caller's
 * to close, or -1. */
void child_reap(struct child *c, struct render_reply *reply, int *picture);
