/*
 * state_checkpoints.c - checkpoints in the state file: the experiment's, which people
 * may write, each phase's, and which paths tasks named (strays.c has what that is for).
 */
#include <stdio.h>
#include <string.h>

#include "state_keys.h"

void
state_read_checkpoint_at(struct state_reading *reading,
                         const struct state_line *line)
{
	struct phase_state *phase = line->phase;

	(void)reading;
	sscanf(line->value, "%u.%u.%u", &phase->checkpoint_gen,
	       &phase->checkpoint_attempt, &phase->checkpoint_seq);
}

void
state_write_checkpoint_at(struct state_writing *writing,
                          const struct state_key *key,
                          const struct phase_state *phase)
{
	state_put(writing, key, phase, "", "%u.%u.%u", phase->checkpoint_gen,
	          phase->checkpoint_attempt, phase->checkpoint_seq);
}

/* The checkpoint of the experiment, and its epoch, which has no function of its own.
 * Where there is none, what a person wrote stays. */
void
state_write_checkpoint_path(struct state_writing *writing,
                            const struct state_key *key,
                            const struct phase_state *phase)
{
	const char *name = state_metadata(writing->state, "checkpoint_phase");
	const struct phase_state *of = name ? state_find(writing->state, name)
		: NULL;
	const char *path = of && of->checkpoint ? of->checkpoint : NULL;

	if (!path && (state_get(writing->doc, key->section, key->name)
	              || inifile_get(writing->doc, "", key->name)))
		return;
	state_put(writing, key, phase, "", "%s", path ? path : "");
	state_put_text(writing, key->section, STATE_EPOCH_KEY,
	               path && of->epoch ? of->epoch : "");
}

/* ---- paths that tasks named ---- */

static const char *const stray_sorts[STRAY_SORTS] = {
	[STRAY_REPORTED] = "reported", [STRAY_BEGUN_FROM] = "begun_from",
};

/* rest: a pattern's mark */
void
state_read_own(struct state_reading *reading, const struct state_line *line)
{
	(void)reading;
	phase_add_path(line->phase, STRAY_REPORTED, "", line->rest);
}

void
state_write_own(struct state_writing *writing, const struct state_key *key,
                const struct phase_state *phase)
{
	for (size_t i = 0; i < phase->own_marks.count; i++)
		state_put(writing, key, phase, phase->own_marks.items[i], "%s",
		          "");
}

void
state_read_strays(struct state_reading *reading, const struct state_line *line)
{
	(void)reading;
	for (int i = 0; i < STRAY_SORTS; i++) {
		if (strcmp(line->rest, stray_sorts[i]) == 0)
			phase_add_path(line->phase, i, line->value, NULL);
	}
}

void
state_write_strays(struct state_writing *writing, const struct state_key *key,
                   const struct phase_state *phase)
{
	for (int i = 0; i < STRAY_SORTS; i++) {
		if (phase->strays[i].any)
			state_put(writing, key, phase, stray_sorts[i], "%s",
			          phase->strays[i].dir);
	}
}
