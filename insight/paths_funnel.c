#include "insight/paths_funnel.h"

#include "insight/brief.h"
#include "insight/funnels_sql.h"

#include <glib.h>
#include <string.h>

static bool read_type(const json_t *filter, struct paths_funnel *out, struct fault *f)
{
	static const char *const names[] = {[PATHS_BEFORE_STEP] = "funnel_path_before_step",
		[PATHS_AFTER_STEP] = "funnel_path_after_step",
		[PATHS_BETWEEN_STEPS] = "funnel_path_between_steps"};
	const char *name = json_get_text(filter, "funnelPathType", "");
	char shown[BRIEF_BYTES];

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(names[i], name) == 0) {
			out->type = (enum paths_funnel_type)i;
			return true;
		}
	}
	return fault_set(f, FAULT_QUERY,
		"funnelPathType: '%s' is none of funnel_path_before_step, funnel_path_after_step,"
		" funnel_path_between_steps",
		brief(name, shown));
}

/* Below 0: those who did not come to it. */
static bool read_step(const json_t *filter, struct paths_funnel *out, struct fault *f)
{
	const json_t *member = json_object_get(filter, "funnelStep");
	json_int_t step = json_integer_value(member), count = (json_int_t)out->funnel.step_count;
	json_int_t least = out->type == PATHS_BETWEEN_STEPS ? 2 : 1;

	if (json_is_integer(member) && step >= least && step <= count) {
		out->step = (size_t)step;
		return true;
	}
	if (json_is_integer(member) && least == 1 && step <= -2 && step >= -count) {
		out->step = (size_t)-step;
		out->is_dropped = true;
		return true;
	}
	return fault_set(f, FAULT_QUERY,
		least == 2 ? "funnelStep is not the number of a step from 2 to %d"
			   : "funnelStep is not the number of a step from 1 to %d, or from -2 for"
			     " those who did not come to it",
		(int)count);
}

/* What a funnel shows is of no matter here: only who came to which step when. */
static bool read_source(const json_t *filter, struct paths_funnel *out, struct fault *f)
{
	const json_t *source = json_object_get(filter, "funnelSource");

	if (!json_is_object(source) || strcmp(kind_name(source), "FunnelsQuery") != 0) {
		return fault_set(f, FAULT_QUERY, "funnelSource is not a FunnelsQuery");
	}
	out->context.query = source;
	if (!funnel_read(&out->context, &out->funnel, f)) {
		return fault_wrap(f, "funnelSource.");
	}
	out->funnel.view = FUNNEL_STEPS;
	out->funnel.breakdown.is_set = false;
	return !out->funnel.actor ||
	       fault_set(f, FAULT_UNSUPPORTED,
		       "funnelSource.funnelsFilter.funnelAggregateByHogQL: paths of what an"
		       " expression tells apart are not computed here");
}

bool paths_funnel_read(const struct kind_context *c, struct paths_funnel *out, struct fault *f)
{
	const json_t *filter = json_object_get(c->query, "funnelPathsFilter");

	*out = (struct paths_funnel){.context = *c};
	if (!json_truthy(filter)) {
		return true;
	}
	if (!json_is_object(filter)) {
		return fault_set(f, FAULT_QUERY, "funnelPathsFilter is not an object");
	}
	out->is_set = true;
	return (read_type(filter, out, f) && read_source(filter, out, f) &&
		       read_step(filter, out, f)) ||
	       fault_wrap(f, "funnelPathsFilter.");
}

void paths_funnel_finish(struct paths_funnel *p)
{
	if (p->is_set) {
		funnel_finish(&p->funnel);
		window_finish(&p->window);
	}
	p->is_set = false;
}

struct sql *paths_funnel_earliest(const struct paths_funnel *p)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	bool any = false;

	for (size_t i = 0; i < p->funnel.step_count; i++) {
		any = !entity_event_names(&p->funnel.steps[i].entity, names) || any;
	}
	return window_earliest_statement(&p->context, any ? NULL : names);
}

bool paths_funnel_open(struct paths_funnel *p, int64_t earliest_us, struct fault *f)
{
	return window_open(&p->funnel.scope, &p->context, earliest_us, WINDOW_OF_TOTAL, &p->window,
		       f) ||
	       fault_wrap(f, "funnelPathsFilter.funnelSource.");
}

/* When they came to the step, or to the nearest one before it: some may be optional. */
static void write_time_at(struct writer *w, size_t step)
{
	sql_add(w->sql, "coalesce(");
	for (size_t i = step; i > 0; i--) {
		sql_addf(w->sql, "%st%zu", i < step ? ", " : "", i);
	}
	sql_add(w->sql, ")");
}

static void write_came(const struct paths_funnel *p, struct writer *w)
{
	if (!p->is_dropped) {
		sql_addf(w->sql, "t%zu IS NOT NULL", p->step);
		return;
	}
	sql_addf(w->sql, "t%zu IS NOT NULL", p->step - 1);
	for (size_t i = p->step; i <= p->funnel.step_count; i++) {
		sql_addf(w->sql, " AND t%zu IS NULL", i);
	}
}

void paths_funnel_write_targets(const struct paths_funnel *p, struct writer *w)
{
	struct funnel_writer s = {.w = *w, .t = &p->funnel, .range = &p->window.range};
	size_t step = p->is_dropped ? p->step - 1 : p->step;

	funnel_write_before_cells(&s);
	*w = s.w;
	sql_add(w->sql, ", targets AS (SELECT p, ");
	switch (p->type) {
	case PATHS_BEFORE_STEP:
		sql_addf(w->sql, "NULL::bigint AS since, t%zu AS until", step);
		break;
	case PATHS_AFTER_STEP:
		sql_addf(w->sql, "t%zu AS since, NULL::bigint AS until", step);
		break;
	case PATHS_BETWEEN_STEPS:
		write_time_at(w, step - 1);
		sql_addf(w->sql, " AS since, t%zu AS until", step);
		break;
	}
	sql_addf(w->sql, " FROM %s WHERE ", s.last);
	write_came(p, w);
	sql_add(w->sql, ")");
}

void paths_funnel_write_is_target(const struct paths_funnel *p, struct writer *w)
{
	sql_add(w->sql, " AND ");
	scope_write_actor(&p->funnel.scope, w);
	sql_add(w->sql, " IN (SELECT p FROM targets)");
}

static void write_bound(
	const struct paths_funnel *p, struct writer *w, const char *compares, const char *column)
{
	sql_add(w->sql, " AND ");
	w->dialect->elapsed_us(w, "at", p->window.range.from_us);
	sql_addf(w->sql, " %s %s", compares, column);
}

void paths_funnel_write_join(const struct paths_funnel *p, struct writer *w, const char *from)
{
	sql_addf(w->sql, " JOIN targets ON targets.p = %s.actor", from);
	if (p->type != PATHS_BEFORE_STEP) {
		write_bound(p, w, ">=", "targets.since");
	}
	if (p->type != PATHS_AFTER_STEP) {
		write_bound(p, w, "<=", "targets.until");
	}
}
