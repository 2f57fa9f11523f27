/*
 * state_fixture.h - events, and a run on disk to fold them into.
 *
 * make_run() and remove_run() go around each test, DISK(test) names both.
 */
#ifndef LATSUB_UNIT_STATE_FIXTURE_H
#define LATSUB_UNIT_STATE_FIXTURE_H

#include "unit.h"

#include <time.h>
#include <unistd.h>

#include "latsub/error.h"
#include "latsub/file.h"
#include "latsub/run.h"
#include "store/state_file.h"
#include "store/state_keys.h"
#include "latsub/state.h"

extern char dir[64];
extern struct latsub_error err;

#define DISK(test) cmocka_unit_test_setup_teardown(test, make_run, remove_run)

struct event event(enum event_kind kind, const char *phase, uint32_t gen,
                   uint32_t attempt, const char *tasks);
/* A life with requeues, failures, an edit, a changed sweep, a move. */
size_t make_life(struct event *events);
char *describe(const struct state *state);
double cpu_seconds(void);
int make_run(void **unused);
int remove_run(void **unused);

#endif
