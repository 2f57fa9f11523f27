/*
 * submit_take_back.h - nothing half done: a submission that failed goes again.
 */
#ifndef LATSUB_SUBMIT_TAKE_BACK_H
#define LATSUB_SUBMIT_TAKE_BACK_H

#include "latsub/engine.h"

/* Cancel what this call submitted, journal that, and add to *err what is left and how
 * to go on.  refused: the phase, + 1, of which *err has Slurm's words; 0: none. */
void submit_take_back(struct engine *engine, const struct plan *plan,
                      const struct engine_result *result, size_t refused,
                      struct latsub_error *err);

#endif
