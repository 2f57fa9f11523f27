/*
 * attempt_checkpoint.c - the checkpoint that an attempt begins from, and the
 * one that it leaves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "checkpoint.h"
#include "latsub/file.h"

static char *
absolute_checkpoint(const struct attempt *attempt, const char *path)
{
	char *whole = file_join(attempt->experiment->workdir, path);

	if (file_exists(whole))
		return whole;
	free(whole);
	return NULL;
}

static const char *
relative_checkpoint(const struct attempt *attempt, const char *path)
{
	const char *workdir = attempt->experiment->workdir;
	size_t len = strlen(workdir);

	return strncmp(path, workdir, len) == 0 && path[len] == '/'
		? path + len + 1 : path;
}

/* The pattern with $NAME and ${NAME} replaced: tasks of an array keep their
 * checkpoints apart by them. */
static char *
own_pattern(const struct attempt *attempt)
{
	const struct sweep *sweep = phase_sweep_now(attempt_state(attempt));
	char task[16];

	snprintf(task, sizeof task, "%u", attempt->task);
	return spec_expand_pattern(attempt->spec->checkpoint, sweep,
	                           attempt->task, task);
}

char *
attempt_newest_checkpoint(const struct attempt *attempt)
{
	char *pattern = own_pattern(attempt);
	char *newest = checkpoint_newest(attempt->run->dir, pattern);

	free(pattern);
	return newest;
}

bool
attempt_record_checkpoint(struct attempt *attempt)
{
	const struct phase_state *state = attempt_state(attempt);
	const char *relative;
	struct event event;
	char *newest;
	bool is_new;

	if (!attempt->spec->checkpoint)
		return state->checkpoint && (!attempt->own_checkpoint
			|| strcmp(state->checkpoint, attempt->own_checkpoint));
	newest = attempt_newest_checkpoint(attempt);
	if (!newest) {
		printf("latsub: nothing matches checkpoint = %s under %s\n",
		       attempt->spec->checkpoint, attempt->run->dir);
		return false;
	}
	relative = relative_checkpoint(attempt, newest);
	is_new = !attempt->own_checkpoint
		|| strcmp(relative, attempt->own_checkpoint) != 0;
	if (!text_is_utf8(relative, strlen(relative))) {
		printf("latsub: the checkpoint's path is not UTF-8 and cannot "
		       "be recorded\n");
	} else if (!state->checkpoint || strcmp(state->checkpoint, relative)) {
		event = attempt_event(attempt, EVENT_CHECKPOINT);
		event.path = xstrdup(relative);
		event.epoch = checkpoint_epoch(newest);
		event.seq = state->checkpoint_gen == attempt->gen
			&& state->checkpoint_attempt == attempt->attempt
			? state->checkpoint_seq + 1 : 1;
		attempt_record(attempt, &event);
		event_clear(&event);
	}
	free(newest);
	return is_new;
}

static void
find_task_checkpoint(struct attempt *attempt)
{
	const char *path = run_checkpoint(attempt->run);

	if (attempt->spec->checkpoint)
		attempt->checkpoint = attempt_newest_checkpoint(attempt);
	if (attempt->checkpoint)
		attempt->own_checkpoint = xstrdup(relative_checkpoint(attempt,
			attempt->checkpoint));
	else if (path)
		attempt->checkpoint = absolute_checkpoint(attempt, path);
}

/* What to start from: the phase's own newest, else the experiment's. */
static void
find_checkpoint(struct attempt *attempt)
{
	const struct phase_state *state = attempt_state(attempt);
	const char *path;
	char *newest;

	if (attempt->spec->array) { /* the state has the phase's, not a task's */
		find_task_checkpoint(attempt);
		return;
	}
	attempt->own_checkpoint = xstrdup(state->checkpoint);
	if (attempt->spec->checkpoint) {
		/* one that was saved by an attempt that died without a word */
		newest = attempt_newest_checkpoint(attempt);
		if (newest && state->checkpoint
		    && !strcmp(relative_checkpoint(attempt, newest),
		               state->checkpoint)) {
			attempt->checkpoint = newest;
			return;
		}
		if (state->checkpoint)
			attempt->checkpoint = absolute_checkpoint(attempt,
				state->checkpoint);
		if (newest && (attempt->attempt > 0 || state->gen > 1
		               || !attempt->checkpoint)) {
			free(attempt->checkpoint);
			attempt->checkpoint = newest;
			free(attempt->own_checkpoint);
			attempt->own_checkpoint = xstrdup(
				relative_checkpoint(attempt, newest));
			return;
		}
		free(newest);
		return;
	}
	path = state->checkpoint ? state->checkpoint
		: run_checkpoint(attempt->run);
	if (path)
		attempt->checkpoint = absolute_checkpoint(attempt, path);
	if (path && !attempt->checkpoint)
		printf("latsub: the checkpoint %s is not there any more\n",
		       path);
}

void
attempt_find_checkpoint(struct attempt *attempt)
{
	find_checkpoint(attempt);
	if (!attempt->checkpoint)
		attempt->checkpoint = xstrdup("");
}
