/*
 * doomed.c - what cannot run any more once a task has failed.
 *
 * Slurm cancels dependents of a failed job by itself and tells nobody; the
 * runner that sees the failure says it for them.
 *
 * What is found is a list, and is gone through once: a chain of phases may be
 * longer than any stack.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/state.h"

#define LAST_CHILD SIZE_MAX

struct child {
	struct phase_state *phase;
	bool each;   /* after_each: task by task */
	size_t next; /* of the same parent; or LAST_CHILD */
};

struct found { /* tasks that were not known as doomed before */
	const char *phase;
	struct rangeset tasks;
};

struct doom {
	struct child *children;
	struct strmap *first;  /* parent's name -> its first child */
	struct strmap *doomed; /* phase's name -> index of its event */
	struct event *events;
	bool *whole;           /* of an event: all that waits is in it */
	size_t count;
	struct found *found;
	size_t found_count;
};

static void
index_children(struct doom *doom, const struct state *state)
{
	size_t total = 0, count = 0;

	for (size_t i = 0; i < state->count; i++)
		total += state->phases[i]->parents.count;
	doom->children = xcalloc(total + 1, sizeof *doom->children);
	/* from the end, so that each list is in the phases' order */
	for (size_t i = state->count; i-- > 0; ) {
		struct phase_state *phase = state->phases[i];

		for (size_t p = 0; p < phase->parents.count; p++) {
			const struct parent *edge = &phase->parents.items[p];
			size_t next = LAST_CHILD;

			if (!edge_needs_completion(edge->kind))
				continue;
			strmap_get_number(doom->first, edge->phase, &next);
			doom->children[count] = (struct child){ phase,
				edge->kind == EDGE_AFTER_EACH, next };
			strmap_set_number(doom->first, edge->phase, count++);
		}
	}
}

static size_t
event_of(struct doom *doom, const struct phase_state *phase,
         const char *parent)
{
	size_t at = doom->count;

	if (strmap_get_number(doom->doomed, phase->name, &at))
		return at;
	GROW(doom->events, doom->count);
	GROW(doom->whole, doom->count);
	doom->whole[doom->count] = false;
	doom->events[doom->count++] = (struct event){
		.kind = EVENT_CANCELLED, .code = -1,
		.phase = xstrdup(phase->name),
		.reason = xasprintf("%s failed", parent) };
	strmap_set_number(doom->doomed, phase->name, at);
	return at;
}

static void
add_waiting(const struct phase_state *phase, struct range among,
            struct rangeset *out, uint32_t *gen)
{
	for (uint32_t t = among.first; t <= among.last && t < phase->total;
	     t++) {
		const struct task_cell *cell = &phase->cells[t];

		if (cell->state != TASK_INTENDED
		    && cell->state != TASK_SUBMITTED)
			continue;
		rangeset_add(out, t, t);
		*gen = cell->gen;
	}
}

/* The child's tasks that still wait in Slurm, of those that are doomed. */
static void
waiting_tasks(const struct child *child, const struct rangeset *failed,
              struct rangeset *out, uint32_t *gen)
{
	if (!child->each)
		add_waiting(child->phase, (struct range){ 0, UINT32_MAX - 1 },
		            out, gen);
	for (size_t i = 0; child->each && i < failed->count; i++)
		add_waiting(child->phase, failed->items[i], out, gen);
}

static void
add_found(struct doom *doom, const char *phase, struct rangeset *tasks)
{
	GROW(doom->found, doom->found_count);
	doom->found[doom->found_count++] = (struct found){ phase, *tasks };
	*tasks = (struct rangeset){ 0 };
}

static void
doom_child(struct doom *doom, const struct child *child, const char *parent,
           const struct rangeset *failed)
{
	size_t at;
	bool known = strmap_get_number(doom->doomed, child->phase->name, &at);
	struct rangeset tasks = { 0 };
	uint32_t gen = 0;

	if (!child->phase->cells || (known && doom->whole[at]))
		return;
	waiting_tasks(child, failed, &tasks, &gen);
	if (tasks.count) {
		at = event_of(doom, child->phase, parent);
		doom->whole[at] |= !child->each;
		if (!known)
			doom->events[at].gen = gen;
		/* by another way some of them may be known */
		rangeset_subtract(&tasks, &doom->events[at].tasks);
		rangeset_union(&doom->events[at].tasks, &tasks);
	}
	if (tasks.count)
		add_found(doom, child->phase->name, &tasks);
	rangeset_clear(&tasks);
}

static void
doom_children(struct doom *doom, const char *parent,
              const struct rangeset *failed)
{
	size_t next = LAST_CHILD;

	strmap_get_number(doom->first, parent, &next);
	while (next != LAST_CHILD) {
		const struct child *child = &doom->children[next];

		doom_child(doom, child, parent, failed);
		next = child->next;
	}
}

size_t
state_doomed(const struct state *state, const char *phase,
             const struct rangeset *failed, struct event **events)
{
	struct doom doom = { .first = strmap_create(),
		.doomed = strmap_create() };

	index_children(&doom, state);
	doom_children(&doom, phase, failed);
	for (size_t i = 0; i < doom.found_count; i++) {
		/* the list may move while it grows */
		struct found found = doom.found[i];

		doom_children(&doom, found.phase, &found.tasks);
		rangeset_clear(&found.tasks);
	}
	free(doom.found);
	free(doom.whole);
	free(doom.children);
	strmap_destroy(doom.first);
	strmap_destroy(doom.doomed);
	*events = doom.events;
	return doom.count;
}
