#include "ctl/cmd.h"
#include "ctl/input.h"
#include "ctl/output.h"
#include "ctl/picture.h"
#include "lib/base/clock.h"
#include "render/render.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char cmd_render_help[] =
	"usage: platen render FILE [--output OUT] [--format png|csv] [FLAGS]\n"
	"\n"
	"Draws what FILE holds, without any server.  FILE is JSON, or \"-\": a document\n"
	"(render/README.md), an insight with query and result as the API answers with it, or a\n"
	"result alone.\n"
	"\n"
	"  -o, --output OUT   the file to make, \"-\" for standard output (FILE with the format's\n"
	"                     ending, in the current directory; standard output for \"-\")\n"
	"  --format NAME      png or csv (what OUT ends in, else png)\n"
	"  --scale NUMBER     device pixels to a CSS pixel, 0.5 to 4 (2)\n"
	"  --width PIXELS     of the page in CSS pixels, 200 to 8192 (800, a dashboard 1920)\n"
	"  --theme NAME       light or dark (light)\n"
	"  --timezone NAME    how buckets are read, as in Europe/Berlin (UTC)\n";

struct render_flags {
	char *output, *format, *scale, *width, *theme, *timezone;
	struct picture_wishes wishes;
};

static bool read_scale(const char *text, double *out)
{
	char *end;

	*out = g_ascii_strtod(text, &end);
	return *text && !*end && *out >= 0.5 && *out <= 4;
}

static bool check_flags(struct render_flags *flags)
{
	struct picture_wishes *w = &flags->wishes;

	w->theme = flags->theme;
	w->timezone = flags->timezone;
	w->now_us = clock_wall_us();
	if (flags->theme && strcmp(flags->theme, "light") != 0 &&
		strcmp(flags->theme, "dark") != 0) {
		(void)cmd_usage("render", "--theme is \"%s\", must be light or dark", flags->theme);
		return false;
	}
	if (flags->scale && !read_scale(flags->scale, &w->scale)) {
		(void)cmd_usage("render", "--scale is \"%s\", must be 0.5 to 4", flags->scale);
		return false;
	}
	if (flags->width && !cmd_number(flags->width, 200, 8192, &w->width)) {
		(void)cmd_usage("render", "--width is \"%s\", must be 200 to 8192", flags->width);
		return false;
	}
	return true;
}

/* NULL after saying why. */
static const struct format *choose_format(const struct render_flags *flags)
{
	const char *dot = flags->output ? strrchr(flags->output, '.') : NULL;
	const char *name = flags->format ? flags->format : dot ? dot + 1 : "png";
	const struct format *format = format_named(name);

	if (!format && flags->format) {
		format = format_of_mime(name);
	}
	if (!format && !flags->format) {
		format = format_named("png");
	}
	if (!format || !format->written) {
		(void)cmd_usage("render", "\"%s\" is no format that can be written", name);
		return NULL;
	}
	return format;
}

static char *choose_output(const struct render_flags *flags, const char *input, const char *ending)
{
	g_autofree char *name = NULL;
	char *dot;

	if (flags->output) {
		return g_strdup(flags->output);
	}
	if (strcmp(input, "-") == 0) {
		return g_strdup("-");
	}
	name = g_path_get_basename(input);
	dot = strrchr(name, '.');
	if (dot && dot > name) {
		*dot = '\0';
	}
	return g_strdup_printf("%s.%s", name, ending);
}

static bool draw(const json_t *input, const struct render_flags *flags, const struct config *config,
	const struct format *format, GByteArray **bytes, struct fault *f)
{
	const struct render_limits limits = {.max_pixels = config->draw_max_pixels};
	struct picture picture;
	json_t *document;
	bool ok;

	if (!picture_document(input, &flags->wishes, &document, f)) {
		return false;
	}
	ok = render_warm(f) && render_document(document, format, &limits, &picture, f);
	json_decref(document);
	if (!ok) {
		return false;
	}
	if (!picture_shows_something(&picture, f)) {
		g_byte_array_unref(picture.bytes);
		return false;
	}
	if (picture.failed_tiles > 0) {
		fprintf(stderr, "platen render: %zu of %zu tiles say why they show nothing: %s\n",
			picture.failed_tiles, picture.insight_tiles,
			fault_text(&picture.first_failure));
	}
	*bytes = picture.bytes;
	return true;
}

