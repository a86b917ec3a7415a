/* A kind of query: how its statements are written and how their rows become a result.
 *
 * To add one, write kind_<name>.c with its struct kind_methods and give it its line in kind.def. */
#pragma once
#include "insight/dialect.h"
#include "insight/references.h"

/* Rows of a list: without a limit, at most, and at most of an export (spec/insights.md 1.16). */
enum { ROWS_DEFAULT_LIMIT = 100, ROWS_MAX_LIMIT = 50000, ROWS_MAX_EXPORTED = 300000 };

/* What every kind is given; it outlives the state. */
struct kind_context {
	const json_t *query; /* without its wrappers */
	const struct insight_env *env;
	const struct dialect *dialect;
	const struct references *references; /* all that the query names is fetched */
	struct date_place place;
	int64_t max_buckets;
};

/* Who is behind a part of a kind's result, for lists of them. */
struct kind_actors {
	/* `part` says which: the members day, series, breakdown and the like of an actors query.
	 * Faults begin with "source." where they are the result's query's.  FAULT_UNSUPPORTED where
	 * they are no persons.  end() also gets a state whose begin() failed. */
	bool (*begin)(
		const struct kind_context *c, const json_t *part, void **state, struct fault *f);
	/* "SELECT … AS actor_id, … AS event_count …": a row for each person. */
	void (*write)(const void *state, struct writer *w);
	void (*end)(void *state);
};

/* `state` is the kind's own.  The methods are those of insight.h, in the same order; end() also
 * gets a state whose begin() set it and then failed. */
struct kind_methods {
	bool (*begin)(const struct kind_context *c, void **state, struct fault *f);
	bool (*next)(void *state, struct sql **statement, struct fault *f);
	bool (*feed)(void *state, const struct rows *rows, struct fault *f);
	bool (*result)(void *state, json_t **result, struct fault *f);
	void (*end)(void *state);
	const struct kind_actors *actors; /* or NULL: they are not listed here */
};

struct kind {
	const char *name, *text;
	const struct kind_methods *methods; /* NULL: not computed here */
};

const struct kind *kind_lookup(const char *name); /* or NULL */
/* The query under its wrappers; NULL when there is none.  Never more than a few steps deep. */
const json_t *kind_unwrap(const json_t *query);
/* The kind's name as the query has it; "" when it has none. */
const char *kind_name(const json_t *query);
