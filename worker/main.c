/* platen-worker: see README.md. */
#include "lib/base/log.h"
#include "worker/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 };

static void on_stop(void *arg, int signum)
{
	struct worker **w = arg;

	(void)signum;
	if (*w) {
		worker_stop(*w);
	}
}

static int serve(const struct config *config)
{
	uv_loop_t *loop = uv_default_loop();
	struct worker *w = NULL;
	struct stop_signals *signals = stop_signals_open(loop, on_stop, &w);
	struct fault f;

	if (!worker_open(loop, config, &w, &f)) {
		log_line(LOG_ERROR, "worker", 0, "%s", f.detail);
		return EXIT_CONFIG;
	}
	/* Ends when the worker has stopped and nothing is open any more. */
	uv_run(loop, UV_RUN_DEFAULT);
	worker_destroy(w);
	stop_signals_close(signals);
	uv_run(loop, UV_RUN_DEFAULT);
	uv_loop_close(loop);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct config config;
	struct fault f;
	int status;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("platen-worker %s\n", PLATEN_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		printf("usage: platen-worker [--setting=value …]\n\n"
		       "Takes export requests in turn, computes and draws them, stores the files.\n\n");
		config_print_help();
		return EXIT_SUCCESS;
	}
	if (!config_load(&config, &argc, argv, &f) ||
		!config_open_log(&config, "platen-worker", &f)) {
		fprintf(stderr, "platen-worker: %s\n", f.detail);
		config_finish(&config);
		return EXIT_CONFIG;
	}
	if (argc > 1) {
		fprintf(stderr, "platen-worker: %s is no setting; see --help\n", argv[1]);
		config_finish(&config);
		return EXIT_USAGE;
	}
	/* Files, names and tables share libuv's pool; slow ones must not starve the rest.  An
	 * operator's own value stands. */
	(void)setenv("UV_THREADPOOL_SIZE", "8", 0);
	(void)setenv("PLATEN_LOG_FORMAT", config.log_format, 1);
	status = serve(&config);
	config_finish(&config);
	return status;
}
