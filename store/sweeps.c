/* What finds exports that nobody is moving.  A statement locks what it takes and skips what others
 * have locked, so any number of workers may sweep at once. */
#include "store/exports.h"
#include "store/statement.h"

#include <glib.h>

struct asked_sweep {
	export_sweep_fn done;
	void *arg;
};

static void on_swept(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked_sweep *a = arg;
	struct fault room;

	a->done(a->arg, f ? 0 : rows_int(rows, 0, 0, 0), store_fault(f, &room));
	g_free(a);
}

/* The statement answers with one count. */
static void ask_sweep(struct store *s, struct sql *sql, export_sweep_fn done, void *arg)
{
	struct asked_sweep *a = g_new(struct asked_sweep, 1);

	*a = (struct asked_sweep){done, arg};
	store_ask(s, sql, on_swept, a);
}

/* Holders of running rows are found by hopping along the index on worker_id, so that a million
 * rows that run as they should do not hide the one that does not. */
void exports_sweep_dead(struct store *s, unsigned dead_after_ms, export_sweep_fn done, void *arg)
{
	struct sql *sql = sql_create();

	sql_add(sql, "WITH RECURSIVE t AS (SELECT interval '1 millisecond' * ");
	sql_param_int(sql, dead_after_ms);
	sql_add(sql,
		" AS dead), "
		"lately AS (SELECT count(*) AS heard, count(*) FILTER (WHERE beat_at < now() - dead) AS silent, "
		"coalesce(bool_or(beat_at >= now() - dead AND steady_since <= now() - dead), false) AS proved "
		"FROM workers, t WHERE beat_at > now() - 3 * dead), "
		"patience AS (SELECT CASE WHEN heard >= 3 AND 2 * silent > heard THEN 3 * dead ELSE dead END AS long "
		"FROM lately, t WHERE proved AND pg_postmaster_start_time() < now() - 1.5 * dead), "
		"holders AS ((SELECT worker_id FROM exports WHERE state = 1 ORDER BY worker_id LIMIT 1) "
		"UNION ALL SELECT (SELECT e.worker_id FROM exports e WHERE e.state = 1 AND e.worker_id > h.worker_id "
		"ORDER BY e.worker_id LIMIT 1) FROM holders h WHERE h.worker_id IS NOT NULL), "
		/* One that has no row has left, or has claimed before its first beat. */
		"lost AS MATERIALIZED (SELECT h.worker_id, "
		"CASE WHEN w.id IS NULL THEN now() - least(dead, interval '5 seconds') ELSE 'infinity' END AS claimed_before "
		"FROM t, patience, holders h LEFT JOIN workers w ON w.id = h.worker_id WHERE h.worker_id IS NOT NULL "
		"AND (w.id IS NULL OR w.beat_at < now() - long)), "
		"victims AS (SELECT e.id FROM lost JOIN exports e ON e.worker_id = lost.worker_id WHERE e.state = 1 "
		"AND coalesce(e.claimed_at, e.created_at) < lost.claimed_before LIMIT 500 FOR UPDATE OF e SKIP LOCKED), "
		"moved AS (UPDATE exports SET state = 0, worker_id = NULL, run_deadline = NULL, dispatch_at = now(), "
		"attempt = attempt - 1, crashes = crashes + 1, last_error = 'LOST: worker ' || worker_id || ' fell silent' "
		"WHERE id IN (SELECT id FROM victims) RETURNING 1), "
		"buried AS (DELETE FROM workers WHERE beat_at < now() - greatest(10 * (SELECT dead FROM t), interval '1 hour')) "
		"SELECT count(*) FROM moved");
	ask_sweep(s, sql, done, arg);
}

void exports_sweep_forgotten(struct store *s, const char *worker_id, const int64_t *known,
	size_t count, export_sweep_fn done, void *arg)
{
	struct sql *sql = sql_create();
	g_autofree char *ids = store_ids_text(known, count);

	sql_add(sql, "WITH victims AS (SELECT id FROM exports WHERE state = 1 AND worker_id = ");
	sql_param_as(sql, worker_id, "uuid");
	sql_add(sql, " AND claimed_at < now() - interval '30 seconds' AND NOT id = ANY (");
	sql_param_as(sql, ids, "bigint[]");
	sql_add(sql,
		") LIMIT 500 FOR UPDATE SKIP LOCKED), "
		"moved AS (UPDATE exports SET state = 0, worker_id = NULL, run_deadline = NULL, "
		"dispatch_at = now(), attempt = attempt - 1, "
		"last_error = 'LOST: the reply to a claim' "
		"WHERE id IN (SELECT id FROM victims) RETURNING 1) SELECT count(*) FROM moved");
	ask_sweep(s, sql, done, arg);
}

