#include "api-shim/sharing.h"

#include "lib/base/require.h"

#include <glib.h>

struct asker {
	question_put_fn put;
	question_done_fn done;
	void *arg;
};

struct question {
	struct sharing *sharing;
	char *key;
	GArray *asked; /* of struct asker: who get the answer that is under way */
	GArray *waiting; /* who came since */
};

struct sharing {
	uv_loop_t *loop;
	GHashTable *questions; /* by key: those under way */
};

static void question_destroy(void *data)
{
	struct question *q = data;

	g_array_free(q->asked, TRUE);
	g_array_free(q->waiting, TRUE);
	g_free(q->key);
	g_free(q);
}

struct sharing *sharing_create(uv_loop_t *loop)
{
	struct sharing *s = g_new0(struct sharing, 1);

	s->loop = loop;
	s->questions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, question_destroy);
	return s;
}

void sharing_destroy(struct sharing *s)
{
	REQUIRE(g_hash_table_size(s->questions) == 0);
	g_hash_table_destroy(s->questions);
	g_free(s);
}

/* Everybody who waits asks now. */
static void put(void *arg)
{
	struct question *q = arg;
	GArray *asked = q->asked;
	const struct asker *first;

	q->asked = q->waiting;
	q->waiting = asked;
	g_array_set_size(q->waiting, 0);
	first = &g_array_index(q->asked, struct asker, 0);
	first->put(q, first->arg);
}

void sharing_ask(struct sharing *s, const char *key, question_put_fn put_fn, question_done_fn done,
	void *arg)
{
	const struct asker asker = {put_fn, done, arg};
	struct question *q = g_hash_table_lookup(s->questions, key);

	if (q) {
		g_array_append_val(q->waiting, asker);
		return;
	}
	q = g_new0(struct question, 1);
	q->sharing = s;
	q->key = g_strdup(key);
	q->asked = g_array_new(FALSE, FALSE, sizeof asker);
	q->waiting = g_array_new(FALSE, FALSE, sizeof asker);
	g_array_append_val(q->waiting, asker);
	(void)g_hash_table_insert(s->questions, q->key, q);
	later(s->loop, put, q);
}

void question_answered(struct question *q, const void *answer, const struct fault *f)
{
	/* One who is answered may ask the same again at once: it waits for the next. */
	for (guint i = 0; i < q->asked->len; i++) {
		const struct asker *a = &g_array_index(q->asked, struct asker, i);

		a->done(a->arg, answer, f);
	}
	if (q->waiting->len > 0) {
		later(q->sharing->loop, put, q);
	} else {
		(void)g_hash_table_remove(q->sharing->questions, q->key);
	}
}
