/*
 * submit_check.h - jobs without dependencies are submitted held, and what is held
 * Slurm does not check: would it run them?
 */
#ifndef LATSUB_SUBMIT_CHECK_H
#define LATSUB_SUBMIT_CHECK_H

#include "latsub/engine.h"

/* Before the submission: does Slurm refuse what the plan's roots ask for? */
void submit_check_plan(const struct engine *engine, const struct plan *plan,
                       struct latsub_errlist *errors);

/* After the release: the first of the jobs that can never run, and Slurm's words
 * for it; or NULL, also where Slurm has not looked at them yet or is silent:
 * then status tells. */
const struct engine_job *submit_check_released(const struct engine *engine,
                                               const struct engine_result *result,
                                               char *words, size_t size);

#endif
