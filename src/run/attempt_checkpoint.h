/*
 * attempt_checkpoint.h - the checkpoint that an attempt leaves.
 *
 * What matches the phase's pattern, which of it is the newest that an attempt may
 * begin from, and that one on record at the end.
 */
#ifndef LATSUB_ATTEMPT_CHECKPOINT_H
#define LATSUB_ATTEMPT_CHECKPOINT_H

#include <time.h>

#include "attempt.h"

/* How the command's processes ended. */
struct attempt_death {
	bool killed;        /* KILL came to one of them: it may have been writing */
	struct timespec at; /* CLOCK_REALTIME when the last of them was buried */
	double leave_by;    /* CLOCK_MONOTONIC seconds of Slurm's KILL, as far as
	                     * it is known when that comes; or 0 */
};
/* Put the newest checkpoint of the phase on record if it is new, and fit to be
 * begun from; true when it is, or when there was no time to look: then that is on
 * record, and the next attempt looks. */
bool attempt_record_checkpoint(struct attempt *attempt,
                               const struct attempt_death *death);

/* Write into an event whose the path is that it names, where the pattern says so. */
void attempt_note_owner(const struct attempt *attempt, const char *path,
                        struct event *event);

/* The phase's pattern with this task's values; caller frees. */
char *attempt_pattern(const struct attempt *attempt);
/* What it matches, the newest first.  -1: not before the deadline (0: none), or the
 * file system is sick. */
int attempt_checkpoints(const struct attempt *attempt, struct strlist *paths,
                        double deadline);
/* It changes with the newest of them that is whole and not refused; 0: there is
 * none.  -1: not before the deadline. */
int attempt_newest_fingerprint(const struct attempt *attempt, bool closely,
                               double deadline, uint64_t *fingerprint);

#endif
