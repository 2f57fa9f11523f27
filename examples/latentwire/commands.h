/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The subcommands: one file each, one phase of the experiment each.
 *
 * Each returns the exit code, or -1 with ERROR filled.
 */
#ifndef LATENTWIRE_COMMANDS_H
#define LATENTWIRE_COMMANDS_H

#include "error.h"
#include "options.h"

enum {
    EXIT_USAGE = 2,
    EXIT_DEMONSTRATION = 3, /* LATENTWIRE_FAIL_PHASE names this phase */
    EXIT_REQUEUE = 75,      /* stopped at a checkpoint, wants to go on later */
};

int command_train(const struct options *options, struct error *error);
int command_eval(const struct options *options, struct error *error);
int command_probe(const struct options *options, struct error *error);
int command_baseline(const struct options *options, struct error *error);
int command_efficiency(const struct options *options, struct error *error);
int command_aggregate(const struct options *options, struct error *error);

#endif
