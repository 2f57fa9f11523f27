/*
 * attempt_lost.c - the attempt before left no word: its node died, or someone
 * killed it.
 *
 * How long it ran counts towards time_budget.  It began when the journal says;
 * it ended when Slurm put the job back into the queue, or else when its log was
 * written last.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "attempt.h"

static int64_t
end_of_attempt(const struct attempt *attempt)
{
	struct slurm_view view;
	struct stat st;

	ask_view_now(attempt->job, &view);
	if (view.answered && view.submitted > 0)
		return view.submitted;
	return fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode)
		? (int64_t)st.st_mtime : 0;
}

/* started: seconds since 1970; 0: not on record. */
static uint32_t
seconds_since(const struct attempt *attempt, int64_t started)
{
	int64_t seconds = started > 0 ? end_of_attempt(attempt) - started : 0;

	return seconds > 0 ? (uint32_t)seconds : 0;
}

/* "started" may stand there though the runner was told that it could not be
 * written: then it gave up, and the command never ran.  -1: the journal cannot be
 * read, trouble says why. */
static int
look_at_start(struct attempt *attempt, uint32_t number, bool *gave_up,
              int64_t *started)
{
	const struct history_attempt *lost;
	struct history history = { 0 };
	struct latsub_error err;
	int rc = run_task_starts(attempt->run, attempt->phase, attempt->task,
	                         &history, &err);

	if (rc) {
		free(attempt->trouble);
		attempt->trouble = xstrdup(err.text);
	}
	lost = history_find(&history, attempt->gen, number);
	*gave_up = lost && lost->end == HISTORY_GAVE_UP;
	*started = lost ? lost->started : 0;
	history_clear(&history);
	return rc;
}

int
attempt_record_lost(struct attempt *attempt, struct task_cell cell)
{
	bool again = (attempt->spec->requeue_on & REQUEUE_NODE_FAIL)
		&& phase_marks(attempt_state(attempt), MARK_REQUEUED,
		               attempt->gen, attempt->task)
		< attempt->spec->max_requeues;
	struct event event;
	int64_t started;
	bool gave_up;

	if (cell.state != TASK_STARTED || cell.gen != attempt->gen
	    || cell.attempt >= attempt->attempt)
		return 0;
	if (look_at_start(attempt, cell.attempt, &gave_up, &started))
		return 1;
	if (gave_up)
		return 0;
	event = attempt_event(attempt, again ? EVENT_REQUEUED : EVENT_FAILED);
	event.attempt = cell.attempt;
	event.elapsed = seconds_since(attempt, started);
	if (again)
		event.requeue.reason = REASON_NODE_FAILURE;
	else
		event.reason = xstrdup(attempt->spec->requeue_on
			& REQUEUE_NODE_FAIL ? "its node was lost, and "
			"max_requeues is reached" : "its node was lost, and "
			"requeue_on leaves node_fail out");
	attempt_record(attempt, &event);
	if (!again) {
		printf("latsub: %s does not run again: %s\n", attempt->phase,
		       event.reason);
		attempt_snapshot(attempt, WORD_NONE);
	}
	event_clear(&event);
	return !again;
}
