/* platen-api: HTTP requests to export records and back. */
#include "api-shim/api.h"
#include "api-shim/blobs.h"
#include "api-shim/health.h"
#include "api-shim/route.h"
#include "api-shim/server.h"
#include "api-shim/sharing.h"
#include "api-shim/throttle.h"
#include "api-shim/waiting.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "store/computation.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STATEMENT_MS = 10 * 1000, STATEMENTS_IN_LINE = 4000, QUERIES_IN_LINE = 256 };
enum { DRAIN_MS = 25 * 1000, CUT_MS = 1000, WATCH_MS = 500 };
enum { FILES_WANTED = 8192, FILES_OF_OUR_OWN = 256 };
enum { EXIT_WRONG_USE = 2 };

struct program {
	struct api api;
	struct config config;
	struct store store;
	struct server *server;
	struct stop_signals *signals;
	struct timer *late, *watch;
	bool pools_closed, closed;
	int status;
};

static void close_pools(struct program *p)
{
	if (!p->pools_closed) {
		p->pools_closed = true;
		pg_pool_close(p->store.pool);
		pg_pool_close(p->api.queries);
	}
}

/* Nothing is under way any more: the loop ends when libuv has let go of all of this. */
static void close_all(void *arg)
{
	struct program *p = arg;

	if (p->closed) {
		return;
	}
	p->closed = true;
	server_close(p->server);
	queue_close(p->api.queue);
	waiting_close(p->api.waiting);
	blobs_close(p->api.blobs);
	close_pools(p);
	timer_destroy(p->late);
	timer_destroy(p->watch);
	stop_signals_close(p->signals);
	log_line(LOG_INFO, "http", 0, "stopped");
}

static void on_cut(void *arg)
{
	struct program *p = arg;

	if (server_is_busy(p->server)) {
		log_line(LOG_ERROR, "http", 0, "requests did not end; leaving without them");
		_exit(EXIT_FAILURE);
	}
	close_all(p);
}

/* What still waits for Postgres is told that it will not answer, and answers 503. */
static void on_late(void *arg)
{
	struct program *p = arg;

	log_line(LOG_WARN, "http", 0, "%u requests are cut short", server_requests(p->server));
	p->status = EXIT_FAILURE;
	close_pools(p);
	timer_destroy(p->late);
	p->late = timer_create_on(p->api.loop, on_cut, p);
	timer_start(p->late, CUT_MS, 0);
}

static void on_signal(void *arg, int signum)
{
	struct program *p = arg;

	if (p->closed) {
		return;
	}
	if (p->api.draining) {
		timer_start(p->late, 0, 0);
		return;
	}
	p->api.draining = true;
	log_line(LOG_INFO, "http", 0, "%s: stopping, %u requests are under way", strsignal(signum),
		server_requests(p->server));
	timer_start(p->late, DRAIN_MS, 0);
	server_drain(p->server, close_all, p);
	waiting_release(p->api.waiting);
}

static void on_watch(void *arg)
{
	struct program *p = arg;

	if (!p->pools_closed) {
		health_watch(&p->api);
	}
}

static void on_request(void *arg, struct request *r)
{
	route_dispatch(arg, r);
}

/* A connection is a file; how many there may be follows from how many we may open. */
static unsigned connections_max(void)
{
	const unsigned wanted = server_default_options.connections_max;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
		return wanted;
	}
	if (limit.rlim_cur < FILES_WANTED) {
		limit.rlim_cur = MIN(limit.rlim_max, FILES_WANTED);
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur < wanted + FILES_OF_OUR_OWN) {
		return limit.rlim_cur > FILES_OF_OUR_OWN + 16
			       ? (unsigned)limit.rlim_cur - FILES_OF_OUR_OWN
			       : 16;
	}
	return wanted;
}

static bool open_all(struct program *p, struct fault *f)
{
	const struct config *c = &p->config;
	const struct queue_options queue_options = {c->redis_url, c->queue_name};
	const struct pg_pool_options pool_options = {
		.url = c->database_url,
		.name = "platen-api",
		.connections = (unsigned)c->api_connections,
		.queue_limit = STATEMENTS_IN_LINE,
	};
	struct server_options options = server_default_options;

	p->api.queue = queue_open(p->api.loop, &queue_options, f);
	if (!p->api.queue) {
		return false;
	}
	p->store.loop = p->api.loop;
	p->store.pool = pg_pool_open(p->api.loop, &pool_options);
	p->store.limit_ms = STATEMENT_MS;
	p->api.queries = computation_pool_open(p->api.loop, c->database_url, "platen-api-query",
		(unsigned)c->query_connections, QUERIES_IN_LINE, (unsigned)c->query_memory_mb);
	if (!blobs_open(&p->store, c, &p->api.blobs, f)) {
		return false;
	}
	p->api.sharing = sharing_create(p->api.loop);
	p->api.waiting = waiting_open(&p->store, p->api.queue);
	options.address = c->listen_address;
	options.port = (unsigned)c->listen_port;
	options.body_max_bytes = (size_t)c->body_max_bytes;
	options.connections_max = connections_max();
	return server_open(p->api.loop, &options, on_request, &p->api, &p->server, f);
}

static int run(struct program *p)
{
	struct fault f = {0};

	p->api.loop = uv_default_loop();
	p->api.config = &p->config;
	p->api.store = &p->store;
	p->signals = stop_signals_open(p->api.loop, on_signal, p);
	if (!open_all(p, &f)) {
		log_line(LOG_ERROR, "http", 0, "%s", f.detail);
		return EXIT_FAILURE;
	}
	p->late = timer_create_on(p->api.loop, on_late, p);
	p->watch = timer_create_on(p->api.loop, on_watch, p);
	timer_start(p->watch, WATCH_MS, WATCH_MS);
	log_line(LOG_INFO, "http", 0,
		strchr(p->config.listen_address, ':') ? "listening on http://[%s]:%u"
						      : "listening on http://%s:%u",
		p->config.listen_address, server_port(p->server));
	(void)uv_run(p->api.loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(p->api.loop);
	sharing_destroy(p->api.sharing);
	return p->status;
}

static void print_help(void)
{
	printf("platen-api: the HTTP side of Platen\n\n"
	       "usage: platen-api [--setting=value]...\n\n"
	       "  --help               this text\n"
	       "  --version            which version this is\n\n");
	config_print_help();
}

int main(int argc, char **argv)
{
	struct program p = {0};
	struct fault f = {0};

	if (!config_load(&p.config, &argc, argv, &f) ||
		!config_open_log(&p.config, "platen-api", &f)) {
		fprintf(stderr, "platen-api: %s\n", f.detail);
		config_finish(&p.config);
		return EXIT_WRONG_USE;
	}
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			print_help();
			config_finish(&p.config);
			return EXIT_SUCCESS;
		}
		if (strcmp(argv[i], "--version") == 0) {
			printf("platen-api %s\n", PLATEN_VERSION);
			config_finish(&p.config);
			return EXIT_SUCCESS;
		}
		fprintf(stderr, "platen-api: %s is no option; --help lists them\n", argv[i]);
		config_finish(&p.config);
		return EXIT_WRONG_USE;
	}
	if (p.config.api_throttle) {
		p.api.throttle =
			throttle_create(THROTTLE_BURST, THROTTLE_SUSTAINED, clock_elapsed_ms);
	}
	p.status = run(&p);
	throttle_destroy(p.api.throttle);
	config_finish(&p.config);
	return p.status;
}
