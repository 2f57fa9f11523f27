/*
 * watch.h - the event loop around a running command.
 */
#ifndef LATSUB_WATCH_H
#define LATSUB_WATCH_H

#include <signal.h>

#include "attempt.h"

struct watch_end {
	enum end_cause cause;
	int exit_code;     /* 128 + N for a signal */
	bool out_of_memory; /* the kernel killed for want of memory */
	int signal;        /* that ended the command, or 0 */
	bool final_term;   /* Slurm's TERM has come: KILL is near */
	uint32_t elapsed_sec; /* that the command ran */
	double kill_at;    /* CLOCK_MONOTONIC seconds of that KILL, or 0 */
};

/* Wait for the command (a process group of its own), take signals from the
 * descriptor, ask Slurm what they mean, have the command save itself. */
void watch_command(const struct attempt *attempt, pid_t child, int signal_fd,
                   struct watch_end *end);

/* The signals that the runner takes itself. */
void watch_signals(sigset_t *set);

double watch_now(void);

#endif
