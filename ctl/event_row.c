#include "ctl/event_row.h"

#include "lib/base/json.h"

#include <inttypes.h>
#include <string.h>

/* Indexes hold names and ids, and a page of an index holds no more than a third of itself. */
enum { NAME_MAX_CHARACTERS = 400 };

static const struct json_limits properties_limits = {(size_t)4 * 1024 * 1024, 64};

typedef bool (*write_fn)(GString *copy, const struct cell *cell, struct fault *f);

static void write_escaped(GString *copy, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		switch (text[i]) {
		case '\\':
			g_string_append(copy, "\\\\");
			break;
		case '\n':
			g_string_append(copy, "\\n");
			break;
		case '\r':
			g_string_append(copy, "\\r");
			break;
		case '\t':
			g_string_append(copy, "\\t");
			break;
		default:
			g_string_append_c(copy, text[i]);
			break;
		}
	}
}

static bool write_uuid(GString *copy, const struct cell *cell, struct fault *f)
{
	if (!g_uuid_string_is_valid(cell->text)) {
		return fault_set(f, FAULT_INPUT, "\"%.80s\" is no UUID", cell->text);
	}
	g_string_append(copy, cell->text);
	return true;
}

static bool write_group(GString *copy, const struct cell *cell, struct fault *f)
{
	if (g_utf8_strlen(cell->text, (gssize)cell->length) > NAME_MAX_CHARACTERS) {
		return fault_set(
			f, FAULT_INPUT, "is longer than %d characters", NAME_MAX_CHARACTERS);
	}
	write_escaped(copy, cell->text, cell->length);
	return true;
}

static bool write_name(GString *copy, const struct cell *cell, struct fault *f)
{
	if (cell->length == 0) {
		return fault_set(f, FAULT_INPUT, "is empty");
	}
	return write_group(copy, cell, f);
}

static bool write_time(GString *copy, const struct cell *cell, struct fault *f)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) given = g_date_time_new_from_iso8601(cell->text, utc);
	g_autoptr(GDateTime) at = given ? g_date_time_to_timezone(given, utc) : NULL;

	if (!at) {
		return fault_set(f, FAULT_INPUT,
			"\"%.80s\" is no timestamp such as 2026-01-31T09:30:00Z", cell->text);
	}
	g_string_append_printf(copy, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
		g_date_time_get_year(at), g_date_time_get_month(at),
		g_date_time_get_day_of_month(at), g_date_time_get_hour(at),
		g_date_time_get_minute(at), g_date_time_get_second(at),
		g_date_time_get_microsecond(at));
	return true;
}

static bool write_object(GString *copy, const struct cell *cell, struct fault *f)
{
	json_t *value;
	bool is_object;

	if (cell->length == 0) {
		g_string_append(copy, "{}");
		return true;
	}
	if (!json_read(cell->text, cell->length, &properties_limits, &value, f)) {
		return fault_wrap(f, "is no JSON: ");
	}
	is_object = json_is_object(value);
	json_decref(value);
	if (!is_object) {
		return fault_set(f, FAULT_INPUT, "is JSON but no object");
	}
	write_escaped(copy, cell->text, cell->length);
	return true;
}

/* In the order of the lines for COPY. */
static const struct column {
	const char *name, *type;
	bool required;
	const char *otherwise; /* what a file without the column means */
	write_fn write;
} columns[] = {
	{"uuid", "uuid", true, NULL, write_uuid},
	{"event", "text", true, NULL, write_name},
	{"distinct_id", "text", true, NULL, write_name},
	{"timestamp", "timestamptz", true, NULL, write_time},
	{"properties", "jsonb", false, "{}", write_object},
	{"group_0", "text", false, "", write_group},
	{"group_1", "text", false, "", write_group},
	{"group_2", "text", false, "", write_group},
	{"group_3", "text", false, "", write_group},
	{"group_4", "text", false, "", write_group},
};

enum { DISTINCT_ID = 2 };

