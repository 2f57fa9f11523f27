/*
 * scene.h - a run for the tests of what people see: phases whose tasks are letters, and
 * Slurm's records of them, letters as well.
 *
 *   tasks    .  none        i  intended   s  submitted  r  started   q  requeued
 *            l  lost        x  cancelled  f  failed     c  completed k  skipped
 *   records  .  none        P  pending (Priority)        D  pending (Dependency)
 *            H  held        I  can never run             N  its dependency never holds
 *            R  running     S  suspended                 X  completed
 *            C  cancelled   L  could not be launched
 *
 * The first phase's job has the number 10, the second's 20, ...  All is of generation 1,
 * what is skipped of 2.  Each started at 1000, ended at 1000 + an hour, on node n1.
 */
#ifndef LATSUB_TESTS_SCENE_H
#define LATSUB_TESTS_SCENE_H

#include "latsub/run.h"
#include "latsub/slurm.h"

#define SCENE_RUN_ID "run-1"

struct scene {
	struct run run;
	struct slurm_jobs jobs;
};

void scene_begin(struct scene *scene);
void scene_end(struct scene *scene);

/* parents: "after:a after_any:b", or NULL.  More than one task make an array. */
struct phase_state *scene_add_phase(struct scene *scene, const char *name,
                                    const char *tasks, const char *parents);
/* One for each task of the phase that was added last. */
void scene_add_records(struct scene *scene, const char *records);
/* Any event of generation 1, of the phase that was added last; takes what it owns. */
void scene_apply(struct scene *scene, struct event event);

#endif
