/*
 * state_file.h - the snapshot: state to INI and back.
 */
#ifndef LATSUB_STATE_FILE_H
#define LATSUB_STATE_FILE_H

#include "latsub/inifile.h"
#include "latsub/journal.h"
#include "latsub/state.h"

/* A phase's word as a person may have written it. */
struct state_word {
	char *phase;
	enum phase_word word;
	enum phase_word base; /* what the file's own details say */
	bool has_base;
};

struct state_words {
	struct state_word *items;
	size_t count;
};

void state_words_clear(struct state_words *words);

/* Read a state file into state, offsets and words.  Returns true when the
 * details can be trusted (their checksum is right): else the caller folds
 * the journal from its beginning.  *has_notes: else notes
 * of before its offsets are in the journal alone.  Mistyped words go into errors. */
bool state_file_load(const struct inifile *doc, const char *path,
                     struct state *state, struct journal_offsets *offsets,
                     struct state_words *words, bool *has_notes,
                     struct latsub_errlist *errors);

/* Bring doc up to the state; what is not latsub's stays. */
void state_file_store(struct inifile *doc, struct state *state,
                      const struct journal_offsets *offsets);

#endif
