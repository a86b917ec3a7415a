/* The file formats of the wire (spec/exports.md 1.2): names, MIME types, lifetimes.
 *
 * To add one that we write: its line in format.def, then format_<name>.c for pictures or
 * table_<name>.c for tables.  Formats of the wire that no one writes stand in the list too, for a
 * create accepts them and the export then says why it failed. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum format_family { FORMAT_PICTURE, FORMAT_TABLE, FORMAT_VIDEO, FORMAT_DATA };

struct format {
	const char *name; /* lower case: also the extension */
	const char *mime;
	enum format_family family;
	bool postable; /* else POST answers invalid_choice */
	bool written; /* false: accepted, then fails as unsupported */
	int days; /* lifetime */
};

const struct format *format_of_mime(const char *mime); /* or NULL */
const struct format *format_named(const char *name); /* or NULL */

/* now + days, floored to midnight UTC (spec/exports.md 1.4); microseconds since 1970. */
int64_t format_expires_after_us(const struct format *format, int64_t now_us);
