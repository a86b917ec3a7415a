#include "api-shim/throttle.h"

#include <glib.h>

enum { WINDOWS = 2, KEYS_MAX = 10000 };

struct window {
	int64_t from_ms;
	unsigned calls;
};

struct counts {
	int64_t key_id;
	struct window windows[WINDOWS];
};

struct throttle {
	GHashTable *keys; /* of struct counts, by key_id */
	throttle_clock_fn now_ms;
	unsigned limits[WINDOWS];
};

static const int64_t lengths_ms[WINDOWS] = {60000, 3600000};

struct throttle *throttle_create(unsigned per_minute, unsigned per_hour, throttle_clock_fn now_ms)
{
	struct throttle *t = g_new0(struct throttle, 1);

	t->keys = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	t->now_ms = now_ms;
	t->limits[0] = per_minute;
	t->limits[1] = per_hour;
	return t;
}

void throttle_destroy(struct throttle *t)
{
	if (t) {
		g_hash_table_destroy(t->keys);
		g_free(t);
	}
}

static gboolean is_past(gpointer key, gpointer value, gpointer arg)
{
	const struct counts *c = value;

	(void)key;
	return *(const int64_t *)arg - c->windows[WINDOWS - 1].from_ms >= lengths_ms[WINDOWS - 1];
}

static struct counts *counts_of(struct throttle *t, int64_t key_id, int64_t now)
{
	struct counts *c = g_hash_table_lookup(t->keys, &key_id);

	if (!c) {
		/* Forgetting everyone at once is kinder than remembering without end. */
		if (g_hash_table_size(t->keys) >= KEYS_MAX &&
			g_hash_table_foreach_remove(t->keys, is_past, &now) == 0) {
			g_hash_table_remove_all(t->keys);
		}
		c = g_new0(struct counts, 1);
		c->key_id = key_id;
		for (unsigned i = 0; i < WINDOWS; i++) {
			c->windows[i].from_ms = now;
		}
		g_hash_table_insert(t->keys, &c->key_id, c);
	}
	return c;
}

unsigned throttle_take(struct throttle *t, int64_t key_id)
{
	int64_t now, wait_ms = 0;
	struct counts *c;

	if (!t) {
		return 0;
	}
	now = t->now_ms();
	c = counts_of(t, key_id, now);
	for (unsigned i = 0; i < WINDOWS; i++) {
		struct window *w = &c->windows[i];

		if (now - w->from_ms >= lengths_ms[i]) {
			*w = (struct window){now, 0};
		}
		if (w->calls >= t->limits[i]) {
			wait_ms = MAX(wait_ms, w->from_ms + lengths_ms[i] - now);
		}
	}
	if (wait_ms > 0) {
		return (unsigned)((wait_ms + 999) / 1000);
	}
	for (unsigned i = 0; i < WINDOWS; i++) {
		c->windows[i].calls++;
	}
	return 0;
}
