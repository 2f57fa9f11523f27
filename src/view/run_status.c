/*
 * run_status.c - join the state with what Slurm says, row by row.
 */
#include "latsub/run_status.h"

#include <stdlib.h>
#include <string.h>

#include "latsub/error.h"
#include "latsub/plan.h"

static void
join_jobs(const struct live_jobs *live, const struct strmap *rows)
{
	for (size_t i = 0; i < live->count; i++) {
		const struct live_job *job = &live->items[i];
		struct status_row *row = strmap_get(rows, job->phase_name);

		if (row && !row->record)
			row->record = job->record;
	}
}

static uint32_t
tasks_of(const struct slurm_job *job)
{
	struct rangeset tasks = { 0 };
	uint32_t count = 1;

	if (job->array_tasks && rangeset_parse(&tasks, job->array_tasks) == 0)
		count = (uint32_t)rangeset_count(&tasks);
	rangeset_clear(&tasks);
	return count;
}

static void
count_pending(struct status_row *row, const struct slurm_job *job,
              uint32_t count)
{
	bool stuck = job->why == SLURM_WHY_IMPOSSIBLE
		|| job->why == SLURM_WHY_NEVER;

	row->live_pending += count;
	row->live_stuck += stuck ? count : 0;
	row->live_held += job->held && !stuck ? count : 0;
	row->live_dependent += job->why == SLURM_WHY_DEPENDENCY ? count : 0;
	if (stuck && !row->stuck)
		row->stuck = job;
	if (job->held && !stuck && row->held)
		row->held_more += count;
	else if (job->held && !stuck)
		row->held = job;
}

static bool
is_under_way(const struct task_cell *cell, const struct identity *of,
             uint32_t restarts)
{
	return cell->gen == of->gen && (TASKS_UNDER_WAY & (1u << cell->state))
		&& of->first + restarts >= cell->attempt;
}

/* Over in Slurm: does the journal know it?  A resume records what it does not
 * (reconcile.h); this is to show it before. */
static void
count_ended(struct status_row *row, const struct slurm_job *job,
            const struct identity *of)
{
	const struct task_cell *cell = phase_task(row->state, of->base
		+ (job->array_task_id == SLURM_NO_TASK ? 0 : job->array_task_id));

	if (!cell || !is_under_way(cell, of, job->restarts))
		return;
	if (job->why == SLURM_WHY_LAUNCH) {
		row->unlaunched++;
		row->launch_reason = job->reason;
	}
	row->cancelled += job->state == SLURM_CANCELLED
		&& cell->state >= TASK_STARTED;
}

static void
count_records(const struct strmap *rows, const struct identities *ids,
              const struct slurm_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		const struct slurm_job *job = &jobs->items[i];
		struct status_row *row;
		struct identity identity;

		if (identities_judge(ids, job, &identity) != IDENTITY_OURS)
			continue;
		row = strmap_get(rows, identity.phase);
		if (!row)
			continue;
		if (!slurm_state_is_live(job)) {
			count_ended(row, job, &identity);
		} else if (job->state == SLURM_PENDING) {
			count_pending(row, job, tasks_of(job));
		} else {
			row->live_running += tasks_of(job);
			row->record = job;
		}
	}
}

/* What Slurm could not launch has failed, though no runner could say so. */
static void
take_unlaunched(struct status_row *row)
{
	if (row->unlaunched && !row->live_running && !row->live_pending)
		row->word = WORD_FAILED;
}

/* Does all that waits of it wait for a person?  And for what one. */
static bool
waits_for_person(const struct status_row *row, enum phase_status *why)
{
	*why = row->live_stuck && row->live_stuck == row->live_pending
		? STATUS_CANNOT_RUN : STATUS_HELD;
	return *why == STATUS_CANNOT_RUN || (row->live_held
		&& row->live_held + row->live_stuck == row->live_pending);
}

/* What Slurm has of it, if anything; else false. */
static bool
status_of_live(const struct status_row *row, enum phase_status *status)
{
	const uint32_t *n = row->counts;

	if (row->live_running)
		*status = n[TASK_STARTED] ? STATUS_RUNNING : STATUS_STARTING;
	else if (!row->live_pending)
		return false;
	else if (waits_for_person(row, status))
		;
	else if (n[TASK_STARTED] + n[TASK_COMPLETED])
		*status = STATUS_RUNNING; /* an array, between two of its tasks */
	else
		*status = n[TASK_REQUEUED] ? STATUS_REQUEUED : STATUS_QUEUED;
	return true;
}

/* Slurm answered, and has nothing of it, though it is under way by the state. */
static enum phase_status
status_of_gone(const struct run_status *run, const struct status_row *row)
{
	const uint32_t *n = row->counts;
	uint32_t begun = n[TASK_STARTED] + n[TASK_REQUEUED];

	if (begun)
		return row->cancelled == begun ? STATUS_CANCELLED : STATUS_LOST;
	/* what runs submits it, when there is room */
	return run->any_live && n[TASK_SUBMITTED] == 0 ? STATUS_DEFERRED
		: STATUS_DROPPED;
}

