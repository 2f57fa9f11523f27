/*
 * stop.h - how a command is made to end, with all that it has started: it is
 * told to save itself, gets TERM, gets KILL.
 *
 * The caller says what to tell and until when; keeps the deadlines by calling
 * stop_keep_deadlines() at the latest at stop_next(); and reports who ended.
 */
#ifndef LATSUB_STOP_H
#define LATSUB_STOP_H

#include "attempt.h"
#include "tree.h"

struct stop {
	const struct attempt *attempt;
	pid_t child;          /* the command's first process; leads its group */
	const pid_t *helpers; /* processes of the runner's own, not to signal */
	size_t helper_count;
	bool child_ended;     /* the first process; others may be left */
	bool told;            /* to save itself */
	bool all_had_term;    /* Slurm's reached them */
	struct tree had_term; /* those that got one from here */
	bool spares_srun;     /* Slurm has signalled the steps itself */
	bool killed;          /* KILL went to one of its processes */
	bool gave_up;         /* one does not even end by KILL */
	unsigned kills;       /* rounds of it */
	/* CLOCK_MONOTONIC seconds; 0: never */
	double term_at, kill_at;
	double next_look;     /* for a newer checkpoint (continue) */
	uint64_t before, last_look; /* that when told, and at the last look */
};

/* Send what is to be sent; from now on the command is expected to end: TERM and
 * KILL come at those times. */
void stop_tell(struct stop *stop, enum decide_tell how, double term_at,
               double kill_at);

/* The first process has ended (child_ended).  What it left behind has until the
 * deadlines, or, where there are none, gets TERM now and a moment. */
void stop_end_rest(struct stop *stop);

/* All that is left of the command has ended, or cannot be ended. */
bool stop_is_over(const struct stop *stop);

/* A signal to the command's process group, and nothing else. */
void stop_forward(const struct stop *stop, int number);
void stop_clear(struct stop *stop);
/* Slurm does not end the job after all: told and deadlines as they were before. */
void stop_take_back(struct stop *stop, const struct stop *before);

/* The job was suspended for so long: that is no time to save anything. */
void stop_postpone(struct stop *stop, double seconds);

/* The next deadline, or 0. */
double stop_next(const struct stop *stop);
void stop_keep_deadlines(struct stop *stop);

#endif
