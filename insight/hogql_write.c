#include "insight/hogql_write.h"

#include <string.h>

enum { TIME_BYTES = 64 };

void hogql_writer_init(struct hogql_writer *hw, struct writer *w)
{
	*hw = (struct hogql_writer){
		.w = w, .params = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
}

void hogql_writer_finish(struct hogql_writer *hw)
{
	g_hash_table_unref(hw->params);
}

void hogql_bind(struct hogql_writer *hw, const char *value, const char *cast)
{
	g_autofree char *key = g_strconcat(cast, value ? ":" : "", value, NULL);
	int number = GPOINTER_TO_INT(g_hash_table_lookup(hw->params, key));

	if (number) {
		sql_addf(hw->w->sql, "$%d::%s", number, cast);
		return;
	}
	number = sql_param_count(hw->w->sql) + 1;
	sql_param_as(hw->w->sql, value, cast);
	g_hash_table_insert(hw->params, g_steal_pointer(&key), GINT_TO_POINTER(number));
}

static void bind_wall(struct hogql_writer *hw, int64_t us, const char *cast)
{
	struct calendar_date d = calendar_split(us);
	char text[TIME_BYTES];

	g_snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:%02d.%06d%s", d.year, d.month,
		d.day, d.hour, d.minute, d.second, d.us, strcmp(cast, "timestamp") ? "+00" : "");
	hogql_bind(hw, text, cast);
}

static void write_condition(struct hogql_writer *hw, const struct hogql_filling *filling,
	const char *before, const char *after)
{
	if (filling->call && filling->call->condition) {
		sql_add(hw->w->sql, before);
		hogql_write_as(hw, filling->call->condition, HOGQL_BOOLEAN);
		sql_add(hw->w->sql, after);
	}
}

static void write_slot(struct hogql_writer *hw, const struct hogql_slot *slot)
{
	if (slot->form != FORM_NONE) {
		struct hogql_slot inner = *slot;
		struct hogql_filling filling = {.slots = &inner, .count = 1};

		inner.form = FORM_NONE;
		hogql_write_form(hw, slot->form, &filling);
	} else if (slot->raw) {
		sql_add(hw->w->sql, slot->raw);
	} else if (slot->is_regex) {
		g_autofree char *pattern = hw->w->dialect->pattern(slot->node->text);

		hogql_bind(hw, pattern, "text");
	} else {
		hogql_write_as(hw, slot->node, slot->kind);
	}
}

static void write_all(
	struct hogql_writer *hw, const struct hogql_filling *filling, const char *between)
{
	for (unsigned i = 0; i < filling->count; i++) {
		sql_add(hw->w->sql, i ? between : "");
		write_slot(hw, &filling->slots[i]);
	}
}

static void write_mark(struct hogql_writer *hw, char mark, const struct hogql_filling *filling)
{
	struct sql *sql = hw->w->sql;

	switch (mark) {
	case '*':
		write_all(hw, filling, ", ");
		break;
	case '&':
		write_all(hw, filling, " AND ");
		break;
	case '|':
		write_all(hw, filling, " OR ");
		break;
	case 'c':
		if (filling->is_text) {
			sql_addf(sql, " %s", hw->w->dialect->byte_order);
		}
		break;
	case 'd':
		sql_add(sql, filling->call && filling->call->is_distinct ? "DISTINCT " : "");
		break;
	case 'f':
		write_condition(hw, filling, " FILTER (WHERE ", ")");
		break;
	case 'i':
		write_condition(hw, filling, " AND (", ")");
		break;
	case 'o':
		if (filling->call && filling->call->over) {
			hogql_write_over(hw, filling->call->over);
		}
		break;
	case 'z':
		hogql_bind(hw, hw->w->env->timezone, "text");
		break;
	case 'n':
		bind_wall(hw, hw->w->env->now_us, "timestamptz");
		break;
	case 't':
		sql_add(sql, hw->w->dialect->types[filling->element]);
		break;
	default:
		write_slot(hw, &filling->slots[mark - '1']);
		break;
	}
}

static void write_pattern(
	struct hogql_writer *hw, const char *pattern, const struct hogql_filling *filling)
{
	const char *c = pattern;

	while (*c && !hw->is_full) {
		size_t length = strcspn(c, "@");

		if (length > 0) {
			g_autofree char *plain = g_strndup(c, length);

			sql_add(hw->w->sql, plain);
			c += length;
		} else if (c[1] == '}') {
			c += strlen("@}");
		} else if (c[1] == '{') {
			bool is_there = (unsigned)(c[2] - '0') <= filling->count;

			c = is_there ? c + strlen("@{3:") : strstr(c, "@}");
		} else {
			write_mark(hw, c[1], filling);
			c += 2;
		}
	}
}

void hogql_write_form(
	struct hogql_writer *hw, enum hogql_form form, const struct hogql_filling *filling)
{
	if (++hw->written > HOGQL_MAX_WRITTEN) {
		hw->is_full = true;
		return;
	}
	write_pattern(hw, hw->w->dialect->forms[form], filling);
}

