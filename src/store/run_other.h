/*
 * run_other.h - a look at a run that is not the one in hand.
 */
#ifndef LATSUB_RUN_OTHER_H
#define LATSUB_RUN_OTHER_H

#include "latsub/run.h"

/* run_open() without a look at where its links lead: for its metadata only.
 * err->code is LATSUB_USAGE where there is no run. */
struct run *run_open_anyhow(const char *path, struct latsub_error *err);

#endif
