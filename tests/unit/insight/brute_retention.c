#include "tests/unit/insight/brute_retention.h"

#include "tests/unit/insight/world_axis.h"
#include "tests/unit/insight/world_filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COHORTS = 16, MOST_COLUMNS = 16, SPARE_BUCKETS = 30, DAY_TEXT = 10 };

/* What is known of one event. */
struct seen {
	const char *who; /* NULL: it does not count at all */
	int64_t us;
	int period; /* from 0; below it: before the first */
	bool is_bare_target, is_target, is_return;
	char *label;
	double number; /* NAN: none */
};

struct member {
	const char *who, *label;
	int cohort;
	int64_t us;
};

struct column {
	int first, last;
};

struct cell {
	double people, sum, summed;
};

struct split {
	const char *label;
	double size;
	struct cell cells[MOST_COHORTS][MOST_COLUMNS];
};

struct count {
	const struct brute_retention *q;
	struct seen *seen;
	guint seen_count;
	GArray *members; /* struct member */
	struct column columns[MOST_COLUMNS];
	int column_count;
	GPtrArray *splits; /* struct split */
	char *days[MOST_COHORTS];
};

static bool is_sampled(const struct brute_retention *q, const struct world_event *e)
{
	g_autofree char *md5 = g_compute_checksum_for_string(G_CHECKSUM_MD5, e->distinct_id, -1);

	md5[8] = '\0';
	return q->sample >= 1 || (double)g_ascii_strtoull(md5, NULL, 16) < q->sample * 4294967296.0;
}

static bool is_of(const struct brute_entity *entity, const struct world_event *e)
{
	return !entity->event || strcmp(entity->event, e->name) == 0;
}

static double number_of(char *text)
{
	static const char form[] = "^[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d{1,3})?$";
	long double number;

	if (!text || strlen(text) > 64 ||
		!g_regex_match_simple(form, text, G_REGEX_DOLLAR_ENDONLY, 0)) {
		g_free(text);
		return NAN;
	}
	number = strtold(text, NULL);
	g_free(text);
	return fabsl(number) > 1e290L ? NAN : (double)number;
}

static void see(struct count *c, struct world_axis *axis, guint i)
{
	const struct brute_retention *q = c->q;
	const struct world *w = q->world;
	const struct world_event *e = &w->events[i];
	struct seen *s = &c->seen[i];
	bool passes = world_filter_holds(q->filters, w, e);
	int place = world_axis_place(axis, e);

	*s = (struct seen){.us = e->us, .number = NAN};
	if (e->us > axis->to_us || !is_sampled(q, e)) {
		return;
	}
	s->who = q->group < 0 ? e->person : e->groups[q->group];
	if (!*s->who) {
		s->who = NULL;
		return;
	}
	s->period = place < 0 ? -1 : place - (int)axis->days->len + q->count;
	s->is_bare_target = is_of(&q->target, e);
	s->is_target = s->is_bare_target && passes && world_filter_holds(q->target.filters, w, e);
	s->is_return =
		is_of(&q->returning, e) && passes && world_filter_holds(q->returning.filters, w, e);
	if (q->breakdown) {
		s->label = world_filter_text(w, e, q->breakdown_type, 0, q->breakdown);
	}
	s->label = s->label ? s->label : g_strdup("");
	if (q->value) {
		s->number = number_of(world_filter_text(w, e, q->value_type, 0, q->value_key));
	}
}

static void see_all(struct count *c)
{
	const struct brute_retention *q = c->q;
	struct world_dates dates;
	struct world_axis axis;
	int back = q->count + SPARE_BUCKETS;

	(void)g_strlcpy(dates.to, q->to, sizeof dates.to);
	(void)g_snprintf(dates.from, sizeof dates.from, "%.*s", DAY_TEXT, q->to);
	if (strcmp(q->interval, "hour") == 0) {
		world_bucket_step(dates.from, "day", -(back / 24 + 2), dates.from);
	} else {
		world_bucket_step(dates.from, q->interval, -back, dates.from);
	}
	/* Samoa's own day is no beginning. */
	if (!world_has_day(q->world, dates.from)) {
		world_bucket_step(dates.from, "day", -1, dates.from);
	}
	world_axis_open(&axis, q->world, &dates, q->interval);
	g_assert(axis.days->len >= (guint)q->count);
	for (int i = 0; i < q->count; i++) {
		c->days[i] = g_strdup(axis.days->pdata[axis.days->len - (guint)(q->count - i)]);
	}
	c->seen_count = q->world->event_count;
	c->seen = g_new0(struct seen, c->seen_count);
	for (guint i = 0; i < c->seen_count; i++) {
		see(c, &axis, i);
	}
	world_axis_close(&axis);
}

