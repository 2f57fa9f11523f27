/*
 * doubt.h - which checkpoint may be incomplete.
 */
#ifndef LATSUB_DOUBT_H
#define LATSUB_DOUBT_H

#include "checkpoint.h"

/* By how many seconds the clock of the file server of dir is ahead of this node's (less
 * than 0: behind).  Of all values that fit what is seen, the least.  0 if no file can be
 * made in dir. */
double doubt_clock_offset(const char *dir);

double doubt_seconds(struct timespec time);

/* May its writer have been stopped in the middle of it?  stopped_at: when that was, in
 * seconds of the file system's clock. */
bool doubt_half(const struct checkpoint_look *look, double stopped_at);

#endif
