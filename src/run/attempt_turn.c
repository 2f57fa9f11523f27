/*
 * attempt_turn.c - may this attempt run its task?
 *
 * Slurm starts a job when it thinks that it may; what the journal says of the
 * task, of its parents and of other jobs for it decides.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "latsub/error.h"

#define FAILED_WAIT_SEC 5

static bool
parent_is_done(const struct attempt *attempt, const struct parent *edge)
{
	const struct phase_state *parent = state_find(attempt->run->state,
	                                              edge->phase);

	if (!phase_has_tasks(parent))
		return true; /* of an experiment that changed since */
	if (edge->kind == EDGE_AFTER_EACH && phase_task(parent, attempt->task))
		return phase_task_is_done(parent, attempt->task);
	return phase_word(parent) == WORD_COMPLETED;
}

/* The first parent that had to complete and did not, or NULL. */
static const char *
unfinished_parent(const struct attempt *attempt)
{
	const struct parents *parents = phase_parents(attempt_state(attempt));

	for (size_t i = 0; i < parents->count; i++) {
		const struct parent *edge = &parents->items[i];

		if (edge_needs_completion(edge->kind)
		    && !parent_is_done(attempt, edge))
			return edge->phase;
	}
	return NULL;
}

/* A parent that has come to a bad end, and of which nothing waits or runs any more,
 * will not complete by what is on its way here. */
static bool
has_failed(const struct attempt *attempt, const char *name)
{
	const struct phase_state *parent = state_find(attempt->run->state,
	                                              name);
	uint32_t counts[TASK_STATE_COUNT];

	phase_count(parent, counts);
	return counts[TASK_FAILED] + counts[TASK_CANCELLED] > 0
		&& counts[TASK_INTENDED] + counts[TASK_SUBMITTED]
		+ counts[TASK_STARTED] + counts[TASK_LOST]
		+ counts[TASK_REQUEUED] == 0;
}

/* Slurm lets afterok on a job that it has forgotten pass: look ourselves,
 * with patience for a parent's event. */
static int
check_parents(struct attempt *attempt)
{
	const char *parent = unfinished_parent(attempt);
	struct attempt_wait wait = { 0 };
	struct event event;
	bool go_on = true;

	while (parent && go_on) {
		go_on = attempt_wait(attempt, &wait, has_failed(attempt, parent)
		                     ? FAILED_WAIT_SEC : ATTEMPT_WAIT_SEC);
		parent = unfinished_parent(attempt);
	}
	if (!parent || attempt->trouble)
		return attempt->trouble != NULL;
	printf("latsub: %s does not run: its parent %s is not completed\n",
	       attempt->phase, parent);
	fflush(stdout); /* Slurm's KILL may come before the end */
	event = attempt_event(attempt, EVENT_CANCELLED);
	event.reason = xasprintf("parent %s is not completed", parent);
	attempt_record(attempt, &event);
	attempt_snapshot(attempt, WORD_NONE);
	event_clear(&event);
	return 1;
}

static void
gather_missing(struct attempt *attempt)
{
	const struct parents *parents = phase_parents(attempt_state(attempt));

	for (size_t i = 0; i < parents->count; i++) {
		if (!parent_is_done(attempt, &parents->items[i]))
			strlist_add(&attempt->missing, parents->items[i].phase);
	}
}

bool
attempt_is_done(const struct attempt *attempt)
{
	return phase_task_is_done(attempt_state(attempt), attempt->task);
}

/* The intent of our own submission may not have arrived on this node yet; what
 * is known of earlier ones must not be taken for the truth. */
static int
await_intent(struct attempt *attempt)
{
	struct attempt_wait wait = { 0 };

	do {
		const struct phase_state *state = attempt_state(attempt);

		if (phase_intended_gen(state) >= attempt->gen
		    || phase_edited_gen(state) >= attempt->gen)
			return 0;
	} while (attempt_wait(attempt, &wait, ATTEMPT_WAIT_SEC));
	if (!attempt->trouble)
		attempt->trouble = xstrdup("the journal here does not know of "
			"its submission; is the file system late?");
	return -1;
}

/* The attempt before was on another node, most often; what it had done at its end
 * must not be missed. */
static int
look_closely(struct attempt *attempt)
{
	struct latsub_error err;
	int rc = 0;

	if (attempt->attempt == 0 && attempt->gen <= 1)
		return 0;
	attempt->run->glance = false;
	if (run_refresh(attempt->run, NULL, &err)) {
		attempt->trouble = xstrdup(err.text);
		rc = -1;
	}
	attempt->run->glance = true;
	return rc;
}

/* A submission that was not answered in time may have made two jobs: the one
 * that the journal names runs.  Or a successor goes on for this one. */
static bool
has_other_job(const struct attempt *attempt)
{
	const struct phase_state *state = attempt_state(attempt);
	const struct phase_job *newest = phase_job_of(state, attempt->task);
	const struct phase_job *job = newest && newest->job != attempt->array_job
		? phase_find_job(state, attempt->gen, newest->job) : NULL;

	return job && job->base == attempt->base;
}