static void add_member(struct count *c, const struct seen *s, const char *label)
{
	struct member m = {.who = s->who, .label = label, .cohort = s->period, .us = s->us};

	g_array_append_val(c->members, m);
}

static bool is_same(const struct seen *a, const struct seen *b)
{
	return a->who && b->who && strcmp(a->who, b->who) == 0;
}

/* The first event of its person, period and value, where there are enough of them. */
static void recur(struct count *c, guint i)
{
	const struct seen *s = &c->seen[i];
	int times = 0;

	for (guint j = 0; j < c->seen_count; j++) {
		const struct seen *other = &c->seen[j];

		if (other->is_target && is_same(s, other) && other->period == s->period &&
			strcmp(other->label, s->label) == 0) {
			if (j < i) {
				return;
			}
			times++;
		}
	}
	if (times >= c->q->occurrences) {
		add_member(c, s, s->label);
	}
}

/* Nothing of its person and kind came earlier; of several at once, the least value. */
static void begin(struct count *c, guint i)
{
	bool is_ever = strcmp(c->q->type, "first_ever_occurrence") == 0;
	const struct seen *s = &c->seen[i];

	for (guint j = 0; j < c->seen_count; j++) {
		const struct seen *other = &c->seen[j];

		if (!is_same(s, other) || i == j) {
			continue;
		}
		if (other->us < s->us && (is_ever ? other->is_bare_target : other->is_target)) {
			return;
		}
		if (other->us == s->us && other->is_target) {
			int order = strcmp(other->label, s->label);

			if (order < 0 || (order == 0 && j < i)) {
				return;
			}
		}
	}
	add_member(c, s, s->label);
}

static void find_members(struct count *c)
{
	c->members = g_array_new(FALSE, TRUE, sizeof(struct member));
	for (guint i = 0; i < c->seen_count; i++) {
		if (!c->seen[i].is_target || c->seen[i].period < 0) {
			continue;
		}
		if (strcmp(c->q->type, "recurring") == 0) {
			recur(c, i);
		} else {
			begin(c, i);
		}
	}
}

