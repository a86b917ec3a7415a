/* Pixels, with cairo.  All drawing is in CSS pixels under one scale; glyphs land on whole device
 * pixels, which at a scale of 2 is half a CSS pixel. */
#include "render/canvas_kind.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <sys/mman.h>

struct canvas_cairo {
	struct canvas canvas;
	cairo_surface_t *surface;
	cairo_t *cr;
	void *pixels;
	size_t pixel_bytes;
};

/* Cairo's stroker costs more than linearly with the number of points that it is given at once. */
enum { POINTS_PER_STROKE = 8 };

static cairo_t *cairo_of(struct canvas *c)
{
	return ((struct canvas_cairo *)c)->cr;
}

static void use(cairo_t *cr, struct color ink)
{
	if (ink.a >= 1) {
		cairo_set_source_rgb(cr, ink.r, ink.g, ink.b);
	} else {
		cairo_set_source_rgba(cr, ink.r, ink.g, ink.b, ink.a);
	}
}

static void trace_rect(cairo_t *cr, struct rect r, double radius, unsigned corners)
{
	cairo_new_path(cr);
	if (radius <= 0 || corners == CORNERS_NONE) {
		cairo_rectangle(cr, r.x, r.y, r.w, r.h);
		return;
	}

	double top_left = corners & CORNERS_TOP_LEFT ? radius : 0;
	double top_right = corners & CORNERS_TOP_RIGHT ? radius : 0;
	double bottom_right = corners & CORNERS_BOTTOM_RIGHT ? radius : 0;
	double bottom_left = corners & CORNERS_BOTTOM_LEFT ? radius : 0;
	double right = r.x + r.w, bottom = r.y + r.h;

	cairo_move_to(cr, r.x + top_left, r.y);
	cairo_line_to(cr, right - top_right, r.y);
	if (top_right > 0) {
		cairo_arc(cr, right - top_right, r.y + top_right, top_right, -G_PI_2, 0);
	}
	cairo_line_to(cr, right, bottom - bottom_right);
	if (bottom_right > 0) {
		cairo_arc(cr, right - bottom_right, bottom - bottom_right, bottom_right, 0, G_PI_2);
	}
	cairo_line_to(cr, r.x + bottom_left, bottom);
	if (bottom_left > 0) {
		cairo_arc(cr, r.x + bottom_left, bottom - bottom_left, bottom_left, G_PI_2, G_PI);
	}
	cairo_line_to(cr, r.x, r.y + top_left);
	if (top_left > 0) {
		cairo_arc(cr, r.x + top_left, r.y + top_left, top_left, G_PI, 3 * G_PI_2);
	}
	cairo_close_path(cr);
}

static void fill_rect(
	struct canvas *c, struct rect r, double radius, unsigned corners, struct color ink)
{
	cairo_t *cr = cairo_of(c);

	use(cr, ink);
	trace_rect(cr, r, radius, corners);
	cairo_fill(cr);
}

static void border(struct canvas *c, struct rect r, double radius, double width, struct color ink)
{
	cairo_t *cr = cairo_of(c);
	const struct rect middle = {r.x + width / 2, r.y + width / 2, r.w - width, r.h - width};

	use(cr, ink);
	cairo_set_line_width(cr, width);
	cairo_set_dash(cr, NULL, 0, 0);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_MITER);
	trace_rect(cr, middle, radius > width / 2 ? radius - width / 2 : 0, CORNERS_ALL);
	cairo_stroke(cr);
}

static void trace_points(cairo_t *cr, const double *xy, size_t points)
{
	cairo_new_path(cr);
	cairo_move_to(cr, xy[0], xy[1]);
	for (size_t i = 1; i < points; i++) {
		cairo_line_to(cr, xy[2 * i], xy[2 * i + 1]);
	}
}

static void line(
	struct canvas *c, const double *xy, size_t points, struct stroke stroke, struct color ink)
{
	cairo_t *cr = cairo_of(c);
	bool solid = stroke.dash <= 0 || stroke.gap <= 0;

	use(cr, ink);
	if (points == 1) {
		cairo_new_path(cr);
		cairo_arc(cr, xy[0], xy[1], stroke.width / 2, 0, 2 * G_PI);
		cairo_fill(cr);
		return;
	}
	cairo_set_line_width(cr, stroke.width);
	cairo_set_line_join(cr, stroke.round ? CAIRO_LINE_JOIN_ROUND : CAIRO_LINE_JOIN_MITER);
	cairo_set_line_cap(cr, stroke.round && solid ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT);
	if (solid) {
		cairo_set_dash(cr, NULL, 0, 0);
	} else {
		cairo_set_dash(cr, (const double[]){stroke.dash, stroke.gap}, 2, 0);
	}
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_FAST);
	if (solid && stroke.round && ink.a >= 1) {
		/* Round caps of an opaque ink look like round joins where pieces meet. */
		for (size_t i = 0; i + 1 < points; i += POINTS_PER_STROKE) {
			trace_points(cr, xy + 2 * i, MIN(points - i, POINTS_PER_STROKE + 1));
			cairo_stroke(cr);
		}
	} else {
		trace_points(cr, xy, points);
		cairo_stroke(cr);
	}
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_DEFAULT);
}

