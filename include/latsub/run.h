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
#include "latsub/history.h"
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
	bool is_new, is_new_dir;  /* made by this process, so run_unmake() may act */
	struct event *edits;      /* a person's, not in the journal yet */
	size_t edit_count;
	struct latsub_errlist complaints; /* about the state file */
	struct strlist notes;     /* messages for people that are no errors */
};

/* Find the run at path (a state file, or a run's directory), and read it.  NULL with
 * *err when there is none.  It succeeds even if the state file has mistakes: before
 * you change anything, look at run->complaints. */
struct run *run_open(const char *path, struct latsub_error *err);
/* The same, and cheaper if many nodes have written to the journal: it takes the file
 * sizes that this node remembers (NFS), so events of the last minute may be missing.
 * Not for decisions that depend on what is not there. */
struct run *run_glance(const char *path, struct latsub_error *err);
void run_close(struct run *run);

/* Read all files again, or only what is new in the journal.  After -1 the run is as
 * it was. */
int run_read(struct run *run, struct latsub_error *err);
int run_refresh(struct run *run, bool *changed, struct latsub_error *err);

/* Call each for the events of one task, each once, in no order.  kinds: bits
 * 1u << kind, of STATE_TRAIL_KINDS.  It refreshes the run first, so cells and lists of
 * run->state may move.  It reads few lines, however long the journal is, and all of
 * it only if the task's trail is not whole.  The events have at_offset.  -1: some may
 * be missing; each was not called. */
int run_task_events(struct run *run, const char *phase, uint32_t task,
                    uint32_t kinds, journal_scan_f *each, void *user,
                    struct latsub_error *err);

/* Add to a history when the attempts of one task began, and which of them gave up; it
 * gets no other ends, for the state's marks have these.  Reads what run_task_events
 * reads.  The caller clears it, after -1 as well: then some may be missing. */
int run_task_starts(struct run *run, const char *phase, uint32_t task,
                    struct history *history, struct latsub_error *err);

/* The same as run_task_events, but only the newest events of one kind: those that no
 * other event of the kind names.  Mostly it is one event; if two writers wrote at once,
 * two. */
int run_task_newest(struct run *run, const char *phase, uint32_t task,
                    enum event_kind kind, journal_scan_f *each, void *user,
                    struct latsub_error *err);

/* Write the hand edits and these events to the journal, then fold them into
 * run->state.  0 when they are written, even if others' events could not be read. */
int run_record(struct run *run, const struct event *events, size_t count,
               bool sync, struct latsub_error *err);

/* Write the snapshot if it would change.  Edits made to the file meanwhile
 * are read and kept.  Does nothing while the file has complaints. */
int run_save(struct run *run, struct latsub_error *err);

/* Seconds from the writing of the snapshot to this node's newest event, both by the
 * file server's clock; a large number if there is no snapshot.  Call it after an
 * event was written. */
double run_snapshot_age(const struct run *run);

/* Make the directories of a new run, or of one that is adopted.  Only their owner can
 * enter them, or whom mask lets in, whatever the umask. */
int run_make(const char *dir, struct latsub_error *err);
int run_make_masked(const char *dir, mode_t mask, struct latsub_error *err);
/* The modes for new directories and files of a run, from that of its .latsub.  So a
 * runner need not know the experiment's umask, and a chmod has its effect. */
mode_t run_dir_mode(const char *dir);
mode_t run_file_mode(const char *dir);
/* Remove a new run in which nothing has begun.  Its directory is removed, too, if it
 * was new and has no other files in it. */
void run_unmake(const char *dir, bool is_new_dir);

/* Remove temporary files that are older than an hour, of processes that were killed
 * while they replaced a file. */
void run_tidy(const char *dir);

/* 0 when no symbolic link of the run leads out of dir.  run_open() calls it. */
int run_check_links(const char *dir, struct latsub_error *err);
/* 0 when the run, and all in it that decides which commands run, belongs to the caller
 * or root, and others cannot write to it.  If nobody else can enter the run, the modes
 * of the files in it do not matter. */
int run_check_owner(const struct run *run, struct latsub_error *err);
/* The same for the owners only.  A run that passes this and not the former can be
 * mended with a chmod. */
int run_check_uids(const struct run *run, struct latsub_error *err);
/* Does run_check_uids() fail?  Then the run may be looked at, but nothing that it names
 * may be used.  run_owner(): the user whose jobs its jobs are. */
bool run_is_others(const struct run *run);
uid_t run_owner(const struct run *run);

enum run_place {
	RUN_IN_PLACE,
	RUN_MOVED,  /* it was in another directory, and is no longer there */
	RUN_COPIED, /* it is still in that other directory, too */
	RUN_UNSURE  /* that other directory cannot be read */
};
enum run_place run_place(const struct run *run);
/* The run id that its jobs have in Slurm; "", which no job has, if the run is or may be
 * a copy, since those jobs are the other run's.  NULL when nothing was ever submitted. */
const char *run_job_id(const struct run *run);
/* Its working directory, which follows if the whole project was moved or copied; the
 * experiment's if none is on record; NULL when there is none.  Caller frees. */
char *run_workdir(const struct run *run);

/* Which of the runs under an output root is meant. */
struct run_choice {
	const char *name, *file; /* of the experiment; NULL: of any */
	const char *check;       /* the checksum of its text; NULL: not known */
	bool own;                /* take only a run of the caller's own */
	char *passed;            /* out: another user's run that was passed over;
	                          * caller frees */
	bool several;            /* out: there are runs of other experiments, too */
};
/* Open the newest run that was submitted.  NULL when there is none; NULL with a text
 * in *err when that is not known.  A run of the caller's own that cannot be opened, or
 * (with own) to which others can write, is never passed over for an older one. */
struct run *run_open_newest(const char *root, struct run_choice *choice,
                            struct latsub_error *err);
/* Has it at least an intent? */
bool run_was_submitted(const struct run *run);
/* The length of NAME in "NAME_YYYYMMDD_HHMMSS", 0 of other names. */
size_t run_name_prefix(const char *name);
/* All of them, oldest first, as directories' names. */
int run_list(const char *root, struct strlist *names,
             struct latsub_error *err);

/* The variables of a submission: of the one with this mark, or (NULL) of the newest.
 * If none are known it returns 0, and adds none. */
int run_variables(const struct run *run, const char *mark,
                  struct variables *out, struct latsub_error *err);
/* The mark of the newest, or NULL. */
const char *run_variables_mark(const struct run *run);
/* A submission has variables, and a copy of the experiment (copy: its mark).  Add to an
 * EVENT_RUN the pairs that record these as the newest; none if they are that already.
 * Returns the mark of both; caller frees. */
char *run_variables_pairs(const struct run *run,
                          const struct variables *variables, const char *copy,
                          struct event *event);
/* The same for generations of an older latsub, which have no mark. */
#define RUN_FIRST_VARIABLES "variables.first"
void run_first_variables_pairs(const struct run *run,
                               const struct variables *variables,
                               struct event *event);
/* The keys that --set has changed so far, as "PHASE.KEY=VALUE"; and the pair of an
 * EVENT_RUN that records them, if they are not on record. */
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
