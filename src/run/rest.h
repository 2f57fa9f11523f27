/*
 * rest.h - the tasks of the run that wait for room in the queue.
 */
#ifndef LATSUB_REST_H
#define LATSUB_REST_H

#include "attempt.h"

/* Call it when the task has ended.  Submits tasks for which the queue had no room, if
 * there are any. */
void rest_submit(const struct attempt *attempt);

#endif
