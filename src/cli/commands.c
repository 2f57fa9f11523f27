/*
 * commands.c - the list of all commands.
 */
#include <string.h>

#include "command.h"

const struct command *const commands[] = {
	&command_experiment,
	&command_status,
	&command_logs,
	&command_cancel,
	&command_audit,
	&command_list,
	&command_reset,
	&command_skip,
	&command_check,
	&command_graph,
	&command_init,
	&command_checkpoint,
	&command_progress,
	&command_sandbox,
	&command_run,
	NULL
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0] - 1)

const struct command *
commands_find(const char *word)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const char *opening = commands[i]->opening;

		if (strcmp(commands[i]->name, word) == 0
		    || (opening && text_starts(word, opening)))
			return commands[i];
	}
	return NULL;
}

const char *
commands_nearest(const char *word)
{
	const char *names[COMMAND_COUNT];

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i]->name;
	return text_nearest(word, names, COMMAND_COUNT);
}
