/*
 * rest.h - the part of the run that waits for room in the queue.
 */
#ifndef LATSUB_REST_H
#define LATSUB_REST_H

#include "attempt.h"

/* For a task that is over: submit what the queue had no room for before, if there
 * is such a thing. */
void rest_submit(const struct attempt *attempt);

#endif
