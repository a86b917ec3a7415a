#include "tests/unit/api-shim/api_stack.h"

#include "lib/base/clock.h"
#include "store/keys.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { START_MS = 20000, HAND_MS = 10000, CLAIM_MS = 60000 };

#define HAND_WORKER "00000000-0000-0000-0000-00000000000a"

static const char definitions[] =
	"INSERT INTO organizations (id, name) VALUES"
	" ('00000000-0000-0000-0000-000000000001', 'first'),"
	" ('" OTHER_ORGANIZATION "', 'second');"
	"INSERT INTO projects (id, organization_id, name) VALUES"
	" (1, '00000000-0000-0000-0000-000000000001', 'own'),"
	" (2, '00000000-0000-0000-0000-000000000001', 'sister'),"
	" (3, '" OTHER_ORGANIZATION "', 'foreign');"
	"INSERT INTO users (id, email, current_project_id, is_active) VALUES"
	" (1, 'a@x', 1, true), (2, 'b@x', 1, true), (3, 'c@x', NULL, true), (4, 'd@x', 1, false);"
	"INSERT INTO memberships (organization_id, user_id)"
	" SELECT '00000000-0000-0000-0000-000000000001', id FROM users WHERE id <> 3;"
	"INSERT INTO memberships (organization_id, user_id) VALUES ('" OTHER_ORGANIZATION "', 3);"
	"INSERT INTO dashboards (id, project_id, name) VALUES"
	" (11, 1, 'Own dashboard'), (21, 2, 'Sister dashboard');"
	"INSERT INTO insights (id, project_id, short_id, name) VALUES"
	" (12, 1, 'own', 'Own insight'), (22, 2, 'sister', NULL);"
	"INSERT INTO workers (id, host, pid, slots) VALUES ('" HAND_WORKER "', 'test', 1, 1);";

static const struct {
	const char *key, *scopes, *projects, *organizations;
	int user;
} keys[] = {
	{KEY_ALL, "{*}", NULL, NULL, 1},
	{KEY_WRITE, "{export:write,insight:read,dashboard:read,query:read}", NULL, NULL, 1},
	{KEY_READ, "{export:read}", NULL, NULL, 1},
	{KEY_BARE_WRITE, "{export:write}", NULL, NULL, 1},
	{KEY_NO_SCOPE, "{}", NULL, NULL, 1},
	{KEY_PROJECT_2, "{*}", "{2}", NULL, 1},
	{KEY_OTHER_ORG, "{*}", NULL, "{" OTHER_ORGANIZATION "}", 1},
	{KEY_COLLEAGUE, "{*}", NULL, NULL, 2},
	{KEY_STRANGER, "{*}", NULL, NULL, 3},
	{KEY_INACTIVE, "{*}", NULL, NULL, 4},
};

static void define(struct api_stack *s)
{
	private_postgres_run(&s->postgres, definitions);
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autofree char *projects =
			keys[i].projects ? g_strdup_printf("'%s'", keys[i].projects) : NULL;
		g_autofree char *organizations =
			keys[i].organizations ? g_strdup_printf("'%s'", keys[i].organizations)
					      : NULL;
		char secure[80];
		g_autofree char *sql = NULL;

		keys_secure(keys[i].key, secure);
		sql = g_strdup_printf(
			"INSERT INTO api_keys (user_id, label, secure_value, scopes, scoped_projects, "
			"scoped_organizations) VALUES (%d, 'k', '%s', '%s', %s, %s)",
			keys[i].user, secure, keys[i].scopes, projects ? projects : "NULL",
			organizations ? organizations : "NULL");
		private_postgres_run(&s->postgres, sql);
	}
}

/* The port stands in the line that says where it listens. */
static unsigned port_in(const char *log)
{
	g_autofree char *text = NULL;
	const char *at;

	if (!g_file_get_contents(log, &text, NULL, NULL)) {
		return 0;
	}
	at = strstr(text, "listening on http://127.0.0.1:");
	return at && strchr(at, '\n')
		       ? (unsigned)g_ascii_strtoull(
				 at + strlen("listening on http://127.0.0.1:"), NULL, 10)
		       : 0;
}