/* LATSUB_OK would say to Slurm, and to a later resume, that the task is done. */
#define STEP_BACK LATSUB_FAILED
#define LEAVE LATSUB_OK

/* Slurm may have requeued a job whose task had come to its end, or somebody did:
 * failed and cancelled are final, and people may have acted on that. */
static enum latsub_exit
check_not_over(const struct attempt *attempt, const struct task_cell *cell)
{
	if (cell->gen != attempt->gen || cell->attempt >= attempt->attempt
	    || (cell->state != TASK_FAILED && cell->state != TASK_CANCELLED))
		return LATSUB_GO_ON;
	printf("latsub: %s (task %u) was %s in attempt %u; it is not run again "
	       "in this job, 'latsub --resume' runs it\n", attempt->phase,
	       attempt->task, task_state_name(cell->state), cell->attempt + 1u);
	return STEP_BACK;
}

struct taking_up {
	const struct attempt *attempt;
	uint32_t gen;
	bool is_ours;
};

static void
look_for_own_start(const struct event *event, void *user)
{
	struct taking_up *up = user;

	up->is_ours |= event->gen == up->gen
		&& event->job == up->attempt->array_job;
}

/* Has this job begun the task in a newer generation than its own?  It waited when
 * the phase was reset, and ran in the generation of the reset; its environment, with
 * which it starts again, has the old one.  0, or -1 with a trouble. */
static int
find_own_start(struct attempt *attempt, uint32_t gen, bool *is_ours)
{
	struct taking_up up = { attempt, gen, false };
	struct latsub_error err;

	*is_ours = false;
	if (attempt->attempt == 0 || phase_intended_gen(attempt_state(attempt)) == gen)
		return 0; /* it has not begun; or that is a submission's */
	if (run_task_events(attempt->run, attempt->phase, attempt->task,
	                    1u << EVENT_STARTED, look_for_own_start, &up, &err)) {
		attempt->trouble = xstrdup(err.text);
		return -1;
	}
	*is_ours = up.is_ours;
	return 0;
}

/* LATSUB_GO_ON: the generation is the one that this job runs in, now. */
static enum latsub_exit
take_generation(struct attempt *attempt, struct task_cell cell)
{
	bool is_ours = cell.state == TASK_NONE; /* reset while it waited */

	if (cell.gen <= attempt->gen)
		return LATSUB_GO_ON;
	if (!is_ours && find_own_start(attempt, cell.gen, &is_ours))
		return LATSUB_SYSTEM;
	if (is_ours) {
		attempt->gen = cell.gen;
		return LATSUB_GO_ON;
	}
	printf("latsub: %s (task %u) was %s since (generation %u); this job "
	       "steps back\n", attempt->phase, attempt->task,
	       phase_intended_gen(attempt_state(attempt)) < cell.gen
	       ? "set by hand" : "submitted anew", cell.gen);
	return STEP_BACK;
}

static enum latsub_exit
step_back_for_other(const struct attempt *attempt)
{
	if (!has_other_job(attempt))
		return LATSUB_GO_ON;
	printf("latsub: %s (task %u) has another job; this one steps back\n",
	       attempt->phase, attempt->task);
	return LEAVE; /* what waits, waits for that one */
}

/* Is it this job that has to run the task? */
static enum latsub_exit
check_turn(struct attempt *attempt)
{
	const struct phase_state *state = attempt_state(attempt);
	enum latsub_exit code;

	if (attempt_is_done(attempt)) {
		attempt->over = true;
		printf("latsub: %s (task %u) is completed already; it is not "
		       "run again\n", attempt->phase, attempt->task);
		return LEAVE;
	}
	code = step_back_for_other(attempt);
	if (code == LATSUB_GO_ON)
		code = take_generation(attempt, *phase_task(state, attempt->task));
	if (code == LATSUB_GO_ON) /* a job goes on for it in that generation? */
		code = step_back_for_other(attempt);
	return code == LATSUB_GO_ON
		? check_not_over(attempt, phase_task(state, attempt->task))
		: code;
}

enum latsub_exit
attempt_check(struct attempt *attempt)
{
	const struct phase_state *state = attempt_state(attempt);
	enum latsub_exit code = look_closely(attempt) || await_intent(attempt)
		? LATSUB_SYSTEM : check_turn(attempt);

	if (code == LATSUB_GO_ON
	    && (attempt_record_lost(attempt, *phase_task(state, attempt->task))
	        || check_parents(attempt)))
		code = attempt->trouble ? LATSUB_SYSTEM
			: attempt_is_done(attempt) ? LEAVE : STEP_BACK;
	/* parents may have been waited for: whose turn is it now? */
	if (code == LATSUB_GO_ON)
		code = check_turn(attempt);
	if (code == LATSUB_GO_ON)
		gather_missing(attempt);
	return code;
}
