/*
 * submit_job.h - one job into Slurm and its id into the journal.
 */
#ifndef LATSUB_SUBMIT_JOB_H
#define LATSUB_SUBMIT_JOB_H

#include "job_request.h"

/* Submit the job and set its id.  An answer that is lost on the way is looked
 * for by the job's identity before it is submitted once more; jobs of done
 * (may be NULL) and of the journal are known and not meant. */
enum slurm_answer submit_job(const struct engine *engine,
                             const struct job_request_base *base,
                             const struct engine_result *done,
                             struct engine_job *job, unsigned patience,
                             struct latsub_error *err);

/* As sbatch: 1 + 2 + ... s. */
#define SUBMIT_PATIENCE 15

/* Is it there already, from a try that was cut off?  SLURM_UNKNOWN_JOB: no. */
enum slurm_answer submit_job_find(const struct engine *engine,
                                  const struct job_request_base *base,
                                  const struct slurm_jobs *jobs,
                                  struct engine_job *job);

/* Journal that Slurm has it. */
int submit_job_record(const struct engine *engine,
                      const struct engine_job *job, bool sync,
                      struct latsub_error *err);

/* Cancel one that was just submitted, with patience; one that is gone is
 * cancelled, too.  Any other answer: it may still be there. */
enum slurm_answer submit_job_cancel(const struct engine *engine, uint32_t job,
                                    struct latsub_error *err);

/* Release a held job, with patience; one that is gone is released, too. */
enum slurm_answer submit_job_release(const struct engine *engine, uint32_t job,
                                     struct latsub_error *err);

#endif
