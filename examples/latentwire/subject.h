/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the measuring phases look at: the texts and the trained model.
 */
#ifndef LATENTWIRE_SUBJECT_H
#define LATENTWIRE_SUBJECT_H

#include "error.h"
#include "model.h"
#include "options.h"
#include "text.h"

struct subject {
    struct corpus *corpus;
    struct model *model;
};

/* The model is --ckpt or $LATSUB_CHECKPOINT, else the furthest whole checkpoint
 * under <run_dir>/checkpoint.  Says on stdout which one it is. */
int subject_open(struct subject *subject, const struct options *options,
                 struct error *error);
void subject_close(struct subject *subject);

#endif
