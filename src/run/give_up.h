/*
 * give_up.h - a runner that cannot read its run, or cannot write the journal,
 * before its command has begun.
 *
 * The task has not failed, the node's view of the file system has.  Were the job
 * to fail, Slurm would drop all that waits for it.  So it leaves a word where it
 * can and goes back into the queue, to start elsewhere or later.
 */
#ifndef LATSUB_RUN_GIVE_UP_H
#define LATSUB_RUN_GIVE_UP_H

#include "attempt.h"

/* How often Slurm may have started a job that gives up: also a node that is sick
 * for good ends. */
#define GIVE_UP_RESTARTS 10

/* attempt->trouble says why.  Of the attempt only what its environment says has to
 * be there. */
void give_up(const struct attempt *attempt);

#endif
