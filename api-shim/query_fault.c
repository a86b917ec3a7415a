#include "api-shim/query_fault.h"

#include "api-shim/answer.h"
#include "api-shim/refusal.h"
#include "api-shim/request.h"
#include "lib/base/log.h"

static const struct {
	enum fault_kind kind;
	const char *code;
} codes[] = {
	{FAULT_CORRUPT, "invalid_result"},
	{FAULT_DATE, "invalid_input"},
	{FAULT_INPUT, "invalid_input"},
	{FAULT_NOT_FOUND, "does_not_exist"},
	{FAULT_QUERY, "invalid_input"},
	{FAULT_QUERY_SLOW, "query_timeout"},
	{FAULT_TOO_LARGE, "too_large"},
	{FAULT_UNSUPPORTED, "unsupported"},
};

static const char *code_of(enum fault_kind kind)
{
	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
		if (codes[i].kind == kind) {
			return codes[i].code;
		}
	}
	return NULL;
}

void query_fault_answer(struct request *r, const struct fault *f)
{
	const char *code = code_of(f->kind);
	struct refusal why = {0};

	if (!code) {
		answer_fault(r, f);
		return;
	}
	log_line(LOG_DEBUG, "http", 0, "%s %s [%s]: %s: %s", r->method_name, r->path, r->id,
		fault_name(f->kind), f->detail);
	(void)refuse_field(&why, "query", code, "%s", fault_text(f));
	why.status = fault_http_status(f->kind);
	if (why.status >= 500) {
		why.type = "server_error";
		why.attr = NULL;
	}
	answer_refusal(r, &why);
}
