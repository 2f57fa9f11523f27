/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command line, with defaults from the environment that latsub gives.
 */
#ifndef LATENTWIRE_OPTIONS_H
#define LATENTWIRE_OPTIONS_H

#include <stdint.h>

#include "error.h"

struct options {
    const char *run_dir;    /* $LATSUB_RUN_DIR, or . */
    const char *data_dir;   /* data */
    const char *out_dir;    /* NULL: <run_dir>/checkpoint */
    const char *checkpoint; /* $LATSUB_CHECKPOINT, or NULL */
    const char *dataset;
    const char *method;
    const char *datasets;   /* $DATASETS: words */
    const char *methods;    /* $METHODS */
    const char *seeds;      /* $SEEDS */
    uint64_t epochs;
    uint64_t dim;
    uint64_t batch;
    uint64_t seed;
};

/* Read ARGUMENTS, which ends in NULL. */
int options_parse(struct options *options, char **arguments,
                  struct error *error);

#endif
