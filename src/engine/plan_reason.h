/*
 * plan_reason.h - why a phase is run or adopted, in words for people.
 */
#ifndef LATSUB_PLAN_REASON_H
#define LATSUB_PLAN_REASON_H

#include "latsub/plan.h"

/* Why these tasks are to be run: "new", "failed: exit code 3", of an array
 * "2 failed: exit code 3; 1 lost: node failure".  phase may be NULL.
 * *again: some failed or were lost.  Caller frees. */
char *plan_reason_run(const struct state *state,
                      const struct phase_state *phase,
                      const struct rangeset *todo, bool *again);

/* Where the phase's live jobs stand: "job 12 waits: Priority"; what needs a
 * person comes first.  Caller frees. */
char *plan_reason_adopt(const struct live_jobs *live, size_t phase);

/* Why the phase's first job is cancelled in Slurm and submitted anew.  Caller
 * frees. */
char *plan_reason_replace(const struct live_jobs *live, size_t phase,
                          const char *why);

/* Has the phase a job that Slurm will never run? */
bool plan_has_dead(const struct live_jobs *live, size_t phase);

#endif
