#include "insight/breakdown.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

/* What a part is read from: breakdownFilter itself and its members, or one of its breakdowns. */
struct names {
	const char *property, *type, *group_index, *bins, *trims_urls;
};

static const struct names of_filter = {.property = "breakdown",
	.type = "breakdown_type",
	.group_index = "breakdown_group_type_index",
	.bins = "breakdown_histogram_bin_count",
	.trims_urls = "breakdown_normalize_url"};
static const struct names of_part = {.property = "property",
	.type = "type",
	.group_index = "group_type_index",
	.bins = "histogram_bin_count",
	.trims_urls = "normalize_url"};

static bool read_count(const json_t *object, const char *key, int most, int *out, struct fault *f)
{
	const json_t *member = json_object_get(object, key);

	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_integer(member) || json_integer_value(member) < 1 ||
		json_integer_value(member) > most) {
		g_autofree char *text = json_write(member);

		return fault_set(f, FAULT_QUERY, "%s: %.40s is not a whole number from 1 to %d",
			key, text, most);
	}
	*out = (int)json_integer_value(member);
	return true;
}

static bool read_type(
	const json_t *object, const struct names *names, const char **out, struct fault *f)
{
	const json_t *type = json_object_get(object, names->type);

	*out = json_is_string(type) ? json_string_value(type) : "event";
	if (type && !json_is_null(type) && !json_is_string(type)) {
		return fault_set(f, FAULT_QUERY, "%s is not a text", names->type);
	}
	return true;
}

static bool read_cohort(const json_t *value, const char *field, struct filter_reader *r,
	struct breakdown *out, struct fault *f)
{
	struct breakdown_cohort *cohort = &out->cohorts[out->cohort_count];
	const json_t *definition;

	if (json_is_string(value) && strcmp(json_string_value(value), "all") == 0) {
		*cohort = (struct breakdown_cohort){.name = "all users"};
		out->cohort_count++;
		return true;
	}
	cohort->id = reference_id(value);
	if (!cohort->id) {
		return fault_set(
			f, FAULT_QUERY, "%s: a cohort is a whole number above 0 or \"all\"", field);
	}
	out->cohort_count++;
	if (!cohort_read(cohort->id, r, &cohort->condition, f)) {
		return fault_wrap(f, "%s: ", field);
	}
	definition = references_cohort(r->references, cohort->id);
	cohort->name = json_get_text(definition, "name", "Untitled");
	return true;
}

static bool read_cohorts(const json_t *value, const char *field, struct filter_reader *r,
	struct breakdown *out, struct fault *f)
{
	const json_t *member;
	size_t i;

	out->is_set = true;
	if (!json_is_array(value)) {
		return read_cohort(value, field, r, out, f);
	}
	if (json_array_size(value) == 0 || json_array_size(value) > BREAKDOWN_MAX_COHORTS) {
		return fault_set(f, FAULT_QUERY, "%s: %zu cohorts are not 1 to %d", field,
			json_array_size(value), BREAKDOWN_MAX_COHORTS);
	}
	json_array_foreach(value, i, member)
	{
		if (!read_cohort(member, field, r, out, f)) {
			return false;
		}
	}
	return true;
}

static bool read_expression(const json_t *object, const struct names *names, const char *text,
	struct breakdown_part *part, struct fault *f)
{
	if (json_truthy(json_object_get(object, names->bins))) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"%s: bins of an expression are not computed here", names->bins);
	}
	return expression_read(
		       text, EXPRESSION_VALUE, EXPRESSION_OF_EVENTS, &part->expression, f) ||
	       fault_wrap(f, "%s: ", names->property);
}

static bool read_part(const json_t *object, const struct names *names, const json_t *name,
	const char *type, struct breakdown *out, struct fault *f)
{
	struct breakdown_part *part = &out->parts[out->part_count++];

	out->is_set = true;
	if (!json_is_string(name)) {
		return fault_set(
			f, FAULT_QUERY, "%s is not the name of a property", names->property);
	}
	if (strcmp(type, "hogql") == 0) {
		return read_expression(object, names, json_string_value(name), part, f);
	}
	part->trims_urls = json_truthy(json_object_get(object, names->trims_urls));
	return property_read(type, names->type, json_string_value(name), names->property,
		       json_object_get(object, names->group_index), &part->property, f) &&
	       read_count(object, names->bins, BREAKDOWN_MAX_BINS, &part->bins, f);
}

static bool read_member(const json_t *object, bool is_only, struct filter_reader *r,
	struct breakdown *out, struct fault *f)
{
	const json_t *name = json_object_get(object, of_part.property);
	const char *type;

	if (!json_is_object(object)) {
		return fault_set(f, FAULT_QUERY, " is not an object");
	}
	if (!read_type(object, &of_part, &type, f)) {
		return fault_wrap(f, ".");
	}
	if (strcmp(type, "cohort") != 0 || !r) {
		return read_part(object, &of_part, name, type, out, f) || fault_wrap(f, ".");
	}
	if (!is_only) {
		return fault_set(f, FAULT_UNSUPPORTED,
			".type: cohorts beside other breakdowns are not computed here");
	}
	return read_cohorts(name, of_part.property, r, out, f) || fault_wrap(f, ".");
}

