/* POST …/exports — makes an export and waits a while for its file (spec/exports.md 2.1 to 2.4).
 *
 * The row is committed before anything else is told of it: 201 means that the export exists,
 * whatever becomes of Redis, of the wait or of this process afterwards. */
#include "api-shim/api.h"
#include "api-shim/caller.h"
#include "api-shim/export_json.h"
#include "api-shim/route.h"
#include "api-shim/waiting.h"
#include "api-shim/wish.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "store/definitions.h"
#include "store/exports.h"

struct create {
	struct request *r;
	json_t *form; /* borrowed from the request */
	struct wish wish;
	struct export_row *row; /* as made: what is answered if it cannot be read again */
	struct wait *wait;
};

static void destroy(void *work)
{
	struct create *c = work;

	wish_finish(&c->wish);
	export_row_destroy(c->row);
	g_free(c);
}

static void answer_with(struct create *c, const struct export_row *row)
{
	GString *json = g_string_sized_new(512);

	export_json_add(json, row, clock_wall_us());
	answer_json(c->r, 201, json);
}

static void on_read_again(void *arg, const struct export_row *row, const struct fault *f)
{
	struct create *c = arg;

	answer_with(c, f ? c->row : row);
}

static void on_waited(void *arg)
{
	struct create *c = arg;

	c->wait = NULL;
	c->r->gone = NULL;
	exports_read(c->r->api->store, c->row->project_id, c->row->created_by, c->row->id,
		on_read_again, c);
}

static void on_client_gone(struct request *r)
{
	const struct create *c = r->work;

	if (c->wait) {
		waiting_give_up(c->wait);
	}
}

/* Its row carries when it is due, so a sweep tells Redis what we could not. */
static void on_enqueued(void *arg, const struct fault *f)
{
	struct api *api = arg;

	if (f) {
		api->unqueued++;
		log_line(LOG_DEBUG, "queue", 0, "a turn was not taken (%" G_GINT64_FORMAT "): %s",
			api->unqueued, f->detail);
	}
}

static void on_created(void *arg, const struct export_row *row, const struct fault *f)
{
	struct create *c = arg;
	struct api *api = c->r->api;
	const struct turn turn = {
		.export_id = row ? row->id : 0,
		.project_id = row ? row->project_id : 0,
		.class = EXPORT_INTERACTIVE,
	};
	struct refusal why = {0};
	bool preferred;
	unsigned wait_ms;

	if (f && f->kind == FAULT_INPUT) {
		/* What it refers to went away since it was looked up. */
		(void)refuse_field(&why, NULL, "invalid_input", "%s", f->detail);
		answer_refusal(c->r, &why);
		return;
	}
	if (f) {
		answer_fault(c->r, f);
		return;
	}
	c->row = export_row_copy(row);
	wait_ms = request_wait_ms(c->r, (unsigned)api->config->create_wait_ms, &preferred);
	if (preferred) {
		answer_header(c->r, "Preference-Applied", "wait=%u", wait_ms / 1000);
	}
	if (api->draining || wish_is_rasterized(&c->wish)) {
		wait_ms = 0;
	}
	if (wait_ms > 0) {
		/* Before the queue is told, so that its word of the end finds who waits. */
		c->r->gone = on_client_gone;
		c->wait = waiting_add(api->waiting, c->row->id, wait_ms, on_waited, c);
	}
	queue_enqueue(api->queue, &turn, on_enqueued, api);
	if (wait_ms == 0) {
		answer_with(c, c->row);
	}
}

static void create_row(struct create *c)
{
	struct request *r = c->r;
	g_autofree char *context = c->wish.context ? json_write(c->wish.context) : NULL;
	const struct export_request request = {
		.project_id = r->project_id,
		.created_by = r->caller->user_id,
		.dashboard_id = c->wish.dashboard_id,
		.insight_id = c->wish.insight_id,
		.format = c->wish.format->mime,
		.context = context,
		.source_authentication = "personal_api_key",
		.source_credential_id = r->caller->key_id,
		.class = EXPORT_INTERACTIVE,
		.expires_after_us = format_expires_after_us(c->wish.format, clock_wall_us()),
		.give_up_ms = r->api->config->export_give_up_ms,
	};

	exports_create(r->api->store, &request, on_created, c);
}

static void check_rest(struct create *c)
{
	struct refusal why = {0};

	if (wish_read_format(&c->wish, c->form, &why) &&
		wish_read_context(&c->wish, c->form, c->r->form_is_text, &why) &&
		wish_check(&c->wish, c->r->project_id, &why)) {
		create_row(c);
	} else {
		answer_refusal(c->r, &why);
	}
}

/* True when the answer says that it exists; else the request is answered. */
static bool is_there(
	struct create *c, const char *field, int64_t id, int64_t project_id, const struct fault *f)
{
	struct refusal why = {0};

	if (f) {
		answer_fault(c->r, f);
	} else if (project_id == 0) {
		(void)wish_refuse_unknown(field, id, &why);
		answer_refusal(c->r, &why);
	}
	return !f && project_id != 0;
}

static void on_insight(void *arg, int64_t project_id, const struct fault *f)
{
	struct create *c = arg;

	c->wish.insight_project = project_id;
	if (is_there(c, "insight", c->wish.insight_id, project_id, f)) {
		check_rest(c);
	}
}

static void check_insight(struct create *c)
{
	struct refusal why = {0};

	if (!wish_read_id(c->form, "insight", &c->wish.insight_id, &why)) {
		answer_refusal(c->r, &why);
	} else if (c->wish.insight_id) {
		definitions_where(
			c->r->api->store, DEFINITION_INSIGHT, c->wish.insight_id, on_insight, c);
	} else {
		check_rest(c);
	}
}

static void on_dashboard(void *arg, int64_t project_id, const struct fault *f)
{
	struct create *c = arg;

	c->wish.dashboard_project = project_id;
	if (is_there(c, "dashboard", c->wish.dashboard_id, project_id, f)) {
		check_insight(c);
	}
}

unsigned exports_create_scopes(struct request *r, const char **scopes, unsigned room)
{
	return wish_scopes(r->form, r->form_is_text, scopes, room);
}

void route_exports_create(struct request *r)
{
	struct create *c = g_new0(struct create, 1);
	struct refusal why = {0};

	c->r = r;
	c->form = r->form; /* read for its scopes already */
	r->work = c;
	r->work_destroy = destroy;
	if (!wish_read_id(c->form, "dashboard", &c->wish.dashboard_id, &why)) {
		answer_refusal(r, &why);
	} else if (c->wish.dashboard_id) {
		definitions_where(
			r->api->store, DEFINITION_DASHBOARD, c->wish.dashboard_id, on_dashboard, c);
	} else {
		check_insight(c);
	}
}
