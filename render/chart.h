/* A chart turns one result into marks on a canvas.
 *
 * To add one: write chart_<name>.c with chart_<name>_height() and chart_<name>_draw(), add its line
 * to chart.def and CMakeLists.txt, and a case under tests/golden/cases. */
#pragma once
#include "render/canvas.h"
#include "render/result.h"
#include "render/theme.h"

struct chart_input {
	const json_t *query; /* unwrapped */
	const json_t *result; /* as the API answers it */
	const struct result *data; /* NULL for charts that read the JSON themselves */
	const struct theme *theme;
	const char *timezone;
	int64_t now_us;
	bool standalone; /* its own page rather than a tile */
	bool legend;
};

struct chart {
	const char *display; /* ChartDisplayType, or a query kind for charts of other kinds */
	const char *also; /* more of them, with a space between two */
	bool needs_series; /* data is read and has_data before draw is called */
	/* The height the chart would like for a width, in CSS px; 0: whatever there is. */
	double (*height)(const struct chart_input *in, struct canvas *measure, double width);
	void (*draw)(struct canvas *c, struct rect box, const struct chart_input *in);
};

/* By display, then by kind.  A query of any other kind is drawn as a table of its rows, so this
 * finds a chart for everything but a trend whose display no one knows. */
const struct chart *chart_for(const json_t *query);

/* chart_<name>_height() and chart_<name>_draw() of every chart in the list. */
#define CHART(name, needs_series, display, also)                                                   \
	double chart_##name##_height(                                                              \
		const struct chart_input *in, struct canvas *measure, double width);               \
	void chart_##name##_draw(struct canvas *c, struct rect box, const struct chart_input *in);
#include "render/chart.def"
#undef CHART
