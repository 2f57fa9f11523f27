/*
 * inside.c - submissions from inside a job, on the runner's behalf.
 *
 * They take the steps of every submission (road.h), with what the run has: its copy
 * of the experiment, its variables.  Beware: each may be killed at any instant, as
 * latsub on a login node may be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "latsub/file.h"
#include "road.h"

#define LOCK_TRIES 100 /* of a tenth of a second: another job is at it */

struct inside {
	struct run *run;
	struct experiment *experiment;
	struct asked asked;
	struct latsub_error err;
	int lock;
};

static int
read_experiment(struct inside *in)
{
	struct latsub_errlist errors = { 0 };
	struct variables variables = { 0 };
	/* the run's, not this job's: others may have changed since */
	struct experiment_inputs inputs = {
		.workdir = state_metadata(in->run->state, "workdir"),
		.variables = &variables, .keep_env = true };
	char *copy = run_path_in(in->run->dir, RUN_EXPERIMENT);
	int rc = run_variables(in->run, NULL, &variables, &in->err);

	if (rc == 0)
		in->experiment = experiment_load(copy, &inputs, &errors);
	if (errors.count)
		rc = latsub_error_set(&in->err, LATSUB_USAGE, "%s",
		                      errors.texts[0]);
	latsub_errlist_clear(&errors);
	variables_clear(&variables);
	free(copy);
	return rc;
}

static int
take_lock(struct inside *in)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		in->lock = engine_lock(in->run, &in->err);
		if (in->lock >= 0 || in->err.code != LATSUB_UNFINISHED)
			break;
		usleep(100000);
	}
	return in->lock < 0 ? -1 : 0;
}

/* Who had the lock until now may have submitted, and have replaced the copy of the
 * experiment: what was read before counts for nothing but to find the lock. */
static int
open_run(struct inside *in, const char *state_path)
{
	struct run *run = in->run = run_open(state_path, &in->err);

	return !run || run_check_owner(run, &in->err) || take_lock(in)
		|| run_read(run, &in->err) || run_check_owner(run, &in->err)
		? -1 : 0;
}

static enum slurm_answer
ask_slurm(struct inside *in)
{
	const struct state *state = in->run->state;
	enum slurm_answer answer = asked_cluster(&in->asked,
		cli_open_slurm(&in->err), &in->err);

	/* a resume may have gone on elsewhere while this job ran here */
	if (answer == SLURM_YES && cli_compare_cluster(in->run,
			in->asked.cluster.name, &in->err))
		return SLURM_REFUSED;
	if (answer == SLURM_YES)
		answer = asked_jobs(&in->asked, state_metadata(state, "run_id"),
		                    state, in->experiment->spec, &in->err);
	return answer;
}

/* All that comes before the plan. */
static enum slurm_answer
open_inside(struct inside *in, const char *state_path)
{
	*in = (struct inside){ .lock = -1 };
	if (open_run(in, state_path) || read_experiment(in))
		return SLURM_REFUSED;
	return ask_slurm(in);
}

static struct engine
engine_of(const struct inside *in)
{
	return (struct engine){ .experiment = in->experiment, .run = in->run,
		.slurm = in->asked.slurm, .cluster = in->asked.cluster };
}

static void
close_inside(struct inside *in)
{
	if (in->lock >= 0)
		close(in->lock);
	asked_clear(&in->asked);
	experiment_destroy(in->experiment);
	run_close(in->run);
}

static enum slurm_answer
succeed(const struct runner_ended *from, char *text, size_t size)
{
	struct engine_ended ended = {
		.phase = from->phase, .gen = from->gen,
		.attempt = from->attempt, .task = from->task,
		.base = from->base, .job = from->job,
		.element = from->element, .is_array = from->is_array,
		.more_time = from->more_time, .more_mem = from->more_mem };
	struct inside in;
	enum slurm_answer answer = open_inside(&in, from->state_path);
	struct engine engine = engine_of(&in);
	uint32_t successor = 0;

	if (answer == SLURM_YES)
		answer = engine_succeed(&engine, &ended, &in.asked.jobs,
		                        &successor, &in.err);
	if (answer == SLURM_YES)
		snprintf(text, size, "job %u goes on for it", successor);
	else
		snprintf(text, size, "nor can a job be submitted from here that "
		         "goes on for it: %.300s", in.err.text);
	close_inside(&in);
	return answer;
}

/* ---- what the queue had no room for ---- */

#define SETTLE_TRIES 10   /* of a second: events of other nodes on their way */
#define NEEDS_LEFT_SEC 60 /* of the job's own time, to wait for room */
/* A job whose task has ended, and that is in the queue for longer than this, waits for
 * room: then this one leaves. */
#define LEAVE_SEC 20

/* Is another job of the run live that can submit the remaining tasks later?  A job
 * whose end is in the journal does not count, although it may be in Slurm for another
 * moment.  Each records its end before it looks, so the last one sees that it is the
 * last. */
