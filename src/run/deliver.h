/*
 * deliver.h - to which of a command's processes a signal goes.
 *
 * To all of its process group, as kill(-group) does, but for
 * - srun, where that is asked for: its tasks have the signal from Slurm;
 * - what only reads the output of a process that handles the signal, and does not
 *   handle it itself (tee): else the program would write into a closed pipe while
 *   it saves itself.
 * A process outside of the group (timeout and torchrun make such) gets it if it
 * handles the signal and none of its ancestors does, which could pass it on.
 */
#ifndef LATSUB_DELIVER_H
#define LATSUB_DELIVER_H

#include <stdint.h>

#include "tree.h"

struct deliver_fact {
	long parent;     /* the index of its parent, or -1; parents come first */
	bool in_group;
	bool handles;    /* it has a handler for the signal */
	bool is_srun;
	uint64_t input;  /* the pipe that it reads as standard input, or 0 */
	uint64_t outputs[2]; /* the pipes that are its output and error, or 0 */
};

/* Pure: fill chosen[0..count). */
void deliver_choose(const struct deliver_fact *facts, size_t count,
                    bool spares_srun, bool *chosen);

/* Send it to those of the tree that are to get it.  sent: those, in the tree's
 * order; the caller's to clear. */
void deliver(const struct tree *tree, pid_t group, int number,
             bool spares_srun, struct tree *sent);

#endif
