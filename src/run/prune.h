/*
 * prune.h - checkpoint_keep: older checkpoints make room.
 */
#ifndef LATSUB_PRUNE_H
#define LATSUB_PRUNE_H

#include "attempt.h"

/* newest was just put on record, and is good: remove what is older than the
 * newest checkpoint_keep good ones.  Never one that is in use, of another task or
 * phase, or outside of the run's directory.  leave_by (CLOCK_MONOTONIC seconds, 0:
 * none): what is not done well before then is left for the next time. */
void prune_checkpoints(struct attempt *attempt, const char *newest,
                       double leave_by);

/* Remove dir/name, a file or a whole directory; no part of name may be a symbolic
 * link, nothing of another file system is touched.  0, or -1 with errno. */
int prune_remove(const char *dir, const char *name);

#endif
