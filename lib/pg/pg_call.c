#include "lib/pg/pg_call.h"

#include "lib/base/clock.h"

enum { STATEMENT_LEAST_MS = 1, WAITED_STEPS = 20, WAITED_LONG_PART = 4 };

struct pg_call *pg_call_create(struct pg_pool *pool, struct sql *statement, const char *scope,
	unsigned traits, unsigned limit_ms, pg_done_fn done, void *arg)
{
	struct pg_call *c = g_new0(struct pg_call, 1);

	c->link.data = c;
	c->pool = pool;
	c->statement = statement;
	c->scope = g_strdup(scope);
	c->traits = traits;
	c->limit_ms = MAX(limit_ms, 1);
	c->asked_ms = clock_elapsed_ms();
	c->done = done;
	c->arg = arg;
	return c;
}

int64_t pg_call_due_ms(const struct pg_call *c)
{
	return c->asked_ms + c->limit_ms;
}

/* The server's own limit ends a little before ours, so that it is the server who says so and the
 * connection lives on.  What waiting in line has cost is taken off in steps, for each other value
 * is one more setting to send. */
static unsigned statement_timeout(const struct pg_call *c)
{
	unsigned margin = CLAMP(c->limit_ms / 10, 2, 1000);
	int64_t step = MAX(c->limit_ms / WAITED_STEPS, 1);
	int64_t steps = (c->sent_ms - c->asked_ms) / step, left = (int64_t)c->limit_ms - margin;

	if (steps > 0) {
		left -= (steps + 1) * step;
	}
	return (unsigned)MAX(left, STATEMENT_LEAST_MS);
}

void pg_call_send(struct pg_call *c, struct pg_slot *slot, struct pg_conn *conn)
{
	c->state = CALL_RUNNING;
	c->slot = slot;
	c->sent_ms = clock_elapsed_ms();
	c->timeout_ms = statement_timeout(c);
	pg_conn_send(conn, &(struct pg_statement){.sql = c->statement,
				   .scope = c->scope,
				   .timeout_ms = c->timeout_ms,
				   .traits = c->traits});
	/* libpq has copied it: a file's bytes are not held twice while the server writes them. */
	sql_destroy(c->statement);
	c->statement = NULL;
}

void pg_call_answer(struct pg_call *c, const struct rows *rows, const struct fault *f)
{
	c->done(c->arg, rows, f);
	sql_destroy(c->statement);
	g_free(c->scope);
	g_free(c);
}

static void answer_now(void *arg)
{
	struct pg_call *c = arg;

	pg_call_answer(c, NULL, &c->fault);
}

void pg_call_answer_later(struct pg_call *c, uv_loop_t *loop)
{
	c->state = CALL_ENDED;
	c->slot = NULL;
	later(loop, answer_now, c);
}

void pg_call_judge(const struct pg_call *c, struct fault *f)
{
	if (f->kind != FAULT_QUERY_SLOW) {
		return;
	}
	/* Nor is it the query that was slow when waiting in line had taken a good part of its time.
	 */
	if (clock_elapsed_ms() - c->sent_ms + 1 < c->timeout_ms ||
		c->sent_ms - c->asked_ms >= MAX(c->limit_ms / WAITED_LONG_PART, 1)) {
		f->kind = FAULT_UNAVAILABLE;
	} else {
		fault_set(f, FAULT_QUERY_SLOW, "the query took longer than its limit of %u ms",
			c->limit_ms);
	}
}
