/*
 * status_words.h - the words that people see: of a phase, and of a run as a whole.
 *
 * Each word has one row, with its meaning, and its colour and sign if it is shown with
 * these.  The table, JSON, --watch and list take it from there.  latsub.1 has the same
 * words and meanings; a test compares them.  The four words of the state file (enum
 * phase_word) are others.
 */
#ifndef LATSUB_STATUS_WORDS_H
#define LATSUB_STATUS_WORDS_H

#include "latsub/error.h"

/* Of a phase: the column STATE, "detail" in JSON. */
enum phase_status {
	STATUS_PENDING, STATUS_QUEUED, STATUS_HELD, STATUS_CANNOT_RUN,
	STATUS_STARTING, STATUS_RUNNING, STATUS_REQUEUED, STATUS_BLOCKED,
	STATUS_COMPLETED, STATUS_SKIPPED, STATUS_EXCLUDED, STATUS_LOST,
	STATUS_DEFERRED, STATUS_DROPPED, STATUS_SUBMITTED, STATUS_CANCELLED,
	STATUS_FAILED,
	STATUS_COUNT
};

/* Of a run: its outcome in JSON, and the first column of list. */
enum run_word {
	RUN_COMPLETED, RUN_FAILED, RUN_UNFINISHED, RUN_UNREADABLE,
	RUN_WORD_COUNT
};

/* What a word asks of who reads it.  Where a screen is too small for all phases, those
 * that are to be looked at come first. */
enum status_sign { SIGN_LOOK, SIGN_WAIT, SIGN_DONE };

struct status_word {
	const char *word;
	const char *colour;  /* as a terminal takes it; "" */
	enum status_sign sign;
	const char *meaning; /* as latsub.1 has it; that may go on after ';' */
};

struct run_word_text {
	const char *word, *meaning;
};

extern const struct status_word status_words[STATUS_COUNT];
extern const struct run_word_text run_words[RUN_WORD_COUNT];

/* The word of a run's outcome; of what is no outcome: unreadable. */
enum run_word run_word_of(enum latsub_exit outcome);

#endif
