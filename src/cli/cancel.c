/*
 * cancel.c - latsub cancel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/program.h"

static size_t
count_suspended(const struct live_jobs *live, const char *phase)
{
	size_t count = 0;

	for (size_t i = 0; i < live->count; i++) {
		if (!phase || strcmp(phase, live->items[i].phase_name) == 0)
			count += live->items[i].suspended.count > 0;
	}
	return count;
}

/* What a person should hear of a job that may be the run's; or NULL. */
static char *
find_unclear(const struct identities *ids, const struct slurm_jobs *jobs,
             const char *phase)
{
	struct identity identity;
	const struct slurm_job *job = identities_unclear(ids, jobs, &identity);

	return job && (!phase || strcmp(phase, identity.phase) == 0)
		? identity_unclear_text(job, &identity) : NULL;
}

static int
cancel_run(struct engine *engine, const char *phase)
{
	const char *run_id = run_job_id(engine->run);
	struct latsub_error err = { 0 };
	struct slurm_jobs jobs = { 0 };
	struct live_jobs live = { 0 };
	struct identities *ids = NULL;
	char *unclear = NULL;
	size_t count = 0, suspended;
	int lock, rc = -1;
	bool left;

	if (!run_id) {
		fprintf(stderr, "latsub: cancel: %s: latsub has submitted "
		        "nothing of this run\n", engine->run->dir);
		return LATSUB_USAGE;
	}
	lock = engine_lock(engine->run, &err);
	if (lock < 0)
		return cli_fail(&err);
	if (run_refresh(engine->run, NULL, &err) == 0
	    && cli_check_cluster(engine->run, engine->slurm, &err) == SLURM_YES
	    && engine->slurm->jobs_of_user(geteuid(), &jobs, &err)
	    == SLURM_YES) {
		ids = identities_create(run_id, engine->run->state, NULL);
		live_join(&live, NULL, ids, &jobs);
		unclear = find_unclear(ids, &jobs, phase);
		rc = engine_cancel(engine, &live, phase, &count, &err);
	}
	close(lock);
	suspended = count_suspended(&live, phase);
	live_clear(&live);
	slurm_jobs_clear(&jobs);
	identities_destroy(ids);
	if (unclear)
		fprintf(stderr, "latsub: cancel: %s\n", unclear);
	left = unclear != NULL;
	free(unclear);
	if (rc)
		return cli_fail(&err);
	if (suspended)
		printf("%zu suspended job%s: Slurm gives such a job no time to "
		       "save; it goes on from its last checkpoint\n",
		       suspended, suspended == 1 ? "" : "s");
	printf("%zu job%s cancelled", count, count == 1 ? "" : "s");
	if (count)
		printf("; to go on: %s --resume %s", program_name(),
		       engine->run->state_path);
	printf("\n");
	return left ? LATSUB_UNFINISHED : LATSUB_OK;
}

static int
execute_cancel(const struct args *args)
{
	const char *phase = args_value(args, 'p');
	struct latsub_error err = { 0 };
	struct engine engine = { 0 };
	int rc = 0;

	engine.run = cli_open_own_run(args->words[0], &rc);
	if (!engine.run)
		return rc;
	rc = phase ? cli_check_phase(args, engine.run, phase) : LATSUB_OK;
	if (rc == LATSUB_OK) {
		engine.slurm = cli_open_slurm_of(engine.run, &err);
		rc = engine.slurm ? cancel_run(&engine, phase) : cli_fail(&err);
	}
	run_close(engine.run);
	return rc;
}

static const struct command_option options[] = {
	{ .key = 'p', .name = "phase", .argument = "PHASE",
	  .help = "this phase only" },
	{ .name = NULL }
};

const struct command command_cancel = {
	.name = "cancel",
	.summary = "cancel a run's jobs",
	.usage = "cancel [--phase PHASE] [STATE|RUN]",
	.text =
	"Cancel the jobs of a run (the newest here), or of one phase.\n"
	"Commands get TERM and time to save; nothing requeues; 'latsub --resume'\n"
	"goes on later.\n",
	.options = options,
	CLI_ONE_RUN,
	.execute = execute_cancel,
};
