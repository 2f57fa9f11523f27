/*
 * engine.h - actions on a run: create, submit, cancel.
 *
 * What to do is decided in plan.h; here it is done, in an order that makes
 * doing it twice harmless: intent durable, job submitted, id journalled,
 * roots released last.
 */
#ifndef LATSUB_ENGINE_H
#define LATSUB_ENGINE_H

#include "latsub/experiment.h"
#include "latsub/plan.h"
#include "latsub/run.h"

/* What a person hears on the way: one line, no newline. */
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

/* Put on record what holds of the run whatever will be submitted: where it is, its
 * cluster. */
int engine_update_facts(struct engine *engine, struct latsub_error *err);
/* The run has this experiment from now on: its copies, its phases.  For what is
 * about to be submitted: after a refusal nothing may have changed. */
int engine_take_experiment(struct engine *engine, struct latsub_error *err);

/* A run that was moved or copied becomes one of its new place: its directory,
 * its checkpoints, and for a copy its id.  Nothing to do for others. */
int engine_take_place(struct engine *engine, struct latsub_error *err);

/* One submitter at a time.  Returns a descriptor to close, or -1: *err says
 * who holds the run. */
int engine_lock(const struct run *run, struct latsub_error *err);

struct engine_job {
	size_t phase;
	uint32_t gen, attempt; /* the first of its tasks' in this job */
	uint32_t job, base;
	struct rangeset tasks;
	char *dependency; /* as submitted; or NULL */
};

struct engine_result {
	struct engine_job *jobs; /* in order of submission */
	size_t count;
	size_t *first; /* by phase: index of its first job + 1; they come
	                * together */
	uint64_t deferred; /* tasks that the queue has no room for now */
	bool silent;   /* it failed since Slurm does not answer */
};

/* Check against the cluster what can be known before: partitions, their limits,
 * what there is too little of; and make the directories of logs. */
void engine_preflight(const struct engine *engine, const struct plan *plan,
                      struct latsub_errlist *errors);

/* Cancel what the plan drops, and take it out of live. */
int engine_drop(struct engine *engine, const struct plan *plan,
                struct live_jobs *live, struct latsub_error *err);

/* Submit what the plan says.  Where the queue has no room for all of it, what
 * is left stays intended, and the jobs submit it as they end.  On a refusal what
 * this call submitted is cancelled again; when Slurm falls silent everything
 * stays as it is, held, for a resume to find. */
int engine_submit(struct engine *engine, const struct plan *plan,
                  const struct live_jobs *live, struct engine_result *result,
                  struct latsub_error *err);
void engine_result_clear(struct engine_result *result);

/* Record what Slurm knows and the journal does not (reconcile.h).  Waits a
 * little for the runners' own events that are still on their way. */
int engine_reconcile(struct engine *engine, const struct slurm_jobs *jobs,
                     const struct live_jobs *live, struct latsub_error *err);
/* The same in memory only, without waiting: for a dry run. */
void engine_reconcile_preview(struct engine *engine,
                              const struct slurm_jobs *jobs,
                              const struct live_jobs *live);

/* A job whose task is to go on, and that may not go back into the queue. */
struct engine_ended {
	const char *phase;
	uint32_t gen, attempt, task, base;
	uint32_t job;           /* the array's id, if it is of one */
	bool is_array;
	uint32_t element;       /* its own id */
	bool more_time, more_mem; /* it ran out of that: retry_time, retry_mem */
};

/* Submit a successor for it, make what waits for it wait for that, release it.
 * Again after SLURM_SILENT: nothing is done twice. */
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
