/*
 * prune.h - checkpoint_keep: older checkpoints make room.
 */
#ifndef LATSUB_PRUNE_H
#define LATSUB_PRUNE_H

#include "attempt.h"

/* Call it after the end of the attempt is on record, and newest, which is good.
 * Removes the checkpoints that are older than the newest checkpoint_keep good ones; never
 * one that is in use, is an output, belongs to another task or phase, or lies outside of
 * the run's directory.  leave_by: CLOCK_MONOTONIC seconds, 0 if not known; what cannot be
 * removed well before that is left for the next time. */
void prune_checkpoints(struct attempt *attempt, const char *newest,
                       double leave_by);

/* Remove dir/name, a file or a whole directory.  No part of name may be a symbolic link;
 * files of another file system stay.  0, or -1 with errno: ETIMEDOUT when the deadline
 * (CLOCK_MONOTONIC seconds, 0: none) has passed. */
int prune_remove(const char *dir, const char *name, double deadline);

/* A directory that is being removed is called '.', its own name, and this. */
#define PRUNE_ASIDE_END ".pruned.tmp"

/* The real paths of files and directories that must stay. */
struct prune_used {
	struct strlist paths;
	struct strmap *seen; /* the same, and directories that were looked at */
	bool unknown; /* something could not be read: then all counts as in use */
};

/* Find what is in use among the paths that the task's own pattern, as it is expanded,
 * may match; paths has its matches.  What claims_has() tells by the patterns of spec, the
 * whole experiment, is left out.  0; -1: it could not be found out, or not before the
 * deadline. */
int prune_find_used(struct prune_used *used, const struct attempt *attempt,
                    const struct spec *spec, const char *pattern, const char *newest,
                    const struct strlist *paths, double deadline);
/* Is path in use, or something in it, or something that it is in? */
bool prune_is_used(const struct prune_used *used, const char *path);
/* Add the files to which the outputs of one task lead. */
void prune_add_outputs(struct prune_used *used, const char *dir,
                       const struct strlist *outputs, const struct sweep *sweep,
                       uint32_t task);
void prune_used_clear(struct prune_used *used);

#endif
