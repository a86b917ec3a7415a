#include "ctl/output.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
	int fd;
	char *path; /* as it was given, for messages */
	char *place; /* where it goes, symbolic links followed; NULL: written as it stands */
	char *temporary; /* what it is called until then */
};

static bool fail(const struct output *o, struct fault *f)
{
	return fault_set(f, FAULT_STORAGE, "%s: %s",
		o->fd == STDOUT_FILENO ? "standard output" : o->path, g_strerror(errno));
}

static void destroy(struct output *o)
{
	if (o->fd >= 0 && o->fd != STDOUT_FILENO) {
		(void)close(o->fd);
	}
	g_free(o->path);
	g_free(o->place);
	g_free(o->temporary);
	g_free(o);
}

static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	return 0666 & ~mask;
}

static bool open_beside(struct output *o, const struct stat *there, struct fault *f)
{
	g_autofree char *directory = NULL, *name = NULL;
	char *real = realpath(o->path, NULL);

	o->place = g_strdup(real ? real : o->path);
	free(real);
	directory = g_path_get_dirname(o->place);
	name = g_path_get_basename(o->place);
	o->temporary = g_strdup_printf("%s/.%.200s.XXXXXX", directory, name);
	o->fd = g_mkstemp_full(o->temporary, O_RDWR | O_CLOEXEC, 0600);
	if (o->fd < 0) {
		return fail(o, f);
	}
	if (fchmod(o->fd, there ? there->st_mode & 0777 : usual_mode()) != 0) {
		fail(o, f);
		(void)unlink(o->temporary);
		return false;
	}
	return true;
}

bool output_open(const char *path, struct output **out, struct fault *f)
{
	struct output *o = g_new0(struct output, 1);
	struct stat there;
	bool exists;

	o->path = g_strdup(path);
	o->fd = -1;
	if (strcmp(path, "-") == 0) {
		o->fd = STDOUT_FILENO;
		*out = o;
		return true;
	}
	exists = stat(path, &there) == 0;
	if (exists && S_ISDIR(there.st_mode)) {
		errno = EISDIR;
		fail(o, f);
		destroy(o);
		return false;
	}
	if (exists && !S_ISREG(there.st_mode)) {
		o->fd = open(path, O_WRONLY | O_CLOEXEC);
		if (o->fd < 0) {
			fail(o, f);
			destroy(o);
			return false;
		}
	} else if (!open_beside(o, exists ? &there : NULL, f)) {
		destroy(o);
		return false;
	}
	*out = o;
	return true;
}

bool output_write(struct output *o, const void *bytes, size_t length, struct fault *f)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t n = write(o->fd, at, length);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return fail(o, f);
		}
		at += n;
		length -= (size_t)n;
	}
	return true;
}

void output_abandon(struct output *o)
{
	if (!o) {
		return;
	}
	if (o->temporary) {
		(void)unlink(o->temporary);
	}
	destroy(o);
}

bool output_commit(struct output *o, struct fault *f)
{
	/* A name must not outlive a power cut that its bytes did not. */
	if (o->place && (fsync(o->fd) != 0 || rename(o->temporary, o->place) != 0)) {
		fail(o, f);
		output_abandon(o);
		return false;
	}
	destroy(o);
	return true;
}
