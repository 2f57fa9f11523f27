/*
 * attempt_checkpoint.c - the checkpoint that an attempt begins from, and the
 * one that it leaves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "attempt.h"
#include "checkpoint.h"
#include "latsub/file.h"

#define SETTLE_TRIES 40  /* of a quarter of a second */
#define KILL_DOUBT_SEC 1 /* what changed so shortly before a KILL may be half */

static char *
absolute_checkpoint(const struct attempt *attempt, const char *path)
{
	char *whole = file_join(attempt->experiment->workdir, path);

	if (file_exists(whole))
		return whole;
	free(whole);
	return NULL;
}

/* The pattern with $NAME and ${NAME} replaced: tasks of an array keep their
 * checkpoints apart by them. */
static char *
own_pattern(const struct attempt *attempt)
{
	const struct sweep *sweep = phase_sweep_now(attempt_state(attempt));

	return spec_expand_pattern(attempt->spec->checkpoint, sweep,
	                           attempt->task);
}

char *
attempt_newest_checkpoint(const struct attempt *attempt, time_t not_after)
{
	char *pattern = own_pattern(attempt);
	char *newest = checkpoint_newest(attempt->run->dir, pattern, not_after);

	free(pattern);
	return newest;
}

/* ---- what a command reported itself ---- */

struct report {
	const struct attempt *attempt;
	uint32_t gen, number, seq;
	char *path;
};

/* The newest of this task: by generation, attempt, and count in the attempt. */
static void
look_for_report(const struct event *event, void *user)
{
	struct report *best = user;
	const struct attempt *attempt = best->attempt;
	struct rangeset tasks = { 0 };

	if (!event->phase || !event->path || event->gen < best->gen
	    || strcmp(event->phase, attempt->phase) != 0
	    || (event->gen == best->gen
	        && (event->attempt < best->number
	            || (event->attempt == best->number
	                && event->seq < best->seq))))
		return;
	phase_tasks_of(attempt_state(attempt), event, &tasks);
	if (rangeset_has(&tasks, attempt->task)) {
		free(best->path);
		*best = (struct report){ attempt, event->gen, event->attempt,
			event->seq, xstrdup(event->path) };
	}
	rangeset_clear(&tasks);
}

/* What is on record for this task.  The state has one checkpoint for a phase;
 * a task's own is in the journal.  best->path is the caller's to free. */
static void
find_record(const struct attempt *attempt, struct report *best)
{
	const struct phase_state *state = attempt_state(attempt);
	struct latsub_error err;

	*best = (struct report){ .attempt = attempt };
	if (!attempt->spec->array)
		*best = (struct report){ attempt, state->checkpoint_gen,
			state->checkpoint_attempt, state->checkpoint_seq,
			xstrdup(state->checkpoint) };
	else if (state->checkpoint /* else none of its tasks has one */
	         && journal_scan(attempt->run->journal_dir, EVENT_CHECKPOINT,
	                         look_for_report, best, &err))
		printf("latsub: %s\n", err.text);
}

/* ---- at the end of an attempt ---- */

/* Did the command report one in this attempt?  Its path may be an old one. */
static bool
has_reported(struct attempt *attempt)
{
	struct latsub_error err;
	struct report report;
	bool has;

	if (run_refresh(attempt->run, NULL, &err)) /* another process wrote it */
		printf("latsub: %s\n", err.text);
	find_record(attempt, &report);
	has = report.path && report.gen == attempt->gen
		&& report.number == attempt->attempt;
	free(report.path);
	return has;
}

static bool
record_path(struct attempt *attempt, const char *newest, const char *relative)
{
	const struct phase_state *state = attempt_state(attempt);
	struct event event = attempt_event(attempt, EVENT_CHECKPOINT);
	int rc;

	event.path = xstrdup(relative);
	event.epoch = checkpoint_epoch(newest);
	event.seq = state->checkpoint_gen == attempt->gen
		&& state->checkpoint_attempt == attempt->attempt
		? state->checkpoint_seq + 1 : 1;
	rc = attempt_record(attempt, &event);
	event_clear(&event);
	return rc == 0;
}

/* Processes that the command has left behind may still be writing. */
static void
let_it_settle(const char *path)
{
	struct timespec pause = { 0, 250000000 };
	uint64_t before = checkpoint_fingerprint(path), now;

	for (int i = 0; i < SETTLE_TRIES && waitpid(-1, NULL, WNOHANG) == 0;
	     i++) {
		nanosleep(&pause, NULL);
		now = checkpoint_fingerprint(path);
		if (now == before)
			break;
		before = now;
	}
}

