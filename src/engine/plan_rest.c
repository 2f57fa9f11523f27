/*
 * plan_rest.c - what had no room in the queue, once there is some again.
 */
#include <stdlib.h>

#include "latsub/plan.h"

/* Does the parent run, or has it ended as this edge needs it? */
static bool
lets_run(const struct spec *spec, const struct state *state,
         const struct plan *plan, const struct spec_edge *edge, uint32_t task)
{
	const struct plan_phase *planned = &plan->phases[edge->parent];
	const struct phase_state *parent = state_find(state,
		spec->phases[edge->parent].name);

	switch (edge->kind) {
	case EDGE_AFTER_EACH:
		return phase_task_is_done(parent, task)
			|| rangeset_has(&planned->live, task)
			|| (planned->action == PLAN_RUN
			    && rangeset_has(&planned->tasks, task));
	case EDGE_AFTER_ANY:
		return planned->action != PLAN_LEAVE;
	default:
		return planned->action == PLAN_RUN
			|| planned->action == PLAN_ADOPT
			|| (parent && phase_word(parent) == WORD_COMPLETED);
	}
}

static bool
may_run(const struct spec *spec, const struct state *state,
        const struct plan *plan, size_t index, uint32_t task)
{
	const struct spec_phase *phase = &spec->phases[index];

	for (size_t i = 0; i < phase->edge_count; i++) {
		if (!lets_run(spec, state, plan, &phase->edges[i], task))
			return false;
	}
	return true;
}

static void
plan_one(const struct spec *spec, const struct state *state,
         struct plan *plan, size_t index)
{
	const struct phase_state *own = state_find(state,
		spec->phases[index].name);
	struct plan_phase *out = &plan->phases[index];
	bool some_must_not = false;

	out->gen = phase_intended_gen(own);
	for (uint32_t t = 0; phase_has_tasks(own) && t < own->total; t++) {
		const struct task_cell *cell = phase_task(own, t);

		if (cell->state != TASK_INTENDED || cell->gen != out->gen
		    || rangeset_has(&out->live, t))
			continue;
		if (may_run(spec, state, plan, index, t))
			rangeset_add(&out->tasks, t, t);
		else
			some_must_not = true;
	}
	out->action = out->tasks.count ? PLAN_RUN : some_must_not ? PLAN_LEAVE
		: out->live.count ? PLAN_ADOPT : PLAN_SKIP;
	plan->to_run += out->action == PLAN_RUN;
}

struct plan *
plan_create_rest(const struct spec *spec, const struct state *state,
                 const struct live_jobs *live)
{
	struct plan *plan = xcalloc(1, sizeof *plan);

	plan->is_rest = true;
	plan->count = spec->phase_count;
	plan->phases = xcalloc(plan->count, sizeof *plan->phases);
	for (size_t i = 0; i < live->count; i++) {
		if (live->items[i].phase != SIZE_MAX)
			rangeset_union(&plan->phases[live->items[i].phase].live,
			               &live->items[i].tasks);
	}
	for (size_t i = 0; i < spec->phase_count; i++)
		plan_one(spec, state, plan, spec->order[i]);
	return plan;
}
