/* A question that many requests ask at the same time, put once.
 *
 * The one rule: whoever asks gets an answer to a question that was put after it asked, never one
 * that was under way already; so nobody sees less than it would have seen by asking alone.  Those
 * who come while a question is under way are answered together by the next.
 *
 *	one, two ask ──▶ put ───────────────────▶ answer both
 *	                      three, four ask ──▶ put ────────▶ answer both
 *
 * A question is put at the end of the turn of the loop, for requests come many in one turn. */
#pragma once
#include "lib/loop/loop.h"

struct question;
struct sharing;

/* Puts the question, for `arg` of one who asks; ends with one question_answered(), later. */
typedef void (*question_put_fn)(struct question *q, void *arg);
/* `answer` is borrowed. */
typedef void (*question_done_fn)(void *arg, const void *answer, const struct fault *f);

struct sharing *sharing_create(uv_loop_t *loop);
void sharing_destroy(struct sharing *s); /* no question may be under way */

/* All who use one `key` ask the very same and understand the same `answer`.  `done` comes once. */
void sharing_ask(
	struct sharing *s, const char *key, question_put_fn put, question_done_fn done, void *arg);
void question_answered(struct question *q, const void *answer, const struct fault *f);
