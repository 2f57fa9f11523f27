/*
 * run_record.c - events of a run go to the journal, and with them what a person edited.
 */
#include "latsub/run.h"

#include <errno.h>
#include <stdlib.h>

#include "run_edits.h"

/* What a run and its phases are comes before what a person says of them; a
 * mere note about the run leaves the edits for later. */
static size_t
order_events(struct run *run, const struct event *events, size_t count,
             struct event *all)
{
	size_t n = 0, first = 0;

	while (first < count && events[first].kind <= EVENT_PHASE) {
		all[n] = events[first++];
		if (all[n].kind == EVENT_RUN)
			all[n].seq = run->state->revision + 1;
		n++;
	}
	if (count > 0 && events[count - 1].kind == EVENT_RUN)
		return n;
	for (size_t i = 0; i < run->edit_count; i++)
		all[n++] = run->edits[i];
	while (first < count)
		all[n++] = events[first++];
	return n;
}

/* What is written is written: where the fold fails (another node's file may be
 * sick), these events are known all the same, and the rest is folded later.  An
 * error here would have them written again. */
static void
know_recorded(struct run *run, const struct event *events, size_t count)
{
	struct latsub_error ignored;

	if (run_refresh(run, NULL, &ignored) == 0)
		return;
	for (size_t i = 0; i < count; i++)
		state_apply(run->state, &events[i]);
	state_sort(run->state);
}

/* Which events of the task come before this one? */
static void
add_trail(const struct state *state, struct event *event)
{
	const struct phase_state *phase = event->phase
		? state_find(state, event->phase) : NULL;
	const struct trail_place *place;
	struct rangeset tasks = { 0 };

	event->before = (struct event_places){ 0 };
	if (!phase || !(1u << event->kind & STATE_TRAIL_KINDS))
		return;
	phase_tasks_of(phase, event, &tasks);
	place = rangeset_count(&tasks) == 1
		? trail_first(&phase->trail, tasks.items[0].first) : NULL;
	for (; place; place = trail_next(&phase->trail, place))
		event_places_add(&event->before,
		                 state->trail_files.items[place->file],
		                 place->offset);
	rangeset_clear(&tasks);
}

int
run_record(struct run *run, const struct event *events, size_t count,
           bool sync, struct latsub_error *err)
{
	struct event *all = xcalloc(run->edit_count + count, sizeof *all);
	size_t n = order_events(run, events, count, all);
	int rc, saved;

	for (size_t i = 0; i < n; i++)
		add_trail(run->state, &all[i]);
	rc = journal_append(run->journal_dir, all, n, sync, err);
	saved = errno;

	if (rc == 0) {
		know_recorded(run, all, n);
		if (n > count)
			run_edits_forget(run);
	}
	for (size_t i = 0; i < n; i++)
		event_places_clear(&all[i].before);
	free(all);
	errno = saved;
	return rc;
}
