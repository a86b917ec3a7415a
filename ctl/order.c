#include "ctl/order.h"

#include "ctl/refused.h"
#include "lib/base/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How long the server is asked to hold an answer back, and how often it is asked again. */
enum { HOLD_S = 10, PAUSE_LEAST_MS = 200, PAUSE_MOST_MS = 2000 };

struct progress {
	struct server *server;
	const struct order *order;
	int64_t begun_ms, deadline_ms;
	int64_t pause_ms;
	int64_t export_id;
	char *filename;
};

static void tell(const struct progress *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void tell(const struct progress *p, const char *fmt, ...)
{
	va_list args;

	if (!p->order->verbose) {
		return;
	}
	fprintf(stderr, "%7.3f s  ", (double)(clock_elapsed_ms() - p->begun_ms) / 1000);
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

static int64_t left_ms(const struct progress *p)
{
	return p->deadline_ms - clock_elapsed_ms();
}

/* The wire shows a sentence only; sentences that stand in our own table tell whose fault it was. */
static enum exit_status status_of_exception(const char *exception)
{
	for (enum fault_kind kind = FAULT_NONE + 1; kind < FAULT_KIND_COUNT; kind++) {
		const struct fault sentence = {.kind = kind};

		if (strcmp(fault_text(&sentence), exception) == 0) {
			return cmd_status_of(kind);
		}
	}
	return STATUS_DATA;
}

/* Whether a row of the wire says that the export has ended; *status then says how. */
static bool has_ended(struct progress *p, const json_t *row, enum exit_status *status)
{
	const char *exception = json_get_text(row, "exception", NULL);

	if (json_get_bool(row, "has_content", false)) {
		g_free(p->filename);
		p->filename = g_strdup(json_get_text(row, "filename", NULL));
		*status = STATUS_OK;
		return true;
	}
	if (exception) {
		fprintf(stderr, "platen export: export %" PRId64 " failed: %s\n", p->export_id,
			exception);
		*status = status_of_exception(exception);
		return true;
	}
	return false;
}

static unsigned hold_s(const struct progress *p)
{
	return (unsigned)CLAMP(left_ms(p) / 1000, 0, HOLD_S);
}

/* False when the time is up. */
static bool pause_for(struct progress *p, int64_t at_least_ms)
{
	int64_t ms = MAX(p->pause_ms, at_least_ms);

	if (ms > left_ms(p)) {
		return false;
	}
	server_pause(p->server, (uint64_t)ms);
	p->pause_ms = MIN(p->pause_ms * 3 / 2, PAUSE_MOST_MS);
	return true;
}

static int64_t retry_after_ms(const struct server_answer *a)
{
	return CLAMP(a->retry_after_s, 0, 3600) * 1000;
}

/* The server says when it wants to be asked again, if it was asked too often; nothing was made
 * then. */
static bool ask_to_create(struct progress *p, struct server_answer *a, struct fault *f)
{
	const struct order *o = p->order;
	g_autofree char *path = g_strdup_printf("/api/projects/%s/exports/", o->project);
	json_t *body = json_pack("{s:s, s:I}", "export_format", o->mime,
		o->insight_id ? "insight" : "dashboard",
		(json_int_t)(o->insight_id ? o->insight_id : o->dashboard_id));
	bool ok;

	for (;;) {
		ok = server_ask(p->server, "POST", path, body, hold_s(p), a, f);
		if (!ok || a->status != 429 || !pause_for(p, retry_after_ms(a))) {
			break;
		}
		tell(p, "asked again, for the server was asked too often");
		json_decref(a->body);
	}
	json_decref(body);
	return ok;
}

/* STATUS_LATER: it is made and not ended. */
static enum exit_status create(struct progress *p)
{
	enum exit_status status = STATUS_LATER;
	struct server_answer a;
	struct fault f;

	if (!ask_to_create(p, &a, &f)) {
		return cmd_fault("export", &f);
	}
	p->export_id = json_get_int(a.body, "id", 0);
	if (a.status < 200 || a.status > 299) {
		status = refused_say("export", &a);
	} else if (p->export_id <= 0) {
		fprintf(stderr,
			"platen export: the address answers, but not as an exports endpoint\n");
		status = STATUS_UNAVAILABLE;
	} else {
		tell(p, "export %" PRId64 " is made", p->export_id);
		(void)has_ended(p, a.body, &status);
	}
	json_decref(a.body);
	return status;
}

/* What the server, or the way to it, may get over within the time given. */
static bool may_pass(enum exit_status status)
{
	return status == STATUS_UNAVAILABLE || status == STATUS_LATER;
}

static enum exit_status poll_until_ended(struct progress *p)
{
	g_autofree char *path = g_strdup_printf(
		"/api/projects/%s/exports/%" PRId64 "/", p->order->project, p->export_id);
	int64_t at_least_ms = 0;

	while (pause_for(p, at_least_ms)) {
		enum exit_status status = STATUS_LATER;
		struct server_answer a;
		struct fault f;
		bool ended;

		if (!server_ask(p->server, "GET", path, NULL, 0, &a, &f)) {
			tell(p, "%s", f.detail);
			at_least_ms = 0;
			continue;
		}
		at_least_ms = retry_after_ms(&a);
		if (a.status == 200) {
			ended = has_ended(p, a.body, &status);
		} else {
			ended = !may_pass(refused_status(a.status));
			status = ended ? refused_say("export", &a) : STATUS_LATER;
			tell(p, "the server answered %d", a.status);
		}
		json_decref(a.body);
		if (ended) {
			return status;
		}
		tell(p, "not ended yet");
	}
	fprintf(stderr, "platen export: export %" PRId64 " has not ended after %" PRId64 " s\n",
		p->export_id, p->order->wait_s);
	return STATUS_LATER;
}

/* A name from elsewhere must stay in this directory and must not hide. */
static char *choose_output(const struct progress *p)
{
	const char *name = p->filename;

	if (p->order->output) {
		return g_strdup(p->order->output);
	}
	if (!name || !*name || name[0] == '.' || strchr(name, '/')) {
		const struct format *format = format_of_mime(p->order->mime);

		return g_strdup_printf(
			"export-%" PRId64 ".%s", p->export_id, format ? format->name : "bin");
	}
	return g_strdup(name);
}

/* One try.  *again says whether another one may go better. */
static enum exit_status fetch_once(
	struct progress *p, const char *path, const char *name, bool *again)
{
	struct output *output;
	struct server_answer a;
	struct fault f;

	*again = false;
	if (!output_open(name, &output, &f)) {
		return cmd_fail("export", STATUS_CANNOT_CREATE, &f);
	}
	if (!server_fetch(p->server, path, output, &a, &f)) {
		output_abandon(output);
		if (f.kind == FAULT_STORAGE) {
			return cmd_fail("export", STATUS_IO, &f);
		}
		/* What has gone to standard output cannot be taken back. */
		*again =
			may_pass(cmd_status_of(f.kind)) && (strcmp(name, "-") != 0 || a.bytes == 0);
		tell(p, "%s", f.detail);
		return *again ? STATUS_UNAVAILABLE : cmd_fault("export", &f);
	}
	if (a.status != 200) {
		enum exit_status status = refused_status(a.status);

		output_abandon(output);
		*again = may_pass(status);
		status = *again ? status : refused_say("export", &a);
		json_decref(a.body);
		return status;
	}
	json_decref(a.body);
	if (!output_commit(output, &f)) {
		return cmd_fail("export", STATUS_IO, &f);
	}
	tell(p, "saved %s, %" PRId64 " bytes", name, a.bytes);
	return STATUS_OK;
}

static enum exit_status fetch(struct progress *p)
{
	g_autofree char *path =
		g_strdup_printf("/api/projects/%s/exports/%" PRId64 "/content/?download=true",
			p->order->project, p->export_id);
	g_autofree char *name = choose_output(p);
	enum exit_status status;
	bool again;

	p->pause_ms = PAUSE_LEAST_MS;
	do {
		status = fetch_once(p, path, name, &again);
	} while (again && pause_for(p, 0));
	if (again) {
		fprintf(stderr,
			"platen export: export %" PRId64 " is ready, but its file was not "
			"to be had\n",
			p->export_id);
	}
	return status;
}

enum exit_status order_run(struct server *s, const struct order *o)
{
	struct progress p = {.server = s, .order = o, .pause_ms = PAUSE_LEAST_MS};
	enum exit_status status;

	p.begun_ms = clock_elapsed_ms();
	p.deadline_ms = p.begun_ms + o->wait_s * 1000;
	status = create(&p);
	if (o->wait_s == 0 && p.export_id > 0 && may_pass(status)) {
		printf("%" PRId64 "\n", p.export_id);
		return STATUS_OK;
	}
	if (p.export_id > 0 && status == STATUS_LATER) {
		status = poll_until_ended(&p);
	}
	if (status == STATUS_OK) {
		status = fetch(&p);
	}
	g_free(p.filename);
	return status;
}
