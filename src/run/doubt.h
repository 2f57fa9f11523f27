/*
 * doubt.h - which checkpoint may be half of one.
 */
#ifndef LATSUB_DOUBT_H
#define LATSUB_DOUBT_H

#include "checkpoint.h"

/* How many seconds the clock that stamps files in dir is ahead of this node's
 * (behind: less than 0); of what cannot be told exactly the least.  0 if no file
 * can be made there. */
double doubt_clock_offset(const char *dir);

double doubt_seconds(struct timespec time);

/* May somebody have been writing to it at that time of the file system's clock,
 * in seconds, when he was stopped? */
bool doubt_half(const struct checkpoint_look *look, double stopped_at);

#endif
