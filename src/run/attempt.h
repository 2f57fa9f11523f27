/*
 * attempt.h - one attempt of one task: who we are and what we know.
 */
#ifndef LATSUB_ATTEMPT_H
#define LATSUB_ATTEMPT_H

#include <sys/types.h>

#include "decide.h"
#include "latsub/experiment.h"
#include "latsub/run.h"
#include "latsub/runner.h"

/* An attempt that could not look in time at what checkpoint it left. */
struct attempt_late {
	bool is_set;
	uint32_t gen, number;
	double stopped_at; /* when its command was killed, by the file system's
	                    * clock; 0: it was not */
};

struct attempt {
	const struct runner_hooks *hooks;
	struct run *run;
	char *trouble;        /* why the run cannot be read or written here, and
	                       * nothing was begun; or NULL */
	bool over;            /* the task has come to an end, good or bad */
	double leave_by;      /* CLOCK_MONOTONIC seconds of Slurm's KILL, or 0 */
	double patience_sec;  /* with a sick file system, where nobody is in a hurry */
	bool unrecorded;      /* the last event could not be written, in spite of that */
	struct experiment *experiment;
	const struct spec_phase *spec;
	const char *phase, *node;
	uint32_t gen, attempt;
	uint32_t restarts;    /* of this job; fewer than attempt in a successor */
	uint32_t task, base;
	uint32_t job;         /* this element's own id */
	uint32_t array_job;   /* the array's id, or job */
	char *id;             /* "123" or "123_4": for requeues and people */
	int64_t kill_wait_sec;
	char *checkpoint;     /* absolute, what the command starts from; "" */
	char *own_checkpoint; /* the phase's own at the start, or NULL */
	uint64_t own_fingerprint;
	char own_mark[17];    /* of own_checkpoint when it is begun from; or "" */
	bool own_verified;    /* checkpoint_verify said that it is good */
	char *recorded;       /* the new and good checkpoint that it put on record,
	                       * absolute; or NULL */
	struct strmap *refused; /* "MARK NAME" of what is not to be taken */
	struct attempt_late late; /* the last of the task's that had no time */
	double log_written;   /* when its log was written before this attempt, by
	                       * the file system's clock; 0 if never */
	double opened;        /* CLOCK_REALTIME seconds of this attempt's beginning */
	char *prologue;       /* a template's shell lines, a file; or NULL */
	struct strlist missing; /* parents that did not complete */
	bool may_preempt;     /* the job may be preempted, for all we know */
	struct rangeset requeue_exit; /* codes at which Slurm requeues or holds */
	bool signal_is_set;   /* "signal" or "checkpoint_signal" is given */
	int warn_signal;      /* the one of "signal" */
	int stop_signal;      /* what asks the command for a checkpoint */
	int64_t warn_sec;     /* how long before the end it comes */
};

/* Read environment, run and experiment.  LATSUB_GO_ON, or an exit code with a
 * message on stderr or, where the file system is to blame, with trouble. */
enum latsub_exit attempt_open(struct attempt *attempt);
void attempt_close(struct attempt *attempt);

/* The reason on record for which an attempt of this generation was requeued, or
 * NULL. */
const struct requeue_why *attempt_requeue_why(const struct attempt *attempt,
                                              uint32_t number);

/* A number from 0 to 1 that differs from task to task and from draw to draw, to
 * spread by it what many do at once. */
double attempt_chance(const struct attempt *attempt, unsigned draw);

/* How often the task was tried again in this generation. */
uint32_t attempt_retries(const struct attempt *attempt);

struct phase_state *attempt_state(const struct attempt *attempt);

/* An event of this attempt; strings are the caller's to add, event_clear it. */
struct event attempt_event(const struct attempt *attempt,
                           enum event_kind kind);
struct attempt_wait { /* zero-initialise */
	double began, pause;
};
/* For what another node has written and is not seen yet: half a second, and longer
 * each time up to five; then a look at the journal as the server has it.  False: it
 * was waited for most_sec, Slurm ends the job (its TERM waits, for signals are taken
 * later), or the journal cannot be read (trouble). */
bool attempt_wait(struct attempt *attempt, struct attempt_wait *wait,
                  double most_sec);
/* No TERM of Slurm's waits: true. */
bool attempt_goes_on(void);
/* So long for what must have been written: longer than the minute for which nodes
 * may remember what was (NFS). */
#define ATTEMPT_WAIT_SEC 75

/* Journal it (durable), with the patience that there is. */
int attempt_record(struct attempt *attempt, const struct event *event);
int attempt_record_all(struct attempt *attempt, const struct event *events,
                       size_t count);

#define ATTEMPT_PATIENCE_SEC 15 /* for errors that do not pass, or by default */
struct attempt_tries { /* zero-initialise */
	unsigned count;
	double until, pause;
};
/* The run could not be written, or looked at, and errno says why: shall it be tried
 * again?  Waits: for patience_sec, but not into the two seconds before Slurm's KILL,
 * and not at all where the last one waited in vain. */
bool attempt_try_again(struct attempt *attempt, struct attempt_tries *tries);
/* Bring the state file up to it.  In an array not more than once a second, unless the
 * phase's word is another than before (WORD_NONE: it is not asked). */
void attempt_snapshot(struct attempt *attempt, enum phase_word before);
/* A line of latsub's own in the log: what is so, and more of it ("" if none). */
void attempt_print(const struct attempt *attempt, const char *what,
                   const char *more);

/* Is the task completed, by whomever? */
bool attempt_is_done(const struct attempt *attempt);
/* Say what became of an attempt before this one that left no word, and how long
 * it ran.  Non-zero: the task may not run again, and has failed; or the journal
 * cannot be read (trouble). */
int attempt_record_lost(struct attempt *attempt, struct task_cell cell);

/* May it run?  LATSUB_GO_ON: yes; else all is said and done, and it is the job's exit
 * code. */
enum latsub_exit attempt_check(struct attempt *attempt);

/* Checkpoints of this task that the journal has. */
struct attempt_report {
	uint32_t gen, number, seq; /* number: of the attempt */
	int64_t time;  /* these two tell reports of one seq apart: two nodes may */
	off_t offset;  /* write at once, and an older latsub counted by phase */
	char *path;
};
/* -1: the journal cannot be read, which is not "none".  All of them, the newest
 * first; and the one that counts (path NULL: none), whose
 * path is the caller's to free. */
int attempt_reports(const struct attempt *attempt,
                    struct attempt_report **reports, size_t *count,
                    struct latsub_error *err);
void attempt_reports_free(struct attempt_report *reports, size_t count);
int attempt_find_report(const struct attempt *attempt,
                        struct attempt_report *report,
                        struct latsub_error *err);
/* The number of the next report in this attempt: greater than the task's last, and than
 * that of the phase's newest.  Looks for what others wrote. */
uint32_t attempt_next_seq(const struct attempt *attempt);

/* Why the command runs, in one word as LATSUB_REASON has it; caller frees. */
char *attempt_reason(const struct attempt *attempt);

/* The variables of the command's environment, set in this process; what is a
 * struct attempt. */
void attempt_set_environment(const void *what);

#endif
