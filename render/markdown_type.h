/* Markdown between its parser (markdown.c) and its setter (markdown_draw.c): a flat list of
 * blocks, each knowing how deep it stands. */
#pragma once
#include "render/markdown.h"

enum block_kind { BLOCK_PARAGRAPH, BLOCK_HEADING, BLOCK_CODE, BLOCK_RULE, BLOCK_TABLE };

/* What stands in the margin before the first line of a list item. */
enum marker { MARKER_NONE, MARKER_BULLET, MARKER_NUMBER, MARKER_OPEN_TASK, MARKER_DONE_TASK };

struct table_cell {
	GArray *spans; /* of struct span */
	enum align align;
	bool head;
};

struct block {
	enum block_kind kind;
	int level; /* of a heading, 1 to 6 */
	int quotes; /* how many quotes it stands in */
	int lists; /* how many lists */
	enum marker marker;
	unsigned number;
	bool close; /* stands close under the block before: items of a tight list */
	GArray *spans; /* of struct span; the texts are owned by the markdown */
	GArray *cells; /* of struct table_cell, row by row; NULL but for tables */
	size_t columns;
};

struct markdown {
	const struct theme *theme;
	GArray *blocks; /* of struct block */
	GStringChunk *texts;
};

struct type markdown_type(const struct block *block);