/* Why an export ended that nobody ended; what is said speaks of the limit and its value. */
void exports_sweep_overdue(struct store *s, export_sweep_fn done, void *arg)
{
	struct sql *sql = sql_create();

	sql_add(sql,
		"WITH hung AS (SELECT id FROM exports WHERE state = 1 AND run_deadline < now() "
		"ORDER BY run_deadline LIMIT 250 FOR UPDATE SKIP LOCKED), "
		"late AS (SELECT id FROM exports WHERE state IN (0, 1) AND give_up_at < now() "
		"ORDER BY give_up_at LIMIT 250 FOR UPDATE SKIP LOCKED), "
		"moved AS (UPDATE exports SET state = 3, finished_at = now(), worker_id = NULL, "
		"dispatch_at = NULL, run_deadline = NULL, exception_type = ");
	sql_param_text(sql, fault_exception_type(FAULT_TIMEOUT));
	sql_add(sql, ", failure_type = ");
	sql_param_text(sql, fault_failure_type(FAULT_TIMEOUT));
	sql_add(sql,
		", exception = CASE WHEN give_up_at < now() "
		"THEN format('The export was not finished within %s seconds of being asked for (export_give_up_ms).', "
		"round(extract(epoch FROM give_up_at - created_at))) "
		"ELSE format('The export took longer than its limit of %s seconds (export_timeout_ms).', "
		"round(extract(epoch FROM run_deadline - claimed_at))) END, "
		"last_error = concat_ws('; before: ', 'TIMEOUT: '"
		" || CASE WHEN give_up_at < now() THEN 'past give_up_at' ELSE 'past run_deadline' END"
		" || CASE state WHEN 0 THEN ', queued' ELSE ', running at worker ' || worker_id END, last_error) "
		"WHERE id IN (SELECT id FROM hung UNION SELECT id FROM late) RETURNING 1) "
		"SELECT count(*) FROM moved");
	ask_sweep(s, sql, done, arg);
}

struct asked_turns {
	export_turns_fn done;
	void *arg;
};

static void on_turns(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked_turns *a = arg;
	struct fault room;

	if (f) {
		a->done(a->arg, NULL, 0, store_fault(f, &room));
	} else {
		g_autofree struct turn *turns = g_new(struct turn, rows->row_count);

		for (size_t i = 0; i < rows->row_count; i++) {
			const char *class = rows_text(rows, i, 2);

			turns[i].export_id = rows_int(rows, i, 0, 0);
			turns[i].project_id = rows_int(rows, i, 1, 0);
			turns[i].class = class[0] == EXPORT_SCHEDULED ? EXPORT_SCHEDULED
								      : EXPORT_INTERACTIVE;
		}
		a->done(a->arg, turns, rows->row_count, NULL);
	}
	g_free(a);
}

void exports_sweep_due(struct store *s, export_turns_fn done, void *arg)
{
	struct asked_turns *a = g_new(struct asked_turns, 1);
	struct sql *sql = sql_create();

	*a = (struct asked_turns){done, arg};
	sql_add(sql,
		"WITH due AS (SELECT id, dispatch_at FROM exports WHERE state = 0 "
		"AND dispatch_at <= now() ORDER BY dispatch_at LIMIT 500 FOR UPDATE SKIP LOCKED), "
		"moved AS (UPDATE exports e SET dispatch_at = now() + interval '60 seconds' "
		"FROM due WHERE e.id = due.id "
		"RETURNING e.id, e.project_id, e.class, due.dispatch_at AS was_due) "
		"SELECT id, project_id, class FROM moved ORDER BY was_due, id");
	store_ask(s, sql, on_turns, a);
}

enum { REDISPATCH_PAGE = 10000 };

struct redispatch {
	struct store *store;
	store_done_fn done;
	void *arg;
};

static void redispatch_page(struct redispatch *r);

static void on_redispatched(void *arg, const struct rows *rows, const struct fault *f)
{
	struct redispatch *r = arg;
	struct fault room;

	if (!f && rows->affected >= REDISPATCH_PAGE) {
		redispatch_page(r);
		return;
	}
	r->done(r->arg, store_fault(f, &room));
	g_free(r);
}

/* Rows that are due soon anyway are left alone, so that several workers who see Redis come back do
 * this once. */
static void redispatch_page(struct redispatch *r)
{
	struct sql *sql = sql_create();

	sql_addf(sql,
		"UPDATE exports SET dispatch_at = now() + random() * interval '10 seconds' WHERE id IN "
		"(SELECT id FROM exports WHERE state = 0 AND dispatch_at > now() + interval '10 seconds' "
		"LIMIT %d FOR UPDATE SKIP LOCKED)",
		REDISPATCH_PAGE);
	store_ask(r->store, sql, on_redispatched, r);
}

void exports_redispatch(struct store *s, store_done_fn done, void *arg)
{
	struct redispatch *r = g_new(struct redispatch, 1);

	*r = (struct redispatch){s, done, arg};
	redispatch_page(r);
}
