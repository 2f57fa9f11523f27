/*
 * run.c - latsub run: the runner, and what it has done by others.
 */
#include "cli.h"
#include "latsub/runner.h"

static int
execute_runner(const struct args *args)
{
	(void)args;
	return runner_main(&cli_runner_hooks);
}

const struct command command_run = {
	.name = "run",
	.summary = "the runner: what each job executes",
	.usage = "run",
	.text =
	"The runner: what each job of latsub executes.  Not for people.\n",
	.execute = execute_runner,
};
