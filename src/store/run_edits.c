/*
 * run_edits.c - hand edits of the state file, as events.
 */
#include "run_edits.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "state_keys.h"

void
run_edits_forget(struct run *run)
{
	for (size_t i = 0; i < run->edit_count; i++)
		event_clear(&run->edits[i]);
	free(run->edits);
	run->edits = NULL;
	run->edit_count = 0;
}

static void
add_edit(struct run *run, struct event event)
{
	GROW(run->edits, run->edit_count);
	run->edits[run->edit_count++] = event;
}

/* ---- find ---- */

static void
note_less(struct run *run, const struct state_word *word,
          const struct phase_state *phase)
{
	if (phase && phase->known && phase_word(phase) != word->word)
		strlist_add_owned(&run->notes, xasprintf("%s: %s=%s says less "
			"than the journal does (%s); use 'latsub reset' or "
			"'latsub skip'", run->state_path, word->phase,
			phase_word_name(word->word),
			phase_word_name(phase_word(phase))));
}

/* A word that does not agree with the details beside it was set by hand. */
static void
find_word_edit(struct run *run, const struct state_word *word)
{
	const struct phase_state *phase = state_find(run->state, word->phase);

	if (!word->has_base && run->has_journal) {
		note_less(run, word, phase);
		return;
	}
	if (word->has_base && word->word == word->base)
		return;
	if (!word->has_base && word->word == WORD_PENDING)
		return; /* of the old script: nothing has run */
	add_edit(run, (struct event){
		.kind = EVENT_EDITED, .time = time(NULL), .all = true,
		.phase = xstrdup(word->phase),
		.gen = (phase ? phase->gen : 0) + 1,
		.word = word->word,
		.reason = xstrdup("state file") });
}

/* checkpoint_path counts as an edit where it differs from its phase's. */
static void
find_checkpoint_edit(struct run *run)
{
	const char *path = state_get(run->doc, SECTION_CHECKPOINTS,
	                             STATE_CHECKPOINT_KEY);
	const char *epoch = state_get(run->doc, SECTION_CHECKPOINTS,
	                              STATE_EPOCH_KEY);
	const char *name = state_metadata(run->state, "checkpoint_phase");
	const char *told = name ? state_get(run->doc, SECTION_CHECKPOINTS, name)
		: NULL;
	const struct phase_state *phase = name ? state_find(run->state, name)
		: NULL;

	if (!path || !*path || !phase
	    || (told ? strcmp(told, path) == 0 : phase->checkpoint != NULL))
		return;
	add_edit(run, (struct event){
		.kind = EVENT_CHECKPOINT, .time = time(NULL), .all = true,
		.phase = xstrdup(name), .gen = phase->gen,
		.attempt = phase->checkpoint_attempt,
		.seq = phase->checkpoint_seq + 1, .path = xstrdup(path),
		.epoch = xstrdup(epoch), .reason = xstrdup("state file") });
}

/* ---- apply ---- */

/* A phase of a run of before latsub: it has a word, and nothing else. */
static void
know_phase(struct state *state, const char *name)
{
	static const struct sweep none;
	struct phase_state *phase = state_add(state, name);

	if (!phase->known)
		phase_set_sweep(phase, 0, false, 1, &none);
	phase->known = true;
}

void
run_edits_take(struct run *run, const struct state_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		find_word_edit(run, &words->items[i]);
	find_checkpoint_edit(run);
	for (size_t i = 0; i < run->edit_count; i++) {
		if (!run->has_journal)
			know_phase(run->state, run->edits[i].phase);
		state_apply(run->state, &run->edits[i]);
	}
	for (size_t i = 0; i < words->count && !run->has_journal; i++)
		know_phase(run->state, words->items[i].phase);
}
