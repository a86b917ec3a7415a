/* One line per event on stderr: text for people, JSON for collectors.
 *
 * Levels promise something: error, a person must act; warn, the program coped; info, one line per
 * outcome of an export and per change of a daemon's life; debug, every step.  Never log keys,
 * query text, cell values or connection strings. */
#pragma once
#include "lib/base/fault.h"

#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

/* Call before threads exist.  `program` is kept, not copied. */
void log_open(const char *program, enum log_level level, enum log_format format);
bool log_level_named(const char *name, enum log_level *out);

/* `part` names the module; `export_id` 0 means that the line is about no export. */
void log_line(enum log_level level, const char *part, int64_t export_id, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
