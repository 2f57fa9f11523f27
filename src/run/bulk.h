/*
 * bulk.h - one runner requeues for all tasks of its array that wait for it.
 *
 * When hundreds of tasks meet their time limit together, a request for each is
 * more than slurmctld answers in time, above all where it limits the rate. Each
 * task has its requeue in the journal before it asks Slurm. So each waits for a
 * moment that differs from task to task; whose moment has come asks Slurm for the
 * array's records, requeues by one request all that have asked and still run, and
 * journals that. The others see it there and leave.
 */
#ifndef LATSUB_BULK_H
#define LATSUB_BULK_H

#include "attempt.h"
#include "latsub/slurm.h"
#include "watch.h"

/* Are there enough tasks of the array under way? */
bool bulk_is_worth_it(const struct attempt *attempt);

/* For a task whose requeue is on record as shared.  SLURM_REFUSED: ask for this one
 * alone.  Else as requeue_job(). */
enum slurm_answer bulk_requeue(struct attempt *attempt,
                               const struct watch_end *end, double deadline,
                               char *words, size_t size);

/* Pure.  Of the tasks that the journal has as requeued and not yet as back in the
 * queue: those that Slurm has back in it (queued, by task), and those that it has
 * to be asked for (wanted, by array index).  A task that has begun its next
 * attempt, or that a person has cancelled, is neither. */
void bulk_choose(const struct phase_state *phase, const struct phase_job *job,
                 const struct slurm_jobs *records, struct rangeset *queued,
                 struct rangeset *wanted);

#endif
