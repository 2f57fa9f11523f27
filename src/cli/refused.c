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
#include "road.h"

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
what_slurm_has(struct asked *asked, const struct run *run,
               const struct spec *spec)
{
	const char *run_id = state_metadata(run->state, "run_id");
	struct latsub_error err = { 0 };

	for (int tries = 0; ; tries++) {
		if (asked_jobs(asked, run_id, run->state, spec, &err) != SLURM_YES)
			return xasprintf("whether its jobs are gone is not known "
			                 "(%s)", err.text);
		if (asked->live.count == 0)
			return NULL;
		if (tries == GONE_TRIES)
			break;
		usleep(500000);
	}
	return xasprintf("job %u (%s) of it is still in Slurm",
	                 asked->live.items[0].job,
	                 asked->live.items[0].phase_name);
}

static char *
explain(const char *dir, const char *experiment, const char *why)
{
	char *run = text_shell_quote(dir);
	char *file = text_shell_quote(experiment);
	char *text = xasprintf("%s stays, since %s; to go on with it: '%s --resume "
		"%s --config %s', to end it: '%s cancel %s'", dir, why,
		program_name(), run, file, program_name(), run);

	free(file);
	free(run);
	return text;
}

char *
road_unmake(struct run *run, const struct experiment *experiment,
            struct asked *asked)
{
	struct latsub_error err;
	char *why = NULL, *stays = NULL;

	if (run_was_submitted(run))
		why = what_slurm_has(asked, run, experiment->spec);
	/* a runner's word may have come meanwhile */
	if (!why && run_was_submitted(run) && run_refresh(run, NULL, &err))
		why = xasprintf("its journal cannot be read (%s)", err.text);
	if (!why && has_begun(run))
		why = xstrdup("what became of all of it is not on record, or some "
		              "of it has run");
	if (!why)
		run_unmake(run->dir, run->is_new_dir);
	else
		stays = explain(run->dir, experiment->file, why);
	free(why);
	return stays;
}
