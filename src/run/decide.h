/*
 * decide.h - what to do with an attempt that ends or is about to: a pure
 * function over the table in docs/design.md.
 */
#ifndef LATSUB_DECIDE_H
#define LATSUB_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "latsub/reason.h"
#include "latsub/slurm.h"
#include "latsub/spec.h"

/* What Slurm says of this job at the moment of a signal. */
struct slurm_view {
	bool answered;     /* false: it does not answer, or not yet */
	enum slurm_state state;
	bool preempting;   /* it has a preempt time */
	bool node_lost;    /* one of the attempt's nodes is down */
	uint32_t restarts;
	int64_t time_limit_sec; /* of this attempt; 0: not known, -1: none */
	int64_t submitted; /* when it came into the queue, or back into it; 0 */
	bool step_out_of_memory; /* one of its steps (srun) ran out of memory */
};

enum end_cause { /* why the attempt ends */
	END_EXIT,      /* the command left by itself */
	END_TIMEOUT,   /* the time limit is near, or reached */
	END_PREEMPTED,
	END_OPERATOR,  /* someone requeued the job */
	END_CANCELLED,
	END_NODE_LOST, /* one of its nodes; Slurm ends the rest of the job */
	END_BUDGET,    /* time_budget is spent */
	END_UNKNOWN,   /* a signal, and Slurm is silent */
	END_FORWARDED  /* a plain TERM to a running job: the command's affair */
};

/* What Slurm's view is of: at which moment it was asked for. */
enum decide_moment {
	AT_END,    /* the command has left, and no signal has come */
	AT_WARNING,/* the signal of "signal" has come */
	AT_TERM
};

/* Why the attempt ends.  Silence at the end of a command is END_EXIT. */
enum end_cause decide_cause(enum decide_moment moment,
                            const struct slurm_view *view, uint32_t restarts);

/* Has Slurm put the job back into the queue already? */
bool decide_is_requeued(const struct slurm_view *view, uint32_t restarts);

/* What the runner sends to the command when TERM has come to itself. */
enum decide_tell {
	TELL_NOTHING,    /* it knows already */
	TELL_CHECKPOINT, /* what checkpoint_mode and checkpoint_signal say */
	TELL_TERM
};

struct decide_term {
	enum end_cause cause;   /* END_UNKNOWN: Slurm has not answered yet */
	bool command_has_it;    /* Slurm's TERM reached the command as well */
	bool told;              /* the command was told to save itself before */
	bool signal_is_set;     /* "signal" or "checkpoint_signal" is given */
	const struct spec_phase *phase;
};

enum decide_tell decide_tell(const struct decide_term *in);

/* An exit code for the job that says the same (0 or not) and at which Slurm does
 * not requeue it behind our back: not one of RequeueExit, RequeueExitHold. */
int decide_exit_code(int code, const struct rangeset *requeue_exit);

struct decide_in {
	enum end_cause cause;
	int exit_code;        /* of the command; 128 + N for a signal */
	bool outputs_exist;   /* "outputs" is set and all of them are there */
	bool outputs_missing; /* "outputs" is set and one is not there */
	bool out_of_memory;   /* Slurm will call the job OUT_OF_MEMORY */
	bool progressed;      /* there is a new checkpoint */
	uint32_t requeues;    /* of this task in this generation so far */
	uint32_t stalled;     /* the last ones in a row without progress */
	uint32_t retries;     /* used up so far, those for memory included */
	bool budget_spent;    /* no time is left for another attempt */
	const struct spec_phase *phase;
};

enum decide_action { DECIDE_COMPLETE, DECIDE_FAIL, DECIDE_REQUEUE,
	DECIDE_AWAIT, /* Slurm has requeued it already */
	DECIDE_CANCEL };

struct decide_out {
	enum decide_action action;
	struct requeue_why why; /* of REQUEUE and AWAIT; owns nothing */
	char text[160];         /* for failures: why, for people */
};

struct decide_out decide_end(const struct decide_in *in);

/* Does the command ask for a requeue by this exit code? */
bool decide_is_request(const struct spec_phase *phase, int exit_code);

#endif
