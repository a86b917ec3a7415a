#include "queue/watch.h"

#include "lib/base/log.h"
#include "queue/redis_conn.h"

#include <glib.h>

struct watch {
	uv_loop_t *loop;
	struct redis_conn *conn;
	char *channel;
	queue_finished_fn finished;
	void *arg;
	bool is_closed;
};

static void on_published(void *arg, const char *text)
{
	struct watch *w = arg;
	gint64 id;

	if (g_ascii_string_to_signed(text, 10, 1, G_MAXINT64, &id, NULL)) {
		w->finished(w->arg, id);
	} else {
		log_line(LOG_WARN, "queue.watch", 0, "a hint that is no id was ignored");
	}
}

static void on_subscribed(void *arg, const redisReply *reply, const struct fault *f)
{
	struct watch *w = arg;

	(void)reply;
	if (f && !w->is_closed && redis_conn_is_alive(w->conn)) {
		redis_conn_renew(w->conn, f->detail);
	}
}

static void on_alive(void *arg)
{
	struct watch *w = arg;

	redis_conn_command(w->conn, REDIS_COMMAND_LIMIT_MS, 2,
		(const char *const[]){"SUBSCRIBE", w->channel}, NULL, on_subscribed, w);
}

struct watch *watch_open(uv_loop_t *loop, const struct redis_address *address, const char *key,
	queue_finished_fn finished, void *arg)
{
	static const struct redis_conn_events events = {
		.alive = on_alive, .published = on_published};
	struct watch *w = g_new0(struct watch, 1);

	w->loop = loop;
	w->channel = g_strconcat(key, ":done", NULL);
	w->finished = finished;
	w->arg = arg;
	w->conn = redis_conn_open(loop, address, "queue.watch", &events, w);
	return w;
}

static void watch_free(void *arg)
{
	struct watch *w = arg;

	g_free(w->channel);
	g_free(w);
}

void watch_close(struct watch *w)
{
	w->is_closed = true;
	redis_conn_close(w->conn);
	/* Answers are still due; they come before this. */
	later(w->loop, watch_free, w);
}

void watch_renew(struct watch *w)
{
	redis_conn_renew(w->conn, "the server is silent");
}
