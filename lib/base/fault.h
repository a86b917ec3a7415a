/* Why something failed: a kind that code can act on, a detail a person can read.
 *
 * Functions that can fail return bool and take a fault last.  On false the fault is filled in;
 * on true it is untouched.  It is never NULL.  To add a reason, add its line to fault.def: what
 * is retried, which HTTP status it is and what the customer is told stand there and nowhere else.
 */
#pragma once
#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first) __attribute__((format(printf, format_at, first)))

enum fault_kind {
	FAULT_NONE = 0,
#define FAULT(name, retry, says, http, failure_type, exception_type, sentence) FAULT_##name,
#include "lib/base/fault.def"
#undef FAULT
	FAULT_KIND_COUNT
};

/* reliability: NEVER ends the export; LATER is another try after a pause, while tries are left;
 * CRASH is another try counted apart, for what may have killed its process. */
enum fault_retry { FAULT_RETRY_NEVER, FAULT_RETRY_LATER, FAULT_RETRY_CRASH };

struct fault {
	enum fault_kind kind;
	char detail[504]; /* UTF-8, one line, cut at a character */
};

/* All three return false, so that a failing path is one line: return fault_set(f, …). */
bool fault_set(struct fault *f, enum fault_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Puts context before the detail: "tile 3: " + what it said. */
bool fault_wrap(struct fault *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool fault_pass(struct fault *f, const struct fault *cause);

enum fault_retry fault_retry(enum fault_kind kind);
int fault_http_status(enum fault_kind kind);
const char *fault_name(enum fault_kind kind);
/* PostHog's words: user, system, timeout_generation, unknown (spec/exports.md 3.8). */
const char *fault_failure_type(enum fault_kind kind);
/* What goes into exports.exception_type. */
const char *fault_exception_type(enum fault_kind kind);
/* What the requester may read: the detail where it speaks of their request, else the sentence. */
const char *fault_text(const struct fault *f);
/* The kind of that name, FAULT_BUG when there is none: for faults that crossed a process. */
enum fault_kind fault_kind_named(const char *name);
