/*
 * outcome.h - an attempt has ended: decide, journal, requeue, say how to go
 * on.
 */
#ifndef LATSUB_OUTCOME_H
#define LATSUB_OUTCOME_H

#include "attempt.h"
#include "watch.h"

/* Returns the job's exit code. */
int outcome_finish(struct attempt *attempt, const struct watch_end *end);

/* The same if the command could not be started; number: errno.  Returns the job's exit
 * code. */
int outcome_not_started(struct attempt *attempt, int number);

#endif
