#include "queue/redis_lookup.h"

#include "lib/base/require.h"

#include <glib.h>
#include <string.h>

/* A request cannot be taken back once a thread works on it, so it outlives its owner. */
struct request {
	uv_getaddrinfo_t uv;
	struct redis_lookup *owner; /* NULL once that is closed */
};

struct redis_lookup {
	uv_loop_t *loop;
	char *host;
	int port;
	redis_lookup_fn done;
	void *arg;
	bool is_fixed;
	struct request *request; /* while an answer is due */
	GArray *found; /* struct sockaddr_storage */
	unsigned next;
};

static void keep(struct redis_lookup *l, const void *address, size_t length)
{
	struct sockaddr_storage one = {0};

	memcpy(&one, address, MIN(length, sizeof one));
	(void)g_array_append_val(l->found, one);
}

static bool read_fixed(struct redis_lookup *l)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	if (uv_ip4_addr(l->host, l->port, &in4) == 0) {
		keep(l, &in4, sizeof in4);
		return true;
	}
	if (uv_ip6_addr(l->host, l->port, &in6) == 0) {
		keep(l, &in6, sizeof in6);
		return true;
	}
	return false;
}

struct redis_lookup *redis_lookup_open(
	uv_loop_t *loop, const char *host, int port, redis_lookup_fn done, void *arg)
{
	struct redis_lookup *l = g_new0(struct redis_lookup, 1);

	l->loop = loop;
	l->host = g_strdup(host);
	l->port = port;
	l->done = done;
	l->arg = arg;
	l->found = g_array_new(FALSE, FALSE, sizeof(struct sockaddr_storage));
	l->is_fixed = read_fixed(l);
	return l;
}

void redis_lookup_close(struct redis_lookup *l)
{
	if (l->request) {
		l->request->owner = NULL;
		(void)uv_cancel((uv_req_t *)&l->request->uv);
	}
	(void)g_array_free(l->found, TRUE);
	g_free(l->host);
	g_free(l);
}

bool redis_lookup_is_fixed(const struct redis_lookup *l)
{
	return l->is_fixed;
}

static void on_resolved(uv_getaddrinfo_t *uv, int status, struct addrinfo *found)
{
	struct request *r = uv->data;
	struct redis_lookup *l = r->owner;
	struct fault f;

	g_free(r);
	if (l) {
		l->request = NULL;
		if (status == 0 && found) {
			(void)g_array_set_size(l->found, 0);
			for (const struct addrinfo *at = found; at; at = at->ai_next) {
				keep(l, at->ai_addr, at->ai_addrlen);
			}
			l->done(l->arg, NULL);
		} else {
			(void)fault_set(&f, FAULT_UNAVAILABLE, "the name of Redis: %s",
				uv_strerror(status));
			l->done(l->arg, &f);
		}
	}
	uv_freeaddrinfo(found);
}

void redis_lookup_start(struct redis_lookup *l)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	char port[16];

	if (l->request || l->is_fixed) {
		return;
	}
	l->request = g_new0(struct request, 1);
	l->request->owner = l;
	l->request->uv.data = l->request;
	(void)g_snprintf(port, sizeof port, "%d", l->port);
	/* It refuses only what redis_address_read() has refused before: a host without a name. */
	REQUIRE(uv_getaddrinfo(l->loop, &l->request->uv, on_resolved, l->host, port, &hints) == 0);
}

bool redis_lookup_has_address(const struct redis_lookup *l)
{
	return l->found->len > 0;
}

const struct sockaddr_storage *redis_lookup_next(struct redis_lookup *l)
{
	REQUIRE(l->found->len > 0);
	return &g_array_index(l->found, struct sockaddr_storage, l->next++ % l->found->len);
}
