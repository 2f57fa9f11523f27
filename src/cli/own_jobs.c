/*
 * own_jobs.c - the jobs that a run has in Slurm when it is resumed: which they
 * are, those that just end, and whether it can go on beside them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "request.h"

/* Runners wait 75 s for a parent, one after the other; KillWait is 30 s. */
#define ENDING_WAIT_SEC 240

int
request_ask_jobs(struct request *r)
{
	const char *run_id = r->engine.run ? run_job_id(r->engine.run) : NULL;
	struct latsub_error err = { 0 };
	struct identities *ids;

	live_clear(&r->live);
	slurm_jobs_clear(&r->jobs);
	if (!run_id || !r->engine.slurm)
		return 0;
	if (r->engine.slurm->jobs_of_user(geteuid(), &r->jobs, &err)
	    != SLURM_YES) {
		fprintf(stderr, "latsub: %s; a Slurm that does not answer is "
		        "not an empty one: nothing is changed\n", err.text);
		return LATSUB_SLURM + 1;
	}
	ids = identities_create(run_id, r->engine.run->state,
	                        r->engine.cluster.name);
	live_join(&r->live, r->engine.experiment->spec, ids, &r->jobs);
	identities_destroy(ids);
	return 0;
}

static const struct live_job *
ending_job(const struct request *r)
{
	for (size_t i = 0; i < r->live.count; i++) {
		if (r->live.items[i].ending)
			return &r->live.items[i];
	}
	/* a runner that misses its parent: it would start once the parent
	 * runs again, before others that it must come after */
	return live_in_vain(&r->live, r->engine.experiment->spec,
	                    r->engine.run->state);
}

/* A job that is over while its processes still end may yet go back into the
 * queue, or not: wait for that, with a bound. */
int
request_await_endings(struct request *r)
{
	bool told = false;
	struct latsub_error err;

	for (int tries = 0; tries < ENDING_WAIT_SEC; tries++) {
		const struct live_job *ending = ending_job(r);
		int rc;

		if (!ending)
			break;
		if (!told)
			fprintf(stderr, "latsub: waiting for job %u (%s) to "
			        "end\n", ending->job, ending->phase_name);
		told = true;
		sleep(1);
		rc = request_ask_jobs(r);
		if (rc == 0 && run_refresh(r->engine.run, NULL, &err))
			rc = cli_fail(&err) + 1;
		if (rc)
			return rc;
	}
	return 0;
}

/* Its result would not count, and a plan that takes it for the phase's run
 * would end with the phase pending. */
static int
check_live_resets(const struct request *r, struct latsub_error *err)
{
	const struct live_job *job = live_outdated(&r->live,
	                                           r->engine.run->state);

	if (!job)
		return 0;
	return latsub_error_set(err, LATSUB_USAGE, "phase %s was set to pending "
		"while job %u runs it, whose result does not count any more; "
		"wait for its end, or 'latsub cancel --phase %s %s' first",
		job->phase_name, job->job, job->phase_name, r->engine.run->dir);
}

/* Jobs count their tasks by the values of their time: other values under them
 * would make one task of another. */
static int
check_live_arrays(const struct request *r, struct latsub_error *err)
{
	const struct spec *spec = r->engine.experiment->spec;
	int rc = 0;

	for (size_t i = 0; i < r->live.count && rc == 0; i++) {
		const struct live_job *job = &r->live.items[i];
		const struct phase_state *state = state_find(
			r->engine.run->state, job->phase_name);

		if (job->phase == SIZE_MAX || !phase_is_known(state)
		    || sweep_equal(&spec->phases[job->phase].sweep,
		                   phase_sweep_now(state)))
			continue;
		rc = latsub_error_set(err, LATSUB_USAGE, "phase %s: its array has "
			"other values now, and job %u with the old ones is "
			"still in Slurm; wait for it, or 'latsub cancel "
			"--phase %s %s' first", job->phase_name, job->job,
			job->phase_name, r->engine.run->dir);
	}
	return rc;
}

/* They were told the directory that the run had then. */
static int
check_moved_jobs(const struct request *r, struct latsub_error *err)
{
	const struct live_job *job = r->live.count ? &r->live.items[0] : NULL;

	if (r->place != RUN_MOVED || !job)
		return 0;
	return latsub_error_set(err, LATSUB_USAGE, "this run was %s when job %u "
		"(%s) was submitted, which would go on there; 'latsub cancel "
		"%s' first, or move the run back",
		state_metadata(r->engine.run->state, "run_dir"), job->job,
		job->phase_name, r->engine.run->dir);
}

int
request_check_jobs(const struct request *r, struct latsub_error *err)
{
	return check_moved_jobs(r, err) || check_live_arrays(r, err)
		|| check_live_resets(r, err) ? -1 : 0;
}
