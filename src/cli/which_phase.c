/*
 * which_phase.c - the phase of a run that a command's line names.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"

int
cli_check_phase(const struct args *args, const struct run *run, const char *name)
{
	const struct state *state = run->state;
	const char **names, *nearest;

	if (state_find(state, name))
		return LATSUB_OK;
	names = xcalloc(state->count, sizeof *names);
	for (size_t i = 0; i < state->count; i++)
		names[i] = state->phases[i]->name;
	nearest = text_nearest(name, names, state->count);
	fprintf(stderr, "latsub: %s: this run has no phase '%s'%s%s%s\n",
	        args->command->name, name, nearest ? "; did you mean '" : "",
	        nearest ? nearest : "", nearest ? "'?" : "");
	free(names);
	return LATSUB_USAGE;
}
