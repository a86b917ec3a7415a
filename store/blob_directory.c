/* Files in a directory, each written beside its place, synced and moved there: what stands under a
 * location is whole and stays after a power cut.
 *
 * Disks block, so every errand runs on libuv's pool, from top to bottom in one function; the loop
 * keeps off it until it comes back. */
#include "store/blob_kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PIECE_BYTES = 256 << 10,
	MAKE_TRIES = 16 /* how often others may take the directories away while they are made */
};

struct blob_directory {
	struct blob_store base;
	uv_loop_t *loop;
	int root;
	unsigned errands;
	bool is_closed;
};

/* One put, get or remove. */
struct errand {
	uv_work_t work;
	struct blob_directory *directory;
	char *location, *draft; /* the draft is the file while it is written */
	struct fault fault;
	blob_done_fn done;
	blob_piece_fn piece;
	void *arg;
	const char *bytes; /* of a put */
	size_t length;
	int file; /* of a get, or -1 */
	off_t at, size;
	char *buffer;
	size_t got;
};

static bool open_directory(
	uv_loop_t *loop, const struct blob_options *o, struct blob_store **out, struct fault *f)
{
	struct blob_directory *b;
	int root;

	if (!o->directory || !*o->directory) {
		return fault_set(f, FAULT_INPUT, "blob_directory is not set");
	}
	if (g_mkdir_with_parents(o->directory, 0700) != 0) {
		return fault_set(
			f, FAULT_INPUT, "blob_directory %s: %s", o->directory, g_strerror(errno));
	}
	root = open(o->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || access(o->directory, W_OK | X_OK) != 0) {
		fault_set(f, FAULT_INPUT, "blob_directory %s: %s", o->directory, g_strerror(errno));
		if (root >= 0) {
			(void)close(root);
		}
		return false;
	}
	b = g_new0(struct blob_directory, 1);
	b->base.kind = &blob_kind_directory;
	b->loop = loop;
	b->root = root;
	*out = &b->base;
	return true;
}

static void free_when_unused(struct blob_directory *b)
{
	if (b->is_closed && b->errands == 0) {
		(void)close(b->root);
		g_free(b);
	}
}

/* Errands under way are finished first. */
static void close_directory(struct blob_store *store)
{
	struct blob_directory *b = (struct blob_directory *)(void *)store;

	b->is_closed = true;
	free_when_unused(b);
}

static struct errand *create_errand(struct blob_store *store, const char *location, void *arg)
{
	struct errand *e = g_new0(struct errand, 1);

	e->directory = (struct blob_directory *)(void *)store;
	e->directory->errands++;
	e->location = g_strdup(location);
	e->draft = g_strconcat(location, ".tmp", NULL);
	e->file = -1;
	e->arg = arg;
	e->work.data = e;
	(void)blob_location_check(location, &e->fault);
	return e;
}

static void end_errand(struct errand *e)
{
	const struct fault *f = e->fault.kind != FAULT_NONE ? &e->fault : NULL;

	if (e->piece) {
		e->piece(e->arg, NULL, 0, f);
	} else {
		e->done(e->arg, f);
	}
	if (e->file >= 0) {
		(void)close(e->file);
	}
	e->directory->errands--;
	free_when_unused(e->directory);
	g_free(e->location);
	g_free(e->draft);
	g_free(e->buffer);
	g_free(e);
}

static void on_done(uv_work_t *work, int status)
{
	(void)status; /* nobody cancels them */
	end_errand(work->data);
}

/* Says what errno means; it is the same afterwards. */
static bool failed(struct errand *e, const char *doing)
{
	int error = errno;

	if (error == EEXIST) {
		fault_set(&e->fault, FAULT_INPUT, "there is a file at this location already");
	} else {
		fault_set(&e->fault, FAULT_STORAGE, "%s %s: %s", doing, e->location,
			g_strerror(error));
	}
	errno = error;
	return false;
}

/* The directory that a path lies in, or the root itself. */
static int open_parent(int root, const char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);

	return openat(root, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool sync_parent(struct errand *e, const char *path)
{
	int parent = open_parent(e->directory->root, path), error;
	bool well = parent >= 0 && fsync(parent) == 0;

	error = errno;
	if (parent >= 0) {
		(void)close(parent);
	}
	errno = error;
	return well || failed(e, "syncing the directory of");
}

/* Each directory of the location that is not there yet; a new one is synced into its parent. */
static bool make_directories(struct errand *e)
{
	char *path = e->location;
	bool well = true;

	for (char *slash = strchr(path, '/'); well && slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(e->directory->root, path, 0700) == 0) {
			well = sync_parent(e, path);
		} else if (errno != EEXIST) {
			well = failed(e, "making directory");
		}
		*slash = '/';
	}
	return well;
}

