/* The moves of one export between claim and outcome.  Each is one statement that names the state
 * and the fence it comes from. */
#include "lib/base/failpoint.h"
#include "lib/base/require.h"
#include "store/exports.h"
#include "store/statement.h"

#include <glib.h>

struct asked_claim {
	export_claim_fn done;
	void *arg;
};

static void on_claim(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked_claim *a = arg;
	struct fault room;

	if (!f && rows->row_count > 0 && FAILPOINT("claim.after")) {
		fault_set(&room, FAULT_UNAVAILABLE, "failpoint");
		f = &room;
	}
	if (f || rows->row_count == 0) {
		a->done(a->arg, NULL, store_fault(f, &room));
	} else {
		const char *class = rows_text(rows, 0, 8);
		struct export_claim claim = {
			.id = rows_int(rows, 0, 0, 0),
			.project_id = rows_int(rows, 0, 1, 0),
			.created_by = rows_int(rows, 0, 2, 0),
			.dashboard_id = rows_int(rows, 0, 3, 0),
			.insight_id = rows_int(rows, 0, 4, 0),
			.fence = rows_int(rows, 0, 5, 0),
			.attempt = (int)rows_int(rows, 0, 6, 0),
			.crashes = (int)rows_int(rows, 0, 7, 0),
			.class = class[0] == EXPORT_SCHEDULED ? EXPORT_SCHEDULED
							      : EXPORT_INTERACTIVE,
			.format = rows_text(rows, 0, 9),
			.context = rows_text(rows, 0, 10),
			.created_at_us = rows_int(rows, 0, 11, 0),
			.source_authentication = rows_text(rows, 0, 12),
			.source_credential_id = rows_int(rows, 0, 13, 0),
		};

		a->done(a->arg, &claim, NULL);
	}
	g_free(a);
}

/* UPDATE … SET, up to the WHERE. */
static struct sql *begin_claim(const char *worker_id, unsigned timeout_ms)
{
	struct sql *sql = sql_create();

	sql_add(sql, "UPDATE exports SET state = 1, attempt = attempt + 1, fence = fence + 1, "
		     "dispatch_at = NULL, claimed_at = now(), worker_id = ");
	sql_param_as(sql, worker_id, "uuid");
	sql_add(sql, ", run_deadline = now() + interval '1 millisecond' * ");
	sql_param_int(sql, timeout_ms);
	sql_add(sql, " WHERE id = ");
	return sql;
}

static void ask_claim(struct store *s, struct sql *sql, export_claim_fn done, void *arg)
{
	struct asked_claim *a = g_new(struct asked_claim, 1);

	*a = (struct asked_claim){done, arg};
	sql_add(sql,
		" AND state = 0 AND NOT cancel_requested AND give_up_at > now() "
		"RETURNING id, project_id, created_by, dashboard_id, insight_id, fence, attempt, "
		"crashes, class, export_format, export_context::text, ");
	store_add_us(sql, "created_at");
	sql_add(sql, ", source_authentication, source_credential_id");
	store_ask(s, sql, on_claim, a);
}

void exports_claim(struct store *s, int64_t id, const char *worker_id, unsigned timeout_ms,
	export_claim_fn done, void *arg)
{
	struct sql *sql = begin_claim(worker_id, timeout_ms);

	sql_param_int(sql, id);
	ask_claim(s, sql, done, arg);
}

/* The project that has fewest exports running is next, and among equals chance decides; within a
 * project, interactive before scheduled, then the longest due.  The head of each project's lines is
 * found by hopping along the index, so a long line costs no more than a short one, and eight rows
 * of each candidate leave something for whoever finds the first ones locked. */
