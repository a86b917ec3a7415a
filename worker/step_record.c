/* Writes how the export went: its file, its exception, or that it is to be tried again.  One
 * compare-and-set; whoever comes second changes nothing. */
#include "lib/base/clock.h"
#include "lib/base/failpoint.h"
#include "lib/base/log.h"
#include "worker/job.h"

#include <inttypes.h>

enum { CRASHES_MOST = 3 };

static void say(const struct job *j, const char *outcome)
{
	size_t length;

	(void)job_bytes(j, &length);
	if (j->fault.kind == FAULT_NONE) {
		log_line(LOG_INFO, "export", j->claim.id, "%s: %s, %zu bytes, %lld ms, attempt %d",
			outcome, j->format->name, length,
			(long long)(clock_elapsed_ms() - j->began_ms), j->claim.attempt);
	} else {
		log_line(LOG_INFO, "export", j->claim.id, "%s: %s: %s, %lld ms, attempt %d",
			outcome, fault_name(j->fault.kind), j->fault.detail,
			(long long)(clock_elapsed_ms() - j->began_ms), j->claim.attempt);
	}
}

static void on_moved(void *arg, bool won, const struct fault *f)
{
	struct job *j = job_of(arg);

	(void)FAILPOINT("record.after");
	if (f) {
		log_line(LOG_WARN, "export", j->claim.id, "outcome not recorded: %s", f->detail);
		job_wake(j, f);
		return;
	}
	j->won = won;
	if (!won) {
		log_line(LOG_WARN, "export", j->claim.id,
			"the claim with fence %" PRId64 " is no longer ours", j->claim.fence);
	}
	if (j->stored && !(won && j->fault.kind == FAULT_NONE)) {
		job_branch(j);
	} else {
		job_wake(j, NULL);
	}
}

static void on_finished(void *arg, bool won, const struct fault *f)
{
	struct job *j = job_of(arg);

	if (!f && won) {
		say(j, "done");
	}
	on_moved(j, won, f);
}

static void on_failed(void *arg, bool won, const struct fault *f)
{
	struct job *j = job_of(arg);

	if (!f && won) {
		say(j, "failed");
	}
	on_moved(j, won, f);
}

static void on_queued_again(void *arg, bool won, const struct fault *f)
{
	struct job *j = job_of(arg);

	if (!f && won) {
		say(j, "to be tried again");
	}
	on_moved(j, won, f);
}

/* Full jitter: a crowd that failed together does not come back together. */
static int64_t backoff_ms(int attempt)
{
	uint64_t most = UINT64_C(2000) << (attempt < 8 ? attempt : 8);

	return (int64_t)random_below(most < 300000 ? most : 300000);
}

static void finish(struct job *j)
{
	struct export_content content = {
		.store = j->services->config->blob_store,
		.location = j->location,
		.sha256 = j->sha256,
		.expires_after_us = format_expires_after_us(j->format, clock_wall_us()),
	};
	size_t length;

	(void)job_bytes(j, &length);
	content.bytes = (int64_t)length;
	exports_finish(&j->services->store, &j->claim, &content, on_finished, j);
}

enum verdict record_run(struct job *j)
{
	struct store *s = &j->services->store;
	enum fault_retry retry = fault_retry(j->fault.kind);

	(void)FAILPOINT("record.before");
	if (j->fault.kind == FAULT_NONE) {
		finish(j);
	} else if (j->give_back) {
		exports_retry(s, &j->claim, CHARGE_NOTHING, 0, &j->fault, on_queued_again, j);
	} else if (retry == FAULT_RETRY_LATER &&
		   j->claim.attempt < j->services->config->export_attempts) {
		exports_retry(s, &j->claim, CHARGE_ATTEMPT, backoff_ms(j->claim.attempt), &j->fault,
			on_queued_again, j);
	} else if (retry == FAULT_RETRY_CRASH && j->claim.crashes + 1 < CRASHES_MOST) {
		/* Once more soon, for the reason may have been the machine's; then patiently. */
		exports_retry(s, &j->claim, CHARGE_CRASH, j->claim.crashes == 0 ? 1000 : 30000,
			&j->fault, on_queued_again, j);
	} else {
		exports_fail(s, &j->claim, &j->fault, on_failed, j);
	}
	return WAIT;
}
