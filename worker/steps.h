/* The steps of a job: step_<name>.c each, with a run and a stop.
 *
 * `run` answers NEXT, BRANCH or FAIL at once (with j->fault set for FAIL), or WAIT and then calls
 * job_wake() or job_branch() exactly once, from the loop.  `stop` asks the work under way to end
 * early; the wake still comes.  To add one: write step_<name>.c, declare it here, give it a row in
 * pipeline.c and a line in CMakeLists.txt. */
#pragma once

struct job;

enum step_id {
	STEP_NONE,
	STEP_CLAIM,
	STEP_LOAD,
	STEP_QUERY,
	STEP_DRAW,
	STEP_WRITE,
	STEP_SEAL,
	STEP_STORE,
	STEP_RECORD,
	STEP_PAUSE,
	STEP_DISCARD,
	STEP_RELEASE,
	STEP_END
};

enum verdict { NEXT, BRANCH, FAIL, WAIT };

enum verdict claim_run(struct job *j);
enum verdict load_run(struct job *j);
enum verdict query_run(struct job *j);
void query_stop(struct job *j);
enum verdict draw_run(struct job *j);
void draw_stop(struct job *j);
enum verdict write_run(struct job *j);
enum verdict seal_run(struct job *j);
enum verdict store_run(struct job *j);
enum verdict record_run(struct job *j);
enum verdict pause_run(struct job *j);
void pause_stop(struct job *j);
enum verdict discard_run(struct job *j);
enum verdict release_run(struct job *j);

/* For steps whose calls end by their own limits. */
void nothing_to_stop(struct job *j);
