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
	reports->items = xrealloc(reports->items, (reports->count + 1)
	                          * sizeof *reports->items);
	reports->items[reports->count++] = (struct attempt_report){ event->gen,
		event->attempt, event->seq, xstrdup(event->path) };
}

static int
compare_newest_first(const void *a, const void *b)
{
	const struct attempt_report *x = a, *y = b;

	if (x->gen != y->gen)
		return x->gen > y->gen ? -1 : 1;
	if (x->number != y->number)
		return x->number > y->number ? -1 : 1;
	return x->seq > y->seq ? -1 : x->seq < y->seq;
}

int
attempt_reports(const struct attempt *attempt, struct attempt_report **reports,
                size_t *count, struct latsub_error *err)
{
	struct reports found = { 0 };
	int rc = run_task_events(attempt->run, attempt->phase, attempt->task,
	                         1u << EVENT_CHECKPOINT, add_report, &found,
	                         err);

	if (rc) {
		attempt_reports_free(found.items, found.count);
		found = (struct reports){ 0 };
	}
	if (found.count)
		qsort(found.items, found.count, sizeof *found.items,
		      compare_newest_first);
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

int
attempt_find_report(const struct attempt *attempt,
                    struct attempt_report *report, struct latsub_error *err)
{
	const struct phase_state *state = attempt_state(attempt);
	struct attempt_report *all;
	size_t count;

	*report = (struct attempt_report){ 0 };
	if (!attempt->spec->array) {
		*report = (struct attempt_report){ state->checkpoint_gen,
			state->checkpoint_attempt, state->checkpoint_seq,
			xstrdup(state->checkpoint) };
		return 0;
	}
	if (!phase_checkpoint(state)) /* none of its tasks has one */
		return 0;
	if (attempt_reports(attempt, &all, &count, err))
		return -1;
	if (count) {
		*report = all[0];
		all[0].path = NULL;
	}
	attempt_reports_free(all, count);
	return 0;
}
