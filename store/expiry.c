/* How an export leaves: out of sight, then its file, then its row. */
#include "store/exports.h"
#include "store/statement.h"

#include <glib.h>

struct asked_count {
	export_sweep_fn done;
	void *arg;
};

static void on_count(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked_count *a = arg;
	struct fault room;

	a->done(a->arg, f ? 0 : rows_int(rows, 0, 0, 0), store_fault(f, &room));
	g_free(a);
}

void exports_sweep_expired(struct store *s, export_sweep_fn done, void *arg)
{
	struct asked_count *a = g_new(struct asked_count, 1);
	struct sql *sql = sql_create();

	*a = (struct asked_count){done, arg};
	sql_add(sql,
		"WITH due AS (SELECT id FROM exports WHERE state IN (2, 3, 4) AND expires_after <= now() "
		"ORDER BY expires_after LIMIT 500 FOR UPDATE SKIP LOCKED), "
		"hidden AS (UPDATE exports SET state = 5, deleted_at = now() "
		"WHERE id IN (SELECT id FROM due) RETURNING 1), "
		/* There is no file whose deletion would have to come first. */
		"bare AS (SELECT id FROM exports WHERE state = 5 AND content_location IS NULL "
		"AND deleted_at < now() - interval '1 hour' LIMIT 500 FOR UPDATE SKIP LOCKED), "
		"forgotten AS (DELETE FROM exports WHERE id IN (SELECT id FROM bare)), "
		/* Outcomes are numbered in the order of their time: the first ones are the oldest.
		 */
		"old AS (SELECT id, at FROM export_outcomes ORDER BY id LIMIT 500), "
		"cleared AS (DELETE FROM export_outcomes WHERE id IN "
		"(SELECT id FROM old WHERE at < now() - interval '400 days')) "
		"SELECT count(*) FROM hidden");
	store_ask(s, sql, on_count, a);
}

struct asked_blobs {
	export_blobs_fn done;
	void *arg;
};

static void on_blobs(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked_blobs *a = arg;
	struct fault room;

	if (f) {
		a->done(a->arg, NULL, 0, store_fault(f, &room));
	} else {
		g_autofree struct export_blob *blobs = g_new(struct export_blob, rows->row_count);

		for (size_t i = 0; i < rows->row_count; i++) {
			blobs[i].id = rows_int(rows, i, 0, 0);
			blobs[i].store = rows_text(rows, i, 1);
			blobs[i].location = rows_text(rows, i, 2);
		}
		a->done(a->arg, blobs, rows->row_count, NULL);
	}
	g_free(a);
}

static void ask_blobs(struct store *s, struct sql *sql, export_blobs_fn done, void *arg)
{
	struct asked_blobs *a = g_new(struct asked_blobs, 1);

	*a = (struct asked_blobs){done, arg};
	store_ask(s, sql, on_blobs, a);
}

void exports_deletable(struct store *s, export_blobs_fn done, void *arg)
{
	struct sql *sql = sql_create();

	sql_add(sql, "SELECT id, content_store, content_location FROM exports WHERE state = 5 "
		     "AND content_location IS NOT NULL AND deleted_at < now() - interval '1 hour' "
		     "ORDER BY deleted_at LIMIT 500");
	ask_blobs(s, sql, done, arg);
}

void exports_deleted(struct store *s, int64_t id, store_done_fn done, void *arg)
{
	struct sql *sql = sql_create();

	sql_add(sql, "DELETE FROM exports WHERE state = 5 AND id = ");
	sql_param_int(sql, id);
	store_ask_plain(s, sql, done, arg);
}

void blob_intents_add(struct store *s, const char *store_name, const char *location,
	int64_t export_id, int64_t fence, store_done_fn done, void *arg)
{
	struct sql *sql = sql_create();

	/* Asked again after a lost reply, it stands there already. */
	sql_add(sql, "INSERT INTO blob_intents (location, store, export_id, fence) VALUES (");
	sql_param_text(sql, location);
	sql_add(sql, ", ");
	sql_param_text(sql, store_name);
	sql_add(sql, ", ");
	sql_param_int(sql, export_id);
	sql_add(sql, ", ");
	sql_param_int(sql, fence);
	sql_add(sql, ") ON CONFLICT DO NOTHING");
	store_ask_plain(s, sql, done, arg);
}

void blob_intents_remove(struct store *s, const char *location, store_done_fn done, void *arg)
{
	struct sql *sql = sql_create();

	sql_add(sql, "DELETE FROM blob_intents WHERE location = ");
	sql_param_text(sql, location);
	store_ask_plain(s, sql, done, arg);
}

void blob_intents_orphans(struct store *s, export_blobs_fn done, void *arg)
{
	struct sql *sql = sql_create();

	sql_add(sql,
		"SELECT i.export_id, i.store, i.location FROM blob_intents i "
		"WHERE i.created_at < now() - interval '1 hour' AND NOT EXISTS (SELECT 1 "
		"FROM exports e WHERE e.content_location = i.location) AND NOT EXISTS (SELECT 1 "
		"FROM exports e WHERE e.id = i.export_id AND e.fence = i.fence AND e.state = 1) "
		"ORDER BY i.created_at LIMIT 500");
	ask_blobs(s, sql, done, arg);
}
