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

/* Where the marks stand, as "PHASE.WORD.GENERATION.ATTEMPT"; those without a word
 * are not in the state file. */
static const struct {
	const char *word, *section;
} state_marks[MARK_KIND_COUNT] = {
	[MARK_REQUEUED] = { "requeued", "requeues" },
	[MARK_FAILED] = { "failed", "failures" },
	[MARK_LOST] = { "lost", "failures" },
	[MARK_CANCELLED] = { "cancelled", "failures" },
	[MARK_RAN] = { "ran", "requeues" },
};

/* ---- [notes] (state_notes.c) ---- */

#define STATE_NOTES_KEY "format" /* it is there: so are all notes */
#define STATE_NOTES_FORMAT "2" /* 1 had no trails */
/* What a key has after the phase's name, and the value; both are appended.  tasks:
 * of its own those that it still counts for. */
void state_note_print(const struct phase_note *note, const struct rangeset *tasks,
                      struct strbuf *what, struct strbuf *value);
void state_note_load(struct phase_state *phase, const char *what,
                     const char *value);

/* ---- trails, in [notes], too (state_trails.c) ---- */

#define STATE_TRAIL_KEY "trail." /* PHASE.trail.FILE=TASK@OFFSET ... */
/* The value of each file of state->trail_files, "" where it has no place; caller
 * clears them and frees the array. */
struct strbuf *state_trails_print(const struct state *state,
                                  const struct phase_state *phase);
#define STATE_LOST_TRAILS_KEY "lost_trails" /* PHASE.lost_trails=SET */
/* Of tasks that did not complete; is added to lost. */
void state_lost_trails(const struct phase_state *phase, struct rangeset *lost);
void state_lost_trails_load(struct phase_state *phase, const char *value);
void state_trail_load(struct state *state, struct phase_state *phase,
                      const char *file, const char *value);

/* ---- paths that tasks named, in [notes], too (strays.c has what they are for) ---- */

#define STATE_OWN_KEY "own."       /* PHASE.own.MARK= */
#define STATE_STRAYS_KEY "strays." /* PHASE.strays.SORT=DIRECTORY */
static const char *const state_stray_sorts[STRAY_SORTS] = {
	[STRAY_REPORTED] = "reported", [STRAY_BEGUN_FROM] = "begun_from",
};

/* ---- lists of phases (state_parents.c) ---- */

#define STATE_NUMBER_KEY "number" /* [jobs]: PHASE.number */
#define STATE_NUMBER_MAX 1000000u /* more are nobody's */

struct state_numbers; /* of phases */
struct state_numbers *state_numbers_create(void);
void state_numbers_destroy(struct state_numbers *numbers);
void state_numbers_set(struct state_numbers *numbers, const char *name,
                       uint32_t number);
/* Are they so many that numbers are worth it? */
bool state_parents_are_many(size_t count);
/* Append " WORD" for each; numbers may be NULL. */
void state_parents_print(const struct state_numbers *numbers,
                         const struct parents *list, struct strbuf *out);
/* Add what one such word stands for. */
void state_parents_parse(const struct state_numbers *numbers, const char *word,
                         struct parents *list);
/* The same of names without a kind. */
void state_names_print(const struct state_numbers *numbers,
                       const struct strlist *list, struct strbuf *out);
void state_names_parse(const struct state_numbers *numbers, const char *word,
                       struct strlist *list);

/* The checksum of [tasks], [jobs], [notes] and the offsets of [journal], without regard
 * to the order of their lines, and of the names in [phases]; caller frees. */
char *state_check(const struct inifile *doc);

#endif
