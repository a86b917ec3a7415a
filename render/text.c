#include "render/text.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

enum {
	LABEL_BYTES = 1024, /* of one line; no page is wide enough to show more */
	PARAGRAPH_BYTES = 16384, /* of one wrapped text */
	KEPT_LINES = 2048 /* shaped labels that are kept; about 2 KiB each */
};

/* One face at TEXT_EM or, for a span of another size than its paragraph, near it. */
struct face {
	enum weight weight;
	bool mono, italic;
	double em;
	PangoFontDescription *description;
	double below_middle;
};

/* A shaped label in the cache: how it was asked for, at TEXT_EM, and what came of it. */
struct label {
	struct type type; /* its size is TEXT_EM */
	double limit;
	char *words;
	PangoLayout *layout;
	struct text_line line;
};

struct text {
	PangoContext *context;
	GArray *faces; /* of struct face; a page uses half a dozen */
	GHashTable *labels;
	struct text_line label; /* the one that was asked for last */
	PangoLayout *wrapped, *last; /* the lines of a paragraph, and the one that ends it early */
	GString *wrapped_words;
	GArray *lines; /* of struct text_line */
	GArray *span_starts; /* of size_t */
	struct text_lines answer;
};

static const char families[] = "Inter, Noto Sans, DejaVu Sans, sans-serif";
static const char mono_families[] = "DejaVu Sans Mono, Noto Sans Mono, monospace";

static double zoom_of(const struct type *type)
{
	return type->size / TEXT_EM;
}

static struct type at_em(const struct type *type)
{
	struct type out = *type;

	out.letter_spacing /= zoom_of(type);
	out.size = TEXT_EM;
	return out;
}

static guint label_hash(gconstpointer key)
{
	const struct label *l = key;
	guint hash = g_str_hash(l->words) * 31 + (guint)l->type.weight;

	return hash * 31 + (guint)(int)lround(l->limit * 16);
}

static gboolean label_equal(gconstpointer left, gconstpointer right)
{
	const struct label *a = left, *b = right;

	return a->limit == b->limit && a->type.weight == b->type.weight &&
	       a->type.mono == b->type.mono && a->type.italic == b->type.italic &&
	       a->type.underline == b->type.underline && a->type.strike == b->type.strike &&
	       a->type.letter_spacing == b->type.letter_spacing && strcmp(a->words, b->words) == 0;
}

static void label_free(gpointer data)
{
	struct label *l = data;

	g_object_unref(l->layout);
	g_free(l->words);
	g_free(l);
}

/* Positions are kept as the font gives them: hinting would move letters by what suits one
 * resolution, and widths would then differ between scales and between PNG and PDF. */
static PangoContext *context_create(void)
{
	PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
	cairo_font_options_t *options = cairo_font_options_create();

	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	cairo_font_options_destroy(options);
	pango_context_set_round_glyph_positions(context, FALSE);
	/* Fixed, for the locale of a machine would choose other fonts. */
	pango_context_set_language(context, pango_language_from_string("en"));
	return context;
}

struct text *text_create(void)
{
	struct text *t = g_new0(struct text, 1);

	t->context = context_create();
	t->faces = g_array_new(FALSE, FALSE, sizeof(struct face));
	t->labels = g_hash_table_new_full(label_hash, label_equal, NULL, label_free);
	t->wrapped_words = g_string_new(NULL);
	t->lines = g_array_new(FALSE, TRUE, sizeof(struct text_line));
	t->span_starts = g_array_new(FALSE, TRUE, sizeof(size_t));
	return t;
}

void text_destroy(struct text *t)
{
	if (t == NULL) {
		return;
	}
	for (guint i = 0; i < t->faces->len; i++) {
		pango_font_description_free(g_array_index(t->faces, struct face, i).description);
	}
	g_array_free(t->faces, TRUE);
	g_hash_table_destroy(t->labels);
	g_clear_object(&t->wrapped);
	g_clear_object(&t->last);
	g_string_free(t->wrapped_words, TRUE);
	g_array_free(t->lines, TRUE);
	g_array_free(t->span_starts, TRUE);
	g_object_unref(t->context);
	g_free(t);
}

