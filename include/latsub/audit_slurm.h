/*
 * audit_slurm.h - the journal against what Slurm and its accounting say.
 *
 * Pure: what they said comes in as data.
 */
#ifndef LATSUB_AUDIT_SLURM_H
#define LATSUB_AUDIT_SLURM_H

#include "latsub/accounting.h"
#include "latsub/audit.h"
#include "latsub/slurm.h"

/* Compare with the run's jobs among jobs, which have run_id.  now: seconds since 1970;
 * an end that was journalled less than a minute before may not have reached Slurm. */
void audit_slurm(struct audit *audit, const char *run_id,
                 const struct slurm_jobs *jobs, int64_t now);
/* Is there a difference that may be gone in a moment, since jobs change meanwhile? */
bool audit_may_pass(const struct audit *audit);

/* All jobs that the journal has, and that are the run's (IDENTITY_OTHERS_KEY). */
void audit_jobs(const struct audit *audit, struct rangeset *jobs);
/* Times of accounting are of one clock, Slurm's. */
void audit_accounting(struct audit *audit,
                      const struct accounting *accounting);

#endif
