#include "queue/script.h"

#include "lib/base/clock.h"
#include "lib/base/require.h"
#include "queue/redis_error.h"

#include <glib.h>
#include <string.h>

struct run {
	struct redis_conn *conn;
	const struct script *script;
	char *words[1 + SCRIPT_MOST_ARGUMENTS]; /* the key, then the arguments */
	int count;
	int64_t until_ms;
	redis_reply_fn done;
	void *arg;
};

static void run_destroy(struct run *r)
{
	for (int i = 0; i < r->count; i++) {
		g_free(r->words[i]);
	}
	g_free(r);
}

static void send_script(struct run *r, const char *command, const char *body, size_t body_bytes,
	redis_reply_fn done)
{
	enum { FIXED = 3 };
	const char *words[FIXED + 1 + SCRIPT_MOST_ARGUMENTS] = {command, body, "1"};
	size_t lengths[FIXED + 1 + SCRIPT_MOST_ARGUMENTS] = {strlen(command), body_bytes, 1};
	int64_t left = r->until_ms - clock_elapsed_ms();

	for (int i = 0; i < r->count; i++) {
		words[FIXED + i] = r->words[i];
		lengths[FIXED + i] = strlen(r->words[i]);
	}
	redis_conn_command(
		r->conn, (unsigned)MAX(left, 1), FIXED + r->count, words, lengths, done, r);
}

static void on_run(void *arg, const redisReply *reply, const struct fault *f)
{
	struct run *r = arg;

	r->done(r->arg, reply, f);
	run_destroy(r);
}

static void on_run_by_hash(void *arg, const redisReply *reply, const struct fault *f)
{
	struct run *r = arg;

	if (f && reply && redis_error_is(reply->str, "NOSCRIPT")) {
		send_script(r, "EVAL", (const char *)r->script->text, r->script->length, on_run);
		return;
	}
	on_run(r, reply, f);
}

void script_run(struct redis_conn *c, const struct script *script, const char *key, int count,
	const char *const *arguments, redis_reply_fn done, void *arg)
{
	struct run *r = g_new0(struct run, 1);

	REQUIRE(count <= SCRIPT_MOST_ARGUMENTS);
	r->conn = c;
	r->script = script;
	r->until_ms = clock_elapsed_ms() + REDIS_COMMAND_LIMIT_MS;
	r->done = done;
	r->arg = arg;
	r->words[r->count++] = g_strdup(key);
	for (int i = 0; i < count; i++) {
		r->words[r->count++] = g_strdup(arguments[i]);
	}
	send_script(r, "EVALSHA", script->sha1, strlen(script->sha1), on_run_by_hash);
}
