/*
 * submit_check.c - jobs without dependencies are submitted held, and what is held
 * Slurm does not check: would it run them?
 *
 * What there is too little of (memory, CPUs, ...) is found out before anything is
 * submitted.  The limits of accounts and QOS show only in the reason that the
 * scheduler gives a moment after the release; that moment is waited for, with a
 * bound, where a phase names one.
 */
#include "submit_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job_request.h"
#include "latsub/clock.h"

#define TRIES_MAX 16 /* each is a question to slurmctld */

/* A count of 1 is none. */
static const char *
demand(const struct spec_phase *phase, enum option_id id)
{
	const char *value = options_get(&phase->options, id);

	return value && strcmp(value, "1") == 0 ? NULL : value;
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
asks_for_the_same(const struct spec_phase *a, const struct spec_phase *b)
{
	for (size_t id = 0; id < OPTION_COUNT; id++) {
		if (options_role((enum option_id)id) != OPTION_BESIDE
		    && !same(options_get(&a->options, (enum option_id)id),
		             options_get(&b->options, (enum option_id)id)))
			return false;
	}
	return true;
}

static bool
asks_for_much(const struct spec_phase *phase)
{
	for (size_t id = 0; id < OPTION_COUNT; id++) {
		if (options_role((enum option_id)id) == OPTION_DEMANDS
		    && demand(phase, (enum option_id)id))
			return true;
	}
	return false;
}

/* Will it be submitted without a dependency?  Others Slurm checks itself. */
static bool
is_root(const struct spec_phase *phase, const struct plan *plan)
{
	for (size_t i = 0; i < phase->edge_count; i++) {
		enum plan_action parent =
			plan->phases[phase->edges[i].parent].action;

		if (parent == PLAN_RUN || parent == PLAN_ADOPT)
			return false;
	}
	return true;
}

static void
try_phase(const struct engine *engine, const struct job_request_base *base,
          const struct plan *plan, size_t index,
          struct latsub_errlist *errors)
{
	const struct spec_phase *phase = &engine->experiment->spec->phases[index];
	struct engine_job job = { .phase = index,
	                          .gen = plan->phases[index].gen };
	struct job_request request;
	struct latsub_error err;

	rangeset_copy(&job.tasks, &plan->phases[index].tasks);
	job_request_fill(&request, base, &job, engine);
	if (engine->slurm->can_run(&request.slurm, &err) == SLURM_REFUSED)
		job_request_complain(errors, engine, phase, err.text);
	job_request_clear(&request);
	rangeset_clear(&job.tasks);
}

void
submit_check_plan(const struct engine *engine, const struct plan *plan,
                  struct latsub_errlist *errors)
{
	const struct spec *spec = engine->experiment->spec;
	struct job_request_base *base = job_request_base_create(engine);
	const struct spec_phase *tried[TRIES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < plan->count && count < TRIES_MAX; i++) {
		const struct spec_phase *phase = &spec->phases[i];
		size_t known = 0;

		if (plan->phases[i].action != PLAN_RUN || !is_root(phase, plan)
		    || !asks_for_much(phase))
			continue;
		while (known < count && !asks_for_the_same(tried[known], phase))
			known++;
		if (known < count)
			continue;
		tried[count++] = phase;
		try_phase(engine, base, plan, i, errors);
	}
	job_request_base_destroy(base);
}

/* ---- after the release ---- */

static const struct slurm_job *
find_record(const struct slurm_jobs *jobs, uint32_t id)
{
	for (size_t i = 0; i < jobs->count; i++) {
		const struct slurm_job *record = &jobs->items[i];

		if (record->job_id == id || record->array_job_id == id)
			return record;
	}
	return NULL;
}

static bool
has_limits(const struct engine *engine, const struct engine_job *job)
{
	const struct spec_phase *phase =
		&engine->experiment->spec->phases[job->phase];

	return options_get(&phase->options, OPTION_ACCOUNT)
		|| options_get(&phase->options, OPTION_QOS);
}

/* *unseen: the scheduler has not looked yet at one that it is worth waiting
 * for. */
static const struct engine_job *
look_at(const struct engine *engine, const struct engine_result *result,
        const struct slurm_jobs *jobs, bool *unseen, char *words, size_t size)
{
	*unseen = false;
	for (size_t i = 0; i < result->count; i++) {
		const struct engine_job *job = &result->jobs[i];
		const struct slurm_job *record = job->dependency ? NULL
			: find_record(jobs, job->job);

		if (!record || record->state != SLURM_PENDING)
			continue;
		*unseen |= record->why == SLURM_WHY_UNSEEN
			&& has_limits(engine, job);
		if (record->why != SLURM_WHY_IMPOSSIBLE)
			continue;
		snprintf(words, size, "it can never run (%s)", record->reason);
		return job;
	}
	return NULL;
}

const struct engine_job *
submit_check_released(const struct engine *engine,
                      const struct engine_result *result, char *words,
                      size_t size)
{
	/* few looks: slurmctld may count them */
	static const double pauses_sec[] = { 0, 0.2, 0.3, 0.5, 0.7 };
	const struct engine_job *refused = NULL;
	bool unseen = result->count > 0;

	for (size_t i = 0; unseen && !refused
	     && i < sizeof pauses_sec / sizeof *pauses_sec; i++) {
		struct latsub_error ignored;
		struct slurm_jobs jobs;

		clock_pause(pauses_sec[i]);
		if (engine->slurm->jobs_of_user(geteuid(), &jobs, &ignored)
		    != SLURM_YES)
			break;
		refused = look_at(engine, result, &jobs, &unseen, words, size);
		slurm_jobs_clear(&jobs);
	}
	return refused;
}