static void find_columns(struct count *c)
{
	int first = 1;

	c->columns[c->column_count++] = (struct column){0, 0};
	if (!c->q->brackets[0]) {
		for (int i = 1; i < c->q->count; i++) {
			c->columns[c->column_count++] = (struct column){i, i};
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(c->q->brackets) && c->q->brackets[i]; i++) {
		if (first < c->q->count) {
			c->columns[c->column_count++] =
				(struct column){first, first + c->q->brackets[i] - 1};
		}
		first += c->q->brackets[i];
	}
}

static int64_t length_us(const char *interval)
{
	int64_t hours = strcmp(interval, "hour") == 0   ? 1
			: strcmp(interval, "day") == 0  ? 24
			: strcmp(interval, "week") == 0 ? 7 * 24
							: 30 * 24;

	return hours * 3600 * G_USEC_PER_SEC;
}

/* How many periods after the member's start, or -1. */
static int offset_of(const struct count *c, const struct member *m, const struct seen *s)
{
	if (!s->who || strcmp(s->who, m->who) != 0) {
		return -1;
	}
	if (!c->q->is_rolling) {
		return s->period < m->cohort ? -1 : s->period - m->cohort;
	}
	return s->us < m->us ? -1 : (int)((s->us - m->us) / length_us(c->q->interval));
}

static void count_member(struct count *c, const struct member *m, struct split *split)
{
	int times[MOST_COHORTS] = {0};
	double sums[MOST_COHORTS] = {0}, summed[MOST_COHORTS] = {0};
	int end = c->columns[c->column_count - 1].last;

	for (guint i = 0; i < c->seen_count; i++) {
		const struct seen *s = &c->seen[i];
		int offset = s->is_return ? offset_of(c, m, s) : -1;

		if (offset >= 0 && offset + m->cohort < c->q->count) {
			times[offset]++;
			sums[offset] += isnan(s->number) ? 0 : s->number;
			summed[offset] += !isnan(s->number);
		}
	}
	for (int i = 0; i < c->column_count; i++) {
		struct cell *cell = &split->cells[m->cohort][i];
		int last = c->q->is_cumulative ? end : c->columns[i].last;
		bool is_there = i == 0;

		for (int j = c->columns[i].first; j <= last && j < c->q->count; j++) {
			if (times[j] >= c->q->occurrences) {
				is_there = true;
				cell->sum += sums[j];
				cell->summed += summed[j];
			}
		}
		cell->people += is_there;
	}
	split->size++;
}

static struct split *split_of(struct count *c, const char *label)
{
	struct split *split;

	for (guint i = 0; i < c->splits->len; i++) {
		split = c->splits->pdata[i];
		if (strcmp(split->label, label) == 0) {
			return split;
		}
	}
	split = g_new0(struct split, 1);
	split->label = label;
	g_ptr_array_add(c->splits, split);
	return split;
}

static gint by_size(gconstpointer a, gconstpointer b)
{
	const struct split *x = *(struct split *const *)a, *y = *(struct split *const *)b;

	if (x->size != y->size) {
		return x->size > y->size ? -1 : 1;
	}
	if (!*x->label || !*y->label) {
		return *x->label ? -1 : 1;
	}
	return strcmp(x->label, y->label);
}

static void add_cells(struct split *to, const struct split *from)
{
	for (int i = 0; i < MOST_COHORTS; i++) {
		for (int j = 0; j < MOST_COLUMNS; j++) {
			to->cells[i][j].people += from->cells[i][j].people;
			to->cells[i][j].sum += from->cells[i][j].sum;
			to->cells[i][j].summed += from->cells[i][j].summed;
		}
	}
}

static json_t *cell_json(const struct count *c, const struct cell *cell)
{
	json_int_t people = (json_int_t)floor(cell->people / c->q->sample + 0.5);
	double value = cell->sum / c->q->sample;

	if (!c->q->value) {
		return json_integer(people);
	}
	if (strcmp(c->q->value, "avg") == 0) {
		value = cell->summed > 0 ? cell->sum / cell->summed : 0;
	}
	return json_pack("[I, f]", people, value);
}

static void append(
	const struct count *c, const struct split *split, const char *key, json_t *results)
{
	for (int i = 0; i < c->q->count; i++) {
		json_t *values = json_array();

		for (int j = 0; j < c->column_count; j++) {
			if (i + c->columns[j].first < c->q->count) {
				json_array_append_new(values, cell_json(c, &split->cells[i][j]));
			}
		}
		json_array_append_new(results, json_pack("{s:s?, s:s#, s:o}", "key", key, "day",
						       c->days[i], DAY_TEXT, "values", values));
	}
}

static void append_splits(struct count *c, json_t *results)
{
	struct split *none = NULL, *other = g_new0(struct split, 1);

	g_ptr_array_sort(c->splits, by_size);
	for (guint i = 0; i < c->splits->len; i++) {
		struct split *split = c->splits->pdata[i];

		if (i >= (guint)c->q->limit) {
			add_cells(other, split);
		} else if (!*split->label) {
			none = split;
		} else {
			append(c, split, split->label, results);
		}
	}
	if (none) {
		append(c, none, "$$_posthog_breakdown_null_$$", results);
	}
	if (c->splits->len > (guint)c->q->limit && !c->q->hides_other) {
		append(c, other, "$$_posthog_breakdown_other_$$", results);
	}
	g_free(other);
}

json_t *brute_retention(const struct brute_retention *q)
{
	struct count c = {.q = q, .splits = g_ptr_array_new_with_free_func(g_free)};
	json_t *results = json_array();

	see_all(&c);
	find_columns(&c);
	find_members(&c);
	for (guint i = 0; i < c.members->len; i++) {
		const struct member *m = &g_array_index(c.members, struct member, i);

		count_member(&c, m, split_of(&c, m->label));
	}
	if (q->breakdown) {
		append_splits(&c, results);
	} else {
		append(&c, split_of(&c, ""), NULL, results);
	}
	for (guint i = 0; i < c.seen_count; i++) {
		g_free(c.seen[i].label);
	}
	for (int i = 0; i < q->count; i++) {
		g_free(c.days[i]);
	}
	g_free(c.seen);
	g_array_unref(c.members);
	g_ptr_array_unref(c.splits);
	return results;
}
