#include "lib/base/fault.h"

#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct traits {
	const char *name;
	enum fault_retry retry;
	bool says_detail;
	int http;
	const char *failure_type, *exception_type, *sentence;
};

enum { SENTENCE = 0, DETAIL = 1 };

static const struct traits traits[FAULT_KIND_COUNT] = {
	[FAULT_NONE] = {"NONE", FAULT_RETRY_NEVER, false, 200, "unknown", "", ""},
#define FAULT(name, retry, says, http, failure_type, exception_type, sentence)                     \
	[FAULT_##name] = {                                                                         \
		#name, FAULT_RETRY_##retry, says, http, failure_type, exception_type, sentence},
#include "lib/base/fault.def"
#undef FAULT
};

/* Cuts at a whole character and folds control characters, so that a detail is one line of valid
 * UTF-8 wherever it is written. */
static void tidy(char *detail)
{
	const char *end;

	if (!g_utf8_validate(detail, -1, &end)) {
		detail[end - detail] = '\0';
	}
	for (char *c = detail; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f) {
			*c = ' ';
		}
	}
}

/* Every fault is born here: one breakpoint shows them all. */
bool fault_set(struct fault *f, enum fault_kind kind, const char *fmt, ...)
{
	va_list args;

	f->kind = kind;
	va_start(args, fmt);
	(void)vsnprintf(f->detail, sizeof f->detail, fmt, args);
	va_end(args);
	tidy(f->detail);
	return false;
}

bool fault_wrap(struct fault *f, const char *fmt, ...)
{
	char inner[sizeof f->detail];
	va_list args;
	size_t used;

	memcpy(inner, f->detail, sizeof inner);
	va_start(args, fmt);
	(void)vsnprintf(f->detail, sizeof f->detail, fmt, args);
	va_end(args);
	used = strlen(f->detail);
	(void)snprintf(f->detail + used, sizeof f->detail - used, "%s", inner);
	tidy(f->detail);
	return false;
}

bool fault_pass(struct fault *f, const struct fault *cause)
{
	*f = *cause;
	return false;
}

enum fault_retry fault_retry(enum fault_kind kind)
{
	return traits[kind].retry;
}

int fault_http_status(enum fault_kind kind)
{
	return traits[kind].http;
}

const char *fault_name(enum fault_kind kind)
{
	return traits[kind].name;
}

const char *fault_failure_type(enum fault_kind kind)
{
	return traits[kind].failure_type;
}

const char *fault_exception_type(enum fault_kind kind)
{
	return traits[kind].exception_type;
}

const char *fault_text(const struct fault *f)
{
	const struct traits *t = &traits[f->kind];

	return t->says_detail && f->detail[0] ? f->detail : t->sentence;
}

enum fault_kind fault_kind_named(const char *name)
{
	for (enum fault_kind kind = FAULT_NONE; kind < FAULT_KIND_COUNT; kind++) {
		if (strcmp(traits[kind].name, name) == 0) {
			return kind;
		}
	}
	return FAULT_BUG;
}
