/*
 * requeue.h - a task goes back into the queue: its own job, or, where Slurm does
 * not take that back, another one.
 *
 * The journal has the requeue already when this is called.
 */
#ifndef LATSUB_REQUEUE_H
#define LATSUB_REQUEUE_H

#include "attempt.h"
#include "watch.h"

/* Did it run out of memory: by Slurm's word, or a step of it, and it failed? */
bool requeue_for_memory(const struct watch_end *end);

/* May another task's runner ask for it: with nothing changed, and at once? */
bool requeue_is_shared(const struct attempt *attempt,
                       const struct watch_end *end,
                       const struct requeue_why *why);

/* Tried until Slurm answers or until the deadline (CLOCK_MONOTONIC seconds; 0:
 * as long as it takes).  words gets Slurm's, and what came of it.
 * SLURM_CANCELLED_JOB: a person has cancelled it meanwhile.  SLURM_TOO_MUCH: it
 * was not asked for. */
enum slurm_answer requeue_job(struct attempt *attempt,
                              const struct watch_end *end,
                              const struct requeue_why *why, double deadline,
                              char *words, size_t size);

#endif
