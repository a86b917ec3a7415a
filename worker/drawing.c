#include "worker/drawing.h"

#include "lib/base/log.h"
#include "lib/base/require.h"
#include "worker/renderer/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct drawing_call {
	uint64_t id;
	int document; /* memfd; -1 once it was sent */
	char format[16];
	drawing_done_fn done;
	void *arg;
};

/* A renderer that was started: outlives its death until libuv lets go of its handles. */
struct instance {
	struct drawing *owner; /* NULL when the owner has moved on */
	uv_process_t process;
	uv_poll_t poll;
	int socket;
	int open_handles;
	bool is_warm;
};

struct drawing {
	uv_loop_t *loop;
	const struct config *config;
	char *program;
	struct instance *now; /* NULL between a death and the next start */
	struct timer *restart;
	unsigned deaths; /* in a row, without a picture in between */
	uint64_t last_id;
	GHashTable *calls; /* by id */
	bool closing;
};

void drawn_finish(struct drawn *d)
{
	if (d->bytes) {
		(void)munmap((void *)(uintptr_t)d->bytes, d->length);
	}
	*d = (struct drawn){0};
}

static void call_free(gpointer data)
{
	struct drawing_call *call = data;

	if (call->document >= 0) {
		close(call->document);
	}
	g_free(call);
}

/* Takes the call out before it answers: `done` may begin another. */
static void finish(
	struct drawing *d, struct drawing_call *call, struct drawn *drawn, const struct fault *f)
{
	drawing_done_fn done = call->done;
	void *arg = call->arg;

	g_hash_table_remove(d->calls, &call->id);
	done(arg, drawn, f);
}

static void fail_all(struct drawing *d, bool sent_only, enum fault_kind kind, const char *why)
{
	g_autoptr(GList) calls = g_hash_table_get_values(d->calls);
	struct fault f;

	fault_set(&f, kind, "%s", why);
	for (GList *at = calls; at; at = at->next) {
		struct drawing_call *call = at->data;

		if (!sent_only || call->document < 0) {
			finish(d, call, NULL, &f);
		}
	}
}

/* The mapping of a picture that nobody can change any more. */
static bool map_picture(
	int fd, const struct render_reply *reply, struct drawn *drawn, struct fault *f)
{
	const int wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct stat s;
	void *bytes;

	if (fd < 0 || (fcntl(fd, F_GET_SEALS) & wanted) != wanted || fstat(fd, &s) < 0 ||
		s.st_size <= 0 || (uint64_t)s.st_size != reply->length) {
		return fault_set(f, FAULT_CRASHED, "the renderer sent no usable picture");
	}
	bytes = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED) {
		return fault_set(f, FAULT_UNAVAILABLE, "mmap of a picture: %s", strerror(errno));
	}
	*drawn = (struct drawn){bytes, (size_t)s.st_size, reply->width_px, reply->height_px};
	return true;
}

static void take_reply(struct drawing *d, struct render_reply *reply, int fd)
{
	struct drawing_call *call = g_hash_table_lookup(d->calls, &reply->id);
	struct drawn drawn = {0};
	struct fault f;

	reply->detail[sizeof reply->detail - 1] = '\0';
	if (!call) {
		return;
	}
	if (reply->fault_kind != FAULT_NONE) {
		fault_set(&f,
			reply->fault_kind < FAULT_KIND_COUNT ? reply->fault_kind : FAULT_CRASHED,
			"%s", reply->detail);
		finish(d, call, NULL, &f);
	} else if (!map_picture(fd, reply, &drawn, &f)) {
		finish(d, call, NULL, &f);
	} else {
		d->deaths = 0;
		finish(d, call, &drawn, NULL);
	}
}

static void instance_closed(uv_handle_t *h)
{
	struct instance *n = h->data;

	if (--n->open_handles == 0) {
		close(n->socket);
		g_free(n);
	}
}

