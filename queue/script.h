/* A Lua script that runs inside Redis, compiled into the program so that the two cannot be of
 * different versions.
 *
 * To add one: write <name>.lua beside the others, add its name to CMakeLists.txt and a line below.
 */
#pragma once
#include "queue/redis_conn.h"

struct script {
	const char *name, *sha1;
	const unsigned char *text;
	size_t length;
};

extern const struct script script_claim, script_depth, script_done, script_enqueue;

enum { SCRIPT_MOST_ARGUMENTS = 6 };

/* Runs it on the keys that begin with `key`, by its hash; a server that does not know the hash gets
 * the text, once.  One answer as of redis_conn_command(), within REDIS_COMMAND_LIMIT_MS. */
void script_run(struct redis_conn *c, const struct script *script, const char *key, int count,
	const char *const *arguments, redis_reply_fn done, void *arg);
