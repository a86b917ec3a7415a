#include "render/markdown_type.h"

#include <md4c.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_BYTES = 65536, /* a text tile holds 4,000 characters */
	MAX_DEPTH = 8 /* of lists and quotes that are shown as such */
};

struct list {
	bool ordered, tight, begun;
	unsigned next;
};

/* Of the text around it: letters of one width look larger than others of their size. */
static const double code_size = 0.9375;

/* How text that comes now is set: a counter each, for spans of one kind may nest. */
struct style {
	int bold, italic, code, strike, link;
};

struct parser {
	struct markdown *m;
	struct list lists[MAX_DEPTH];
	int depth, quotes; /* may pass MAX_DEPTH */
	struct style style;
	enum marker marker; /* of the item that has begun, for its first block */
	unsigned number;
	bool first_of_item;
	struct block *open; /* the block that takes text, in m->blocks */
	bool in_head, in_html;
	GString *text; /* of one style, until the style changes */
};

static struct color faint(const struct theme *theme)
{
	return color_with_alpha(theme->text, 0.06);
}

struct type markdown_type(const struct block *block)
{
	static const double sizes[] = {22, 18, 16, 14, 14, 14};

	if (block->kind == BLOCK_HEADING) {
		return (struct type){.size = sizes[block->level - 1],
			.weight = block->level == 1 ? WEIGHT_BOLD : WEIGHT_SEMIBOLD};
	}
	if (block->kind == BLOCK_CODE) {
		return (struct type){.size = 13, .weight = WEIGHT_NORMAL, .mono = true};
	}
	return (struct type){.size = 14, .weight = WEIGHT_NORMAL};
}

static GArray *spans_for_text(struct parser *p)
{
	if (p->open == NULL) {
		return NULL;
	}
	if (p->open->kind == BLOCK_TABLE) {
		GArray *cells = p->open->cells;

		return cells->len == 0
			       ? NULL
			       : g_array_index(cells, struct table_cell, cells->len - 1).spans;
	}
	return p->open->spans;
}

/* Thin spaces of the text's own face give the ground of code its margins. */
static void append_span(GArray *spans, const struct span *span)
{
	const struct span margin = {.text = "\u2009",
		.type = {.size = span->type.size / code_size, .weight = WEIGHT_NORMAL},
		.ink = span->ink,
		.behind = span->behind};

	if (span->behind.a > 0) {
		g_array_append_val(spans, margin);
	}
	g_array_append_vals(spans, span, 1);
	if (span->behind.a > 0) {
		g_array_append_val(spans, margin);
	}
}

static void flush(struct parser *p)
{
	GArray *spans = spans_for_text(p);
	const struct theme *theme = p->m->theme;
	const struct style *style = &p->style;

	if (p->text->len == 0) {
		return;
	}
	if (spans != NULL) {
		struct span span = {.text = g_string_chunk_insert(p->m->texts, p->text->str),
			.type = markdown_type(p->open),
			.ink = theme->text};

		if (style->bold > 0 || p->in_head) {
			span.type.weight = MAX(span.type.weight, WEIGHT_SEMIBOLD);
		}
		span.type.italic = style->italic > 0;
		if (span.type.italic) {
			/* Heavier italics are not among the faces that are kept warm. */
			span.type.weight = MIN(span.type.weight, WEIGHT_SEMIBOLD);
		}
		span.type.strike = style->strike > 0;
		if (style->code > 0) {
			span.type.mono = true;
			span.type.italic = false;
			span.type.size *= code_size;
			span.behind = faint(theme);
		}
		if (style->link > 0) {
			span.ink = theme->accent;
		}
		if (p->open->quotes > 0 && style->link == 0) {
			span.ink = theme->text_secondary;
		}
		append_span(spans, &span);
	}
	g_string_truncate(p->text, 0);
}

static void close_block(struct parser *p)
{
	flush(p);
	p->open = NULL;
}

static void open_block(struct parser *p, enum block_kind kind, int level)
{
	int inner = MIN(p->depth, MAX_DEPTH);
	struct block block = {.kind = kind,
		.level = level,
		.quotes = MIN(p->quotes, MAX_DEPTH),
		.lists = inner,
		.marker = p->marker,
		.number = p->number,
		.spans = g_array_new(FALSE, FALSE, sizeof(struct span))};

	close_block(p);
	/* The first item of a list keeps the distance of a paragraph from what stands above. */
	block.close = inner > 0 && p->lists[inner - 1].tight &&
		      (inner > 1 || p->lists[0].begun || !p->first_of_item);
	if (inner > 0) {
		p->lists[inner - 1].begun = true;
	}
	p->first_of_item = false;
	p->marker = MARKER_NONE;
	g_array_append_val(p->m->blocks, block);
	p->open = &g_array_index(p->m->blocks, struct block, p->m->blocks->len - 1);
	if (kind == BLOCK_TABLE) {
		p->open->cells = g_array_new(FALSE, FALSE, sizeof(struct table_cell));
	}
}

