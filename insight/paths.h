/* What a PathsQuery asks for, its statement, and the edges its rows make: which way people go from
 * item to item within a session (spec/insights.md 1.13, 2.5).
 *
 * An item is a page, a screen or the name of an event, after cleaning; a node is an item at its
 * place in the way, "2_/pricing".  The statement's rows are (source, target, how often,
 * microseconds in all), the heaviest edges first. */
#pragma once
#include "insight/expression.h"
#include "insight/paths_funnel.h"

enum {
	PATHS_DEFAULT_STEPS = 5,
	PATHS_MAX_STEPS = 100,
	PATHS_DEFAULT_EDGES = 50,
	PATHS_MAX_EDGES = 5000,
	PATHS_MAX_RULES = 100, /* of each: replacements, groupings, excluded items */
	PATHS_SESSION_SECONDS = 1800,
	PATHS_ITEM_CHARACTERS = 2000 /* of an item, the rest is cut off */
};

/* How items are cleaned, in this order.  Texts are borrowed from the query. */
struct paths_rules {
	GPtrArray *replacements; /* struct replacement */
	GPtrArray *groupings; /* texts with wildcards: what matches one is called by it */
	GPtrArray *excluded; /* texts */
};

struct paths {
	struct scope scope;
	struct paths_funnel funnel;
	/* Which events have items.  Where all of them have, it is `expression` for those that are
	 * not of the others, or their name. */
	bool has_pages, has_screens, has_custom, has_all;
	struct expression *expression; /* or NULL */
	struct paths_rules rules;
	int64_t steps, edges;
	int64_t min_weight, max_weight; /* 0: none */
	const char *start, *end; /* or NULL */
};

/* FAULT_QUERY, FAULT_UNSUPPORTED.  The caller finishes *out in either case. */
bool paths_read(const struct kind_context *c, struct paths *out, struct fault *f) MUST_CHECK;
void paths_finish(struct paths *p);

/* The part of paths_read() that is about cleaning; finish *out in either case. */
bool paths_rules_read(const json_t *filter, struct paths_rules *out, struct fault *f) MUST_CHECK;
void paths_rules_finish(struct paths_rules *r);

struct sql *paths_statement(
	const struct paths *p, const struct date_range *range, const struct kind_context *c);
/* The list of edges; the caller owns it. */
bool paths_edges(
	const struct paths *p, const struct rows *rows, json_t **out, struct fault *f) MUST_CHECK;
