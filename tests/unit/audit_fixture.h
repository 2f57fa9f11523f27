/*
 * audit_fixture.h - the life of a run, event by event, and what the audit says of it.
 */
#ifndef LATSUB_UNIT_AUDIT_FIXTURE_H
#define LATSUB_UNIT_AUDIT_FIXTURE_H

#include "unit.h"

#include "latsub/audit.h"
#include "latsub/audit_slurm.h"

struct life {
	struct audit *audit;
	uint32_t line, file;
	bool backwards;
	struct event events[64];
	struct audit_place places[64];
	size_t count;
};

struct event *add(struct life *life, enum event_kind kind, const char *phase,
                  uint32_t gen, uint32_t attempt, const char *tasks,
                  int64_t time);
/* As its runner writes it: with a job and a node. */
struct event *own(struct life *life, enum event_kind kind, const char *phase,
                  uint32_t gen, uint32_t attempt, const char *tasks,
                  int64_t time);
void intend(struct life *life, const char *phase, uint32_t gen, int64_t time);
/* "train", and "eval" of three tasks after it. */
void begin(struct life *life);
void run_task(struct life *life, const char *phase, uint32_t gen, uint32_t attempt,
              const char *task, int64_t from, int64_t to);
void finish(struct life *life);
/* These kinds and no others, in this order. */
void expect(struct life *life, int kind, const char *name);
void all_of_it(struct life *life);

#endif
