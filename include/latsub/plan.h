/*
 * plan.h - what to do with each phase: a pure function of the experiment,
 * the state and what Slurm says.
 *
 * A new run is a resume of a run in which nothing happened.
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
	uint32_t first; /* the attempt that it began with, by the journal */
};

enum identity_whose {
	IDENTITY_NONE,     /* of a text: there is none in it */
	IDENTITY_OURS,     /* the run's */
	IDENTITY_ANOTHERS, /* certainly not */
	IDENTITY_UNCLEAR   /* nothing may be concluded from this job */
};

/* What the journal has under a record's number. */
struct identity_known {
	const char *phase;
	const struct phase_job *job;
};

/* An id for a run in dir that no other has, nor will a copy; caller frees. */
char *identity_new_run(const char *dir);
/* "[latsub RUNID PHASE GEN]", with "+BASE" after GEN for a later part of a long
 * array; caller frees. */
char *identity_print(const char *run_id, const char *phase, uint32_t gen,
                     uint32_t base);
/* What a command or a comment says. */
enum identity_whose identity_read(const char *text, const char *run_id,
                                  struct identity *out);
/* Whose is a job?  The one place that decides it: by command, by comment, and
 * where both are silent by what the journal knows (NULL: nothing).  user: whose
 * the run's jobs are.  *out counts for OURS and UNCLEAR. */
enum identity_whose identity_judge(const struct slurm_job *record,
                                   const char *run_id, uid_t user,
                                   const struct identity_known *known,
                                   struct identity *out);

/* A run's id and the jobs of its journal, by number; both must outlive it.
 * An empty id is a copy's that has none yet: no number is its own.  cluster: the one
 * that answers, or NULL where that was compared before. */
struct identities *identities_create(const char *run_id,
                                     const struct state *state,
                                     const char *cluster);
void identities_destroy(struct identities *ids);
/* A key of a run's metadata: numbers on record that are another's, since they are
 * from the run that this one was copied from, or from the cluster before.  And what it
 * is to be from now on, where that becomes so of all that are on record; caller
 * frees. */
#define IDENTITY_OTHERS_KEY "others_jobs"
char *identity_numbers(const struct state *state);
enum identity_whose identities_judge(const struct identities *ids,
                                     const struct slurm_job *record,
                                     struct identity *out);
/* The first live job of which it is not clear whose it is, or NULL; and what a
 * person should hear of it (caller frees). */
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
	struct rangeset tasks; /* that are pending or running, by our indices */
	struct rangeset suspended; /* those of them that are stopped */
	bool held;
	bool waiting;          /* all of its records are pending */
	bool running;          /* one of its records is */
	bool dead;             /* pending, and Slurm will never run it; such
	                        * elements of an array stand for themselves */
	bool ending;           /* one of its records is over, and its processes
	                        * not: its runner may still requeue it */
	const struct slurm_job *record; /* the one that tells most */
};

struct live_jobs {
	struct live_job *items;
	size_t count;
};

/* The live ones of the run among jobs.  spec may be NULL. */
void live_join(struct live_jobs *live, const struct spec *spec,
               const struct identities *ids, const struct slurm_jobs *jobs);
void live_clear(struct live_jobs *live);
/* The phase's jobs come together: the index of the first, or live->count. */
size_t live_first(const struct live_jobs *live, size_t phase);

/* A job that runs a command which began before its phase was set to pending by
 * hand, so that its end does not count; or NULL. */
const struct live_job *live_outdated(const struct live_jobs *live,
                                     const struct state *state);
/* A job whose runner waits for a parent (after) that neither has completed nor
 * is in Slurm, until it gives up (30 s); or NULL. */
const struct live_job *live_in_vain(const struct live_jobs *live,
                                    const struct spec *spec,
                                    const struct state *state);

/* ---- the plan ---- */

enum plan_action {
	PLAN_SKIP,  /* completed */
	PLAN_ADOPT, /* Slurm has all that is left of it */
	PLAN_RUN,
	PLAN_LEAVE  /* not selected by --phase */
};

struct plan_phase {
	enum plan_action action;
	struct rangeset tasks; /* to submit */
	struct rangeset live;  /* that Slurm has already */
	bool drop;             /* what waits in Slurm waits for the wrong jobs:
	                        * cancel it, submit it anew */
	struct rangeset kept;  /* of a changed array: done before, still good */
	bool again;            /* it failed or was lost: re-attempted */
	char *reason;          /* for people: "failed: exit code 1" */
	uint32_t gen;          /* of the submission */
};

struct plan {
	struct plan_phase *phases; /* one for each of the spec */
	size_t count;
	size_t to_run;
	bool is_rest; /* of a submission that had no room: intended already */
};

/* selected (may be NULL: all) has a member for each phase of the spec. */
struct plan *plan_create(const struct spec *spec, const struct state *state,
                         const struct live_jobs *live, const bool *selected);
/* What is left of a submission that had no room in the queue: tasks that are
 * intended, not in Slurm, and may still run. */
struct plan *plan_create_rest(const struct spec *spec,
                              const struct state *state,
                              const struct live_jobs *live);
void plan_destroy(struct plan *plan);

#endif
