/*
 * memory.h - did the kernel kill a process for lack of memory?
 */
#ifndef LATSUB_MEMORY_H
#define LATSUB_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* How often it did in this batch step's control groups; 0 if that cannot be known.
 * Compare two readings.  Slurm looks at the same groups at the end of
 * the batch step and then calls the job OUT_OF_MEMORY.  (What runs under srun is
 * in groups of its own: Slurm tells of those, see slurm_view.) */
uint64_t memory_kills(void);

/* Has the job, its steps included, used all of its memory in this attempt? */
bool memory_was_full(void);

#endif
