/*
 * doomed.c - what cannot run any more once a task has failed.
 *
 * Slurm cancels dependents of a failed job by itself and tells nobody; the
 * runner that sees the failure says it for them.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/state.h"

struct doom {
	struct strmap *children; /* parent's name -> struct child */
	struct strmap *doomed;   /* phase's name -> index of its event + 1 */
	struct event *events;
	size_t count, cap;
};

struct child {
	struct phase_state *phase;
	bool each; /* after_each: task by task */
	struct child *next;
};

/* parent name -> list of children that need it. */
static struct strmap *
index_children(const struct state *state)
{
	struct strmap *map = strmap_create();

	for (size_t i = 0; i < state->count; i++) {
		struct phase_state *phase = state->phases[i];

		for (size_t p = 0; p < phase->parents.count; p++) {
			const char *edge = phase->parents.items[p];
			const char *name = strchr(edge, ':');
			struct child *child;

			if (!name || text_starts(edge, "after_any:"))
				continue;
			child = xcalloc(1, sizeof *child);
			child->phase = phase;
			child->each = text_starts(edge, "after_each:");
			child->next = strmap_get(map, name + 1);
			strmap_set(map, name + 1, child);
		}
	}
	return map;
}

static void
free_children(const struct state *state, struct strmap *map)
{
	for (size_t i = 0; i < state->count; i++) {
		struct child *child = strmap_get(map, state->phases[i]->name);

		while (child) {
			struct child *next = child->next;

			free(child);
			child = next;
		}
	}
	strmap_destroy(map);
}

static struct event *
event_of(struct doom *doom, const struct phase_state *phase, uint32_t gen,
         const char *parent)
{
	size_t known = (size_t)(uintptr_t)strmap_get(doom->doomed, phase->name);
	struct event *event;

	if (known)
		return &doom->events[known - 1];
	if (doom->count == doom->cap) {
		doom->cap = doom->cap ? doom->cap * 2 : 8;
		doom->events = xrealloc(doom->events,
		                        doom->cap * sizeof *doom->events);
	}
	event = &doom->events[doom->count++];
	*event = (struct event){ .kind = EVENT_CANCELLED, .code = -1,
		.phase = xstrdup(phase->name), .gen = gen,
		.reason = xasprintf("%s failed", parent) };
	strmap_set(doom->doomed, phase->name, (void *)(uintptr_t)doom->count);
	return event;
}

/* The child's tasks that still wait in Slurm, of those that are doomed. */
static void
waiting_tasks(const struct child *child, const struct rangeset *failed,
              struct rangeset *out, uint32_t *gen)
{
	const struct phase_state *phase = child->phase;

	for (uint32_t t = 0; t < phase->total; t++) {
		const struct task_cell *cell = &phase->cells[t];

		if ((cell->state != TASK_INTENDED
		     && cell->state != TASK_SUBMITTED)
		    || (child->each && !rangeset_has(failed, t)))
			continue;
		rangeset_add(out, t, t);
		*gen = cell->gen;
	}
}

static void
follow(struct doom *doom, const char *parent, const struct rangeset *failed)
{
	struct child *child = strmap_get(doom->children, parent);

	for (; child; child = child->next) {
		struct rangeset tasks = { 0 };
		struct event *event;
		uint32_t gen = 0;

		if (child->phase->cells)
			waiting_tasks(child, failed, &tasks, &gen);
		if (tasks.count) {
			event = event_of(doom, child->phase, gen, parent);
			/* by another way some of them may be known */
			rangeset_subtract(&tasks, &event->tasks);
			rangeset_union(&event->tasks, &tasks);
		}
		if (tasks.count)
			follow(doom, child->phase->name, &tasks);
		rangeset_clear(&tasks);
	}
}

size_t
state_doomed(const struct state *state, const char *phase,
             const struct rangeset *failed, struct event **events)
{
	struct doom doom = { .children = index_children(state),
		.doomed = strmap_create() };

	follow(&doom, phase, failed);
	free_children(state, doom.children);
	strmap_destroy(doom.doomed);
	*events = doom.events;
	return doom.count;
}
