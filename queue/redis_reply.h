/* What answers of Redis mean.  Any answer may come to any question: these look before they read. */
#pragma once
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>

/* To PING; a connection that subscribes is answered with an array. */
bool redis_reply_is_pong(const redisReply *reply);
/* To ROLE. */
bool redis_reply_is_master(const redisReply *reply);
/* To INFO server: which start of which server this is; "" if it does not say. */
void redis_reply_read_run_id(const redisReply *reply, char *out, size_t room);
/* The text of a published message; NULL for any other answer. */
const char *redis_reply_published(const redisReply *reply);
