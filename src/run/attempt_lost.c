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
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "attempt.h"

struct sought { /* an event of an attempt of this task */
	const struct attempt *attempt;
	uint32_t number;
	int64_t time; /* of the last one; 0: there is none */
};

static void
look_for(const struct event *event, void *user)
{
	struct sought *sought = user;

	if (event->gen == sought->attempt->gen
	    && event->attempt == sought->number && event->time > sought->time)
		sought->time = event->time;
}

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

static uint32_t
seconds_of(const struct attempt *attempt, uint32_t number)
{
	struct sought start = { attempt, number, 0 };
	struct latsub_error err;
	int64_t seconds = 0;

	if (run_task_events(attempt->run, attempt->phase, attempt->task,
	                    1u << EVENT_STARTED, look_for, &start, &err) == 0
	    && start.time > 0)
		seconds = end_of_attempt(attempt) - start.time;
	return seconds > 0 ? (uint32_t)seconds : 0;
}

/* "started" may stand there though the runner was told that it could not be
 * written: then it gave up, and the command never ran.  -1: it cannot be told. */
static int
never_began(struct attempt *attempt, uint32_t number)
{
	struct sought word = { attempt, number, 0 };
	struct latsub_error err;

	if (run_task_events(attempt->run, attempt->phase, attempt->task,
	                    1u << EVENT_GAVE_UP, look_for, &word, &err)) {
		free(attempt->trouble);
		attempt->trouble = xstrdup(err.text);
		return -1;
	}
	return word.time > 0;
}

int
attempt_record_lost(struct attempt *attempt, struct task_cell cell)
{
	bool again = (attempt->spec->requeue_on & REQUEUE_NODE_FAIL)
		&& phase_marks(attempt_state(attempt), MARK_REQUEUED,
		               attempt->gen, attempt->task)
		< attempt->spec->max_requeues;
	struct event event;
	int idle;

	if (cell.state != TASK_STARTED || cell.gen != attempt->gen
	    || cell.attempt >= attempt->attempt)
		return 0;
	idle = never_began(attempt, cell.attempt);
	if (idle)
		return idle < 0;
	event = attempt_event(attempt, again ? EVENT_REQUEUED : EVENT_FAILED);
	event.attempt = cell.attempt;
	event.elapsed = seconds_of(attempt, cell.attempt);
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
