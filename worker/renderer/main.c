/* platen-renderer: warms the fonts once, then forks a child for every picture.
 *
 * Started by platen-worker with a socket as descriptor 3; ends when the worker does.  One thread
 * and one loop: requests, ends of children, time limits. */
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "render/render.h"
#include "worker/renderer/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { CHILDREN_MOST = 256 };

struct renderer {
	struct child children[CHILDREN_MOST];
	int count;
};

static void answer(const struct render_reply *reply, int picture)
{
	/* A worker that is gone is noticed by poll(). */
	(void)render_send(RENDERER_FD, reply, sizeof *reply, picture);
	if (picture >= 0) {
		close(picture);
	}
}

static void refuse(const struct render_request *r, const struct fault *why)
{
	struct render_reply reply = {
		.verb = RENDER_DRAWN, .fault_kind = (uint32_t)why->kind, .id = r->id};

	memcpy(reply.detail, why->detail, sizeof reply.detail);
	answer(&reply, -1);
}

static void begin(struct renderer *z, const struct render_request *r, int document)
{
	struct fault why;

	if (z->count == CHILDREN_MOST) {
		close(document);
		fault_set(&why, FAULT_UNAVAILABLE, "%d pictures are being drawn", CHILDREN_MOST);
		refuse(r, &why);
	} else if (!child_start(&z->children[z->count], r, document, &why)) {
		refuse(r, &why);
	} else {
		z->count++;
	}
}

static void cancel(struct renderer *z, uint64_t id)
{
	for (int i = 0; i < z->count; i++) {
		if (z->children[i].request.id == id) {
			z->children[i].canceled = true;
			child_kill(&z->children[i]);
		}
	}
}

/* False when the worker is gone. */
static bool take_request(struct renderer *z)
{
	struct render_request r = {0};
	int fd;
	long n = render_receive(RENDERER_FD, &r, sizeof r, &fd);

	if (n < 0) {
		return errno == EAGAIN;
	}
	if (n == (long)sizeof r && r.verb == RENDER_DRAW && fd >= 0) {
		begin(z, &r, fd);
		return true;
	}
	if (fd >= 0) {
		close(fd);
	}
	if (n == (long)sizeof r && r.verb == RENDER_CANCEL) {
		cancel(z, r.id);
	}
	return n > 0;
}

static void reap(struct renderer *z, int i)
{
	struct render_reply reply;
	int picture;

	child_reap(&z->children[i], &reply, &picture);
	z->children[i] = z->children[--z->count];
	answer(&reply, picture);
}

/* Kills what is overdue; how long until the next limit. */
static int watch_limits(struct renderer *z)
{
	int64_t now = clock_elapsed_ms(), nearest = INT_MAX;

	for (int i = 0; i < z->count; i++) {
		struct child *c = &z->children[i];

		if (!c->overdue && now >= c->until_ms) {
			c->overdue = true;
			child_kill(c);
		}
		if (!c->overdue && c->until_ms - now < nearest) {
			nearest = c->until_ms - now;
		}
	}
	return nearest == INT_MAX ? -1 : (int)nearest;
}

static void serve(struct renderer *z)
{
	struct pollfd watched[CHILDREN_MOST + 1];

	for (;;) {
		int limit = watch_limits(z), count = z->count;

		watched[0] = (struct pollfd){RENDERER_FD, POLLIN, 0};
		for (int i = 0; i < count; i++) {
			watched[i + 1] = (struct pollfd){z->children[i].pidfd, POLLIN, 0};
		}
		if (poll(watched, (nfds_t)count + 1, limit) < 0 && errno != EINTR) {
			log_line(LOG_ERROR, "renderer", 0, "poll: %s", strerror(errno));
			return;
		}
		/* From the end: reaping moves the last child to the place of the reaped. */
		for (int i = count - 1; i >= 0; i--) {
			if (watched[i + 1].revents) {
				reap(z, i);
			}
		}
		if (watched[0].revents && !take_request(z)) {
			return;
		}
	}
}

int main(void)
{
	struct renderer *z = calloc(1, sizeof *z);
	struct render_reply ready = {.verb = RENDER_READY};
	const char *format = getenv("PLATEN_LOG_FORMAT");
	struct fault f;

	log_open("platen-renderer", LOG_INFO,
		format && strcmp(format, "json") == 0 ? LOG_JSON : LOG_TEXT);
	/* Children of ours die with us, and we with the worker; an interrupt from the terminal is
	 * the worker's to handle. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	if (!z || fcntl(RENDERER_FD, F_GETFD) < 0) {
		log_line(LOG_ERROR, "renderer", 0, "is started by platen-worker, not by hand");
		free(z);
		return 2;
	}
	(void)fcntl(RENDERER_FD, F_SETFD, FD_CLOEXEC);
	if (!render_warm(&f)) {
		log_line(LOG_ERROR, "renderer", 0, "fonts: %s", f.detail);
		free(z);
		return 1;
	}
	answer(&ready, -1);
	serve(z);
	for (int i = 0; i < z->count; i++) {
		child_kill(&z->children[i]);
	}
	free(z);
	return 0;
}
