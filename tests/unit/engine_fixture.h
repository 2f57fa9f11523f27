/*
 * engine_fixture.h - a run of four phases, and a Slurm that a test has at hand.
 *
 * setup() and teardown() go around each test, TEST(test) names both.  A program with
 * this is linked with --wrap=sleep and --wrap=nanosleep: patience costs no time.
 */
#ifndef LATSUB_UNIT_ENGINE_FIXTURE_H
#define LATSUB_UNIT_ENGINE_FIXTURE_H

#include "unit.h"

#include <ftw.h>
#include <time.h>
#include <unistd.h>

#include "fake_slurm.h"
#include "latsub/engine.h"
#include "latsub/file.h"

#define PHASES 4
#define ROOTS 2
extern const char text[];

struct fixture {
	char dir[64];
	struct engine engine;
	struct slurm_jobs jobs;
	struct live_jobs live;
	struct plan *plan;
	struct engine_result result;
	struct latsub_error err;
	char said[512];
};

extern double slept;
extern void (*while_asleep)(void *);
extern void *while_asleep_user;

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

void open_run(struct fixture *f);
int setup(void **state);
int teardown(void **state);
void ask(struct fixture *f);
/* What a resume does, from the files alone: a process of its own. */
int resume(struct fixture *f);
/* Everything is in Slurm once, nothing is held, and a resume adds nothing. */
void assert_well(struct fixture *f);
const struct phase_state *phase(struct fixture *f, const char *name);
enum task_state task_of(struct fixture *f, const char *name, uint32_t task);
const char *planned(struct fixture *f, const char *name);
/* The reason of the last event of a kind about the phase, in the journal. */
void assert_reason(struct fixture *f, const char *name, enum mark_kind kind,
                   const char *reason);
void journal(struct fixture *f, enum event_kind kind, const char *name,
             const char *tasks, uint32_t attempt);
/* Replace the fixture's experiment. */
void load_experiment(struct fixture *f, const char *ini);
/* Put the run's facts on record, as a resume does. */
int update_facts(struct fixture *f);
void end_job(const char *name, enum slurm_state state, uint32_t restarts);

#endif
