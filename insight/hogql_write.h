/* A resolved tree as SQL, through the forms of a dialect.
 *
 * Text of the query never becomes text of the statement: constants and names of properties are
 * bound, each once however often it stands there, so that a grouped expression reads the same
 * wherever it is repeated.  hogql_write.c has values, hogql_write_call.c calls,
 * hogql_write_select.c whole queries. */
#pragma once
#include "insight/dialect.h"
#include "insight/hogql_node.h"

struct hogql_writer {
	struct writer *w;
	GHashTable *params; /* "cast:value" to the placeholder's number */
	unsigned written;
	bool is_full; /* HOGQL_MAX_WRITTEN was passed; what was written is of no use */
	/* What {filters} stands for: " AND …" over the table events. */
	void (*filters)(const void *context, struct writer *w);
	const void *filters_context;
};

void hogql_writer_init(struct hogql_writer *hw, struct writer *w);
void hogql_writer_finish(struct hogql_writer *hw);

void hogql_write_node(struct hogql_writer *hw, const struct hogql_node *node);
/* As the kind that is wanted; null where a text is none. */
void hogql_write_as(struct hogql_writer *hw, const struct hogql_node *node, enum hogql_kind kind);
void hogql_write_query(struct hogql_writer *hw, const struct hogql_query *query);
/* " LEFT JOIN …" of the persons and groups that names speak of by way of this table. */
void hogql_write_related(struct hogql_writer *hw, const struct hogql_table *table);

/* What a form is filled with: a node as a kind, or a text of ours. */
struct hogql_slot {
	const struct hogql_node *node;
	enum hogql_kind kind;
	const char *raw; /* in place of the node */
	enum hogql_form form; /* put around it; FORM_NONE */
	bool is_regex; /* spelled as the database does */
};

struct hogql_filling {
	const struct hogql_slot *slots;
	unsigned count;
	const struct hogql_node *call; /* whose condition and OVER are written; or NULL */
	bool is_text; /* @c: compared by bytes */
	enum hogql_kind element; /* @t */
};

/* Fills the dialect's form: @1 … @9 slots; @* all, with commas; @& and @| all, with AND and OR;
 * @{3:…@} only where there is a third; @c the order of bytes, of texts; @d DISTINCT; @f FILTER and
 * @i " AND …" with the condition of sumIf; @o OVER; @z the zone; @n now; @t the element's type. */
void hogql_write_form(
	struct hogql_writer *hw, enum hogql_form form, const struct hogql_filling *filling);

/* Between the files. */
void hogql_write_call(struct hogql_writer *hw, const struct hogql_node *node);
void hogql_write_over(struct hogql_writer *hw, const struct hogql_over *over);
void hogql_write_order(struct hogql_writer *hw, const struct hogql_order *order);
void hogql_bind(struct hogql_writer *hw, const char *value, const char *cast);
void hogql_write_raw(
	struct hogql_writer *hw, const char *raw, enum hogql_kind from, enum hogql_kind to);
/* The form that makes a float8 of the node as a number. */
enum hogql_form hogql_real_form(const struct hogql_node *node);
/* Whether a node may be null once it is of the kind. */
bool hogql_is_nullable_as(const struct hogql_node *node, enum hogql_kind kind);
