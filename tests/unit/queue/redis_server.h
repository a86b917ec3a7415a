/* A real redis-server of the test's own: loopback, a free port, nothing kept on disk. */
#pragma once
#include "lib/base/fault.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <sys/types.h>

struct redis_server {
	char dir[64]; /* holds its unix socket */
	char url[64], unix_url[96];
	int port;
	pid_t pid;
	redisContext *admin; /* a blocking connection */
};

int free_port(void);

/* `options` are further arguments of redis-server, ended by NULL; may be NULL. */
void redis_server_start(struct redis_server *s, const char *const *options);
/* Comes back on the same port. */
void redis_server_restart(struct redis_server *s, const char *const *options);
void redis_server_signal(struct redis_server *s, int signum);
/* SIGKILL, and waits for its end. */
void redis_server_kill(struct redis_server *s);
void redis_server_stop(struct redis_server *s);

/* Asks over the blocking connection; the caller frees the reply, which is never NULL. */
redisReply *redis_ask(struct redis_server *s, const char *format, ...);
/* The same for an answer that is a number, a text of digits, or nil (0). */
long long redis_ask_int(struct redis_server *s, const char *format, ...);
/* The same for what must be answered with anything but an error. */
void redis_tell(struct redis_server *s, const char *format, ...);
