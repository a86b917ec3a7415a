#include "insight/insight.h"

#include "insight/brief.h"
#include "insight/kind.h"
#include "lib/base/require.h"

#include <glib.h>
#include <string.h>

enum { DEFAULT_MAX_BUCKETS = 10000 };

struct insight_run {
	struct kind_context context;
	const struct kind_methods *methods;
	struct zone *zone;
	struct references *references;
	struct sql *references_statement; /* not handed out yet, or NULL */
	bool has_begun; /* the query is read; until then references are fetched */
	void *state;
	bool awaits_rows; /* a statement was handed out whose rows have not come */
	bool is_done;
};

static const char saved_node[] = "SavedInsightNode";

const char *insight_saved_id(const json_t *query)
{
	const json_t *inner = kind_unwrap(query);

	return strcmp(kind_name(inner), saved_node) == 0 ? json_get_text(inner, "shortId", NULL)
							 : NULL;
}

/* The kind of a query whose wrappers are off, or NULL with the fault. */
static const struct kind *find_kind(const json_t *query, struct fault *f)
{
	const char *name = kind_name(query);
	const struct kind *kind = kind_lookup(name);
	char shown[BRIEF_BYTES];

	if (!query) {
		fault_set(f, FAULT_QUERY, "source: there is no query in it");
		return NULL;
	}
	if (kind && kind->methods) {
		return kind;
	}
	if (strcmp(name, saved_node) == 0 && !insight_saved_id(query)) {
		fault_set(f, FAULT_QUERY, "shortId: a saved insight is called by a text");
		return NULL;
	}
	if (kind || strcmp(name, saved_node) == 0) {
		fault_set(f, FAULT_UNSUPPORTED, "A query of kind '%s' is not computed here", name);
		return NULL;
	}
	fault_set(f, FAULT_QUERY, "Unknown query kind '%s'", brief(name, shown));
	return NULL;
}

/* Reads the query once all that it names is there; most name nothing. */
static bool begin_unless_wanting(struct insight_run *run, struct fault *f)
{
	run->references_statement = references_statement(run->references, run->context.env);
	if (run->references_statement) {
		return true;
	}
	run->has_begun = true;
	return run->methods->begin(&run->context, &run->state, f);
}

bool insight_begin(const json_t *query, const struct insight_env *env, struct insight_run **out,
	struct fault *f)
{
	struct insight_run *run;
	const json_t *inner = kind_unwrap(query);
	const struct kind *kind;

	if (!json_is_object(query)) {
		return fault_set(f, FAULT_QUERY, "the query is not an object");
	}
	kind = find_kind(inner, f);
	if (!kind) {
		return false;
	}
	run = g_new0(struct insight_run, 1);
	run->methods = kind->methods;
	if (!zone_open(env->timezone, &run->zone, f)) {
		insight_end(run);
		return false;
	}
	run->references = references_create();
	run->context = (struct kind_context){
		.query = inner,
		.env = env,
		.dialect = &dialect_postgres,
		.references = run->references,
		.place = {.zone = run->zone,
			.week_start_day = env->week_start_day == 1 ? 1 : 0,
			.now_us = env->now_us},
		.max_buckets = env->max_buckets > 0 ? env->max_buckets : DEFAULT_MAX_BUCKETS,
	};
	if (!references_collect(run->references, inner, f) ||
		!references_collect(run->references, env->test_account_filters, f) ||
		!begin_unless_wanting(run, f)) {
		insight_end(run);
		return false;
	}
	*out = run;
	return true;
}

bool insight_next(struct insight_run *run, struct sql **statement, struct fault *f)
{
	REQUIRE(!run->awaits_rows);
	*statement = g_steal_pointer(&run->references_statement);
	if (*statement) {
		run->awaits_rows = true;
		return true;
	}
	if (!run->methods->next(run->state, statement, f)) {
		return false;
	}
	run->awaits_rows = *statement != NULL;
	run->is_done = *statement == NULL;
	return true;
}

bool insight_feed(struct insight_run *run, const struct rows *rows, struct fault *f)
{
	REQUIRE(run->awaits_rows);
	run->awaits_rows = false;
	if (!run->has_begun) {
		return references_feed(run->references, rows, f) && begin_unless_wanting(run, f);
	}
	return run->methods->feed(run->state, rows, f);
}

bool insight_result(struct insight_run *run, json_t **result, struct fault *f)
{
	REQUIRE(run->is_done);
	return run->methods->result(run->state, result, f);
}

void insight_end(struct insight_run *run)
{
	if (run) {
		if (run->state) {
			run->methods->end(run->state);
		}
		sql_destroy(run->references_statement);
		references_destroy(run->references);
		zone_close(run->zone);
		g_free(run);
	}
}
