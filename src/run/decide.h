/*
 * decide.h - what to do with an attempt that ends or is about to: a pure
 * function over the table in docs/design.md.
 */
#ifndef LATSUB_DECIDE_H
#define LATSUB_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "latsub/slurm.h"
#include "latsub/spec.h"

/* What Slurm says of this job at the moment of a signal. */
struct slurm_view {
	bool answered;     /* false: it does not answer, or not yet */
	enum slurm_state state;
	bool preempting;   /* it has a preempt time */
	uint32_t restarts;
	int64_t submitted; /* when it came into the queue, or back into it; 0 */
};

enum end_cause { /* why the attempt ends */
	END_EXIT,      /* the command left by itself */
	END_TIMEOUT,   /* the time limit is near, or reached */
	END_PREEMPTED,
	END_OPERATOR,  /* someone requeued the job */
	END_CANCELLED,
	END_BUDGET,    /* time_budget is spent */
	END_UNKNOWN,   /* a signal, and Slurm is silent */
	END_FORWARDED  /* a plain TERM to a running job: the command's affair */
};

/* A warning signal (the one of "signal") or the final TERM. */
enum end_cause decide_cause(bool is_term, const struct slurm_view *view,
                            uint32_t restarts);

struct decide_in {
	enum end_cause cause;
	int exit_code;        /* of the command; 128 + N for a signal */
	bool outputs_exist;   /* "outputs" is set and all of them are there */
	bool outputs_missing; /* "outputs" is set and one is not there */
	bool progressed;      /* there is a new checkpoint */
	uint32_t requeues;    /* of this task in this generation so far */
	uint32_t stalled;     /* the last ones in a row without progress */
	uint32_t retries;     /* used up so far */
	bool budget_spent;    /* no time is left for another attempt */
	const struct spec_phase *phase;
};

enum decide_action { DECIDE_COMPLETE, DECIDE_FAIL, DECIDE_REQUEUE,
	DECIDE_AWAIT, /* Slurm has requeued it already */
	DECIDE_CANCEL };

struct decide_out {
	enum decide_action action;
	const char *reason; /* for requeues: a word of the state file */
	char text[160];     /* for failures: why, for people */
};

struct decide_out decide_end(const struct decide_in *in);

#endif