static void fill(struct hogql_writer *hw, enum hogql_form form, struct hogql_slot slot)
{
	struct hogql_filling filling = {.slots = &slot, .count = 1};

	hogql_write_form(hw, form, &filling);
}

/* The form that makes one kind of another; FORM_NONE where nothing need be done. */
static enum hogql_form become(enum hogql_kind from, enum hogql_kind to)
{
	if (hogql_kind_is_text(to)) {
		return hogql_kind_is_number(from) ? FORM_number_text
		       : from == HOGQL_INSTANT    ? FORM_time_text
		       : from == HOGQL_DATE       ? FORM_date_text
		       : from == HOGQL_BOOLEAN    ? FORM_boolean_text
		       : from == HOGQL_UUID       ? FORM_uuid_text
		       : from == HOGQL_JSON       ? FORM_json_text
		       : from == HOGQL_ARRAY      ? FORM_array_text
						  : FORM_NONE;
	}
	if (hogql_kind_is_number(to)) {
		return hogql_kind_is_text(from) ? FORM_text_number
		       : from == HOGQL_BOOLEAN  ? FORM_boolean_number
		       : from == HOGQL_INSTANT  ? FORM_time_number
		       : from == HOGQL_DATE     ? FORM_date_number
						: FORM_NONE;
	}
	if (to == HOGQL_BOOLEAN) {
		return hogql_kind_is_text(from)     ? FORM_text_boolean
		       : hogql_kind_is_number(from) ? FORM_number_boolean
						    : FORM_NONE;
	}
	if (to == HOGQL_DATE) {
		return from == HOGQL_INSTANT ? FORM_time_date : FORM_NONE;
	}
	if (to == HOGQL_INSTANT) {
		return from == HOGQL_DATE           ? FORM_date_time
		       : hogql_kind_is_text(from)   ? FORM_text_time
		       : hogql_kind_is_number(from) ? FORM_number_time
						    : FORM_NONE;
	}
	return FORM_NONE;
}

void hogql_write_raw(
	struct hogql_writer *hw, const char *raw, enum hogql_kind from, enum hogql_kind to)
{
	enum hogql_form form = become(from, to);

	if (form == FORM_NONE) {
		sql_add(hw->w->sql, raw);
	} else {
		fill(hw, form, (struct hogql_slot){.raw = raw});
	}
}

static void write_date(struct hogql_writer *hw, const struct hogql_node *node)
{
	struct hogql_filling none = {.count = 0};

	if (node->date.form == DATE_INSTANT) {
		bind_wall(hw, node->date.us, "timestamptz");
		return;
	}
	sql_add(hw->w->sql, "(");
	bind_wall(hw, node->date.us, "timestamp");
	hogql_write_form(hw, FORM_wall_time, &none);
	sql_add(hw->w->sql, ")");
}

/* Of an array's type the other values beside it say more than its kind. */
static void write_null(struct hogql_writer *hw, enum hogql_kind kind)
{
	if (kind == HOGQL_ARRAY) {
		sql_add(hw->w->sql, "NULL");
	} else {
		hogql_bind(hw, NULL, hw->w->dialect->types[kind]);
	}
}

/* A date of a text or a number is the date of the time that it is. */
static bool goes_by_time(enum hogql_kind from, enum hogql_kind to)
{
	return to == HOGQL_DATE && (hogql_kind_is_text(from) || hogql_kind_is_number(from));
}

void hogql_write_as(struct hogql_writer *hw, const struct hogql_node *node, enum hogql_kind kind)
{
	enum hogql_kind own = node->type.kind;

	if (hw->is_full) {
		return;
	}
	if (node->shape == NODE_TEXT && node->date.form != DATE_ABSENT &&
		hogql_kind_is_time(kind)) {
		own = HOGQL_INSTANT;
		if (kind == HOGQL_INSTANT) {
			write_date(hw, node);
			return;
		}
	}
	if (own == HOGQL_NULL) {
		write_null(hw, kind);
	} else if (goes_by_time(own, kind)) {
		fill(hw, FORM_time_date, (struct hogql_slot){.node = node, .kind = HOGQL_INSTANT});
	} else {
		enum hogql_form form = become(own, kind);

		if (form == FORM_NONE) {
			hogql_write_node(hw, node);
		} else {
			fill(hw, form, (struct hogql_slot){.node = node, .kind = own});
		}
	}
}

/* Texts that become numbers have few digits, counts and times too; only arithmetic goes further. */
enum hogql_form hogql_real_form(const struct hogql_node *node)
{
	enum hogql_kind kind = node->type.kind;

	return kind == HOGQL_REAL || kind == HOGQL_INTEGER ? FORM_real : FORM_real_plain;
}

