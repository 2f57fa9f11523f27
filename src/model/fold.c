/*
 * fold.c - how an event changes the state.  Pure: no files, no clock.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/state.h"

/* The state a task has after an event, by kind; NONE: cells do not change. */
static const uint8_t state_after[EVENT_KIND_COUNT] = {
	[EVENT_INTENDED] = TASK_INTENDED, [EVENT_SUBMITTED] = TASK_SUBMITTED,
	[EVENT_STARTED] = TASK_STARTED, [EVENT_LOST] = TASK_LOST,
	[EVENT_REQUEUED] = TASK_REQUEUED, [EVENT_CANCELLED] = TASK_CANCELLED,
	[EVENT_FAILED] = TASK_FAILED, [EVENT_COMPLETED] = TASK_COMPLETED,
};

static int
compare_key(const struct task_cell *cell, uint32_t gen, uint32_t attempt,
            unsigned rank)
{
	if (cell->gen != gen)
		return cell->gen < gen ? -1 : 1;
	if (cell->attempt != attempt)
		return cell->attempt < attempt ? -1 : 1;
	return cell->state < rank ? -1 : cell->state > rank;
}

static void
set_cell(struct phase_state *phase, uint32_t task, uint32_t gen,
         uint32_t attempt, uint8_t state)
{
	struct task_cell *cell;

	if (task >= phase->total)
		return;
	cell = &phase->cells[task];
	cell->done |= state == TASK_COMPLETED;
	if (compare_key(cell, gen, attempt, state) < 0) {
		cell->gen = gen;
		cell->attempt = (uint16_t)attempt;
		cell->state = state;
		cell->queued = cell->shared = 0;
	}
}

static void
map_range(const uint32_t *map, struct range range, size_t size,
          struct rangeset *out)
{
	for (uint32_t i = range.first; i <= range.last && i < size; i++) {
		if (map[i] != UINT32_MAX)
			rangeset_add(out, map[i], map[i]);
	}
}

void
phase_tasks_of(const struct phase_state *phase, const struct event *event,
               struct rangeset *out)
{
	struct range all = { 0, UINT32_MAX };
	struct phase_sweep *then = NULL;
	const uint32_t *map;
	size_t size;

	for (size_t i = 0; i < phase->sweep_count; i++) {
		if (phase->sweeps[i].since <= event->gen || !then)
			then = &phase->sweeps[i];
	}
	if (event->all && (!then || &then->sweep == phase_sweep_now(phase))) {
		rangeset_add(out, 0, phase->total - 1);
		return;
	}
	if (!then || &then->sweep == phase_sweep_now(phase)) {
		rangeset_copy(out, &event->tasks);
		return;
	}
	size = (size_t)sweep_size(&then->sweep);
	map = phase_map_to_now(then, phase);
	if (event->all)
		map_range(map, all, size, out);
	for (size_t i = 0; !event->all && i < event->tasks.count; i++)
		map_range(map, event->tasks.items[i], size, out);
}

static bool
newer(uint32_t gen, uint32_t attempt, uint32_t old_gen, uint32_t old_attempt)
{
	return gen > old_gen || (gen == old_gen && attempt >= old_attempt);
}

static void
replace(char **to, const char *value)
{
	char *copy = xstrdup(value);

	free(*to);
	*to = copy;
}

static void
replace_list(struct strlist *to, const struct strlist *from)
{
	strlist_clear(to);
	for (size_t i = 0; i < from->count; i++)
		strlist_add(to, from->items[i]);
}

static void
apply_facts(struct phase_state *phase, const struct event *event)
{
	struct phase_facts *facts = &phase->facts;

	if (!newer(event->gen, event->attempt, facts->gen, facts->attempt))
		return;
	if (event->gen != facts->gen || event->attempt != facts->attempt) {
		free(facts->node);
		*facts = (struct phase_facts){ .gen = event->gen,
			.attempt = event->attempt, .code = -1 };
	}
	if (event->kind == EVENT_STARTED) {
		if (!facts->started || event->time < facts->started)
			facts->started = event->time;
		replace(&facts->node, event->node);
	} else if (event->kind >= EVENT_LOST) {
		if (event->time > facts->ended)
			facts->ended = event->time;
		if (event->code > facts->code) { /* of an array: the worst */
			facts->code = event->code;
			facts->signal = event->signal;
		}
	}
}

