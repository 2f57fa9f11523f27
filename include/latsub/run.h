/*
 * run.h - one run: its directory, state file and journal.
 *
 * Where its files are tells run_layout.h.
 */
#ifndef LATSUB_RUN_H
#define LATSUB_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "latsub/error.h"
#include "latsub/inifile.h"
#include "latsub/journal.h"
#include "latsub/run_layout.h"
#include "latsub/state.h"
#include "latsub/variables.h"

#define RUN_FILE_MAX (SIZE_MAX / 4) /* what a run has was written by us */

struct run {
	char *dir;         /* absolute */
	char *state_path;
	char *journal_dir;
	struct state *state;
	struct journal_offsets offsets;
	struct inifile *doc;      /* the state file as it was read */
	struct stat doc_stat;
	bool doc_exists;
	bool glance;              /* the journal is looked at as in run_glance() */
	bool has_journal;         /* false: never latsub's, or lost */
	bool is_new, is_new_dir;  /* made by this process: may be unmade */
	struct event *edits;      /* by hand, not in the journal yet */
	size_t edit_count;
	struct latsub_errlist complaints; /* about the state file */
	struct strlist notes;     /* what a person should hear, no error */
};

/* Find the run that path (a state file, or a run's directory) means, and
 * read it.  NULL with *err when there is none.  Complaints about the state
 * file do not stop it: who wants to act looks at run->complaints first. */
struct run *run_open(const char *path, struct latsub_error *err);
/* The same, and cheaper where many nodes have written to the journal: what others
 * wrote in the last minute may be missing, since sizes that this node remembers
 * (NFS) are good enough.  Not for who decides something by what is not there. */
struct run *run_glance(const char *path, struct latsub_error *err);
void run_close(struct run *run);

/* Read all again from the files, or only what the journal has more.  -1: what was
 * known is known still. */
int run_read(struct run *run, struct latsub_error *err);
int run_refresh(struct run *run, bool *changed, struct latsub_error *err);

/* The events of one task, each once, in no order.  kinds: bits 1u << kind, of
 * STATE_TRAIL_KINDS.  What others wrote until now is looked for first, so cells
 * and lists of run->state may move.  Few lines are read, however long the journal is;
 * all of it only where the task's trail is not whole.  The events have at_offset.  -1:
 * some may be missing, and none was told. */
int run_task_events(struct run *run, const char *phase, uint32_t task,
                    uint32_t kinds, journal_scan_f *each, void *user,
                    struct latsub_error *err);

/* The same, but of one kind only the newest: those that no other event of the kind
 * names.  Mostly it is one; two, where two were written at once. */
int run_task_newest(struct run *run, const char *phase, uint32_t task,
                    enum event_kind kind, journal_scan_f *each, void *user,
                    struct latsub_error *err);

/* Hand edits and the events go to the journal, then into run->state: 0 when they
 * are written, even if what others wrote could not be read just now. */
int run_record(struct run *run, const struct event *events, size_t count,
               bool sync, struct latsub_error *err);

/* Write the snapshot if it would change.  Edits made to the file meanwhile
 * are read and kept.  Does nothing while the file has complaints. */
int run_save(struct run *run, struct latsub_error *err);

/* Seconds from when the snapshot was written to this node's newest event, both by the
 * file server's clock; a large number if there is none.  (So ask after an event.) */
double run_snapshot_age(const struct run *run);

/* Make the directories of a new run, or of an adopted one: for their owner alone,
 * or by this mask, whatever the umask. */
int run_make(const char *dir, struct latsub_error *err);
int run_make_masked(const char *dir, mode_t mask, struct latsub_error *err);
/* The modes of what is made in a run: those of its .latsub, so that a runner, which
 * does not know the experiment's umask, and a chmod have their way. */
mode_t run_dir_mode(const char *dir);
mode_t run_file_mode(const char *dir);
/* Take a new run back in which nothing has begun; the directory goes with it
 * if that was new, too, and nobody put anything else there. */
void run_unmake(const char *dir, bool is_new_dir);