/* Lets go of a renderer: it sees the end of its socket and leaves; if it does not, it is killed. */
static void abandon(struct instance *n)
{
	n->owner = NULL;
	(void)shutdown(n->socket, SHUT_RDWR);
	if (uv_is_active((uv_handle_t *)&n->process)) {
		(void)uv_process_kill(&n->process, SIGKILL);
	}
	if (!uv_is_closing((uv_handle_t *)&n->poll)) {
		uv_close((uv_handle_t *)&n->poll, instance_closed);
	}
}

static void start(void *arg);

static void died(struct drawing *d, const char *how)
{
	enum { FIRST_PAUSE_MS = 50, LONGEST_PAUSE_MS = 5000 };
	uint64_t pause = FIRST_PAUSE_MS;

	abandon(d->now);
	d->now = NULL;
	for (unsigned i = 0; i < d->deaths && pause < LONGEST_PAUSE_MS; i++) {
		pause *= 2;
	}
	d->deaths++;
	log_line(LOG_WARN, "drawing", 0, "the renderer %s; starting another in %llu ms", how,
		(unsigned long long)pause);
	timer_start(d->restart, pause, 0);
	fail_all(d, true, FAULT_LOST, "the renderer died");
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct instance *n = poll->data;
	struct render_reply reply = {0};
	int fd;

	(void)events;
	while (n->owner) {
		long got = render_receive(n->socket, &reply, sizeof reply, &fd);

		if (got < 0 && errno == EAGAIN && status >= 0) {
			return;
		}
		if (got != (long)sizeof reply) {
			if (fd >= 0) {
				close(fd);
			}
			died(n->owner, "closed its socket");
			return;
		}
		if (reply.verb == RENDER_READY) {
			n->is_warm = true;
			log_line(LOG_DEBUG, "drawing", 0, "renderer %d is warm", n->process.pid);
		} else {
			take_reply(n->owner, &reply, fd);
		}
		if (fd >= 0) {
			close(fd);
		}
	}
}

static void on_ended(uv_process_t *process, int64_t status, int signum)
{
	struct instance *n = process->data;

	if (n->owner) {
		log_line(LOG_DEBUG, "drawing", 0, "renderer ended: status %lld, signal %d",
			(long long)status, signum);
		died(n->owner, "ended");
	}
	uv_close((uv_handle_t *)process, instance_closed);
}

static bool send_call(struct drawing *d, struct drawing_call *call)
{
	struct render_request r = {
		.verb = RENDER_DRAW,
		.limit_ms = (uint32_t)d->config->draw_timeout_ms,
		.id = call->id,
		.max_pixels = d->config->draw_max_pixels,
		.max_bytes = (uint64_t)d->config->draw_max_bytes,
	};

	memcpy(r.format, call->format, sizeof r.format);
	if (!render_send(d->now->socket, &r, sizeof r, call->document)) {
		return false;
	}
	close(call->document);
	call->document = -1;
	return true;
}

static void send_waiting(struct drawing *d)
{
	GHashTableIter at;
	gpointer value;

	g_hash_table_iter_init(&at, d->calls);
	while (g_hash_table_iter_next(&at, NULL, &value)) {
		struct drawing_call *call = value;

		if (call->document >= 0 && !send_call(d, call)) {
			return; /* sent to the next renderer, or ended by the limit of its step */
		}
	}
}

