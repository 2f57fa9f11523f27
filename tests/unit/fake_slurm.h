/*
 * fake_slurm.h - a Slurm of a few lines behind struct slurm_ops: it keeps jobs,
 * and fails when it is told to.
 */
#ifndef LATSUB_FAKE_SLURM_H
#define LATSUB_FAKE_SLURM_H

#include "latsub/slurm.h"

enum fake_call {
	FAKE_CLUSTER, FAKE_SUBMIT, FAKE_JOBS, FAKE_UPDATE, FAKE_CANCEL,
	FAKE_TRY, FAKE_JOB,
	FAKE_CALL_COUNT
};

enum fake_moment {
	FAKE_BEFORE, /* the request is lost: nothing happens */
	FAKE_AFTER   /* it is carried out, and the answer is lost */
};

/* Forget all jobs, calls and failures. */
void fake_reset(void);
/* The calls of this kind from the nth on (from 1), so many of them, answer
 * this.  One such rule for each kind of call. */
void fake_fail(enum fake_call call, unsigned nth, unsigned count,
               enum slurm_answer answer, enum fake_moment moment);
unsigned fake_calls(enum fake_call call);
/* So many tasks have room in the queue (SLURM_FULL beyond); 0: all. */
void fake_set_room(size_t tasks);

const struct slurm_ops *fake_slurm(void);

/* The jobs, in order of submission; they may be changed.  Adding (NULL
 * comment: none) makes one that latsub did not submit. */
struct slurm_jobs *fake_jobs(void);
struct slurm_job *fake_add(uint32_t id, const char *comment);
struct slurm_job *fake_find(const char *name); /* the last of that name */
/* A new element of an array that has a record of its own. */
struct slurm_job *fake_element(uint32_t array, uint32_t task);
void fake_set_reason(struct slurm_job *job, const char *reason);
/* What Slurm says of the job of that name once it is released. */
void fake_set_verdict(const char *name, const char *reason);
/* What a site writes over all comments of new jobs; and whether the commands of
 * new jobs have no identity, as those of an older latsub. */
void fake_set_site(const char *comment, bool no_command);
size_t fake_live(void);
size_t fake_held(void);
void fake_set_cluster(const char *name, uint32_t next_job_id);

#endif