/* Remove the temporary files of processes that were killed while they replaced
 * a file, an hour after. */
void run_tidy(const char *dir);

/* No symbolic link of the run in dir leads out of it; run_open() has looked. */
int run_check_links(const char *dir, struct latsub_error *err);
/* The run, and what in it decides which commands are run, is the caller's (or
 * root's) and not for others to write; in a run that nobody else can enter the
 * modes of what is inside do not matter. */
int run_check_owner(const struct run *run, struct latsub_error *err);
/* The owners alone: where it passes this, and not that, a chmod mends it. */
int run_check_uids(const struct run *run, struct latsub_error *err);
/* It does not pass that: it may be looked at, and nothing that it names is used.
 * Whose jobs its jobs are. */
bool run_is_others(const struct run *run);
uid_t run_owner(const struct run *run);

enum run_place {
	RUN_IN_PLACE,
	RUN_MOVED,  /* it was in another directory, and is there no more */
	RUN_COPIED, /* it is still there, too */
	RUN_UNSURE  /* what is there now cannot be looked at */
};
enum run_place run_place(const struct run *run);
/* The id that the run's jobs have in Slurm; "", which no job has, for a copy (or
 * what may be one): they are the other's.  NULL when nothing was submitted
 * ever. */
const char *run_job_id(const struct run *run);
/* Its working directory, also when the whole project was moved or copied (the
 * experiment's, if none is on record); the caller's to free, NULL when it has
 * none. */
char *run_workdir(const struct run *run);

/* Which of the runs under an output root is meant. */
struct run_choice {
	const char *name, *file; /* of the experiment; NULL: of any */
	const char *check;       /* the checksum of its text; NULL: not known */
	bool own;                /* another's run will not do */
	char *passed;            /* out: another's that was passed over; free it */
	bool several;            /* out: there are runs of other experiments, too */
};
/* The newest that was submitted, opened; NULL when there is none, or, with a text
 * in *err, when that cannot be told: the caller's own that cannot be opened, or with
 * own is not the caller's alone, is never passed over for an older one. */
struct run *run_open_newest(const char *root, struct run_choice *choice,
                            struct latsub_error *err);
/* Has it at least an intent? */
bool run_was_submitted(const struct run *run);
/* The length of NAME in "NAME_YYYYMMDD_HHMMSS", 0 of other names. */
size_t run_name_prefix(const char *name);
/* All of them, oldest first, as directories' names. */
int run_list(const char *root, struct strlist *names,
             struct latsub_error *err);

/* The variables that a submission of the run was made with: of a mark, or (NULL)
 * the newest.  None are known: 0, and none are added. */
int run_variables(const struct run *run, const char *mark,
                  struct variables *out, struct latsub_error *err);
/* The mark of the newest, or NULL. */
const char *run_variables_mark(const struct run *run);
/* What a submission is made with: variables, and a copy of the experiment (its
 * mark).  Adds to an EVENT_RUN what puts that on record as the newest, nothing where
 * it is already.  Returns the mark of both; the caller's to free. */
char *run_variables_pairs(const struct run *run,
                          const struct variables *variables, const char *copy,
                          struct event *event);
/* The same for generations of before there were marks. */
#define RUN_FIRST_VARIABLES "variables.first"
void run_first_variables_pairs(const struct run *run,
                               const struct variables *variables,
                               struct event *event);
/* The keys that --set has changed so far, as "PHASE.KEY=VALUE"; and the pair of an
 * EVENT_RUN that puts them on record, if they are not. */
void run_sets(const struct run *run, struct strlist *out);
void run_sets_pair(const struct run *run, const struct strlist *sets,
                   struct event *event);
/* The mark of the experiment's copy that belongs to a set, or NULL. */
const char *run_copy_of(const struct run *run, const char *mark);
/* The variables for people and shells: what RUN_ENVIRONMENT has. */
char *run_variables_text(const struct variables *variables);

/* The checkpoint of the experiment, or NULL. */
const char *run_checkpoint(const struct run *run);

#endif
