/* Files in the database: pieces of at most 256 KiB, so that neither side holds a large file at
 * once.
 *
 * The first piece is written last: what can be read is whole. */
#include "store/blob_kinds.h"
#include "store/statement.h"

#include <glib.h>
#include <inttypes.h>

enum { PIECE_BYTES = 256 << 10 };

struct blob_postgres {
	struct blob_store base;
	struct store *store;
};

static bool open_postgres(
	uv_loop_t *loop, const struct blob_options *o, struct blob_store **out, struct fault *f)
{
	struct blob_postgres *b;

	(void)loop;
	(void)f;
	b = g_new0(struct blob_postgres, 1);
	b->base.kind = &blob_kind_postgres;
	b->store = o->store;
	*out = &b->base;
	return true;
}

/* Calls under way know the store and go on. */
static void close_postgres(struct blob_store *b)
{
	g_free(b);
}

static struct store *store_of(struct blob_store *b)
{
	return ((struct blob_postgres *)(void *)b)->store;
}

/* One put, get or remove. */
struct errand {
	struct store *store;
	char *location;
	const char *bytes;
	size_t length;
	int64_t part, parts; /* the one under way, and how many there are */
	blob_done_fn done;
	blob_piece_fn piece;
	void *arg;
	struct fault fault;
};

static struct errand *create_errand(struct blob_store *b, const char *location, void *arg)
{
	struct errand *e = g_new0(struct errand, 1);

	e->store = store_of(b);
	e->location = g_strdup(location);
	e->arg = arg;
	return e;
}

static void end_errand(struct errand *e, const struct fault *f)
{
	struct fault room;

	f = store_fault(f, &room);
	if (e->piece) {
		e->piece(e->arg, NULL, 0, f);
	} else {
		e->done(e->arg, f);
	}
	g_free(e->location);
	g_free(e);
}

static void end_with_own_fault(void *arg)
{
	struct errand *e = arg;

	end_errand(e, &e->fault);
}

static void put_part(struct errand *e);

static void on_part_put(void *arg, const struct rows *rows, const struct fault *f)
{
	struct errand *e = arg;

	if (!f && rows->affected == 0) {
		fault_set(&e->fault, FAULT_INPUT, "there is a file at this location already");
		end_errand(e, &e->fault);
	} else if (f || e->part == 0) {
		end_errand(e, f);
	} else {
		e->part--;
		put_part(e);
	}
}

static void put_part(struct errand *e)
{
	struct sql *sql = sql_create();
	size_t from = (size_t)e->part * PIECE_BYTES;
	bool first = e->part == e->parts - 1;

	sql_add(sql, "INSERT INTO export_blobs (location, part, bytes) SELECT ");
	sql_param_text(sql, e->location);
	sql_add(sql, ", ");
	sql_param_int(sql, e->part);
	sql_add(sql, "::integer, ");
	sql_param_bytes(
		sql, e->length > 0 ? e->bytes + from : "", MIN(e->length - from, PIECE_BYTES));
	if (first) {
		sql_add(sql, " WHERE NOT EXISTS (SELECT 1 FROM export_blobs WHERE location = ");
		sql_param_text(sql, e->location);
		sql_add(sql, ")");
	}
	store_ask(e->store, sql, on_part_put, e);
}

static void put(struct blob_store *b, const char *location, const void *bytes, size_t length,
	blob_done_fn done, void *arg)
{
	struct errand *e = create_errand(b, location, arg);

	e->done = done;
	e->bytes = bytes;
	e->length = length;
	e->parts = length == 0 ? 1 : (int64_t)((length - 1) / PIECE_BYTES + 1);
	e->part = e->parts - 1;
	if (!blob_location_check(location, &e->fault)) {
		later(e->store->loop, end_with_own_fault, e);
		return;
	}
	put_part(e);
}

static void get_part(struct errand *e);

/* How many parts there are comes with the first one: a file that is deleted while it is read ends
 * in a fault and not early. */
static void on_part_got(void *arg, const struct rows *rows, const struct fault *f)
{
	struct errand *e = arg;

	if (f) {
		end_errand(e, f);
		return;
	}
	if (rows->row_count == 0) {
		fault_set(&e->fault, FAULT_NOT_FOUND, "there is no such file%s",
			e->part > 0 ? " any more" : "");
		end_errand(e, &e->fault);
		return;
	}
	if (e->part == 0) {
		e->parts = rows_int(rows, 0, 1, 1);
	}
	if (rows->lengths[0] > 0) {
		e->piece(e->arg, rows_text(rows, 0, 0), (size_t)rows->lengths[0], NULL);
	}
	e->part++;
	if (e->part == e->parts) {
		end_errand(e, NULL);
	} else {
		get_part(e);
	}
}

static void get_part(struct errand *e)
{
	struct sql *sql = sql_create();

	sql_add(sql, "SELECT b.bytes");
	if (e->part == 0) {
		sql_add(sql,
			", (SELECT (max(part) + 1)::text FROM export_blobs WHERE location = b.location)");
	}
	sql_add(sql, " FROM export_blobs b WHERE b.location = ");
	sql_param_text(sql, e->location);
	sql_add(sql, " AND b.part = ");
	sql_param_int(sql, e->part);
	/* Binary text is the text: bytes come as they are, and the count as digits. */
	(void)pg_query_with(e->store->pool, sql, NULL, PG_BINARY | PG_REPEATED, e->store->limit_ms,
		on_part_got, e);
}

static void get(struct blob_store *b, const char *location, blob_piece_fn piece, void *arg)
{
	struct errand *e = create_errand(b, location, arg);

	e->piece = piece;
	get_part(e);
}

static void on_removed(void *arg, const struct rows *rows, const struct fault *f)
{
	(void)rows;
	end_errand(arg, f);
}

static void remove_file(struct blob_store *b, const char *location, blob_done_fn done, void *arg)
{
	struct errand *e = create_errand(b, location, arg);
	struct sql *sql = sql_create();

	e->done = done;
	sql_add(sql, "DELETE FROM export_blobs WHERE location = ");
	sql_param_text(sql, location);
	store_ask(e->store, sql, on_removed, e);
}

const struct blob_kind blob_kind_postgres = {
	.name = "postgres",
	.open = open_postgres,
	.close = close_postgres,
	.put = put,
	.get = get,
	.remove = remove_file,
};
