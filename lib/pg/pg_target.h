/* Where to connect and how: a conninfo string or URI taken apart, so that its names can be looked
 * up off the loop (libpq would block on them) and our own session options put beside it. */
#pragma once
#include "lib/base/fault.h"

#include <netdb.h>
#include <stddef.h>

struct pg_target;

/* NULL with FAULT_INPUT.  The fault never quotes the url: it may hold a password. */
struct pg_target *pg_target_create(const char *url, struct fault *f);
void pg_target_destroy(struct pg_target *t); /* NULL is fine */

/* The hosts, and for each the name that is to be looked up: NULL for a socket's directory, an
 * address, or when the url says hostaddr itself. */
size_t pg_target_host_count(const struct pg_target *t);
const char *pg_target_lookup_name(const struct pg_target *t, size_t host);
/* What was found for it; `found` NULL leaves the host out. */
void pg_target_found(struct pg_target *t, size_t host, const struct addrinfo *found);

/* What PQconnectStartParams() takes; owned by the target.  FAULT_UNAVAILABLE when no name led to
 * an address. */
bool pg_target_params(struct pg_target *t, const char *application_name,
	const char *const **keywords, const char *const **values, struct fault *f) MUST_CHECK;
