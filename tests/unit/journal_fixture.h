/*
 * journal_fixture.h - a run with a journal, and nodes that write to it.
 *
 * make_run() and remove_run() go around each test, DISK(test) names both.
 */
#ifndef LATSUB_UNIT_JOURNAL_FIXTURE_H
#define LATSUB_UNIT_JOURNAL_FIXTURE_H

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "../inject.h"
#include "latsub/file.h"
#include "latsub/run.h"

#define TASKS 1000

extern char dir[64];
extern char *own; /* this node's file */
extern struct latsub_error err;

#define DISK(test) cmocka_unit_test_setup_teardown(test, make_run, remove_run)

struct event event(enum event_kind kind, uint32_t gen, int task);
void append(struct run *run, struct event e);
void complete(struct run *run, int task);
/* Events as lines, into a file of the journal. */
void write_lines(const char *path, const char *mode, const struct event *events,
                 size_t count);
void write_event(const char *path, const char *mode, struct event e);
/* A run with an array; this process writes as one of its nodes. */
struct run *begin(void);
bool done(const struct run *run, uint32_t task);
uint32_t count_done(const struct run *run);
struct run *look(void);
bool has_note(const struct run *run, const char *words);
int make_run(void **unused);
int remove_run(void **unused);
off_t size_of(const char *path);
char *journal_path(const char *name);

#endif
