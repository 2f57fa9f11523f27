/*
 * live.c - jobs of the run that Slurm still has, and that are not what the
 * plan would take them for.
 *
 * Pure: from what Slurm and the state say.
 */
#include <string.h>

#include "latsub/plan.h"
#include "latsub/text.h"

/* Has the command of any of the job's tasks begun, as far as is known? */
static bool
has_started(const struct live_job *job, const struct phase_state *phase)
{
	/* a job that waited when its phase was reset runs for that generation */
	return phase_facts(phase)->gen >= job->gen && phase_facts(phase)->started;
}

static bool
all_reset(const struct live_job *job, const struct phase_state *phase)
{
	rangeset_for_each(&job->tasks, t) {
		const struct task_cell *cell = phase_task(phase, t);

		if (cell && (cell->state != TASK_NONE || cell->gen <= job->gen))
			return false;
	}
	return true;
}

const struct live_job *
live_outdated(const struct live_jobs *live, const struct state *state)
{
	for (size_t i = 0; i < live->count; i++) {
		const struct live_job *job = &live->items[i];
		const struct phase_state *phase = state_find(state,
			job->phase_name);

		if (job->running && phase_has_tasks(phase)
		    && has_started(job, phase) && all_reset(job, phase))
			return job;
	}
	return NULL;
}

/* All of the parent is waited for, and it neither has completed nor is in Slurm. */
static bool
is_missed(const struct live_jobs *live, const struct spec *spec,
          const struct state *state, const struct parent *edge)
{
	const struct phase_state *parent = state_find(state, edge->phase);
	long index = spec_find(spec, edge->phase);
	size_t first;

	if (edge->kind != EDGE_AFTER || !phase_has_tasks(parent) || index < 0
	    || phase_word(parent) == WORD_COMPLETED)
		return false;
	first = live_first(live, (size_t)index);
	return first == live->count
		|| live->items[first].phase != (size_t)index;
}

const struct live_job *
live_in_vain(const struct live_jobs *live, const struct spec *spec,
             const struct state *state)
{
	for (size_t i = 0; i < live->count; i++) {
		const struct live_job *job = &live->items[i];
		const struct phase_state *phase = state_find(state,
			job->phase_name);
		const struct parents *parents = phase_parents(phase);

		if (!job->running || !phase || has_started(job, phase))
			continue;
		for (size_t p = 0; p < parents->count; p++) {
			if (is_missed(live, spec, state, &parents->items[p]))
				return job;
		}
	}
	return NULL;
}
