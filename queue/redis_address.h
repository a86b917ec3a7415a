/* Where a Redis is and who we are there, read once from the setting redis_url. */
#pragma once
#include "lib/base/fault.h"

struct redis_address {
	char *host; /* a name or an address; NULL with a path */
	char *path; /* of a unix socket, or NULL */
	char *user, *password; /* NULL for none; a password may stand alone */
	int port, db;
};

/* redis://[[user]:password@]host[:port][/db] or unix:path.  FAULT_INPUT says what is wrong without
 * repeating the text, which may hold a password; nothing is left to finish then. */
bool redis_address_read(struct redis_address *a, const char *url, struct fault *f) MUST_CHECK;
void redis_address_finish(struct redis_address *a);
