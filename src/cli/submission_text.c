/*
 * submission_text.c - what a submission tells: what it does with each phase, the jobs,
 * and the commands to go on with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "latsub/program.h"

void
cli_print_resume(const struct spec *spec, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const char *name = spec->phases[spec->order[i]].name;
		const struct plan_phase *planned =
			&plan->phases[spec->order[i]];

		if (planned->action == PLAN_SKIP)
			printf("Skipping %s (already completed)\n", name);
		else if (planned->action == PLAN_ADOPT)
			printf("Continuing with %s (%s)\n", name,
			       planned->reason);
		else if (planned->action == PLAN_RUN)
			printf("%s %s (%s)\n", planned->again
			       ? "Re-attempting" : "Continuing with", name,
			       planned->reason);
	}
	fputc('\n', stdout);
}

static void
widen(int *width, const char *name)
{
	int len = (int)strlen(name); /* SPEC_NAME_MAX at most */

	if (len > *width)
		*width = len;
}

void
cli_print_jobs(const struct spec *spec, const struct engine_result *result,
               const struct live_jobs *live)
{
	int width = 16;

	for (size_t i = 0; i < result->count; i++)
		widen(&width, spec->phases[result->jobs[i].phase].name);
	for (size_t i = 0; i < live->count; i++)
		widen(&width, live->items[i].phase_name);
	printf("%-*s %9s %7s  %s\n", width, "PHASE", "JOB", "TASKS",
	       "DEPENDENCY");
	for (size_t i = 0; i < result->count; i++) {
		const struct engine_job *job = &result->jobs[i];
		const struct spec_phase *phase = &spec->phases[job->phase];

		printf("%-*s %9u %7llu  %s\n", width, phase->name, job->job,
		       (unsigned long long)rangeset_count(&job->tasks),
		       job->dependency ? job->dependency : "-");
	}
	for (size_t i = 0; i < live->count; i++)
		printf("%-*s %9u %7llu  in Slurm already\n", width,
		       live->items[i].phase_name, live->items[i].job,
		       (unsigned long long)
		       rangeset_count(&live->items[i].tasks));
}

void
cli_print_commands(const struct run *run)
{
	char *dir = text_shell_quote(run->dir);
	char *state = text_shell_quote(run->state_path);

	printf("\nRun:     %s\n"
	       "Watch:   %s status --watch %s\n"
	       "Resume:  %s --resume %s\n"
	       "Cancel:  %s cancel %s\n", run->dir, program_name(),
	       dir, program_name(), state, program_name(), dir);
	fflush(stdout);
	free(dir);
	free(state);
}
