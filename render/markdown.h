/* GitHub markdown as it stands in text tiles and descriptions: parsed with md4c, then set in
 * lines.  Raw HTML is left out, pictures show their alternative text, for nothing is fetched. */
#pragma once
#include "render/canvas.h"
#include "render/theme.h"

struct markdown;

struct markdown *markdown_parse(const char *text, const struct theme *theme);
void markdown_destroy(struct markdown *m); /* NULL is fine */

double markdown_height(const struct markdown *m, struct canvas *measure, double width);
/* What does not fit the box is left out from a line on, and an ellipsis says so. */
void markdown_draw(const struct markdown *m, struct canvas *c, struct rect box);