static void
apply_checkpoint(struct phase_state *phase, const struct event *event)
{
	if (!event->path || event->kind == EVENT_REFUSED)
		return;
	if (event->gen < phase->checkpoint_gen
	    || (event->gen == phase->checkpoint_gen
	        && (event->attempt < phase->checkpoint_attempt
	            || (event->attempt == phase->checkpoint_attempt
	                && event->seq < phase->checkpoint_seq))))
		return;
	phase->checkpoint_gen = event->gen;
	phase->checkpoint_attempt = event->attempt;
	phase->checkpoint_seq = event->seq;
	replace(&phase->checkpoint, event->path);
	replace(&phase->epoch, event->epoch);
}

static void
apply_failure(struct state *state, const struct event *event)
{
	struct state_failure *last = &state->failure;

	/* the later one; of one second the greater name, for any order */
	if (event->time < last->time
	    || (event->time == last->time && last->phase
	        && strcmp(event->phase, last->phase) < 0))
		return;
	last->time = event->time;
	replace(&last->phase, event->phase);
	replace(&last->error, event->reason);
	replace(&last->time_text, NULL);
}

/* A person's word: what an edit makes of every cell that is older than it. */
static void
apply_edit(struct phase_state *phase, const struct event *event)
{
	static const uint8_t after[WORD_COUNT] = {
		[WORD_PENDING] = TASK_NONE, [WORD_IN_PROGRESS] = TASK_STARTED,
		[WORD_COMPLETED] = TASK_SKIPPED, [WORD_FAILED] = TASK_FAILED,
	};
	struct rangeset tasks = { 0 };

	if (event->word == WORD_NONE)
		return;
	phase_tasks_of(phase, event, &tasks);
	rangeset_for_each_below(&tasks, phase->total, t)
		set_cell(phase, t, event->gen, 0, after[event->word]);
	if (event->gen > phase->edit_gen)
		phase->edit_gen = event->gen;
	rangeset_clear(&tasks);
	apply_checkpoint(phase, event);
}

/* MARK_KIND_COUNT: no attempt has ended. */
static enum mark_kind
end_mark(enum event_kind kind)
{
	switch (kind) {
	case EVENT_REQUEUED:
		return MARK_REQUEUED;
	case EVENT_FAILED:
		return MARK_FAILED;
	case EVENT_LOST:
		return MARK_LOST;
	case EVENT_CANCELLED:
		return MARK_CANCELLED;
	default:
		return MARK_KIND_COUNT;
	}
}

static void
apply_mark(struct phase_state *phase, const struct event *event,
           const struct rangeset *tasks)
{
	/* the tasks are only lent */
	struct phase_mark ran = { .kind = MARK_RAN, .gen = event->gen,
		.attempt = event->attempt, .seconds = event->elapsed,
		.tasks = *tasks };
	struct phase_mark end = { .kind = end_mark(event->kind),
		.gen = event->gen, .attempt = event->attempt, .tasks = *tasks };

	if (event->elapsed)
		phase_add_mark(phase, &ran);
	if (end.kind == MARK_KIND_COUNT)
		return;
	if (end.kind == MARK_REQUEUED)
		end.requeue = event->requeue;
	phase_add_mark(phase, &end);
	if (end.kind != MARK_REQUEUED && event->reason) {
		end.kind = mark_why(end.kind);
		end.reason = event->reason;
		phase_add_mark(phase, &end);
	}
}

static void
apply_note(struct phase_state *phase, const struct event *event,
           const struct rangeset *tasks)
{
	if (event->kind == EVENT_REFUSED && event->path && event->mark)
		phase_add_note(phase, NOTE_REFUSED, event->gen, event->attempt,
		               event->path, event->mark, tasks);
	else if (event->kind == EVENT_REFUSED && event->late)
		/* whole seconds: tasks that were killed together share a note.
		 * Earlier than it was, never later: what may be half of one */
		phase_add_late(phase, event->gen, event->attempt,
		               (uint64_t)event->stopped_at, tasks);
	else if ((event->kind == EVENT_FAILED || event->kind == EVENT_REQUEUED)
	         && event->from && event->mark)
		phase_add_note(phase, NOTE_QUICK, event->gen, event->attempt,
		               event->from, event->mark, tasks);
}

