/* A peer that speaks the protocol of Redis and misbehaves as a test tells it to, on the test's own
 * loop.  What a real server can be made to do is tested with a real one. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct fake_redis;
struct fake_client;

/* One whole command has come; `words` are joined by spaces. */
typedef void (*fake_command_fn)(void *arg, struct fake_client *client, const char *words);

/* Port 0 takes a free one. */
struct fake_redis *fake_redis_open(uv_loop_t *loop, int port, fake_command_fn command, void *arg);
void fake_redis_close(struct fake_redis *f);
int fake_redis_port(const struct fake_redis *f);
size_t fake_redis_connections(const struct fake_redis *f); /* so far */

void fake_client_send(struct fake_client *c, const char *bytes);
void fake_client_end(struct fake_client *c); /* FIN */
void fake_client_reset(struct fake_client *c); /* RST */
void fake_client_stop_reading(struct fake_client *c);
/* Answers PING, ROLE and INFO as a well master does; false for any other command. */
bool fake_client_greet(struct fake_client *c, const char *words);
