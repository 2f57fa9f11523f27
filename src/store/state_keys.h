/*
 * state_keys.h - the keys of the state file: one table, by which it is read and
 * written (state_keys.c).
 *
 * A key of a phase is "PHASE", "PHASE.NAME" or "PHASE.NAME.REST", one of the run is
 * NAME.  A row says in which section a key stands, where in the state its value is,
 * which function reads it and which writes it.  The functions of one subject stand
 * in one file: state_tasks.c, state_jobs.c, state_parents.c, state_checkpoints.c,
 * state_marks.c, state_notes.c, state_trails.c, state_offsets.c.
 *
 * Two things have no row: [metadata], and the words of [phases].  They are read
 * before all else.
 */
#ifndef LATSUB_STATE_KEYS_H
#define LATSUB_STATE_KEYS_H

#include "latsub/inifile.h"
#include "latsub/journal.h"
#include "latsub/state.h"

enum state_section {
	SECTION_METADATA, SECTION_PHASES, SECTION_TASKS, SECTION_JOBS,
	SECTION_CHECKPOINTS, SECTION_REQUEUES, SECTION_FAILURES, SECTION_NOTES,
	SECTION_JOURNAL, SECTION_COUNT
};

/* What of a section is in the checksum. */
enum state_checked { CHECKED_NOT, CHECKED_KEYS, CHECKED_LINES };

struct state_section_row {
	const char *name;
	bool owned; /* by latsub: a key that it does not write is taken out */
	enum state_checked checked;
};
extern const struct state_section_row state_sections[SECTION_COUNT];
/* enum state_section, or -1 */
int state_section_find(const char *name);

/* Rows of one group that stand together are written phase by phase. */
enum state_group {
	GROUP_RUN,     /* of the run: there is no phase */
	GROUP_NUMBERS, /* of phases that are known, as GROUP_WORK */
	GROUP_WORK, GROUP_CHECKPOINTS, GROUP_MARKS, GROUP_NOTES
};

struct state_key;
struct state_numbers;

/* A line that is read. */
struct state_line {
	const struct state_key *key;
	struct phase_state *phase; /* NULL: of the run */
	const char *rest;          /* what follows key->name */
	const char *value;
	size_t place;              /* in the document */
};

struct state_reading {
	struct state *state;
	struct state_numbers *numbers;
	struct journal_offsets *offsets;
};

struct state_writing {
	struct inifile *doc;
	const struct state *state;
	const struct journal_offsets *offsets;
	struct state_numbers *numbers; /* NULL: no list is long */
	struct strmap *kept;           /* "section\037key" of what was put */
};

typedef void state_read_f(struct state_reading *reading,
                          const struct state_line *line);
typedef void state_write_f(struct state_writing *writing,
                           const struct state_key *key,
                           const struct phase_state *phase);

struct state_key {
	enum state_group group;
	enum state_section section;
	const char *name; /* "": of the phase's name alone.  "NAME.": REST
	                   * follows.  STATE_ANY: REST is all, and this row is
	                   * for what no other row takes. */
	size_t offset;    /* of the member in phase_state (or state), for the
	                   * functions that are not of one key */
	bool (*when)(const struct phase_state *phase); /* is it written?  NULL: yes */
	state_read_f *read;   /* NULL: for people; it follows from other keys */
	state_write_f *write; /* NULL: another row's function writes it */
};

#define STATE_ANY "*"

/* Lines are read in the order of their rows, then in that of the file. */
extern const struct state_key state_keys[];
extern const size_t state_key_count;

/* The row of a key, NULL if it has none; what: after "PHASE.", or of the run all of
 * it.  *rest is the part of it that follows the row's name. */
const struct state_key *state_key_find(enum state_section section, bool of_run,
                                       const char *what, const char **rest);

