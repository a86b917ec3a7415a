/* Reads what is to be exported: the project, and an insight, a dashboard or a query that came with
 * the request.  An insight wins over a dashboard when both are set. */
#include "insight/insight.h"
#include "lib/base/require.h"
#include "store/definitions.h"
#include "store/keys.h"
#include "worker/job.h"

#include <glib.h>
#include <string.h>

/* Whichever answers last wakes the job. */
static void arrived(struct job *j, const struct fault *f)
{
	if (f && j->fault.kind == FAULT_NONE) {
		j->fault = *f;
	}
	REQUIRE(j->pending > 0);
	if (--j->pending == 0) {
		job_wake(j, j->fault.kind == FAULT_NONE ? NULL : &j->fault);
	}
}

static void set_text(json_t *object, const char *key, const char *value)
{
	if (value) {
		json_object_set_new(object, key, json_string(value));
	}
}

static struct tile *add_tile(struct job *j)
{
	struct tile *t = g_new0(struct tile, 1);

	t->about = json_object();
	g_ptr_array_add(j->tiles, t);
	return t;
}

static void take_insight(struct tile *t, const struct insight_row *i)
{
	json_object_set_new(t->about, "kind", json_string("insight"));
	json_object_set_new(t->about, "id", json_integer(i->id));
	set_text(t->about, "name", i->name);
	set_text(t->about, "derived_name", i->derived_name);
	set_text(t->about, "description", i->description);
	t->query = json_incref(i->query);
	t->result = json_incref(i->result);
}

static void set_query(struct tile *t, json_t *query)
{
	json_decref(t->query);
	json_decref(t->result);
	t->query = query;
	t->result = NULL;
}

/* A query that differs from the saved one is not what the stored result answers. */
static void change(struct tile *t, json_t *changed)
{
	if (json_equal(changed, t->query)) {
		json_decref(changed);
	} else {
		set_query(t, changed);
	}
}

static void override(struct tile *t, const json_t *filters, const json_t *overrides)
{
	if (t->query && (json_truthy(filters) || json_truthy(overrides))) {
		change(t, insight_with_filters(t->query, filters, overrides));
	}
}

/* Those that came with the request stand in place of the dashboard's (spec/exports.md 3.2.1). */
static void set_variables(const struct job *j, struct tile *t, const json_t *saved)
{
	const json_t *sent = json_object_get(j->context, "variables_override");
	const json_t *variables = json_truthy(sent) ? sent : saved;

	if (t->query && json_truthy(variables)) {
		change(t, insight_with_variables(t->query, variables));
	}
}

static void on_project(void *arg, const struct project_row *p, const struct fault *f)
{
	struct job *j = job_of(arg);

	if (!f) {
		j->timezone = g_strdup(p->timezone);
		j->week_start_day = p->week_start_day;
		j->test_account_filters = json_incref(p->test_account_filters);
	}
	arrived(j, f);
}

/* The insight alone, or on the dashboard that it is exported from.  A query that was sent stands in
 * place of the saved one (spec/exports.md 3.2.1, 3.3.1): a picture of it still has the tile's
 * filters, a table is of that query as it is, and the dashboard's variables are for neither. */
static void take_one(struct job *j, const struct insight_row *i, const struct dashboard_row *d,
	const json_t *tile_filters)
{
	struct tile *t = add_tile(j);

	take_insight(t, i);
	if (j->source) {
		set_query(t, json_incref(j->source));
	}
	if (d && !(j->source && j->format->family == FORMAT_TABLE)) {
		override(t, d->filters, tile_filters);
	}
	set_variables(j, t, d && !j->source ? d->variables : NULL);
}

static void on_insight(void *arg, const struct insight_row *i, const struct fault *f)
{
	struct job *j = job_of(arg);

	if (!f) {
		take_one(j, i, NULL, NULL);
	}
	arrived(j, f);
}

