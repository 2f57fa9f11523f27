/*
 * description_fill.h - a request as a job description.
 */
#ifndef LATSUB_SLURM_DESCRIPTION_FILL_H
#define LATSUB_SLURM_DESCRIPTION_FILL_H

#include "description.h"

/* What sbatch would make of the request, which has to outlive it.  -1: an option
 * cannot be sent to this Slurm; err says which.  Clear it in both cases. */
int description_fill(struct description *d, const struct slurm_request *request,
                     struct latsub_error *err);

#endif
