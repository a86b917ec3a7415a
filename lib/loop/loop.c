#include "lib/loop/loop.h"

#include "lib/base/require.h"

#include <glib.h>
#include <signal.h>
#include <sys/random.h>

struct errand {
	uv_timer_t timer;
	later_fn fn;
	void *arg;
};

static void errand_closed(uv_handle_t *h)
{
	g_free(h->data);
}

static void run_errand(uv_timer_t *t)
{
	struct errand *e = t->data;

	uv_close((uv_handle_t *)t, errand_closed);
	e->fn(e->arg);
}

void later(uv_loop_t *loop, later_fn fn, void *arg)
{
	struct errand *e = g_new0(struct errand, 1);

	e->fn = fn;
	e->arg = arg;
	e->timer.data = e;
	REQUIRE(uv_timer_init(loop, &e->timer) == 0);
	e->timer.data = e;
	REQUIRE(uv_timer_start(&e->timer, run_errand, 0, 0) == 0);
}

struct timer {
	uv_timer_t handle;
	timer_fn fn;
	void *arg;
};

static void timer_closed(uv_handle_t *h)
{
	g_free(h->data);
}

static void timer_fired(uv_timer_t *handle)
{
	struct timer *t = handle->data;

	t->fn(t->arg);
}

struct timer *timer_create_on(uv_loop_t *loop, timer_fn fn, void *arg)
{
	struct timer *t = g_new0(struct timer, 1);

	t->fn = fn;
	t->arg = arg;
	REQUIRE(uv_timer_init(loop, &t->handle) == 0);
	t->handle.data = t;
	return t;
}

void timer_start(struct timer *t, uint64_t after_ms, uint64_t repeat_ms)
{
	/* libuv counts from the start of the turn; a long turn must not eat into the time given. */
	uv_update_time(t->handle.loop);
	REQUIRE(uv_timer_start(&t->handle, timer_fired, after_ms, repeat_ms) == 0);
}

void timer_stop(struct timer *t)
{
	(void)uv_timer_stop(&t->handle);
}

bool timer_is_running(const struct timer *t)
{
	return uv_is_active((const uv_handle_t *)&t->handle) != 0;
}

void timer_destroy(struct timer *t)
{
	if (t) {
		uv_close((uv_handle_t *)&t->handle, timer_closed);
	}
}

struct stop_signals {
	uv_signal_t handles[2];
	int open;
	stop_signal_fn fn;
	void *arg;
};

static void signal_came(uv_signal_t *h, int signum)
{
	struct stop_signals *s = h->data;

	s->fn(s->arg, signum);
}

struct stop_signals *stop_signals_open(uv_loop_t *loop, stop_signal_fn fn, void *arg)
{
	static const int wanted[] = {SIGTERM, SIGINT};
	struct stop_signals *s = g_new0(struct stop_signals, 1);

	s->fn = fn;
	s->arg = arg;
	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		REQUIRE(uv_signal_init(loop, &s->handles[i]) == 0);
		s->handles[i].data = s;
		REQUIRE(uv_signal_start(&s->handles[i], signal_came, wanted[i]) == 0);
		uv_unref((uv_handle_t *)&s->handles[i]);
		s->open++;
	}
	return s;
}

static void signal_closed(uv_handle_t *h)
{
	struct stop_signals *s = h->data;

	if (--s->open == 0) {
		g_free(s);
	}
}

void stop_signals_close(struct stop_signals *s)
{
	for (size_t i = 0; i < G_N_ELEMENTS(s->handles); i++) {
		uv_close((uv_handle_t *)&s->handles[i], signal_closed);
	}
}

void random_bytes(void *out, size_t length)
{
	char *at = out;

	while (length > 0) {
		ssize_t n = getrandom(at, length, 0);

		if (n > 0) {
			at += n;
			length -= (size_t)n;
		}
	}
}

uint64_t random_below(uint64_t limit)
{
	uint64_t value, fair;

	REQUIRE(limit > 0);
	fair = UINT64_MAX - UINT64_MAX % limit;
	do {
		random_bytes(&value, sizeof value);
	} while (value >= fair);
	return value % limit;
}