static const char next_in_turn[] =
	"(WITH RECURSIVE heads AS ("
	"(SELECT project_id, class, dispatch_at FROM exports WHERE state = 0 "
	"AND NOT cancel_requested AND give_up_at > now() "
	"ORDER BY project_id, class, dispatch_at LIMIT 1) "
	"UNION ALL SELECT n.* FROM heads h CROSS JOIN LATERAL (SELECT e.project_id, e.class, "
	"e.dispatch_at FROM exports e WHERE e.state = 0 AND NOT e.cancel_requested "
	"AND e.give_up_at > now() AND (e.project_id, e.class) > (h.project_id, h.class) "
	"ORDER BY e.project_id, e.class, e.dispatch_at LIMIT 1) n), "
	"running AS (SELECT project_id, count(*) AS count FROM exports WHERE state = 1 "
	"GROUP BY project_id), "
	"waiting AS (SELECT h.project_id, h.class, coalesce(r.count, 0) AS running, "
	"random() AS chance FROM heads h LEFT JOIN running r ON r.project_id = h.project_id "
	"WHERE h.dispatch_at <= now() ORDER BY running, chance LIMIT 32), "
	"first AS MATERIALIZED (SELECT f.id, w.running, w.chance, row_number() OVER "
	"(PARTITION BY w.project_id ORDER BY w.class, f.dispatch_at, f.id) AS place "
	"FROM waiting w CROSS JOIN LATERAL (SELECT e.id, e.dispatch_at FROM exports e "
	"WHERE e.state = 0 AND e.project_id = w.project_id AND e.class = w.class "
	"AND e.dispatch_at <= now() AND NOT e.cancel_requested AND e.give_up_at > now() "
	"ORDER BY e.dispatch_at LIMIT 8) f) "
	"SELECT e.id FROM first JOIN exports e ON e.id = first.id WHERE e.state = 0 "
	"ORDER BY first.running + first.place, first.chance LIMIT 1 "
	"FOR UPDATE OF e SKIP LOCKED)";

void exports_claim_any(struct store *s, const char *worker_id, unsigned timeout_ms,
	export_claim_fn done, void *arg)
{
	struct sql *sql = begin_claim(worker_id, timeout_ms);

	sql_add(sql, next_in_turn);
	ask_claim(s, sql, done, arg);
}

struct move {
	struct store *store;
	export_move_fn done;
	void *arg;
	struct sql *again; /* asks whether it is ours that stands there */
	const char *point; /* name of its failpoint */
};

static void end_move(struct move *m, bool won, const struct fault *f)
{
	struct fault room;

	m->done(m->arg, won, store_fault(f, &room));
	sql_destroy(m->again);
	g_free(m);
}

static void on_reread(void *arg, const struct rows *rows, const struct fault *f)
{
	end_move(arg, !f && rows_bool(rows, 0, 0), f);
}

/* No row changed: either the row has moved on, or our own earlier commit did it and its reply was
 * lost.  A new statement must look, for this one saw the time before it waited for the row. */
static void on_move(void *arg, const struct rows *rows, const struct fault *f)
{
	struct move *m = arg;
	struct fault lost;

	if (!f && FAILPOINT(m->point)) {
		fault_set(&lost, FAULT_UNAVAILABLE, "failpoint");
		f = &lost;
	}
	if (f || rows->row_count > 0) {
		end_move(m, !f, f);
	} else {
		struct sql *again = m->again;

		m->again = NULL;
		store_ask(m->store, again, on_reread, m);
	}
}

static void add_own(struct sql *sql, const struct export_claim *c)
{
	sql_add(sql, "id = ");
	sql_param_int(sql, c->id);
	sql_add(sql, " AND fence = ");
	sql_param_int(sql, c->fence);
}

static void ask_move(struct store *s, struct sql *sql, struct sql *again, const char *point,
	export_move_fn done, void *arg)
{
	struct move *m = g_new(struct move, 1);

	*m = (struct move){s, done, arg, again, point};
	store_ask(s, sql, on_move, m);
}

