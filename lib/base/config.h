/* Settings: one table (config.def), four origins, last one wins:
 * default, file (--config or PLATEN_CONFIG; key = value below [platen]), environment, flag.
 *
 * Settings are passed down as const struct config *; there are no global ones.  An unknown key in
 * the file is an error that names it.  To add a setting, add its line to config.def. */
#pragma once
#include "lib/base/fault.h"

#include <stdint.h>

struct config {
#define SETTING_TEXT(name, value, sentence) char *name;
#define SETTING_COUNT(name, value, least, most, sentence) int64_t name;
#include "lib/base/config.def"
#undef SETTING_TEXT
#undef SETTING_COUNT
};

/* Takes the flags that are settings (--name=value or --name value, '-' for '_') out of argv and
 * leaves the rest.  FAULT_INPUT names origin, key and bounds. */
bool config_load(struct config *c, int *argc, char **argv, struct fault *f) MUST_CHECK;
void config_finish(struct config *c);

/* For --help: a line for each setting, to standard output. */
void config_print_help(void);

/* log_open() as the settings say. */
bool config_open_log(const struct config *c, const char *program, struct fault *f) MUST_CHECK;