static void begin_list(struct parser *p, bool ordered, bool tight, unsigned start)
{
	close_block(p);
	if (p->depth < MAX_DEPTH) {
		p->lists[p->depth] =
			(struct list){.ordered = ordered, .tight = tight, .next = start};
	}
	p->depth++;
}

static void begin_item(struct parser *p, const MD_BLOCK_LI_DETAIL *item)
{
	struct list *list = &p->lists[MIN(p->depth, MAX_DEPTH) - 1];

	close_block(p);
	p->marker = list->ordered ? MARKER_NUMBER : MARKER_BULLET;
	if (item->is_task) {
		p->marker = item->task_mark == ' ' ? MARKER_OPEN_TASK : MARKER_DONE_TASK;
	}
	p->number = list->next++;
	p->first_of_item = true;
}

/* An item without a word still shows its bullet. */
static void end_item(struct parser *p)
{
	if (p->marker != MARKER_NONE) {
		open_block(p, BLOCK_PARAGRAPH, 0);
	}
	close_block(p);
}

static void begin_cell(struct parser *p, bool head, MD_ALIGN align)
{
	struct table_cell cell = {.spans = g_array_new(FALSE, FALSE, sizeof(struct span)),
		.align = align == MD_ALIGN_RIGHT    ? ALIGN_END
			 : align == MD_ALIGN_CENTER ? ALIGN_MIDDLE
						    : ALIGN_START,
		.head = head};

	flush(p);
	p->in_head = head;
	if (p->open != NULL && p->open->cells != NULL) {
		g_array_append_val(p->open->cells, cell);
	} else {
		g_array_free(cell.spans, TRUE);
	}
}

static int on_enter_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct parser *p = arg;

	switch (type) {
	case MD_BLOCK_DOC:
	case MD_BLOCK_THEAD:
	case MD_BLOCK_TBODY:
	case MD_BLOCK_TR:
		break;
	case MD_BLOCK_QUOTE:
		close_block(p);
		p->quotes++;
		break;
	case MD_BLOCK_UL:
		begin_list(p, false, ((MD_BLOCK_UL_DETAIL *)detail)->is_tight != 0, 0);
		break;
	case MD_BLOCK_OL:
		begin_list(p, true, ((MD_BLOCK_OL_DETAIL *)detail)->is_tight != 0,
			((MD_BLOCK_OL_DETAIL *)detail)->start);
		break;
	case MD_BLOCK_LI:
		begin_item(p, detail);
		break;
	case MD_BLOCK_HR:
		open_block(p, BLOCK_RULE, 0);
		break;
	case MD_BLOCK_H:
		open_block(p, BLOCK_HEADING, (int)((MD_BLOCK_H_DETAIL *)detail)->level);
		break;
	case MD_BLOCK_CODE:
		open_block(p, BLOCK_CODE, 0);
		break;
	case MD_BLOCK_HTML:
		p->in_html = true;
		break;
	case MD_BLOCK_P:
		open_block(p, BLOCK_PARAGRAPH, 0);
		break;
	case MD_BLOCK_TABLE:
		open_block(p, BLOCK_TABLE, 0);
		p->open->columns = ((MD_BLOCK_TABLE_DETAIL *)detail)->col_count;
		break;
	case MD_BLOCK_TH:
		begin_cell(p, true, ((MD_BLOCK_TD_DETAIL *)detail)->align);
		break;
	case MD_BLOCK_TD:
		begin_cell(p, false, ((MD_BLOCK_TD_DETAIL *)detail)->align);
		break;
	}
	return 0;
}

static int on_leave_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct parser *p = arg;

	(void)detail;
	switch (type) {
	case MD_BLOCK_DOC:
	case MD_BLOCK_THEAD:
	case MD_BLOCK_TBODY:
	case MD_BLOCK_TR:
		break;
	case MD_BLOCK_QUOTE:
		close_block(p);
		p->quotes--;
		break;
	case MD_BLOCK_UL:
	case MD_BLOCK_OL:
		close_block(p);
		p->depth--;
		break;
	case MD_BLOCK_LI:
		end_item(p);
		break;
	case MD_BLOCK_HTML:
		p->in_html = false;
		break;
	case MD_BLOCK_TH:
	case MD_BLOCK_TD:
		flush(p);
		p->in_head = false;
		break;
	case MD_BLOCK_HR:
	case MD_BLOCK_H:
	case MD_BLOCK_CODE:
	case MD_BLOCK_P:
	case MD_BLOCK_TABLE:
		close_block(p);
		break;
	}
	return 0;
}

static void change_style(struct parser *p, MD_SPANTYPE type, int by)
{
	flush(p);
	switch (type) {
	case MD_SPAN_EM:
	case MD_SPAN_IMG:
		p->style.italic += by;
		break;
	case MD_SPAN_STRONG:
		p->style.bold += by;
		break;
	case MD_SPAN_A:
	case MD_SPAN_WIKILINK:
		p->style.link += by;
		break;
	case MD_SPAN_CODE:
	case MD_SPAN_LATEXMATH:
	case MD_SPAN_LATEXMATH_DISPLAY:
		p->style.code += by;
		break;
	case MD_SPAN_DEL:
		p->style.strike += by;
		break;
	case MD_SPAN_U:
		break;
	}
}

