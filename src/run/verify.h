/*
 * verify.h - checkpoint_verify: the user's own look at a checkpoint.
 */
#ifndef LATSUB_VERIFY_H
#define LATSUB_VERIFY_H

#include "attempt.h"

enum verify_answer { VERIFY_GOOD, VERIFY_BAD,
	VERIFY_NONE,  /* it could not be told, or not in time */
	VERIFY_ABSENT /* there is no such command: exit code 126 or 127 */ };

/* The same in a line of the log, but for VERIFY_GOOD. */
void verify_say(enum verify_answer answer, const char *path);

/* Run the phase's checkpoint_verify on it, in a process group of its own of which
 * nothing is left afterwards.  It is stopped at the deadline (CLOCK_MONOTONIC
 * seconds; 0: none), and when Slurm wants something of the runner.  VERIFY_GOOD
 * where the phase has no such key. */
enum verify_answer verify_checkpoint(const struct attempt *attempt,
                                     const char *path, double deadline);

#endif
