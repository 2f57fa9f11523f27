/*
 * reconcile.h - what has become of a task, by the journal and by Slurm: a pure
 * function and its table.
 *
 * docs/design.md ("Reconciling") has the same table, and
 * tests/unit/test_reconcile.c a test for each of its rows.
 */
#ifndef LATSUB_RECONCILE_H
#define LATSUB_RECONCILE_H

#include "latsub/accounting.h"
#include "latsub/slurm.h"
#include "latsub/state.h"

enum reconcile_action {
	RECONCILE_STOP,   /* change nothing: exit code 4 */
	RECONCILE_LEAVE,  /* it is live, or has ended on record: nothing to add */
	RECONCILE_RELEASE,/* live, and held by a submission that was cut off */
	RECONCILE_TELL,   /* live, and will not go on by itself: tell a person */
	RECONCILE_DROP,   /* in Slurm, and will never run: cancel it, and do not
	                   * count it as live */
	RECONCILE_AWAIT,  /* its runner may be about to write the event itself */
	RECONCILE_RECORD, /* journal the event */
	RECONCILE_ACTION_COUNT
};

/* How far the attempt that Slurm's record is about has come in the journal. */
enum reconcile_stage {
	STAGE_OVER,     /* nothing is under way in the journal */
	STAGE_WAITING,  /* Slurm's attempt has not begun in the journal */
	STAGE_STARTED,  /* it has started; without a record, the newest attempt has */
	STAGE_REQUEUED, /* the same, and it was requeued */
	STAGE_COUNT
};

/* What Slurm says of the task, in as many cases as are decided differently. */
enum reconcile_word {
	SAYS_NOTHING, /* Slurm did not answer */
	SAYS_RUNNING, SAYS_ENDING, SAYS_REQUEUED, SAYS_PENDING, SAYS_HELD_USER,
	SAYS_HELD_SLURM, SAYS_HELD_ADMIN, SAYS_NEVER, SAYS_IMPOSSIBLE,
	SAYS_COMPLETED, SAYS_EXIT_CODE, SAYS_SIGNAL, SAYS_CANCELLED,
	SAYS_TIMEOUT, SAYS_NODE_FAIL, SAYS_OOM, SAYS_PREEMPTED, SAYS_BOOT_FAIL,
	SAYS_DEADLINE, SAYS_LAUNCH,
	SAYS_FORGOTTEN, /* it answered, and has no record of this attempt */
	SAYS_REUSED,    /* the same, and another job has the job id */
	SAYS_RENEWED,   /* the same, and its job ids began anew since */
	SAYS_UNCLEAR,   /* the same, and a job that may be the task's has the id */
	SAYS_UNCLEAR_ENDED, /* the same, and that job has ended */
	SAYS_COUNT
};

struct reconcile_row {
	const char *name;
	uint32_t words;    /* bits 1u << reconcile_word */
	uint32_t stages;   /* bits 1u << reconcile_stage */
	enum reconcile_action action;
	enum event_kind event; /* of RECORD; of AWAIT if no event came */
	const char *reason;
	enum { PLAIN, WITH_NUMBER, WITH_SLURMS_REASON } with;
};

extern const struct reconcile_row reconcile_rows[];
extern const size_t reconcile_row_count;

struct reconcile_in {
	enum task_state state; /* the journal's */
	uint32_t attempt;
	bool silent;           /* Slurm did not answer */
	bool patient;          /* the runner may still write its event: AWAIT */
	/* The record of a job with the task's identity, never of a job that has
	 * only its id.  NULL: there is none. */
	const struct slurm_job *record;
	uint32_t first;        /* the attempt that the job began with: restarts
	                        * are counted from it */
	bool reused;           /* another job has its id now */
	bool unclear;          /* a job has its id, and may be the task's ... */
	bool unclear_ended;    /* ... and has ended */
	bool renewed;          /* Slurm's job ids began anew, or another cluster
	                        * answers */
	const struct accounting_fact *fact; /* adds words, decides nothing */
};

struct reconcile_out {
	const struct reconcile_row *row;
	enum reconcile_action action;
	enum event_kind event;
	uint32_t attempt;     /* of the event: Slurm's, if it has more restarts */
	int code;             /* of the command's end, or -1 */
	char reason[160];     /* in words, for people */
};

void reconcile_decide(const struct reconcile_in *in,
                      struct reconcile_out *out);

/* For a pending or running record alone, without the journal: the reason, and the
 * action LEAVE, RELEASE, TELL or DROP. */
void reconcile_live(const struct slurm_job *record, struct reconcile_out *out);
/* Only the action; cheap, since it makes no text. */
enum reconcile_action reconcile_live_action(const struct slurm_job *record);

#endif