/* Write a key (state_save.c): its name, and rest.  phase NULL: of the run. */
__attribute__((format(printf, 5, 6)))
void state_put(struct state_writing *writing, const struct state_key *key,
               const struct phase_state *phase, const char *rest,
               const char *fmt, ...);
void state_put_set(struct state_writing *writing, const struct state_key *key,
                   const struct phase_state *phase, const char *rest,
                   const struct rangeset *set);
/* The same of a key that is no row's. */
void state_put_text(struct state_writing *writing, enum state_section section,
                    const char *key, const char *value);
/* NULL: the document does not have it. */
const char *state_get(const struct inifile *doc, enum state_section section,
                      const char *key);

/* ---- names that more than one file uses ---- */

#define STATE_VERSION_KEY "version"               /* [metadata] */
#define STATE_REVISION "revision"                 /* [metadata]: "KEY:SEQ ..." */
#define STATE_OLD_FAILURES "failures_before_latsub" /* [metadata] */
#define STATE_CHECKPOINT_KEY "checkpoint_path"    /* [checkpoints] */
#define STATE_EPOCH_KEY "final_epoch"             /* [checkpoints] */
#define STATE_FAILURES_KEY "failure_count"        /* [failures] */
#define STATE_SUBMITTED_KEY "submitted."          /* [jobs] */
#define STATE_NOTES_KEY "format" /* [notes]: those of that format are all there */
#define STATE_NOTES_FORMAT "2"   /* 1 had no trails */
#define STATE_CHECK_KEY "check"  /* [journal]: see state_check() */

/* ---- functions of rows ---- */

uint32_t state_number_of(const char *text); /* 0: it is none */
/* The member that a line, or a key, is of. */
void *state_member(const struct state_reading *reading,
                   const struct state_line *line);
const void *state_member_of(const struct state_writing *writing,
                            const struct state_key *key,
                            const struct phase_state *phase);

/* state_tasks.c */
state_read_f state_read_sweep, state_read_state, state_read_generation,
	state_read_attempt, state_read_done, state_read_single,
	state_read_single_done;
state_write_f state_write_total, state_write_sweeps, state_write_states,
	state_write_generations, state_write_attempts, state_write_done,
	state_write_single;
/* state_jobs.c */
state_read_f state_read_job, state_read_submitted, state_read_last_attempt,
	state_read_variables;
state_write_f state_write_jobs, state_write_job_ids, state_write_last_attempt,
	state_write_variables;
/* state_parents.c */
state_read_f state_read_phase_number, state_read_waits_for,
	state_read_ran_without;
state_write_f state_write_phase_number, state_write_waits_for,
	state_write_ran_without;
/* state_checkpoints.c */
state_read_f state_read_checkpoint_at;
state_write_f state_write_checkpoint_path, state_write_checkpoint_at;
state_read_f state_read_own, state_read_strays;
state_write_f state_write_own, state_write_strays;
/* state_marks.c */
state_read_f state_read_mark, state_read_failure_text;
state_write_f state_write_requeues, state_write_marks, state_write_failures,
	state_write_failure_text, state_write_failure_time;
/* state_notes.c */
state_read_f state_read_note;
state_write_f state_write_notes_format, state_write_notes;
/* state_trails.c */
state_read_f state_read_trail, state_read_lost_trails;
state_write_f state_write_trails, state_write_lost_trails;
/* state_offsets.c */
state_read_f state_read_offset;
state_write_f state_write_offsets;

/* ---- lists of phases, by name or number (state_parents.c) ---- */

struct state_numbers *state_numbers_create(void);
void state_numbers_destroy(struct state_numbers *numbers);
void state_numbers_set(struct state_numbers *numbers, const char *name,
                       uint32_t number);
/* Are there lists of phases so long that numbers are worth it? */
bool state_numbers_are_worth_it(const struct state *state);
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

/* ---- the checksum ---- */


/* The checksum of the sections that are checked, without regard to the order of their
 * lines; caller frees. */
char *state_check(const struct inifile *doc);

#endif
