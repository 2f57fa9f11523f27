/*
 * job_request.h - what Slurm is asked for a phase: name, script, log,
 * environment, array.
 */
#ifndef LATSUB_JOB_REQUEST_H
#define LATSUB_JOB_REQUEST_H

#include "latsub/engine.h"

/* What all jobs of a submission share: script and environment. */
struct job_request_base {
	char *script;
	struct strlist env;
};

#define NOTHING_LEFT "nothing is left submitted"

struct job_request_base *job_request_base_create(const struct engine *engine);
/* The same with the variables that a generation of a phase was intended with, for
 * what is submitted later than that.  NULL when they cannot be read. */
struct job_request_base *job_request_base_of(const struct engine *engine,
                                             const struct spec_phase *phase,
                                             uint32_t gen,
                                             struct latsub_error *err);
void job_request_base_destroy(struct job_request_base *base);

struct job_request {
	struct slurm_request slurm;
	char *identity, *comment, *output, *array;
	struct strlist env;      /* the phase's own variables: owned */
	const char **env_all;    /* with the shared ones */
};

void job_request_fill(struct job_request *request,
                      const struct job_request_base *base,
                      const struct engine_job *job,
                      const struct engine *engine);
void job_request_clear(struct job_request *request);

/* Slurm's words, with the phase and the lines that asked for it: of a refusal in
 * the middle of a submission (left: what is left of that; NULL: nothing), and before
 * one. */
void job_request_explain(struct latsub_error *err,
                         const struct engine *engine,
                         const struct spec_phase *phase, const char *words,
                         const char *left);
void job_request_complain(struct latsub_errlist *errors,
                          const struct engine *engine,
                          const struct spec_phase *phase, const char *words);

#endif
