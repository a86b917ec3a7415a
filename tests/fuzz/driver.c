/* Replays a fuzz corpus without libFuzzer: each file once, as a test of its own.
 *
 *   fuzz_<name> FILE|DIRECTORY…
 *
 * A file is handed over in memory of exactly its size, so that AddressSanitizer sees a read past
 * its end.  A case that is wrong ends the program: its name is the last one printed. */
#include "tests/fuzz/target.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool replay_file(const char *path, const char *name)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long end = -1;
	bool fine;

	if (file && fseek(file, 0, SEEK_END) == 0) {
		end = ftell(file);
		rewind(file);
	}
	if (end >= 0) {
		bytes = malloc(end > 0 ? (size_t)end : 1);
	}
	fine = bytes && fread(bytes, 1, (size_t)end, file) == (size_t)end;
	if (file) {
		(void)fclose(file);
	}
	if (!fine) {
		fprintf(stderr, "%s: cannot be read\n", path);
		free(bytes);
		return false;
	}
	printf("[ RUN      ] %s\n", name);
	(void)fflush(stdout);
	(void)LLVMFuzzerTestOneInput(bytes, (size_t)end);
	printf("[       OK ] %s\n", name);
	free(bytes);
	return true;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool replay_directory(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_visible, alphasort);
	bool fine = count > 0;

	if (count <= 0) {
		fprintf(stderr, "%s: no corpus there\n", path);
	}
	for (int i = 0; i < count; i++) {
		char whole[4096];

		(void)snprintf(whole, sizeof whole, "%s/%s", path, entries[i]->d_name);
		fine = replay_file(whole, entries[i]->d_name) && fine;
		free(entries[i]);
	}
	if (count >= 0) {
		free(entries);
	}
	return fine;
}

int main(int argc, char **argv)
{
	bool fine = argc > 1;

	for (int i = 1; i < argc; i++) {
		struct stat about;

		if (stat(argv[i], &about) == 0 && S_ISDIR(about.st_mode)) {
			fine = replay_directory(argv[i]) && fine;
		} else {
			fine = replay_file(argv[i], argv[i]) && fine;
		}
	}
	return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
