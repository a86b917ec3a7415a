#include "render/render.h"

#include "render/canvas.h"

#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 3000, STEP_US = 2000 };

/* Every face that pages use, at the sizes they use most.  Cairo keeps at most ten font files
 * open, so this list must not name more. */
/* clang-format off */
static const struct type types[] = {
	{.size = 12, .weight = WEIGHT_NORMAL},   {.size = 14, .weight = WEIGHT_NORMAL},
	{.size = 11, .weight = WEIGHT_MEDIUM},   {.size = 12, .weight = WEIGHT_SEMIBOLD},
	{.size = 14, .weight = WEIGHT_SEMIBOLD}, {.size = 16, .weight = WEIGHT_SEMIBOLD},
	{.size = 24, .weight = WEIGHT_BOLD},     {.size = 14, .weight = WEIGHT_NORMAL, .italic = true},
	{.size = 14, .weight = WEIGHT_SEMIBOLD, .italic = true},
	{.size = 13, .weight = WEIGHT_NORMAL, .mono = true},
	{.size = 13, .weight = WEIGHT_SEMIBOLD, .mono = true},
};
/* clang-format on */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz "
			      "0123456789 .,:;!?%$+-*/=()[]{}<>'\"&#@_|~\u2022\u2026\u2013";

/* Fonts are found by a file of ours, so that a picture does not depend on the machine.  It lies
 * in the same place relative to the programs in a build tree and where they are installed. */
static char *find_fonts(void)
{
	const char *asked = getenv("PLATEN_FONTS");

	if (asked != NULL && asked[0] != '\0') {
		return g_strdup(asked);
	}

	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = program != NULL ? g_path_get_dirname(program) : NULL;

	if (folder != NULL) {
		char *beside =
			g_build_filename(folder, "..", "share", "platen", "fonts.conf", NULL);

		if (access(beside, R_OK) == 0) {
			return beside;
		}
		g_free(beside);
	}
	return g_strdup(PLATEN_PREFIX "/share/platen/fonts.conf");
}

static bool has_family(const FcFontSet *fonts, const char *family)
{
	for (int i = 0; fonts != NULL && i < fonts->nfont; i++) {
		FcChar8 *name;

		if (FcPatternGetString(fonts->fonts[i], FC_FAMILY, 0, &name) == FcResultMatch &&
			strcmp((const char *)name, family) == 0) {
			return true;
		}
	}
	return false;
}

static bool load_fonts(struct fault *f)
{
	const char *given = getenv("FONTCONFIG_FILE");
	bool ours = given == NULL || given[0] == '\0';
	g_autofree char *path = ours ? find_fonts() : g_strdup(given);

	if (access(path, R_OK) != 0) {
		return fault_set(f, FAULT_INPUT, "%s: %s; PLATEN_FONTS names the fonts.conf to use",
			path, strerror(errno));
	}

	FcConfig *config = FcConfigCreate();

	if (config == NULL || !FcConfigParseAndLoad(config, (const FcChar8 *)path, FcTrue) ||
		!FcConfigBuildFonts(config) || !FcConfigSetCurrent(config)) {
		return fault_set(f, FAULT_INPUT, "%s is no fonts.conf", path);
	}

	/* Another font in its place would give other pictures, and nobody would know why. */
	bool found = !ours || has_family(FcConfigGetFonts(config, FcSetSystem), "Inter");

	/* The current configuration holds its own reference. */
	FcConfigDestroy(config);
	return found || fault_set(f, FAULT_INPUT,
				"%s: the font Inter is missing (package fonts-inter)", path);
}

static unsigned thread_count(void)
{
	GDir *tasks = g_dir_open("/proc/self/task", 0, NULL);
	unsigned count = 0;

	while (tasks != NULL && g_dir_read_name(tasks) != NULL) {
		count++;
	}
	if (tasks != NULL) {
		g_dir_close(tasks);
	}
	return count;
}

/* Letters at the sizes that pages use most, so that a child finds them drawn; and code among
 * words, which is the one place where two sizes share a line. */
static bool draw_samples(struct fault *f)
{
	struct canvas *c = canvas_cairo_create(2048, 256, 2, color_of_hex("#ffffff"));
	const struct color ink = color_of_hex("#000000");
	bool ok;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		canvas_text(c, (struct rect){0, 0, 1024, 64}, letters, types[i], ALIGN_START, ink);
	}
	for (int i = 0; i < 2; i++) {
		const struct type words = {.size = 14, .weight = WEIGHT_NORMAL};
		const struct type code = {.size = 14 * 0.9375,
			.weight = i == 0 ? WEIGHT_NORMAL : WEIGHT_SEMIBOLD,
			.mono = true};
		const struct span spans[] = {{.text = letters, .type = words, .ink = ink},
			{.text = letters, .type = code, .ink = ink}};

		(void)canvas_spans(c, (struct rect){0, 0, 1024, 64}, spans, 2, words, 1.5, 0);
	}
	ok = canvas_ok(c, f);
	canvas_destroy(c);
	return ok;
}

bool render_warm(struct fault *f)
{
	unsigned threads = thread_count();

	if (!load_fonts(f) || !draw_samples(f)) {
		return false;
	}
	/* Pango asks fontconfig from threads of its own, which hold its locks: who forks while one
	 * of them runs gets a child that waits for ever. */
	for (int waited_us = 0; thread_count() > threads; waited_us += STEP_US) {
		if (waited_us > WAIT_MS * 1000) {
			return fault_set(f, FAULT_BUG,
				"threads that load fonts still run after %d ms", WAIT_MS);
		}
		g_usleep(STEP_US);
	}
	return true;
}