static bool read_list(
	const json_t *list, struct filter_reader *r, struct breakdown *out, struct fault *f)
{
	size_t count = json_array_size(list), i;
	const json_t *member;

	if (count > BREAKDOWN_MAX_PARTS) {
		return fault_set(f, FAULT_QUERY, "breakdowns: %zu are more than %d", count,
			BREAKDOWN_MAX_PARTS);
	}
	out->is_list = count > 1;
	json_array_foreach(list, i, member)
	{
		if (!read_member(member, count == 1, r, out, f)) {
			return fault_wrap(f, "breakdowns[%zu]", i);
		}
	}
	return true;
}

/* The older way: one property, a list of names that share their type, or cohorts. */
static bool read_names(const json_t *filter, const json_t *name, struct filter_reader *r,
	struct breakdown *out, struct fault *f)
{
	const json_t *member;
	const char *type;
	size_t i;

	if (!read_type(filter, &of_filter, &type, f)) {
		return false;
	}
	if (strcmp(type, "cohort") == 0 && r) {
		return read_cohorts(name, of_filter.property, r, out, f);
	}
	if (!json_is_array(name)) {
		return read_part(filter, &of_filter, name, type, out, f);
	}
	if (json_array_size(name) > BREAKDOWN_MAX_PARTS) {
		return fault_set(f, FAULT_QUERY, "breakdown: %zu are more than %d",
			json_array_size(name), BREAKDOWN_MAX_PARTS);
	}
	out->is_list = json_array_size(name) > 1;
	json_array_foreach(name, i, member)
	{
		if (!read_part(filter, &of_filter, member, type, out, f)) {
			return false;
		}
	}
	return true;
}

static bool read_filter(
	const json_t *filter, struct filter_reader *r, struct breakdown *out, struct fault *f)
{
	const json_t *list = json_object_get(filter, "breakdowns");
	const json_t *name = json_object_get(filter, "breakdown");

	out->hides_other =
		json_is_true(json_object_get(filter, "breakdown_hide_other_aggregation"));
	if (!read_count(filter, "breakdown_limit", BREAKDOWN_MAX_LIMIT, &out->limit, f)) {
		return false;
	}
	if (list && !json_is_null(list) && !json_is_array(list)) {
		return fault_set(f, FAULT_QUERY, "breakdowns is not a list");
	}
	if (json_array_size(list) > 0) {
		return read_list(list, r, out, f);
	}
	return !json_truthy(name) || read_names(filter, name, r, out, f);
}

bool breakdown_read_parts(const json_t *query, struct filter_reader *r, int default_limit,
	struct breakdown *out, struct fault *f)
{
	const json_t *filter = json_object_get(query, "breakdownFilter");

	*out = (struct breakdown){.limit = default_limit};
	if (!filter || json_is_null(filter)) {
		return true;
	}
	if (!json_is_object(filter)) {
		return fault_set(f, FAULT_QUERY, "breakdownFilter is not an object");
	}
	if (!read_filter(filter, r, out, f)) {
		return fault_wrap(f, "breakdownFilter.");
	}
	out->property = out->parts[0].property;
	return true;
}

/* By the names that the query has them under. */
static bool refuse_more_than_values(const json_t *query, const struct breakdown *b, struct fault *f)
{
	const json_t *filter = json_object_get(query, "breakdownFilter");
	bool is_of_list = json_array_size(json_object_get(filter, "breakdowns")) > 0;
	const struct names *names = is_of_list ? &of_part : &of_filter;
	const char *where = is_of_list ? "breakdowns[0]." : "";

	if (b->part_count > 1) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"%s: splitting by more than one property is not computed here",
			is_of_list ? "breakdowns" : "breakdown");
	}
	if (b->parts[0].expression) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"%s%s: splitting by an expression is not computed here", where,
			names->type);
	}
	if (b->parts[0].bins > 0 || b->parts[0].trims_urls) {
		return fault_set(f, FAULT_UNSUPPORTED, "%s%s is not computed here", where,
			b->parts[0].bins > 0 ? names->bins : names->trims_urls);
	}
	return true;
}

bool breakdown_read(const json_t *query, int default_limit, struct breakdown *out, struct fault *f)
{
	if (!breakdown_read_parts(query, NULL, default_limit, out, f)) {
		return false;
	}
	return !out->is_set || refuse_more_than_values(query, out, f) ||
	       fault_wrap(f, "breakdownFilter.");
}

void breakdown_finish(struct breakdown *b)
{
	for (size_t i = 0; i < b->part_count; i++) {
		property_finish(&b->parts[i].property);
		expression_destroy(b->parts[i].expression);
	}
	for (size_t i = 0; i < b->cohort_count; i++) {
		cohort_destroy(b->cohorts[i].condition);
	}
	b->part_count = b->cohort_count = 0;
}
