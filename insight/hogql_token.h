/* HogQL's text cut into tokens, each with the place it stands at.
 *
 * Everything a later step complains about names a place, and places are counted here alone: lines
 * and characters from 1.  To add a sign of punctuation, add its line to hogql_token.c's table. */
#pragma once
#include "lib/base/fault.h"

#include <glib.h>

enum { HOGQL_MAX_BYTES = 65536, HOGQL_MAX_TOKENS = 20000, HOGQL_NUMBER_CHARACTERS = 40 };

enum hogql_token_kind {
	TOKEN_WORD, /* a name or a keyword */
	TOKEN_QUOTED, /* a name in backquotes or double quotes: never a keyword */
	TOKEN_INTEGER,
	TOKEN_REAL,
	TOKEN_TEXT,
	TOKEN_SIGN,
	TOKEN_END
};

struct hogql_place {
	unsigned line, column;
};

struct hogql_token {
	enum hogql_token_kind kind;
	char *text; /* a text without its quotes and escapes */
	struct hogql_place place;
	size_t start, end; /* bytes of the source */
};

struct hogql_tokens {
	GArray *list; /* struct hogql_token; the last one is TOKEN_END */
};

/* FAULT_QUERY "1:14: …", also for a text past HOGQL_MAX_BYTES.  The caller finishes *out in either
 * case. */
bool hogql_tokens_read(const char *text, struct hogql_tokens *out, struct fault *f) MUST_CHECK;
void hogql_tokens_finish(struct hogql_tokens *tokens);

/* Puts the place before the detail: "1:14: …". */
bool hogql_fault(struct fault *f, enum fault_kind kind, struct hogql_place at, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
