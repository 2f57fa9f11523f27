/*
 * state.c - the phases of a run and what holds for all of them.
 */
#include "latsub/state.h"

#include <stdlib.h>
#include <string.h>

#include "latsub/error.h"

struct state *
state_create(void)
{
	struct state *state = xcalloc(1, sizeof *state);

	state->by_name = strmap_create();
	state->metadata = strmap_create();
	state->metadata_seqs = strmap_create();
	state->trail_numbers = strmap_create();
	state->changes = 1;
	return state;
}

static void
phase_destroy(struct phase_state *phase)
{
	for (size_t i = 0; i < phase->sweep_count; i++) {
		sweep_clear(&phase->sweeps[i].sweep);
		free(phase->sweeps[i].to_now);
	}
	strmap_destroy(phase->places);
	trail_clear(&phase->trail);
	for (int i = 0; i < STRAY_SORTS; i++)
		free(phase->strays[i].dir);
	strlist_clear(&phase->own_marks);
	for (size_t i = 0; i < phase->job_count; i++)
		rangeset_clear(&phase->jobs[i].tasks);
	for (size_t i = 0; i < phase->mark_count; i++) {
		rangeset_clear(&phase->marks[i].tasks);
		requeue_why_clear(&phase->marks[i].requeue);
		free(phase->marks[i].reason);
	}
	for (size_t i = 0; i < phase->note_count; i++) {
		rangeset_clear(&phase->notes[i].tasks);
		free(phase->notes[i].name);
		free(phase->notes[i].mark);
	}
	free(phase->name);
	free(phase->sweeps);
	free(phase->cells);
	free(phase->jobs);
	free(phase->marks);
	free(phase->notes);
	free(phase->facts.node);
	for (size_t i = 0; i < phase->variables_count; i++)
		free(phase->variables[i].mark);
	free(phase->variables);
	parents_clear(&phase->parents);
	strlist_clear(&phase->ran_without);
	free(phase->checkpoint);
	free(phase->epoch);
	free(phase);
}

void
state_destroy(struct state *state)
{
	if (!state)
		return;
	for (size_t i = 0; i < state->count; i++)
		phase_destroy(state->phases[i]);
	for (size_t i = 0; i < state->metadata_keys.count; i++)
		free(strmap_get(state->metadata,
		                state->metadata_keys.items[i]));
	free(state->phases);
	strmap_destroy(state->by_name);
	strmap_destroy(state->metadata);
	strmap_destroy(state->metadata_seqs);
	strlist_clear(&state->metadata_keys);
	strmap_destroy(state->trail_numbers);
	strlist_clear(&state->trail_files);
	free(state->failure.phase);
	free(state->failure.error);
	free(state->failure.time_text);
	free(state);
}

struct phase_state *
state_find(const struct state *state, const char *name)
{
	return strmap_get(state->by_name, name);
}

struct phase_state *
state_add(struct state *state, const char *name)
{
	struct phase_state *phase = state_find(state, name);

	if (phase)
		return phase;
	phase = xcalloc(1, sizeof *phase);
	phase->name = xstrdup(name);
	phase->order = (uint32_t)state->count;
	phase->facts.code = -1;
	GROW(state->phases, state->count);
	state->phases[state->count++] = phase;
	strmap_set(state->by_name, name, phase);
	return phase;
}

static int
compare_order(const void *a, const void *b)
{
	const struct phase_state *x = *(struct phase_state *const *)a;
	const struct phase_state *y = *(struct phase_state *const *)b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return strcmp(x->name, y->name);
}

void
state_sort(struct state *state)
{
	if (!state->sorted && state->count)
		qsort(state->phases, state->count, sizeof *state->phases,
		      compare_order);
	state->sorted = true;
}

const char *
state_metadata(const struct state *state, const char *key)
{
	return strmap_get(state->metadata, key);
}

void
state_set_metadata(struct state *state, const char *key, const char *value)
{
	char *old = strmap_get(state->metadata, key);

	if (!old)
		strlist_add(&state->metadata_keys, key);
	strmap_set(state->metadata, key, xstrdup(value));
	free(old);
}

