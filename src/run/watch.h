/*
 * watch.h - the event loop around a running command.
 */
#ifndef LATSUB_WATCH_H
#define LATSUB_WATCH_H

#include <signal.h>
#include <time.h>

#include "attempt_checkpoint.h"

struct watch_end {
	enum end_cause cause;
	int exit_code;      /* 128 + N for a signal */
	int signal;         /* that ended the command, or 0 */
	bool out_of_memory; /* Slurm will call the job OUT_OF_MEMORY */
	bool step_out_of_memory; /* one of its steps (srun) ran out of it */
	bool final_term;    /* Slurm's TERM has come: KILL is near */
	bool requeued;      /* Slurm has put the job back into the queue */
	int64_t time_limit_sec; /* that Slurm gave it; 0: not known, -1: none */
	uint32_t elapsed_sec; /* that the command ran */
	double kill_at;     /* CLOCK_MONOTONIC seconds of Slurm's KILL, or 0 */
	double warned_until;/* the same of what its warning announced, or 0 */
	struct attempt_death death;
};

/* Wait for the command (a process group of its own) and all that it has
 * started, take signals from the descriptor, ask Slurm what they mean, have the
 * command save itself.  Ends the canary (canary.h). */
void watch_command(const struct attempt *attempt, pid_t child, pid_t canary,
                   int signal_fd, struct watch_end *end);

/* The signals that the runner takes itself. */
void watch_signals(sigset_t *set);


#endif
