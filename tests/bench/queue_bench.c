/* queue_bench redis://127.0.0.1:6379/0 [SECONDS]: enqueues, then claims and ends turns in batches,
 * through queue.h and one connection, and prints how many a second.  Uses keys of {bench}. */
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "queue/queue.h"

#include <stdio.h>
#include <stdlib.h>

enum { PROJECTS = 100, WINDOW = 600, CLAIMS = 4, LEASE_MS = 60000, READY_LIMIT_MS = 5000 };

static const unsigned batches[] = {1, 8, 32, 128};

struct bench {
	uv_loop_t *loop;
	struct queue *queue;
	unsigned batch;
	int64_t next_id, until_ms;
	size_t under_way; /* calls without an answer */
	size_t enqueued, ended, failed;
	size_t claims; /* calls of these that are claims */
};

static void on_enqueued(void *arg, const struct fault *f)
{
	struct bench *b = arg;

	b->under_way--;
	b->enqueued += f ? 0 : 1;
	b->failed += f ? 1 : 0;
}

static void on_ended(void *arg, const struct fault *f)
{
	struct bench *b = arg;

	b->under_way--;
	b->ended += f ? 0 : 1;
	b->failed += f ? 1 : 0;
}

static void on_claimed(void *arg, const struct turn *turns, size_t count, const struct fault *f)
{
	struct bench *b = arg;

	b->under_way--;
	b->claims--;
	b->failed += f ? 1 : 0;
	for (size_t i = 0; i < count; i++) {
		b->under_way++;
		queue_finish(b->queue, &turns[i], 1, on_ended, b);
	}
}

static bool is_time(const struct bench *b)
{
	return clock_elapsed_ms() < b->until_ms;
}

static void run_until_answered(struct bench *b, size_t left)
{
	while (b->under_way > left && uv_run(b->loop, UV_RUN_ONCE)) {
	}
}

static double enqueue_for(struct bench *b, int64_t ms)
{
	int64_t began = clock_elapsed_ms();

	b->enqueued = 0;
	b->until_ms = began + ms;
	while (is_time(b)) {
		while (b->under_way < WINDOW) {
			const struct turn turn = {b->next_id, b->next_id % PROJECTS,
				b->next_id % 3 ? EXPORT_INTERACTIVE : EXPORT_SCHEDULED};

			b->next_id++;
			b->under_way++;
			queue_enqueue(b->queue, &turn, on_enqueued, b);
		}
		run_until_answered(b, WINDOW / 2);
	}
	run_until_answered(b, 0);
	return (double)b->enqueued * 1000 / (double)(clock_elapsed_ms() - began);
}

/* As workers do: a few claims are on their way, and what is claimed is ended. */
static double claim_for(struct bench *b, int64_t ms)
{
	int64_t began = clock_elapsed_ms();
	size_t before = b->ended;

	b->until_ms = began + ms;
	while (is_time(b)) {
		while (b->claims < CLAIMS && b->under_way + b->claims * b->batch < WINDOW) {
			b->under_way++;
			b->claims++;
			queue_claim(b->queue, b->batch, LEASE_MS, on_claimed, b);
		}
		(void)uv_run(b->loop, UV_RUN_ONCE);
	}
	run_until_answered(b, 0);
	return (double)(b->ended - before) * 1000 / (double)(clock_elapsed_ms() - began);
}

static bool wait_until_ready(struct bench *b)
{
	int64_t until = clock_elapsed_ms() + READY_LIMIT_MS;

	while (!queue_is_ready(b->queue) && clock_elapsed_ms() < until) {
		(void)uv_run(b->loop, UV_RUN_ONCE);
	}
	return queue_is_ready(b->queue);
}

int main(int argc, char **argv)
{
	struct bench b = {.loop = uv_default_loop(), .next_id = 1};
	int64_t ms = 1000 * (argc > 2 ? strtol(argv[2], NULL, 10) : 3);
	struct fault f;

	log_open("queue_bench", LOG_WARN, LOG_TEXT);
	if (argc < 2 || ms <= 0) {
		fprintf(stderr, "queue_bench redis://127.0.0.1:6379/0 [SECONDS]\n");
		return 2;
	}
	b.queue = queue_open(b.loop, &(struct queue_options){argv[1], "bench"}, &f);
	if (!b.queue) {
		fprintf(stderr, "queue_bench: %s\n", f.detail);
		return 2;
	}
	if (!wait_until_ready(&b)) {
		fprintf(stderr, "queue_bench: Redis cannot be reached\n");
		return 1;
	}
	for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
		b.batch = batches[i];
		printf("enqueue %8.0f/s\n", enqueue_for(&b, ms));
		printf("claim and done, batches of %3u %8.0f/s\n", b.batch, claim_for(&b, ms));
	}
	printf("failed  %8zu\n", b.failed);
	queue_close(b.queue);
	(void)uv_run(b.loop, UV_RUN_DEFAULT);
	return b.failed > 0;
}