static void take_dashboard(struct job *j, const struct dashboard_row *d)
{
	j->title = g_strdup(d->name);
	j->description = g_strdup(d->description);
	for (size_t i = 0; i < d->tile_count; i++) {
		const struct tile_row *row = &d->tiles[i];
		struct tile *t = add_tile(j);

		if (row->insight) {
			take_insight(t, row->insight);
			override(t, d->filters, row->filters_overrides);
			set_variables(j, t, d->variables);
		} else {
			json_object_set_new(t->about, "kind", json_string("text"));
			set_text(t->about, "body", row->text);
		}
		if (row->layouts) {
			json_t *layout = json_object_get(row->layouts, "sm");

			if (layout) {
				json_object_set(t->about, "layout", layout);
			}
		}
		set_text(t->about, "color", row->color);
		json_object_set_new(
			t->about, "show_description", json_boolean(row->show_description));
		json_object_set_new(t->about, "transparent_background",
			json_boolean(row->transparent_background));
	}
}

static void on_dashboard(void *arg, const struct dashboard_row *d, const struct fault *f)
{
	struct job *j = job_of(arg);

	if (!f) {
		take_dashboard(j, d);
	}
	arrived(j, f);
}

/* The insight stands on this dashboard: its tile's filters count too. */
static void on_dashboard_of_insight(void *arg, const struct dashboard_row *d, const struct fault *f)
{
	struct job *j = job_of(arg);

	if (f) {
		arrived(j, f);
		return;
	}
	for (size_t i = 0; i < d->tile_count; i++) {
		const struct insight_row *insight = d->tiles[i].insight;

		if (insight && insight->id == j->claim.insight_id) {
			take_one(j, insight, d, d->tiles[i].filters_overrides);
			arrived(j, NULL);
			return;
		}
	}
	definitions_insight(
		&j->services->store, j->claim.project_id, j->claim.insight_id, on_insight, j);
}

/* A query of its own, without insight and dashboard. */
static bool check_request(const struct job *j, struct fault *f)
{
	if (j->source) {
		return true;
	}
	if (json_truthy(json_object_get(j->context, "session_recording_id")) ||
		json_truthy(json_object_get(j->context, "heatmap_url"))) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"Session recordings and heatmaps need a browser and are not supported.");
	}
	if (json_truthy(json_object_get(j->context, "path"))) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"export_context.path is not supported; send the query as export_context.source");
	}
	return fault_set(f, FAULT_INPUT,
		"Export is missing required dashboard, insight ID, or session_recording_id in export_context");
}

/* What the key was asked for must still be its to give, or an export would read more than whoever
 * asks for it may (spec/exports.md 2.8). */
static void on_key(void *arg, const struct key_row *k, const struct fault *f)
{
	struct job *j = job_of(arg);
	const struct {
		bool needed;
		const char *scope;
	} wanted[] = {
		{true, "export:write"},
		{j->claim.insight_id != 0, "insight:read"},
		{j->claim.dashboard_id != 0, "dashboard:read"},
		{json_truthy(json_object_get(j->context, "source")), "query:read"},
	};
	struct fault why;

	if (f) {
		why = *f;
		if (f->kind == FAULT_NOT_FOUND) {
			fault_set(&why, FAULT_FORBIDDEN, "key %lld is no longer good for it",
				(long long)j->claim.source_credential_id);
		}
		arrived(j, &why);
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		if (wanted[i].needed && !scopes_allow(k->scopes, wanted[i].scope)) {
			fault_set(&why, FAULT_FORBIDDEN, "key %lld has lost the scope %s",
				(long long)k->id, wanted[i].scope);
			arrived(j, &why);
			return;
		}
	}
	arrived(j, NULL);
}

/* What the request says about the picture. */
static bool check_look(const json_t *context, struct fault *f)
{
	const json_t *theme = json_object_get(context, "theme");
	const json_t *scale = json_object_get(context, "scale");
	const json_t *width = json_object_get(context, "width");
	const char *name = json_is_string(theme) ? json_string_value(theme) : "";

	if (json_truthy(theme) && strcmp(name, "light") != 0 && strcmp(name, "dark") != 0) {
		return fault_set(
			f, FAULT_INPUT, "export_context.theme must be \"light\" or \"dark\"");
	}
	if (json_truthy(scale) &&
		!(json_number_value(scale) >= 0.5 && json_number_value(scale) <= 4)) {
		return fault_set(
			f, FAULT_INPUT, "export_context.scale must be a number from 0.5 to 4");
	}
	if (json_truthy(width) &&
		!(json_number_value(width) >= 200 && json_number_value(width) <= 8192)) {
		return fault_set(
			f, FAULT_INPUT, "export_context.width must be a number from 200 to 8192");
	}
	return true;
}

