#include "store/workers.h"

#include "store/statement.h"

/* A beat is one small update that touches no index.  steady_since says since when there was no gap:
 * who has beaten steadily knows that a silence of others is not its own (exports_sweep_dead()). */
void workers_beat(struct store *s, const struct worker_row *w, store_done_fn done, void *arg)
{
	struct sql *sql = sql_create();

	sql_add(sql, "INSERT INTO workers AS w (id, host, pid, slots, draining) VALUES (");
	sql_param_as(sql, w->id, "uuid");
	sql_add(sql, ", ");
	sql_param_text(sql, w->host);
	sql_add(sql, ", ");
	sql_param_int(sql, w->pid);
	sql_add(sql, ", ");
	sql_param_int(sql, w->slots);
	sql_add(sql, ", ");
	sql_param_bool(sql, w->draining);
	sql_add(sql, ") ON CONFLICT (id) DO UPDATE SET beat_at = now(), slots = excluded.slots, "
		     "draining = excluded.draining, steady_since = CASE "
		     "WHEN w.beat_at < now() - interval '10 seconds' THEN now() "
		     "ELSE w.steady_since END");
	store_ask_plain(s, sql, done, arg);
}

void workers_leave(struct store *s, const char *id, store_done_fn done, void *arg)
{
	struct sql *sql = sql_create();

	sql_add(sql, "DELETE FROM workers WHERE id = ");
	sql_param_as(sql, id, "uuid");
	store_ask_plain(s, sql, done, arg);
}
