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

/* Once the task is over: submit what the queue had no room for before, if there
 * is such a thing. */
void outcome_submit_rest(const struct attempt *attempt);

/* The command could not even be started. */
int outcome_not_started(struct attempt *attempt, int number);

#endif
