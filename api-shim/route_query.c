/* POST …/query — the numbers of a query, computed for whoever asks.
 *
 * At most query_connections statements run at the same time, as platen_query; a client that goes
 * away takes its statement along. */
#include "api-shim/api.h"
#include "api-shim/export_json.h"
#include "api-shim/query_fault.h"
#include "api-shim/query_form.h"
#include "api-shim/route.h"
#include "lib/base/clock.h"
#include "store/computation.h"
#include "store/definitions.h"

#include <inttypes.h>
#include <string.h>

/* As much as we would read back ourselves (json_stored_limits). */
enum { RESULT_BYTES_MAX = 32 * 1024 * 1024, STATUS_CLIENT_GONE = 499 };

struct asking {
	struct request *r;
	struct query_form form;
	json_t *query; /* what is computed */
	char *timezone;
	int week_start_day;
	json_t *test_account_filters;
	int64_t now_us;
	struct computation *computation; /* NULL while there is none */
	bool is_gone; /* nobody reads the answer any more */
};

static void destroy(void *work)
{
	struct asking *a = work;

	json_decref(a->query);
	json_decref(a->test_account_filters);
	g_free(a->timezone);
	g_free(a);
}

static void on_client_gone(struct request *r)
{
	struct asking *a = r->work;

	a->is_gone = true;
	if (a->computation) {
		computation_cancel(a->computation);
	}
}

static void answer_why(struct asking *a, const struct fault *f)
{
	if (a->is_gone) {
		answer_nothing(a->r, STATUS_CLIENT_GONE);
	} else {
		query_fault_answer(a->r, f);
	}
}

/* The envelope of the engine, and what a query endpoint says besides. */
static void complete(const struct asking *a, json_t *result)
{
	g_autoptr(GString) refreshed = g_string_new(NULL);

	export_json_add_time(refreshed, a->now_us);
	json_object_set_new(result, "is_cached", json_false());
	json_object_set_new(result, "last_refresh", json_string(refreshed->str));
	json_object_set_new(result, "timezone", json_string(a->timezone));
}

static void on_computed(void *arg, json_t *result, const struct fault *f)
{
	struct asking *a = arg;
	g_autoptr(GBytes) bytes = NULL;
	char *text;
	struct fault why;

	a->computation = NULL;
	if (f) {
		answer_why(a, f);
		return;
	}
	complete(a, result);
	text = json_write(result);
	bytes = g_bytes_new_take(text, strlen(text));
	if (g_bytes_get_size(bytes) > RESULT_BYTES_MAX) {
		fault_set(&why, FAULT_TOO_LARGE,
			"The result has %zu bytes, more than %d; ask for fewer rows, days or breakdown values.",
			g_bytes_get_size(bytes), RESULT_BYTES_MAX);
		answer_why(a, &why);
	} else {
		answer_json_bytes(a->r, 200, bytes);
	}
}

static void compute(struct asking *a, const json_t *query)
{
	const struct api *api = a->r->api;
	const struct insight_env env = {
		.project_id = a->r->project_id,
		.timezone = a->timezone,
		.week_start_day = a->week_start_day,
		.now_us = a->now_us,
		.test_account_filters = a->test_account_filters,
	};
	json_t *filtered = insight_with_filters(query, NULL, a->form.filters);

	a->query = insight_with_variables(filtered, a->form.variables);
	json_decref(filtered);
	a->computation = computation_start(api->queries, api->loop, a->query, &env,
		(unsigned)api->config->query_timeout_ms, on_computed, a);
}

static void on_saved(void *arg, const struct insight_row *i, const struct fault *f)
{
	struct asking *a = arg;
	struct fault why;

	if (a->is_gone) {
		answer_nothing(a->r, STATUS_CLIENT_GONE);
	} else if (f && f->kind == FAULT_NOT_FOUND) {
		why = *f;
		(void)fault_wrap(&why, "shortId: ");
		query_fault_answer(a->r, &why);
	} else if (f) {
		query_fault_answer(a->r, f);
	} else if (!i->query) {
		fault_set(&why, FAULT_QUERY, "shortId: insight '%s' has no query.", i->short_id);
		query_fault_answer(a->r, &why);
	} else {
		compute(a, i->query);
	}
}

static void on_project(void *arg, const struct project_row *p, const struct fault *f)
{
	struct asking *a = arg;
	const char *short_id = insight_saved_id(a->form.query);

	if (a->is_gone) {
		answer_nothing(a->r, STATUS_CLIENT_GONE);
	} else if (f) {
		answer_fault(a->r, f);
	} else {
		a->timezone = g_strdup(p->timezone);
		a->week_start_day = p->week_start_day;
		a->test_account_filters = json_incref(p->test_account_filters);
		if (short_id) {
			definitions_insight_short(
				a->r->api->store, a->r->project_id, short_id, on_saved, a);
		} else {
			compute(a, a->form.query);
		}
	}
}

void route_query(struct request *r)
{
	struct asking *a = g_new0(struct asking, 1);
	struct refusal why = {0};
	const json_t *form = request_form(r, (size_t)r->api->config->body_max_bytes, &why);

	a->r = r;
	r->work = a;
	r->work_destroy = destroy;
	if (!form || !query_form_read(form, &a->form, &why)) {
		answer_refusal(r, &why);
		return;
	}
	a->now_us = clock_wall_us();
	r->gone = on_client_gone;
	definitions_project(r->api->store, r->project_id, on_project, a);
}
