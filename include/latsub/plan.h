/*
 * plan.h - what to do with each phase: a pure function of the experiment,
 * the state and what Slurm says.
 *
 * A new run is planned as the resume of a run in which nothing has happened.
 */
#ifndef LATSUB_PLAN_H
#define LATSUB_PLAN_H

#include "latsub/slurm.h"
#include "latsub/spec.h"
#include "latsub/state.h"

/* ---- identity: what our jobs carry in their command, and at the end of their
 * comment ---- */

#define IDENTITY_BEGINS "[latsub "
/* How far the clock of a login node may be from slurmctld's. */
#define IDENTITY_SLACK_SEC 600

struct identity {
	char phase[SPEC_NAME_MAX + 1];
	uint32_t gen, base;
	uint32_t first; /* the attempt that the job began with, by the journal */
};

enum identity_whose {
	IDENTITY_NONE,     /* of a text: it has no identity */
	IDENTITY_OURS,     /* the run's */
	IDENTITY_ANOTHERS, /* certainly not the run's */
	IDENTITY_UNCLEAR   /* not known: conclude nothing from this job */
};

/* What the journal has of the job id of a record. */
struct identity_known {
	const char *phase;
	const struct phase_job *job;
};

/* A new id for the run in dir, which no other run has or will get; caller frees. */
char *identity_new_run(const char *dir);
/* "[latsub RUNID PHASE GEN]", with "+BASE" after GEN for a later part of a long
 * array; caller frees. */
char *identity_print(const char *run_id, const char *phase, uint32_t gen,
                     uint32_t base);
/* The identity in a command or a comment: NONE, or OURS or ANOTHERS with *out. */
enum identity_whose identity_read(const char *text, const char *run_id,
                                  struct identity *out);
/* Whose is a job?  Only this function decides it: by the job's command, or else by
 * its comment, or else by what the journal has of its id (known; NULL: nothing).
 * user: the owner of the run's jobs.  *out is set for OURS and UNCLEAR. */
enum identity_whose identity_judge(const struct slurm_job *record,
                                   const char *run_id, uid_t user,
                                   const struct identity_known *known,
                                   struct identity *out);

/* The run's id, and the jobs of its journal by job id; run_id and state must outlive
 * it.  An empty run_id is that of a copy that has no id yet: no job id is its own.
 * cluster: the cluster that answers, or NULL if it was compared before. */
struct identities *identities_create(const char *run_id,
                                     const struct state *state,
                                     const char *cluster);
void identities_destroy(struct identities *ids);
/* A key of a run's metadata: the job ids on record that are not the run's own, since
 * they come from the run of which it is a copy, or from the cluster before.
 * identity_numbers() gives the value that takes in all ids that are on record now;
 * caller frees. */
#define IDENTITY_OTHERS_KEY "others_jobs"
char *identity_numbers(const struct state *state);
enum identity_whose identities_judge(const struct identities *ids,
                                     const struct slurm_job *record,
                                     struct identity *out);
/* The first live job that is UNCLEAR, or NULL; and the message about such a job
 * (caller frees). */
const struct slurm_job *identities_unclear(const struct identities *ids,
                                           const struct slurm_jobs *jobs,
                                           struct identity *out);
char *identity_unclear_text(const struct slurm_job *record,
                            const struct identity *identity);

/* ---- the run's jobs, as Slurm has them ---- */

struct live_job {
	size_t phase;          /* index in the spec; SIZE_MAX: not in it */
	char *phase_name;
	uint32_t gen, job;     /* job: the array's id */
	uint32_t base;
	struct rangeset tasks; /* pending or running, by the phase's indices */
	struct rangeset suspended; /* those of tasks that are suspended */
	bool held;
	bool waiting;          /* all of its records are pending */
	bool running;          /* one of its records is running */
	bool dead;             /* pending, and Slurm will never run it; such
	                        * elements of an array have a live_job each */
	bool ending;           /* a record has ended, but its processes have not:
	                        * its runner may still requeue it */
	const struct slurm_job *record; /* the record that tells most */
};

struct live_jobs {
	struct live_job *items;
	size_t count;
};

/* The run's live jobs among jobs.  spec may be NULL. */
void live_join(struct live_jobs *live, const struct spec *spec,
               const struct identities *ids, const struct slurm_jobs *jobs);
void live_clear(struct live_jobs *live);
/* The index of the phase's first job, or live->count; its jobs stand side by side. */
size_t live_first(const struct live_jobs *live, size_t phase);

/* A job whose command began before a person set its phase to pending, so that its
 * end will not count; or NULL. */
const struct live_job *live_outdated(const struct live_jobs *live,
                                     const struct state *state);
/* A job whose runner waits for a parent (after) that has not completed and is not in
 * Slurm, so that the runner will give up (after 75 s); or NULL. */
const struct live_job *live_in_vain(const struct live_jobs *live,
                                    const struct spec *spec,
                                    const struct state *state);

/* ---- the plan ---- */

enum plan_action {
	PLAN_SKIP,  /* completed */
	PLAN_ADOPT, /* all its remaining tasks are in Slurm */
	PLAN_RUN,
	PLAN_LEAVE  /* not selected by --phase */
};

struct plan_phase {
	enum plan_action action;
	struct rangeset tasks; /* to submit */
	struct rangeset live;  /* tasks that Slurm has already */
	bool drop;             /* its jobs in Slurm wait for the wrong jobs: cancel
	                        * them, and submit their tasks again */
	struct rangeset kept;  /* of an array with new values: completed before */
	bool again;            /* it failed or was lost: re-attempted */
	char *reason;          /* for people: "failed: exit code 1" */
	uint32_t gen;          /* of the submission */
};

struct plan {
	struct plan_phase *phases; /* one for each of the spec */
	size_t count;
	size_t to_run;
	bool is_rest; /* made by plan_create_rest(): its tasks are intended already */
};

/* selected has a member for each phase of the spec; NULL selects all. */
struct plan *plan_create(const struct spec *spec, const struct state *state,
                         const struct live_jobs *live, const bool *selected);
/* The plan for tasks that found no room in the queue: they are intended, not in
 * Slurm, and can still run. */
struct plan *plan_create_rest(const struct spec *spec,
                              const struct state *state,
                              const struct live_jobs *live);
void plan_destroy(struct plan *plan);

#endif
