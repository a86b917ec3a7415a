/* The addresses behind a host's name, asked for without blocking the loop: hiredis would block.
 *
 * A lookup can be asked again and again; what it found last stays until it finds something else,
 * so that a silent name server does not cut us off from a Redis that is there. */
#pragma once
#include "lib/loop/loop.h"

#include <sys/socket.h>

struct redis_lookup;
/* `f` is NULL when addresses were found. */
typedef void (*redis_lookup_fn)(void *arg, const struct fault *f);

struct redis_lookup *redis_lookup_open(
	uv_loop_t *loop, const char *host, int port, redis_lookup_fn done, void *arg);
/* `done` is not called any more. */
void redis_lookup_close(struct redis_lookup *l);

/* True for an address in place of a name: there is nothing to ask. */
bool redis_lookup_is_fixed(const struct redis_lookup *l);
/* Calls `done` later; does nothing while an answer is still due. */
void redis_lookup_start(struct redis_lookup *l);

bool redis_lookup_has_address(const struct redis_lookup *l);
/* Each call gives the next of the addresses, and begins anew after the last. */
const struct sockaddr_storage *redis_lookup_next(struct redis_lookup *l);
