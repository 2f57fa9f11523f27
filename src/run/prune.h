/*
 * prune.h - checkpoint_keep: older checkpoints make room.
 */
#ifndef LATSUB_PRUNE_H
#define LATSUB_PRUNE_H

#include "attempt.h"

/* newest was put on record, and is good; what the attempt has come to is on record,
 * too: remove what is older than the newest checkpoint_keep good ones.  Never one
 * that is in use, an output, of another task or phase, or outside of the run's
 * directory.  leave_by (CLOCK_MONOTONIC seconds, 0: none is known): what is not
 * done well before then is left for the next time. */
void prune_checkpoints(struct attempt *attempt, const char *newest,
                       double leave_by);

/* Remove dir/name, a file or a whole directory; no part of name may be a symbolic
 * link, nothing of another file system is touched.  0, or -1 with errno: ETIMEDOUT
 * when the deadline (0: none) has passed. */
int prune_remove(const char *dir, const char *name, double deadline);

/* How the temporary name of a directory that is being removed ends; before it
 * stands '.' and the directory's own name. */
#define PRUNE_ASIDE_END ".pruned.tmp"

/* Real paths of what must stay. */
struct prune_used {
	struct strlist paths;
	struct strmap *seen; /* the same, and directories that were looked at */
	bool unknown; /* something could not be looked at: then all is in use */
};

/* Find what is in use, but for what claims_has() knows by the patterns of spec, the
 * whole experiment, among what the task's own pattern, as it is expanded, may
 * match; paths are its matches.  0, or -1: it is not known what is, or not before
 * the deadline. */
int prune_find_used(struct prune_used *used, const struct attempt *attempt,
                    const struct spec *spec, const char *pattern, const char *newest,
                    const struct strlist *paths, double deadline);
/* Is it, or a part of it, or what it is a part of, in use? */
bool prune_is_used(const struct prune_used *used, const char *path);
/* What the outputs of one task lead to is in use. */
void prune_add_outputs(struct prune_used *used, const char *dir,
                       const struct strlist *outputs, const struct sweep *sweep,
                       uint32_t task);
void prune_used_clear(struct prune_used *used);

#endif