static int on_enter_span(MD_SPANTYPE type, void *detail, void *arg)
{
	(void)detail;
	change_style(arg, type, 1);
	return 0;
}

static int on_leave_span(MD_SPANTYPE type, void *detail, void *arg)
{
	(void)detail;
	change_style(arg, type, -1);
	return 0;
}

static void add_entity(GString *out, const char *text, size_t length)
{
	/* clang-format off */
	static const struct {
		const char *name, *text;
	} entities[] = {
		{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"},
		{"&nbsp;", "\u00a0"}, {"&copy;", "\u00a9"}, {"&reg;", "\u00ae"}, {"&euro;", "\u20ac"},
		{"&ndash;", "\u2013"}, {"&mdash;", "\u2014"}, {"&hellip;", "\u2026"},
		{"&larr;", "\u2190"}, {"&rarr;", "\u2192"}, {"&times;", "\u00d7"}, {"&bull;", "\u2022"},
	};
	/* clang-format on */

	g_autofree char *name = g_strndup(text, length);

	if (length > 3 && name[1] == '#') {
		bool hex = name[2] == 'x' || name[2] == 'X';
		unsigned long code = strtoul(name + (hex ? 3 : 2), NULL, hex ? 16 : 10);

		if (code > 0 && code <= 0x10ffff && g_unichar_validate((gunichar)code)) {
			g_string_append_unichar(out, (gunichar)code);
		}
		return;
	}
	for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
		if (strcmp(entities[i].name, name) == 0) {
			g_string_append(out, entities[i].text);
			return;
		}
	}
	g_string_append(out, name);
}

static int on_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *arg)
{
	struct parser *p = arg;

	if (p->in_html) {
		return 0;
	}
	/* Items of a tight list have no paragraph of their own. */
	if (p->open == NULL && type != MD_TEXT_HTML) {
		open_block(p, BLOCK_PARAGRAPH, 0);
	}
	switch (type) {
	case MD_TEXT_NORMAL:
	case MD_TEXT_CODE:
	case MD_TEXT_LATEXMATH:
		g_string_append_len(p->text, text, (gssize)size);
		break;
	case MD_TEXT_NULLCHAR:
		g_string_append_unichar(p->text, 0xfffd);
		break;
	case MD_TEXT_BR:
		g_string_append_c(p->text, '\n');
		break;
	case MD_TEXT_SOFTBR:
		g_string_append_c(p->text, ' ');
		break;
	case MD_TEXT_ENTITY:
		add_entity(p->text, text, size);
		break;
	case MD_TEXT_HTML:
		break;
	}
	return 0;
}

/* The newline that ends a block of code would be an empty line in its box. */
static void trim_code(struct markdown *m)
{
	for (guint i = 0; i < m->blocks->len; i++) {
		struct block *b = &g_array_index(m->blocks, struct block, i);

		if (b->kind == BLOCK_CODE && b->spans->len > 0) {
			struct span *last =
				&g_array_index(b->spans, struct span, b->spans->len - 1);
			g_autofree char *text = g_strdup(last->text);

			last->text = g_string_chunk_insert(m->texts, g_strchomp(text));
		}
	}
}

struct markdown *markdown_parse(const char *text, const struct theme *theme)
{
	static const MD_PARSER rules = {
		.flags = MD_DIALECT_GITHUB,
		.enter_block = on_enter_block,
		.leave_block = on_leave_block,
		.enter_span = on_enter_span,
		.leave_span = on_leave_span,
		.text = on_text,
	};
	struct markdown *m = g_new0(struct markdown, 1);
	struct parser p = {.m = m, .text = g_string_new(NULL)};

	m->theme = theme;
	m->blocks = g_array_new(FALSE, FALSE, sizeof(struct block));
	m->texts = g_string_chunk_new(1024);
	(void)md_parse(text, (MD_SIZE)strnlen(text, MAX_BYTES), &rules, &p);
	close_block(&p);
	g_string_free(p.text, TRUE);
	trim_code(m);
	return m;
}

static void free_block(struct block *b)
{
	g_array_free(b->spans, TRUE);
	for (guint i = 0; b->cells != NULL && i < b->cells->len; i++) {
		g_array_free(g_array_index(b->cells, struct table_cell, i).spans, TRUE);
	}
	if (b->cells != NULL) {
		g_array_free(b->cells, TRUE);
	}
}

void markdown_destroy(struct markdown *m)
{
	if (m == NULL) {
		return;
	}
	for (guint i = 0; i < m->blocks->len; i++) {
		free_block(&g_array_index(m->blocks, struct block, i));
	}
	g_array_free(m->blocks, TRUE);
	g_string_chunk_free(m->texts);
	g_free(m);
}
