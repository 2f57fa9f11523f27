/*
 * phase_asked.c - what others ask of a phase, so that they need not know how its state
 * is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/state.h"

/* ---- its tasks ---- */

bool
phase_is_known(const struct phase_state *phase)
{
	return phase && phase->known;
}

bool
phase_has_tasks(const struct phase_state *phase)
{
	return phase && phase->cells;
}

const struct task_cell *
phase_task(const struct phase_state *phase, uint32_t task)
{
	return phase_has_tasks(phase) && task < phase->total
		? &phase->cells[task] : NULL;
}

bool
phase_task_is_done(const struct phase_state *phase, uint32_t task)
{
	const struct task_cell *cell = phase_task(phase, task);

	return cell && (cell->state == TASK_COMPLETED
	                || cell->state == TASK_SKIPPED);
}

bool
phase_has_any(const struct phase_state *phase, unsigned states)
{
	for (uint32_t t = 0; phase_has_tasks(phase) && t < phase->total; t++) {
		if (states & (1u << phase->cells[t].state))
			return true;
	}
	return false;
}

/* ---- what happened to it ---- */

uint32_t
phase_intended_gen(const struct phase_state *phase)
{
	return phase ? phase->parents_gen : 0;
}

bool
phase_was_intended(const struct phase_state *phase)
{
	return phase_is_known(phase) && phase->parents_gen > 0;
}

uint32_t
phase_edited_gen(const struct phase_state *phase)
{
	return phase ? phase->edit_gen : 0;
}

const struct phase_facts *
phase_facts(const struct phase_state *phase)
{
	static const struct phase_facts none = { .code = -1 };

	return phase ? &phase->facts : &none;
}

const char *
phase_checkpoint(const struct phase_state *phase)
{
	return phase ? phase->checkpoint : NULL;
}

bool
phase_ran_without(const struct phase_state *phase, const char *parent)
{
	return phase && strlist_has(&phase->ran_without, parent);
}

const struct parents *
phase_parents(const struct phase_state *phase)
{
	static const struct parents none;

	return phase ? &phase->parents : &none;
}

uint32_t
phase_next_excluded_seq(const struct phase_state *phase)
{
	return phase ? phase->excluded_seq + 1 : 1;
}

bool
phase_values_changed(const struct phase_state *phase)
{
	return phase && phase->sweep_count > 1;
}

/* ---- one by one ---- */

/* The member of an array after this one, or the first; NULL: there is none. */
#define NEXT(items, count, item) \
	(!(item) && (count) ? (items) \
	 : (item) && (item) + 1 < (items) + (count) ? (item) + 1 : NULL)

const struct phase_job *
phase_next_job(const struct phase_state *phase, const struct phase_job *job)
{
	return phase ? NEXT(phase->jobs, phase->job_count, job) : NULL;
}

const struct phase_mark *
phase_next_mark(const struct phase_state *phase, const struct phase_mark *mark)
{
	return phase ? NEXT(phase->marks, phase->mark_count, mark) : NULL;
}

const struct phase_note *
phase_next_note(const struct phase_state *phase, const struct phase_note *note)
{
	return phase ? NEXT(phase->notes, phase->note_count, note) : NULL;
}

const struct phase_variables *
phase_next_variables(const struct phase_state *phase,
                     const struct phase_variables *variables)
{
	return phase ? NEXT(phase->variables, phase->variables_count, variables)
		: NULL;
}

/* ---- its jobs ---- */

/* A total order, so that all nodes agree whatever they have read first. */
static bool
goes_before(const struct phase_job *job, const struct phase_job *other)
{
	if (!other || job->gen != other->gen)
		return !other || job->gen > other->gen;
	if (job->attempt != other->attempt)
		return job->attempt > other->attempt;
	return job->job < other->job;
}

const struct phase_job *
phase_job_of(const struct phase_state *phase, uint32_t task)
{
	const struct phase_job *newest = NULL;

	for (size_t i = 0; phase && i < phase->job_count; i++) {
		const struct phase_job *job = &phase->jobs[i];

		if (goes_before(job, newest) && rangeset_has(&job->tasks, task))
			newest = job;
	}
	return newest;
}

const struct phase_job **
phase_jobs_by_task(const struct phase_state *phase)
{
	const struct phase_job **jobs = xcalloc(phase->total + 1, sizeof *jobs);

	for (size_t i = 0; i < phase->job_count; i++) {
		const struct phase_job *job = &phase->jobs[i];

		rangeset_for_each_below(&job->tasks, phase->total, t) {
			if (goes_before(job, jobs[t]))
				jobs[t] = job;
		}
	}
	return jobs;
}

const struct phase_job *
phase_find_job(const struct phase_state *phase, uint32_t gen, uint32_t job)
{
	for (size_t i = 0; phase && i < phase->job_count; i++) {
		if (phase->jobs[i].job == job && phase->jobs[i].gen == gen)
			return &phase->jobs[i];
	}
	return NULL;
}

void
phase_newest_jobs(const struct phase_state *phase, struct rangeset *numbers)
{
	uint32_t gen = 0;

	for (size_t i = 0; phase && i < phase->job_count; i++) {
		if (phase->jobs[i].gen > gen)
			gen = phase->jobs[i].gen;
	}
	for (size_t i = 0; phase && i < phase->job_count; i++) {
		if (phase->jobs[i].gen == gen)
			rangeset_add(numbers, phase->jobs[i].job,
			             phase->jobs[i].job);
	}
}

uint32_t
phase_newest_job(const struct phase_state *phase)
{
	struct rangeset numbers = { 0 };
	uint32_t newest = 0;

	phase_newest_jobs(phase, &numbers);
	if (numbers.count)
		newest = numbers.items[numbers.count - 1].last;
	rangeset_clear(&numbers);
	return newest;
}

void
phase_job_numbers(const struct phase_state *phase, struct rangeset *numbers)
{
	for (size_t i = 0; phase && i < phase->job_count; i++)
		rangeset_add(numbers, phase->jobs[i].job, phase->jobs[i].job);
}

bool
phase_trail_is_whole(const struct phase_state *phase, uint32_t task)
{
	return task < phase->total && !phase->cells[task].done
		&& !trail_is_lost(&phase->trail, task);
}
