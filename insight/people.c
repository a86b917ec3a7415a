#include "insight/people.h"

#include <glib.h>
#include <string.h>

static bool read_text(const json_t *query, const char *name, const char **out, struct fault *f)
{
	const json_t *member = json_object_get(query, name);

	if (member && !json_is_null(member) && !json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "%s is not a text", name);
	}
	*out = json_is_string(member) && *json_string_value(member) ? json_string_value(member)
								    : NULL;
	return true;
}

static bool read_cohort(
	const struct kind_context *c, struct filter_reader *r, struct people *out, struct fault *f)
{
	const json_t *member = json_object_get(c->query, "cohort");

	if (!member || json_is_null(member)) {
		return true;
	}
	if (!reference_id(member)) {
		return fault_set(f, FAULT_QUERY, "cohort is not a whole number above 0");
	}
	return cohort_read(reference_id(member), r, &out->cohort, f) || fault_wrap(f, "cohort: ");
}

bool people_read(const struct kind_context *c, struct people *out, struct fault *f)
{
	struct filter_reader reader = {
		.rows = EXPRESSION_OF_PERSONS, .place = &c->place, .references = c->references};

	*out = (struct people){.search = NULL};
	if (!read_text(c->query, "search", &out->search, f) ||
		!read_text(c->query, "distinctId", &out->distinct_id, f) ||
		!read_cohort(c, &reader, out, f)) {
		return false;
	}
	if (!filter_read(&reader, json_object_get(c->query, "properties"), &out->properties, f)) {
		return fault_wrap(f, "properties");
	}
	if (!filter_read(&reader, json_object_get(c->query, "fixedProperties"), &out->fixed, f)) {
		return fault_wrap(f, "fixedProperties");
	}
	return true;
}

void people_finish(struct people *p)
{
	filter_destroy(p->properties);
	filter_destroy(p->fixed);
	cohort_destroy(p->cohort);
}

static void write_of_ids(struct writer *w)
{
	sql_add(w->sql, "persons.id IN (SELECT d.person_id FROM person_distinct_ids AS d"
			" WHERE d.project_id = ");
	writer_project(w);
	sql_add(w->sql, " AND ");
}

static void write_search(const char *search, struct writer *w)
{
	char email[] = "email", name[] = "name";
	char *const keys[] = {email, name};
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(texts, g_strdup(search));
	sql_add(w->sql, " AND (");
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		struct property p = {
			.owner = PROPERTY_OF_person, .key = keys[i], .table = "persons"};

		w->dialect->contains_any(w, &p, texts);
		sql_add(w->sql, " OR ");
	}
	w->dialect->contains(w, "persons.id", search);
	sql_add(w->sql, " OR ");
	write_of_ids(w);
	w->dialect->contains(w, "d.distinct_id", search);
	sql_add(w->sql, "))");
}

void people_write_where(const struct people *p, struct writer *w)
{
	w->person = "persons.id";
	sql_add(w->sql, " WHERE persons.project_id = ");
	writer_project(w);
	filter_write_and(p->properties, w);
	filter_write_and(p->fixed, w);
	if (p->cohort) {
		sql_add(w->sql, " AND ");
		cohort_write(p->cohort, w);
	}
	if (p->distinct_id) {
		sql_add(w->sql, " AND ");
		write_of_ids(w);
		sql_add(w->sql, "d.distinct_id = ");
		sql_param_text(w->sql, p->distinct_id);
		sql_add(w->sql, ")");
	}
	if (p->search) {
		write_search(p->search, w);
	}
}

const char *people_name(const json_t *properties, const char *otherwise)
{
	static const char *const keys[] = {
		"email", "Email", "$email", "name", "Name", "username", "Username", "UserName"};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const char *text = json_get_text(properties, keys[i], "");

		if (strspn(text, " \t\r\n") < strlen(text)) {
			return text;
		}
	}
	return otherwise;
}

bool people_is_id(const char *text)
{
	return g_uuid_string_is_valid(text);
}