struct api_process api_start(const struct api_stack *s, const char *const *arguments)
{
	g_autofree char *database = g_strconcat("--database-url=", s->postgres.url, NULL);
	g_autofree char *redis = g_strconcat("--redis-url=", s->redis_url, NULL);
	char program[] = BINARY_DIR "/bin/platen-api", port[] = "--listen-port=0";
	char level[] = "--log-level=debug";
	char *argv[16] = {program, database, redis, port, level, NULL};
	struct api_process p = {0};
	int64_t until = clock_elapsed_ms() + START_MS;
	int log, count = 5;

	for (; arguments && *arguments; arguments++) {
		argv[count++] = (char *)(uintptr_t)*arguments;
	}
	argv[count] = NULL;
	p.log = g_build_filename(s->postgres.directory, "api-XXXXXX", NULL);
	log = g_mkstemp(p.log);
	assert_true(log >= 0);
	p.pid = fork();
	if (p.pid == 0) {
		(void)dup2(log, STDOUT_FILENO);
		(void)dup2(log, STDERR_FILENO);
		(void)execv(program, argv);
		_exit(127);
	}
	(void)close(log);
	while (p.port == 0) {
		int status;

		p.port = port_in(p.log);
		if (waitpid(p.pid, &status, WNOHANG) == p.pid || clock_elapsed_ms() > until) {
			g_autofree char *text = NULL;

			(void)g_file_get_contents(p.log, &text, NULL, NULL);
			fail_msg("platen-api did not start: %s", text);
		}
		g_usleep(2000);
	}
	return p;
}

int api_stop(struct api_process *p)
{
	int status = -1;

	if (p->pid > 0) {
		(void)kill(p->pid, SIGTERM);
		assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	}
	if (status != 0) {
		g_autofree char *text = NULL;

		(void)g_file_get_contents(p->log, &text, NULL, NULL);
		print_message("%s\n", text ? text : "");
	}
	(void)unlink(p->log);
	g_free(p->log);
	memset(p, 0, sizeof *p);
	return status;
}

void api_stack_start(struct api_stack *s)
{
	struct pg_pool_options options = {.name = "hand", .connections = 2, .queue_limit = 100};
	struct blob_options blob_options = {.store = &s->store};
	struct fault f = {0};

	private_postgres_start(&s->postgres);
	private_postgres_migrate(&s->postgres);
	s->redis_url = g_strdup_printf("unix:%s/run/redis.sock", s->postgres.home);
	define(s);
	s->loop = g_new0(uv_loop_t, 1);
	assert_int_equal(uv_loop_init(s->loop), 0);
	options.url = s->postgres.url;
	s->store.loop = s->loop;
	s->store.pool = pg_pool_open(s->loop, &options);
	s->store.limit_ms = HAND_MS;
	if (!blob_kind_named("postgres")->open(s->loop, &blob_options, &s->blobs, &f)) {
		fail_msg("%s", f.detail);
	}
	s->api = api_start(s, NULL);
}

void api_stack_stop(struct api_stack *s)
{
	int status = s->api.pid ? api_stop(&s->api) : 0;

	s->blobs->kind->close(s->blobs);
	pg_pool_close(s->store.pool);
	loop_finish(s->loop);
	g_free(s->loop);
	private_postgres_stop(&s->postgres);
	g_free(s->redis_url);
	assert_int_equal(status, 0);
}

int api_send(const struct api_process *p, const char *key, const char *method, const char *headers,
	const char *body, const char *path)
{
	int fd = raw_connect(p->port);
	g_autofree char *authorization =
		key ? g_strdup_printf("Authorization: Bearer %s\r\n", key) : g_strdup("");

	raw_print(fd, "%s %s HTTP/1.1\r\nHost: api.test\r\n%s%s", method, path, authorization,
		headers ? headers : "");
	if (body) {
		raw_print(fd, "%sContent-Length: %zu\r\n\r\n%s",
			headers && strstr(headers, "Content-Type")
				? ""
				: "Content-Type: application/json\r\n",
			strlen(body), body);
	} else {
		raw_print(fd, "\r\n");
	}
	return fd;
}

