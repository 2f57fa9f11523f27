/*
 * check.c - latsub check: is an experiment sound?
 */
#include <inttypes.h>
#include <stdio.h>

#include "cli.h"
#include "latsub/view.h"

static int
execute_check(const struct args *args)
{
	int code = LATSUB_OK;
	struct experiment *experiment = cli_load_experiment(args, &code);
	const struct spec *spec;
	uint64_t tasks = 0;

	if (!experiment)
		return code;
	spec = experiment->spec;
	for (size_t i = 0; i < spec->phase_count; i++)
		tasks += spec->phases[i].tasks;
	view_print_graph(spec, VIEW_TEXT, stdout);
	printf("\n%s is sound: %zu phases, %" PRIu64 " tasks\n", spec->file,
	       spec->phase_count, tasks);
	experiment_destroy(experiment);
	return LATSUB_OK;
}

static const struct command_option options[] = {
	CLI_OPTION_SET,
	{ .name = NULL }
};

const struct command command_check = {
	.name = "check",
	.summary = "validate an experiment",
	.usage = "check [--set KEY=VALUE]... [FILE]",
	.text =
	"Validate an experiment (./experiment.ini) and show its phases; needs no\n"
	"Slurm.  Everything wrong is reported at once, as FILE:LINE: message.\n",
	.options = options,
	.most = 1,
	.count_error = "one experiment at a time",
	.execute = execute_check,
};
