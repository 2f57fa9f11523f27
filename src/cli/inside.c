/*
 * inside.c - submissions from inside a job, on the runner's behalf.
 *
 * Each takes a run from its files, asks Slurm, holds the run's lock.  Beware:
 * it may be killed at any instant, as latsub on a login node may be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/file.h"

#define LOCK_TRIES 20 /* of half a second: another task of the array does it */

struct inside {
	struct engine engine;
	struct slurm_jobs jobs;
	struct latsub_error err;
	int lock;
};

static int
open_experiment(struct inside *in)
{
	struct latsub_errlist errors = { 0 };
	char *copy = file_join(in->engine.run->dir, ".latsub/experiment.ini");
	int rc = 0;

	in->engine.experiment = experiment_load(copy, NULL,
		state_metadata(in->engine.run->state, "workdir"), &errors);
	if (errors.count)
		rc = latsub_error_set(&in->err, LATSUB_USAGE, "%s",
		                      errors.texts[0]);
	latsub_errlist_clear(&errors);
	free(copy);
	return rc;
}

static int
take_lock(struct inside *in)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		in->lock = engine_lock(in->engine.run, &in->err);
		if (in->lock >= 0 || in->err.code != LATSUB_UNFINISHED)
			break;
		usleep(500000);
	}
	return in->lock < 0 ? -1 : 0;
}

static enum slurm_answer
open_inside(struct inside *in, const char *state_path)
{
	struct engine *engine = &in->engine;
	enum slurm_answer answer;

	in->lock = -1;
	engine->run = run_open(state_path, &in->err);
	if (!engine->run || open_experiment(in) || take_lock(in)
	    || run_refresh(engine->run, NULL, &in->err))
		return SLURM_REFUSED;
	engine->slurm = cli_open_slurm(&in->err);
	if (!engine->slurm)
		return SLURM_REFUSED;
	answer = engine->slurm->cluster(&engine->cluster, &in->err);
	if (answer == SLURM_YES)
		answer = engine->slurm->jobs_of_user(geteuid(), &in->jobs,
		                                     &in->err);
	return answer;
}

static void
close_inside(struct inside *in)
{
	if (in->lock >= 0)
		close(in->lock);
	slurm_jobs_clear(&in->jobs);
	slurm_cluster_clear(&in->engine.cluster);
	experiment_destroy(in->engine.experiment);
	run_close(in->engine.run);
}

static enum slurm_answer
succeed(const struct runner_ended *from, char *text, size_t size)
{
	struct engine_ended ended = {
		.phase = from->phase, .gen = from->gen,
		.attempt = from->attempt, .task = from->task,
		.base = from->base, .job = from->job,
		.element = from->element, .is_array = from->is_array,
		.more_time = from->more_time, .more_mem = from->more_mem };
	struct inside in = { 0 };
	uint32_t successor = 0;
	enum slurm_answer answer = open_inside(&in, from->state_path);

	if (answer == SLURM_YES)
		answer = engine_succeed(&in.engine, &ended, &in.jobs,
		                        &successor, &in.err);
	if (answer == SLURM_YES)
		snprintf(text, size, "job %u goes on for it", successor);
	else
		snprintf(text, size, "nor can a job be submitted from here that "
		         "goes on for it: %.300s", in.err.text);
	close_inside(&in);
	return answer;
}

const struct runner_hooks cli_runner_hooks = { .succeed = succeed };
