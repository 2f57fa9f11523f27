/*
 * own_jobs.c - the jobs that a run has in Slurm when it is resumed: which they
 * are, those that just end, and whether it can go on beside them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "road.h"

/* Runners wait 75 s for a parent, one after the other; KillWait is 30 s. */
#define ENDING_WAIT_SEC 240

static int
ask(struct asked *asked, const struct run *run, const struct spec *spec,
    struct latsub_error *err)
{
	const char *run_id = run_job_id(run);

	if (!run_id || !asked->slurm
	    || asked_jobs(asked, run_id, run->state, spec, err) == SLURM_YES)
		return 0;
	fprintf(stderr, "latsub: %s; a Slurm that does not answer is not an empty "
	        "one: nothing is changed\n", err->text);
	return cli_said(err, LATSUB_SLURM);
}

static const struct live_job *
ending_job(const struct live_jobs *live, const struct run *run,
           const struct spec *spec)
{
	for (size_t i = 0; i < live->count; i++) {
		if (live->items[i].ending)
			return &live->items[i];
	}
	/* a runner that misses its parent: it would start once the parent
	 * runs again, before others that it must come after */
	return live_in_vain(live, spec, run->state);
}

/* A job that is over while its processes still end may yet go back into the
 * queue, or not: wait for that, with a bound. */
static int
await_endings(struct asked *asked, struct run *run, const struct spec *spec,
              struct latsub_error *err)
{
	bool told = false;

	for (int tries = 0; tries < ENDING_WAIT_SEC; tries++) {
		const struct live_job *ending = ending_job(&asked->live, run,
		                                           spec);

		if (!ending)
			break;
		if (!told)
			fprintf(stderr, "latsub: waiting for job %u (%s) to "
			        "end\n", ending->job, ending->phase_name);
		told = true;
		sleep(1);
		if (ask(asked, run, spec, err) || run_refresh(run, NULL, err))
			return -1;
	}
	return 0;
}

int
own_jobs_ask(struct asked *asked, struct run *run, const struct spec *spec,
             bool await, struct latsub_error *err)
{
	return ask(asked, run, spec, err)
		|| (await && await_endings(asked, run, spec, err)) ? -1 : 0;
}

/* Its result would not count, and a plan that takes it for the phase's run
 * would end with the phase pending. */
static int
check_live_resets(const struct live_jobs *live, const struct run *run,
                  struct latsub_error *err)
{
	const struct live_job *job = live_outdated(live, run->state);

	if (!job)
		return 0;
	return latsub_error_set(err, LATSUB_USAGE, "phase %s was set to pending "
		"while job %u runs it, whose result does not count any more; "
		"wait for its end, or 'latsub cancel --phase %s %s' first",
		job->phase_name, job->job, job->phase_name, run->dir);
}

/* Jobs count their tasks by the values of their time: other values under them
 * would make one task of another. */
static int
check_live_arrays(const struct live_jobs *live, const struct run *run,
                  const struct spec *spec, struct latsub_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < live->count && rc == 0; i++) {
		const struct live_job *job = &live->items[i];
		const struct phase_state *state = state_find(run->state,
			job->phase_name);

		if (job->phase == SIZE_MAX || !phase_is_known(state)
		    || sweep_equal(&spec->phases[job->phase].sweep,
		                   phase_sweep_now(state)))
			continue;
		rc = latsub_error_set(err, LATSUB_USAGE, "phase %s: its array has "
			"other values now, and job %u with the old ones is "
			"still in Slurm; wait for it, or 'latsub cancel "
			"--phase %s %s' first", job->phase_name, job->job,
			job->phase_name, run->dir);
	}
	return rc;
}

/* They were told the directory that the run had then. */
static int
check_moved_jobs(const struct live_jobs *live, const struct opened *opened,
                 struct latsub_error *err)
{
	const struct live_job *job = live->count ? &live->items[0] : NULL;

	if (opened->place != RUN_MOVED || !job)
		return 0;
	return latsub_error_set(err, LATSUB_USAGE, "this run was %s when job %u "
		"(%s) was submitted, which would go on there; 'latsub cancel "
		"%s' first, or move the run back",
		state_metadata(opened->run->state, "run_dir"), job->job,
		job->phase_name, opened->run->dir);
}

int
own_jobs_check(const struct live_jobs *live, const struct opened *opened,
               const struct spec *spec, struct latsub_error *err)
{
	return check_moved_jobs(live, opened, err)
		|| check_live_arrays(live, opened->run, spec, err)
		|| check_live_resets(live, opened->run, err) ? -1 : 0;
}
