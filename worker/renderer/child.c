#include "worker/renderer/child.h"

#include "lib/base/clock.h"
#include "lib/base/failpoint.h"
#include "lib/base/json.h"
#include "render/render.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool read_document(int fd, json_t **out, struct fault *f)
{
	struct stat s;
	void *text;
	bool ok;

	if (fstat(fd, &s) < 0 || s.st_size <= 0) {
		return fault_set(f, FAULT_BUG, "the document did not arrive");
	}
	text = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED) {
		return fault_set(f, FAULT_BUG, "mmap: %s", strerror(errno));
	}
	ok = json_read(text, (size_t)s.st_size, &json_stored_limits, out, f);
	(void)munmap(text, (size_t)s.st_size);
	return ok;
}

static bool write_picture(int fd, const GByteArray *bytes, struct fault *f)
{
	size_t done = 0;

	while (done < bytes->len) {
		ssize_t n = write(fd, bytes->data + done, bytes->len - done);

		if (n < 0 && errno != EINTR) {
			return fault_set(f, FAULT_BUG, "memfd: %s", strerror(errno));
		}
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool draw(const struct render_request *r, int document, int picture,
	struct render_reply *said, struct fault *f)
{
	const struct format *format = format_named(r->format);
	struct render_limits limits = {.max_pixels = r->max_pixels};
	struct picture drawn = {0};
	json_t *json = NULL;

	if (!format) {
		return fault_set(f, FAULT_UNSUPPORTED, "no format is called %s", r->format);
	}
	/* Nothing is given back: the process is about to end. */
	if (!read_document(document, &json, f) ||
		!render_document(json, format, &limits, &drawn, f) ||
		!picture_shows_something(&drawn, f) || !write_picture(picture, drawn.bytes, f)) {
		return false;
	}
	said->length = drawn.bytes->len;
	said->width_px = drawn.width_px;
	said->height_px = drawn.height_px;
	return true;
}

static void set_limit(int resource, rlim_t value)
{
	struct rlimit limit = {value, value};

	(void)setrlimit((__rlimit_resource_t)resource, &limit);
}

static void confine(const struct render_request *r)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "platen-drawing");
	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_CPU, r->limit_ms / 1000 + 5);
#ifndef __SANITIZE_ADDRESS__ /* whose shadow alone is larger */
	set_limit(RLIMIT_AS, r->max_bytes);
#endif
}

/* A child keeps its own two files and nothing of the worker's or of the other children's: one that
 * hostile input has taken over shall reach neither. */
static void close_others(const struct child *c, int document)
{
	unsigned low = (unsigned)(document < c->picture ? document : c->picture);
	unsigned high = (unsigned)(document < c->picture ? c->picture : document);

	(void)close_range(STDERR_FILENO + 1, low - 1, 0);
	(void)close_range(low + 1, high - 1, 0);
	(void)close_range(high + 1, ~0U, 0);
}

static _Noreturn void be_child(struct child *c, int document)
{
	struct fault f = {0};

	close_others(c, document);
	confine(&c->request);
	(void)FAILPOINT("renderer.child");
	if (FAILPOINT("renderer.hang")) {
		for (;;) {
			(void)pause();
		}
	}
	c->said->fault_kind = FAULT_BUG;
	if (draw(&c->request, document, c->picture, c->said, &f)) {
		c->said->fault_kind = FAULT_NONE;
	} else {
		c->said->fault_kind = (uint32_t)f.kind;
		memcpy(c->said->detail, f.detail, sizeof c->said->detail);
	}
	c->said->verb = RENDER_DRAWN; /* last: it vouches for the rest */
	_exit(0);
}

bool child_start(
	struct child *c, const struct render_request *request, int document, struct fault *f)
{
	memset(c, 0, sizeof *c);
	c->request = *request;
	c->request.format[sizeof c->request.format - 1] = '\0';
	c->until_ms = clock_elapsed_ms() + request->limit_ms;
	c->picture = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	c->said = mmap(
		NULL, sizeof *c->said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->picture < 0 || c->said == MAP_FAILED) {
		c->pid = -1;
	} else {
		c->pid = fork();
	}
	if (c->pid == 0) {
		be_child(c, document);
	}
	close(document);
	if (c->pid < 0) {
		int error = errno;

		if (c->picture >= 0) {
			close(c->picture);
		}
		if (c->said != MAP_FAILED) {
			(void)munmap(c->said, sizeof *c->said);
		}
		return fault_set(
			f, FAULT_UNAVAILABLE, "no process for drawing: %s", strerror(error));
	}
	/* Children to come have no part in this one's answer. */
	(void)madvise(c->said, sizeof *c->said, MADV_DONTFORK);
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0) {
		/* Its end could not be noticed. */
		int error = errno;

		child_kill(c);
		(void)waitpid(c->pid, NULL, 0);
		close(c->picture);
		(void)munmap(c->said, sizeof *c->said);
		return fault_set(f, FAULT_UNAVAILABLE, "pidfd_open: %s", strerror(error));
	}
	return true;
}

void child_kill(struct child *c)
{
	(void)kill(c->pid, SIGKILL);
}

static void say(struct render_reply *r, enum fault_kind kind, const char *detail)
{
	r->fault_kind = (uint32_t)kind;
	(void)snprintf(r->detail, sizeof r->detail, "%s", detail);
}

/* What a child that ended well may claim: a picture of the length that its file has. */
static bool plausible(const struct child *c, const struct render_reply *r)
{
	struct stat s;

	return fcntl(c->picture, F_ADD_SEALS,
		       F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0 &&
	       fstat(c->picture, &s) == 0 && s.st_size > 0 && (uint64_t)s.st_size == r->length &&
	       r->width_px > 0 && r->height_px > 0;
}

void child_reap(struct child *c, struct render_reply *reply, int *picture)
{
	char text[96];
	int status = 0;
	pid_t got;

	do {
		got = waitpid(c->pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	*reply = *c->said;
	reply->detail[sizeof reply->detail - 1] = '\0';
	if (c->canceled) {
		say(reply, FAULT_CANCELED, "canceled");
	} else if (c->overdue || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)) {
		(void)snprintf(text, sizeof text,
			"Drawing took longer than %u ms (setting draw_timeout_ms).",
			c->request.limit_ms);
		say(reply, FAULT_TIMEOUT, text);
	} else if (WIFSIGNALED(status)) {
		(void)snprintf(text, sizeof text, "drawing ended by signal %d", WTERMSIG(status));
		say(reply, FAULT_CRASHED, text);
	} else if (WEXITSTATUS(status) != 0 || reply->verb != RENDER_DRAWN) {
		(void)snprintf(
			text, sizeof text, "drawing ended with status %d", WEXITSTATUS(status));
		say(reply, FAULT_CRASHED, text);
	} else if (reply->fault_kind == FAULT_NONE ? !plausible(c, reply)
						   : reply->fault_kind >= FAULT_KIND_COUNT) {
		say(reply, FAULT_CRASHED, "drawing answered nonsense");
	}
	reply->verb = RENDER_DRAWN;
	reply->id = c->request.id;
	(void)munmap(c->said, sizeof *c->said);
	close(c->pidfd);
	if (reply->fault_kind == FAULT_NONE) {
		*picture = c->picture;
	} else {
		close(c->picture);
		*picture = -1;
	}
}
