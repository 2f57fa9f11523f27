/*
 * refused.h - checkpoints that must not be begun from: half ones, bad ones.
 *
 * A refusal is of a file as it was then: once it is written to or replaced it is
 * looked at anew.  In the journal, so that no later attempt or resume takes it.
 */
#ifndef LATSUB_REFUSED_H
#define LATSUB_REFUSED_H

#include "attempt.h"
#include "checkpoint.h"

#define REFUSED_MARK_SIZE 17
/* A look's mark as the journal has it. */
void refused_mark(const struct checkpoint_look *look, char *mark);
/* A checkpoint's path as the journal has it: below the run's directory where it
 * lies there.  A part of path. */
const char *refused_name(const struct attempt *attempt, const char *path);

/* Read all refusals of the run. */
void refused_load(struct attempt *attempt);
bool refused_has(const struct attempt *attempt, const char *path,
                 const struct checkpoint_look *look);
/* For this attempt only. */
void refused_pass_over(struct attempt *attempt, const char *path,
                       const struct checkpoint_look *look);
/* For good; why is a word for the journal. */
void refused_record(struct attempt *attempt, const char *path,
                    const struct checkpoint_look *look, const char *why);
/* Not a checkpoint is refused, but a look at it had no time: stopped_at is for
 * attempt->late, which refused_load() fills. */
void refused_record_late(struct attempt *attempt, double stopped_at);

#endif
