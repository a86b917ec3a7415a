/* One export from the asking to the file: create, wait, fetch. */
#pragma once
#include "ctl/cmd.h"
#include "ctl/server.h"
#include "render/format.h"

struct order {
	const char *project; /* a number or "@current" */
	int64_t insight_id, dashboard_id; /* one is 0 */
	const char *mime;
	const char *output; /* NULL: the name that the server gives */
	int64_t wait_s; /* 0: create it, print its number, leave */
	bool verbose;
};

/* Says on standard error what went wrong. */
enum exit_status order_run(struct server *s, const struct order *o) MUST_CHECK;
