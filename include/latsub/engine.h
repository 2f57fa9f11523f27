/*
 * engine.h - actions on a run: create, submit, cancel.
 *
 * plan.h decides what to do; the functions here do it, in an order in which it
 * does no harm to do it twice: first the intents are durable, then jobs are
 * submitted and each id is journalled, and last the roots are released.
 */
#ifndef LATSUB_ENGINE_H
#define LATSUB_ENGINE_H

#include "latsub/experiment.h"
#include "latsub/plan.h"
#include "latsub/run.h"

/* Gets the messages for people: one line each, without a newline. */
typedef void engine_say_f(const char *line, void *user);

struct engine {
	struct experiment *experiment;
	struct run *run;
	const struct slurm_ops *slurm;
	struct slurm_cluster cluster; /* may be empty */
	engine_say_f *say;
	void *user;
};

/* Create a run's directory, its copies, its first events and state.
 * dir NULL: <output_root>/<name>_<time>, a free name.  The directory may
 * exist (adoption of an old state file).  The run is locked: *lock is the
 * caller's to close. */
struct run *engine_create_run(const struct experiment *experiment,
                              const char *dir, int *lock,
                              struct latsub_error *err);

/* Record the facts of the run that do not depend on what will be submitted: its
 * place, the cluster that answers (or NULL), the Slurm that was asked.  workdir: the
 * experiment's. */
int engine_update_facts(struct run *run, const char *workdir,
                        const char *cluster, struct latsub_error *err);
/* Record that the run has this experiment from now on, with its copies and phases.
 * Call it just before a submission: a resume that is refused changes nothing. */
int engine_take_experiment(struct engine *engine, struct latsub_error *err);

/* Record the new place of a run that was moved or copied: its directory, its
 * checkpoints, and for a copy a new id.  Does nothing for other runs.  workdir: the
 * experiment's, for a run that has none on record. */
int engine_take_place(struct run *run, const char *workdir,
                      struct latsub_error *err);

/* Take the run's lock, so that one process at a time submits.  Returns a descriptor;
 * the caller closes it to let go.  -1: *err says who holds the lock. */
int engine_lock(const struct run *run, struct latsub_error *err);

struct engine_job {
	size_t phase;
	uint32_t gen, attempt; /* attempt: of its tasks when the job begins */
	uint32_t job, base;
	struct rangeset tasks;
	char *dependency; /* as submitted; or NULL */
};

struct engine_result {
	struct engine_job *jobs; /* in order of submission */
	size_t count;
	size_t *first; /* by phase: index of its first job + 1, 0: it has none;
	                * the jobs of a phase stand side by side */
	uint64_t deferred; /* tasks for which the queue has no room now */
	bool silent;   /* the submission failed because Slurm did not answer */
};

/* Check all that can be known before a submission: partitions, their limits,
 * resources of which the cluster has too little.  Makes the directories of logs. */
void engine_preflight(const struct engine *engine, const struct plan *plan,
                      struct latsub_errlist *errors);

/* Cancel the jobs that the plan drops, and remove them from live. */
int engine_drop(struct engine *engine, const struct plan *plan,
                struct live_jobs *live, struct latsub_error *err);

/* Submit what the plan says.  Tasks for which the queue has no room stay intended;
 * the run's jobs submit them when they end.  If Slurm refuses a job, the jobs that
 * this call submitted are cancelled.  If Slurm does not answer, they stay, held,
 * and a resume finds them. */
int engine_submit(struct engine *engine, const struct plan *plan,
                  const struct live_jobs *live, struct engine_result *result,
                  struct latsub_error *err);
void engine_result_clear(struct engine_result *result);

/* Record what Slurm knows and the journal does not (reconcile.h).  Waits up to 10 s
 * for events that runners are about to write. */
int engine_reconcile(struct engine *engine, const struct slurm_jobs *jobs,
                     const struct live_jobs *live, struct latsub_error *err);
/* The same in memory only, without waiting: for a dry run. */
void engine_reconcile_preview(struct engine *engine,
                              const struct slurm_jobs *jobs,
                              const struct live_jobs *live);

/* A job that Slurm will not requeue, and whose task must go on. */
struct engine_ended {
	const char *phase;
	uint32_t gen, attempt, task, base;
	uint32_t job;           /* the array's id, if it is of one */
	bool is_array;
	uint32_t element;       /* its own id */
	bool more_time, more_mem; /* it ran out of that: retry_time, retry_mem */
};

/* Submit a successor for the job, held.  Change the dependency of the jobs that wait
 * for the ended one, so that they wait for the successor; then release it.
 * *successor: its id.  After SLURM_SILENT call it again: it finds the successor,
 * and does nothing twice. */
enum slurm_answer engine_succeed(struct engine *engine,
                                 const struct engine_ended *ended,
                                 const struct slurm_jobs *jobs,
                                 uint32_t *successor,
                                 struct latsub_error *err);

/* Cancel the run's live jobs (of one phase, or of all: NULL). */
int engine_cancel(struct engine *engine, const struct live_jobs *live,
                  const char *phase, size_t *cancelled,
                  struct latsub_error *err);

#endif
