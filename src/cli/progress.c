/*
 * progress.c - latsub progress: a command shows people how far it is.
 */
#include "cli.h"
#include "latsub/runner.h"

static int
execute_progress(const struct args *args)
{
	return runner_report_progress(args->words[0]);
}

const struct command command_progress = {
	.name = "progress",
	.summary = "inside a phase: show progress in squeue",
	.usage = "progress TEXT",
	.text =
	"Inside a phase's command: show TEXT (such as 17/24) at the beginning of\n"
	"the job's comment: squeue -O Comment.\n",
	.least = 1, .most = 1,
	.count_error = "give one TEXT",
	.execute = execute_progress,
};