/* What the events named in before lead to, this one leads to as well. */
static void
apply_trail(struct state *state, struct phase_state *phase,
            const struct event *event, const struct rangeset *tasks)
{
	uint32_t file;

	if (!event->at_file || !(1u << event->kind & STATE_TRAIL_KINDS))
		return;
	file = state_trail_file(state, event->at_file);
	rangeset_for_each_below(tasks, phase->total, t) {
		for (size_t i = 0; i < event->before.count; i++) {
			const struct event_place *place = &event->before.items[i];

			trail_remove(&phase->trail, t,
			             state_trail_file(state, place->file),
			             place->offset);
		}
		trail_add(&phase->trail, phase->total, t, file,
		          event->at_offset);
	}
}

static void
apply_paths(struct phase_state *phase, const struct event *event)
{
	if (event->kind == EVENT_CHECKPOINT && event->path)
		phase_add_path(phase, STRAY_REPORTED, event->path, event->own);
	if (event->kind == EVENT_STARTED && event->from)
		phase_add_path(phase, STRAY_BEGUN_FROM, event->from, event->own);
}

void
state_apply_note(struct state *state, const struct event *event)
{
	struct phase_state *phase = event->phase
		? state_find(state, event->phase) : NULL;
	struct rangeset tasks = { 0 };

	if (!phase || !phase->cells)
		return;
	phase_tasks_of(phase, event, &tasks);
	apply_note(phase, event, &tasks);
	apply_trail(state, phase, event, &tasks);
	apply_paths(phase, event);
	rangeset_clear(&tasks);
}

/* What else is known of requeues of this attempt, in whatever order it comes. */
static void
mark_requeued(struct phase_state *phase, const struct event *event,
              const struct rangeset *tasks, bool is_queued)
{
	rangeset_for_each_below(tasks, phase->total, t) {
		struct task_cell *cell = &phase->cells[t];

		set_cell(phase, t, event->gen, event->attempt, TASK_REQUEUED);
		if (compare_key(cell, event->gen, event->attempt,
		                TASK_REQUEUED) != 0)
			continue;
		cell->shared |= event->shared != 0;
		cell->queued |= is_queued;
	}
}

static void
apply_to_tasks(struct state *state, struct phase_state *phase,
               const struct event *event)
{
	struct rangeset tasks = { 0 };

	phase_tasks_of(phase, event, &tasks);
	if (state_after[event->kind]) {
		rangeset_for_each_below(&tasks, phase->total, t)
			set_cell(phase, t, event->gen, event->attempt,
			         state_after[event->kind]);
	}
	if (event->kind == EVENT_REQUEUED && event->shared)
		mark_requeued(phase, event, &tasks, false);
	apply_mark(phase, event, &tasks);
	apply_note(phase, event, &tasks);
	apply_trail(state, phase, event, &tasks);
	apply_paths(phase, event);
	if (event->job && event->kind == EVENT_SUBMITTED) {
		phase_add_job(phase, event->gen, event->attempt, event->job,
		              event->base, &tasks);
		phase_set_submitted(phase, event->gen, event->job, event->time);
	}
	if (event->kind == EVENT_FAILED)
		apply_failure(state, event);
	rangeset_clear(&tasks);
}

/* Of requeues that others have recorded: Slurm has them back in the queue. */
static void
apply_queued(struct phase_state *phase, const struct event *event)
{
	struct rangeset tasks = { 0 };

	phase_tasks_of(phase, event, &tasks);
	mark_requeued(phase, event, &tasks, true);
	rangeset_clear(&tasks);
}