static bool read_source(struct job *j, struct fault *f)
{
	json_t *source = json_object_get(j->context, "source");

	if (!json_truthy(source)) {
		return true;
	}
	if (!json_is_object(source)) {
		return fault_set(f, FAULT_INPUT, "export_context.source is not a query");
	}
	j->source = json_incref(source);
	return true;
}

/* What the definitions say of it, when it is known which query was sent. */
static void ask_target(struct job *j)
{
	struct store *s = &j->services->store;
	const struct export_claim *c = &j->claim;
	struct tile *t;

	j->pending++;
	if (c->insight_id && c->dashboard_id) {
		definitions_dashboard(
			s, c->project_id, c->dashboard_id, on_dashboard_of_insight, j);
	} else if (c->insight_id) {
		definitions_insight(s, c->project_id, c->insight_id, on_insight, j);
	} else if (j->is_dashboard) {
		definitions_dashboard(s, c->project_id, c->dashboard_id, on_dashboard, j);
	} else {
		t = add_tile(j);
		json_object_set_new(t->about, "kind", json_string("insight"));
		t->query = json_incref(j->source);
		set_variables(j, t, NULL);
		j->pending--; /* nothing was asked */
	}
}

/* The query that was sent names a saved insight.  Without another target that insight is what is
 * exported, with all that belongs to it. */
static void on_saved(void *arg, const struct insight_row *i, const struct fault *f)
{
	struct job *j = job_of(arg);
	struct fault why;

	if (f) {
		why = *f;
		if (f->kind == FAULT_NOT_FOUND) {
			(void)fault_wrap(&why, "export_context.source.shortId: ");
		}
		arrived(j, &why);
		return;
	}
	json_decref(j->source);
	j->source = NULL;
	if (!j->claim.insight_id) {
		take_one(j, i, NULL, NULL);
		arrived(j, NULL);
	} else if (i->query) {
		j->source = json_incref(i->query);
		ask_target(j);
		arrived(j, NULL);
	} else {
		fault_set(&why, FAULT_QUERY, "export_context.source.shortId: it has no query");
		arrived(j, &why);
	}
}

enum verdict load_run(struct job *j)
{
	struct store *s = &j->services->store;
	const struct export_claim *c = &j->claim;
	bool is_table = j->format->family == FORMAT_TABLE;

	if (j->fault.kind != FAULT_NONE || !read_source(j, &j->fault)) {
		return FAIL;
	}
	/* A table is of the query that was sent, whatever dashboard it was sent from. */
	j->is_dashboard = !c->insight_id && c->dashboard_id && !(is_table && j->source);
	if (j->is_dashboard && is_table) {
		fault_set(&j->fault, FAULT_UNSUPPORTED,
			"A dashboard cannot be written as %s; export one of its insights.",
			j->format->name);
		return FAIL;
	}
	if ((!c->insight_id && !j->is_dashboard && !check_request(j, &j->fault)) ||
		(j->format->family == FORMAT_PICTURE && !check_look(j->context, &j->fault))) {
		return FAIL;
	}
	j->pending = 1;
	definitions_project(s, c->project_id, on_project, j);
	if (c->source_credential_id) {
		j->pending++;
		keys_recheck(s, c->source_credential_id, c->created_by, c->project_id, on_key, j);
	}
	if (!j->is_dashboard && insight_saved_id(j->source)) {
		j->pending++;
		definitions_insight_short(
			s, c->project_id, insight_saved_id(j->source), on_saved, j);
	} else {
		ask_target(j);
	}
	return WAIT;
}
