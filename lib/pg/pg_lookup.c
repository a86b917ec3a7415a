#include "lib/pg/pg_lookup.h"

#include <glib.h>

struct pg_lookup {
	uv_getaddrinfo_t request;
	uv_loop_t *loop;
	struct pg_target *target; /* NULL: canceled */
	size_t host;
	pg_lookup_fn done;
	void *arg;
};

static void look_up_next(void *arg);

static void on_found(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
	struct pg_lookup *l = request->data;

	if (l->target) {
		pg_target_found(l->target, l->host, status == 0 ? found : NULL);
		l->host++;
	}
	uv_freeaddrinfo(found);
	look_up_next(l);
}

/* A name that libuv will not even try counts as one without an address. */
static void look_up_next(void *arg)
{
	static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct pg_lookup *l = arg;

	for (; l->target && l->host < pg_target_host_count(l->target); l->host++) {
		const char *name = pg_target_lookup_name(l->target, l->host);

		if (name &&
			uv_getaddrinfo(l->loop, &l->request, on_found, name, NULL, &hints) == 0) {
			return;
		}
	}
	if (l->target) {
		l->done(l->arg);
	}
	g_free(l);
}

struct pg_lookup *pg_lookup_start(
	uv_loop_t *loop, struct pg_target *target, pg_lookup_fn done, void *arg)
{
	struct pg_lookup *l = g_new0(struct pg_lookup, 1);

	l->loop = loop;
	l->target = target;
	l->done = done;
	l->arg = arg;
	l->request.data = l;
	later(loop, look_up_next, l);
	return l;
}

void pg_lookup_cancel(struct pg_lookup *l)
{
	if (l) {
		l->target = NULL;
		(void)uv_cancel((uv_req_t *)&l->request);
	}
}
