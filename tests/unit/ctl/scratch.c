#include "unit/ctl/scratch.h"

#include "lib/base/require.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void scratch_make(struct scratch *s)
{
	s->path = g_strdup("/tmp/platen-test-XXXXXX");
	REQUIRE(g_mkdtemp(s->path));
	/* Servers of another user may live in it. */
	REQUIRE(chmod(s->path, 0755) == 0);
}

static void remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *inside = g_build_filename(path, name, NULL);
		struct stat about;

		REQUIRE(lstat(inside, &about) == 0);
		if (S_ISDIR(about.st_mode)) {
			remove_tree(inside);
		} else {
			(void)unlink(inside);
		}
	}
	(void)rmdir(path);
}

void scratch_remove(struct scratch *s)
{
	remove_tree(s->path);
	g_clear_pointer(&s->path, g_free);
}

char *scratch_path(const struct scratch *s, const char *name)
{
	return g_build_filename(s->path, name, NULL);
}

void scratch_write(const struct scratch *s, const char *name, const char *bytes, gssize length)
{
	g_autofree char *path = scratch_path(s, name);

	REQUIRE(g_file_set_contents(path, bytes, length, NULL));
}

char *scratch_read(const struct scratch *s, const char *name)
{
	g_autofree char *path = scratch_path(s, name);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

int scratch_count(const struct scratch *s)
{
	g_autoptr(GDir) dir = g_dir_open(s->path, 0, NULL);
	int count = 0;

	while (g_dir_read_name(dir)) {
		count++;
	}
	return count;
}

void scratch_run(const struct scratch *s, const char *const *env, const char *line, struct run *r)
{
	char *argv[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, g_strdup(line), NULL};
	g_auto(GStrv) environment = NULL;
	g_autoptr(GError) error = NULL;
	int status = 0;

	environment = g_environ_setenv(environment, "PATH", BINARY_DIR "/bin:/usr/bin:/bin", TRUE);
	for (size_t i = 0; env && env[i]; i++) {
		g_auto(GStrv) pair = g_strsplit(env[i], "=", 2);

		environment = g_environ_setenv(environment, pair[0], pair[1], TRUE);
	}
	/* Sanitizers are told by the environment how to behave. */
	for (const char *const *name = (const char *const[]){"ASAN_OPTIONS", "UBSAN_OPTIONS",
		     "LSAN_OPTIONS", "TSAN_OPTIONS", NULL};
		*name; name++) {
		const char *value = g_getenv(*name);

		if (value) {
			environment = g_environ_setenv(environment, *name, value, TRUE);
		}
	}
	if (!g_spawn_sync(s->path, argv, environment, G_SPAWN_DEFAULT, NULL, NULL, &r->out, &r->err,
		    &status, &error)) {
		fprintf(stderr, "%s\n", error->message);
	}
	g_free(argv[2]);
	REQUIRE(WIFEXITED(status));
	r->status = WEXITSTATUS(status);
}

void run_finish(struct run *r)
{
	g_free(r->out);
	g_free(r->err);
	*r = (struct run){0};
}
