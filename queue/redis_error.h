/* What an error answer of Redis does to the connection it came over.  Only its first word is read,
 * for the rest is prose.  To add one, add its line to redis_error.def. */
#pragma once
#include <stdbool.h>

enum redis_effect { REDIS_EFFECT_KEEP, REDIS_EFFECT_RENEW, REDIS_EFFECT_PERSON };

enum redis_effect redis_error_effect(const char *message);
/* Whether the message begins with that word. */
bool redis_error_is(const char *message, const char *word);
