#include "api-shim/refusal.h"

#include <glib.h>
#include <string.h>

static const struct {
	int status;
	const char *type, *code, *sentence;
} problems[] = {
#define PROBLEM(name, status, type, code, sentence) {status, type, code, sentence},
#include "api-shim/problem.def"
#undef PROBLEM
};

static void fill(struct refusal *r, enum problem problem, const char *attr, const char *code,
	const char *fmt, va_list args) G_GNUC_PRINTF(5, 0);

static void fill(struct refusal *r, enum problem problem, const char *attr, const char *code,
	const char *fmt, va_list args)
{
	g_autofree char *text = NULL;

	if (!refusal_is_empty(r)) {
		return;
	}
	r->status = problems[problem].status;
	r->type = problems[problem].type;
	r->code = code ? code : problems[problem].code;
	r->attr = attr;
	/* It repeats what was sent, which need not be text, and goes into JSON. */
	text = g_strdup_vprintf(fmt, args);
	r->detail = g_utf8_make_valid(text, -1);
}

bool refuse(struct refusal *r, enum problem problem)
{
	return refuse_with(r, problem, "%s", problems[problem].sentence);
}

bool refuse_with(struct refusal *r, enum problem problem, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(r, problem, NULL, NULL, fmt, args);
	va_end(args);
	return false;
}

bool refuse_field(struct refusal *r, const char *attr, const char *code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(r, PROBLEM_INVALID, attr, code, fmt, args);
	va_end(args);
	return false;
}

bool refuse_copy(struct refusal *r, const struct refusal *of)
{
	if (refusal_is_empty(r)) {
		*r = *of;
		r->detail = g_strdup(of->detail);
	}
	return false;
}

bool refusal_is_empty(const struct refusal *r)
{
	return r->status == 0;
}

void refusal_finish(struct refusal *r)
{
	g_free(r->detail);
	memset(r, 0, sizeof *r);
}
