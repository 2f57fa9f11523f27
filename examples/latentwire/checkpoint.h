/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checkpoints: all that training needs to go on as if nothing had happened.
 *
 * "epoch7" holds the end of epoch 7, "epoch8.step42" a point inside epoch 8.
 * A file is written under a name that begins with ".", synced and renamed, and
 * ends in a checksum, so what has a checkpoint's name is whole or is rejected.
 */
#ifndef LATENTWIRE_CHECKPOINT_H
#define LATENTWIRE_CHECKPOINT_H

#include <stdint.h>

#include "error.h"
#include "exact.h"
#include "model.h"

/* Where training stands.  Eight bytes a member: it is written as it is. */
struct progress {
    uint64_t seed;     /* what was asked for, to be the same on resume */
    uint64_t corpus;   /* checksum of the texts, likewise */
    uint64_t epoch;    /* the epoch under way */
    uint64_t position; /* windows of it that are done */
    uint64_t step;     /* updates in it */
    uint64_t updates;  /* updates in all */
    double epoch_bits; /* cost of the windows of the epoch so far */
    struct rng rng;
};

/* Write DIRECTORY/epochN or epochN.stepM, as PROGRESS says.  Returns the path,
 * which the caller frees. */
char *checkpoint_save(const char *directory, struct model *model,
                      const struct progress *progress, struct error *error);

/* The model of the checkpoint PATH, and where its training stood; NULL when
 * the file is absent, cut short, damaged or something else. */
struct model *checkpoint_load(const char *path, struct progress *progress,
                              struct error *error);

/* Paths of the checkpoints in DIRECTORY by name, the furthest first, ended by
 * NULL; no such directory gives an empty list.  Free with the function below. */
char **checkpoint_list(const char *directory, struct error *error);
void checkpoint_list_destroy(char **paths);

#endif
