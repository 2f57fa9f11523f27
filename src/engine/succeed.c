/*
 * succeed.c - where a job may not go back into the queue, another goes on for
 * it: the same task of the same generation, its next attempt.
 *
 * Done twice it does no harm: the successor is found in the journal or by its
 * identity, and a dependent that waits for it already is left alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dependency.h"
#include "latsub/engine.h"
#include "latsub/fault.h"
#include "submit_job.h"

/* An earlier try may have come so far.  Of several the one that runs, which is the
 * one with the least number. */
static bool
find_in_journal(const struct engine *engine, const struct engine_ended *ended,
                struct engine_job *job)
{
	const struct phase_state *state = state_find(engine->run->state,
	                                             ended->phase);

	phase_for_each_job(state, known) {
		if (known->gen == job->gen && known->attempt == job->attempt
		    && (!job->job || known->job < job->job)
		    && rangeset_has(&known->tasks, ended->task))
			job->job = known->job;
	}
	return job->job != 0;
}

static enum slurm_answer
submit_successor(const struct engine *engine, const struct engine_ended *ended,
                 const struct slurm_jobs *jobs, struct engine_job *job,
                 struct latsub_error *err)
{
	struct job_request_base *base;
	enum slurm_answer answer;

	if (find_in_journal(engine, ended, job))
		return SLURM_YES;
	base = job_request_base_of(engine, &engine->experiment->spec->phases[
		job->phase], job->gen, err);
	if (!base)
		return SLURM_REFUSED;
	answer = submit_job_find(engine, base, jobs, job);
	if (answer != SLURM_YES)
		answer = submit_job(engine, base, NULL, job, SUBMIT_PATIENCE,
		                    err);
	job_request_base_destroy(base);
	if (answer != SLURM_YES)
		return answer;
	return submit_job_record(engine, job, true, err) ? SLURM_REFUSED
		: SLURM_YES;
}

/* What earlier attempts had grown to, and what this one is to have. */
static enum slurm_answer
keep_request(const struct engine *engine, const struct engine_ended *ended,
             const struct slurm_jobs *jobs, const struct engine_job *job,
             struct latsub_error *err)
{
	const struct spec_phase *phase =
		&engine->experiment->spec->phases[job->phase];
	struct slurm_update update = { .time_limit_sec = -1, .mem_mib = -1,
	                               .hold = -1 };
	char id[16];

	for (size_t i = 0; i < jobs->count; i++) {
		const struct slurm_job *old = &jobs->items[i];

		if (old->job_id != ended->element)
			continue;
		if (phase->retry_time.set && old->time_limit_sec > 0)
			update.time_limit_sec = ended->more_time
				? spec_grow(&phase->retry_time,
				            old->time_limit_sec)
				: old->time_limit_sec;
		if (phase->retry_mem.set && old->mem_mib > 0)
			update.mem_mib = ended->more_mem
				? spec_grow(&phase->retry_mem, old->mem_mib)
				: old->mem_mib;
	}
	if (update.time_limit_sec < 0 && update.mem_mib < 0)
		return SLURM_YES;
	snprintf(id, sizeof id, "%u", job->job);
	/* refused: it goes on with the same, rather than stay held for ever */
	return engine->slurm->update(id, &update, err) == SLURM_SILENT
		? SLURM_SILENT : SLURM_YES;
}

/* ---- those that wait for it ---- */

/* "12" or "12_3", as one dependent is named to be changed; NULL when this
 * record does not wait for the task. */
static char *
dependent_id(const struct slurm_job *record, const struct spec_edge *edge,
             uint32_t task, uint32_t base)
{
	if (!record->array_job_id)
		return xasprintf("%u", record->job_id);
	if (edge->kind != EDGE_AFTER_EACH)
		return record->array_task_id == SLURM_NO_TASK
			? xasprintf("%u", record->array_job_id)
			: xasprintf("%u_%u", record->array_job_id,
			            record->array_task_id);
	if (task < base || (record->array_task_id != SLURM_NO_TASK
	                    && record->array_task_id != task - base))
		return NULL;
	return xasprintf("%u_%u", record->array_job_id, task - base);
}

