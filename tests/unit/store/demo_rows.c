#include "tests/unit/store/demo_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>

void demo_start(struct demo *d)
{
	private_postgres_start(&d->server);
	private_postgres_migrate(&d->server);
	private_postgres_run(&d->server,
		"INSERT INTO organizations (id, name) VALUES "
		"('00000000-0000-0000-0000-000000000001', 'One'), "
		"('00000000-0000-0000-0000-000000000002', 'Two');"
		"INSERT INTO projects (id, organization_id, name, timezone, week_start_day, data_colors) VALUES "
		"(1, '00000000-0000-0000-0000-000000000001', 'First', 'Europe/Vienna', 1, '[\"#123456\"]'), "
		"(2, '00000000-0000-0000-0000-000000000002', 'Second', 'UTC', 0, NULL);"
		"INSERT INTO users (id, email, current_project_id, is_active) VALUES "
		"(1, 'a@example.com', 1, true), (2, 'b@example.com', NULL, true), (3, 'c@example.com', 1, false);"
		"INSERT INTO memberships (organization_id, user_id) VALUES "
		"('00000000-0000-0000-0000-000000000001', 1), ('00000000-0000-0000-0000-000000000002', 2);"
		"INSERT INTO insights (id, project_id, short_id, name, derived_name) VALUES "
		"(1, 1, 'one', 'Daily users', 'derived'), (2, 2, 'two', NULL, 'Derived only'), (3, 1, 'three', '', NULL);"
		"INSERT INTO dashboards (id, project_id, name) VALUES (1, 1, 'Overview'), (2, 2, 'Theirs');");
	assert_int_equal(uv_loop_init(&d->loop), 0);
	d->store.loop = &d->loop;
	d->store.limit_ms = 5000;
	d->store.pool = pg_pool_open(&d->loop, &(struct pg_pool_options){.url = d->server.url,
						       .name = "store-test",
						       .connections = 4,
						       .queue_limit = 1000});
}

void demo_stop(struct demo *d)
{
	pg_pool_close(d->store.pool);
	loop_finish(&d->loop);
	private_postgres_stop(&d->server);
}

void demo_clear(struct demo *d)
{
	private_postgres_run(&d->server,
		"TRUNCATE exports, workers, export_outcomes, blob_intents, export_blobs");
}

static struct answer *take(void *arg, const struct fault *f)
{
	struct answer *a = arg;

	a->is_done = true;
	a->count++;
	a->fault = f ? *f : (struct fault){0};
	return a;
}

void on_plain(void *arg, const struct fault *f)
{
	(void)take(arg, f);
}

void on_row(void *arg, const struct export_row *row, const struct fault *f)
{
	struct answer *a = take(arg, f);

	a->row = row ? export_row_copy(row) : NULL;
}

void on_rows(void *arg, const struct export_row *rows, size_t count, int64_t total,
	const struct fault *f)
{
	struct answer *a = take(arg, f);

	a->total = total;
	a->id_count = count;
	for (size_t i = 0; i < count && i < G_N_ELEMENTS(a->ids); i++) {
		a->ids[i] = rows[i].id;
	}
	a->row = count > 0 ? export_row_copy(&rows[0]) : NULL;
}

void on_ids(void *arg, const int64_t *ids, size_t count, const struct fault *f)
{
	struct answer *a = take(arg, f);

	a->id_count = count;
	for (size_t i = 0; i < count && i < G_N_ELEMENTS(a->ids); i++) {
		a->ids[i] = ids[i];
	}
}

void on_claim(void *arg, const struct export_claim *claim, const struct fault *f)
{
	struct answer *a = take(arg, f);

	a->has_claim = claim != NULL;
	if (claim) {
		a->claim = *claim;
		a->text = g_strdup_printf("%s %s %s", claim->format,
			claim->context ? claim->context : "-",
			claim->source_authentication ? claim->source_authentication : "-");
		a->claim.format = NULL;
		a->claim.context = NULL;
		a->claim.source_authentication = NULL;
	}
}

void on_move(void *arg, bool won, const struct fault *f)
{
	struct answer *a = take(arg, f);

	a->won = won;
}

void on_sweep(void *arg, int64_t count, const struct fault *f)
{
	struct answer *a = take(arg, f);

	a->number = count;
}

void on_turns(void *arg, const struct turn *turns, size_t count, const struct fault *f)
{
	struct answer *a = take(arg, f);

	a->id_count = count;
	a->text = g_strdup("");
	for (size_t i = 0; i < count && i < G_N_ELEMENTS(a->ids); i++) {
		char *more = g_strdup_printf(
			"%s%c%d", a->text, (char)turns[i].class, (int)turns[i].project_id);

		a->ids[i] = turns[i].export_id;
		g_free(a->text);
		a->text = more;
	}
}

void on_blobs(void *arg, const struct export_blob *blobs, size_t count, const struct fault *f)
{
	struct answer *a = take(arg, f);

	a->id_count = count;
	for (size_t i = 0; i < count && i < G_N_ELEMENTS(a->ids); i++) {
		a->ids[i] = blobs[i].id;
	}
	a->text = count > 0 ? g_strdup_printf("%s:%s", blobs[0].store, blobs[0].location) : NULL;
}

void await(struct demo *d, struct answer *a)
{
	assert_false(a->is_done); /* never from inside the call */
	run_until(&d->loop, is_true, &a->is_done, 10000, "an answer of the store");
	assert_int_equal(a->count, 1);
}

void await_well(struct demo *d, struct answer *a)
{
	await(d, a);
	if (a->fault.kind != FAULT_NONE) {
		fail_msg("%s: %s", fault_name(a->fault.kind), a->fault.detail);
	}
}

void answer_finish(struct answer *a)
{
	export_row_destroy(a->row);
	g_free(a->text);
	*a = (struct answer){0};
}

int64_t demo_export(struct demo *d, int64_t project_id, int64_t user_id)
{
	struct answer a = {0};
	struct export_request r = {
		.project_id = project_id,
		.created_by = user_id,
		.insight_id = project_id,
		.format = "image/png",
		.class = EXPORT_INTERACTIVE,
		.give_up_ms = 900000,
	};
	int64_t id;

	exports_create(&d->store, &r, on_row, &a);
	await_well(d, &a);
	id = a.row->id;
	answer_finish(&a);
	return id;
}

struct export_claim demo_claim(struct demo *d, int64_t id, const char *worker_id)
{
	struct answer a = {0};
	struct export_claim claim;

	exports_claim(&d->store, id, worker_id, 60000, on_claim, &a);
	await_well(d, &a);
	assert_true(a.has_claim);
	claim = a.claim;
	answer_finish(&a);
	return claim;
}
