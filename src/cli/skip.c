/*
 * skip.c - latsub skip: a phase counts as completed.
 */
#include "edit.h"

static int
execute_skip(const struct args *args)
{
	return edit_phases(args, WORD_COMPLETED, NULL);
}

const struct command command_skip = {
	.name = "skip",
	.summary = "treat a phase as completed",
	.usage = "skip PHASE [STATE|RUN]",
	.text =
	"Treat a phase as completed, as if its word in the state file were set\n"
	"so; the next resume goes on without running it.\n",
	CLI_PHASE_AND_RUN,
	.execute = execute_skip,
};
