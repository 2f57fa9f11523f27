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

/* Send the signal that how says.  From now on the command must end; if it has not by
 * then, it gets TERM at term_at and KILL at kill_at. */
void stop_tell(struct stop *stop, enum decide_tell how, double term_at,
               double kill_at);

/* Call it when the first process has ended (child_ended).  The processes that it left
 * have until the deadlines; if there are none, they get TERM now, and KILL soon after. */
void stop_end_rest(struct stop *stop);

/* Has the last process of the command ended, or can it not be ended? */
bool stop_is_over(const struct stop *stop);

/* Send a signal to the command's process group; no deadline changes. */
void stop_forward(const struct stop *stop, int number);
void stop_clear(struct stop *stop);
/* Slurm does not end the job after all: restore what was told, and the deadlines. */
void stop_take_back(struct stop *stop, const struct stop *before);

/* The job was suspended for so long: move the deadlines by that time. */
void stop_postpone(struct stop *stop, double seconds);

/* The next deadline, or 0. */
double stop_next(const struct stop *stop);
void stop_keep_deadlines(struct stop *stop);

#endif
