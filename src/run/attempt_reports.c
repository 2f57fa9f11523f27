/*
 * attempt_reports.c - the checkpoints that a task has on record.
 *
 * The state has one for a phase; each task's own, and earlier ones, are in the
 * journal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"

struct reports {
	struct attempt_report *items;
	size_t count;
};

static void
add_report(const struct event *event, void *user)
{
	struct reports *reports = user;

	if (!event->path)
		return;
	GROW(reports->items, reports->count);
	reports->items[reports->count++] = (struct attempt_report){ event->gen,
		event->attempt, event->seq, event->time, event->at_offset,
		xstrdup(event->path) };
}

static int
compare_newest_first(const void *a, const void *b)
{
	const struct attempt_report *x = a, *y = b;

	if (x->gen != y->gen)
		return x->gen > y->gen ? -1 : 1;
	if (x->number != y->number)
		return x->number > y->number ? -1 : 1;
	if (x->seq != y->seq)
		return x->seq > y->seq ? -1 : 1;
	if (x->time != y->time)
		return x->time > y->time ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset > y->offset ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int
finish(struct reports *found, int rc)
{
	if (rc) {
		attempt_reports_free(found->items, found->count);
		*found = (struct reports){ 0 };
	}
	if (found->count)
		qsort(found->items, found->count, sizeof *found->items,
		      compare_newest_first);
	return rc;
}

int
attempt_reports(const struct attempt *attempt, struct attempt_report **reports,
                size_t *count, struct latsub_error *err)
{
	struct reports found = { 0 };
	int rc = run_task_events(attempt->run, attempt->phase, attempt->task,
	                         1u << EVENT_CHECKPOINT, add_report, &found,
	                         err);

	rc = finish(&found, rc);
	*reports = found.items;
	*count = found.count;
	return rc;
}

void
attempt_reports_free(struct attempt_report *reports, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(reports[i].path);
	free(reports);
}

static int
find_newest(const struct attempt *attempt, struct attempt_report *report,
            struct latsub_error *err)
{
	struct reports found = { 0 };
	int rc = run_task_newest(attempt->run, attempt->phase, attempt->task,
	                         EVENT_CHECKPOINT, add_report, &found, err);

	rc = finish(&found, rc);
	if (found.count) {
		*report = found.items[0];
		found.items[0].path = NULL;
	}
	attempt_reports_free(found.items, found.count);
	return rc;
}

int
attempt_find_report(const struct attempt *attempt,
                    struct attempt_report *report, struct latsub_error *err)
{
	const struct phase_state *state = attempt_state(attempt);

	*report = (struct attempt_report){ 0 };
	if (attempt->spec->array) /* NULL: none of its tasks has one */
		return phase_checkpoint(state)
			? find_newest(attempt, report, err) : 0;
	*report = (struct attempt_report){ .gen = state->checkpoint_gen,
		.number = state->checkpoint_attempt,
		.seq = state->checkpoint_seq,
		.path = xstrdup(state->checkpoint) };
	return 0;
}

uint32_t
attempt_next_seq(const struct attempt *attempt)
{
	const struct phase_state *state = attempt_state(attempt);
	struct run *run = attempt->run;
	struct attempt_report last = { 0 };
	struct latsub_error err;
	uint32_t seq = 1;

	run->glance = false; /* the command may have reported on another node */
	if (run_refresh(run, NULL, &err)
	    || attempt_find_report(attempt, &last, &err))
		printf("latsub: %s\n", err.text);
	else if (last.path && last.gen == attempt->gen
	         && last.number == attempt->attempt)
		seq = last.seq + 1;
	/* and of all tasks the last one to report has the phase's newest */
	if (state->checkpoint_gen == attempt->gen
	    && state->checkpoint_attempt == attempt->attempt
	    && state->checkpoint_seq >= seq)
		seq = state->checkpoint_seq + 1;
	free(last.path);
	return seq;
}
