/* The worker's side of platen-renderer: documents go out, pictures come back.
 *
 * Drawing never happens in this process: pango dies rather than fails when memory ends.  The
 * renderer is started before anything else and started again when it dies; what it was drawing
 * then fails FAULT_LOST, which is worth another try. */
#pragma once
#include "lib/base/config.h"
#include "lib/loop/loop.h"

#include <stddef.h>
#include <stdint.h>

struct drawing;
struct drawing_call;

/* A finished picture: a read-only mapping that its owner gives back with drawn_finish(). */
struct drawn {
	const void *bytes;
	size_t length;
	int width_px, height_px;
};
void drawn_finish(struct drawn *d);

/* `drawn` is NULL with a fault; else the callback takes the mapping over. */
typedef void (*drawing_done_fn)(void *arg, struct drawn *drawn, const struct fault *f);

/* FAULT_INPUT when the program cannot be found. */
bool drawing_open(uv_loop_t *loop, const struct config *config, struct drawing **out,
	struct fault *f) MUST_CHECK;
/* Ends the renderer; calls under way are answered FAULT_CANCELED, later. */
void drawing_close(struct drawing *d);

/* `document` is copied.  FAULT_TIMEOUT past the setting draw_timeout_ms, FAULT_CRASHED when the
 * child died, FAULT_TOO_LARGE past draw_max_pixels, and what render_document() says. */
struct drawing_call *drawing_draw(struct drawing *d, const char *document, size_t length,
	const char *format, drawing_done_fn done, void *arg);
/* Kills the child; the answer still comes, FAULT_CANCELED if that helped.  Invalid after `done`. */
void drawing_cancel(struct drawing *d, struct drawing_call *call);

/* Ends a renderer that does not answer, stopped ones too; another is started. */
void drawing_kill(struct drawing *d);

/* For those who look after the daemon: 0 while there is none. */
int drawing_pid(const struct drawing *d);
