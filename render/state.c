#include "render/state.h"

#include <math.h>

enum { ICON = 40, GAP = 12, HINT_GAP = 4, MAX_WIDTH = 480, SIDE = 16 };

static const struct type title_type = {.size = 16, .weight = WEIGHT_SEMIBOLD};
static const struct type hint_type = {.size = 14, .weight = WEIGHT_NORMAL};
static const double title_leading = 1.375, hint_leading = 1.5;

static void draw_archive(struct canvas *c, double x, double y, struct color ink)
{
	const struct stroke stroke = {.width = 2.5, .round = true};
	const double body[] = {x + 7, y + 16, x + 7, y + 33, x + 33, y + 33, x + 33, y + 16};
	const double slot[] = {x + 16, y + 22.5, x + 24, y + 22.5};

	canvas_border(c, (struct rect){x + 3, y + 6, 34, 10}, 2.5, 2.5, ink);
	canvas_line(c, body, 4, stroke, ink);
	canvas_line(c, slot, 2, stroke, ink);
}

static void draw_warning(struct canvas *c, double x, double y, struct color ink)
{
	const struct stroke stroke = {.width = 2.5, .round = true};
	const double sides[] = {
		x + 20, y + 6, x + 37, y + 34, x + 3, y + 34, x + 20, y + 6, x + 37, y + 34};
	const double bar[] = {x + 20, y + 16, x + 20, y + 24};
	const double dot[] = {x + 20, y + 29};

	canvas_line(c, sides, 5, stroke, ink);
	canvas_line(c, bar, 2, stroke, ink);
	canvas_line(c, dot, 1, (struct stroke){.width = 3.2, .round = true}, ink);
}

/* Title, then hint, under an icon; in a box that is too low for all, the icon goes first, then
 * lines of the hint. */
static void draw_state(struct canvas *c, struct rect box, const char *title, const char *hint,
	struct color title_ink, const struct theme *theme,
	void (*draw_icon)(struct canvas *c, double x, double y, struct color ink),
	struct color icon_ink)
{
	double width = fmin(box.w - 2 * SIDE, MAX_WIDTH);

	if (width <= 0) {
		return;
	}
	double pitch = hint_type.size * hint_leading;
	double title_height =
		canvas_paragraph_height(c, width, title, title_type, title_leading, 3);
	double hint_height = canvas_paragraph_height(c, width, hint, hint_type, hint_leading, 0);
	double room = box.h - title_height - HINT_GAP - 8;
	int lines = (int)floor(room / pitch + 0.01);
	bool with_icon = room >= hint_height + ICON + GAP;

	hint_height = fmin(hint_height, fmax(lines, 0) * pitch);
	double whole = title_height + (hint_height > 0 ? HINT_GAP + hint_height : 0) +
		       (with_icon ? ICON + GAP : 0);
	double x = box.x + (box.w - width) / 2, y = round(box.y + (box.h - whole) / 2);

	if (with_icon) {
		draw_icon(c, round(box.x + (box.w - ICON) / 2), y, icon_ink);
		y += ICON + GAP;
	}
	y += canvas_paragraph(c, (struct rect){x, y, width, title_height}, title, title_type,
		ALIGN_MIDDLE, title_leading, 3, title_ink);
	if (lines > 0) {
		(void)canvas_paragraph(c, (struct rect){x, y + HINT_GAP, width, hint_height}, hint,
			hint_type, ALIGN_MIDDLE, hint_leading, lines, theme->text_secondary);
	}
}

void state_draw_empty(struct canvas *c, struct rect box, const struct theme *theme)
{
	draw_state(c, box, "There are no matching events for this query",
		"Try changing the date range, or pick another action, event or breakdown.",
		theme->text_secondary, theme, draw_archive, theme->text_tertiary);
}

void state_draw_failed(
	struct canvas *c, struct rect box, const char *message, const struct theme *theme)
{
	draw_state(c, box, "There was a problem with this insight", message, theme->text, theme,
		draw_warning, theme->danger);
}