static void fill_polygon(struct canvas *c, const double *xy, size_t points, struct color ink)
{
	cairo_t *cr = cairo_of(c);

	use(cr, ink);
	trace_points(cr, xy, points);
	cairo_close_path(cr);
	cairo_fill(cr);
}

/* The stripes lie on one grid over the whole page, so that they run on across neighbours. */
static void hatch(struct canvas *c, struct rect r, double radius, unsigned corners, double tile,
	double width, struct color ink)
{
	cairo_t *cr = cairo_of(c);
	int first = (int)floor((r.x + r.y) / tile);
	int last = (int)ceil((r.x + r.w + r.y + r.h) / tile);

	cairo_save(cr);
	trace_rect(cr, r, radius, corners);
	cairo_clip(cr);
	use(cr, ink);
	cairo_set_line_width(cr, width);
	cairo_set_line_cap(cr, CAIRO_LINE_CAP_SQUARE);
	cairo_set_dash(cr, NULL, 0, 0);
	cairo_new_path(cr);
	for (int stripe = first; stripe <= last; stripe++) {
		double at = stripe * tile;

		cairo_move_to(cr, at - r.y, r.y);
		cairo_line_to(cr, at - r.y - r.h, r.y + r.h);
	}
	cairo_stroke(cr);
	cairo_restore(cr);
}

static void line_of_text(
	struct canvas *c, const struct text_line *line, double x, double baseline, struct color ink)
{
	cairo_t *cr = cairo_of(c);

	cairo_save(cr);
	use(cr, ink);
	cairo_translate(cr, x, baseline);
	cairo_scale(cr, line->zoom, line->zoom);
	cairo_move_to(cr, 0, 0);
	pango_cairo_show_layout_line(cr, line->shaped);
	cairo_restore(cr);
}

static void clip(struct canvas *c, struct rect r, double radius)
{
	cairo_t *cr = cairo_of(c);

	cairo_save(cr);
	trace_rect(cr, r, radius, CORNERS_ALL);
	cairo_clip(cr);
}

static void unclip(struct canvas *c)
{
	cairo_restore(cairo_of(c));
}

static void finish(struct canvas *c)
{
	struct canvas_cairo *own = (struct canvas_cairo *)c;

	cairo_destroy(own->cr);
	cairo_surface_destroy(own->surface);
	if (own->pixels != NULL) {
		munmap(own->pixels, own->pixel_bytes);
	}
}

static const struct canvas_kind cairo_kind = {
	.fill_rect = fill_rect,
	.border = border,
	.line = line,
	.fill_polygon = fill_polygon,
	.hatch = hatch,
	.line_of_text = line_of_text,
	.clip = clip,
	.unclip = unclip,
	.finish = finish,
};

/* Large pages: a picture is touched once from top to bottom, and a fault for every 4 KiB of it
 * would cost as much as drawing. */
static void *pixels_create(size_t bytes)
{
	void *pixels =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pixels == MAP_FAILED) {
		return NULL;
	}
	(void)madvise(pixels, bytes, MADV_HUGEPAGE);
	return pixels;
}

static void surface_create(struct canvas_cairo *own, int width_px, int height_px)
{
	int stride = cairo_format_stride_for_width(CAIRO_FORMAT_RGB24, width_px);

	if (stride > 0 && height_px > 0) {
		own->pixel_bytes = (size_t)stride * (size_t)height_px;
		own->pixels = pixels_create(own->pixel_bytes);
	}
	own->surface = own->pixels == NULL
			       ? cairo_image_surface_create(CAIRO_FORMAT_INVALID, 0, 0)
			       : cairo_image_surface_create_for_data(own->pixels,
					 CAIRO_FORMAT_RGB24, width_px, height_px, stride);
}

struct canvas *canvas_cairo_create(
	int width_px, int height_px, double scale, struct color background)
{
	struct canvas_cairo *own = g_new0(struct canvas_cairo, 1);

	canvas_init(&own->canvas, &cairo_kind);
	surface_create(own, width_px, height_px);
	own->cr = cairo_create(own->surface);
	if (cairo_status(own->cr) != CAIRO_STATUS_SUCCESS) {
		canvas_fail(&own->canvas, FAULT_TOO_LARGE, "a picture of %d x %d px: %s", width_px,
			height_px, cairo_status_to_string(cairo_status(own->cr)));
		return &own->canvas;
	}
	use(own->cr, color_with_alpha(background, 1));
	cairo_paint(own->cr);
	cairo_scale(own->cr, scale, scale);
	return &own->canvas;
}

const uint8_t *canvas_cairo_pixels(struct canvas *c, int *stride)
{
	struct canvas_cairo *own = (struct canvas_cairo *)c;

	cairo_surface_flush(own->surface);
	*stride = cairo_image_surface_get_stride(own->surface);
	if (cairo_status(own->cr) != CAIRO_STATUS_SUCCESS) {
		canvas_fail(
			c, FAULT_BUG, "drawing: %s", cairo_status_to_string(cairo_status(own->cr)));
	}
	return cairo_image_surface_get_data(own->surface);
}
