#include "insight/brief.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

const char *brief(const char *text, char *out)
{
	size_t length = 0, characters = 0;

	/* Counted by bytes that begin a character, so that broken UTF-8 ends where it ends. */
	while (length < BRIEF_BYTES - 4 && text[length]) {
		bool begins = ((unsigned char)text[length] & 0xc0) != 0x80;

		if (begins && ++characters > BRIEF_CHARACTERS) {
			break;
		}
		length++;
	}
	memcpy(out, text, length);
	memcpy(out + length, text[length] ? "..." : "", text[length] ? 4 : 1);
	return out;
}
