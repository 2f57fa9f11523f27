/*
 * state_sections.h - names that reading and writing the state file share.
 */
#ifndef LATSUB_STATE_SECTIONS_H
#define LATSUB_STATE_SECTIONS_H

#include "latsub/inifile.h"
#include "latsub/state.h"

#define STATE_CHECK_KEY "check" /* [journal]: see state_check() */
#define STATE_OLD_FAILURES "failures_before_latsub" /* [metadata] */
#define STATE_DONE_KEY "done_before"
#define STATE_REVISION "revision" /* [metadata]: "KEY:SEQ ..." */
#define STATE_MARK_KINDS 5

static const struct {
	char kind;
	const char *word, *section;
} state_marks[STATE_MARK_KINDS] = {
	{ 'r', "requeued", "requeues" },
	{ 'f', "failed", "failures" },
	{ 'l', "lost", "failures" },
	{ 'c', "cancelled", "failures" },
	{ 't', "ran", "requeues" },
};

/* ---- [notes] (state_notes.c) ---- */

#define STATE_NOTES_KEY "format" /* it is there: so are all notes */
#define STATE_NOTES_FORMAT "1"
/* What a key has after the phase's name, and the value; both are appended.  tasks:
 * of its own those that it still counts for. */
void state_note_print(const struct phase_note *note, const struct rangeset *tasks,
                      struct strbuf *what, struct strbuf *value);
void state_note_load(struct phase_state *phase, const char *what,
                     const char *value);

/* ---- lists of phases (state_parents.c) ---- */

#define STATE_NUMBER_KEY "number" /* [jobs]: PHASE.number */
#define STATE_NUMBER_MAX 1000000u /* more are nobody's */

struct state_numbers; /* of phases */
struct state_numbers *state_numbers_create(void);
void state_numbers_destroy(struct state_numbers *numbers);
void state_numbers_set(struct state_numbers *numbers, const char *name,
                       uint32_t number);
/* Are they so many that numbers are worth it? */
bool state_parents_are_many(const struct strlist *list);
/* Append " WORD" for each; numbers may be NULL. */
void state_parents_print(const struct state_numbers *numbers,
                         const struct strlist *list, struct strbuf *out);
/* Add what one such word stands for. */
void state_parents_parse(const struct state_numbers *numbers, const char *word,
                         struct strlist *list);

/* The checksum of [tasks], [jobs], [notes] and the offsets of [journal], without regard
 * to the order of their lines, and of the names in [phases]; caller frees. */
char *state_check(const struct inifile *doc);

#endif
