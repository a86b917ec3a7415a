#include "store/statement.h"

#include <glib.h>
#include <inttypes.h>

void store_ask(struct store *s, struct sql *statement, pg_done_fn done, void *arg)
{
	(void)pg_query_with(s->pool, statement, NULL, PG_REPEATED, s->limit_ms, done, arg);
}

const struct fault *store_fault(const struct fault *f, struct fault *room)
{
	if (!f || (f->kind != FAULT_QUERY && f->kind != FAULT_QUERY_SLOW)) {
		return f;
	}
	*room = *f;
	room->kind = f->kind == FAULT_QUERY ? FAULT_BUG : FAULT_UNAVAILABLE;
	return room;
}

struct plain {
	store_done_fn done;
	void *arg;
};

static void on_plain(void *arg, const struct rows *rows, const struct fault *f)
{
	struct plain *p = arg;
	struct fault room;

	(void)rows;
	p->done(p->arg, store_fault(f, &room));
	g_free(p);
}

void store_ask_plain(struct store *s, struct sql *statement, store_done_fn done, void *arg)
{
	struct plain *p = g_new(struct plain, 1);

	*p = (struct plain){done, arg};
	store_ask(s, statement, on_plain, p);
}

char *store_ids_text(const int64_t *ids, size_t count)
{
	GString *text = g_string_new("{");

	for (size_t i = 0; i < count; i++) {
		g_string_append_printf(text, "%s%" PRId64, i > 0 ? "," : "", ids[i]);
	}
	g_string_append_c(text, '}');
	return g_string_free(text, FALSE);
}

void store_add_us(struct sql *sql, const char *column)
{
	sql_addf(sql, "(extract(epoch FROM %s) * 1000000)::bigint", column);
}
