/*
 * refused.c - a new run whose submission was refused: taken back, or said to stay.
 *
 * A run that stays is the newest, and hides the one before.  It may go only if nothing
 * of it is in Slurm any more, by Slurm's own word, and nothing of it ever started.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "latsub/program.h"
#include "request.h"

#define GONE_TRIES 20 /* of half a second: what was cancelled takes a moment */

/* May any command of it have run, or is anything of it to run yet? */
static bool
has_begun(const struct run *run)
{
	for (size_t i = 0; i < run->state->count; i++) {
		const struct phase_state *phase = run->state->phases[i];
		uint32_t n[TASK_STATE_COUNT];

		if (!phase_has_tasks(phase))
			continue;
		phase_count(phase, n);
		if (phase_facts(phase)->started
		    || n[TASK_NONE] + n[TASK_CANCELLED] + n[TASK_COMPLETED]
		    + n[TASK_SKIPPED] < phase->total)
			return true;
	}
	return false;
}

/* NULL: Slurm has nothing of the run.  Else what is the matter; caller frees. */
static char *
what_slurm_has(struct request *r)
{
	struct latsub_error err = { 0 };
	enum slurm_answer answer;
	struct identities *ids;

	for (int tries = 0; ; tries++) {
		live_clear(&r->live);
		slurm_jobs_clear(&r->jobs);
		answer = r->engine.slurm->jobs_of_user(geteuid(), &r->jobs, &err);
		if (answer != SLURM_YES)
			return xasprintf("whether its jobs are gone is not known "
			                 "(%s)", err.text);
		ids = identities_create(state_metadata(r->engine.run->state,
			"run_id"), r->engine.run->state, r->engine.cluster.name);
		live_join(&r->live, r->engine.experiment->spec, ids, &r->jobs);
		identities_destroy(ids);
		if (r->live.count == 0)
			return NULL;
		if (tries == GONE_TRIES)
			break;
		usleep(500000);
	}
	return xasprintf("job %u (%s) of it is still in Slurm",
	                 r->live.items[0].job, r->live.items[0].phase_name);
}

static char *
explain(const struct request *r, const char *why)
{
	char *run = text_shell_quote(r->engine.run->dir);
	char *file = text_shell_quote(r->engine.experiment->file);
	char *text = xasprintf("%s stays, since %s; to go on with it: '%s --resume "
		"%s --config %s', to end it: '%s cancel %s'", r->engine.run->dir,
		why, program_name(), run, file, program_name(), run);

	free(file);
	free(run);
	return text;
}

bool
request_unmake(struct request *r, char **stays)
{
	struct run *run = r->engine.run;
	struct latsub_error err;
	char *why = NULL;

	*stays = NULL;
	/* Slurm was silent: that has been said, with what to do */
	if (!run->is_new || r->result.silent)
		return false;
	if (run_was_submitted(run))
		why = what_slurm_has(r);
	/* a runner's word may have come meanwhile */
	if (!why && run_was_submitted(run) && run_refresh(run, NULL, &err))
		why = xasprintf("its journal cannot be read (%s)", err.text);
	if (!why && has_begun(run))
		why = xstrdup("what became of all of it is not on record, or some "
		              "of it has run");
	if (!why)
		run_unmake(run->dir, run->is_new_dir);
	else
		*stays = explain(r, why);
	free(why);
	return !*stays;
}
