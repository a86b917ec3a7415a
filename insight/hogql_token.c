#include "insight/hogql_token.h"

#include "insight/brief.h"

#include <stdarg.h>
#include <string.h>

/* Longer signs first. */
static const char *const signs[] = {"<=>", "!=", "!~", "->", "::", "<=", "<>", "==", "=~",
	">=", "||", "??", "?.", "%", "(", ")", "*", "+", ",", "-", ".", "/", ":", "<", "=", ">",
	"?", "[", "]", "{", "}", ";"};

struct reader {
	const char *text;
	size_t at;
	struct hogql_place place;
	GArray *list;
	struct fault *fault;
};

bool hogql_fault(struct fault *f, enum fault_kind kind, struct hogql_place at, const char *fmt, ...)
{
	va_list args;
	g_autofree char *text = NULL;

	va_start(args, fmt);
	text = g_strdup_vprintf(fmt, args);
	va_end(args);
	return fault_set(f, kind, "%u:%u: %s", at.line, at.column, text);
}

static char peek(const struct reader *r, size_t ahead)
{
	for (size_t i = 0; i < ahead; i++) {
		if (!r->text[r->at + i]) {
			return '\0';
		}
	}
	return r->text[r->at + ahead];
}

static void advance(struct reader *r, size_t bytes)
{
	for (size_t i = 0; i < bytes && r->text[r->at]; i++) {
		unsigned char c = (unsigned char)r->text[r->at++];

		if (c == '\n') {
			r->place.line++;
			r->place.column = 1;
		} else if ((c & 0xc0) != 0x80) {
			r->place.column++;
		}
	}
	/* The rest of a character belongs to the place of its first byte. */
	while (((unsigned char)r->text[r->at] & 0xc0) == 0x80) {
		r->at++;
	}
}

static bool starts(const struct reader *r, const char *with)
{
	return strncmp(r->text + r->at, with, strlen(with)) == 0;
}

static bool skip_comment(struct reader *r)
{
	struct hogql_place at = r->place;

	if (starts(r, "--")) {
		while (r->text[r->at] && r->text[r->at] != '\n') {
			advance(r, 1);
		}
		return true;
	}
	advance(r, 2);
	while (!starts(r, "*/")) {
		if (!r->text[r->at]) {
			return hogql_fault(r->fault, FAULT_QUERY, at, "a comment does not end");
		}
		advance(r, 1);
	}
	advance(r, 2);
	return true;
}

static bool skip_blanks(struct reader *r)
{
	for (;;) {
		if (g_ascii_isspace(r->text[r->at])) {
			advance(r, 1);
		} else if (starts(r, "--") || starts(r, "/*")) {
			if (!skip_comment(r)) {
				return false;
			}
		} else {
			return true;
		}
	}
}

static bool is_word_start(char c)
{
	return g_ascii_isalpha(c) || c == '_' || c == '$';
}

static bool is_word_part(char c)
{
	return is_word_start(c) || g_ascii_isdigit(c);
}

static bool read_escape(struct reader *r, GString *out)
{
	static const char letters[] = "abefnrtv";
	static const char means[] = "\a\b\033\f\n\r\t\v";
	char c = peek(r, 1);
	const char *letter = c ? strchr(letters, c) : NULL;

	if (c == '0') {
		return hogql_fault(
			r->fault, FAULT_QUERY, r->place, "a text with the character 0 is refused");
	}
	if (letter) {
		g_string_append_c(out, means[letter - letters]);
		advance(r, 2);
	} else if (c == '\\' || c == '\'' || c == '"' || c == '`') {
		g_string_append_c(out, c);
		advance(r, 2);
	} else {
		/* As ClickHouse has it, the backslash of regular expressions stays. */
		g_string_append_c(out, '\\');
		advance(r, 1);
	}
	return true;
}

