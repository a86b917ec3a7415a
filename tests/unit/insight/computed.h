/* Insights computed over a Postgres of the program's own, as a worker would: statement after
 * statement, as role platen_query, for one project. */
#pragma once
#include "insight/insight.h"
#include "tests/unit/pg/private_postgres.h"

struct computed {
	struct private_postgres server;
	struct pg_wait *wait; /* as owner of the database */
	struct pg_wait *query_wait; /* as role platen_query, for: */
	int64_t query_project;
};

/* With the schema, and projects 1, 2 and 3. */
void computed_start(struct computed *c);
void computed_stop(struct computed *c);
/* One statement after which nothing is needed, as owner of the database. */
void computed_run(struct computed *c, const char *sql);

/* The query's result; fails the test where a fault comes.  The caller owns it. */
json_t *computed_result(struct computed *c, const json_t *query, const struct insight_env *env);
/* The same without the role, so that only the statement itself keeps projects apart. */
json_t *computed_as_owner(struct computed *c, const json_t *query, const struct insight_env *env);
/* False with the fault of whichever step it was. */
bool computed_try(struct computed *c, const json_t *query, const struct insight_env *env,
	json_t **result, struct fault *f);
/* Parses; fails the test where the text is no JSON. */
json_t *computed_json(const char *text);