bool hogql_is_nullable_as(const struct hogql_node *node, enum hogql_kind kind)
{
	return node->type.is_nullable ||
	       (hogql_kind_is_text(node->type.kind) && !hogql_kind_is_text(kind) &&
		       !(node->shape == NODE_TEXT && hogql_kind_is_time(kind)));
}

/* Where a statement has no join for it, the person of an event is looked up. */
static void write_looked_up(struct hogql_writer *hw, const struct hogql_node *node)
{
	const char *events = node->table->sql_name, *sql = node->column->sql;

	if (node->column->via == VIA_PERSON) {
		sql_addf(hw->w->sql,
			"(SELECT persons.%s FROM persons WHERE persons.project_id = %s.project_id"
			" AND persons.id = %s.person_id)",
			sql, events, events);
	} else {
		sql_addf(hw->w->sql,
			"(SELECT groups.%s FROM groups WHERE groups.project_id = %s.project_id"
			" AND groups.group_type_index = %u AND groups.group_key = %s.group_%u)",
			sql, events, node->column->group, events, node->column->group);
	}
}

static void write_column(struct hogql_writer *hw, const struct hogql_node *node)
{
	const struct hogql_table *table = node->table;

	switch (node->column->via) {
	case VIA_ITSELF:
		sql_addf(hw->w->sql, "%s.%s", table->sql_name, node->column->sql);
		return;
	case VIA_PERSON:
		if (table->may_join) {
			sql_addf(hw->w->sql, "%s_person.%s", table->sql_name, node->column->sql);
			return;
		}
		break;
	case VIA_GROUP:
		if (table->may_join) {
			sql_addf(hw->w->sql, "%s_group_%u.%s", table->sql_name, node->column->group,
				node->column->sql);
			return;
		}
		break;
	}
	write_looked_up(hw, node);
}

static void write_path(struct hogql_writer *hw, const struct hogql_node *node, bool as_json)
{
	struct sql *sql = hw->w->sql;
	const char *operator=
		hw->w->dialect->forms[node->names->len == 1
					      ? (as_json ? FORM_path_json : FORM_path_text)
					      : (as_json ? FORM_path_deep_json
							 : FORM_path_deep_text)];

	sql_add(sql, "(");
	hogql_write_node(hw, hogql_arg(node, 0));
	sql_add(sql, operator);
	for (guint i = 0; i < node->names->len; i++) {
		sql_add(sql, i ? ", " : "");
		hogql_bind(hw, g_ptr_array_index(node->names, i), "text");
	}
	sql_add(sql, node->names->len == 1 ? ")" : "])");
}

static void write_array(struct hogql_writer *hw, const struct hogql_node *node)
{
	guint count = hogql_arg_count(node);
	struct hogql_slot *slots = g_new0(struct hogql_slot, count + 1);
	struct hogql_filling filling = {
		.slots = slots, .count = count, .element = node->type.element};

	for (guint i = 0; i < count; i++) {
		slots[i] =
			(struct hogql_slot){.node = hogql_arg(node, i), .kind = node->type.element};
	}
	hogql_write_form(hw, FORM_array_of, &filling);
	g_free(slots);
}

static void write_filters(struct hogql_writer *hw)
{
	sql_add(hw->w->sql, "(TRUE");
	if (hw->filters) {
		hw->filters(hw->filters_context, hw->w);
	}
	sql_add(hw->w->sql, ")");
}

void hogql_write_node(struct hogql_writer *hw, const struct hogql_node *node)
{
	if (hw->is_full || ++hw->written > HOGQL_MAX_WRITTEN) {
		hw->is_full = true;
		return;
	}
	switch (node->shape) {
	case NODE_NUMBER:
		hogql_bind(hw, node->text, "numeric");
		return;
	case NODE_TEXT:
		if (node->type.kind == HOGQL_INSTANT) {
			write_date(hw, node);
		} else {
			hogql_bind(hw, node->text, "text");
		}
		return;
	case NODE_TRUE:
	case NODE_FALSE:
		/* Bound, for a bare constant is no order. */
		hogql_bind(hw, node->shape == NODE_TRUE ? "true" : "false", "boolean");
		return;
	case NODE_NULL:
		write_null(hw, node->type.kind);
		return;
	case NODE_COLUMN:
		write_column(hw, node);
		return;
	case NODE_PATH:
		write_path(hw, node, node->type.kind == HOGQL_JSON);
		return;
	case NODE_ALIAS:
		hogql_write_node(hw, hogql_arg(node, 0));
		return;
	case NODE_CALL:
		hogql_write_call(hw, node);
		return;
	case NODE_ARRAY:
		write_array(hw, node);
		return;
	case NODE_SUBQUERY:
		sql_add(hw->w->sql, "(");
		hogql_write_query(hw, node->query);
		sql_add(hw->w->sql, ")");
		return;
	case NODE_FILTERS:
		write_filters(hw);
		return;
	case NODE_LIST:
	case NODE_NAME:
	case NODE_STAR:
	case NODE_PLACEHOLDER:
		break;
	}
}
