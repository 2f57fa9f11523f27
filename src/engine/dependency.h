/*
 * dependency.h - Slurm's dependency of a task on the jobs of its parents.
 */
#ifndef LATSUB_DEPENDENCY_H
#define LATSUB_DEPENDENCY_H

#include "latsub/engine.h"

/* "afterok:1:2,afterany:3", or NULL when nothing is to be waited for.  done:
 * jobs of this submission; live: jobs that Slurm had before.  base and task
 * matter only for after_each.  Caller frees. */
char *dependency_text(const struct spec_phase *phase, const struct plan *plan,
                      const struct engine_result *done,
                      const struct live_jobs *live, uint32_t base,
                      uint32_t task);

/* What a pending job waits for, once a successor goes on for one of its parents'
 * jobs: old is the ended one's id (of its array), kind the edge between the
 * phases.  An array's other tasks are waited for by afterany then: its ended
 * task has no good state, and the runner looks whether the parent is completed.
 * NULL when the text does not name old, or names the successor already.
 * Caller frees. */
char *dependency_repoint(const char *text, uint32_t old, bool is_array,
                         enum edge_kind kind, uint32_t successor);

/* Do the tasks of the phase need dependencies of their own? */
bool dependency_varies(const struct spec_phase *phase);

#endif