char *event_row_table_sql(void)
{
	GString *sql = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
		g_string_append_printf(sql, "\"%s\" %s, ", columns[i].name, columns[i].type);
	}
	g_string_append(sql, "person_id uuid");
	return g_string_free(sql, FALSE);
}

static int column_named(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
		if (strcmp(columns[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

bool event_columns_read(struct event_columns *c, int64_t project_id, const struct table_row *header,
	struct fault *f)
{
	bool seen[G_N_ELEMENTS(columns)] = {false};

	c->project_id = project_id;
	c->count = header->cell_count;
	for (size_t i = 0; i < header->cell_count; i++) {
		const struct cell *cell = &header->cells[i];

		c->at[i] = column_named(cell->text);
		if (c->at[i] < 0) {
			fault_set(f, FAULT_INPUT,
				"\"%.80s\" is no column of events: uuid, event, distinct_id, "
				"timestamp, properties, group_0 … group_4",
				cell->text);
			return table_place(f, cell, i, NULL);
		}
		if (seen[c->at[i]]) {
			fault_set(f, FAULT_INPUT, "is there twice");
			return table_place(f, cell, i, cell->text);
		}
		seen[c->at[i]] = true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
		if (columns[i].required && !seen[i]) {
			return fault_set(f, FAULT_INPUT,
				"line %" PRIu64 ": the header has no column \"%s\"", header->line,
				columns[i].name);
		}
	}
	return true;
}

void event_person_id(int64_t project_id, const char *distinct_id, char out[37])
{
	/* A name-based UUID (RFC 4122, version 5) in a namespace of our own. */
	static const guint8 name_space[16] = {0x5f, 0x0c, 0x1d, 0x7a, 0x36, 0x0e, 0x4b, 0x52, 0x9d,
		0x41, 0x70, 0x6c, 0x61, 0x74, 0x65, 0x6e};
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
	g_autofree char *name = g_strdup_printf("%" PRId64 ":%s", project_id, distinct_id);
	guint8 d[20];
	gsize length = sizeof d;

	g_checksum_update(sum, name_space, sizeof name_space);
	g_checksum_update(sum, (const guchar *)name, -1);
	g_checksum_get_digest(sum, d, &length);
	d[6] = (guint8)((d[6] & 0x0f) | 0x50);
	d[8] = (guint8)((d[8] & 0x3f) | 0x80);
	g_snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12],
		d[13], d[14], d[15]);
}

static bool write_line(
	const struct event_columns *c, const struct table_row *row, GString *copy, struct fault *f)
{
	const struct cell *by_column[G_N_ELEMENTS(columns)] = {NULL};
	size_t place[G_N_ELEMENTS(columns)] = {0};
	char person_id[37];

	for (size_t i = 0; i < row->cell_count; i++) {
		by_column[c->at[i]] = &row->cells[i];
		place[c->at[i]] = i;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
		if (!by_column[i]) {
			g_string_append(copy, columns[i].otherwise);
		} else if (!columns[i].write(copy, by_column[i], f)) {
			return table_place(f, by_column[i], place[i], columns[i].name);
		}
		g_string_append_c(copy, '\t');
	}
	event_person_id(c->project_id, by_column[DISTINCT_ID]->text, person_id);
	g_string_append(copy, person_id);
	g_string_append_c(copy, '\n');
	return true;
}

bool event_row_write(
	const struct event_columns *c, const struct table_row *row, GString *copy, struct fault *f)
{
	size_t before = copy->len;

	if (row->cell_count != c->count) {
		/* The place is the first cell too many, or the last one that is there. */
		size_t last = MIN(row->cell_count, c->count + 1) - 1;

		fault_set(f, FAULT_INPUT, "the row has %zu cells, the header %zu", row->cell_count,
			c->count);
		return table_place(f, &row->cells[last], last, NULL);
	}
	if (!write_line(c, row, copy, f)) {
		g_string_truncate(copy, before);
		return false;
	}
	return true;
}