/* 'it''s', 'it\'s', "a name", `a name`. */
static char *read_quoted(struct reader *r)
{
	char quote = r->text[r->at];
	struct hogql_place at = r->place;
	GString *out = g_string_new(NULL);

	advance(r, 1);
	for (;;) {
		char c = r->text[r->at];

		if (!c) {
			hogql_fault(r->fault, FAULT_QUERY, at, "a quote does not end");
			g_string_free(out, TRUE);
			return NULL;
		}
		if (c == '\\') {
			if (!read_escape(r, out)) {
				g_string_free(out, TRUE);
				return NULL;
			}
		} else if (c == quote && peek(r, 1) == quote) {
			g_string_append_c(out, quote);
			advance(r, 2);
		} else if (c == quote) {
			advance(r, 1);
			return g_string_free(out, FALSE);
		} else {
			size_t from = r->at;

			advance(r, 1);
			g_string_append_len(out, r->text + from, (gssize)(r->at - from));
		}
	}
}

static bool read_number(struct reader *r, struct hogql_token *token)
{
	const char *p = r->text + r->at;
	size_t length = strspn(p, "0123456789");

	token->kind = TOKEN_INTEGER;
	if (p[length] == '.') {
		token->kind = TOKEN_REAL;
		length++;
		length += strspn(p + length, "0123456789");
	}
	if (p[length] == 'e' || p[length] == 'E') {
		size_t sign = p[length + 1] == '+' || p[length + 1] == '-';
		size_t digits = strspn(p + length + 1 + sign, "0123456789");

		if (digits >= 1 && digits <= 2) {
			token->kind = TOKEN_REAL;
			length += 1 + sign + digits;
		}
	}
	if (is_word_part(p[length]) || length > HOGQL_NUMBER_CHARACTERS) {
		return hogql_fault(r->fault, FAULT_QUERY, r->place, "this is not a number");
	}
	token->text = g_strndup(p, length);
	advance(r, length);
	return true;
}

static bool read_sign(struct reader *r, struct hogql_token *token)
{
	for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
		if (starts(r, signs[i])) {
			token->kind = TOKEN_SIGN;
			token->text = g_strdup(signs[i]);
			advance(r, strlen(signs[i]));
			return true;
		}
	}
	return hogql_fault(
		r->fault, FAULT_QUERY, r->place, "this character is not part of the language");
}

static bool read_token(struct reader *r, struct hogql_token *token)
{
	char c = r->text[r->at];

	if (!c) {
		token->kind = TOKEN_END;
		token->text = g_strdup("");
		return true;
	}
	if (is_word_start(c)) {
		size_t length = 1;

		while (is_word_part(r->text[r->at + length])) {
			length++;
		}
		token->kind = TOKEN_WORD;
		token->text = g_strndup(r->text + r->at, length);
		advance(r, length);
		return true;
	}
	if (c == '\'' || c == '"' || c == '`') {
		token->kind = c == '\'' ? TOKEN_TEXT : TOKEN_QUOTED;
		token->text = read_quoted(r);
		return token->text != NULL;
	}
	if (g_ascii_isdigit(c) || (c == '.' && g_ascii_isdigit(peek(r, 1)))) {
		return read_number(r, token);
	}
	return read_sign(r, token);
}

bool hogql_tokens_read(const char *text, struct hogql_tokens *out, struct fault *f)
{
	struct reader r = {.text = text, .place = {1, 1}, .fault = f};

	out->list = r.list = g_array_new(FALSE, TRUE, sizeof(struct hogql_token));
	if (strlen(text) > HOGQL_MAX_BYTES) {
		return fault_set(
			f, FAULT_QUERY, "1:1: the text is longer than %d bytes", HOGQL_MAX_BYTES);
	}
	for (;;) {
		struct hogql_token token = {.kind = TOKEN_END};

		if (!skip_blanks(&r)) {
			return false;
		}
		token.place = r.place;
		token.start = r.at;
		if (!read_token(&r, &token)) {
			return false;
		}
		token.end = r.at;
		g_array_append_val(r.list, token);
		if (token.kind == TOKEN_END) {
			return true;
		}
		if (r.list->len > HOGQL_MAX_TOKENS) {
			return hogql_fault(f, FAULT_QUERY, token.place,
				"the text has more than %d words and signs", HOGQL_MAX_TOKENS);
		}
	}
}

void hogql_tokens_finish(struct hogql_tokens *tokens)
{
	for (guint i = 0; tokens->list && i < tokens->list->len; i++) {
		g_free(g_array_index(tokens->list, struct hogql_token, i).text);
	}
	if (tokens->list) {
		g_array_unref(tokens->list);
	}
}
