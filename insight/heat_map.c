#include "insight/heat_map.h"

#include <glib.h>
#include <math.h>

enum { DAY_HOURS = 24, WEEK_DAYS = 7, WEEK_HOURS = DAY_HOURS * WEEK_DAYS };
enum { COLUMN_LEVEL, COLUMN_PLACE, COLUMN_NUMBER, COLUMN_COUNT };
enum level { LEVEL_CELL, LEVEL_DAY, LEVEL_HOUR, LEVEL_ALL, LEVEL_COUNT };

static const size_t level_sizes[LEVEL_COUNT] = {WEEK_HOURS, WEEK_DAYS, DAY_HOURS, 1};

struct heat {
	double numbers[LEVEL_COUNT][WEEK_HOURS];
};

bool heat_map_check(const struct series *s, struct fault *f)
{
	if (s->math->shape == MATH_ROWS || s->math->shape == MATH_ACTORS) {
		return true;
	}
	return fault_set(f, FAULT_UNSUPPORTED,
		"series[%zu].math: a heat map of '%s' is not computed here", s->order,
		s->math->name);
}

static void write_rows(struct writer *w, const struct series *s, const struct scope *scope,
	const struct window *window)
{
	scope_write_rows(scope, w, window->range.from_us, window->range.to_us);
	sql_add(w->sql, " AND ");
	entity_write(&s->entity, w);
}

/* (h, who): sessions, and events that belong to none, which stand for themselves. */
static void write_visits(struct writer *w, const struct series *s, const struct scope *scope,
	const struct window *window)
{
	sql_add(w->sql, "SELECT ");
	w->dialect->hour_of_week(w, "visit.at");
	sql_add(w->sql, " AS h, visit.who FROM (SELECT ");
	sql_add(w->sql, "sessions.start AS at, known.who FROM (SELECT ");
	w->dialect->session(w);
	sql_add(w->sql, " AS session, ");
	scope_write_actor(scope, w);
	sql_add(w->sql, " AS who");
	write_rows(w, s, scope, window);
	sql_add(w->sql, " AND ");
	w->dialect->session(w);
	sql_add(w->sql, " IS NOT NULL GROUP BY session, who) AS known JOIN ");
	w->dialect->sessions(w, NULL, window->range.from_us - session_margin_us,
		window->range.to_us + session_margin_us);
	sql_add(w->sql, " AS sessions ON sessions.id = known.session UNION ALL"
			" SELECT events.\"timestamp\", ");
	scope_write_actor(scope, w);
	write_rows(w, s, scope, window);
	sql_add(w->sql, " AND ");
	w->dialect->session(w);
	sql_add(w->sql, " IS NULL) AS visit GROUP BY h, visit.who");
}

static void write_people(struct writer *w, const struct series *s, const struct scope *scope,
	const struct window *window)
{
	sql_add(w->sql, "WITH seen AS (");
	write_visits(w, s, scope, window);
	sql_add(w->sql,
		") SELECT 0 AS level, h AS place, count(*) AS n FROM seen GROUP BY h"
		" UNION ALL SELECT 1, d, count(*) FROM (SELECT floor(h / 24) AS d, who FROM seen"
		" GROUP BY d, who) AS days GROUP BY d"
		" UNION ALL SELECT 2, h, count(*) FROM (SELECT seen.h % 24 AS h, who FROM seen"
		" GROUP BY seen.h % 24, who) AS hours GROUP BY h"
		" UNION ALL SELECT 3, 0, count(*) FROM (SELECT who FROM seen GROUP BY who) AS people");
}

struct sql *heat_map_statement(const struct series *s, const struct scope *scope,
	const struct window *window, const struct kind_context *c)
{
	struct writer w = writer_open(c->dialect, c->env, NULL);

	if (s->math->shape == MATH_ACTORS) {
		write_people(&w, s, scope, window);
		return w.sql;
	}
	sql_add(w.sql, "SELECT 0 AS level, ");
	w.dialect->hour_of_week(&w, "events.\"timestamp\"");
	sql_add(w.sql, " AS place, count(*) AS n");
	write_rows(&w, s, scope, window);
	sql_add(w.sql, " GROUP BY place");
	return w.sql;
}

/* Events add up; people do not. */
static void add_up(struct heat *h)
{
	for (size_t i = 0; i < WEEK_HOURS; i++) {
		double n = h->numbers[LEVEL_CELL][i];

		h->numbers[LEVEL_DAY][i / DAY_HOURS] += n;
		h->numbers[LEVEL_HOUR][i % DAY_HOURS] += n;
		h->numbers[LEVEL_ALL][0] += n;
	}
}

static json_t *number_json(double number)
{
	return number == floor(number) ? json_integer((json_int_t)number) : json_real(number);
}

static json_t *list_of(const struct heat *h, enum level level)
{
	json_t *list = json_array();

	for (size_t i = 0; i < level_sizes[level]; i++) {
		json_t *item;

		if (h->numbers[level][i] == 0) {
			continue;
		}
		item = json_object();
		if (level != LEVEL_HOUR) {
			size_t day = level == LEVEL_CELL ? i / DAY_HOURS : i;

			json_object_set_new(item, "row", json_integer((json_int_t)day + 1));
		}
		if (level != LEVEL_DAY) {
			json_object_set_new(
				item, "column", json_integer((json_int_t)(i % DAY_HOURS)));
		}
		json_object_set_new(item, "value", number_json(h->numbers[level][i]));
		json_array_append_new(list, item);
	}
	return list;
}

static bool read_row(
	struct heat *h, const struct rows *rows, size_t row, double scale, struct fault *f)
{
	int64_t level = rows_int(rows, row, COLUMN_LEVEL, -1);
	int64_t place = rows_int(rows, row, COLUMN_PLACE, -1);

	if (rows->column_count != COLUMN_COUNT || level < 0 || level >= LEVEL_COUNT || place < 0 ||
		(size_t)place >= level_sizes[level]) {
		return fault_set(
			f, FAULT_BUG, "row %zu of a heat map is not one that was asked for", row);
	}
	h->numbers[level][place] = rows_real(rows, row, COLUMN_NUMBER, 0) * scale;
	return true;
}

bool heat_map_read(const struct series *s, const struct scope *scope, const struct rows *rows,
	json_t **out, struct fault *f)
{
	struct heat h = {0};

	for (size_t i = 0; i < rows->row_count; i++) {
		if (!read_row(&h, rows, i, s->multiplier / scope->sample, f)) {
			return false;
		}
	}
	if (s->math->shape == MATH_ROWS) {
		add_up(&h);
	}
	*out = json_pack("{s:o, s:o, s:o, s:o}", "data", list_of(&h, LEVEL_CELL), "rowAggregations",
		list_of(&h, LEVEL_DAY), "columnAggregations", list_of(&h, LEVEL_HOUR),
		"allAggregations", number_json(h.numbers[LEVEL_ALL][0]));
	return true;
}
