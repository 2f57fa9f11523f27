/*
 * plan.c - completed: skip; in Slurm: adopt; the rest: run.
 */
#include "latsub/plan.h"

#include <stdlib.h>
#include <string.h>

#include "plan_reason.h"

/* Did the task complete once, under values that were changed since?  Then a
 * reset of its phase was meant for the new values, and its result is kept;
 * with unchanged values a reset runs everything again. */
static bool
is_kept(const struct task_cell *cell, uint32_t sweep_since)
{
	return cell->state == TASK_NONE && cell->done
		&& cell->gen < sweep_since;
}

/* Which tasks of the spec's phase are not done yet; where the values differ
 * from those of the state, tasks are matched by values. */
static void
tasks_to_do(const struct spec_phase *phase, const struct phase_state *state,
            struct rangeset *todo, struct rangeset *kept)
{
	bool changed;
	uint32_t since, *map;

	rangeset_add(todo, 0, phase->tasks - 1);
	if (!phase_has_tasks(state))
		return;
	changed = !sweep_equal(&phase->sweep, phase_sweep_now(state));
	since = changed ? UINT32_MAX : phase_sweep_seq(state);
	since -= since > 0 && !changed;
	map = xcalloc(state->total, sizeof *map);
	sweep_map(phase_sweep_now(state), &phase->sweep, map);
	for (uint32_t i = 0; i < state->total; i++) {
		const struct task_cell *cell = phase_task(state, i);
		bool again = is_kept(cell, since);

		if (map[i] == UINT32_MAX || !(again
		    || cell->state == TASK_COMPLETED
		    || cell->state == TASK_SKIPPED))
			continue;
		rangeset_remove(todo, map[i], map[i]);
		if (again)
			rangeset_add(kept, map[i], map[i]);
	}
	free(map);
}

/* Completed by running, not by a person's word alone. */
static bool
really_completed(const struct phase_state *phase)
{
	uint32_t n[TASK_STATE_COUNT];

	if (phase_word(phase) != WORD_COMPLETED)
		return false;
	phase_count(phase, n);
	return n[TASK_COMPLETED] > 0;
}

/* The parent whose coming (or new) completion makes the phase stale. */
static const char *
stale_because(const struct spec *spec, const struct state *state,
              const struct plan *plan, size_t index)
{
	const struct spec_phase *phase = &spec->phases[index];
	const struct phase_state *own = state_find(state, phase->name);

	for (size_t i = 0; i < phase->edge_count; i++) {
		size_t parent = phase->edges[i].parent;
		const char *name = spec->phases[parent].name;
		enum plan_action action = plan->phases[parent].action;
		const struct phase_state *other = state_find(state, name);

		if (!phase_ran_without(own, name))
			continue;
		if (action == PLAN_RUN || action == PLAN_ADOPT
		    || (other && really_completed(other)))
			return name;
	}
	return NULL;
}

/* All that Slurm has of the phase waits, and for jobs of a parent of which
 * more is to run now: its dependency would be the wrong one. */
static bool
waits_for_wrong_jobs(const struct spec *spec, const struct plan *plan,
                     const struct live_jobs *live, size_t index)
{
	const struct spec_phase *phase = &spec->phases[index];
	bool parent_runs = false;
	size_t first = live ? live_first(live, index) : 0;

	for (size_t i = 0; i < phase->edge_count; i++)
		parent_runs |= plan->phases[phase->edges[i].parent].action
			== PLAN_RUN;
	if (!parent_runs || !live || first == live->count
	    || live->items[first].phase != index)
		return false;
	for (size_t i = first; i < live->count
	     && live->items[i].phase == index; i++) {
		if (!live->items[i].waiting)
			return false;
	}
	return true;
}

/* Why what is to be run is run; what of it Slurm has already. */
static char *
reason_to_run(const struct spec *spec, const struct state *state,
              const struct live_jobs *live, struct plan_phase *out,
              size_t index)
{
	char *reason, *rest, *both;

	if (out->drop)
		return plan_reason_replace(live, index, "a parent runs again");
	if (plan_has_dead(live, index))
		return plan_reason_replace(live, index, NULL);
	reason = plan_reason_run(state, state_find(state,
		spec->phases[index].name), &out->tasks, &out->again);
	if (out->live.count == 0)
		return reason;
	rest = plan_reason_adopt(live, index);
	both = xasprintf("%s; the rest: %s", reason, rest);
	free(reason);
	free(rest);
	return both;
}

static void
plan_unselected(const struct live_jobs *live, struct plan_phase *out,
                size_t index)
{
	out->action = out->live.count ? PLAN_ADOPT
		: rangeset_count(&out->tasks) ? PLAN_LEAVE : PLAN_SKIP;
	out->reason = out->action == PLAN_ADOPT
		? plan_reason_adopt(live, index) : xstrdup("not selected");
	rangeset_clear(&out->tasks);
}

static void
plan_one(const struct spec *spec, const struct state *state,
         const struct live_jobs *live, struct plan *plan, size_t index,
         bool selected)
{
	const struct spec_phase *phase = &spec->phases[index];
	const struct phase_state *own = state_find(state, phase->name);
	struct plan_phase *out = &plan->phases[index];
	const char *stale;

	tasks_to_do(phase, own, &out->tasks, &out->kept);
	out->gen = (own ? own->gen : 0) + 1;
	if (selected && waits_for_wrong_jobs(spec, plan, live, index)) {
		out->drop = true;
		rangeset_clear(&out->live);
	}
	rangeset_subtract(&out->tasks, &out->live);
	if (!selected) {
		plan_unselected(live, out, index);
		return;
	}
	stale = stale_because(spec, state, plan, index);
	if (rangeset_count(&out->tasks) == 0 && out->live.count == 0 && stale) {
		rangeset_add(&out->tasks, 0, phase->tasks - 1);
		out->action = PLAN_RUN;
		out->reason = xasprintf("stale: it ran without %s", stale);
	} else if (rangeset_count(&out->tasks) > 0) {
		out->action = PLAN_RUN;
		out->reason = reason_to_run(spec, state, live, out, index);
	} else {
		out->action = out->live.count ? PLAN_ADOPT : PLAN_SKIP;
		out->reason = out->live.count ? plan_reason_adopt(live, index)
			: xstrdup("completed");
	}
	plan->to_run += out->action == PLAN_RUN;
}

struct plan *
plan_create(const struct spec *spec, const struct state *state,
            const struct live_jobs *live, const bool *selected)
{
	struct plan *plan = xcalloc(1, sizeof *plan);

	plan->count = spec->phase_count;
	plan->phases = xcalloc(plan->count, sizeof *plan->phases);
	for (size_t i = 0; live && i < live->count; i++) {
		const struct live_job *job = &live->items[i];

		if (job->phase != SIZE_MAX && !job->dead)
			rangeset_union(&plan->phases[job->phase].live,
			               &job->tasks);
	}
	for (size_t i = 0; i < spec->phase_count; i++) {
		size_t index = spec->order[i];

		plan_one(spec, state, live, plan, index,
		         !selected || selected[index]);
	}
	return plan;
}

void
plan_destroy(struct plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->count; i++) {
		rangeset_clear(&plan->phases[i].tasks);
		rangeset_clear(&plan->phases[i].live);
		rangeset_clear(&plan->phases[i].kept);
		free(plan->phases[i].reason);
	}
	free(plan->phases);
	free(plan);
}
