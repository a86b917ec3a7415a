#include "queue/redis_reply.h"

#include <glib.h>
#include <string.h>

/* The text of an element, "" when there is none. */
static const char *text_at(const redisReply *reply, size_t index)
{
	if (reply->type != REDIS_REPLY_ARRAY || index >= reply->elements ||
		!reply->element[index]->str) {
		return "";
	}
	return reply->element[index]->str;
}

bool redis_reply_is_pong(const redisReply *reply)
{
	const char *text = reply->str ? reply->str : text_at(reply, 0);

	return g_ascii_strcasecmp(text, "PONG") == 0;
}

bool redis_reply_is_master(const redisReply *reply)
{
	return strcmp(text_at(reply, 0), "master") == 0;
}

void redis_reply_read_run_id(const redisReply *reply, char *out, size_t room)
{
	const char *at = reply->str ? strstr(reply->str, "run_id:") : NULL;
	size_t length = 0;

	if (at) {
		at += strlen("run_id:");
		length = MIN(strspn(at, "0123456789abcdef"), room - 1);
		memcpy(out, at, length);
	}
	out[length] = '\0';
}

const char *redis_reply_published(const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 ||
		strcmp(text_at(reply, 0), "message") != 0) {
		return NULL;
	}
	return text_at(reply, 2);
}
