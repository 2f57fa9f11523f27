/*
 * road.h - the steps of a submission, and what each gives back.
 *
 *	open the run, read the experiment, ask Slurm, plan, submit
 *
 * A new run, a resume and a dry run go them all (road.c); so do the jobs that submit
 * what had no room in the queue, or a successor (inside.c).  Steps return 0, or -1
 * with *err; its text is empty where all was said already (cli_said).
 */
#ifndef LATSUB_ROAD_H
#define LATSUB_ROAD_H

#include "cli.h"
#include "request.h"

/* ---- the run ---- */

struct opened {
	struct run *run; /* NULL: a new one, not made yet */
	enum run_place place;
	char *copy; /* the checksum of its copy of the experiment; or NULL */
};

/* Find the run that is to go on, and look it over.  resumed.c. */
int opened_find(struct opened *opened, const struct request *request,
                struct latsub_error *err);
/* Make it if it is new, lock it, and see that it is as it was when it was found.
 * Returns the lock, to be closed, or -1.  take_run.c. */
int opened_take(struct opened *opened, const struct request *request,
                const struct experiment *experiment, struct latsub_error *err);
void opened_clear(struct opened *opened);
/* The checksum of a run's copy of the experiment as it is now, or NULL; caller
 * frees. */
char *opened_copy_check(const struct run *run);
/* Say so where its checkpoint is not there. */
void opened_note_checkpoint(const struct run *run);

/* ---- the experiment ---- */

struct reading {
	struct experiment *experiment;
	struct variables then;      /* of a resumed run, as it had them */
	struct strlist kept_sets;   /* the same of keys that --set changed */
	bool *selected;             /* a member for each phase; NULL: all */
};

/* run may be NULL: a new one.  reading.c. */
int reading_take(struct reading *reading, const struct request *request,
                 const struct run *run, struct latsub_error *err);
void reading_clear(struct reading *reading);

/* ---- what Slurm says ---- */

struct asked {
	const struct slurm_ops *slurm; /* NULL: it is not asked */
	struct slurm_cluster cluster;  /* the one that answers; may be empty */
	struct slurm_jobs jobs;        /* all of the caller's */
	struct live_jobs live;         /* the run's */
};

/* Which cluster answers?  slurm NULL: refused, and *err has it already.  asked.c. */
enum slurm_answer asked_cluster(struct asked *asked,
                                const struct slurm_ops *slurm,
                                struct latsub_error *err);
/* Ask for the jobs anew.  run_id: what they carry (run_job_id). */
enum slurm_answer asked_jobs(struct asked *asked, const char *run_id,
                             const struct state *state, const struct spec *spec,
                             struct latsub_error *err);
void asked_clear(struct asked *asked);

/* The same for a run that may go on: nothing is asked for one that was never
 * submitted, and no answer is an error.  await: wait for those that just end. */
int own_jobs_ask(struct asked *asked, struct run *run, const struct spec *spec,
                 bool await, struct latsub_error *err);
/* May the run go on beside those that were found?  own_jobs.c. */
int own_jobs_check(const struct live_jobs *live, const struct opened *opened,
                   const struct spec *spec, struct latsub_error *err);

/* ---- what is said, and refused, before anything changes ---- */

/* Another cluster than the run's?  Refused where that would run a second time what
 * may still run there, unless a person says otherwise (other_cluster).  cluster.c. */
int road_check_cluster(const struct run *run, const char *cluster,
                       bool other_cluster, struct latsub_error *err);
/* Has the run what the experiment has no more?  It says so; refused unless that may
 * be dropped.  vanished.c. */
int road_check_vanished(const struct run *run, const struct reading *reading,
                        const struct live_jobs *live, bool drop,
                        struct latsub_error *err);
/* Which values are not what one may think.  variables.c. */
void road_note_variables(const struct request *request,
                         const struct reading *reading, bool has_jobs);
/* The same of phases that are to be run, and had others than the run has last.  run
 * may be NULL. */
void road_note_phases(const struct run *run, const struct spec *spec,
                      const struct plan *plan);

/* ---- ends of the road ---- */

/* All of it.  An exit code. */
int road_go(const struct request *request);
/* The plan, and nothing else.  dry_run.c. */
int road_dry_run(const struct request *request, const struct opened *opened,
                 const struct reading *reading, struct latsub_error *err);
/* A new run whose submission failed is taken back.  NULL, or why it stays; caller
 * frees.  refused.c. */
char *road_unmake(struct run *run, const struct experiment *experiment,
                  struct asked *asked);

#endif
