/* Values written on the marks: white on a box of the series colour (spec/insights.md 5.9).
 *
 * Labels are offered in drawing order; one that would touch another or leave its bounds is not
 * drawn.  Zero gets no label. */
#pragma once
#include "render/canvas.h"
#include "render/theme.h"

struct value_labels;

struct value_labels *value_labels_create(struct rect bounds, const struct theme *theme);
void value_labels_destroy(struct value_labels *l); /* NULL is fine */

/* Where something else stands already. */
void value_labels_keep_clear(struct value_labels *l, struct rect r);

enum value_side { VALUE_ABOVE, VALUE_BELOW, VALUE_RIGHT, VALUE_LEFT };

/* `text` is NULL for a value that is not worth one.  True when it was drawn. */
bool value_label_draw(struct value_labels *l, struct canvas *c, double x, double y,
	enum value_side side, const char *text, struct color color);