/* A remove may take empty directories away between their making and the file's. */
static int open_draft(struct errand *e)
{
	int root = e->directory->root, file = -1;

	for (int i = 0; i < MAKE_TRIES && file < 0; i++) {
		e->fault = (struct fault){0};
		if (make_directories(e)) {
			file = openat(root, e->draft,
				O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
			if (file < 0) {
				(void)failed(e, "creating");
			}
		}
		if (file < 0 && errno != ENOENT) {
			break;
		}
	}
	return file;
}

static bool write_draft(struct errand *e, int file)
{
	size_t at = 0;

	while (at < e->length) {
		ssize_t n = write(file, e->bytes + at, e->length - at);

		if (n < 0 && errno != EINTR) {
			return failed(e, "writing");
		}
		at += n > 0 ? (size_t)n : 0;
	}
	if (fsync(file) != 0) {
		return failed(e, "syncing");
	}
	return true;
}

/* Moves the draft to its place, never over another file. */
static bool publish(struct errand *e)
{
	int root = e->directory->root;

	if (renameat2(root, e->draft, root, e->location, RENAME_NOREPLACE) == 0) {
		return sync_parent(e, e->location);
	}
	if (errno != EINVAL && errno != ENOSYS) {
		return failed(e, "renaming");
	}
	/* A file system without that call: the names are random, so nobody comes in between. */
	if (faccessat(root, e->location, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return failed(e, "renaming");
	}
	if (renameat(root, e->draft, root, e->location) != 0) {
		return failed(e, "renaming");
	}
	return sync_parent(e, e->location);
}

/* Pool thread. */
static void put_now(uv_work_t *work)
{
	struct errand *e = work->data;
	int file;
	bool well;

	if (e->fault.kind != FAULT_NONE) {
		return;
	}
	if (faccessat(e->directory->root, e->location, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		(void)failed(e, "writing");
		return;
	}
	file = open_draft(e);
	if (file < 0) {
		return;
	}
	well = write_draft(e, file);
	if (close(file) != 0 && well) {
		well = failed(e, "closing");
	}
	if (!well || !publish(e)) {
		(void)unlinkat(e->directory->root, e->draft, 0);
	}
}

static void put(struct blob_store *b, const char *location, const void *bytes, size_t length,
	blob_done_fn done, void *arg)
{
	struct errand *e = create_errand(b, location, arg);

	e->done = done;
	e->bytes = bytes;
	e->length = length;
	(void)uv_queue_work(e->directory->loop, &e->work, put_now, on_done);
}

static bool open_file(struct errand *e)
{
	struct stat about;

	e->file = openat(
		e->directory->root, e->location, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (e->file < 0 && errno != ENOENT && errno != ENOTDIR) {
		return failed(e, "opening");
	}
	if (e->file < 0 || fstat(e->file, &about) != 0 || !S_ISREG(about.st_mode)) {
		return fault_set(&e->fault, FAULT_NOT_FOUND, "there is no such file");
	}
	e->size = about.st_size;
	e->buffer = g_malloc(PIECE_BYTES);
	return true;
}

/* Pool thread.  The next piece; got is 0 at the end. */
static void read_now(uv_work_t *work)
{
	struct errand *e = work->data;
	ssize_t n;

	e->got = 0;
	if (e->fault.kind != FAULT_NONE || (e->file < 0 && !open_file(e)) || e->at == e->size) {
		return;
	}
	do {
		n = pread(e->file, e->buffer, (size_t)MIN(e->size - e->at, (off_t)PIECE_BYTES),
			e->at);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		(void)failed(e, "reading");
	} else if (n == 0) {
		(void)fault_set(&e->fault, FAULT_STORAGE, "%s has become shorter", e->location);
	} else {
		e->got = (size_t)n;
		e->at += n;
	}
}

static void on_read(uv_work_t *work, int status)
{
	struct errand *e = work->data;

	(void)status;
	if (e->got > 0) {
		e->piece(e->arg, e->buffer, e->got, NULL);
	}
	if (e->fault.kind != FAULT_NONE || e->at == e->size) {
		end_errand(e);
	} else {
		(void)uv_queue_work(e->directory->loop, &e->work, read_now, on_read);
	}
}

static void get(struct blob_store *b, const char *location, blob_piece_fn piece, void *arg)
{
	struct errand *e = create_errand(b, location, arg);

	e->piece = piece;
	(void)uv_queue_work(e->directory->loop, &e->work, read_now, on_read);
}

/* Pool thread.  The file, what a crash left of its writing, and directories that are empty now. */
static void remove_now(uv_work_t *work)
{
	struct errand *e = work->data;
	int root = e->directory->root;

	if (e->fault.kind != FAULT_NONE) {
		return;
	}
	(void)unlinkat(root, e->draft, 0);
	if (unlinkat(root, e->location, 0) != 0 && errno != ENOENT && errno != ENOTDIR) {
		(void)failed(e, "deleting");
		return;
	}
	for (char *slash = strrchr(e->location, '/'); slash; slash = strrchr(e->location, '/')) {
		*slash = '\0';
		if (unlinkat(root, e->location, AT_REMOVEDIR) != 0 && errno != ENOENT) {
			break;
		}
	}
}

static void remove_file(struct blob_store *b, const char *location, blob_done_fn done, void *arg)
{
	struct errand *e = create_errand(b, location, arg);

	e->done = done;
	(void)uv_queue_work(e->directory->loop, &e->work, remove_now, on_done);
}

const struct blob_kind blob_kind_directory = {
	.name = "directory",
	.open = open_directory,
	.close = close_directory,
	.put = put,
	.get = get,
	.remove = remove_file,
};
