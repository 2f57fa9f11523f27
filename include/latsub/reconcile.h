/*
 * reconcile.h - what the journal and Slurm, put together, say of a task: a
 * pure function and its table.
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
	RECONCILE_STOP,   /* change nothing at all: exit code 4 */
	RECONCILE_LEAVE,  /* it is live, or over: nothing to add */
	RECONCILE_RELEASE,/* live, and held by a submission that was cut off */
	RECONCILE_TELL,   /* live, and will not go on by itself: a person should
	                   * know */
	RECONCILE_DROP,   /* in Slurm, and will never run there: cancel it and
	                   * take it for not live */
	RECONCILE_AWAIT,  /* its runner's own event is on its way */
	RECONCILE_RECORD, /* journal the event */
	RECONCILE_ACTION_COUNT
};

/* How the journal's attempt and Slurm's record stand to each other. */
enum reconcile_stage {
	STAGE_OVER,     /* nothing is under way in the journal */
	STAGE_WAITING,  /* Slurm's attempt has not begun in the journal */
	STAGE_STARTED,  /* that attempt, or the newest if Slurm has none */
	STAGE_REQUEUED, /* the same, and it was to be followed by another */
	STAGE_COUNT
};

/* What Slurm says, as far as it makes a difference. */
enum reconcile_word {
	SAYS_NOTHING, /* no answer: all is unknown */
	SAYS_RUNNING, SAYS_ENDING, SAYS_REQUEUED, SAYS_PENDING, SAYS_HELD_USER,
	SAYS_HELD_SLURM, SAYS_HELD_ADMIN, SAYS_NEVER, SAYS_IMPOSSIBLE,
	SAYS_COMPLETED, SAYS_EXIT_CODE, SAYS_SIGNAL, SAYS_CANCELLED,
	SAYS_TIMEOUT, SAYS_NODE_FAIL, SAYS_OOM, SAYS_PREEMPTED, SAYS_BOOT_FAIL,
	SAYS_DEADLINE, SAYS_LAUNCH,
	SAYS_FORGOTTEN, /* an answer, and no record of this attempt */
	SAYS_REUSED,    /* the same, and the job's number is another job's */
	SAYS_RENEWED,   /* the same, and Slurm does not know its jobs of then */
	SAYS_UNCLEAR,   /* the same, and the number is of a job that may be it */
	SAYS_UNCLEAR_ENDED, /* the same, and that one has ended */
	SAYS_COUNT
};

struct reconcile_row {
	const char *name;
	uint32_t words;    /* bits 1u << reconcile_word */
	uint32_t stages;   /* bits 1u << reconcile_stage */
	enum reconcile_action action;
	enum event_kind event; /* RECORD, and after an AWAIT in vain */
	const char *reason;
	enum { PLAIN, WITH_NUMBER, WITH_SLURMS_REASON } with;
};

extern const struct reconcile_row reconcile_rows[];
extern const size_t reconcile_row_count;

struct reconcile_in {
	enum task_state state; /* the journal's */
	uint32_t attempt;
	bool silent;           /* Slurm did not answer */
	bool patient;          /* an event may still be on its way */
	/* Whose identity is the task's; of a job that goes by the right number
	 * but has another identity, nothing.  NULL: none. */
	const struct slurm_job *record;
	uint32_t first;        /* the attempt that the job began with: restarts
	                        * are counted from it */
	bool reused;           /* its number is another job's now */
	bool unclear;          /* or perhaps not: whose it is cannot be told ... */
	bool unclear_ended;    /* ... and it runs no more, whosever it was */
	bool renewed;          /* Slurm's numbers began anew, or another cluster
	                        * answers */
	const struct accounting_fact *fact; /* adds words, decides nothing */
};

struct reconcile_out {
	const struct reconcile_row *row;
	enum reconcile_action action;
	enum event_kind event;
	uint32_t attempt;     /* of the event: Slurm's where it is ahead */
	int code;             /* of the command's end, or -1 */
	char reason[160];     /* in words, for people */
};

void reconcile_decide(const struct reconcile_in *in,
                      struct reconcile_out *out);

/* A pending or running record alone: where it stands, in words; action LEAVE,
 * RELEASE, TELL or DROP. */
void reconcile_live(const struct slurm_job *record, struct reconcile_out *out);
/* The action alone, which costs next to nothing. */
enum reconcile_action reconcile_live_action(const struct slurm_job *record);

#endif
