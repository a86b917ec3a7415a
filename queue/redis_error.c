#include "queue/redis_error.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *word;
	enum redis_effect effect;
} errors[] = {
#define REDIS_ERROR(word, effect) {#word, REDIS_EFFECT_##effect},
#include "queue/redis_error.def"
#undef REDIS_ERROR
};

bool redis_error_is(const char *message, const char *word)
{
	size_t length = strlen(word);

	return strncmp(message, word, length) == 0 &&
	       (message[length] == ' ' || message[length] == '\0');
}

enum redis_effect redis_error_effect(const char *message)
{
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		if (redis_error_is(message, errors[i].word)) {
			return errors[i].effect;
		}
	}
	return REDIS_EFFECT_RENEW;
}
