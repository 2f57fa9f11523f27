/*
 * run_edits.h - what a person changed in the state file with an editor.
 *
 * The words of [phases], and checkpoint_path, are for people to change.  Each change
 * becomes an event.  It waits in run->edits until run_record() has it in the journal,
 * and counts in run->state before that.
 *
 * A word is an edit where it differs from the details beside it, not where it
 * differs from the journal: an old copy that an editor saved over a newer file
 * has old details, too.
 */
#ifndef LATSUB_RUN_EDITS_H
#define LATSUB_RUN_EDITS_H

#include "latsub/run.h"
#include "state_file.h"

/* Find the edits in run->doc, and apply them to run->state.  words: of [phases].  A word
 * without details beside it that says less than the journal becomes a note. */
void run_edits_take(struct run *run, const struct state_words *words);

/* They are in the journal now, or nobody wants them. */
void run_edits_forget(struct run *run);

#endif
