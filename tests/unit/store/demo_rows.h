/* A private Postgres with two projects, two users and something to export, and the store on it. */
#pragma once
#include "store/exports.h"
#include "tests/unit/pg/private_postgres.h"

enum { PROJECT = 1, OTHER_PROJECT = 2, USER = 1, OTHER_USER = 2, DASHBOARD = 1, INSIGHT = 1 };

struct demo {
	struct private_postgres server;
	uv_loop_t loop;
	struct store store;
};

void demo_start(struct demo *d);
void demo_stop(struct demo *d);
/* Every export, worker, outcome, intent and file is gone. */
void demo_clear(struct demo *d);

/* What a call of the store answered. */
struct answer {
	bool is_done;
	int count;
	struct fault fault;
	struct export_row *row;
	int64_t number, total;
	bool won, has_claim;
	struct export_claim claim; /* its texts are gone */
	int64_t ids[64];
	size_t id_count;
	char *text;
};
/* Callbacks whose argument is a struct answer. */
void on_plain(void *arg, const struct fault *f);
void on_row(void *arg, const struct export_row *row, const struct fault *f);
void on_rows(void *arg, const struct export_row *rows, size_t count, int64_t total,
	const struct fault *f);
void on_ids(void *arg, const int64_t *ids, size_t count, const struct fault *f);
void on_claim(void *arg, const struct export_claim *claim, const struct fault *f);
void on_move(void *arg, bool won, const struct fault *f);
void on_sweep(void *arg, int64_t count, const struct fault *f);
void on_turns(void *arg, const struct turn *turns, size_t count, const struct fault *f);
void on_blobs(void *arg, const struct export_blob *blobs, size_t count, const struct fault *f);

/* Runs until it is answered, once; the other also asserts that it went well. */
void await(struct demo *d, struct answer *a);
void await_well(struct demo *d, struct answer *a);
void answer_finish(struct answer *a);

/* A queued export of the insight, made by the store. */
int64_t demo_export(struct demo *d, int64_t project_id, int64_t user_id);
/* Claims it for this worker; fails the test when it is not to be had. */
struct export_claim demo_claim(struct demo *d, int64_t id, const char *worker_id);
