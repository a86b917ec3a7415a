/* Our own mark, and the line under a page that says when its numbers hold. */
#pragma once
#include "render/canvas.h"
#include "render/document.h"

enum { MARK_WIDTH = 66, MARK_HEIGHT = 20 };

void mark_draw(struct canvas *c, double x, double y, const struct theme *theme);

/* "Times in Europe/Berlin • Data as of 27 Jul 2025, 14:05", centred; on a dashboard after the
 * mark, which an insight page has in its header.  On a narrow page each part has its own row. */
double footer_height(struct canvas *measure, double width, const struct document *d);
void footer_draw(struct canvas *c, struct rect box, const struct document *d);