static void start(void *arg)
{
	struct drawing *d = arg;
	struct instance *n = g_new0(struct instance, 1);
	int ends[2];
	char *argv[] = {d->program, NULL};
	uv_stdio_container_t stdio[RENDERER_FD + 1] = {
		{.flags = UV_IGNORE},
		{.flags = UV_IGNORE},
		{.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
		{.flags = UV_INHERIT_FD},
	};
	uv_process_options_t options = {
		.exit_cb = on_ended,
		.file = d->program,
		.args = argv,
		.stdio_count = RENDERER_FD + 1,
		.stdio = stdio,
	};
	int error;

	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	REQUIRE(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
	stdio[RENDERER_FD].data.fd = ends[1];
	n->owner = d;
	n->socket = ends[0];
	n->process.data = n;
	n->poll.data = n;
	d->now = n;
	REQUIRE(uv_poll_init(d->loop, &n->poll, n->socket) == 0);
	error = uv_spawn(d->loop, &n->process, &options);
	n->open_handles = 2;
	close(ends[1]);
	REQUIRE(uv_poll_start(&n->poll, UV_READABLE | UV_DISCONNECT, on_readable) == 0);
	if (error) {
		log_line(LOG_ERROR, "drawing", 0, "%s: %s", d->program, uv_strerror(error));
		uv_close((uv_handle_t *)&n->process, instance_closed);
		died(d, "did not start");
		return;
	}
	send_waiting(d);
}

static char *find_program(const struct config *config)
{
	char here[PATH_MAX];
	size_t room = sizeof here;

	if (config->renderer_path[0]) {
		return g_strdup(config->renderer_path);
	}
	if (uv_exepath(here, &room) == 0) {
		g_autofree char *folder = g_path_get_dirname(here);

		return g_build_filename(folder, "platen-renderer", NULL);
	}
	return g_strdup("platen-renderer");
}

bool drawing_open(
	uv_loop_t *loop, const struct config *config, struct drawing **out, struct fault *f)
{
	g_autofree char *program = find_program(config);
	struct drawing *d;

	if (access(program, X_OK) != 0) {
		return fault_set(
			f, FAULT_INPUT, "%s: %s (setting renderer_path)", program, strerror(errno));
	}
	d = g_new0(struct drawing, 1);
	d->loop = loop;
	d->config = config;
	d->program = g_steal_pointer(&program);
	d->calls = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, call_free);
	d->restart = timer_create_on(loop, start, d);
	start(d);
	*out = d;
	return true;
}

static void free_drawing(void *arg)
{
	struct drawing *d = arg;

	fail_all(d, false, FAULT_CANCELED, "the worker is stopping");
	g_hash_table_unref(d->calls);
	g_free(d->program);
	g_free(d);
}

void drawing_close(struct drawing *d)
{
	d->closing = true;
	timer_destroy(d->restart);
	if (d->now) {
		abandon(d->now);
		d->now = NULL;
	}
	later(d->loop, free_drawing, d);
}

static void fail_later(void *arg)
{
	struct drawing_call *call = arg;
	struct fault f;

	fault_set(&f, FAULT_UNAVAILABLE, "no memory for the document");
	call->done(call->arg, NULL, &f);
	call_free(call);
}

struct drawing_call *drawing_draw(struct drawing *d, const char *document, size_t length,
	const char *format, drawing_done_fn done, void *arg)
{
	struct drawing_call *call = g_new0(struct drawing_call, 1);

	REQUIRE(!d->closing);
	call->id = ++d->last_id;
	call->done = done;
	call->arg = arg;
	(void)g_strlcpy(call->format, format, sizeof call->format);
	call->document = render_memfd(document, length);
	if (call->document < 0) {
		later(d->loop, fail_later, call);
		return call;
	}
	g_hash_table_insert(d->calls, &call->id, call);
	if (d->now) {
		(void)send_call(d, call);
	}
	return call;
}

struct cancellation {
	struct drawing *drawing;
	uint64_t id;
};

static void cancel_later(void *arg)
{
	struct cancellation *c = arg;
	struct drawing_call *call = g_hash_table_lookup(c->drawing->calls, &c->id);
	struct fault f;

	if (call) {
		fault_set(&f, FAULT_CANCELED, "canceled");
		finish(c->drawing, call, NULL, &f);
	}
	g_free(c);
}

void drawing_cancel(struct drawing *d, struct drawing_call *call)
{
	struct render_request r = {.verb = RENDER_CANCEL, .id = call->id};
	struct cancellation *c = g_new0(struct cancellation, 1);

	/* The answer does not wait for the renderer: it may be what hangs. */
	if (d->now && call->document < 0) {
		(void)render_send(d->now->socket, &r, sizeof r, -1);
	}
	c->drawing = d;
	c->id = call->id;
	later(d->loop, cancel_later, c);
}

void drawing_kill(struct drawing *d)
{
	if (d->now) {
		(void)uv_process_kill(&d->now->process, SIGKILL);
	}
}

int drawing_pid(const struct drawing *d)
{
	return d->now ? d->now->process.pid : 0;
}