void exports_finish(struct store *s, const struct export_claim *c,
	const struct export_content *content, export_move_fn done, void *arg)
{
	struct sql *sql = sql_create(), *again = sql_create();

	sql_add(sql, "WITH moved AS (UPDATE exports SET state = 2, finished_at = now(), "
		     "worker_id = NULL, run_deadline = NULL, last_error = NULL, content_store = ");
	sql_param_text(sql, content->store);
	sql_add(sql, ", content_location = ");
	sql_param_text(sql, content->location);
	sql_add(sql, ", content_sha256 = ");
	sql_param_text(sql, content->sha256);
	sql_add(sql, ", content_bytes = ");
	sql_param_int(sql, content->bytes);
	sql_add(sql, ", expires_after = ");
	sql_param_time_us_or_null(sql, content->expires_after_us);
	sql_add(sql, " WHERE ");
	add_own(sql, c);
	/* The intent goes with the commit that makes the file known. */
	sql_add(sql, " AND state = 1 RETURNING id), known AS (DELETE FROM blob_intents "
		     "WHERE EXISTS (SELECT 1 FROM moved) AND location = ");
	sql_param_text(sql, content->location);
	sql_add(sql, ") SELECT id FROM moved");

	sql_add(again, "SELECT EXISTS (SELECT 1 FROM exports WHERE id = ");
	sql_param_int(again, c->id);
	sql_add(again, " AND content_location = ");
	sql_param_text(again, content->location);
	sql_add(again, ")");
	ask_move(s, sql, again, "finish.after", done, arg);
}

/* For the log and for who looks after the service; the requester reads the exception. */
static char *last_error(const struct fault *why)
{
	return g_strdup_printf("%s: %s", fault_name(why->kind), why->detail);
}

void exports_fail(struct store *s, const struct export_claim *c, const struct fault *why,
	export_move_fn done, void *arg)
{
	struct sql *sql = sql_create(), *again = sql_create();
	g_autofree char *error = last_error(why);

	REQUIRE(why->kind != FAULT_NONE);
	sql_add(sql, "UPDATE exports SET state = 3, finished_at = now(), worker_id = NULL, "
		     "run_deadline = NULL, exception = ");
	sql_param_text(sql, fault_text(why));
	sql_add(sql, ", exception_type = ");
	sql_param_text(sql, fault_exception_type(why->kind));
	sql_add(sql, ", failure_type = ");
	sql_param_text(sql, fault_failure_type(why->kind));
	sql_add(sql, ", last_error = ");
	sql_param_text(sql, error);
	sql_add(sql, " WHERE ");
	add_own(sql, c);
	sql_add(sql, " AND state = 1 RETURNING id");

	sql_add(again, "SELECT EXISTS (SELECT 1 FROM exports WHERE state = 3 AND ");
	add_own(again, c);
	sql_add(again, " AND last_error = ");
	sql_param_text(again, error);
	sql_add(again, ")");
	ask_move(s, sql, again, "fail.after", done, arg);
}

void exports_retry(struct store *s, const struct export_claim *c, enum export_charge charge,
	int64_t after_ms, const struct fault *why, export_move_fn done, void *arg)
{
	struct sql *sql = sql_create(), *again = sql_create();
	g_autofree char *error = why ? last_error(why) : NULL;

	sql_add(sql,
		"UPDATE exports SET state = 0, worker_id = NULL, run_deadline = NULL, attempt = attempt - ");
	sql_param_int(sql, charge == CHARGE_ATTEMPT ? 0 : 1);
	sql_add(sql, ", crashes = crashes + ");
	sql_param_int(sql, charge == CHARGE_CRASH ? 1 : 0);
	sql_add(sql, ", dispatch_at = now() + interval '1 millisecond' * ");
	sql_param_int(sql, MAX(after_ms, 0));
	sql_add(sql, ", last_error = ");
	sql_param_text(sql, error);
	sql_add(sql, " WHERE ");
	add_own(sql, c);
	sql_add(sql, " AND state = 1 RETURNING id");

	/* The fence grows with the next claim: queued with ours, it is our own that was lost. */
	sql_add(again, "SELECT EXISTS (SELECT 1 FROM exports WHERE state = 0 AND ");
	add_own(again, c);
	sql_add(again, ")");
	ask_move(s, sql, again, "retry.after", done, arg);
}
