#include "ctl/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char cmd_config_help[] =
	"usage: platen config [SETTINGS]\n"
	"\n"
	"Prints every setting as it is in force here, in the form of a configuration file.\n"
	"Passwords in addresses show as ***.\n";

/* The password of scheme://user:password@host, and the value of password= in a conninfo. */
static char *mask(const char *value)
{
	g_autoptr(GRegex) in_address = g_regex_new("(://[^:/@]*:).*@", 0, 0, NULL);
	g_autoptr(GRegex) in_words = g_regex_new(
		"(password\\s*=\\s*)('(?:[^'\\\\]|\\\\.)*'|[^\\s&]+)", G_REGEX_CASELESS, 0, NULL);
	g_autofree char *once = g_regex_replace(in_address, value, -1, 0, "\\1***@", 0, NULL);

	return g_regex_replace(in_words, once, -1, 0, "\\1***", 0, NULL);
}

static void print_text(const char *name, const char *value)
{
	g_autofree char *safe = mask(value);

	printf("%s = %s\n", name, safe);
}

enum exit_status cmd_config(const struct config *config, int argc, char **argv)
{
	if (argc > 1) {
		return cmd_usage("config", "\"%s\" is no setting", argv[1]);
	}
	printf("[platen]\n");
#define SETTING_TEXT(name, value, sentence) print_text(#name, config->name);
#define SETTING_COUNT(name, value, least, most, sentence)                                          \
	printf("%s = %" PRId64 "\n", #name, config->name);
#include "lib/base/config.def"
#undef SETTING_TEXT
#undef SETTING_COUNT
	return STATUS_OK;
}