struct reply api_receive(int fd)
{
	struct reply r = {raw_read(fd, false), NULL};

	(void)close(fd);
	r.json = json_loadb(r.raw.body->str, r.raw.body->len, JSON_DECODE_ANY, NULL);
	return r;
}

struct reply api_ask(const struct api_process *p, const char *key, const char *method,
	const char *body, const char *path, ...)
{
	g_autofree char *whole = NULL;
	va_list args;

	va_start(args, path);
	whole = g_strdup_vprintf(path, args);
	va_end(args);
	return api_receive(api_send(p, key, method, NULL, body, whole));
}

void reply_finish(struct reply *r)
{
	json_decref(r->json);
	raw_finish(&r->raw);
	r->json = NULL;
}

void api_refuses(struct reply r, int status, const char *type, const char *code, const char *attr,
	const char *detail)
{
	const char *got = json_get_text(r.json, "detail", "");

	if (r.raw.status != status || strcmp(json_get_text(r.json, "type", ""), type) != 0 ||
		strcmp(json_get_text(r.json, "code", ""), code) != 0 || strcmp(got, detail) != 0 ||
		g_strcmp0(json_get_text(r.json, "attr", NULL), attr) != 0 ||
		json_object_size(r.json) != 4) {
		fail_msg("wanted %d %s: got %s%s", status, detail, r.raw.head, r.raw.body->str);
	}
	reply_finish(&r);
}

/* The hand */

struct hand {
	struct api_stack *s;
	int64_t id;
	const void *bytes;
	size_t length;
	const struct fault *why;
	char *location, sha256[65];
	struct export_claim claim;
	char *format;
	bool done;
};

static void on_moved(void *arg, bool won, const struct fault *f)
{
	struct hand *h = arg;

	assert_null(f);
	assert_true(won);
	h->done = true;
}

static void on_put(void *arg, const struct fault *f)
{
	struct hand *h = arg;
	struct export_content content = {
		.store = "postgres",
		.location = h->location,
		.sha256 = h->sha256,
		.bytes = (int64_t)h->length,
		.expires_after_us = clock_wall_us() + INT64_C(86400000000),
	};

	assert_null(f);
	exports_finish(&h->s->store, &h->claim, &content, on_moved, h);
}

static void on_claimed(void *arg, const struct export_claim *claim, const struct fault *f)
{
	struct hand *h = arg;

	assert_null(f);
	assert_non_null(claim);
	h->claim = *claim;
	h->claim.format = h->format = g_strdup(claim->format);
	h->claim.context = h->claim.source_authentication = NULL;
	if (h->why) {
		exports_fail(&h->s->store, &h->claim, h->why, on_moved, h);
		return;
	}
	h->location = blob_location(claim->format, claim->project_id, claim->id, claim->fence);
	blob_sha256(h->bytes, h->length, h->sha256);
	h->s->blobs->kind->put(h->s->blobs, h->location, h->bytes, h->length, on_put, h);
}

static void run_hand(struct hand *h)
{
	exports_claim(&h->s->store, h->id, HAND_WORKER, CLAIM_MS, on_claimed, h);
	run_until(h->s->loop, is_true, &h->done, HAND_MS, "the export did not end");
	g_free(h->location);
	g_free(h->format);
}

void hand_finish(struct api_stack *s, int64_t id, const void *bytes, size_t length)
{
	struct hand h = {.s = s, .id = id, .bytes = bytes, .length = length};

	run_hand(&h);
}

void hand_fail(struct api_stack *s, int64_t id, enum fault_kind kind, const char *detail)
{
	struct hand h = {.s = s, .id = id};
	struct fault why = {0};

	(void)fault_set(&why, kind, "%s", detail);
	h.why = &why;
	run_hand(&h);
}

int64_t hand_newest(struct api_stack *s, int64_t after)
{
	int64_t until = clock_elapsed_ms() + HAND_MS, id = 0;

	while (id <= after) {
		id = private_postgres_number(
			&s->postgres, "SELECT coalesce(max(id), 0) FROM exports");
		if (clock_elapsed_ms() > until) {
			fail_msg("no export newer than %" PRId64, after);
		}
	}
	return id;
}
