/*
 * run_status.h - how a run goes: its state joined with what Slurm says, a row for each
 * phase; as a table, as notes and as JSON.
 *
 * The join is a pure function of a run that was read and of Slurm's answer.
 */
#ifndef LATSUB_RUN_STATUS_H
#define LATSUB_RUN_STATUS_H

#include <stdio.h>

#include "latsub/run.h"
#include "latsub/slurm.h"
#include "latsub/status_words.h"

struct status_row {
	const struct phase_state *state;
	enum phase_word word;
	uint32_t counts[TASK_STATE_COUNT];
	uint32_t live_running, live_pending; /* tasks, as Slurm has them */
	uint32_t live_held;                  /* of the pending: until a person
	                                      * releases them */
	uint32_t live_stuck;                 /* of the pending: can never run */
	uint32_t live_dependent;             /* of the pending: for other jobs */
	const struct slurm_job *record;      /* one live record, or NULL */
	const struct slurm_job *held, *stuck;/* the first of these, or NULL */
	uint32_t held_more;                  /* tasks that are held besides */
	/* tasks that are under way by the journal, and over in Slurm: cancelled,
	 * or never launched (then Slurm's word, as well) */
	uint32_t cancelled, unlaunched;
	const char *launch_reason;
	uint64_t requeues;
	const char *blocked_by;              /* a parent that failed, or NULL */
	enum phase_status status;            /* what is shown of all this */
};

struct run_status {
	const struct run *run;
	bool slurm_answered;    /* else from the state alone */
	const char *slurm_text; /* why not */
	bool any_live;          /* Slurm has something of the run */
	char *unclear;          /* of a job that may be the run's, or NULL */
	bool stuck;             /* it has, and all of that can never run, or
	                         * waits for what can never run */
	struct status_row *rows;
	size_t count;
	enum latsub_exit outcome; /* of the run */
};

/* jobs NULL: Slurm was not asked or did not answer (text says why).  They are
 * referred to, and outlive the status. */
void run_status_create(struct run_status *status, const struct run *run,
                       const struct slurm_jobs *jobs, const char *text);
void run_status_clear(struct run_status *status);

/* Is out a terminal that shows colours, and does its user want them? */
bool status_use_colour(FILE *out);
/* The record that tells most of a phase, or NULL. */
const struct slurm_job *status_job(const struct status_row *row);

void status_print_table(const struct run_status *status, FILE *out, bool colour);
/* At most max_rows of the table, those where something goes on first, and a
 * line that counts the rest: for a screen that is too small. */
void status_print_summary(const struct run_status *status, size_t max_rows,
                          FILE *out, bool colour);

/* "job 12 is held (JobHeldUser); 'scontrol release 12' when it may run", "job 12
 * can never run (BadConstraints)"; NULL: neither.  Caller frees. */
char *status_held_text(const struct status_row *row);
char *status_stuck_text(const struct status_row *row);
/* How to go on when something can never run; caller frees. */
char *status_stuck_advice(const struct run_status *status);
/* What waits for a person, and what that one can do; the notes have it, too. */
void status_print_waiting(const struct run_status *status, FILE *out);
/* What one should know or do besides: failures, how to go on. */
void status_print_notes(const struct run_status *status, FILE *out);

void status_print_json(const struct run_status *status, FILE *out);

#endif