static void
apply_parents(struct phase_state *phase, const struct event *event)
{
	if (event->kind == EVENT_INTENDED && event->variables)
		phase_set_variables(phase, event->gen, event->variables);
	if (event->kind == EVENT_INTENDED && event->gen >= phase->parents_gen) {
		phase->parents_gen = event->gen;
		parents_copy(&phase->parents, &event->parents);
	}
	if (event->kind == EVENT_COMPLETED
	    && event->gen > phase->ran_without_gen) {
		phase->ran_without_gen = event->gen;
		replace_list(&phase->ran_without, &event->ran_without);
	}
}

static enum state_applied
apply_phase(struct state *state, const struct event *event)
{
	struct phase_state *phase = state_add(state, event->phase);
	struct sweep sweep = { 0 };

	if (event->sweep && sweep_parse(&sweep, event->sweep))
		return STATE_APPLIED; /* a line that no latsub wrote */
	if (!phase->known || event->gen >= phase->gen) {
		phase->order = event->order;
		state->sorted = false;
	}
	/* other values after these have another generation, intent or not */
	if (event->gen > phase->gen)
		phase->gen = event->gen;
	phase->known = true;
	phase_set_sweep(phase, event->gen, event->sweep != NULL,
	                (uint32_t)sweep_size(&sweep), &sweep);
	sweep_clear(&sweep);
	return STATE_APPLIED;
}

static enum state_applied
apply_excluded(struct state *state, const struct event *event)
{
	struct phase_state *phase = state_find(state, event->phase);

	if (!phase)
		return STATE_LATER;
	if (event->seq > phase->excluded_seq)
		phase->excluded_seq = event->seq;
	return STATE_APPLIED;
}

/* Is there something that this event speaks of and that is not here yet: its
 * generation's intent (or edit), or the sweep that its tasks are counted in? */
static bool
is_early(const struct phase_state *phase, const struct event *event)
{
	if (phase->sweep_count > 0 && event->gen < phase->sweeps[0].since)
		return true;
	if (event->kind == EVENT_INTENDED || event->kind == EVENT_EDITED)
		return event->seq > 0 && phase->sweep_count > 0
			&& phase->sweeps[phase->sweep_count - 1].since
			< event->seq - 1;
	return event->gen > phase->parents_gen && event->gen > phase->edit_gen;
}

/* Two that did not see each other have one seq: then the greater value, for
 * any order of folding.  (Events without one are read in their order.) */
static void
apply_pair(struct state *state, const char *key, const char *value,
           uint32_t seq)
{
	uint32_t old_seq = state_metadata_seq(state, key);
	const char *old = state_metadata(state, key);

	if (old && (seq < old_seq || (seq == old_seq && seq > 0
	                              && strcmp(value, old) < 0)))
		return;
	state_set_metadata(state, key, value);
	state_set_metadata_seq(state, key, seq);
}

static void
apply_run(struct state *state, const struct event *event)
{
	for (size_t i = 0; i + 1 < event->pairs.count; i += 2)
		apply_pair(state, event->pairs.items[i],
		           event->pairs.items[i + 1], event->seq);
}

enum state_applied
state_apply(struct state *state, const struct event *event)
{
	struct phase_state *phase;

	state->changes++;
	if (event->kind == EVENT_RUN) {
		apply_run(state, event);
		return STATE_APPLIED;
	}
	if (!event->phase)
		return STATE_APPLIED;
	if (event->kind == EVENT_PHASE)
		return apply_phase(state, event);
	if (event->kind == EVENT_EXCLUDED)
		return apply_excluded(state, event);
	phase = state_find(state, event->phase);
	if (!phase || !phase->known || is_early(phase, event))
		return STATE_LATER;
	if (event->kind == EVENT_GAVE_UP) {
		state_apply_note(state, event);
		return STATE_APPLIED;
	}
	if (event->gen > phase->gen)
		phase->gen = event->gen;
	if (event->kind == EVENT_EDITED) {
		apply_edit(phase, event);
		return STATE_APPLIED;
	}
	if (event->kind == EVENT_QUEUED) {
		apply_queued(phase, event);
		return STATE_APPLIED;
	}
	apply_to_tasks(state, phase, event);
	apply_parents(phase, event);
	apply_checkpoint(phase, event);
	if (event->kind >= EVENT_STARTED)
		apply_facts(phase, event);
	return STATE_APPLIED;
}