static enum slurm_answer
repoint_one(const struct engine *engine, const struct engine_ended *ended,
            const struct engine_job *job, const struct slurm_job *record,
            const struct spec_edge *edge, uint32_t base,
            struct latsub_error *err)
{
	struct slurm_update update = { .time_limit_sec = -1, .mem_mib = -1,
	                               .hold = -1 };
	char *text = dependency_repoint(record->dependency, ended->job,
		ended->is_array, edge->kind, job->job);
	char *id = text ? dependent_id(record, edge, ended->task, base) : NULL;
	enum slurm_answer answer = SLURM_YES;

	if (id) {
		update.dependency = text;
		fault_point();
		answer = engine->slurm->update(id, &update, err);
		fault_point();
	}
	free(text);
	free(id);
	return answer == SLURM_SILENT ? answer : SLURM_YES; /* else it started,
	                                                     * or is gone */
}

/* The edge by which a job of the run waits for the ended one, or NULL. */
static const struct spec_edge *
edge_to(const struct engine *engine, const struct identities *ids,
        const struct slurm_job *record, size_t parent, uint32_t *base)
{
	const struct spec *spec = engine->experiment->spec;
	const struct spec_edge *edge = NULL;
	const struct spec_phase *phase;
	struct identity identity;
	long index;

	if (record->state != SLURM_PENDING || !record->dependency
	    || identities_judge(ids, record, &identity) != IDENTITY_OURS)
		return NULL;
	*base = identity.base;
	index = spec_find(spec, identity.phase);
	if (index < 0)
		return NULL;
	phase = &spec->phases[index];
	for (size_t i = 0; i < phase->edge_count && !edge; i++) {
		if (phase->edges[i].parent == parent)
			edge = &phase->edges[i];
	}
	return edge;
}

static enum slurm_answer
repoint(const struct engine *engine, const struct engine_ended *ended,
        const struct slurm_jobs *jobs, const struct engine_job *job,
        struct latsub_error *err)
{
	const struct state *state = engine->run->state;
	struct identities *ids = identities_create(state_metadata(state,
		"run_id"), state, engine->cluster.name);
	enum slurm_answer answer = SLURM_YES;

	for (size_t i = 0; i < jobs->count && answer == SLURM_YES; i++) {
		const struct slurm_job *record = &jobs->items[i];
		uint32_t base = 0;
		const struct spec_edge *edge = edge_to(engine, ids, record,
			job->phase, &base);

		if (edge)
			answer = repoint_one(engine, ended, job, record, edge,
			                     base, err);
	}
	identities_destroy(ids);
	return answer;
}

enum slurm_answer
engine_succeed(struct engine *engine, const struct engine_ended *ended,
               const struct slurm_jobs *jobs, uint32_t *successor,
               struct latsub_error *err)
{
	long index = spec_find(engine->experiment->spec, ended->phase);
	struct engine_job job = { .phase = (size_t)index, .gen = ended->gen,
		.attempt = ended->attempt + 1, .base = ended->base };
	enum slurm_answer answer;

	if (index < 0) {
		latsub_error_set(err, LATSUB_USAGE, "the run has no phase %s",
		                 ended->phase);
		return SLURM_REFUSED;
	}
	rangeset_add(&job.tasks, ended->task, ended->task);
	answer = submit_successor(engine, ended, jobs, &job, err);
	if (answer == SLURM_YES)
		answer = keep_request(engine, ended, jobs, &job, err);
	if (answer == SLURM_YES)
		answer = repoint(engine, ended, jobs, &job, err);
	if (answer == SLURM_YES)
		answer = submit_job_release(engine, job.job, err);
	*successor = job.job;
	rangeset_clear(&job.tasks);
	return answer;
}
