/*
 * refused.h - checkpoints from which no attempt may begin: incomplete ones, bad ones.
 *
 * A refusal holds for a file as it was: once it is written to or replaced, it is looked
 * at again.  It is in the journal, so that no later attempt or resume takes the file.
 */
#ifndef LATSUB_REFUSED_H
#define LATSUB_REFUSED_H

#include "attempt.h"
#include "checkpoint.h"

#define REFUSED_MARK_SIZE 17
/* The mark of a look, in the form of the journal. */
void refused_mark(const struct checkpoint_look *look, char *mark);
/* A checkpoint's path in the form of the journal: relative to the run's directory if it
 * lies there.  Points into path. */
const char *refused_name(const struct attempt *attempt, const char *path);

/* Read all refusals of the run. */
void refused_load(struct attempt *attempt);
bool refused_has(const struct attempt *attempt, const char *path,
                 const struct checkpoint_look *look);
/* Pass it over in this attempt only. */
void refused_pass_over(struct attempt *attempt, const char *path,
                       const struct checkpoint_look *look);
/* Refuse it for all attempts; why: a word for the journal. */
void refused_record(struct attempt *attempt, const char *path,
                    const struct checkpoint_look *look, const char *why);
/* Record that there was no time for a look; no checkpoint is refused.  stopped_at comes
 * back in attempt->late, which refused_load() fills. */
void refused_record_late(struct attempt *attempt, double stopped_at);

#endif