/* The newest match that nobody can have been writing when the command died. */
static char *
settled_checkpoint(const struct attempt *attempt, bool killed)
{
	char *newest = attempt_newest_checkpoint(attempt, 0), *whole;

	if (newest && !killed)
		let_it_settle(newest);
	if (!newest || !killed)
		return newest;
	whole = attempt_newest_checkpoint(attempt, time(NULL) - KILL_DOUBT_SEC);
	if (!whole || strcmp(whole, newest) != 0)
		printf("latsub: %s was written when the command was killed; it "
		       "may be half of one and is not taken\n", newest);
	free(newest);
	return whole;
}

bool
attempt_record_checkpoint(struct attempt *attempt, bool killed)
{
	const struct phase_state *state = attempt_state(attempt);
	const char *relative;
	char *newest;
	bool is_new;

	if (!attempt->spec->checkpoint)
		return has_reported(attempt);
	newest = settled_checkpoint(attempt, killed);
	if (!newest) {
		printf("latsub: nothing matches checkpoint = %s under %s\n",
		       attempt->spec->checkpoint, attempt->run->dir);
		return false;
	}
	relative = file_relative(attempt->experiment->workdir, newest);
	is_new = !attempt->own_checkpoint
		|| strcmp(relative, attempt->own_checkpoint) != 0
		|| checkpoint_fingerprint(newest) != attempt->own_fingerprint;
	if (!text_is_utf8(relative, strlen(relative)))
		printf("latsub: the checkpoint's path is not UTF-8 and cannot "
		       "be recorded\n");
	else if (!state->checkpoint || strcmp(state->checkpoint, relative))
		record_path(attempt, newest, relative);
	free(newest);
	return is_new;
}

/* ---- at its start ---- */

/* Had the task's attempt before this one a runner at its end, that put on record
 * what there was?  Else something newer may lie in the run's directory. */
static bool
ended_in_order(const struct attempt *attempt)
{
	const struct phase_state *state = attempt_state(attempt);
	const struct phase_mark *last = NULL;

	for (size_t i = 0; i < state->mark_count; i++) {
		const struct phase_mark *mark = &state->marks[i];

		if (!strchr("rflc", mark->kind) || mark->gen > attempt->gen
		    || (mark->gen == attempt->gen
		        && mark->attempt >= attempt->attempt)
		    || !rangeset_has(&mark->tasks, attempt->task))
			continue;
		if (!last || mark->gen > last->gen
		    || (mark->gen == last->gen
		        && mark->attempt >= last->attempt))
			last = mark;
	}
	return last && (last->kind == 'f' || (last->kind == 'r'
		&& strcmp(last->reason, "node_failure") != 0));
}

/* The phase's own: what is on record, or a newer one of an attempt that died
 * without a word; what it is called on record goes to *name. */
static char *
find_own(struct attempt *attempt, char **name)
{
	bool is_first = attempt->attempt == 0 && attempt->gen <= 1;
	struct report report = { 0 };
	char *newest = NULL, *recorded;

	if (!attempt->spec->array || !is_first)
		find_record(attempt, &report);
	recorded = report.path ? absolute_checkpoint(attempt, report.path)
		: NULL;
	if (attempt->spec->checkpoint
	    && !(recorded && (is_first || ended_in_order(attempt))))
		newest = attempt_newest_checkpoint(attempt, 0);
	if (report.path && !recorded)
		printf("latsub: the checkpoint %s is not there any more\n",
		       report.path);
	*name = newest ? xstrdup(file_relative(attempt->experiment->workdir, newest))
		: xstrdup(report.path);
	free(report.path);
	if (newest)
		free(recorded);
	return newest ? newest : recorded;
}

void
attempt_find_checkpoint(struct attempt *attempt)
{
	const char *main_phase = state_metadata(attempt->run->state,
	                                        "checkpoint_phase");
	const char *path = run_checkpoint(attempt->run);

	attempt->checkpoint = find_own(attempt, &attempt->own_checkpoint);
	attempt->own_fingerprint = checkpoint_fingerprint(attempt->checkpoint);
	/* else the experiment's */
	if (!attempt->checkpoint && path && !attempt->own_checkpoint
	    && !(main_phase && strcmp(main_phase, attempt->phase) == 0)) {
		attempt->checkpoint = absolute_checkpoint(attempt, path);
		if (!attempt->checkpoint)
			printf("latsub: the checkpoint %s is not there any "
			       "more\n", path);
	}
	if (!attempt->checkpoint)
		attempt->checkpoint = xstrdup("");
}
