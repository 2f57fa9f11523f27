/*
 * attempt_begin.h - the checkpoint that an attempt begins from.
 */
#ifndef LATSUB_ATTEMPT_BEGIN_H
#define LATSUB_ATTEMPT_BEGIN_H

#include "attempt.h"

/* Fill checkpoint and own_checkpoint: what the command starts from.  -1: it cannot
 * be told, trouble says why; it must not start from nothing then. */
int attempt_find_checkpoint(struct attempt *attempt);
/* Write into an event what the command began from; and, if it failed by itself
 * after so many seconds, that it did so too soon after that. */
void attempt_note_beginning(const struct attempt *attempt, struct event *event);
void attempt_note_failure(const struct attempt *attempt, uint32_t seconds,
                          struct event *event);

#endif