static bool tabulate(
	const json_t *input, const struct format *format, GByteArray **bytes, struct fault *f)
{
	const json_t *query, *result;
	GString *text;
	gsize length;

	if (!picture_result(input, &query, &result, f) ||
		!render_table(result, query, NULL, format, &text, f)) {
		return false;
	}
	length = text->len;
	*bytes = g_byte_array_new_take((guint8 *)g_string_free(text, FALSE), length);
	return true;
}

static enum exit_status save(const char *path, const GByteArray *bytes)
{
	struct output *output;
	struct fault f;

	if (!output_open(path, &output, &f)) {
		return cmd_fail("render", STATUS_CANNOT_CREATE, &f);
	}
	if (!output_write(output, bytes->data, bytes->len, &f)) {
		output_abandon(output);
		return cmd_fail("render", STATUS_IO, &f);
	}
	return output_commit(output, &f) ? STATUS_OK : cmd_fail("render", STATUS_IO, &f);
}

static enum exit_status run(
	const struct config *config, const struct render_flags *flags, const char *path)
{
	const struct format *format = choose_format(flags);
	g_autofree char *output = NULL;
	g_autoptr(GByteArray) bytes = NULL;
	enum exit_status status;
	json_t *input;
	struct fault f;
	bool ok;

	if (!format) {
		return STATUS_USAGE;
	}
	output = choose_output(flags, path, format->name);
	if (format->family == FORMAT_PICTURE && strcmp(output, "-") == 0 && isatty(STDOUT_FILENO)) {
		return cmd_usage(
			"render", "a picture is not for a terminal; name a file with --output");
	}
	if (!input_is_there(path)) {
		fprintf(stderr, "platen render: %s: %s\n", path, g_strerror(errno));
		return STATUS_NO_INPUT;
	}
	if (!input_read_json(path, &input, &f)) {
		return cmd_fault("render", &f);
	}
	ok = format->family == FORMAT_TABLE ? tabulate(input, format, &bytes, &f)
					    : draw(input, flags, config, format, &bytes, &f);
	if (ok) {
		status = save(output, bytes);
	} else {
		fault_wrap(&f, "%s: ", strcmp(path, "-") == 0 ? "standard input" : path);
		status = cmd_fault("render", &f);
	}
	json_decref(input);
	return status;
}

enum exit_status cmd_render(const struct config *config, int argc, char **argv)
{
	struct render_flags flags = {0};
	const GOptionEntry entries[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &flags.output, NULL, NULL},
		{"format", 0, 0, G_OPTION_ARG_FILENAME, &flags.format, NULL, NULL},
		{"scale", 0, 0, G_OPTION_ARG_FILENAME, &flags.scale, NULL, NULL},
		{"width", 0, 0, G_OPTION_ARG_FILENAME, &flags.width, NULL, NULL},
		{"theme", 0, 0, G_OPTION_ARG_FILENAME, &flags.theme, NULL, NULL},
		{"timezone", 0, 0, G_OPTION_ARG_FILENAME, &flags.timezone, NULL, NULL}, {0}};
	enum exit_status status = STATUS_USAGE;

	if (!cmd_parse("render", entries, &argc, &argv)) {
		status = STATUS_USAGE;
	} else if (argc != 2) {
		status = cmd_usage(
			"render", argc < 2 ? "the file is missing" : "one file at a time");
	} else if (check_flags(&flags)) {
		status = run(config, &flags, argv[1]);
	}
	g_free(flags.output);
	g_free(flags.format);
	g_free(flags.scale);
	g_free(flags.width);
	g_free(flags.theme);
	g_free(flags.timezone);
	return status;
}