static bool
others_go_on(const struct inside *in)
{
	const struct live_jobs *live = &in->asked.live;
	const struct state *state = in->run->state;

	for (size_t i = 0; i < live->count; i++) {
		const struct live_job *job = &live->items[i];
		const struct phase_state *phase = state_find(state,
			job->phase_name);

		rangeset_for_each(&job->tasks, t) {
			const struct task_cell *cell = phase_task(phase, t);

			if (cell && cell->state < TASK_CANCELLED)
				return true;
		}
	}
	return false;
}

/* Started by the journal, and gone from Slurm: its last line is on its way. */
static bool
some_are_ending(const struct inside *in)
{
	const struct live_jobs *live = &in->asked.live;
	const struct state *state = in->run->state;
	struct rangeset started = { 0 };
	bool some = false;

	for (size_t i = 0; i < state->count && !some; i++) {
		const struct phase_state *phase = state->phases[i];

		phase_tasks_in(phase, 1u << TASK_STARTED, &started);
		for (size_t j = 0; j < live->count && started.count; j++) {
			if (strcmp(live->items[j].phase_name, phase->name) == 0)
				rangeset_subtract(&started,
				                  &live->items[j].tasks);
		}
		some = started.count > 0;
		rangeset_clear(&started);
	}
	return some;
}

/* Several may end at once, and only one shall keep its place in the queue while
 * it waits for room: the one with the least id. */
static bool
another_waits(const struct inside *in, uint32_t element)
{
	const struct slurm_jobs *jobs = &in->asked.jobs;
	const struct state *state = in->run->state;
	struct identities *ids = identities_create(state_metadata(state,
		"run_id"), state, in->asked.cluster.name);
	bool found = false;

	for (size_t i = 0; i < jobs->count && !found; i++) {
		const struct slurm_job *job = &jobs->items[i];
		const struct task_cell *cell;
		struct identity identity;
		uint32_t task;

		if (job->job_id >= element || job->state != SLURM_RUNNING
		    || identities_judge(ids, job, &identity) != IDENTITY_OURS)
			continue;
		task = identity.base;
		if (job->array_task_id != SLURM_NO_TASK)
			task += job->array_task_id;
		cell = phase_task(state_find(state, identity.phase), task);
		found = cell && cell->state >= TASK_CANCELLED;
	}
	identities_destroy(ids);
	return found;
}

static int64_t
own_time_left(const struct inside *in, uint32_t element)
{
	const struct slurm_jobs *jobs = &in->asked.jobs;

	for (size_t i = 0; i < jobs->count; i++) {
		if (jobs->items[i].job_id == element
		    && jobs->items[i].end_time > 0)
			return jobs->items[i].end_time - time(NULL);
	}
	return INT64_MAX;
}

/* SLURM_SILENT: to be tried again. */
static enum slurm_answer
wait_for_room(const struct inside *in, uint32_t element, unsigned waited_sec,
              char *text, size_t size)
{
	bool other = another_waits(in, element);

	snprintf(text, size, other ? "another job of the run waits for room in "
	         "the queue" : "the queue is full, and nothing else of the run "
	         "is in it");
	if (other && waited_sec >= LEAVE_SEC)
		return SLURM_YES;
	return own_time_left(in, element) > NEEDS_LEFT_SEC ? SLURM_SILENT
		: SLURM_REFUSED;
}

static enum slurm_answer
submit_plan(struct inside *in, uint32_t element, unsigned waited_sec,
            char *text, size_t size)
{
	const struct live_jobs *live = &in->asked.live;
	struct plan *plan = plan_create_rest(in->experiment->spec,
	                                     in->run->state, live);
	struct engine engine = engine_of(in);
	struct engine_result result = { 0 };
	enum slurm_answer answer = SLURM_YES;
	uint64_t submitted = 0;

	if (plan->to_run && engine_submit(&engine, plan, live, &result, &in->err))
		answer = result.silent ? SLURM_SILENT : SLURM_REFUSED;
	for (size_t i = 0; i < result.count; i++)
		submitted += rangeset_count(&result.jobs[i].tasks);
	if (answer == SLURM_YES && submitted)
		snprintf(text, size, "there was room in the queue for %llu more "
		         "tasks of the run", (unsigned long long)submitted);
	if (answer != SLURM_YES)
		snprintf(text, size, "%.300s", in->err.text);
	if (result.deferred && !submitted && !others_go_on(in))
		answer = wait_for_room(in, element, waited_sec, text, size);
	engine_result_clear(&result);
	plan_destroy(plan);
	return answer;
}

static enum slurm_answer
submit_rest(const char *state_path, uint32_t element, unsigned waited_sec,
            char *text, size_t size)
{
	struct inside in;
	enum slurm_answer answer = open_inside(&in, state_path);

	if (answer != SLURM_YES)
		snprintf(text, size, "%.300s", in.err.text);
	for (int i = 0; answer == SLURM_YES && i < SETTLE_TRIES
	     && !others_go_on(&in) && some_are_ending(&in); i++) {
		sleep(1);
		run_refresh(in.run, NULL, &in.err);
	}
	if (answer == SLURM_YES)
		answer = submit_plan(&in, element, waited_sec, text, size);
	close_inside(&in);
	return answer;
}

const struct runner_hooks cli_runner_hooks = {
	.succeed = succeed, .submit_rest = submit_rest };