static PangoFontDescription *describe(const struct type *type, double em)
{
	PangoFontDescription *d = pango_font_description_new();

	pango_font_description_set_family_static(d, type->mono ? mono_families : families);
	pango_font_description_set_weight(d, (PangoWeight)type->weight);
	pango_font_description_set_style(d, type->italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
	pango_font_description_set_absolute_size(d, em * PANGO_SCALE);
	return d;
}

static const struct face *face_of(struct text *t, const struct type *type, double em)
{
	for (guint i = 0; i < t->faces->len; i++) {
		const struct face *known = &g_array_index(t->faces, struct face, i);

		if (known->weight == type->weight && known->mono == type->mono &&
			known->italic == type->italic && known->em == em) {
			return known;
		}
	}
	struct face face = {.weight = type->weight,
		.mono = type->mono,
		.italic = type->italic,
		.em = em,
		.description = describe(type, em)};
	PangoFont *font = pango_context_load_font(t->context, face.description);

	if (font != NULL) {
		PangoFontMetrics *metrics = pango_font_get_metrics(font, NULL);

		face.below_middle = (pango_font_metrics_get_ascent(metrics) -
					    pango_font_metrics_get_descent(metrics)) /
				    2.0 / PANGO_SCALE / em;
		pango_font_metrics_unref(metrics);
		g_object_unref(font);
	}
	g_array_append_val(t->faces, face);
	return &g_array_index(t->faces, struct face, t->faces->len - 1);
}

double text_baseline_below_middle(struct text *t, struct type type)
{
	return face_of(t, &type, TEXT_EM)->below_middle * type.size;
}

/* Marks that turn or embed directions could make one label rewrite its neighbours. */
static bool is_direction_mark(gunichar u)
{
	return u == 0x061c || u == 0x200e || u == 0x200f || (u >= 0x202a && u <= 0x202e) ||
	       (u >= 0x2066 && u <= 0x2069);
}

static void append_clean(GString *out, const char *words, size_t most, bool breaks)
{
	size_t length = strlen(words), room = out->len + most;
	g_autofree char *mended = NULL;

	if (length > most) {
		length = (size_t)(g_utf8_find_prev_char(words, words + most + 1) - words);
	}
	if (!g_utf8_validate_len(words, length, NULL)) {
		mended = g_utf8_make_valid(words, (gssize)length);
		words = mended;
		length = strlen(mended);
	}
	for (const char *at = words; at < words + length && out->len < room;
		at += g_utf8_skip[(guchar)*at]) {
		gunichar u = g_utf8_get_char(at);

		if (u == '\n' || u == 0x2028 || u == 0x2029) {
			g_string_append_c(out, breaks ? '\n' : ' ');
		} else if (u == '\t') {
			g_string_append(out, breaks ? "    " : " ");
		} else if (u >= 0x20 && u != 0x7f && !(u >= 0x80 && u < 0xa0) &&
			   !is_direction_mark(u)) {
			g_string_append_unichar(out, u);
		}
	}
}

static void insert(PangoAttrList *list, PangoAttribute *attribute, size_t from, size_t to)
{
	attribute->start_index = (guint)from;
	attribute->end_index = (guint)to;
	pango_attr_list_insert(list, attribute);
}

static void insert_marks(PangoAttrList *list, const struct type *type, size_t from, size_t to)
{
	if (type->letter_spacing != 0) {
		insert(list,
			pango_attr_letter_spacing_new(
				(int)lround(type->letter_spacing * PANGO_SCALE)),
			from, to);
	}
	if (type->underline) {
		insert(list, pango_attr_underline_new(PANGO_UNDERLINE_SINGLE), from, to);
	}
	if (type->strike) {
		insert(list, pango_attr_strikethrough_new(TRUE), from, to);
	}
}

static PangoLayout *layout_create(struct text *t, const struct type *type)
{
	PangoLayout *layout = pango_layout_new(t->context);

	pango_layout_set_font_description(layout, face_of(t, type, TEXT_EM)->description);
	return layout;
}

static struct label *label_create(
	struct text *t, const char *words, const struct type *type, double limit)
{
	struct label *l = g_new0(struct label, 1);
	PangoLayout *layout = layout_create(t, type);
	g_autoptr(GString) clean = g_string_new(NULL);

	l->type = *type;
	l->limit = limit;
	l->words = g_strdup(words);
	l->layout = layout;
	append_clean(clean, words, LABEL_BYTES, false);
	pango_layout_set_text(layout, clean->str, (int)clean->len);
	pango_layout_set_single_paragraph_mode(layout, TRUE);
	if (type->underline || type->strike || type->letter_spacing != 0) {
		PangoAttrList *marks = pango_attr_list_new();

		insert_marks(marks, type, 0, clean->len);
		pango_layout_set_attributes(layout, marks);
		pango_attr_list_unref(marks);
	}
	if (limit >= 0) {
		/* Rounded up, so that a text fits the width it was measured to have. */
		pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
		pango_layout_set_width(layout, (int)ceil(limit * PANGO_SCALE));
	}

	PangoRectangle extents;

	l->line.shaped = pango_layout_get_line_readonly(layout, 0);
	pango_layout_line_get_extents(l->line.shaped, NULL, &extents);
	l->line.words = pango_layout_get_text(layout);
	l->line.length = clean->len;
	l->line.width = (double)extents.width / PANGO_SCALE;
	l->line.cut = pango_layout_is_ellipsized(layout) != 0;
	return l;
}

static const struct label *label_of(
	struct text *t, const char *words, const struct type *type, double limit)
{
	union {
		const char *in;
		char *out;
	} borrowed = {.in = words};
	const struct label key = {.type = *type, .limit = limit, .words = borrowed.out};
	struct label *l = g_hash_table_lookup(t->labels, &key);

	if (l == NULL) {
		if (g_hash_table_size(t->labels) >= KEPT_LINES) {
			g_hash_table_remove_all(t->labels);
		}
		l = label_create(t, words, type, limit);
		g_hash_table_add(t->labels, l);
	}
	return l;
}

const struct text_line *text_line(struct text *t, const char *words, struct type type, double limit)
{
	const struct type em = at_em(&type);
	double zoom = zoom_of(&type);
	/* Most labels fit: asking for the whole one first lets every box share it. */
	const struct label *label = label_of(t, words, &em, -1);

	if (limit >= 0 && label->line.width * zoom > limit) {
		label = label_of(t, words, &em, limit / zoom);
	}
	t->label = label->line;
	t->label.type = type;
	t->label.zoom = zoom;
	t->label.width *= zoom;
	return &t->label;
}

static guint16 channel16(double value)
{
	return (guint16)lround(CLAMP(value, 0, 1) * 65535);
}

/* A paragraph that is being wrapped: what does not change from line to line. */
struct wrapping {
	struct type type;
	double width;
	const struct span *spans;
	size_t span_count;
};

static PangoAttrList *span_marks(struct text *t, const struct wrapping *w, size_t start)
{
	PangoAttrList *marks = pango_attr_list_new();
	const size_t *starts = (const size_t *)(const void *)t->span_starts->data;

	for (size_t i = 0; i < w->span_count; i++) {
		const struct span *s = &w->spans[i];
		const struct type em = at_em(&s->type);

		if (starts[i + 1] <= start) {
			continue;
		}
		size_t from = MAX(starts[i], start) - start, to = starts[i + 1] - start;

		insert(marks,
			pango_attr_font_desc_new(
				face_of(t, &s->type, TEXT_EM * s->type.size / w->type.size)
					->description),
			from, to);
		insert(marks,
			pango_attr_foreground_new(
				channel16(s->ink.r), channel16(s->ink.g), channel16(s->ink.b)),
			from, to);
		if (s->ink.a < 1) {
			insert(marks, pango_attr_foreground_alpha_new(channel16(s->ink.a)), from,
				to);
		}
		insert_marks(marks, &em, from, to);
	}
	return marks;
}

/* The words from a byte on, broken into lines; or as one line that ends with an ellipsis. */
static PangoLayout *wrap(struct text *t, const struct wrapping *w, size_t start, bool one_line)
{
	PangoLayout *layout = layout_create(t, &w->type);
	PangoAttrList *marks = span_marks(t, w, start);
	const struct type em = at_em(&w->type);

	if (w->spans == NULL) {
		insert_marks(marks, &em, 0, t->wrapped_words->len - start);
	}
	pango_layout_set_text(
		layout, t->wrapped_words->str + start, (int)(t->wrapped_words->len - start));
	pango_layout_set_attributes(layout, marks);
	pango_attr_list_unref(marks);
	pango_layout_set_width(layout, (int)ceil(w->width / zoom_of(&w->type) * PANGO_SCALE));
	if (one_line) {
		pango_layout_set_single_paragraph_mode(layout, TRUE);
		pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	} else {
		pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	}
	return layout;
}

static void collect_line(struct text *t, const struct wrapping *w, PangoLayout *layout, int number,
	size_t offset, bool cut)
{
	PangoLayoutLine *shaped = pango_layout_get_line_readonly(layout, number);
	PangoRectangle extents;

	pango_layout_line_get_extents(shaped, NULL, &extents);
	const struct text_line line = {
		.shaped = shaped,
		.words = t->wrapped_words->str + offset + shaped->start_index,
		.length = (size_t)shaped->length,
		.start = offset + (size_t)shaped->start_index,
		.width = (double)extents.width / PANGO_SCALE * zoom_of(&w->type),
		.zoom = zoom_of(&w->type),
		.cut = cut,
		.type = w->type,
		.spans = w->spans,
		.span_starts = (const size_t *)(const void *)t->span_starts->data,
		.span_count = w->span_count,
	};
	g_array_append_val(t->lines, line);
}

/* Where there are more lines than wanted, the last one is shaped anew from all that remains: it
 * then ends with an ellipsis, whatever paragraphs the rest has. */
static const struct text_lines *collect(struct text *t, const struct wrapping *w, int max_lines)
{
	g_clear_object(&t->wrapped);
	g_clear_object(&t->last);
	g_array_set_size(t->lines, 0);
	t->wrapped = wrap(t, w, 0, false);

	int count = pango_layout_get_line_count(t->wrapped);
	bool too_many = max_lines > 0 && count > max_lines;
	int whole = too_many ? max_lines - 1 : count;

	for (int i = 0; i < whole; i++) {
		collect_line(t, w, t->wrapped, i, 0, false);
	}
	if (too_many) {
		size_t start =
			(size_t)pango_layout_get_line_readonly(t->wrapped, whole)->start_index;

		t->last = wrap(t, w, start, true);
		collect_line(t, w, t->last, 0, start, true);
	}
	t->answer.lines = (struct text_line *)(void *)t->lines->data;
	t->answer.count = t->lines->len;
	return &t->answer;
}

const struct text_lines *text_wrap(
	struct text *t, const char *words, struct type type, double width, int max_lines)
{
	const struct wrapping w = {.type = type, .width = width};

	g_string_truncate(t->wrapped_words, 0);
	g_array_set_size(t->span_starts, 0);
	append_clean(t->wrapped_words, words, PARAGRAPH_BYTES, true);
	return collect(t, &w, max_lines);
}

const struct text_lines *text_wrap_spans(struct text *t, const struct span *spans, size_t count,
	struct type type, double width, int max_lines)
{
	const struct wrapping w = {
		.type = type, .width = width, .spans = spans, .span_count = count};

	g_string_truncate(t->wrapped_words, 0);
	g_array_set_size(t->span_starts, 0);
	for (size_t i = 0; i <= count; i++) {
		size_t start = t->wrapped_words->len;

		g_array_append_val(t->span_starts, start);
		if (i < count && start < PARAGRAPH_BYTES) {
			append_clean(
				t->wrapped_words, spans[i].text, PARAGRAPH_BYTES - start, true);
		}
	}
	return collect(t, &w, max_lines);
}

bool text_span_extent(const struct text_line *line, size_t span, double *from, double *to)
{
	size_t first = MAX(line->span_starts[span], line->start);
	size_t end = MIN(line->span_starts[span + 1], line->start + line->length);
	int left, right;

	if (first >= end) {
		return false;
	}
	int shift = line->shaped->start_index - (int)line->start;

	pango_layout_line_index_to_x(line->shaped, (int)first + shift, FALSE, &left);
	pango_layout_line_index_to_x(line->shaped, (int)end - 1 + shift, TRUE, &right);
	*from = (double)MIN(left, right) / PANGO_SCALE * line->zoom;
	*to = (double)MAX(left, right) / PANGO_SCALE * line->zoom;
	return true;
}
