/*
 * checkpoint.c - latsub checkpoint: a command reports its own.
 */
#include "cli.h"
#include "latsub/runner.h"

static int
execute_checkpoint(const struct args *args)
{
	return runner_report_checkpoint(args->words[0], args_value(args, 'e'));
}

static const struct command_option options[] = {
	{ .key = 'e', .name = "epoch", .argument = "N",
	  .help = "its epoch, for status (else the first number in its name)" },
	{ .name = NULL }
};

const struct command command_checkpoint = {
	.name = "checkpoint",
	.summary = "inside a phase: report a checkpoint",
	.usage = "checkpoint PATH [--epoch N]",
	.text =
	"Inside a phase's command: PATH is complete and is the newest checkpoint.\n"
	"Use $LATSUB_BIN checkpoint, from any language.\n",
	.options = options,
	.least = 1, .most = 1,
	.count_error = "name one checkpoint",
	.execute = execute_checkpoint,
};
