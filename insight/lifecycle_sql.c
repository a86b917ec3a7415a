#include "insight/lifecycle.h"

/* Who was there in which bucket, from the one before the range on. */
static void write_seen(struct writer *w, const struct lifecycle *l, int64_t from_us, int64_t to_us)
{
	const struct entity *entity = &l->entity;

	sql_add(w->sql, "SELECT ");
	scope_write_actor(&l->scope, w);
	sql_add(w->sql, " AS actor, ");
	w->dialect->bucket(w);
	sql_add(w->sql, " AS b");
	scope_write_rows(&l->scope, w, from_us, to_us);
	if (!entity->event) {
		entities_write_and_named(&entity, 1, w);
	}
	sql_add(w->sql, " AND ");
	entity_write(entity, w);
	sql_add(w->sql, " GROUP BY 1, 2");
}

/* When they began.  A person without a row was sent without person processing and does not count
 * (spec/insights.md 2.7); of a group nobody need have said anything. */
static void write_born(struct writer *w, const struct lifecycle *l, int64_t end_us)
{
	bool is_person = l->scope.actor == ACTOR_IS_PERSON;

	sql_addf(w->sql,
		"SELECT %s AS actor, CASE WHEN created_at <= ", is_person ? "id" : "group_key");
	sql_param_time_us(w->sql, end_us);
	sql_add(w->sql, " THEN ");
	w->dialect->bucket_of(w, "created_at");
	sql_addf(w->sql, " END AS b FROM %s WHERE project_id = ", is_person ? "persons" : "groups");
	writer_project(w);
	if (!is_person) {
		sql_addf(w->sql, " AND group_type_index = %d", l->scope.actor);
	}
}

/* Who was there in a bucket was there in the one before or not, and is there in the next or stays
 * away from it; that is counted in the next one, by whoever reads the rows (spec/insights.md 2.7).
 */
struct sql *lifecycle_statement(
	const struct lifecycle *l, const struct lifecycle_pass *pass, const struct kind_context *c)
{
	struct writer w = writer_open(c->dialect, c->env, pass->buckets);
	const char *join = l->scope.actor == ACTOR_IS_PERSON ? "JOIN" : "LEFT JOIN";

	sql_add(w.sql, "WITH seen AS (");
	write_seen(&w, l, pass->buckets->cuts[0], pass->window.range.to_us);
	sql_add(w.sql, "), born AS (");
	write_born(&w, l, pass->end_us);
	sql_addf(w.sql,
		"), around AS (SELECT actor, b, lag(b) OVER w AS b_before, lead(b) OVER w AS b_after"
		" FROM seen WINDOW w AS (PARTITION BY actor ORDER BY b))"
		" SELECT CASE WHEN born.b = around.b THEN %d WHEN b_before = around.b - 1 THEN %d"
		" ELSE %d END AS status, around.b, CASE WHEN b_after = around.b + 1 THEN 0 ELSE 1 END"
		" AS leaves, count(*) AS n FROM around %s born ON born.actor = around.actor"
		" GROUP BY 1, 2, 3",
		LIFECYCLE_NEW, LIFECYCLE_RETURNING, LIFECYCLE_RESURRECTING, join);
	return w.sql;
}