/* By the state alone. */
static enum phase_status
status_of_state(const uint32_t *n)
{
	return n[TASK_STARTED] ? STATUS_RUNNING
		: n[TASK_REQUEUED] ? STATUS_REQUEUED
		: n[TASK_SUBMITTED] + n[TASK_INTENDED] ? STATUS_SUBMITTED
		: n[TASK_FAILED] ? STATUS_FAILED
		: n[TASK_LOST] ? STATUS_LOST
		: n[TASK_CANCELLED] ? STATUS_CANCELLED : STATUS_PENDING;
}

static enum phase_status
status_of(const struct run_status *run, const struct status_row *row)
{
	const uint32_t *n = row->counts;
	uint32_t waiting = n[TASK_SUBMITTED] + n[TASK_INTENDED];
	enum phase_status live;

	if (phase_is_excluded(row->state))
		return STATUS_EXCLUDED;
	if (row->word == WORD_COMPLETED)
		return n[TASK_COMPLETED] ? STATUS_COMPLETED : STATUS_SKIPPED;
	if (status_of_live(row, &live))
		return live;
	if (row->unlaunched)
		return STATUS_FAILED;
	if (row->blocked_by && waiting)
		return STATUS_BLOCKED;
	if (run->slurm_answered
	    && waiting + n[TASK_STARTED] + n[TASK_REQUEUED])
		return status_of_gone(run, row);
	return status_of_state(n);
}

/* Nothing of it runs, or waits for what may still come. */
static bool
is_stuck(const struct run_status *status)
{
	bool stuck = false;

	for (size_t i = 0; i < status->count; i++) {
		const struct status_row *row = &status->rows[i];

		if (row->live_running || row->live_pending > row->live_stuck
		    + row->live_dependent)
			return false;
		stuck |= row->live_stuck > 0;
	}
	return stuck;
}

/* With Slurm's word: nothing that is not live will end by itself. */
static enum latsub_exit
outcome_of(const struct run_status *status)
{
	bool failed = false, unfinished = false, live = false;

	if (!status->slurm_answered)
		return state_outcome(status->run->state);
	for (size_t i = 0; i < status->count; i++) {
		const struct status_row *row = &status->rows[i];

		if (phase_is_excluded(row->state))
			continue;
		failed |= row->word == WORD_FAILED
			|| row->status == STATUS_LOST;
		unfinished |= row->word != WORD_COMPLETED;
		live |= row->live_running + row->live_pending > 0;
	}
	if (!unfinished && status->count > 0)
		return LATSUB_OK;
	return failed && !live ? LATSUB_FAILED : LATSUB_UNFINISHED;
}

static void
note_unclear(struct run_status *status, const struct identities *ids,
             const struct slurm_jobs *jobs)
{
	struct identity identity;
	const struct slurm_job *job = identities_unclear(ids, jobs, &identity);

	status->unclear = job ? identity_unclear_text(job, &identity) : NULL;
}

void
run_status_create(struct run_status *status, const struct run *run,
                  const struct slurm_jobs *jobs, const char *text)
{
	const struct state *state = run->state;
	const char *run_id = run_job_id(run);
	struct strmap *rows = strmap_create();
	struct live_jobs live = { 0 };

	*status = (struct run_status){ .run = run, .slurm_text = text,
		.slurm_answered = jobs != NULL && run_id,
		.count = state->count };
	status->rows = xcalloc(state->count, sizeof *status->rows);
	for (size_t i = 0; i < state->count; i++) {
		struct status_row *row = &status->rows[i];

		row->state = state->phases[i];
		row->word = phase_word(row->state);
		phase_count(row->state, row->counts);
		row->requeues = phase_marks(row->state, MARK_REQUEUED, 0,
		                            0);
		row->blocked_by = state_blocked_by(state, row->state);
		strmap_set(rows, row->state->name, row);
	}
	if (status->slurm_answered) {
		struct identities *ids = identities_create(run_id, state, NULL);

		live_join(&live, NULL, ids, jobs);
		join_jobs(&live, rows);
		count_records(rows, ids, jobs);
		live_clear(&live);
		note_unclear(status, ids, jobs);
		identities_destroy(ids);
	}
	for (size_t i = 0; i < status->count; i++) {
		status->any_live |= status->rows[i].live_running
			+ status->rows[i].live_pending > 0 || status->unclear;
		take_unlaunched(&status->rows[i]);
	}
	for (size_t i = 0; i < status->count; i++)
		status->rows[i].status = status_of(status, &status->rows[i]);
	status->outcome = outcome_of(status);
	status->stuck = is_stuck(status);
	strmap_destroy(rows);
}

const struct slurm_job *
status_job(const struct status_row *row)
{
	return row->live_running ? row->record : row->stuck ? row->stuck
		: row->held ? row->held : row->record;
}

void
run_status_clear(struct run_status *status)
{
	free(status->rows);
	free(status->unclear);
	status->unclear = NULL;
	status->rows = NULL;
	status->count = 0;
}
