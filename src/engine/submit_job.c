/*
 * submit_job.c - one job, exactly once.
 *
 * Beware: a call that fails by silence may have made the job.
 */
#include "submit_job.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "latsub/fault.h"

#define LOOKUP_TRIES 5
#define RELEASE_TRIES 5
#define CANCEL_TRIES 3

int
submit_job_record(const struct engine *engine, const struct engine_job *job,
                  bool sync, struct latsub_error *err)
{
	const char *name = engine->experiment->spec->phases[job->phase].name;
	struct event event = {
		.kind = EVENT_SUBMITTED, .time = time(NULL),
		.phase = xstrdup(name), .gen = job->gen,
		.attempt = job->attempt, .job = job->job, .base = job->base };
	int rc;

	rangeset_copy(&event.tasks, &job->tasks);
	rc = journal_append(engine->run->journal_dir, &event, 1, sync, err);
	event_clear(&event);
	return rc;
}

/* Of this submission, or of an earlier one of the same generation? */
static bool
is_known(const struct engine *engine, const struct engine_result *done,
         const struct engine_job *job, uint32_t id)
{
	const struct phase_state *state = state_find(engine->run->state,
		engine->experiment->spec->phases[job->phase].name);

	for (size_t i = 0; done && i < done->count; i++) {
		if (done->jobs[i].job == id)
			return true;
	}
	return phase_find_job(state, job->gen, id) != NULL;
}

static enum slurm_answer
find_in(const struct engine *engine, const struct engine_result *done,
        const struct slurm_jobs *jobs, const char *identity,
        struct engine_job *job)
{
	for (size_t i = 0; i < jobs->count; i++) {
		const struct slurm_job *record = &jobs->items[i];
		uint32_t id = record->array_job_id ? record->array_job_id
			: record->job_id;

		if ((strstr(record->command, identity)
		     || strstr(record->comment, identity))
		    && !is_known(engine, done, job, id)) {
			job->job = id;
			return SLURM_YES;
		}
	}
	return SLURM_UNKNOWN_JOB;
}

/* Slurm fell silent in the middle of a submission: has it the job? */
static enum slurm_answer
look_up(const struct engine *engine, const struct engine_result *done,
        const char *identity, struct engine_job *job)
{
	struct latsub_error ignored;

	for (unsigned i = 1; i <= LOOKUP_TRIES; i++) {
		struct slurm_jobs jobs;
		enum slurm_answer answer;

		if (engine->slurm->jobs_of_user(geteuid(), &jobs, &ignored)
		    == SLURM_YES) {
			answer = find_in(engine, done, &jobs, identity, job);
			slurm_jobs_clear(&jobs);
			return answer;
		}
		sleep(i);
	}
	return SLURM_SILENT;
}

enum slurm_answer
submit_job_find(const struct engine *engine,
                const struct job_request_base *base,
                const struct slurm_jobs *jobs, struct engine_job *job)
{
	struct job_request request;
	enum slurm_answer answer;

	job_request_fill(&request, base, job, engine);
	answer = find_in(engine, NULL, jobs, request.identity, job);
	job_request_clear(&request);
	return answer;
}

enum slurm_answer
submit_job(const struct engine *engine, const struct job_request_base *base,
           const struct engine_result *done, struct engine_job *job,
           unsigned patience, struct latsub_error *err)
{
	struct job_request request;
	enum slurm_answer answer;

	job_request_fill(&request, base, job, engine);
	request.slurm.patience = patience;
	for (int i = 0; ; i++) {
		fault_point();
		answer = engine->slurm->submit(&request.slurm, &job->job, err);
		fault_point();
		if (answer != SLURM_SILENT)
			break;
		answer = look_up(engine, done, request.identity, job);
		if (answer != SLURM_UNKNOWN_JOB || i == 1)
			break;
	}
	job_request_clear(&request);
	return answer == SLURM_UNKNOWN_JOB ? SLURM_SILENT : answer;
}

enum slurm_answer
submit_job_release(const struct engine *engine, uint32_t job,
                   struct latsub_error *err)
{
	struct slurm_update update = { .time_limit_sec = -1, .mem_mib = -1,
	                               .hold = 0 };
	enum slurm_answer answer = SLURM_SILENT;
	char id[16];

	snprintf(id, sizeof id, "%u", job);
	for (unsigned i = 0; i < RELEASE_TRIES && answer == SLURM_SILENT; i++) {
		if (i)
			sleep(i);
		fault_point();
		answer = engine->slurm->update(id, &update, err);
		fault_point();
	}
	/* gone meanwhile, or cancelled by its owner: nothing to release */
	return answer == SLURM_UNKNOWN_JOB ? SLURM_YES : answer;
}

enum slurm_answer
submit_job_cancel(const struct engine *engine, uint32_t job,
                  struct latsub_error *err)
{
	enum slurm_answer answer = SLURM_SILENT;
	char id[16];

	snprintf(id, sizeof id, "%u", job);
	for (unsigned i = 0; i < CANCEL_TRIES && answer == SLURM_SILENT; i++) {
		if (i)
			sleep(i);
		fault_point();
		answer = engine->slurm->cancel(id, err);
		fault_point();
	}
	return answer == SLURM_UNKNOWN_JOB ? SLURM_YES : answer;
}