uint32_t
state_metadata_seq(const struct state *state, const char *key)
{
	size_t seq = 0;

	strmap_get_number(state->metadata_seqs, key, &seq);
	return (uint32_t)seq;
}

void
state_set_metadata_seq(struct state *state, const char *key, uint32_t seq)
{
	strmap_set_number(state->metadata_seqs, key, seq);
	if (seq > state->revision)
		state->revision = seq;
}

struct climb { /* from child to parent */
	struct phase_state *phase;
	size_t next; /* of its parents, the one to look at */
};

struct climbing {
	struct climb *steps;
	size_t count;
};

/* Each phase is looked at once until the state changes, and a circle in a
 * damaged file ends: its members have an answer, "nothing", from the start. */
static void
climb_to(struct climbing *climbing, const struct state *state,
         struct phase_state *phase)
{
	phase->blocked_at = state->changes;
	phase->blocked_by = NULL;
	GROW(climbing->steps, climbing->count);
	climbing->steps[climbing->count++] = (struct climb){ phase, 0 };
}

/* What keeps the phase from running, through one edge; or that is not known yet
 * and *above is to be looked at first. */
static const char *
blocker_through(const struct state *state, const struct parent *edge,
                struct phase_state **above)
{
	struct phase_state *parent = state_find(state, edge->phase);
	enum phase_word word;

	if (!parent || !edge_needs_completion(edge->kind))
		return NULL;
	word = phase_word(parent);
	if (word == WORD_COMPLETED)
		return NULL;
	if (word == WORD_FAILED)
		return parent->name;
	if (parent->blocked_at != state->changes)
		*above = parent;
	return *above ? NULL : parent->blocked_by;
}

/* Without recursion: a chain of phases may be longer than any stack. */
static void
find_blocker(const struct state *state, struct phase_state *phase)
{
	struct climbing climbing = { 0 };

	climb_to(&climbing, state, phase);
	while (climbing.count) {
		struct climb *step = &climbing.steps[climbing.count - 1];
		struct phase_state *at = step->phase, *above = NULL;

		while (!above && !at->blocked_by
		       && step->next < at->parents.count) {
			at->blocked_by = blocker_through(state,
				&at->parents.items[step->next], &above);
			step->next += !above;
		}
		if (above)
			climb_to(&climbing, state, above);
		else
			climbing.count--;
	}
	free(climbing.steps);
}

const char *
state_blocked_by(const struct state *state, const struct phase_state *phase)
{
	struct phase_state *own = state_find(state, phase->name);

	if (own && own->blocked_at != state->changes)
		find_blocker(state, own);
	return own ? own->blocked_by : NULL;
}

int
state_outcome(const struct state *state)
{
	bool failed = false, unfinished = false, running = false;

	for (size_t i = 0; i < state->count; i++) {
		uint32_t n[TASK_STATE_COUNT] = { 0 };
		enum phase_word word = phase_word(state->phases[i]);

		if (phase_is_excluded(state->phases[i]))
			continue;
		if (state->phases[i]->cells)
			phase_count(state->phases[i], n);
		failed |= word == WORD_FAILED;
		running |= word == WORD_IN_PROGRESS
			|| (n[TASK_INTENDED] + n[TASK_SUBMITTED] > 0
			    && !state_blocked_by(state, state->phases[i]));
		unfinished |= word != WORD_COMPLETED;
	}
	if (!unfinished && state->count > 0) /* else it has hardly begun */
		return LATSUB_OK;
	return failed && !running ? LATSUB_FAILED : LATSUB_UNFINISHED;
}

uint32_t
state_trail_file(struct state *state, const char *file)
{
	size_t number = state->trail_files.count;

	if (!strmap_get_number(state->trail_numbers, file, &number)) {
		strlist_add(&state->trail_files, file);
		strmap_set_number(state->trail_numbers, file, number);
	}
	return (uint32_t)number;
}

void
state_lose_trails(struct state *state)
{
	for (size_t i = 0; i < state->count; i++) {
		struct phase_state *phase = state->phases[i];

		for (uint32_t task = 0; task < phase->trail.total; task++) {
			if (trail_first(&phase->trail, task))
				trail_lose(&phase->trail, phase->total, task);
		}
	}
}
