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

/* When the data was computed, or NULL. */
static char *date_text(const struct document *d)
{
	/* Month names are spelled here, for %b follows the machine's locale. */
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(d->now_us / 1000000);
	g_autoptr(GDateTime) local = utc != NULL ? g_date_time_to_timezone(utc, d->zone) : NULL;

	if (d->now_us <= 0 || local == NULL) {
		return NULL;
	}
	return g_strdup_printf("Data as of %d %s %d, %02d:%02d",
		g_date_time_get_day_of_month(local), months[g_date_time_get_month(local) - 1],
		g_date_time_get_year(local), g_date_time_get_hour(local),
		g_date_time_get_minute(local));
}

enum { ROW = 20, MARK_GAP = 12 };

struct footer {
	bool with_mark, one_row;
	char *zone, *date, *both; /* date may be NULL */
	double both_width;
};

static void footer_init(struct footer *f, struct canvas *c, double width, const struct document *d)
{
	f->with_mark = d->kind == DOCUMENT_DASHBOARD;
	f->zone = g_strdup_printf("Times in %s", d->timezone);
	f->date = date_text(d);
	f->both = g_strjoin(" \u2022 ", f->zone, f->date, NULL);
	f->both_width = canvas_text_width(c, f->both, footer_type);
	f->one_row = f->both_width + (f->with_mark ? MARK_WIDTH + MARK_GAP : 0) <= width;
}

static void footer_finish(struct footer *f)
{
	g_free(f->zone);
	g_free(f->date);
	g_free(f->both);
}

double footer_height(struct canvas *measure, double width, const struct document *d)
{
	struct footer f;

	footer_init(&f, measure, width, d);
	int rows = f.one_row ? 1 : 1 + (f.with_mark ? 1 : 0) + (f.date != NULL ? 1 : 0);

	footer_finish(&f);
	return rows * ROW;
}

static void draw_rows(
	struct canvas *c, struct rect box, const struct footer *f, const struct theme *theme)
{
	struct rect row = {box.x, box.y, box.w, ROW};

	if (f->with_mark) {
		mark_draw(c, round(box.x + (box.w - MARK_WIDTH) / 2), row.y, theme);
		row.y += ROW;
	}
	canvas_text(c, row, f->zone, footer_type, ALIGN_MIDDLE, theme->text_tertiary);
	row.y += ROW;
	canvas_text(c, row, f->date, footer_type, ALIGN_MIDDLE, theme->text_tertiary);
}

void footer_draw(struct canvas *c, struct rect box, const struct document *d)
{
	struct footer f;

	footer_init(&f, c, box.w, d);
	if (f.one_row) {
		double lead = f.with_mark ? MARK_WIDTH + MARK_GAP : 0;
		double x = round(box.x + (box.w - lead - f.both_width) / 2);

		if (f.with_mark) {
			mark_draw(c, x, box.y, d->theme);
		}
		canvas_text(c, (struct rect){x + lead, box.y, f.both_width + 1, ROW}, f.both,
			footer_type, ALIGN_START, d->theme->text_tertiary);
	} else {
		draw_rows(c, box, &f, d->theme);
	}
	footer_finish(&f);
}
