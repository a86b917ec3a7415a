#include "render/mark.h"

#include <math.h>

static const struct type word_type = {.size = 13, .weight = WEIGHT_SEMIBOLD};
static const struct type footer_type = {.size = 12, .weight = WEIGHT_NORMAL};

/* A press from the side: platen above, paper between, bed below. */
void mark_draw(struct canvas *c, double x, double y, const struct theme *theme)
{
	canvas_fill_rect(c, (struct rect){x + 2, y + 3, 12, 4}, 1.5, CORNERS_ALL, theme->text);
	canvas_fill_rect(c, (struct rect){x, y + 8.5, 16, 3}, 1, CORNERS_ALL, theme->accent);
	canvas_fill_rect(c, (struct rect){x + 2, y + 13, 12, 4}, 1.5, CORNERS_ALL, theme->text);
	canvas_text(c, (struct rect){x + 21, y, MARK_WIDTH - 21, MARK_HEIGHT}, "Platen", word_type,
		ALIGN_START, theme->text);
}

static char *footer_text(const struct document *d)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(d->timezone);
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(d->now_us / 1000000);
	g_autoptr(GDateTime) local =
		zone != NULL && utc != NULL ? g_date_time_to_timezone(utc, zone) : NULL;

	if (d->now_us <= 0 || local == NULL) {
		return g_strdup_printf("Times in %s", d->timezone);
	}
	/* Month names are spelled here, for %b follows the machine's locale. */
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	return g_strdup_printf("Times in %s \u2022 Data as of %d %s %d, %02d:%02d", d->timezone,
		g_date_time_get_day_of_month(local), months[g_date_time_get_month(local) - 1],
		g_date_time_get_year(local), g_date_time_get_hour(local),
		g_date_time_get_minute(local));
}

void footer_draw(struct canvas *c, struct rect box, const struct document *d)
{
	enum { GAP = 12 };
	bool with_mark = d->kind == DOCUMENT_DASHBOARD;
	g_autofree char *text = footer_text(d);
	double lead = with_mark ? MARK_WIDTH + GAP : 0;
	double width = fmin(canvas_text_width(c, text, footer_type) + 1, box.w - lead);
	double x = round(box.x + (box.w - lead - width) / 2);

	if (with_mark) {
		mark_draw(c, x, box.y, d->theme);
	}
	canvas_text(c, (struct rect){x + lead, box.y, width, FOOTER_HEIGHT}, text, footer_type,
		ALIGN_START, d->theme->text_tertiary);
}
