/*
 * request.h - what "latsub experiment" was asked for, and what it finds on the
 * way; the parts of that command share it.
 */
#ifndef LATSUB_REQUEST_H
#define LATSUB_REQUEST_H

#include "cli.h"

struct request {
	const char *file, *resume, *checkpoint, *output_dir, *config;
	char *newest; /* what "--resume" alone means */
	struct strlist phases, sets;
	bool dry_run, local, wait, keep_env, drop, other_cluster;
	bool take_late; /* the run has the experiment when the plan is sound */
	struct variables variables; /* of a resumed run, as it had them */
	struct strlist kept_sets;   /* the same of keys that --set changed */
	enum run_place place; /* of a resumed run, as it was found */
	char *copy; /* the checksum of its copy of the experiment, before that was
	             * read; or NULL */

	struct engine engine;
	bool *selected;
	struct slurm_jobs jobs;
	struct live_jobs live;
	struct plan *plan;
	struct engine_result result;
};

/* road.c: the whole road, and what is left of it.  An exit code. */
int request_perform(struct request *r);
void request_clear(struct request *r);

/* These return 0, or an exit code and one, having said why. */

/* resumed.c: the run that is to go on, and the experiment that it has. */
int request_open_run(struct request *r);
char *request_resumed_file(const struct request *r, const struct run *run);
void request_note_checkpoint(const struct run *run);

/* own_jobs.c: ask for the run's jobs, and wait for those that just end.  Both
 * find them again. */
int request_ask_jobs(struct request *r);
int request_await_endings(struct request *r);
/* May the run go on beside those that were found?  0 or -1. */
int request_check_jobs(const struct request *r, struct latsub_error *err);

/* cluster.c: another cluster than the run's?  -1 where that would run a second time
 * what may still run there, unless a person says otherwise. */
int request_check_cluster(const struct request *r, struct latsub_error *err);

/* variables.c: say which values are not what one may think. */
void request_note_variables(const struct request *r);
/* The same of phases that are to be run, and had others than the run has last. */
void request_note_phases(const struct request *r);
/* vanished.c: has the run what the experiment has no more?  It says so; -1 unless
 * that may be dropped. */
int request_check_vanished(const struct request *r, struct latsub_error *err);

/* refused.c: a new run whose submission failed is taken back.  False: it stays, and
 * *stays says why, unless that has been said; caller frees. */
bool request_unmake(struct request *r, char **stays);

/* dry_run.c: the plan, and nothing else.  An exit code. */
int request_dry_run(struct request *r);

#endif
