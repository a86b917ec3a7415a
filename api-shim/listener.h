/* The socket that clients connect to. */
#pragma once
#include "lib/base/fault.h"

/* Listens without blocking; `port` 0 takes a free one and *bound tells which.  FAULT_INPUT, in
 * words of the settings, when the address is none or taken. */
bool listener_open(const char *address, unsigned port, int *socket_out, unsigned *bound,
	struct fault *f) MUST_CHECK;
