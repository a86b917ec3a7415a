#include "api-shim/export_lookup.h"

#include "api-shim/api.h"
#include "api-shim/caller.h"
#include "api-shim/route.h"

#include <string.h>

struct lookup {
	struct request *r;
	export_found_fn found;
};

static void refuse_unknown(struct request *r)
{
	struct refusal why = {0};

	(void)refuse(&why, PROBLEM_NOT_FOUND);
	answer_refusal(r, &why);
}

static void on_row(void *arg, const struct export_row *row, const struct fault *f)
{
	g_autofree struct lookup *l = arg;

	if (f && f->kind == FAULT_NOT_FOUND) {
		refuse_unknown(l->r);
	} else if (f) {
		answer_fault(l->r, f);
	} else {
		l->found(l->r, row);
	}
}

/* 0 for what is no id. */
static int64_t id_of(const char *text)
{
	if (!*text || strlen(text) > 18 || strspn(text, "0123456789") != strlen(text)) {
		return 0;
	}
	return g_ascii_strtoll(text, NULL, 10);
}

void export_lookup(struct request *r, export_found_fn found)
{
	int64_t id = id_of(r->params[PARAM_ID]);
	struct lookup *l;

	if (id == 0) {
		refuse_unknown(r);
		return;
	}
	l = g_new(struct lookup, 1);
	*l = (struct lookup){r, found};
	exports_read(r->api->store, r->project_id, r->caller->user_id, id, on_row, l);
}
