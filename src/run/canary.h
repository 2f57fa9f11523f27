/*
 * canary.h - did Slurm's TERM reach the command, or the runner alone?
 *
 * Where Slurm tracks processes by control groups (proctrack/cgroup), its TERM
 * goes to the direct children of slurmstepd only: the runner.  Where it goes by
 * parents (proctrack/linuxproc), every process of the job gets it.  Where it
 * goes by process groups (proctrack/pgid), those of the batch script's group
 * do.  Nothing but the signal itself tells for certain.  So a process that does
 * nothing stands where the command does: a child of the runner, in a process
 * group of its own.  It blocks all signals, and those that have come to it can
 * be read in /proc.
 */
#ifndef LATSUB_CANARY_H
#define LATSUB_CANARY_H

#include <stdbool.h>
#include <sys/types.h>

/* The pid, or -1: then nothing is known of the command's signals. */
pid_t canary_start(void);
/* Has the signal come to it?  False when the canary is not there. */
bool canary_has(pid_t canary, int number);
/* End it.  0 and -1 are nobody. */
void canary_stop(pid_t canary);

#endif
