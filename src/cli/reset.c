/*
 * reset.c - latsub reset: a phase is to run again, and with it what waits for it.
 */
#include "edit.h"

static bool
waits_for_one_of(const struct phase_state *phase, const struct strmap *names)
{
	const struct parents *parents = phase_parents(phase);

	for (size_t i = 0; i < parents->count; i++) {
		if (strmap_get(names, parents->items[i].phase))
			return true;
	}
	return false;
}

/* All that waits, directly or not, for the one that names holds.  In the order
 * of the experiment parents mostly come first: then one round is enough. */
static void
add_downstream(const struct state *state, struct strlist *names)
{
	struct strmap *known = strmap_create();
	bool grown = true;

	strmap_set(known, names->items[0], known);
	while (grown) {
		grown = false;
		for (size_t i = 0; i < state->count; i++) {
			const struct phase_state *phase = state->phases[i];

			if (strmap_get(known, phase->name)
			    || !waits_for_one_of(phase, known))
				continue;
			strlist_add(names, phase->name);
			strmap_set(known, phase->name, known);
			grown = true;
		}
	}
	strmap_destroy(known);
}

static int
execute_reset(const struct args *args)
{
	return edit_phases(args, WORD_PENDING, args_has(args, 'd')
	                   ? add_downstream : NULL);
}

static const struct command_option options[] = {
	{ .key = 'd', .name = "downstream",
	  .help = "the phases that wait for it, too" },
	{ .name = NULL }
};

const struct command command_reset = {
	.name = "reset",
	.summary = "run a phase again at the next resume",
	.usage = "reset [--downstream] PHASE [STATE|RUN]",
	.text =
	"Run a phase again at the next resume, as if its word in the state\n"
	"file were set to pending.\n",
	.options = options,
	CLI_PHASE_AND_RUN,
	.execute = execute_reset,
};
