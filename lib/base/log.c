#include "lib/base/log.h"

#include "lib/base/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static const char *log_program = "platen";
static enum log_level log_max = LOG_INFO;
static enum log_format log_as = LOG_TEXT;

void log_open(const char *program, enum log_level level, enum log_format format)
{
	log_program = program;
	log_max = level;
	log_as = format;
}

bool log_level_named(const char *name, enum log_level *out)
{
	for (enum log_level l = LOG_ERROR; l <= LOG_DEBUG; l++) {
		if (strcmp(level_names[l], name) == 0) {
			*out = l;
			return true;
		}
	}
	return false;
}

/* Text in a JSON string, or in a line of text: no control character leaves as itself, so that no
 * logged value can begin a line of its own. */
static size_t escape(char *out, size_t room, const char *in)
{
	size_t used = 0;

	for (; *in && used + 7 < room; in++) {
		unsigned char c = (unsigned char)*in;

		if (c < 0x20 || c == 0x7f) {
			used += (size_t)snprintf(out + used, room - used, "\\u%04x", c);
		} else if (log_as == LOG_JSON && (c == '"' || c == '\\')) {
			out[used++] = '\\';
			out[used++] = (char)c;
		} else {
			out[used++] = (char)c;
		}
	}
	out[used] = '\0';
	return used;
}

void log_line(enum log_level level, const char *part, int64_t export_id, const char *fmt, ...)
{
	char said[2048], safe[4096], line[4608], stamp[32], about[40] = "";
	int64_t now_us = clock_wall_us();
	time_t now = (time_t)(now_us / 1000000);
	int ms = (int)(now_us / 1000 % 1000);
	struct tm utc;
	va_list args;
	int n;

	if (level > log_max) {
		return;
	}
	va_start(args, fmt);
	(void)vsnprintf(said, sizeof said, fmt, args);
	va_end(args);
	escape(safe, sizeof safe, said);
	(void)gmtime_r(&now, &utc);
	(void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
	if (log_as == LOG_JSON) {
		if (export_id) {
			(void)snprintf(about, sizeof about, ",\"export_id\":%" PRId64, export_id);
		}
		n = snprintf(line, sizeof line,
			"{\"ts\":\"%s.%03dZ\",\"level\":\"%s\",\"program\":\"%s\",\"part\":\"%s\"%s,\"msg\":\"%s\"}\n",
			stamp, ms, level_names[level], log_program, part, about, safe);
	} else {
		if (export_id) {
			(void)snprintf(about, sizeof about, " export=%" PRId64, export_id);
		}
		n = snprintf(line, sizeof line, "%s.%03dZ %-5s %s %s%s: %s\n", stamp, ms,
			level_names[level], log_program, part, about, safe);
	}
	if (n > 0) {
		size_t length = (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;

		/* One write a line, so that lines of several processes do not mix. */
		if (write(STDERR_FILENO, line, length) < 0) {
			return;
		}
	}
}
